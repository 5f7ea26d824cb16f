package simulation

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// world is one seed's: a virtual clock, what is going to happen, and the rooms.
type world struct {
	lab     *Lab
	options Options
	ctx     context.Context
	r       *rand.Rand // decides what happens
	look    *rand.Rand // decides what is looked at; it changes nothing
	result  *Result

	fuse   *store.Fuse // of what the hub does at the moment
	now    time.Time
	skew   time.Duration // by how much the wall clock is behind, up to two seconds
	ahead  agenda
	serial int
	mood   mood
	calm   bool // nobody misbehaves any more

	patienceEnds workday.Day // when all must have ended: 200 working days later
	began        time.Time

	// The hub. What is here dies with it.
	life    int // how often it was started
	shelf   int // which catalogue is in force
	years   *casefile.Years
	desk    *casefile.Desk
	office  *supervision.Office
	post    *notify.Post
	board   *progress.Board
	carrier *submission.Carrier
	carried map[int64]bool // jobs that are on the agenda

	profile  *profile.Profile
	people   []*person
	systems  map[string]*system
	codes    []string
	words    int // of departments that are on their way here
	rows     rows
	written  int64  // what was written when the record was last looked at
	shape    string // of what promised days depend on
	history  history
	drifted  workday.Day
	rounded  time.Time
	dropJobs int // sabotage: so many jobs are lost
}

// mood is how much goes wrong, in hundredths.
type mood struct {
	death, lost, twice, late, early, against, silent, away, skew int
}

func (w *world) chance(percent int) bool { return percent > 0 && w.r.IntN(100) < percent }

func (w *world) between(lo, hi time.Duration) time.Duration {
	return lo + time.Duration(w.r.Int64N(int64(hi-lo)/int64(time.Second)+1))*time.Second
}

func pick[T any](r *rand.Rand, of []T) T { return of[r.IntN(len(of))] }

// happening is something that is going to happen.
type happening struct {
	at     time.Time
	serial int // of events at one time the first that was planned
	do     func()
}

type agenda []*happening

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, j int) bool {
	return a[i].at.Before(a[j].at) || a[i].at.Equal(a[j].at) && a[i].serial < a[j].serial
}
func (a agenda) Swap(i, j int) { a[i], a[j] = a[j], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(*happening)) }
func (a *agenda) Pop() any {
	old := *a
	x := old[len(old)-1]
	*a = old[:len(old)-1]
	return x
}

// after plans something.
func (w *world) after(d time.Duration, do func()) {
	w.serial++
	heap.Push(&w.ahead, &happening{w.now.Add(d), w.serial, do})
}

// hub plans something of the hub's, which is forgotten when it dies.
func (w *world) hub(d time.Duration, do func()) {
	life := w.life
	w.after(d, func() {
		if life == w.life {
			do()
		}
	})
}

// tell adds a line to the story.
func (w *world) tell(format string, args ...any) {
	line := w.now.In(workday.Zone()).Format("2006-01-02 15:04:05 ") + fmt.Sprintf(format, args...)
	w.result.Trace = append(w.result.Trace, line)
	if w.options.Verbose != nil {
		_, _ = fmt.Fprintln(w.options.Verbose, line)
	}
}

// fail says what does not hold. The first is kept.
func (w *world) fail(format string, args ...any) {
	if w.result.Failure == nil {
		w.result.Failure = fmt.Errorf(format, args...)
		w.tell("FAILED: %v", w.result.Failure)
	}
}

// live goes from event to event until everything has come to its end.
func (w *world) live() {
	for w.result.Failure == nil {
		if w.calm && w.settled() {
			w.finally()
			return
		}
		if w.calm && workday.FromTime(w.now) > w.patienceEnds {
			for _, it := range w.rows.items {
				if !it.State.Ended() {
					w.fail("%s is still %s after 200 working days in which everybody behaved", w.name(it.ID), it.State)
				}
			}
			w.fail("not all has come to its end after 200 working days in which everybody behaved: %d jobs wait", len(w.rows.jobs))
			return
		}
		if len(w.ahead) == 0 {
			w.fail("nothing will ever happen, and not all has ended")
			return
		}
		if at, some := w.due(); some && at.Before(w.ahead[0].at) {
			w.advance(at)
			if !w.rounds("round") {
				w.catchUp()
			}
		} else {
			e := heap.Pop(&w.ahead).(*happening)
			w.advance(e.at)
			e.do()
		}
		w.result.Events++
		w.check()
		if w.options.sabotage != nil && w.result.Failure == nil {
			w.options.sabotage(w.ctx, w)
		}
		w.plan()
		if w.result.Events > 3000 {
			w.fail("no end after %d events", w.result.Events)
		}
	}
}

func (w *world) advance(to time.Time) {
	if to.After(w.now) {
		w.now = to
	}
}

// Run lives through one seed.
func (l *Lab) Run(ctx context.Context, seed uint64, o Options) *Result {
	ctx = access.AsMachine(context.WithoutCancel(ctx), "simulation") // a statement that nobody can call off is cheaper
	w := &world{
		lab: l, options: o, ctx: ctx, r: rand.New(rand.NewPCG(seed, 1)), look: rand.New(rand.NewPCG(seed, 2)),
		result: &Result{Seed: seed}, systems: map[string]*system{},
	}
	w.begin()
	if w.result.Failure == nil {
		w.live()
	}
	w.result.Days = int(w.now.Sub(w.began).Hours() / 24)
	return w.result
}

