package simulation

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// part is what of an item decides where it can go.
type part struct {
	state lifecycle.ItemState
	taken bool // the applicant wants it back
	sent  bool // has been sent before; told apart only while it is READY
}

// abstract is a case of up to four items: what it can come to depends on nothing else.
type abstract [4]part

// shape is which items wait for which.
type shape struct {
	name    string
	matters []string
	after   [4][]int
}

var shapes = []shape{
	{"chain", []string{"M01", "M04", "M05", "M08"}, [4][]int{nil, {0}, {1}, {2}}},
	{"fork", []string{"M01", "M04", "M05", "M09"}, [4][]int{nil, {0}, {1}, {1}}},
	{"diamond", nil, [4][]int{nil, {0}, {0}, {1, 2}}}, // the catalogue has none; the rules would allow it
}

func (s *shape) begin() abstract {
	var a abstract
	for i := range a {
		a[i].state = lifecycle.ItemWaiting
		if len(s.after[i]) == 0 {
			a[i].state = lifecycle.ItemReady
		}
	}
	return a
}

// verb is something that can be done to an item, on whose word, and what the item
// becomes: the rules of casefile in one place, without rows.
type verb struct {
	name string
	by   lifecycle.Actor
	do   func(*part, lifecycle.Actor) bool
	duty bool // will be done by whoever owes it, or by time; the others may or may not be
}

// move goes by the table; what a department speaks of has been sent to it.
func (p *part) move(to lifecycle.ItemState, by lifecycle.Actor) bool {
	from := p.state
	if from == lifecycle.ItemReady && by == lifecycle.Department && to != lifecycle.ItemDispatched {
		from = lifecycle.ItemDispatched
	}
	if lifecycle.MoveItem(from, to, by) != nil {
		return false
	}
	p.state, p.sent = to, false
	if to.Ended() {
		p.taken = false
	}
	return true
}

func goes(to lifecycle.ItemState, from ...lifecycle.ItemState) func(*part, lifecycle.Actor) bool {
	return func(p *part, by lifecycle.Actor) bool {
		return (len(from) == 0 || slices.Contains(from, p.state)) && p.move(to, by)
	}
}

var verbs = []verb{
	{"sent", lifecycle.Hub, goes(lifecycle.ItemDispatched, lifecycle.ItemReady), true},
	{"received", lifecycle.Hub, func(p *part, by lifecycle.Actor) bool {
		if p.state == lifecycle.ItemReady {
			p.move(lifecycle.ItemDispatched, by)
		}
		return p.state == lifecycle.ItemDispatched && p.move(lifecycle.ItemReceived, by)
	}, true},
	{"approved", lifecycle.Department, goes(lifecycle.ItemApproved), true},
	{"rejected", lifecycle.Department, goes(lifecycle.ItemRejected), true},
	{"returned", lifecycle.Department, goes(lifecycle.ItemCorrection), false},
	{"let go", lifecycle.Department, goes(lifecycle.ItemWithdrawn), false},
	{"officer returns", lifecycle.Department, goes(lifecycle.ItemCorrection), false},
	{"officer suspends", lifecycle.Department, goes(lifecycle.ItemSuspended), false},
	{"officer resumes", lifecycle.Department, goes(lifecycle.ItemReceived, lifecycle.ItemSuspended), false},
	{"officer grants", lifecycle.Department, goes(lifecycle.ItemApproved), true},
	{"officer refuses", lifecycle.Department, goes(lifecycle.ItemRejected), true},
	{"supplement", lifecycle.Applicant, func(p *part, by lifecycle.Actor) bool {
		ok := p.state == lifecycle.ItemCorrection && p.move(lifecycle.ItemReady, by)
		p.sent = ok || p.sent
		return ok
	}, false},
	{"withdraw", lifecycle.Applicant, func(p *part, by lifecycle.Actor) bool {
		switch {
		case lifecycle.MoveItem(p.state, lifecycle.ItemWithdrawn, by) != nil:
			return false
		case p.state == lifecycle.ItemWaiting, p.state == lifecycle.ItemReady && !p.sent:
			return p.move(lifecycle.ItemWithdrawn, by)
		}
		p.taken = true
		return true
	}, false},
	{"recall heard", lifecycle.Department, func(p *part, by lifecycle.Actor) bool { return p.taken && p.move(lifecycle.ItemWithdrawn, by) }, true},
	{"recall too late", lifecycle.Department, func(p *part, by lifecycle.Actor) bool { return p.taken && p.move(lifecycle.ItemApproved, by) }, true},
	{"lapse", lifecycle.Hub, goes(lifecycle.ItemTerminated, lifecycle.ItemCorrection), true},
}

// follow draws the consequences, as casefile does after each verb.
func (s *shape) follow(a *abstract, by lifecycle.Actor) error {
	for changed := true; changed; {
		changed = false
		for i := range a {
			if a[i].state != lifecycle.ItemWaiting {
				continue
			}
			to := lifecycle.ItemReady
			for _, j := range s.after[i] {
				if x := a[j].state; x.Ended() && !x.Granted() {
					to = lifecycle.ItemBlocked
					break
				} else if !x.Granted() {
					to = ""
				}
			}
			if to == "" {
				continue
			}
			if err := lifecycle.MoveItem(a[i].state, to, by); err != nil {
				return err
			}
			a[i].state, changed = to, true
		}
	}
	return nil
}

