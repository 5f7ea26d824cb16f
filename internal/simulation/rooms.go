package simulation

import (
	"context"
	"slices"
	"time"

	"github.com/rs/zerolog"
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// clock is the wall clock as the hub reads it.
func (w *world) clock() time.Time { return w.now.Add(-w.skew) }

// errors of the log are ours: nothing may be logged as one.
type alarm struct{ w *world }

func (a alarm) Write(line []byte) (int, error) {
	if !a.w.dying() {
		a.w.fail("an error was logged: %s", line)
	}
	return len(line), nil
}

func (w *world) dying() bool { return w.fuse != nil && w.fuse.Blown }

// start opens the rooms as the hub does, and catches up.
func (w *world) start() {
	l := w.lab
	w.life++
	w.carried = map[int64]bool{}
	var err error
	if w.years, err = casefile.OpenYears(w.ctx, l.Store, workday.Builtin()); err != nil {
		w.fail("open years: %v", err)
		return
	}
	calendar := w.years.Calendar
	current := func() *catalog.Catalog { return l.shelves[w.shelf].Current() }
	w.profile = &profile.Profile{Store: l.Store, Vault: l.vault, Catalog: current, Divisions: division.Builtin(), Now: w.clock}
	w.post = &notify.Post{Store: l.Store, Vault: l.vault, Words: l.words, Calendar: calendar, Catalog: current, Queue: queue{w}, Now: w.clock, Log: zerolog.Nop()}
	w.office = &supervision.Office{Store: l.Store, Roster: l.roster, Calendar: calendar, Now: w.clock, Catalog: current, Tell: w.post}
	w.post.Callers = w.office
	w.board = &progress.Board{Store: l.Store, Calendar: calendar}
	w.office.Figures = func(tx store.Tx, c *gen.CaseFile, items []*gen.Item) func(context.Context) error {
		before := w.board.Of(c, items)
		return func(ctx context.Context) error { return w.board.Note(ctx, tx, c.ID, before) }
	}
	w.desk = &casefile.Desk{
		Store: l.Store, Profile: w.profile, Shelf: l.shelves[w.shelf], Calendar: calendar, Years: w.years, Divisions: division.Builtin(),
		Vault: l.vault, Outbox: queue{w}, Office: w.office, Post: w.post, Bell: &casefile.Bell{}, Now: w.clock, Closing: 17,
	}
	w.carrier = &submission.Carrier{
		Desk: w.desk, Departments: systems{w}, Callback: func(string) string { return "https://hub.example" }, Log: zerolog.New(alarm{w}).Level(zerolog.ErrorLevel),
	}
	for _, code := range w.codes {
		w.hub(w.between(time.Hour, 30*time.Hour), func() { w.ask(code) })
	}
}

// catchUp is what the hub does before its doors open.
func (w *world) catchUp() {
	for w.result.Failure == nil {
		w.start()
		if w.rounds("starts") {
			return
		}
	}
}

// try lets the hub do something. It may die of it; then it is started again from
// what the record has. Answers the fault that a person was told, and whether the
// deed was lived through.
func (w *world) try(what string, as *access.Viewer, f func(ctx context.Context) error) (refused *fault.Fault, lived bool) {
	return w.attempt(what, as, w.mood.death, f)
}

func (w *world) attempt(what string, as *access.Viewer, death int, f func(ctx context.Context) error) (refused *fault.Fault, lived bool) {
	ctx := access.With(w.ctx, as)
	w.fuse = nil
	if !w.calm && w.chance(death) {
		w.fuse = &store.Fuse{Left: w.r.IntN(30)}
		ctx = store.WithFuse(ctx, w.fuse)
	}
	w.skew = 0
	if w.chance(w.mood.skew) {
		w.skew = w.between(0, 2*time.Second)
	}
	err := f(ctx)
	switch {
	case w.dying():
		w.result.Deaths++
		w.tell("%s: the hub dies", what)
		w.fuse = nil
		return nil, false
	case err == nil:
		w.tell("%s", what)
		return nil, true
	}
	w.fuse = nil
	refused = fault.Of(err)
	if refused.Kind == fault.Internal {
		w.fail("%s: %v", what, err)
		return nil, true
	}
	w.tell("%s: %s", what, refused.Reason)
	return refused, true
}

// rounds does what time does: clocks that stand move on, what lapses ends, what is
// late gets an owner. It says whether the hub has lived through it.
func (w *world) rounds(what string) bool {
	w.rounded = w.now
	machine := &access.Viewer{ID: "rounds", Kind: access.Machine}
	death := w.mood.death / 2
	if what == "starts" { // it may have died between a new year and the dates that follow from it
		if _, lived := w.attempt(what+": recount", machine, death, w.desk.Recount); !lived {
			return false
		}
	}
	if w.stands() || what == "starts" {
		w.drifted = workday.FromTime(w.clock())
		if _, lived := w.attempt(what+": drift", machine, death, w.desk.Drift); !lived {
			return false
		}
	}
	if _, lived := w.attempt(what+": lapse", machine, death, w.desk.Lapse); !lived {
		return false
	}
	for _, code := range w.codes {
		if !w.concerned(code) {
			continue
		}
		if _, lived := w.attempt(what+": watch "+code, machine, death, func(ctx context.Context) error { return w.office.Watch(ctx, code) }); !lived {
			return false
		}
	}
	if w.chance(20) {
		_, lived := w.attempt(what+": look", machine, death, w.post.Look)
		return lived
	}
	return true
}

// concerned says whether anything is before a department, or was; else its rounds
// find nothing.
func (w *world) concerned(code string) bool {
	return slices.ContainsFunc(w.rows.items, func(it *gen.Item) bool { return it.Department == code }) ||
		slices.ContainsFunc(w.rows.owed, func(o *gen.Obligation) bool { return o.Department == code })
}

// due is when rounds next have something to do: some minutes after a word is due.
func (w *world) due() (time.Time, bool) {
	var first time.Time
	for _, o := range w.rows.owed {
		if o.EndedAt == nil && o.TaskID == "" && !o.WordBy.After(w.rounded) {
			return w.rounded.Add(2 * time.Minute), true // rounds follow each other closely
		}
		if o.EndedAt == nil && o.WordBy.After(w.rounded) && (first.IsZero() || o.WordBy.Before(first)) {
			first = o.WordBy
		}
	}
	return first.Add(w.patience()), !first.IsZero()
}

// patience is how long after the minute the rounds come; always the same within a seed.
func (w *world) patience() time.Duration { return time.Duration(1+w.result.Seed%9) * time.Minute }
