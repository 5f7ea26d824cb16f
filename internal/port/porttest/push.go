package porttest

import (
	"context"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Payer is a PUSH port and who pays at its other end, new for each test.
type Payer struct {
	Code      string // of the department
	Push      func(context.Context, port.Batch) (port.Receipt, error)
	Outcomes  func(context.Context, []string) (map[string]port.Outcome, error)
	Callback  string                // address whose callbacks Heard tells
	Heard     func() []port.Outcome // what was told by callback, its signature verified
	Wrong     string                // an account that does not exist there
	Restart   func()                // it dies and comes back
	Transfers func() map[string]int // how often money really moved, by line
	Set       func(Trouble)         // makes it misbehave
	Patience  time.Duration         // what it says when Busy
	Without   map[string][]Trouble  // by operation in small letters: troubles that its kind cannot have
}

// RunPush checks one kind of port that payments are pushed through. open makes a
// fresh payer, whose port gives up after the timeout, and cleans up after it.
func RunPush(t *testing.T, open func(t *testing.T, timeout time.Duration) Payer) {
	t.Helper()
	checks := []struct {
		name  string
		check func(*testing.T, Payer)
	}{
		{"a batch is receipted, and again with the same receipt", pushedAgain},
		{"a batch pushed with another content is a conflict", pushedOtherwise},
		{"a batch that does not add up is not sent", notSum},
		{"a batch is kept before it is answered", keptFirst},
		{"many push the same batch at once and it is paid once", pushedTogether},
		{"what becomes of lines is told by callback and when asked, always the same", settled},
		{"a line that nobody knows is left out", unknownLine},
		{"a restart keeps receipts and payments", restart},
		{"garbage ends as Unavailable", pushTrouble(Garbage, "DEPARTMENT_GARBLED")},
		{"a flood ends as Unavailable", pushTrouble(Flood, "DEPARTMENT_GARBLED")},
		{"failure ends as Unavailable", pushTrouble(Failure, "DEPARTMENT_FAILED")},
		{"being busy tells when to try again", pushTrouble(Busy, "DEPARTMENT_BUSY")},
	}
	for _, c := range checks {
		t.Run(c.name, func(t *testing.T) { c.check(t, open(t, ample)) })
	}
	t.Run("silence ends as Unavailable", func(t *testing.T) {
		pushTrouble(Silence, "DEPARTMENT_SILENT")(t, open(t, short))
	})
}

// batch is one with a line for each account.
func (p Payer) batch(id string, accounts ...string) port.Batch {
	b := port.Batch{ID: id, Callback: p.Callback, Fields: map[string]any{
		catalog.BatchDivision: "230102000000", catalog.BatchMonth: "2026-11", catalog.BatchPart: int64(1), catalog.BatchTotal: int64(0),
	}}
	for i, account := range accounts {
		fen := int64(450_000 + i)
		b.Fields[catalog.BatchTotal] = b.Fields[catalog.BatchTotal].(int64) + fen
		b.Lines = append(b.Lines, port.Entry{Line: id + "-" + strconv.Itoa(i), Fields: map[string]any{
			"bankAccountName": "测试人员", "bankName": "ICBC", "bankAccountNo": account, catalog.LineAmount: fen,
		}})
	}
	return b
}

func (p Payer) push(t *testing.T, b port.Batch) port.Receipt {
	t.Helper()
	r, err := p.Push(t.Context(), b)
	if err != nil {
		t.Fatalf("push: %v", err)
	}
	return r
}

// await asks until all lines of a batch have ended.
func (p Payer) await(t *testing.T, b port.Batch) map[string]port.Outcome {
	t.Helper()
	ids := make([]string, len(b.Lines))
	for i, l := range b.Lines {
		ids[i] = l.Line
	}
	for end := time.Now().Add(ample); ; {
		all, err := p.Outcomes(t.Context(), ids)
		if err != nil {
			t.Fatalf("ask: %v", err)
		}
		if !slices.ContainsFunc(ids, func(id string) bool { return !all[id].State.Settled() }) {
			return all
		} else if time.Now().After(end) {
			t.Fatalf("lines have not ended: %v", all)
		}
	}
}

func pushedAgain(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011", "620000000012")
	first := p.push(t, b)
	if first.ItemID != b.ID || first.Number == "" || first.ReceivedAt.IsZero() {
		t.Fatalf("not a receipt: %+v", first)
	}
	b.Lines = slices.Clone(b.Lines)
	slices.Reverse(b.Lines)
	b.Callback, b.Again = "http://127.0.0.1:9/elsewhere", true // the hub has moved: still the same content
	if again := p.push(t, b); again != first {
		t.Errorf("receipt %+v, the first time %+v", again, first)
	}
	p.await(t, b)
	if again := p.push(t, b); again != first {
		t.Errorf("receipt after it was paid %+v, the first time %+v", again, first)
	}
	p.paidOnce(t, 2)
}

func pushedOtherwise(t *testing.T, p Payer) {
	p.push(t, p.batch("roll-1", "620000000011"))
	for _, other := range []port.Batch{p.batch("roll-1", "620000000012"), p.batch("roll-1", "620000000011", "620000000012")} {
		_, err := p.Push(t.Context(), other)
		wantFault(t, err, fault.Conflict, "BATCH_PUSHED_OTHERWISE")
	}
	p.await(t, p.batch("roll-1", "620000000011"))
	p.paidOnce(t, 1)
}

func notSum(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011")
	b.Fields[catalog.BatchTotal] = int64(1)
	if _, err := p.Push(t.Context(), b); err == nil {
		t.Error("taken")
	}
	if all, err := p.Outcomes(t.Context(), []string{b.Lines[0].Line}); err != nil || len(all) != 0 {
		t.Errorf("it has arrived: %v, %v", all, err)
	}
}

func keptFirst(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011")
	p.Set(LostAnswer)
	_, err := p.Push(t.Context(), b)
	wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
	p.Set(Behaving)
	p.await(t, b)
	p.push(t, b)
	p.paidOnce(t, 1)
}

func pushedTogether(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011", "620000000012", "620000000013")
	receipts := make([]port.Receipt, 8)
	var all sync.WaitGroup
	for i := range receipts {
		all.Go(func() {
			r, err := p.Push(t.Context(), b)
			if err != nil {
				t.Errorf("push: %v", err)
			}
			receipts[i] = r
		})
	}
	all.Wait()
	if different := slices.Compact(receipts); len(different) != 1 {
		t.Fatalf("receipts differ: %+v", different)
	}
	p.await(t, b)
	p.paidOnce(t, 3)
}

func settled(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011", p.Wrong)
	p.push(t, b)
	asked := p.await(t, b)
	if o := asked["roll-1-0"]; o.State != port.LinePaid || o.On == 0 {
		t.Errorf("a good account: %+v", o)
	}
	if o := asked["roll-1-1"]; o.State != port.LineReturned || o.Reason != "ACCOUNT_UNKNOWN" || o.On == 0 {
		t.Errorf("an account that is not there: %+v", o)
	}
	for end := time.Now().Add(ample); ; {
		told := map[string]port.Outcome{}
		for _, o := range p.Heard() {
			if before, again := told[o.Line]; again && before != o {
				t.Fatalf("told %+v, then %+v", before, o)
			}
			told[o.Line] = o
		}
		if len(told) == len(asked) {
			for id, o := range asked {
				if told[id] != o {
					t.Errorf("%s: told %+v, answered %+v", id, told[id], o)
				}
			}
			break
		} else if time.Now().After(end) {
			t.Fatalf("only told of %d", len(told))
		}
	}
	p.paidOnce(t, 1)
}

func unknownLine(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011")
	p.push(t, b)
	all, err := p.Outcomes(t.Context(), []string{"nobody-1", b.Lines[0].Line, "nobody-2"})
	if err != nil || len(all) != 1 || all[b.Lines[0].Line].Line != b.Lines[0].Line {
		t.Errorf("%v, %v", all, err)
	}
	if none, err := p.Outcomes(t.Context(), nil); err != nil || len(none) != 0 {
		t.Errorf("asked about nothing: %v, %v", none, err)
	}
}

func restart(t *testing.T, p Payer) {
	b := p.batch("roll-1", "620000000011", p.Wrong)
	first := p.push(t, b)
	p.Restart()
	if again := p.push(t, b); again != first {
		t.Errorf("receipt %+v, before the restart %+v", again, first)
	}
	before := p.await(t, b)
	p.Restart()
	for id, o := range p.await(t, b) {
		if o != before[id] {
			t.Errorf("%s: %+v, before the restart %+v", id, o, before[id])
		}
	}
	p.paidOnce(t, 1)
}

func pushTrouble(trouble Trouble, reason string) func(*testing.T, Payer) {
	return func(t *testing.T, p Payer) {
		p.Set(trouble)
		for name, do := range map[string]func() error{
			"push":     func() error { _, err := p.Push(t.Context(), p.batch("roll-1", "620000000011")); return err },
			"outcomes": func() error { _, err := p.Outcomes(t.Context(), []string{"roll-1-0"}); return err },
		} {
			if slices.Contains(p.Without[name], trouble) {
				continue
			}
			before := time.Now()
			err := do()
			wantFault(t, err, fault.Unavailable, reason)
			got := fault.Of(err)
			if got.Department != p.Code {
				t.Errorf("%s: department %q, want %q", name, got.Department, p.Code)
			}
			if wait := got.RetryAt.Sub(before); trouble == Busy && (wait < p.Patience-time.Second || wait > p.Patience+time.Minute) {
				t.Errorf("%s: try again after %v, want about %v", name, wait, p.Patience)
			}
		}
		p.Set(Behaving)
		b := p.batch("roll-1", "620000000011")
		for end := time.Now().Add(ample); ; { // as callers do: again while it is Unavailable
			_, err := p.Push(t.Context(), b)
			if err == nil {
				break
			}
			wantFault(t, err, fault.Unavailable, "DEPARTMENT_SILENT")
			if time.Now().After(end) {
				t.Fatal("the port has not recovered")
			}
		}
	}
}

func (p Payer) paidOnce(t *testing.T, lines int) {
	t.Helper()
	all := p.Transfers()
	if len(all) != lines {
		t.Errorf("money moved for %d lines, want %d", len(all), lines)
	}
	for id, n := range all {
		if n != 1 {
			t.Errorf("%s was paid %d times", id, n)
		}
	}
}
