// Package porttest checks that a kind of port behaves as callers rely on.
//
// Every kind runs it against a real counterpart over its real transport. What is
// checked here may be relied on; what is not may differ between kinds.
package porttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Trouble is a way for the counterpart to misbehave.
type Trouble int

// The troubles. Behaving ends all others.
const (
	Behaving   Trouble = iota
	Silence            // takes calls, answers none
	Garbage            // answers what nobody can read
	Flood              // answers far more than anybody can want
	Failure            // answers that it is broken
	Busy               // asks for patience, for [Fixture.Patience]
	LostAnswer         // carries out, then breaks the connection
)

// Fixture is a port and its counterpart, new for each test.
type Fixture struct {
	Code       string // of the department
	Department port.Department
	Delivery   func(itemID string) port.Delivery // something that the department takes
	Other      func(port.Delivery) port.Delivery // the same item with another content
	Sends      func(field string) bool           // whether the port sends a field of ours
	Lookups    []string                          // all of the department's
	Known      []citizen.Number                  // at least two persons in its registers
	Facts      catalog.Facts                     // what it holds of the first of them
	Unknown    citizen.Number
	Patience   time.Duration              // what it says when Busy
	Without    map[string][]Trouble       // by operation in small letters: troubles that its kind cannot have, as a table does not ask for patience
	Calls      func(operation string) int // calls that reached it: DELIVER, STATUS, WITHDRAW, LOOKUP
	Set        func(Trouble)              // makes it misbehave
	Decide     func(string, port.State)   // ends an item, durably, before it returns
	Acts       func() map[string]int      // what it has really done
}

const (
	ample = time.Minute            // nothing here takes as long, on however slow a machine
	short = 300 * time.Millisecond // what waiting for a silent department costs this suite
)

// Run checks one kind of port. open makes a fresh fixture, whose port gives up
// after the timeout, and cleans up after it.
func Run(t *testing.T, open func(t *testing.T, timeout time.Duration) Fixture) {
	t.Helper()
	checks := []struct {
		name  string
		check func(*testing.T, Fixture)
	}{
		{"a delivery is receipted, and again with the same receipt", repeats},
		{"an item delivered with another content is a conflict", otherwise},
		{"what a port does not send stays here", onlyWhatIsSent},
		{"an answer lost on the way is found by delivering again", lostAnswer},
		{"many deliver the same item at once and it is kept once", stampede},
		{"status keeps the order asked and leaves gaps", status},
		{"a return names what was delivered, all at once", returns},
		{"a returned item takes the next round", rounds},
		{"a later round takes the place of an open item", replaced},
		{"a decided item takes no round", noRoundAfterDecision},
		{"an answer of a later round lost on the way is found by delivering again", lostRound},
		{"an item is withdrawn before the decision, and again", withdraw},
		{"a returned item is withdrawn, and takes no round", withdrawReturned},
		{"a withdrawn item is not revived by its delivery", notRevived},
		{"a withdrawal lost on the way is found by repeating it", lostWithdrawal},
		{"an item is not withdrawn after the decision", tooLate},
		{"an item is withdrawn or decided, never both", race},
		{"an item never delivered cannot be withdrawn", neverDelivered},
		{"a lookup is one call for all persons", lookup},
		{"a ref that occurs twice is refused", refTwice},
		{"garbage ends as Unavailable", troubleIs(Garbage, "DEPARTMENT_GARBLED")},
		{"a flood ends as Unavailable", troubleIs(Flood, "DEPARTMENT_GARBLED")},
		{"failure ends as Unavailable", troubleIs(Failure, "DEPARTMENT_FAILED")},
		{"being busy tells when to try again", troubleIs(Busy, "DEPARTMENT_BUSY")},
		{"a caller who goes away is not told of silence", gone},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.check(t, open(t, ample)) })
	}
	t.Run("silence ends as Unavailable", func(t *testing.T) {
		troubleIs(Silence, "DEPARTMENT_SILENT")(t, open(t, short))
	})
}

