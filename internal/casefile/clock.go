package casefile

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Clock is the clock of an item or a case: when it runs out and why.
type Clock struct {
	Due      workday.Due
	Workdays int // promised
	Left     int // working days; negative once overdue
	Warning  lifecycle.Warning
	Stopped  bool // it stands at the moment
	Pauses   []ClockPause
}

// ClockPause is a time during which the clock stands: the days after After, up to
// and including Until.
type ClockPause struct {
	Matter      string
	Kind        string // CORRECTION or SUSPENSION
	After       workday.Day
	Until       *workday.Day // nil while it stands
	Reason, Law string
}

// Draft is what was typed so far, and how it stands against the catalogue now.
type Draft struct {
	Answers  []form.Answer
	Problems []form.Problem
	Changes  []DraftChange
	Matters  []string
	SavedAt  time.Time
}

// DraftChange is a change of the catalogue that touches a draft.
type DraftChange struct {
	Kind   string // MATTER_GONE, MATTER_CHANGED, FIELD_GONE, FIELD_NEW, FIELD_CHANGED or CODE_GONE
	Field  *string
	Matter *string
	Words  catalog.Text
}

// ground is why a clock is stopped, noted by the verb that stops it.
type ground struct{ reason, law string }

// why notes on which ground an item's clock is about to be stopped.
func (w *work) why(itemID, reason, law string) {
	if w.grounds == nil {
		w.grounds = map[string]ground{}
	}
	w.grounds[itemID] = ground{words.Clip(reason, 1000), words.Clip(law, 200)}
}

// pauses stops the clocks of items that have come to stand, lets those go on that
// stand no more, and reckons the deadlines of the case again.
func (w *work) pauses(ctx context.Context) error {
	for _, it := range w.items {
		was := w.wasItems[it.ID].State
		if was == it.State || !was.Stopped() && !it.State.Stopped() {
			continue
		}
		w.paused = true
		if was.Stopped() {
			err := w.tx.Ent.Pause.Update().Where(pause.ItemID(it.ID), pause.ToDayIsNil()).SetToDay(w.today()).Exec(all(ctx))
			if err != nil {
				return fmt.Errorf("let the clock of %s go on: %w", it.Matter, err)
			}
		}
		if it.State.Stopped() {
			if err := w.stop(ctx, it); err != nil {
				return err
			}
		}
	}
	if !w.paused || w.file.AcceptedOn == nil {
		return nil
	}
	rows, err := w.tx.Ent.Pause.Query().Where(pause.CaseID(w.file.ID)).Order(pause.ByID()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("pauses: %w", err)
	}
	return w.reckon(w.desk.Calendar(), rows)
}

func (w *work) stop(ctx context.Context, it *gen.Item) error {
	kind, g := pause.KindSUSPENSION, w.grounds[it.ID]
	if it.State == lifecycle.ItemCorrection {
		kind, g = pause.KindCORRECTION, ground{"退回补正", w.desk.limits().Correction.Law}
	}
	row := w.tx.Ent.Pause.Create().SetID(store.NewID()).SetCaseID(w.file.ID).SetItemID(it.ID).SetKind(kind).SetFromDay(w.today()).
		SetReason(g.reason).SetLaw(g.law).SetOrderedBy(access.From(ctx).ID)
	if err := row.Exec(ctx); err != nil {
		return fmt.Errorf("stop the clock of %s: %w", it.Matter, err)
	}
	return nil
}

// reckon sets the deadlines of the items that are open, and of the case.
func (w *work) reckon(c *workday.Calendar, pauses []*gen.Pause) error {
	dues, err := chain(c, w.file, w.items, pauses, w.today())
	if err != nil {
		return err
	}
	last, provisional := *w.file.AcceptedOn, false
	for _, it := range w.items {
		due := dues[it.Matter]
		if !it.State.Ended() {
			it.DueOn = due.Day
			provisional = provisional || due.Provisional
		}
		last = max(last, it.DueOn)
	}
	if w.file.DueOn == nil || *w.file.DueOn != last {
		if w.file.DueOn != nil && !w.stands() {
			w.note(nil, "DUE_MOVED", "", "", fmt.Sprintf("承诺办结日由 %s 变为 %s。", *w.file.DueOn, last))
		}
		w.file.DueOn = &last
	}
	w.file.DueProvisional = provisional
	return nil
}

// stands says whether a clock of the case stands: then its day moves on by
// itself, and is told once it is fixed again.
func (w *work) stands() bool {
	return slices.ContainsFunc(w.items, func(it *gen.Item) bool { return it.State.Stopped() })
}

