package casefile

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// work is the handling of one case within a transaction. Verbs change the rows
// in memory; finish draws the consequences and writes everything at once: rows,
// who owes the next word, journal, what the person is told, what is counted, what
// is to be carried.
type work struct {
	desk  *Desk
	tx    store.Tx
	now   time.Time
	by    lifecycle.Actor
	file  *gen.CaseFile
	items []*gen.Item       // fresh, in plan order
	owed  []*gen.Obligation // open ones

	wasFile   gen.CaseFile
	wasItems  map[string]gen.Item
	wasOwed   map[string]gen.Obligation
	standing  progress.Standings
	fresh     bool              // the file is written by who makes it
	drafted   bool              // it was a draft before
	committed map[string]bool   // papers replaced by a commitment, while it is submitted
	grounds   map[string]ground // why clocks are stopped, by item
	heldEn    map[string]string // why items are held before they are sent, in English
	paused    bool              // pauses have changed: deadlines are reckoned again

	entries []journal.Entry
	send    []string // items to be carried to their departments
	recall  []string // items to be taken back from them
}

// Actor is on whose word a viewer acts: a person, or the clerk who files for
// them; an officer or a department's system; else the hub.
func Actor(kind access.Kind, account string) lifecycle.Actor {
	switch {
	case kind == access.Veteran, kind == access.Clerk:
		return lifecycle.Applicant
	case kind == access.Officer, kind == access.Machine && strings.HasPrefix(account, "department/"):
		return lifecycle.Department
	}
	return lifecycle.Hub
}

// all is a context whose reads see the whole case, whoever acts: an officer moves
// one item, and the case goes on as a whole. Who acts has been checked before.
func all(ctx context.Context) context.Context { return access.AsMachine(ctx, "desk") }

// open locks a case and reads it.
func (d *Desk) open(ctx context.Context, tx store.Tx, caseID string) (*work, error) {
	if err := tx.LockCase(ctx, caseID); err != nil {
		return nil, err
	}
	v := access.From(ctx)
	w := &work{desk: d, tx: tx, now: d.Now().UTC(), by: Actor(v.Kind, v.ID), wasItems: map[string]gen.Item{}, wasOwed: map[string]gen.Obligation{}}
	var err error
	if w.file, err = tx.Ent.CaseFile.Get(all(ctx), caseID); err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	if w.items, err = tx.Ent.Item.Query().Where(item.CaseID(caseID)).Order(item.ByPosition(), item.ByMatter()).All(all(ctx)); err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	if w.owed, err = tx.Ent.Obligation.Query().Where(obligation.CaseID(caseID), obligation.EndedAtIsNil()).Order(obligation.ByID()).All(all(ctx)); err != nil {
		return nil, fmt.Errorf("obligations: %w", err)
	}
	w.wasFile = *w.file
	for _, it := range w.items {
		w.wasItems[it.ID] = *it
	}
	for _, o := range w.owed {
		w.wasOwed[o.ID] = *o
	}
	w.standing = d.Board().Of(w.file, w.items)
	return w, nil
}

// handle opens a case, does something to it and writes what has changed.
func (d *Desk) handle(ctx context.Context, caseID string, f func(context.Context, *work) error) error {
	err := d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		w, err := d.open(ctx, tx, caseID)
		if err != nil {
			return err
		}
		if err := f(ctx, w); err != nil {
			return err
		}
		return w.finish(ctx)
	})
	if err == nil {
		d.Bell.Ring(caseID)
	}
	return err
}

func (w *work) item(id string) *gen.Item {
	i := slices.IndexFunc(w.items, func(it *gen.Item) bool { return it.ID == id })
	if i < 0 {
		return nil
	}
	return w.items[i]
}

// note adds an entry to the journal about an item, or about the case if it is nil.
func (w *work) note(it *gen.Item, kind, from, to, reason string) {
	e := journal.Entry{CaseID: w.file.ID, Kind: kind, From: from, To: to, Reason: words.Clip(reason, 1000), At: w.now}
	if it != nil {
		e.ItemID, e.Matter = it.ID, it.Matter
	}
	w.entries = append(w.entries, e)
}

