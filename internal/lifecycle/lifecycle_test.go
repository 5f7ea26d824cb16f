package lifecycle_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// Every pair of states: a lawful move passes, any other is a conflict, and an
// ended state has no way on.
func TestItemMoves(t *testing.T) {
	ways := map[lifecycle.ItemState]int{}
	for _, from := range lifecycle.ItemState("").Values() {
		for _, to := range lifecycle.ItemState("").Values() {
			err := lifecycle.MoveItem(lifecycle.ItemState(from), lifecycle.ItemState(to))
			if err == nil {
				ways[lifecycle.ItemState(from)]++
				continue
			}
			if f := fault.Of(err); f.Kind != fault.Conflict || f.Reason != "ITEM_STATE" {
				t.Errorf("%s to %s: %v", from, to, err)
			}
		}
	}
	for _, s := range lifecycle.ItemState("").Values() {
		st := lifecycle.ItemState(s)
		if st.Ended() && st != lifecycle.ItemApproved && ways[st] > 0 {
			t.Errorf("%s has ended but goes on", s)
		}
		if !st.Ended() && ways[st] == 0 {
			t.Errorf("%s has no way on", s)
		}
	}
}

func TestCaseMoves(t *testing.T) {
	reached := map[lifecycle.CaseState]bool{lifecycle.CaseDraft: true}
	for changed := true; changed; {
		changed = false
		for _, from := range lifecycle.CaseState("").Values() {
			for _, to := range lifecycle.CaseState("").Values() {
				f, s := lifecycle.CaseState(from), lifecycle.CaseState(to)
				if reached[f] && !reached[s] && lifecycle.MoveCase(f, s) == nil {
					reached[s], changed = true, true
				}
			}
		}
	}
	for _, s := range lifecycle.CaseState("").Values() {
		if !reached[lifecycle.CaseState(s)] {
			t.Errorf("no way leads to %s", s)
		}
	}
}

func TestOutcome(t *testing.T) {
	type states = []lifecycle.ItemState
	for _, tt := range []struct {
		name  string
		items states
		want  lifecycle.CaseState
		over  bool
	}{
		{"no item, no end", states{}, "", false},
		{"one is still open", states{"APPROVED", "RECEIVED"}, "", false},
		{"waiting for a correction is open", states{"APPROVED", "CORRECTION"}, "", false},
		{"all granted", states{"APPROVED", "DELIVERED"}, lifecycle.CaseCompleted, true},
		{"one refused, its dependant blocked, another granted", states{"APPROVED", "REJECTED", "BLOCKED"}, lifecycle.CasePartially, true},
		{"none granted", states{"REJECTED", "BLOCKED"}, lifecycle.CaseRejected, true},
		{"all withdrawn", states{"WITHDRAWN", "WITHDRAWN"}, lifecycle.CaseWithdrawn, true},
		{"withdrawn and refused", states{"WITHDRAWN", "REJECTED"}, lifecycle.CaseRejected, true},
	} {
		got, over := lifecycle.Outcome(tt.items)
		if got != tt.want || over != tt.over {
			t.Errorf("%s: %s %v, want %s %v", tt.name, got, over, tt.want, tt.over)
		}
	}
}
