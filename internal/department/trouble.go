package department

import (
	"errors"
	"maps"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Fault is how a department, or one of its ports, misbehaves from now on. The zero
// Fault is good behaviour. [Named] has the usual ones.
type Fault struct {
	// Of calls that are not carried out; at a port that is the receipt of a
	// submission, of calls that were, and then went wrong.
	Silent    bool          // takes calls and never answers; sends no callbacks
	Reset     bool          // breaks the connection
	Slow      time.Duration // before every answer
	ErrorRate float64       // share of calls answered with 500
	Busy      time.Duration // answers 429 with this Retry-After, in whole seconds
	Garbled   bool          // answers half a JSON text
	Oversized bool          // answers more than anybody can want

	// Of calls that are carried out.
	LoseAnswer bool // drops the connection in place of an answer
	HalfCommit bool // answers 500; and what was decided is not told
	Drip       bool // answers byte by byte, slower than anybody waits
	Mixed      bool // answers in two encodings at once, UTF-8 and GBK
	Drift      bool // answers under other names than agreed
	Torn       bool // leaves half an answer; where answers are files
	Repeated   bool // carries out twice what was asked once, and says it twice
	Reordered  bool // answers in another order than asked

	// Of callbacks.
	NoCallbacks        bool // decides, but does not call back
	DuplicateCallbacks bool // says everything twice, also in files
	ShuffledCallbacks  bool // tells the newest news first, older ones afterwards
	Forged             bool // somebody else tells lies in its name before each callback

	Expired bool // shows a certificate that is over; of the whole department, and only where it has one
	Odds    Odds // oddities that befall some items
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

// refuses says whether calls are not carried out, or spoilt as if they were not.
// failed is what ErrorRate came to this time.
func (f Fault) refuses(failed bool) bool {
	return f.Silent || f.Reset || f.Busy > 0 || failed || f.Garbled || f.Oversized
}

// SetFault makes a department misbehave, or one port under its ID; or behave again.
// What is set for a port counts before what is set for its department. A port that
// is read from files misbehaves with all of the same operation, one that is a
// database view with all of the same relation.
func (f *Fleet) SetFault(target string, fault Fault) error {
	o, err := f.played(target)
	if err != nil {
		return err
	}
	if fault.Expired && o.papers == nil {
		return errors.New("it is not reached over TLS, so it has no certificate that could be over")
	}
	o.trouble.setAt(o.under(target), fault)
	o.showPapers()
	ring(o.courierBell)
	return o.view.misbehave(o.ctx, o.viewFault)
}

// Faults are the faults that are set, by department code or port ID.
func (f *Fleet) Faults() map[string]Fault {
	all := map[string]Fault{}
	for code, o := range f.offices {
		if whole := o.trouble.get(); whole != (Fault{}) {
			all[code] = whole
		}
		maps.Copy(all, o.trouble.ports())
	}
	return all
}

// played finds who plays a department or a port.
func (f *Fleet) played(target string) (*office, error) {
	for _, o := range f.offices {
		if o.ports[target] != nil {
			return o, nil
		}
	}
	return f.office(target)
}

// under is what a fault is kept under: the ID of a port, or nothing for all.
func (o *office) under(target string) string {
	if o.ports[target] != nil {
		return target
	}
	return ""
}

// viewFault is the fault of a relation: of the first port that reads it and has one,
// else of the department.
func (o *office) viewFault(relation string) Fault {
	for id, f := range o.trouble.ports() {
		if p := o.ports[id]; p.Table != nil && p.Table.Relation == relation {
			return f
		}
	}
	return o.trouble.get()
}

// Counters returns how often each department was called since it started, by
// department and operation: DELIVER, STATUS, WITHDRAW, LOOKUP; PERSONS and ITEMS
// count what lookups and status questions asked about, FORGED what somebody told in
// its name, FORGERY_TAKEN what of that was believed, and CALLBACK with a matter's code
// what it has told of that matter.
func (f *Fleet) Counters() map[string]map[string]int64 {
	all := make(map[string]map[string]int64, len(f.offices))
	for code, o := range f.offices {
		all[code] = o.counts.snapshot()
	}
	return all
}

// trouble is what is set, of the whole and of ports.
type trouble struct {
	now  atomic.Pointer[Fault]
	by   atomic.Pointer[map[string]Fault] // port ID; never changed, replaced
	mu   sync.Mutex
	dice *rand.Rand
}

func (t *trouble) seed(seed uint64) {
	t.dice = rand.New(rand.NewPCG(seed, 1))
	t.now.Store(&Fault{})
	t.by.Store(&map[string]Fault{})
}

func (t *trouble) set(f Fault) { t.now.Store(&f) }

// setAt sets the fault of a port; of the whole where the ID is empty, which ends
// those of ports if it is good behaviour.
func (t *trouble) setAt(id string, f Fault) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ports := maps.Clone(t.ports())
	switch {
	case id == "":
		t.set(f)
		if f == (Fault{}) {
			clear(ports)
		}
	case f == (Fault{}):
		delete(ports, id)
	default:
		ports[id] = f
	}
	t.by.Store(&ports)
}

func (t *trouble) get() Fault { return *t.now.Load() }

func (t *trouble) ports() map[string]Fault { return *t.by.Load() }

// of is the fault of the first of some ports that has one of its own, else of the whole.
func (t *trouble) of(ports ...*catalog.Port) Fault {
	by := t.ports()
	if len(by) == 0 {
		return t.get()
	}
	for _, p := range ports {
		if p == nil {
			continue
		}
		if f, own := by[p.ID]; own {
			return f
		}
	}
	return t.get()
}

// among says whether one of some ports has a fault of its own.
func (t *trouble) among(p *catalog.Port) (Fault, bool) {
	if p == nil {
		return Fault{}, false
	}
	f, own := t.ports()[p.ID]
	return f, own
}

func (t *trouble) fails(rate float64) bool {
	if rate <= 0 {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.dice.Float64() < rate
}

// life finds the port of an operation in a matter's life; nil if there is none.
func (o *office) life(operation, matter string) *catalog.Port { return o.lives[operation+" "+matter] }

// deliveryPort is where a delivery of a round comes in.
func (o *office) deliveryPort(item port.Item) *catalog.Port {
	if fix := o.life("CORRECTION", item.Matter); item.Round > 0 && fix != nil {
		return fix
	}
	return o.life("SUBMIT", item.Matter)
}

// early is the share of items whose result is told before their receipt: what one of
// the two ports says, or where the item comes in.
func (o *office) early(item port.Item) float64 {
	most := o.trouble.of(o.deliveryPort(item)).Odds.EarlyResult
	for _, operation := range []string{"RECEIPT", "RESULT"} {
		f, _ := o.trouble.among(o.life(operation, item.Matter))
		most = max(most, f.Odds.EarlyResult)
	}
	return most
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