// move changes an item's state. An item that its department has not been noted to
// have is taken to have been sent first: a word of the department says so.
func (w *work) move(it *gen.Item, to lifecycle.ItemState, reason string) error {
	if it.State == lifecycle.ItemReady && w.by == lifecycle.Department && to != lifecycle.ItemDispatched {
		if err := w.move(it, lifecycle.ItemDispatched, ""); err != nil {
			return err
		}
	}
	if err := lifecycle.MoveItem(it.State, to, w.by); err != nil {
		return err
	}
	w.note(it, "ITEM_"+string(to), string(it.State), string(to), reason)
	it.State = to
	switch {
	case to == lifecycle.ItemDispatched && it.DispatchedAt == nil:
		it.DispatchedAt = &w.now
	case to == lifecycle.ItemReceived && it.ReceivedAt == nil:
		it.ReceivedAt = &w.now
	case to.Ended() && it.DecidedAt == nil:
		it.DecidedAt = &w.now
	}
	if to.Ended() {
		it.Withdrawing = false
	}
	return nil
}

// moveCase changes the state of the case.
func (w *work) moveCase(to lifecycle.CaseState, reason string) error {
	if err := lifecycle.MoveCase(w.file.State, to, w.by); err != nil {
		return err
	}
	w.note(nil, "CASE_"+string(to), string(w.file.State), string(to), reason)
	w.file.State = to
	if to.Ended() {
		w.file.ClosedAt = &w.now
	}
	return nil
}

// finish does what follows from the items' states: dependants go on or are
// blocked, clocks that stand stop and go, the case ends if all have ended,
// somebody owes the next word, and all of it is written.
func (w *work) finish(ctx context.Context) error {
	if err := w.release(); err != nil {
		return err
	}
	if err := w.pauses(ctx); err != nil {
		return err
	}
	states := make([]lifecycle.ItemState, len(w.items))
	for i, it := range w.items {
		states[i] = it.State
	}
	if end, over := lifecycle.Outcome(states); over && !w.file.State.Ended() { // a receipt may come after the end
		if err := w.moveCase(end, ""); err != nil {
			return err
		}
	}
	w.owe()
	if err := w.write(ctx); err != nil {
		return err
	}
	if err := w.follow(ctx); err != nil {
		return err
	}
	if w.desk.Visits != nil && w.file.State.Ended() && !w.wasFile.State.Ended() {
		if err := w.desk.Visits.Free(ctx, w.tx, w.file.ID); err != nil {
			return err
		}
	}
	if len(w.entries) > 0 {
		if err := journal.Write(ctx, w.tx, w.entries...); err != nil {
			return err
		}
		if err := w.tell(ctx); err != nil {
			return err
		}
	}
	if w.changed() {
		if err := w.desk.Board().Note(ctx, w.tx, w.file.ID, w.standing); err != nil {
			return err
		}
	}
	if err := w.desk.Outbox.Recall(ctx, w.tx, w.recall); err != nil {
		return err
	}
	return w.desk.Outbox.Enqueue(ctx, w.tx, w.send)
}

// release lets items go on whose prerequisites are all granted, and blocks
// those of which one was not, and those behind them in turn.
func (w *work) release() error {
	if w.file.State != lifecycle.CaseInProgress {
		return nil
	}
	state := map[string]lifecycle.ItemState{}
	for _, it := range w.items {
		state[it.Matter] = it.State
	}
	for changed := true; changed; {
		changed = false
		for _, it := range w.items {
			to, because := next(it, state)
			if to == "" {
				continue
			}
			reason := ""
			if because != "" {
				reason = fmt.Sprintf("前置事项未办成(%s)", because)
				it.Words = reason
			}
			if err := w.move(it, to, reason); err != nil {
				return err
			}
			state[it.Matter], changed = to, true
			if to == lifecycle.ItemReady {
				w.send = append(w.send, it.ID)
			}
		}
	}
	return nil
}