// after is the state that a verb leads to; false if it is refused.
func (s *shape) step(a abstract, i int, v *verb) (abstract, bool, error) {
	if !v.do(&a[i], v.by) {
		return a, false, nil
	}
	err := s.follow(&a, v.by)
	if end, over := outcome(a); err == nil && over {
		err = lifecycle.MoveCase(lifecycle.CaseInProgress, end, v.by)
	}
	return a, true, err
}

func outcome(a abstract) (lifecycle.CaseState, bool) {
	states := make([]lifecycle.ItemState, len(a))
	for i := range a {
		states[i] = a[i].state
	}
	return lifecycle.Outcome(states)
}

// Every state that a case of four dependent items can come to, whoever does what
// in whichever order: each that is not the end has a way on, what is owed and time
// alone lead from each to an end and never in a circle, and the end has words for
// the veteran.
func TestExplore(t *testing.T) {
	l := openLab(t)
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			first := s.begin()
			seen, todo := map[abstract]bool{first: true}, []abstract{first}
			ends, steps := map[lifecycle.CaseState]int{}, 0
			for len(todo) > 0 {
				a := todo[len(todo)-1]
				todo = todo[:len(todo)-1]
				end, over := outcome(a)
				if over {
					ends[end]++
					if !end.Ended() || !l.words.Tells("CASE_"+string(end)) {
						t.Fatalf("%v ends as %s, of which nobody is told", a, end)
					}
				}
				onward := false
				for i := range a {
					for k := range verbs {
						b, ok, err := s.step(a, i, &verbs[k])
						if err != nil {
							t.Fatalf("%v, %s of item %d: %v", a, verbs[k].name, i, err)
						}
						if !ok {
							continue
						}
						if over {
							t.Fatalf("%v has ended, and item %d is %s", a, i, verbs[k].name)
						}
						steps++
						if b == a {
							continue
						}
						onward = onward || verbs[k].duty
						if verbs[k].duty && left(b) >= left(a) {
							t.Fatalf("%v, %s of item %d leads no nearer to an end: %v", a, verbs[k].name, i, b)
						}
						if !seen[b] {
							seen[b] = true
							todo = append(todo, b)
						}
					}
				}
				if !over && !onward {
					t.Fatalf("%v has no way on that anybody owes", a)
				}
			}
			if len(ends) != 5 {
				t.Errorf("ends %v", ends)
			}
			t.Logf("%d states, %d steps, ends %v", len(seen), steps, ends)
		})
	}
}

// left measures how far it is to an end at most, so that what is owed leads there
// in finitely many steps.
func left(a abstract) int {
	n := 0
	for _, p := range a {
		switch p.state {
		case lifecycle.ItemWaiting:
			n += 5
		case lifecycle.ItemReady:
			n += 4
		case lifecycle.ItemDispatched:
			n += 3
		case lifecycle.ItemReceived, lifecycle.ItemSuspended, lifecycle.ItemCorrection:
			n += 2
		}
	}
	return n
}

// The rules above are those of the real desk: along random ways each verb is
// taken or refused alike and leads to the same state.
func TestExploreIsTrue(t *testing.T) {
	l := openLab(t)
	began, ways, steps := time.Now(), 0, 0
	for seed := uint64(0); seed < 20 || time.Since(began) < 8*time.Second; seed++ {
		s := shapes[seed%2]
		w := &world{
			lab: l, ctx: access.AsMachine(t.Context(), "simulation"), r: rand.New(rand.NewPCG(seed, 3)), look: rand.New(rand.NewPCG(seed, 4)),
			result: &Result{Seed: seed}, systems: map[string]*system{},
		}
		w.begin()
		w.mood, w.people = mood{}, w.people[:1]
		p := w.people[0]
		p.matters = s.matters
		if !p.makeUp() {
			continue
		}
		p.handed.Gaps = nil
		p.submit()
		w.check()
		a := s.begin()
		if len(w.rows.items) != len(a) {
			continue // this person has been granted something, or need not file it
		}
		for range 25 {
			i, v := w.r.IntN(len(a)), pick(w.r, verbs)
			if a[i].state == lifecycle.ItemWaiting && v.by == lifecycle.Department && w.chance(80) {
				continue
			}
			b, want, err := s.step(a, i, &v)
			if err != nil {
				t.Fatal(err)
			}
			before := a
			if want {
				a = b
			}
			w.now = w.now.Add(time.Minute)
			w.tell("%s of item %d: %v", v.name, i, want)
			if err := w.deed(v.name, w.rows.items[i]); err != nil && fault.Of(err).Kind == fault.Internal {
				t.Fatalf("%s: %v", v.name, err)
			}
			w.check()
			steps++
			if got := w.abstract(); got != a.shown() || w.result.Failure != nil {
				t.Log(strings.Join(w.result.Trace, "\n"))
				t.Fatalf("seed %d: %v, %s of item %d: the desk has %v, the rules %v; %v", seed, before, v.name, i, got, a.shown(), w.result.Failure)
			}
			end, over := outcome(a)
			if c := w.rows.cases[0]; over && c.State != end || over != c.State.Ended() {
				t.Fatalf("seed %d: the case is %s, by the rules %s", seed, c.State, end)
			}
		}
		ways++
	}
	t.Logf("%d ways, %d steps in %s", ways, steps, time.Since(began).Round(time.Second))
}

// shown leaves out what the look at the record does not show.
func (a abstract) shown() abstract {
	for i := range a {
		a[i].sent = false
	}
	return a
}

func (w *world) abstract() abstract {
	var a abstract
	for i, it := range w.rows.items {
		a[i] = part{state: it.State, taken: it.Withdrawing}
	}
	return a
}
