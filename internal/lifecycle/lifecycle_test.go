package lifecycle_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

var actors = []lifecycle.Actor{lifecycle.Applicant, lifecycle.Department, lifecycle.Hub}

// Every pair of states and every actor: a lawful move passes, any other is a
// conflict, what has ended has no way on and what has not has one.
func TestItemMoves(t *testing.T) {
	ways := map[lifecycle.ItemState]int{}
	for _, from := range states[lifecycle.ItemState]() {
		for _, to := range states[lifecycle.ItemState]() {
			for _, by := range append(actors, "NOBODY") {
				err := lifecycle.MoveItem(from, to, by)
				if err == nil {
					ways[from]++
				} else if f := fault.Of(err); f.Kind != fault.Conflict || f.Reason != "ITEM_STATE" {
					t.Errorf("%s to %s by %s: %v", from, to, by, err)
				}
				if err == nil && by == "NOBODY" {
					t.Errorf("anybody may make %s of %s", to, from)
				}
			}
		}
	}
	for _, s := range states[lifecycle.ItemState]() {
		if s.Ended() && s != lifecycle.ItemApproved && ways[s] > 0 {
			t.Errorf("%s has ended but goes on", s)
		}
		if !s.Ended() && ways[s] == 0 {
			t.Errorf("%s has no way on", s)
		}
		if s.Ended() && s.Stopped() {
			t.Errorf("%s has ended and stands", s)
		}
	}
}

// Only a department decides and returns, only an applicant takes back what nobody
// has seen, and only time terminates. What was not sent yet the hub may give back.
func TestWhoMoves(t *testing.T) {
	for _, from := range states[lifecycle.ItemState]() {
		for _, by := range actors {
			for to, who := range map[lifecycle.ItemState]lifecycle.Actor{
				lifecycle.ItemApproved: lifecycle.Department, lifecycle.ItemRejected: lifecycle.Department,
				lifecycle.ItemCorrection: lifecycle.Department, lifecycle.ItemSuspended: lifecycle.Department,
				lifecycle.ItemTerminated: lifecycle.Hub,
			} {
				if from == lifecycle.ItemReady && to == lifecycle.ItemCorrection && by == lifecycle.Hub {
					continue
				}
				if by != who && lifecycle.MoveItem(from, to, by) == nil {
					t.Errorf("%s may make %s of %s", by, to, from)
				}
			}
		}
	}
	for _, from := range states[lifecycle.CaseState]() {
		for _, by := range []lifecycle.Actor{lifecycle.Applicant, lifecycle.Hub} {
			if lifecycle.MoveCase(from, lifecycle.CaseNotAccepted, by) == nil {
				t.Errorf("%s may refuse acceptance: a machine never rejects alone", by)
			}
		}
	}
}

func TestCaseMoves(t *testing.T) {
	reached := map[lifecycle.CaseState]bool{lifecycle.CaseDraft: true}
	for changed := true; changed; {
		changed = false
		for _, from := range states[lifecycle.CaseState]() {
			for _, to := range states[lifecycle.CaseState]() {
				for _, by := range actors {
					err := lifecycle.MoveCase(from, to, by)
					if err != nil && fault.Of(err).Reason != "CASE_STATE" {
						t.Errorf("%s to %s: %v", from, to, err)
					}
					if err == nil && from.Ended() {
						t.Errorf("%s has ended but becomes %s", from, to)
					}
					if reached[from] && !reached[to] && err == nil {
						reached[to], changed = true, true
					}
				}
			}
		}
	}
	for _, s := range states[lifecycle.CaseState]() {
		if !reached[s] {
			t.Errorf("no way leads to %s", s)
		}
	}
}

func states[S interface {
	~string
	Values() []string
}]() []S {
	var all []S
	for _, s := range S("").Values() {
		all = append(all, S(s))
	}
	return all
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
		{"one is open", states{lifecycle.ItemApproved, lifecycle.ItemCorrection}, "", false},
		{"all granted", states{lifecycle.ItemApproved, lifecycle.ItemDelivered}, lifecycle.CaseCompleted, true},
		{"one refused", states{lifecycle.ItemApproved, lifecycle.ItemRejected, lifecycle.ItemBlocked}, lifecycle.CasePartially, true},
		{"one lapsed", states{lifecycle.ItemApproved, lifecycle.ItemTerminated}, lifecycle.CasePartially, true},
		{"none granted", states{lifecycle.ItemRejected, lifecycle.ItemBlocked}, lifecycle.CaseRejected, true},
		{"a refusal weighs more than a lapse", states{lifecycle.ItemTerminated, lifecycle.ItemRejected, lifecycle.ItemWithdrawn}, lifecycle.CaseRejected, true},
		{"lapsed", states{lifecycle.ItemTerminated, lifecycle.ItemBlocked, lifecycle.ItemWithdrawn}, lifecycle.CaseTerminated, true},
		{"all taken back", states{lifecycle.ItemWithdrawn, lifecycle.ItemWithdrawn}, lifecycle.CaseWithdrawn, true},
		{"taken back, and what waited for it", states{lifecycle.ItemWithdrawn, lifecycle.ItemBlocked}, lifecycle.CaseWithdrawn, true},
	} {
		if got, over := lifecycle.Outcome(tt.items); got != tt.want || over != tt.over {
			t.Errorf("%s: %s %v, want %s %v", tt.name, got, over, tt.want, tt.over)
		}
	}
}
