package casefile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Years is the calendar in force: what was built in or configured, and the years
// that an operator has loaded since, which are kept in the record.
type Years struct {
	store *store.Store
	base  *workday.Calendar
	now   atomic.Pointer[workday.Calendar]
}

// OpenYears reads the years that the record has.
func OpenYears(ctx context.Context, s *store.Store, base *workday.Calendar) (*Years, error) {
	y := &Years{store: s, base: base}
	y.now.Store(base)
	return y, y.Refresh(ctx)
}

// Calendar is the calendar in force.
func (y *Years) Calendar() *workday.Calendar { return y.now.Load() }

// Refresh reads the record again: another hub may have loaded a year.
func (y *Years) Refresh(ctx context.Context) error {
	kept, err := y.kept(ctx)
	if err != nil {
		return err
	}
	c, err := y.merge(kept)
	if err != nil {
		return err
	}
	y.now.Store(c)
	return nil
}

func (y *Years) kept(ctx context.Context) (map[string][]byte, error) {
	rows, err := y.store.Read.CalendarYear.Query().All(access.AsMachine(ctx, "years"))
	if err != nil {
		return nil, fmt.Errorf("calendar years: %w", err)
	}
	kept := map[string][]byte{}
	for _, r := range rows {
		kept[r.ID] = r.Schedule
	}
	return kept, nil
}

func (y *Years) merge(kept map[string][]byte) (*workday.Calendar, error) {
	c := y.base
	for _, year := range slices.Sorted(maps.Keys(kept)) {
		more, err := workday.Load(bytes.NewReader(kept[year]))
		if err != nil {
			return nil, err
		}
		if c, err = c.Merge(more); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Moves is what another calendar changes.
type Moves struct {
	Years       []int // known in full afterwards
	DaysChanged int
	Looked      int // open dates
	List        []Move
	Total       int
	Loaded      bool
}

// Move is a promised day that another calendar moves.
type Move struct {
	Kind                   MoveKind
	CaseID, Number, Matter string // as far as it is about a case, an item
	From, To               workday.Day
}

// MoveKind is what a promised day is the day of.
type MoveKind string

// The kinds, a closed list.
const (
	MoveCase       MoveKind = "CASE"
	MoveItem       MoveKind = "ITEM"
	MoveAcceptance MoveKind = "ACCEPTANCE"
	MovePreReview  MoveKind = "PRE_REVIEW"
	MoveTask       MoveKind = "TASK"
	MoveDispute    MoveKind = "DISPUTE"
)

// mostMoves is how many moves are listed; all are counted.
const mostMoves = 1000

// LoadCalendar reads one or more years of working days, in the form of the built-in
// schedule, in place of what was loaded of these years before, and reckons every
// open date again. A dry run only tells what would move. Faults:
// CALENDAR_MALFORMED, CALENDAR_CONTRADICTS.
func (d *Desk) LoadCalendar(ctx context.Context, schedule []byte, dryRun bool) (*Moves, error) {
	if err := access.Require(ctx, access.LoadCalendar); err != nil {
		return nil, err
	}
	fresh, err := split(schedule)
	if err != nil {
		return nil, err
	}
	kept, err := d.Years.kept(ctx)
	if err != nil {
		return nil, err
	}
	maps.Copy(kept, fresh)
	then, err := d.Years.merge(kept)
	if err != nil {
		return nil, fault.New(fault.Conflict, "CALENDAR_CONTRADICTS", "安排与已有的相互矛盾："+err.Error(), "The schedule contradicts one that is known: "+err.Error()).At("input", "schedule")
	}
	before := d.Calendar()
	moves, err := d.compare(ctx, before, then)
	if err != nil {
		return nil, err
	}
	terms, looked, err := d.terms(ctx, before, then)
	if err != nil {
		return nil, err
	}
	if err := d.noteTerms(ctx, moves, terms, looked); err != nil {
		return nil, err
	}
	moves.Years = then.Years()
	for _, x := range before.Diff(then) {
		if x.Opens || x.Closes {
			moves.DaysChanged += int(x.Until-x.Day) + 1
		}
	}
	if dryRun {
		return moves, nil
	}
	by := access.From(ctx)
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, year := range slices.Sorted(maps.Keys(fresh)) {
			err := tx.Ent.CalendarYear.Create().SetID(year).SetSchedule(fresh[year]).SetLoadedAt(d.Now().UTC()).SetLoadedBy(by.ID).
				OnConflictColumns("id").UpdateNewValues().Exec(ctx)
			if err != nil {
				return fmt.Errorf("keep the year %s: %w", year, err)
			}
		}
		years := strings.Join(slices.Sorted(maps.Keys(fresh)), " ")
		if err := journal.Administer(ctx, tx, by, journal.Deed{Act: access.LoadCalendar, Deed: "LOAD", Subject: years, At: d.Now()}); err != nil {
			return err
		}
		return d.moveTerms(ctx, tx, terms) // with the year: they cannot be reckoned from it alone
	})
	if err != nil {
		return nil, err
	}
	if err := d.Years.Refresh(ctx); err != nil {
		return nil, err
	}
	moves.Loaded = true
	if err := d.Recount(ctx); err != nil || d.Visits == nil {
		return moves, err
	}
	return moves, d.Visits.Reseat(access.AsMachine(ctx, "calendar"))
}

