package port

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

func gateOf(p catalog.Port) *Gate {
	p.ID, p.Department = "ps.test", "PS"
	return newGate(&p, time.Now)
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}

// A system that fails is left in peace, tried again once, and used again when it answers.
func TestGateRestsAndRecovers(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT"})
	calls := 0
	down := func(context.Context) error { calls++; return Failed("PS") }
	for range restAfter {
		if err := g.pass(t.Context(), down); reason(err) != "DEPARTMENT_FAILED" {
			t.Fatal(err)
		}
	}
	err := g.pass(t.Context(), down)
	if reason(err) != "PORT_RESTING" || fault.Of(err).RetryAt.Before(time.Now()) || calls != restAfter {
		t.Fatalf("%v after %d calls", err, calls)
	}
	h := g.Health()
	if h.State != "RESTING" || h.ErrorRate != 1 || h.Calls != restAfter || h.TurnedAway != 1 || h.LastReason != "DEPARTMENT_FAILED" || !h.LastSuccess.IsZero() {
		t.Errorf("health %+v", h)
	}
	g.breaker.HalfOpen() // as after the rest
	if err := g.pass(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if h := g.Health(); h.State != "OPEN" || h.LastSuccess.IsZero() {
		t.Errorf("health %+v", h)
	}
}

// What speaks of the content, asks for patience, or is the caller's own going away
// says nothing against the port.
func TestGateCountsOnlyWhatSpeaksAgainstThePort(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT"})
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for range 3 * restAfter {
		_ = g.pass(t.Context(), func(context.Context) error { return &Refusal{Reason: "X"} })
		_ = g.pass(t.Context(), func(context.Context) error { return Busy("PS", time.Time{}) })
		_ = g.once(gone, func(ctx context.Context) error { return Silent("PS").Because(ctx.Err()) })
	}
	if h := g.Health(); h.State != "OPEN" || h.Failures != 0 {
		t.Errorf("health %+v", h)
	}
}

func TestGatePaused(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT"})
	g.Hold(Hold{Reason: "检修", Since: time.Now(), By: "operator"})
	if err := g.pass(t.Context(), func(context.Context) error { t.Error("called"); return nil }); reason(err) != "PORT_PAUSED" {
		t.Error(err)
	}
	if h := g.Health(); h.State != "PAUSED" || h.Hold.Reason != "检修" {
		t.Errorf("health %+v", h)
	}
	g.Release()
	if err := g.pass(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Error(err)
	}
}

func TestGateClosedForMaintenance(t *testing.T) {
	p := catalog.Port{ID: "ps.test", Department: "PS"}
	p.Maintenance = []catalog.Maintenance{{From: "22:00", To: "06:00"}}
	night := time.Date(2026, time.November, 23, 15, 0, 0, 0, time.UTC) // 23:00 in China
	g := newGate(&p, func() time.Time { return night })
	err := g.pass(t.Context(), func(context.Context) error { t.Error("called"); return nil })
	if want := night.Add(7 * time.Hour); reason(err) != "PORT_CLOSED" || !fault.Of(err).RetryAt.Equal(want) || g.Health().State != "CLOSED" {
		t.Errorf("%v until %v", err, fault.Of(err).RetryAt)
	}
}

// A question whose connection broke is asked once more, a delivery is not, and
// when many break only a share is asked again.
func TestGateRepeatsQuestionsWithinABudget(t *testing.T) {
	for operation, want := range map[string]int{"LOOKUP": 2, "STATUS": 2, "SUBMIT": 1, "WITHDRAW": 1} {
		calls := 0
		_ = gateOf(catalog.Port{Operation: operation}).pass(t.Context(), func(context.Context) error {
			calls++
			return Silent("PS").Because(errors.New("connection reset"))
		})
		if calls != want {
			t.Errorf("%s was called %d times, want %d", operation, calls, want)
		}
	}
	calls := 0
	_ = gateOf(catalog.Port{Operation: "LOOKUP"}).pass(t.Context(), func(context.Context) error {
		calls++
		return Silent("PS").Because(context.DeadlineExceeded)
	})
	if calls != 1 {
		t.Error("a question that took too long was asked again")
	}
}

// No more than the port bears are under way; who finds no place is told so.
func TestGateBoundsCallsAtOnce(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT", Connection: catalog.Connection{Abreast: 3}})
	var now, most atomic.Int64
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			err := g.pass(t.Context(), func(context.Context) error {
				if n := now.Add(1); n > most.Load() {
					most.Store(n)
				}
				time.Sleep(time.Millisecond)
				now.Add(-1)
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if most.Load() > 3 {
		t.Errorf("%d at once", most.Load())
	}
	hold := make(chan struct{})
	for range 3 {
		all.Go(func() { _ = g.pass(t.Context(), func(context.Context) error { <-hold; return nil }) })
	}
	for g.places.TryAcquirePermit() { // until all three are in
		g.places.ReleasePermit()
	}
	if err := g.pass(t.Context(), func(context.Context) error { return nil }); reason(err) != "DEPARTMENT_BUSY" || g.Health().TurnedAway != 1 {
		t.Errorf("%v", err)
	}
	close(hold)
	all.Wait()
}

func TestGateKeepsTheRate(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT", Connection: catalog.Connection{Rate: 100}})
	begin := time.Now()
	for range 11 {
		if err := g.pass(t.Context(), func(context.Context) error { return nil }); err != nil {
			t.Fatal(err)
		}
	}
	if took := time.Since(begin); took < 90*time.Millisecond {
		t.Errorf("11 calls of 100 a second within %v", took)
	}
}

// A port that is drained keeps back what was never delivered, and nothing else.
func TestGateDrained(t *testing.T) {
	g := gateOf(catalog.Port{Operation: "SUBMIT"})
	since := time.Now().Add(-time.Hour)
	g.Hold(Hold{Reason: "换机房", Since: since, By: "operator", Drain: true})
	if err := g.takes(false); reason(err) != "PORT_DRAINING" {
		t.Errorf("something new: %v", err)
	}
	if err := g.takes(true); err != nil {
		t.Errorf("what may be there already: %v", err)
	}
	if err := g.pass(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Errorf("a question: %v", err)
	}
	if h := g.Health(); h.State != "DRAINING" || !h.Since.Equal(since) || h.Hold.Reason != "换机房" {
		t.Errorf("health %+v", h)
	}
	g.Release()
	if h := g.Health(); g.takes(false) != nil || h.State != "OPEN" || !h.Since.After(since) || h.Hold != nil {
		t.Errorf("health %+v", h)
	}
}

// Ports that share line and path share calls: these go on for as long as one of the
// ports is not paused. A paused look-up is never answered as if nothing were there.
func TestPausedAmongPortsThatShareCalls(t *testing.T) {
	cat := &catalog.Catalog{Departments: []*catalog.Department{{Code: "PS"}}, Ports: []*catalog.Port{
		{ID: "ps.a.status", Department: "PS", Operation: "STATUS", Kind: "k", Matter: "A", Path: "/status", Batch: 10},
		{ID: "ps.b.status", Department: "PS", Operation: "STATUS", Kind: "k", Matter: "B", Path: "/status", Batch: 10},
		{ID: "ps.one", Department: "PS", Operation: "LOOKUP", Kind: "k", Path: "/lookup"},
		{ID: "ps.two", Department: "PS", Operation: "LOOKUP", Kind: "k", Path: "/lookup"},
	}}
	r, err := NewRegistry(cat, map[string]Endpoint{"PS": {URL: "http://127.0.0.1:9"}}, map[string]Kind{"k": func(Setup) (Line, error) { return notYet{"PS"}, nil }}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	ask := func() string {
		_, err := r.Get("PS").Status(t.Context(), []string{"item"})
		return reason(err)
	}
	called := "DEPARTMENT_NOT_CONNECTED" // says the line, once it is reached
	r.Gate("ps.a.status").Hold(Hold{})
	if got := ask(); got != called {
		t.Error("one paused:", got)
	}
	r.Gate("ps.b.status").Hold(Hold{})
	if got := ask(); got != "PORT_PAUSED" {
		t.Error("both paused:", got)
	}
	for _, id := range []string{"ps.one", "ps.two"} {
		look := func() string {
			_, err := r.Get("PS").Lookup(t.Context(), []Question{{Ref: "r", Lookups: []string{"ps.one", "ps.two"}}})
			return reason(err)
		}
		if got := look(); got != called {
			t.Error("none paused:", got)
		}
		r.Gate(id).Hold(Hold{})
		if got := look(); got != "PORT_PAUSED" {
			t.Error(id, "paused:", got)
		}
		r.Gate(id).Release()
	}
}
