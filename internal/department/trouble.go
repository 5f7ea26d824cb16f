package department

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// Fault is how a department misbehaves from now on. The zero Fault is good behaviour.
type Fault struct {
	Silent             bool          // takes calls and never answers; sends no callbacks
	Slow               time.Duration // before every answer
	ErrorRate          float64       // share of calls answered with 500 and not carried out
	Busy               time.Duration // answers 429 with this Retry-After, in whole seconds
	Garbled            bool          // answers half a JSON text
	Oversized          bool          // answers more than anybody can want
	LoseAnswer         bool          // carries out, then drops the connection
	Torn               bool          // carries out, then leaves half an answer; where answers are files
	NoCallbacks        bool          // decides, but does not call back
	DuplicateCallbacks bool          // says everything twice, also in files
	ShuffledCallbacks  bool          // tells the newest news first, older ones afterwards
	Odds               Odds          // oddities that befall some items
}

// Odds are shares between 0 and 1 of the items that something odd befalls. Which
// these are follows from the seed and the item's ID, so they are the same in
// every life, and a smaller share is a part of a larger one.
type Odds struct {
	EarlyResult    float64       // decided and told before the receipt is given
	LostReceipt    float64       // kept, but the first receipt of a round is lost on the way
	Contradiction  float64       // told as rejected after it was approved, under a higher sequence; the books say approved
	DoubleCallback float64       // everything about it is told twice
	LateCallback   float64       // everything about it is told only LateBy after it happened
	LateBy         time.Duration // by the department's clock
}

// SetFault makes a department misbehave, or behave again.
func (f *Fleet) SetFault(department string, fault Fault) error {
	o, err := f.office(department)
	if err != nil {
		return err
	}
	o.trouble.set(fault)
	ring(o.courierBell)
	return o.view.misbehave(o.ctx, fault)
}

// Counters returns how often each department was called since it started, by
// department and operation: DELIVER, STATUS, WITHDRAW, LOOKUP; PERSONS and ITEMS
// count what lookups and status questions asked about.
func (f *Fleet) Counters() map[string]map[string]int64 {
	all := make(map[string]map[string]int64, len(f.offices))
	for code, o := range f.offices {
		all[code] = o.counts.snapshot()
	}
	return all
}

type trouble struct {
	now  atomic.Pointer[Fault]
	mu   sync.Mutex
	dice *rand.Rand
}

func (t *trouble) seed(seed uint64) {
	t.dice = rand.New(rand.NewPCG(seed, 1))
	t.now.Store(&Fault{})
}

func (t *trouble) set(f Fault) { t.now.Store(&f) }

func (t *trouble) get() Fault { return *t.now.Load() }

func (t *trouble) fails(rate float64) bool {
	if rate <= 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dice.Float64() < rate
}

type counters struct {
	mu     sync.Mutex
	counts map[string]int64
}

func (c *counters) add(operation string, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil {
		c.counts = map[string]int64{}
	}
	c.counts[operation] += int64(n)
}

func (c *counters) snapshot() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := make(map[string]int64, len(c.counts))
	for op, n := range c.counts {
		copied[op] = n
	}
	return copied
}
