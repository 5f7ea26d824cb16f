package main

import (
	"strings"
	"testing"
)

// sound is a history in which nothing is wrong: two cases and a slot of one place.
func sound() *history {
	return &history{
		capacity: map[string]int{"s": 1, "t": 1},
		operations: []operation{
			{n: 0, kind: book, caseID: "a", slot: "s", key: "k0", invoked: 0, returned: 10, result: "A"},
			{n: 1, kind: book, caseID: "b", slot: "s", key: "k1", invoked: 5, returned: 15, reason: "SLOT_FULL"},
			{n: 2, kind: book, caseID: "a", slot: "s", key: "k0", invoked: 11, returned: 12, result: "A"},
			{n: 3, kind: move, caseID: "a", slot: "t", appointment: "A", invoked: 20, returned: 30, result: "A"},
			{n: 4, kind: book, caseID: "b", slot: "s", key: "k4", invoked: 25, returned: 35, result: "B"},
			{n: 5, kind: cancel, caseID: "a", appointment: "A", invoked: 40, returned: 50, result: "A"},
			{n: 6, kind: move, caseID: "a", slot: "s", appointment: "A", invoked: 45, returned: 60, reason: "APPOINTMENT_OVER"},
			{n: 7, kind: book, caseID: "b", slot: "t", key: "k7", invoked: 70, returned: 80, reason: "APPOINTMENT_EXISTS"},
			{n: 8, kind: cancel, caseID: "a", appointment: "A", invoked: 90, returned: 95, result: "A"},
			{n: 9, kind: move, caseID: "b", slot: "s", appointment: "B", invoked: 90, returned: 95, result: "B"},
			{n: 10, kind: book, caseID: "b", slot: "t", key: "k4", invoked: 96, returned: 97, reason: "IDEMPOTENCY_KEY_REUSED"},
		},
		journal: []entry{
			{0, book, "a", "", "s"}, {3, move, "a", "s", "t"}, {4, book, "b", "", "s"}, {5, cancel, "a", "t", ""},
		},
		taken: map[string]int{"s": 1},
		rows:  []row{{"A", "a", "t", "CANCELLED"}, {"B", "b", "s", "BOOKED"}},
	}
}

func TestCheckFindsWhatCannotBe(t *testing.T) {
	if problems := check(sound()); len(problems) > 0 {
		t.Fatalf("a sound history: %v", problems)
	}
	for sign, spoil := range map[string]func(h *history){
		"of 1 places holds 2":            func(h *history) { h.journal[1], h.journal[2] = h.journal[2], h.journal[1] },
		"holds two places":               func(h *history) { h.journal[2] = entry{4, book, "a", "", "s"} },
		"was acknowledged, and never":    func(h *history) { h.journal = h.journal[:3] },
		"an entry of nobody":             func(h *history) { h.journal = append(h.journal, entry{99, book, "b", "", "s"}) },
		"is done twice":                  func(h *history) { h.journal = append(h.journal, entry{4, book, "b", "", "t"}) },
		"was refused (SLOT_FULL), and":   func(h *history) { h.operations[4].reason = "SLOT_FULL" },
		"is full, which it was not":      func(h *history) { h.operations[1].slot = "t" },
		"is over, which it was not":      func(h *history) { h.operations[6].invoked, h.operations[6].returned = 31, 39 },
		"place, which it did not":        func(h *history) { h.operations[7].invoked, h.operations[7].returned = 16, 19 },
		"another slot, which it was not": func(h *history) { h.operations[10].slot = "s" },
		"and comes after it":             func(h *history) { h.operations[4].invoked, h.operations[4].returned = 16, 19 },
		"operation 9, move, failed":      func(h *history) { h.operations[9].reason = "deadlock detected" },
		"the journal says":               func(h *history) { h.operations[4].slot = "t" },
		"gives up s of case a":           func(h *history) { h.journal[3].from = "s" },
		"is about C, case a holds":       func(h *history) { h.operations[3].appointment = "C" },
		"slot s: 2 taken":                func(h *history) { h.taken["s"] = 2 },
		"by the journal case b holds":    func(h *history) { h.rows[1].slot = "t" },
		"its row is BOOKED":              func(h *history) { h.rows[0].state = "BOOKED" },
		"and no row says so":             func(h *history) { h.rows = h.rows[:1] },
	} {
		h := sound()
		spoil(h)
		if problems := strings.Join(check(h), "\n"); !strings.Contains(problems, sign) {
			t.Errorf("%q not found in:\n%s", sign, problems)
		}
	}
}
