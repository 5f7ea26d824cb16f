package port

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/failsafe-go/failsafe-go"
	"github.com/failsafe-go/failsafe-go/budget"
	"github.com/failsafe-go/failsafe-go/bulkhead"
	"github.com/failsafe-go/failsafe-go/circuitbreaker"
	"github.com/failsafe-go/failsafe-go/ratelimiter"
	"github.com/failsafe-go/failsafe-go/retrypolicy"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// How a gate treats a port that does not say otherwise.
const (
	usualAbreast = 32              // calls under way at once
	queueAtGate  = 2 * time.Second // longest wait for a place or the rate; then the caller is told BUSY
	restAfter    = 10              // calls within restWindow of which half fail, before it is left in peace
	restWindow   = 30 * time.Second
	restFor      = 5 * time.Second // until one call tries again
	retryShare   = 0.2             // of the calls under way may be repetitions
)

// Gate stands before one port: it keeps a system that is down from being asked
// in vain, one that is slow from holding everybody, and one that is weak from
// being asked too often; and it remembers how calls fared. It is shared by all
// who call the port and safe for concurrent use.
type Gate struct {
	port    *catalog.Port
	now     func() time.Time
	breaker circuitbreaker.CircuitBreaker[any]
	places  bulkhead.Bulkhead[any]
	rate    ratelimiter.RateLimiter[any] // nil: as fast as one likes
	retries failsafe.Executor[any]       // of questions only; nil: a call that changes something is repeated by whoever made it
	held    atomic.Pointer[Hold]
	since   atomic.Int64 // Unix nanoseconds: when the breaker or a hold last changed
	tally   tally
}

// Hold is an operator's word that a port is not to be used for a while.
type Hold struct {
	Reason string // Chinese, for people
	Since  time.Time
	By     string
	Drain  bool // only what was never delivered is kept back; all else goes on
}

func newGate(p *catalog.Port, now func() time.Time) *Gate {
	g := &Gate{
		port: p, now: now,
		places: bulkhead.New[any](usualAbreast),
	}
	g.breaker = circuitbreaker.NewBuilder[any]().WithFailureRateThreshold(0.5, restAfter, restWindow).WithDelay(restFor).WithSuccessThreshold(1).
		OnStateChanged(func(circuitbreaker.StateChangedEvent) { g.changed() }).Build()
	g.changed()
	if p.Abreast > 0 {
		g.places = bulkhead.New[any](uint(p.Abreast))
	}
	if p.Rate > 0 {
		g.rate = ratelimiter.NewSmooth[any](uint(p.Rate), time.Second)
	}
	if p.Operation == "LOOKUP" || p.Operation == "STATUS" {
		g.retries = failsafe.With(retrypolicy.NewBuilder[any]().WithMaxRetries(1).
			WithBudget(budget.NewBuilder().WithMaxRate(retryShare).Build()).
			HandleIf(func(_ any, err error) bool { return snapped(err) }).
			OnRetry(func(failsafe.ExecutionEvent[any]) { g.tally.retried.Add(1) }).Build())
	}
	return g
}

// Hold stops calls through the port until [Gate.Release]: all, or new deliveries alone.
func (g *Gate) Hold(h Hold) { g.held.Store(&h) }

// Held is the hold that is on, or nil.
func (g *Gate) Held() *Hold { return g.held.Load() }

// Release lets calls through again, and forgets what went wrong before.
func (g *Gate) Release() {
	g.held.Store(nil)
	g.breaker.Close()
	g.changed()
}

func (g *Gate) changed() { g.since.Store(g.now().UnixNano()) }

// stopped is the fault of a port that an operator has paused, or nil.
func (g *Gate) stopped() error {
	if h := g.held.Load(); h != nil && !h.Drain {
		return paused(g.port.Department)
	}
	return nil
}

// takes is the fault of a port that an operator drains, for what was never delivered; or nil.
func (g *Gate) takes(again bool) error {
	if h := g.held.Load(); h != nil && h.Drain && !again {
		return drained(g.port.Department)
	}
	return nil
}

// pass makes one call, or says why not. Faults besides the call's own, all
// Unavailable: PORT_PAUSED, PORT_CLOSED and PORT_RESTING with RetryAt, DEPARTMENT_BUSY.
func (g *Gate) pass(ctx context.Context, call func(context.Context) error) error {
	if err := g.stopped(); err != nil {
		return err
	}
	if until := g.port.ClosedUntil(g.now(), workday.Zone()); !until.IsZero() {
		return closed(g.port.Department, until)
	}
	if err := g.enter(ctx); err != nil {
		return err
	}
	defer g.places.ReleasePermit()
	if g.retries == nil {
		return g.once(ctx, call)
	}
	var last error
	_ = g.retries.WithContext(ctx).Run(func() error {
		last = g.once(ctx, call)
		return last
	}) // its own error only says that the budget is spent
	return last
}

// enter waits for a place and the rate, not for long.
func (g *Gate) enter(ctx context.Context) error {
	if err := g.places.AcquirePermitWithMaxWait(ctx, queueAtGate); err != nil {
		return g.full(ctx, err)
	}
	if g.rate == nil {
		return nil
	}
	if err := g.rate.AcquirePermitWithMaxWait(ctx, queueAtGate); err != nil {
		g.places.ReleasePermit()
		return g.full(ctx, err)
	}
	return nil
}