func repeats(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	if first.ItemID != d.ItemID || first.Number == "" || first.ReceivedAt.IsZero() {
		t.Fatalf("not a receipt: %+v", first)
	}
	d.Callback = "http://127.0.0.1:9/elsewhere" // the hub has moved: still the same content
	if again := deliver(t, f, d); again != first {
		t.Fatalf("receipt %+v, the first time %+v", again, first)
	}
	f.Decide(d.ItemID, port.Approved)
	if again := deliver(t, f, d); again != first {
		t.Fatalf("receipt after the decision %+v, the first time %+v", again, first)
	}
	if n := f.Acts()[d.ItemID]; n != 1 {
		t.Fatalf("the act was done %d times", n)
	}
}

func otherwise(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	deliver(t, f, d)
	_, err := f.Department.Deliver(t.Context(), f.Other(d))
	wantFault(t, err, fault.Conflict, "ITEM_DELIVERED_OTHERWISE")
}

func onlyWhatIsSent(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	first := deliver(t, f, d)
	d.Answers = maps.Clone(d.Answers)
	d.Answers["noFieldOfAnybody"] = "kept"
	if again := deliver(t, f, d); again != first {
		t.Fatal("a field outside the port changed what the department received")
	}
}

func lostAnswer(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	f.Set(LostAnswer)
	_, err := f.Department.Deliver(t.Context(), d)
	wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
	f.Set(Behaving)
	if got := statusOf(t, f, d.ItemID)[0]; got.State != port.Received {
		t.Fatalf("the department answers %q, want that it has kept the item", got.State)
	}
	deliver(t, f, d)
}

func stampede(t *testing.T, f Fixture) {
	d := f.Delivery("item-1")
	receipts := make([]port.Receipt, 16)
	var all sync.WaitGroup
	for i := range receipts {
		all.Go(func() {
			r, err := f.Department.Deliver(t.Context(), d)
			if err != nil {
				t.Errorf("deliver: %v", err)
			}
			receipts[i] = r
		})
	}
	all.Wait()
	if different := slices.Compact(receipts); len(different) != 1 {
		t.Fatalf("receipts differ: %+v", different)
	}
}

func status(t *testing.T, f Fixture) {
	ids := []string{"item-3", "nobody-1", "item-1", "item-2", "nobody-2"}
	for _, id := range []string{"item-1", "item-2", "item-3"} {
		deliver(t, f, f.Delivery(id))
	}
	f.Decide("item-2", port.Approved)
	f.Decide("item-3", port.Rejected)
	before := f.Calls("STATUS")
	got := statusOf(t, f, ids...)
	if n := f.Calls("STATUS") - before; n != 1 {
		t.Errorf("%d calls for %d items", n, len(ids))
	}
	want := []port.State{port.Rejected, "", port.Received, port.Approved, ""}
	for i, a := range got {
		if a.State != want[i] || (a.State != "" && a.ItemID != ids[i]) {
			t.Errorf("place %d: item %q is %q, want %q", i, a.ItemID, a.State, want[i])
		}
		if a.State == "" && !reflect.DeepEqual(a, port.Answer{}) {
			t.Errorf("place %d: %+v, want the zero Answer", i, a)
		}
		if a.State.Decided() && (a.DecidedOn.IsZero() || a.Words == "") {
			t.Errorf("place %d: a decision without date or words", i)
		}
	}
	if got[3].Number == "" || got[3].Sequence <= got[2].Sequence {
		t.Errorf("approved with number %q, sequence %d", got[3].Number, got[3].Sequence)
	}
	if none := statusOf(t, f); len(none) != 0 {
		t.Errorf("asked about nothing, answered %d", len(none))
	}
}

