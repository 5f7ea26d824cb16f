package lookup_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// slow is real departments behind a gate: each look-up stands before it until it
// is let through, so that a test knows what is under way.
type slow struct {
	*port.Registry
	came chan visit
}

// visit is a look-up before the gate.
type visit struct {
	refs []string
	ctx  context.Context
	pass chan struct{}
}

type slowly struct {
	port.Department
	came chan visit
}

func (s slow) Get(code string) port.Department { return slowly{s.Registry.Get(code), s.came} }

func (s slowly) Lookup(ctx context.Context, questions []port.Question) ([]port.Record, error) {
	v := visit{ctx: ctx, pass: make(chan struct{})}
	for _, q := range questions {
		v.refs = append(v.refs, q.Ref)
	}
	s.came <- v
	select {
	case <-v.pass:
	case <-ctx.Done():
	}
	return s.Department.Lookup(ctx, questions)
}

// bench is a record with a few people, whom the police know, and a desk.
type bench struct {
	t    *testing.T
	desk *lookup.Desk
	came chan visit
	ids  []string
}

func newBench(t *testing.T, s *store.Store) *bench {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	current := func() *catalog.Catalog { return c }
	p := &profile.Profile{Store: s, Vault: v, Catalog: current, Divisions: division.Builtin(), Now: time.Now}
	must(t, population.Write(ctx, p, 1, 6, func(int) {}))
	fleet, err := department.Start(ctx, department.Config{Dir: t.TempDir(), Catalog: c})
	must(t, err)
	t.Cleanup(func() { must(t, fleet.Close()) })
	r, err := port.NewRegistry(c, fleet.Endpoints(), kinds.All(), time.Now)
	must(t, err)
	b := &bench{t: t, came: make(chan visit, 10)}
	for person := range population.Generate(1, 6, workday.FromTime(time.Now()), division.Builtin()) {
		b.ids = append(b.ids, p.VeteranID(person.Number))
		must(t, fleet.Enrol(ctx, "PS", []department.Person{{CitizenNumber: person.Number, Facts: catalog.Facts{"hukouAddress": b.place(len(b.ids) - 1)}}}))
	}
	b.desk = &lookup.Desk{Profile: p, Catalog: current, Departments: slow{r, b.came}, Patience: time.Minute}
	return b
}

// place is where the police say that a person lives.
func (b *bench) place(person int) string { return "幸福路" + string(rune('1'+person)) + "号" }

// asking asks the police about people and answers when they have answered.
func (b *bench) asking(ctx context.Context, persons ...int) <-chan []lookup.Answer {
	var keys []lookup.Key
	for _, p := range persons {
		keys = append(keys, lookup.Key{Veteran: b.ids[p], Department: "PS"})
	}
	out := make(chan []lookup.Answer, 1)
	go func() {
		answers, err := b.desk.Many(ctx, keys)
		if err != nil {
			b.t.Error(err)
		}
		out <- answers
	}()
	return out
}

// visit is the next look-up that comes, and must be about these people.
func (b *bench) visit(persons ...int) visit {
	b.t.Helper()
	v := <-b.came
	var want []string
	for _, p := range persons {
		want = append(want, b.ids[p])
	}
	if !slices.Equal(v.refs, want) {
		b.t.Fatalf("the police are asked about %d people, not the %d expected", len(v.refs), len(want))
	}
	return v
}

// holds says what must be answered: where each person lives, or nothing at all.
func (b *bench) holds(answers []lookup.Answer, persons ...int) {
	b.t.Helper()
	for i, p := range persons {
		switch a := answers[i]; {
		case a.Silence != nil:
			b.t.Errorf("answer %d: %v", i, a.Silence)
		case p < 0 && (a.Record.Known || a.Record.Facts != nil):
			b.t.Errorf("answer %d tells of somebody who may not be seen", i)
		case p >= 0 && a.Record.Facts["hukouAddress"] != b.place(p):
			b.t.Errorf("answer %d is not that of person %d", i, p)
		}
	}
}

func (b *bench) clerk() context.Context {
	return access.With(b.t.Context(), &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: "230000000000"})
}

func (b *bench) veteran(n int) context.Context {
	return access.With(b.t.Context(), &access.Viewer{ID: "veteran", Kind: access.Veteran, Self: b.ids[n]})
}

// Who asks about somebody of whom a department is being asked waits for that answer.
func TestQuestionsUnderWayAreMerged(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		first := b.asking(b.clerk(), 0, 1)
		v1 := b.visit(0, 1)
		second := b.asking(b.clerk(), 1, 2) // that of 2 is their own
		v2 := b.visit(2)
		third := b.asking(b.veteran(3), 3, 0, 1, 2)
		v3 := b.visit(3) // the others are not even asked about
		close(v2.pass)
		close(v3.pass)
		b.holds(<-third, 3, -1, -1, -1) // waits for nobody whom they may not see
		close(v1.pass)
		one, two := <-first, <-second
		b.holds(one, 0, 1)
		b.holds(two, 1, 2)
		one[1].Record.Facts["hukouAddress"] = "another" // each has a copy for themself
		b.holds(two, 1, 2)
	})
}

// Nothing is kept once it is answered, an answer as little as a silence.
func TestAnswersAreNotKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		for range 3 {
			out := b.asking(b.clerk(), 0, 1)
			close(b.visit(0, 1).pass)
			b.holds(<-out, 0, 1)
		}
		b.desk.Patience = time.Millisecond
		for range 2 {
			out := b.asking(b.clerk(), 0)
			<-b.visit(0).ctx.Done()
			if a := (<-out)[0]; a.Silence == nil || a.Silence.Reason != "DEPARTMENT_SILENT" || a.Record.Known {
				t.Errorf("%+v", a)
			}
		}
	})
}

// Who goes away takes nobody along; when the last has gone, the department is not
// kept busy.
func TestWhoGoesAwayTakesNobodyAlong(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		gone, leave := context.WithCancel(b.clerk())
		first := b.asking(gone, 0, 1)
		v1 := b.visit(0, 1)
		stays, leaveToo := context.WithCancel(b.clerk())
		second := b.asking(stays, 1, 2)
		v2 := b.visit(2)
		leave()
		if a := (<-first)[0]; a.Silence == nil || a.Record.Known {
			t.Errorf("who has gone is told %+v", a)
		}
		if v1.ctx.Err() != nil {
			t.Error("the call of another was stopped")
		}
		close(v1.pass)
		close(v2.pass)
		b.holds(<-second, 1, 2)

		third := b.asking(stays, 3)
		v3 := b.visit(3)
		leaveToo()
		<-v3.ctx.Done()
		<-third
		fourth := b.asking(b.clerk(), 3) // does not join what was stopped
		close(b.visit(3).pass)
		b.holds(<-fourth, 3)
	})
}

// Many ask at once, about people in all combinations: everybody is answered, each
// with the right person.
func TestManyAskAtOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		b := newBench(t, s)
		ctx, stop := context.WithCancel(t.Context())
		var gate, all sync.WaitGroup
		gate.Go(func() {
			for {
				select {
				case v := <-b.came:
					close(v.pass)
				case <-ctx.Done():
					return
				}
			}
		})
		for i := range 30 {
			all.Go(func() {
				persons := []int{i % 6, (i + 1 + i/6) % 6}
				if persons[0] == persons[1] {
					persons = persons[:1]
				}
				b.holds(<-b.asking(b.clerk(), persons...), persons...)
			})
		}
		all.Wait()
		stop()
		gate.Wait()
	})
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