// split reads a schedule and cuts it into its years.
func split(schedule []byte) (map[string][]byte, error) {
	malformed := func(err error) error {
		return fault.New(fault.Invalid, "CALENDAR_MALFORMED", "节假日安排有误："+err.Error(), "The schedule has mistakes: "+err.Error()).At("input", "schedule")
	}
	if _, err := workday.Load(bytes.NewReader(schedule)); err != nil {
		return nil, malformed(err)
	}
	var years map[string]json.RawMessage
	if err := json.Unmarshal(schedule, &years); err != nil {
		return nil, malformed(err)
	}
	out := map[string][]byte{}
	for year, text := range years {
		body, err := json.Marshal(map[string]json.RawMessage{year: text})
		if err != nil {
			return nil, malformed(err)
		}
		out[year] = body
	}
	return out, nil
}

// compare reckons every open date with two calendars.
func (d *Desk) compare(ctx context.Context, before, then *workday.Calendar) (*Moves, error) {
	m := &Moves{}
	err := d.eachOpen(ctx, func(c *gen.CaseFile, items []*gen.Item, pauses []*gen.Pause) error {
		today := workday.FromTime(d.Now())
		a, err := chain(before, c, items, pauses, today)
		if err != nil {
			return err
		}
		b, err := chain(then, c, items, pauses, today)
		if err != nil {
			return err
		}
		from, to := *c.AcceptedOn, *c.AcceptedOn
		for _, it := range items {
			if x, y := a[it.Matter].Day, b[it.Matter].Day; !it.State.Ended() {
				m.Looked++
				m.add(Move{MoveItem, c.ID, c.Number, it.Matter, x, y})
			}
			from, to = max(from, a[it.Matter].Day), max(to, b[it.Matter].Day)
		}
		m.add(Move{MoveCase, c.ID, c.Number, "", from, to})
		return nil
	})
	return m, err
}

func (m *Moves) add(x Move) {
	if x.From == x.To {
		return
	}
	if m.Total++; len(m.List) < mostMoves {
		m.List = append(m.List, x)
	}
}

// Recount reckons every open date with the calendar in force. What was reckoned
// already is not written again, so it may be cut off and repeated.
func (d *Desk) Recount(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "calendar")
	var failed []error
	err := d.eachOpen(ctx, func(c *gen.CaseFile, items []*gen.Item, pauses []*gen.Pause) error {
		dues, err := chain(d.Calendar(), c, items, pauses, workday.FromTime(d.Now()))
		if err != nil {
			return err
		}
		moved := slices.ContainsFunc(items, func(it *gen.Item) bool {
			return !it.State.Ended() && (it.DueOn != dues[it.Matter].Day || it.State == lifecycle.ItemCorrection)
		})
		if !moved {
			return nil
		}
		if err := d.handle(ctx, c.ID, func(ctx context.Context, w *work) error { return w.recount(ctx) }); err != nil {
			failed = append(failed, fmt.Errorf("case %s: %w", c.ID, err))
		}
		return nil
	})
	return fault.Join(append(failed, err)...)
}

// recount reckons what is open of a case: its deadlines, and by when the person
// answers what was returned.
func (w *work) recount(ctx context.Context) error {
	w.paused = true
	rows, err := w.tx.Ent.Correction.Query().Where(correction.CaseID(w.file.ID), correction.AnsweredAtIsNil()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("open returns: %w", err)
	}
	for _, c := range rows {
		due := w.desk.Calendar().Due(workday.FromTime(c.ReturnedAt), w.desk.limits().Correction.Workdays).Day
		it := w.item(c.ItemID)
		if due == c.DueOn || it.State != lifecycle.ItemCorrection {
			continue
		}
		if err := w.tx.Ent.Correction.UpdateOneID(c.ID).SetDueOn(due).Exec(all(ctx)); err != nil {
			return fmt.Errorf("open return: %w", err)
		}
		for _, o := range w.owed {
			if o.ItemID == c.ItemID {
				o.WordBy = endOf(due)
			}
		}
		w.note(it, "CORRECTION_DUE_MOVED", "", "", fmt.Sprintf("补正期限由 %s 变为 %s。", c.DueOn, due))
	}
	return nil
}

// eachOpen walks all cases under way, in order of ID, with their items and pauses.
func (d *Desk) eachOpen(ctx context.Context, f func(*gen.CaseFile, []*gen.Item, []*gen.Pause) error) error {
	ctx = access.AsMachine(ctx, "calendar")
	for after := ""; ; {
		cs, err := d.lean().Where(gencase.StateEQ(lifecycle.CaseInProgress), gencase.IDGT(after)).Order(gencase.ByID()).Limit(200).All(ctx)
		if err != nil {
			return fmt.Errorf("open cases: %w", err)
		}
		ids := make([]string, len(cs))
		for i, c := range cs {
			ids[i] = c.ID
		}
		items, err := d.Items(ctx, ids)
		if err != nil {
			return err
		}
		rows, err := d.Store.Read.Pause.Query().Where(store.OneOf[predicate.Pause](pause.FieldCaseID, ids)).Order(pause.ByID()).All(ctx)
		if err != nil {
			return fmt.Errorf("pauses: %w", err)
		}
		pauses := store.Group(rows, func(p *gen.Pause) string { return p.CaseID })
		for _, c := range cs {
			if c.AcceptedOn == nil {
				continue
			}
			if err := f(c, items[c.ID], pauses[c.ID]); err != nil {
				return err
			}
		}
		if len(cs) < 200 {
			return nil
		}
		after = ids[len(ids)-1]
	}
}