func lookup(t *testing.T, f Fixture) {
	questions := []port.Question{{Ref: "nobody", CitizenNumber: f.Unknown, Lookups: f.Lookups}}
	for i, n := range f.Known {
		questions = append(questions, port.Question{Ref: fmt.Sprint("person-", i), CitizenNumber: n, Lookups: f.Lookups})
	}
	records, err := f.Department.Lookup(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	if n := f.Calls("LOOKUP"); n != 1 {
		t.Errorf("%d calls for %d persons and %d lookups", n, len(questions), len(f.Lookups))
	}
	for i, r := range records {
		if r.Ref != questions[i].Ref {
			t.Errorf("place %d has the record of %q, want %q", i, r.Ref, questions[i].Ref)
		}
		if known := i > 0; r.Known != known || r.AsOf.IsZero() == known {
			t.Errorf("%s: known %t as of %v", r.Ref, r.Known, r.AsOf)
		}
	}
	if records[0].Facts != nil {
		t.Error("facts of an unknown person")
	}
	if !reflect.DeepEqual(records[1].Facts, f.Facts) {
		t.Errorf("facts %v, want %v", records[1].Facts, f.Facts)
	}
}

func refTwice(t *testing.T, f Fixture) {
	q := port.Question{Ref: "same", CitizenNumber: f.Known[0], Lookups: f.Lookups}
	other := q
	other.CitizenNumber = f.Known[1]
	if _, err := f.Department.Lookup(t.Context(), []port.Question{q, other}); err == nil {
		t.Fatal("two persons under one ref were answered")
	}
	if f.Calls("LOOKUP") != 0 {
		t.Error("the department was asked")
	}
}

// troubleIs checks that every operation reports a trouble alike, and that the
// port works again once it is over.
func troubleIs(trouble Trouble, reason string) func(*testing.T, Fixture) {
	return func(t *testing.T, f Fixture) {
		f.Set(trouble)
		ctx, cancel := context.WithTimeout(t.Context(), 2*ample) // the port gives up before
		defer cancel()
		operations := map[string]func() error{
			"deliver":  func() error { _, err := f.Department.Deliver(ctx, f.Delivery("item-1")); return err },
			"status":   func() error { _, err := f.Department.Status(ctx, []string{"item-1"}); return err },
			"withdraw": func() error { _, err := f.Department.Withdraw(ctx, "item-1"); return err },
			"lookup": func() error {
				_, err := f.Department.Lookup(ctx, []port.Question{{Ref: "p", CitizenNumber: f.Known[0], Lookups: f.Lookups}})
				return err
			},
		}
		for name, do := range operations {
			if slices.Contains(f.Without[name], trouble) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				before := time.Now()
				err := do()
				wantFault(t, err, fault.Unavailable, reason)
				if ctx.Err() != nil {
					t.Error("the port waited for its caller to give up")
				}
				got := fault.Of(err)
				if got.Department != f.Code {
					t.Errorf("department %q, want %q", got.Department, f.Code)
				}
				if wait := got.RetryAt.Sub(before); trouble == Busy && (wait < f.Patience-time.Second || wait > f.Patience+time.Minute) {
					t.Errorf("try again after %v, want about %v", wait, f.Patience)
				}
			})
		}
		f.Set(Behaving)
		for { // as callers do: again while it is Unavailable
			_, err := f.Department.Deliver(ctx, f.Delivery("item-1"))
			if err == nil {
				break
			}
			wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
			if ctx.Err() != nil {
				t.Fatal("the port has not recovered")
			}
		}
	}
}

func gone(t *testing.T, f Fixture) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Department.Deliver(ctx, f.Delivery("item-1")); !errors.Is(err, context.Canceled) {
		t.Fatalf("error %v, want the caller's own", err)
	}
}

func deliver(t *testing.T, f Fixture, d port.Delivery) port.Receipt {
	t.Helper()
	r, err := f.Department.Deliver(t.Context(), d)
	if err != nil {
		t.Fatalf("deliver: %v", err)
	}
	return r
}

func statusOf(t *testing.T, f Fixture, ids ...string) []port.Answer {
	t.Helper()
	answers, err := f.Department.Status(t.Context(), ids)
	if err != nil {
		t.Fatalf("status: %v", err)
	}
	if len(answers) != len(ids) {
		t.Fatalf("%d answers for %d items", len(answers), len(ids))
	}
	return answers
}

func wantFault(t *testing.T, err error, kind fault.Kind, reason string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want %s", reason)
	}
	if got := fault.Of(err); got.Kind != kind || got.Reason != reason {
		t.Fatalf("fault %s of kind %d, want %s of kind %d (%v)", got.Reason, got.Kind, reason, kind, err)
	}
}
