package porttest

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

func withdraw(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	deliver(t, f, d)
	before := statusOf(t, f, d.ItemID)[0]
	first := takeBack(t, f, d.ItemID)
	if first.Sequence <= before.Sequence {
		t.Errorf("sequence %d after %d", first.Sequence, before.Sequence)
	}
	if again := takeBack(t, f, d.ItemID); !reflect.DeepEqual(again, first) {
		t.Fatalf("answer %+v, the first time %+v", again, first)
	}
	if asked := statusOf(t, f, d.ItemID)[0]; !reflect.DeepEqual(asked, first) {
		t.Errorf("asked, it answers %+v, told %+v", asked, first)
	}
	for _, s := range []port.State{port.Approved, port.Rejected, port.Returned} {
		f.Decide(d.ItemID, s)
	}
	if a := statusOf(t, f, d.ItemID)[0]; len(f.Acts()) != 0 || a.State != port.Withdrawn {
		t.Errorf("a withdrawn item was decided: %q", a.State)
	}
}

func withdrawReturned(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	deliver(t, f, d)
	f.Decide(d.ItemID, port.Returned)
	before := statusOf(t, f, d.ItemID)[0]
	a := takeBack(t, f, d.ItemID)
	if a.Sequence <= before.Sequence || len(a.Faults) != 0 {
		t.Errorf("sequence %d after %d, faults %+v", a.Sequence, before.Sequence, a.Faults)
	}
	next := f.Other(d)
	next.Round++
	_, err := f.Department.Deliver(t.Context(), next)
	wantFault(t, err, fault.Conflict, "ITEM_DELIVERED_OTHERWISE")
	if again := takeBack(t, f, d.ItemID); !reflect.DeepEqual(again, a) {
		t.Errorf("answer %+v, the first time %+v", again, a)
	}
}

func notRevived(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	a := takeBack(t, f, d.ItemID)
	if late := deliver(t, f, d); late != first {
		t.Errorf("receipt %+v, before %+v", late, first)
	}
	if now := statusOf(t, f, d.ItemID)[0]; !reflect.DeepEqual(now, a) {
		t.Errorf("a late delivery made it %+v, was %+v", now, a)
	}
}

func lostWithdrawal(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	deliver(t, f, d)
	f.Set(LostAnswer)
	_, err := f.Department.Withdraw(t.Context(), d.ItemID)
	wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
	f.Set(Behaving)
	asked := statusOf(t, f, d.ItemID)[0]
	if a := takeBack(t, f, d.ItemID); !reflect.DeepEqual(a, asked) {
		t.Errorf("answer %+v, asked %+v", a, asked)
	}
}

func tooLate(t *testing.T, f Fixture) {
	for id, state := range map[string]port.State{"item-1": port.Approved, "item-2": port.Rejected} {
		deliver(t, f, f.Delivery(id))
		f.Decide(id, state)
		for range 2 {
			a, err := f.Department.Withdraw(t.Context(), id)
			wantFault(t, err, fault.Conflict, "ITEM_DECIDED")
			if a.State != state || a.DecidedOn.IsZero() || a.ItemID != id || (state == port.Approved) != (a.Number != "") {
				t.Errorf("answer %+v beside the fault, want the decision", a)
			}
		}
	}
	if n := len(f.Acts()); n != 1 {
		t.Errorf("%d acts for one approval", n)
	}
}

// race lets a decision and a withdrawal meet: whichever comes first stands, and
// both sides learn the same.
func race(t *testing.T, f Fixture) {
	for i := range 8 {
		id := fmt.Sprint("item-", i)
		deliver(t, f, f.Delivery(id))
		var both sync.WaitGroup
		var a port.Answer
		var err error
		both.Go(func() { a, err = f.Department.Withdraw(t.Context(), id) })
		both.Go(func() { f.Decide(id, port.Approved) })
		both.Wait()
		done := f.Acts()[id]
		if err == nil && a.State == port.Withdrawn && done == 0 {
			continue
		}
		wantFault(t, err, fault.Conflict, "ITEM_DECIDED")
		if a.State != port.Approved || done != 1 {
			t.Errorf("%s: answer %+v, done %d times", id, a, done)
		}
	}
}

func neverDelivered(t *testing.T, f Fixture) {
	for range 2 {
		a, err := f.Department.Withdraw(t.Context(), "nobody-1")
		wantFault(t, err, fault.NotFound, "ITEM_UNKNOWN")
		if !reflect.DeepEqual(a, port.Answer{}) {
			t.Errorf("answer %+v about nothing", a)
		}
	}
	deliver(t, f, f.Delivery("nobody-1")) // it was still under way
	takeBack(t, f, "nobody-1")
}

func takeBack(t *testing.T, f Fixture, id string) port.Answer {
	t.Helper()
	a, err := f.Department.Withdraw(t.Context(), id)
	if err != nil || a.State != port.Withdrawn || a.ItemID != id {
		t.Fatalf("answer %+v, error %v", a, err)
	}
	return a
}