// chain reckons the deadlines of a case's items by matter, pauses included.
func chain(c *workday.Calendar, file *gen.CaseFile, items []*gen.Item, pauses []*gen.Pause, today workday.Day) (map[string]workday.Due, error) {
	finish := map[string]int{}
	for _, it := range items {
		finish[it.Matter] = it.FinishDay
	}
	stretches := make([]workday.Stretch, len(items))
	for i, it := range items {
		start := 0
		var after []string
		for _, m := range it.After {
			if f, here := finish[m]; here {
				after, start = append(after, m), max(start, f)
			}
		}
		stretches[i] = workday.Stretch{Matter: it.Matter, Days: it.FinishDay - start, After: after}
		for _, p := range pauses {
			if p.ItemID == it.ID {
				stretches[i].Pauses = append(stretches[i].Pauses, span(p, today))
			}
		}
	}
	dues, err := c.Chain(*file.AcceptedOn, stretches)
	if err != nil {
		return nil, fmt.Errorf("deadlines of case %s: %w", file.ID, err)
	}
	return dues, nil
}

// span is a pause as the calendar reckons it.
func span(p *gen.Pause, today workday.Day) workday.Pause {
	said := workday.Text{Zh: p.Reason + "期间不计入办理期限（" + p.Law + "）。", En: "The time of a " + pauseNames[p.Kind] + " is not counted (" + p.Law + ")."}
	if p.ToDay == nil {
		return workday.PauseSince(p.FromDay, max(today, p.FromDay)).Because(said)
	}
	return workday.PauseBetween(p.FromDay, *p.ToDay).Because(said)
}

var pauseNames = map[pause.Kind]string{pause.KindCORRECTION: "correction", pause.KindSUSPENSION: "suspension"}

// CaseClock is the clocks of one case.
type CaseClock struct {
	Case  *Clock            // nil before acceptance
	Items map[string]*Clock // by item ID
}

// Clocks reckons the clocks of cases and their items as of now, by case ID. It
// reads what the viewer may see.
func (d *Desk) Clocks(ctx context.Context, caseIDs []string) (map[string]*CaseClock, error) {
	files, err := d.GetMany(ctx, caseIDs)
	if err != nil {
		return nil, err
	}
	// Deadlines of one item depend on the others: they are reckoned from all, and
	// those are told that the viewer may see.
	items, err := d.Items(all(ctx), caseIDs)
	if err != nil {
		return nil, err
	}
	rows, err := d.Store.Read.Pause.Query().Where(store.OneOf[predicate.Pause](pause.FieldCaseID, caseIDs)).Order(pause.ByCaseID(), pause.ByFromDay(), pause.ByID()).All(all(ctx))
	if err != nil {
		return nil, fmt.Errorf("pauses of %d cases: %w", len(caseIDs), err)
	}
	pauses := store.Group(rows, func(p *gen.Pause) string { return p.CaseID })
	seen, err := d.Items(ctx, caseIDs) // an officer is told of their own items' pauses
	if err != nil {
		return nil, err
	}
	out := map[string]*CaseClock{}
	for _, c := range files {
		if c == nil || c.AcceptedOn == nil {
			continue
		}
		if out[c.ID], err = d.clock(c, items[c.ID], pauses[c.ID], seen[c.ID]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (d *Desk) clock(c *gen.CaseFile, items []*gen.Item, pauses []*gen.Pause, seen []*gen.Item) (*CaseClock, error) {
	calendar, today := d.Calendar(), workday.FromTime(d.Now())
	dues, err := chain(calendar, c, items, pauses, today)
	if err != nil {
		return nil, err
	}
	out := &CaseClock{Items: map[string]*Clock{}}
	whole := &Clock{Due: calendar.Due(*c.AcceptedOn, c.PlanDays), Workdays: c.PlanDays, Warning: c.Warning}
	for _, it := range items {
		due := dues[it.Matter]
		one := &Clock{Due: due, Workdays: it.FinishDay, Left: calendar.Left(due.Day, today), Warning: it.Warning, Stopped: it.State.Stopped()}
		for _, p := range pauses {
			if p.ItemID == it.ID && slices.ContainsFunc(seen, func(o *gen.Item) bool { return o.ID == it.ID }) {
				one.Pauses = append(one.Pauses, ClockPause{Matter: it.Matter, Kind: string(p.Kind), After: p.FromDay, Until: p.ToDay, Reason: p.Reason, Law: p.Law})
			}
		}
		out.Items[it.ID] = one
		whole.Pauses = append(whole.Pauses, one.Pauses...)
		whole.Stopped = whole.Stopped || one.Stopped
		if due.Day > whole.Due.Day || due.Day == whole.Due.Day && len(whole.Due.Steps) > 0 && whole.Due.Steps[0].Matter == "" {
			whole.Due = due
		}
	}
	slices.SortStableFunc(whole.Pauses, func(a, b ClockPause) int { return cmp.Compare(a.After, b.After) })
	whole.Left = calendar.Left(whole.Due.Day, today)
	out.Case = whole
	return out, nil
}