// next is where a waiting item goes now, and because of which matter.
func next(it *gen.Item, state map[string]lifecycle.ItemState) (to lifecycle.ItemState, because string) {
	if it.State != lifecycle.ItemWaiting {
		return "", ""
	}
	for _, m := range it.After {
		if s := state[m]; s.Ended() && !s.Granted() {
			return lifecycle.ItemBlocked, m
		}
	}
	for _, m := range it.After {
		if !state[m].Granted() {
			return "", ""
		}
	}
	return lifecycle.ItemReady, ""
}

// changed says whether anything of the case differs from what was read.
func (w *work) changed() bool {
	return len(w.entries) > 0 || w.fileChanged() || slices.ContainsFunc(w.items, w.itemChanged)
}

func (w *work) fileChanged() bool {
	a, b := w.file, &w.wasFile
	return a.State != b.State || a.Warning != b.Warning || !sameDay(a.DueOn, b.DueOn) || !sameDay(a.AcceptedOn, b.AcceptedOn) ||
		a.DueProvisional != b.DueProvisional || a.Returns != b.Returns || a.Reason != b.Reason
}

func (w *work) itemChanged(it *gen.Item) bool {
	b := w.wasItems[it.ID]
	return it.State != b.State || it.Warning != b.Warning || it.DueOn != b.DueOn || it.Round != b.Round || it.Withdrawing != b.Withdrawing ||
		it.ReceiptNo != b.ReceiptNo || it.ResultNo != b.ResultNo || it.Words != b.Words || it.Sequence != b.Sequence || it.DecidedBy != b.DecidedBy ||
		!sameTime(it.DispatchedAt, b.DispatchedAt) || !sameTime(it.ReceivedAt, b.ReceivedAt) || !sameTime(it.DecidedAt, b.DecidedAt) ||
		it.Checked != b.Checked || !bytes.Equal(it.OutputsSealed, b.OutputsSealed)
}

func sameTime(a, b *time.Time) bool { return a == b || a != nil && b != nil && a.Equal(*b) }

func sameDay(a, b *workday.Day) bool { return a == b || a != nil && b != nil && *a == *b }

// write writes the rows that have changed.
func (w *work) write(ctx context.Context) error {
	for _, it := range w.items {
		if !w.itemChanged(it) {
			continue
		}
		change := w.tx.Ent.Item.UpdateOneID(it.ID).SetState(it.State).SetWarning(it.Warning).SetDueOn(it.DueOn).SetRound(it.Round).
			SetWithdrawing(it.Withdrawing).SetReceiptNo(it.ReceiptNo).SetResultNo(it.ResultNo).SetWords(it.Words).SetSequence(it.Sequence).
			SetChecked(it.Checked).SetNillableCheckedAt(it.CheckedAt).SetDecidedBy(it.DecidedBy).SetNillableDispatchedAt(it.DispatchedAt).SetNillableDecidedAt(it.DecidedAt)
		if it.ReceivedAt == nil {
			change.ClearReceivedAt() // a supplement waits for a receipt of its own
		} else {
			change.SetReceivedAt(*it.ReceivedAt)
		}
		if it.OutputsSealed != nil {
			change.SetOutputsSealed(it.OutputsSealed)
		}
		if err := change.Exec(all(ctx)); err != nil {
			return fmt.Errorf("item %s: %w", it.Matter, err)
		}
	}
	if !w.changed() || w.fresh { // a promised paper may have lapsed of which nothing open has need
		return w.writeOwed(ctx)
	}
	c := w.file
	change := w.tx.Ent.CaseFile.UpdateOneID(c.ID).SetUpdatedAt(w.now).SetState(c.State).SetWarning(c.Warning).SetReturns(c.Returns).SetReason(c.Reason).
		SetDueProvisional(c.DueProvisional).SetNillableAcceptedOn(c.AcceptedOn).SetNillableDueOn(c.DueOn).SetNillableClosedAt(c.ClosedAt).SetPlanDays(c.PlanDays)
	if err := change.Exec(all(ctx)); err != nil {
		return fmt.Errorf("case: %w", err)
	}
	return w.writeOwed(ctx)
}
