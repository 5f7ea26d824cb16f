package porttest

import (
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// returns checks that a return can be acted on: each defect is a field that was
// sent or a paper that came with the item, under our names, with a reason that
// also stands in the words; asked again it says the same.
func returns(t *testing.T, f Fixture) {
	for _, id := range []string{"item-1", "item-2", "item-3", "item-4", "item-5"} {
		d := f.Delivery(id)
		deliver(t, f, d)
		if a := statusOf(t, f, id)[0]; len(a.Faults) != 0 {
			t.Errorf("%s: defects before it was returned: %+v", id, a.Faults)
		}
		f.Decide(id, port.Returned)
		a := statusOf(t, f, id)[0]
		if len(a.Faults) == 0 {
			t.Errorf("%s: returned without a defect", id)
		}
		for _, x := range a.Faults {
			_, answered := d.Answers[x.Field]
			field := x.Field != "" && answered && f.Sends(x.Field)
			paper := x.Material != "" && slices.Contains(d.Materials, x.Material)
			if field == paper || x.Words == "" {
				t.Errorf("%s: defect %+v is not exactly one of a field that was sent and a paper that came", id, x)
			}
			if !strings.Contains(a.Words, strings.TrimSuffix(x.Words, "。")) {
				t.Errorf("%s: %q is not among the words", id, x.Words)
			}
		}
		if again := statusOf(t, f, id)[0]; !slices.Equal(again.Faults, a.Faults) {
			t.Errorf("%s: asked again, %+v", id, again.Faults)
		}
		next := f.Other(d)
		next.Round++
		deliver(t, f, next)
		if b := statusOf(t, f, id)[0]; len(b.Faults) != 0 || b.Words == a.Words {
			t.Errorf("%s: still said to be amiss after the correction: %+v", id, b.Faults)
		}
	}
}

func rounds(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	f.Decide(d.ItemID, port.Returned)
	returned := statusOf(t, f, d.ItemID)[0]
	if returned.State != port.Returned || returned.Words == "" {
		t.Fatalf("state %q with words %q, want it returned with reasons", returned.State, returned.Words)
	}
	_, err := f.Department.Deliver(t.Context(), f.Other(d))
	wantFault(t, err, fault.Conflict, "ITEM_DELIVERED_OTHERWISE") // the same round
	next := f.Other(d)
	next.Round++
	second := deliver(t, f, next)
	if second.Number == first.Number {
		t.Error("both rounds have the same receipt")
	}
	if again := deliver(t, f, next); again != second {
		t.Errorf("receipt %+v, before %+v", again, second)
	}
	if late := deliver(t, f, d); late != first {
		t.Errorf("the first round, late: receipt %+v, before %+v", late, first)
	}
	if a := statusOf(t, f, d.ItemID)[0]; a.State != port.Received || a.Sequence <= returned.Sequence {
		t.Errorf("state %q, sequence %d after %d", a.State, a.Sequence, returned.Sequence)
	}
}

func replaced(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	before := statusOf(t, f, d.ItemID)[0]
	next := f.Other(d)
	next.Round++
	second := deliver(t, f, next) // returned at our desk
	if second.Number == first.Number {
		t.Error("both rounds have the same receipt")
	}
	if late := deliver(t, f, d); late != first {
		t.Errorf("the first round, late: receipt %+v, before %+v", late, first)
	}
	if a := statusOf(t, f, d.ItemID)[0]; a.State != port.Received || a.Sequence <= before.Sequence {
		t.Errorf("state %q, sequence %d after %d", a.State, a.Sequence, before.Sequence)
	}
	f.Decide(d.ItemID, port.Approved)
	if n := f.Acts()[d.ItemID]; n != 1 {
		t.Errorf("the act was done %d times", n)
	}
}

func noRoundAfterDecision(t *testing.T, f Fixture) {
	for id, state := range map[string]port.State{"item-1": port.Approved, "item-2": port.Rejected} {
		d := f.Delivery(id)
		deliver(t, f, d)
		f.Decide(id, state)
		next := f.Other(d)
		next.Round++
		_, err := f.Department.Deliver(t.Context(), next)
		wantFault(t, err, fault.Conflict, "ITEM_DELIVERED_OTHERWISE")
		if a := statusOf(t, f, id)[0]; a.State != state {
			t.Errorf("it became %q, was %q", a.State, state)
		}
	}
}

func lostRound(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	f.Decide(d.ItemID, port.Returned)
	next := f.Other(d)
	next.Round++
	f.Set(LostAnswer)
	_, err := f.Department.Deliver(t.Context(), next)
	wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
	f.Set(Behaving)
	second := deliver(t, f, next)
	if second.Number == first.Number {
		t.Error("both rounds have the same receipt")
	}
	if again := deliver(t, f, next); again != second {
		t.Errorf("receipt %+v, before %+v", again, second)
	}
	f.Decide(d.ItemID, port.Approved)
	if n := f.Acts()[d.ItemID]; n != 1 {
		t.Errorf("the act was done %d times", n)
	}
}