// begin draws the seed's circumstances.
func (w *world) begin() {
	day := workday.Date(2026, time.January, 5).AddDays(w.r.IntN(350))
	w.now = day.Time().Add(8*time.Hour + w.between(0, 12*time.Hour)).UTC()
	w.began = w.now
	maybe := func(most int) int { return min(w.r.IntN(3), 1) * w.r.IntN(most+1) } // in a third of all seeds not at all
	w.mood = mood{
		death: maybe(25), lost: maybe(40), twice: maybe(40), late: maybe(40), early: maybe(30), against: maybe(10), silent: maybe(40), away: maybe(30), skew: maybe(50),
	}
	w.codes = []string{"HRSS", "HSA", "PS", "VA"}
	n := 1 + w.r.IntN(2)*w.r.IntN(2)
	first := w.r.IntN(len(w.lab.people))
	w.start()
	var people []profile.Person
	for i := range n {
		p := w.lab.people[(first+i)%len(w.lab.people)]
		people = append(people, p)
		w.people = append(w.people, newPerson(w, i, w.profile.VeteranID(p.Number)))
	}
	if err := w.lab.empty(w.ctx, w.profile, people); err != nil {
		w.fail("empty the record: %v", err)
		return
	}
	w.start() // again: what the record knew was the last seed's
	for _, p := range w.people {
		w.after(w.between(0, 4*time.Hour), p.wake)
	}
	w.officers()
	if w.chance(w.mood.away) {
		w.after(w.between(time.Hour, 20*24*time.Hour), w.sleep)
	}
	if w.chance(30) {
		w.after(w.between(time.Hour, 15*24*time.Hour), func() {
			w.shelf = 1
			w.tell("another catalogue is in force")
			w.catchUp()
		})
	}
	if w.chance(40) {
		w.after(w.between(time.Hour, 40*24*time.Hour), func() { w.loadYear(w.chance(30)) })
	}
	most := 12 * 24 * time.Hour
	if w.chance(40) { // longer lives see more, shorter ones are more
		most = 40 * 24 * time.Hour
	}
	w.after(w.between(5*24*time.Hour, most), func() {
		w.calm, w.patienceEnds = true, w.years.Calendar().Due(workday.FromTime(w.now), 200).Day
		w.mood = mood{}
		w.tell("everybody behaves from now on")
		for _, code := range w.codes {
			w.hub(w.between(time.Minute, time.Hour), func() { w.ask(code) })
		}
		for _, code := range w.codes {
			w.system(code).behave()
		}
	})
}

// sleep is an outage of hours or weeks.
func (w *world) sleep() {
	w.advance(w.now.Add(pick(w.r, []time.Duration{3 * time.Hour, 26 * time.Hour, 8 * 24 * time.Hour, 24 * 24 * time.Hour})))
	w.tell("the hub was away until now")
	w.catchUp()
}

// settled says whether nothing is left to happen: all cases have ended, no job waits and no word of a department is on its way.
func (w *world) settled() bool {
	if w.words > 0 {
		return false
	}
	for _, p := range w.people {
		if !p.done() {
			return false
		}
	}
	return len(w.rows.jobs) == 0 && !slices.ContainsFunc(w.rows.cases, func(c *gen.CaseFile) bool { return !c.State.Ended() })
}

func (w *world) stands() bool {
	return slices.ContainsFunc(w.rows.items, func(it *gen.Item) bool { return it.State.Stopped() })
}

// meanwhile lets somebody do something while a call to a department is under way.
func (w *world) meanwhile() {
	if !w.astray(w.mood.early) {
		return
	}
	death, fuse := w.mood.death, w.fuse
	w.mood.death = 0
	if w.chance(50) {
		w.whim()
	} else {
		pick(w.r, w.people).live()
	}
	w.mood.death, w.fuse = death, fuse
	w.check()
}

// loadYear is an operator who loads the holidays of the next year.
func (w *world) loadYear(dry bool) {
	operator := &access.Viewer{ID: "operator", Kind: access.Operator}
	_, lived := w.attempt(fmt.Sprintf("the operator loads 2027 (dry run: %v)", dry), operator, 3*w.mood.death, func(ctx context.Context) error {
		_, err := w.desk.LoadCalendar(ctx, []byte(year2027), dry)
		return err
	})
	if !lived {
		w.catchUp()
		w.after(time.Hour, func() { w.loadYear(dry) })
	}
}

// year2027 is invented: the State Council has not spoken when this was written.
const year2027 = `{"2027": {"off": ["2027-01-01", "2027-02-05", "2027-02-08", "2027-02-09", "2027-02-10", "2027-02-11", "2027-02-12", "2027-04-05",
	"2027-05-03", "2027-05-04", "2027-06-09", "2027-09-15", "2027-10-01", "2027-10-04", "2027-10-05", "2027-10-06", "2027-10-07"],
	"work": ["2027-02-14", "2027-02-20", "2027-09-26", "2027-10-09"]}}`
