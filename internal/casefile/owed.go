package casefile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Who owes the next word follows from the state of a case and its items, so it
// is never set by hand: as long as something is open, somebody owes a word by a
// certain time; past it a named person has it (internal/supervision).

// owe opens, renews and ends obligations as the states are now.
func (w *work) owe() {
	for _, it := range w.items {
		o := w.obligation(obligation.KindRESULT, it.ID)
		switch {
		case it.State.Ended():
			w.end(o, ending(it.State))
		case o == nil:
			w.owed = append(w.owed, w.newObligation(it, obligation.KindRESULT))
		case w.itemChanged(it) || it.State == lifecycle.ItemWaiting:
			w.renew(o, it)
		}
	}
	if o := w.obligation(obligation.KindACCEPTANCE, ""); o != nil && w.file.State != lifecycle.CaseSubmitted {
		w.end(o, string(w.file.State))
	}
	if w.file.State.Ended() {
		for _, o := range w.owed {
			if o.Kind != obligation.KindRESULT && o.Kind != obligation.KindPAYMENT { // money is on its way after the case has ended
				w.end(o, "CASE_ENDED")
			}
		}
	}
}

func ending(s lifecycle.ItemState) string {
	switch s {
	case lifecycle.ItemWithdrawn:
		return "WITHDRAWAL"
	case lifecycle.ItemTerminated:
		return "LAPSE"
	case lifecycle.ItemBlocked:
		return "BLOCKED"
	}
	return "RESULT"
}

// obligation is the open one of a kind about an item, or about the case.
func (w *work) obligation(kind obligation.Kind, itemID string) *gen.Obligation {
	i := slices.IndexFunc(w.owed, func(o *gen.Obligation) bool { return o.Kind == kind && o.ItemID == itemID && o.EndedAt == nil })
	if i < 0 {
		return nil
	}
	return w.owed[i]
}

// newObligation is a word owed about an item from now on.
func (w *work) newObligation(it *gen.Item, kind obligation.Kind) *gen.Obligation {
	o := &gen.Obligation{
		ID: store.NewID(), CaseID: w.file.ID, ItemID: it.ID, Matter: it.Matter, Kind: kind, Department: it.Department, Division: w.file.Division, OpenedAt: w.now,
	}
	w.renew(o, it)
	return o
}

// renew notes that something was heard about an item, and by when the next word
// is due. What nobody has spoken about keeps its time.
func (w *work) renew(o *gen.Obligation, it *gen.Item) {
	was, known := w.wasItems[it.ID]
	turned := !known || o.HeardAt.IsZero() || was.State != it.State || was.Withdrawing != it.Withdrawing || was.Round != it.Round
	if turned || was.Sequence != it.Sequence || was.ReceiptNo != it.ReceiptNo {
		o.HeardAt = w.now
	}
	waits := !it.Withdrawing && (it.State == lifecycle.ItemWaiting || it.State == lifecycle.ItemReceived) && endOf(it.DueOn).After(w.now)
	if turned || waits {
		o.OwedBy, o.WordBy = w.owes(it)
	}
	if o.TaskID != "" && o.WordBy.After(w.now) {
		o.TaskID = "" // the silence is over; a new one would be a new task
	}
}

// owes is who must speak next about an open item, and until when.
func (w *work) owes(it *gen.Item) (obligation.OwedBy, time.Time) {
	l := w.desk.limits()
	switch {
	case it.Withdrawing:
		return obligation.OwedByDEPARTMENT, w.within(l.Withdrawal)
	case it.State == lifecycle.ItemReady:
		return obligation.OwedByHUB, w.within(l.Receipt)
	case it.State == lifecycle.ItemDispatched:
		return obligation.OwedByDEPARTMENT, w.within(l.Receipt)
	case it.State == lifecycle.ItemCorrection:
		return obligation.OwedByAPPLICANT, w.within(l.Correction)
	case it.State == lifecycle.ItemSuspended:
		return obligation.OwedByDEPARTMENT, w.within(l.Suspension)
	}
	until := endOf(it.DueOn)
	if !until.After(w.now) {
		until = endOf(w.desk.Calendar().Due(w.today(), 1).Day) // overdue already: some word within a day
	}
	if it.State == lifecycle.ItemWaiting {
		return obligation.OwedByHUB, until
	}
	return obligation.OwedByDEPARTMENT, until
}

// within is the end of the last day of a limit that begins now.
func (w *work) within(l Limit) time.Time {
	return endOf(w.desk.Calendar().Due(w.today(), l.Workdays).Day)
}

func (w *work) today() workday.Day { return workday.FromTime(w.now) }

// endOf is the moment at which a day is over in China.
func endOf(d workday.Day) time.Time { return d.AddDays(1).Time().UTC() }

func (w *work) end(o *gen.Obligation, how string) {
	if o == nil || o.EndedAt != nil {
		return
	}
	o.EndedAt, o.HeardAt, o.Ending = &w.now, w.now, how
}

// writeOwed writes the obligations that are new or have changed.
func (w *work) writeOwed(ctx context.Context) error {
	var fresh []*gen.ObligationCreate
	for _, o := range w.owed {
		was, known := w.wasOwed[o.ID]
		if !known {
			c := w.tx.Ent.Obligation.Create().SetID(o.ID).SetCaseID(o.CaseID).SetKind(o.Kind).SetOwedBy(o.OwedBy).SetDepartment(o.Department).
				SetDivision(o.Division).SetOpenedAt(o.OpenedAt).SetHeardAt(o.HeardAt).SetWordBy(o.WordBy).SetNillableEndedAt(o.EndedAt).SetEnding(o.Ending)
			if o.ItemID != "" {
				c.SetItemID(o.ItemID)
			}
			if o.Matter != "" {
				c.SetMatter(o.Matter)
			}
			fresh = append(fresh, c)
			continue
		}
		if was.OwedBy == o.OwedBy && was.WordBy.Equal(o.WordBy) && was.HeardAt.Equal(o.HeardAt) && was.TaskID == o.TaskID && sameTime(was.EndedAt, o.EndedAt) {
			continue
		}
		err := w.tx.Ent.Obligation.UpdateOneID(o.ID).SetOwedBy(o.OwedBy).SetWordBy(o.WordBy).SetHeardAt(o.HeardAt).SetTaskID(o.TaskID).
			SetNillableEndedAt(o.EndedAt).SetEnding(o.Ending).Exec(all(ctx))
		if err != nil {
			return fmt.Errorf("obligation: %w", err)
		}
	}
	if len(fresh) == 0 {
		return nil
	}
	if err := w.tx.Ent.Obligation.CreateBulk(fresh...).Exec(ctx); err != nil {
		return fmt.Errorf("obligations: %w", err)
	}
	return nil
}
