package lookup

import (
	"context"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

// inflight merges questions that are under way: who asks a department about a
// person of whom it is being asked at this moment waits for that answer instead of
// asking again. Questions are merged person by person, because two lists may share
// some people and not others; singleflight merges only calls that are wholly alike.
//
// It knows nothing of viewers. It may be asked only about people whom the viewer is
// known to see, so nothing passes through it that the viewer could not have asked
// for. It keeps nothing: an answer is forgotten before anybody is told of it, and
// the next to ask makes a call of their own. The zero inflight is ready.
type inflight struct {
	mu    sync.Mutex
	calls map[string]map[asked]*call // by department
}

// asked is a question as a department gets it: the same only if every word is.
type asked struct {
	ref     string
	number  citizen.Number // it may have been put right meanwhile
	lookups string
}

// call is one call on a department and those who wait for it. Its time is its own:
// it does not end with whoever came first, but it ends when nobody waits any more.
type call struct {
	done    chan struct{}
	stop    context.CancelFunc
	waiting int           // guarded by inflight.mu
	place   map[asked]int // of each person in records
	records []port.Record // set before done is closed
	err     error         // same
}

// ask answers each question by a record or a fault, in order, with at most one new
// call, which has until patience to be answered. Who joins a call that began
// earlier has its answer earlier, and shares its failure. If ctx ends first, what
// has not been answered by then is answered by silence.
func (f *inflight) ask(ctx context.Context, patience time.Duration, code string, d port.Department, questions []port.Question) ([]port.Record, []*fault.Fault) {
	of := f.join(ctx, patience, code, d, questions)
	records, faults := make([]port.Record, len(questions)), make([]*fault.Fault, len(questions))
	told := map[*call]bool{}
	for _, c := range of {
		if _, met := told[c]; !met {
			told[c] = f.wait(ctx, code, c)
		}
	}
	for i, q := range questions {
		switch c := of[i]; {
		case !told[c]:
			faults[i] = port.Silent(code).Because(ctx.Err())
		case c.err != nil:
			faults[i] = fault.Of(c.err)
		default:
			records[i] = c.records[c.place[alike(q)]]
			records[i].Facts = maps.Clone(records[i].Facts) // several have it, each for themself
		}
	}
	return records, faults
}

// join finds the call that answers each question, and begins one for those that
// nobody has asked.
func (f *inflight) join(ctx context.Context, patience time.Duration, code string, d port.Department, questions []port.Question) []*call {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.calls == nil {
		f.calls = map[string]map[asked]*call{}
	}
	if f.calls[code] == nil {
		f.calls[code] = map[asked]*call{}
	}
	under := f.calls[code]
	var own *call
	var fresh []port.Question
	of := make([]*call, len(questions))
	met := map[*call]bool{}
	for i, q := range questions {
		c := under[alike(q)]
		if c == nil {
			if own == nil {
				own = &call{done: make(chan struct{}), place: map[asked]int{}}
			}
			c = own
			c.place[alike(q)], under[alike(q)] = len(fresh), c
			fresh = append(fresh, q)
		}
		if of[i] = c; !met[c] {
			met[c] = true
			c.waiting++
		}
	}
	if own != nil {
		apart, stop := context.WithTimeout(context.WithoutCancel(ctx), patience)
		own.stop = stop
		go f.carry(apart, code, d, own, fresh)
	}
	return of
}

// carry makes the call. It is forgotten before anybody is told: there is no moment
// at which an answer that has come could be taken for one that is under way.
func (f *inflight) carry(ctx context.Context, code string, d port.Department, c *call, questions []port.Question) {
	defer c.stop()
	c.records, c.err = d.Lookup(ctx, questions)
	f.mu.Lock()
	f.forget(code, c)
	f.mu.Unlock()
	close(c.done)
}

// wait says whether a call was answered before ctx ended. The last to leave a call
// stops it and sees it end.
func (f *inflight) wait(ctx context.Context, code string, c *call) bool {
	select {
	case <-c.done:
		return true
	case <-ctx.Done():
	}
	select {
	case <-c.done: // just in time
		return true
	default:
	}
	f.mu.Lock()
	c.waiting--
	last := c.waiting == 0
	if last {
		f.forget(code, c) // nobody may join what is being stopped
	}
	f.mu.Unlock()
	if last {
		c.stop()
		<-c.done
	}
	return false
}

// forget takes a call out of those that may be joined.
func (f *inflight) forget(code string, c *call) {
	for q := range c.place {
		if f.calls[code][q] == c {
			delete(f.calls[code], q)
		}
	}
}

func alike(q port.Question) asked {
	return asked{q.Ref, q.CitizenNumber, strings.Join(q.Lookups, " ")}
}