func (g *Gate) full(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return Silent(g.port.Department).Because(ctx.Err())
	}
	g.tally.turnedAway.Add(1)
	return Busy(g.port.Department, g.now().Add(queueAtGate)).Because(err)
}

// once makes one call if the port is not at rest, and tells the breaker.
func (g *Gate) once(ctx context.Context, call func(context.Context) error) error {
	if !g.breaker.TryAcquirePermit() {
		g.tally.turnedAway.Add(1)
		return resting(g.port.Department, g.now().Add(max(g.breaker.RemainingDelay(), time.Second)))
	}
	start := time.Now()
	err := call(ctx)
	switch {
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		g.breaker.RecordSuccess() // nothing is known, and the permit must go back
		return err
	case broken(err):
		g.breaker.RecordFailure()
	default:
		g.breaker.RecordSuccess()
	}
	g.tally.add(g.now(), time.Since(start), err)
	return err
}

// broken says whether an error speaks against the port, not against what was asked.
func broken(err error) bool {
	f, ok := errors.AsType[*fault.Fault](err)
	return ok && f.Kind == fault.Unavailable && f.Reason != "DEPARTMENT_BUSY"
}

// snapped says whether the connection broke, which a second call often mends.
func snapped(err error) bool {
	f, ok := errors.AsType[*fault.Fault](err)
	return ok && f.Reason == "DEPARTMENT_SILENT" && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}

func paused(department string) *fault.Fault {
	return fault.New(fault.Unavailable, "PORT_PAUSED",
		"该部门端口已由运维人员暂停。", "An operator has paused this port of the department.").From(department, time.Time{})
}

func drained(department string) *fault.Fault {
	return fault.New(fault.Unavailable, "PORT_DRAINING",
		"该部门端口正在排空，暂不接收新件。", "This port of the department is being drained and takes nothing new.").From(department, time.Time{})
}

func closed(department string, until time.Time) *fault.Fault {
	return fault.New(fault.Unavailable, "PORT_CLOSED",
		"部门系统正在例行维护，维护结束后自动办理。", "The department's system is under maintenance; we go on when that ends.").From(department, until)
}

func resting(department string, until time.Time) *fault.Fault {
	return fault.New(fault.Unavailable, "PORT_RESTING",
		"部门系统多次没有正常回应，暂缓访问，稍后自动重试。", "The department's system failed several times; it is left in peace and tried again later.").From(department, until)
}

// Health is how a port fares.
type Health struct {
	State       string    // OPEN, RESTING, TRYING, CLOSED, PAUSED, DRAINING
	Since       time.Time // when the breaker or a hold last changed; maintenance is the calendar's
	Hold        *Hold     // of a paused or drained one
	Calls       int64     // since the start
	Failures    int64     // of these, that speak against the port
	TurnedAway  int64     // that were not made: no place, too fast, at rest
	Retried     int64
	P50, P99    time.Duration // of the last calls; zero before the first
	ErrorRate   float64       // of the last calls, 0 to 1
	LastSuccess time.Time     // zero: none since the start
	LastFailure time.Time
	LastReason  string // of the last failure
}

// Health says how the port fares at the moment.
func (g *Gate) Health() Health {
	h := g.tally.health()
	h.State, h.Since = "OPEN", time.Unix(0, g.since.Load()).UTC()
	h.Hold = g.held.Load()
	if h.Hold != nil {
		h.Since = h.Hold.Since
	}
	switch {
	case h.Hold != nil && !h.Hold.Drain:
		h.State = "PAUSED"
	case !g.port.ClosedUntil(g.now(), workday.Zone()).IsZero():
		h.State = "CLOSED"
	case g.breaker.IsOpen():
		h.State = "RESTING"
	case g.breaker.IsHalfOpen():
		h.State = "TRYING"
	case h.Hold != nil:
		h.State = "DRAINING"
	}
	return h
}

// lastCalls is of how many calls times and errors are remembered.
const lastCalls = 256

// tally counts calls and remembers the last ones.
type tally struct {
	turnedAway, retried atomic.Int64

	mu              sync.Mutex
	calls, failures int64
	took            [lastCalls]time.Duration
	failed          [lastCalls]bool
	success, fail   time.Time
	reason          string
}

func (t *tally) add(at time.Time, took time.Duration, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	bad := broken(err)
	t.took[t.calls%lastCalls], t.failed[t.calls%lastCalls] = took, bad
	t.calls++
	if !bad {
		t.success = at
		return
	}
	t.failures++
	t.fail, t.reason = at, fault.Of(err).Reason
}

func (t *tally) health() Health {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := Health{
		Calls: t.calls, Failures: t.failures, TurnedAway: t.turnedAway.Load(), Retried: t.retried.Load(),
		LastSuccess: t.success, LastFailure: t.fail, LastReason: t.reason,
	}
	n := int(min(t.calls, lastCalls))
	if n == 0 {
		return h
	}
	times, bad := slices.Clone(t.took[:n]), 0
	for _, f := range t.failed[:n] {
		if f {
			bad++
		}
	}
	slices.Sort(times)
	h.P50, h.P99, h.ErrorRate = times[n/2], times[n*99/100], float64(bad)/float64(n)
	return h
}
