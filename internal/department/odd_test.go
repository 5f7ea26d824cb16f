package department_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

func TestOddities(t *testing.T) {
	c := patient(t, 10*time.Second)
	t.Run("a rejection after the approval, under a higher sequence", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{Contradiction: 1}}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		got := h.await(t, 3)
		if got[1].State != port.Approved || got[1].Number == "" || got[2].State != port.Rejected || got[2].Sequence != got[1].Sequence+1 || got[2].Number != "" {
			t.Errorf("heard %+v", got)
		}
		settled(t, f)
		if a, err := r.Get("MIL").Status(t.Context(), []string{"a"}); err != nil || a[0].State != port.Approved || a[0].Sequence != got[1].Sequence {
			t.Errorf("asked %+v, error %v: the books say what was done", a, err)
		}
		acts, err := f.Acts(t.Context())
		if must(t, err); acts["a"] != 1 {
			t.Errorf("acts %v", acts)
		}
	})
	t.Run("a result before the receipt", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{EarlyResult: 1}}))
		d := delivery(c, "M11", "a", h.address("MIL"))
		first := send(t, r, d)
		h.mu.Lock()
		got := slices.Clone(h.got)
		h.mu.Unlock()
		if len(got) == 0 || got[0].State != port.Approved || got[0].Sequence != 2 {
			t.Fatalf("heard %+v before the receipt", got)
		}
		if again := send(t, r, d); again != first {
			t.Errorf("receipt %+v, before %+v", again, first)
		}
		settled(t, f)
	})
	t.Run("an early result that the hub does not take comes again", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
		h.refuse = 2
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{EarlyResult: 1}}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if got := h.await(t, 1); got[0].State != port.Approved {
			t.Errorf("heard %+v", got)
		}
	})
	t.Run("a receipt lost after keeping, once in each round", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{LostReceipt: 1}}))
		d := delivery(c, "M11", "a", h.address("MIL"))
		for round := range 2 {
			d.Round = round
			if _, err := r.Get("MIL").Deliver(t.Context(), d); fault.Of(err).Reason != "DEPARTMENT_SILENT" {
				t.Fatalf("round %d: error %v", round, err)
			}
			if first := send(t, r, d); first != send(t, r, d) {
				t.Errorf("round %d: receipts differ", round)
			}
			must(t, f.DecideNow(t.Context(), "a", port.Returned))
		}
	})
	t.Run("everything twice", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{DoubleCallback: 1}}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		if got := h.await(t, 4); got[0].Sequence != got[1].Sequence || got[2].Sequence != got[3].Sequence {
			t.Errorf("heard %+v", got)
		}
	})
	t.Run("late, after the hub has asked", func(t *testing.T) {
		f, r, h := connected(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{LateCallback: 1, LateBy: 300 * time.Millisecond}}))
		send(t, r, delivery(c, "M11", "a", h.address("MIL")))
		before := time.Now()
		must(t, f.DecideNow(t.Context(), "a", port.Approved))
		a, err := r.Get("MIL").Status(t.Context(), []string{"a"})
		if must(t, err); a[0].State != port.Approved {
			t.Errorf("asked %+v", a)
		}
		if got := h.await(t, 1); fmt.Sprint(got[0]) != fmt.Sprint(a[0]) || time.Since(before) < 299*time.Millisecond {
			t.Errorf("heard %+v after %v", got, time.Since(before))
		}
	})
}

// TestOdditiesFollowFromTheSeed counts which items are contradicted: the same in
// every life, others under another seed, and more under a larger share.
func TestOdditiesFollowFromTheSeed(t *testing.T) {
	c := patient(t, 10*time.Second)
	const items = 40
	contradicted := func(seed uint64, share float64) []string {
		f, r, h := connected(t, department.Config{Catalog: c, Seed: seed})
		must(t, f.SetFault("MIL", department.Fault{Odds: department.Odds{Contradiction: share}}))
		for i := range items {
			send(t, r, delivery(c, "M11", fmt.Sprint("item-", i), h.address("MIL")))
		}
		h.await(t, 2*items)
		settled(t, f)
		odd := map[string]bool{}
		for _, a := range h.await(t, 0) {
			if a.State == port.Rejected {
				odd[a.ItemID] = true
			}
		}
		return slices.Sorted(maps.Keys(odd))
	}
	some, again, other, more := contradicted(7, 0.3), contradicted(7, 0.3), contradicted(8, 0.3), contradicted(7, 0.6)
	if len(some) == 0 || !slices.Equal(some, again) || slices.Equal(some, other) {
		t.Errorf("with one seed %v, then %v; with another %v", some, again, other)
	}
	for _, id := range some {
		if !slices.Contains(more, id) {
			t.Errorf("%s is odd in a smaller share, and not in a larger one", id)
		}
	}
	if len(more) <= len(some) {
		t.Errorf("%d items in the larger share, %d in the smaller", len(more), len(some))
	}
}
