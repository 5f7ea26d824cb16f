package casefile

import (
	"context"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

var desc = sql.OrderDesc()

// Apply takes a department's word about an item, from a callback or from a
// question of ours, whichever comes first. It may come twice, late or out of
// order: an item that has ended, and a word older than the last one, change
// nothing. When an item ends, those that waited for it are sent or blocked, and
// when the last one ends so does the case. Faults: ITEM_NOT_FOUND, also for an
// item of another department.
func (d *Desk) Apply(ctx context.Context, department string, a port.Answer) error {
	ctx = access.With(ctx, &access.Viewer{ID: "department/" + department, Kind: access.Machine})
	it, err := d.Store.Read.Item.Get(ctx, a.ItemID)
	if gen.IsNotFound(err) || err == nil && it.Department != department {
		return fault.New(fault.NotFound, "ITEM_NOT_FOUND", "没有找到这个事项办件。", "There is no such item.")
	} else if err != nil {
		return fmt.Errorf("item: %w", err)
	}
	if settled(it, a) {
		return nil
	}
	changed := false
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		w, err := d.open(ctx, tx, it.CaseID)
		if err != nil {
			return err
		}
		it := w.item(a.ItemID)
		if it == nil || settled(it, a) {
			return nil
		}
		changed = true
		return w.answer(ctx, it, a)
	})
	if err != nil {
		return err
	}
	if changed {
		d.Bell.Ring(it.CaseID)
	}
	return nil
}

// settled says whether an answer can tell nothing new about an item.
func settled(it *gen.Item, a port.Answer) bool {
	if it.State.Ended() || a.Sequence <= it.Sequence && it.Sequence > 0 {
		return true
	}
	return !a.State.Decided() && a.State != port.Returned && a.State != port.Withdrawn && it.State == lifecycle.ItemReceived
}

// work is the handling of one case within a transaction.
type work struct {
	desk    *Desk
	tx      store.Tx
	file    *gen.CaseFile
	items   []*gen.Item // fresh, in plan order; changed as they are moved
	now     time.Time
	entries []journal.Entry
	send    []string // items that became ready
}

func (d *Desk) open(ctx context.Context, tx store.Tx, caseID string) (*work, error) {
	if err := tx.LockCase(ctx, caseID); err != nil {
		return nil, err
	}
	file, err := tx.Ent.CaseFile.Get(ctx, caseID)
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	items, err := tx.Ent.Item.Query().Where(item.CaseID(caseID)).Order(item.ByPosition(), item.ByMatter()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("items: %w", err)
	}
	return &work{desk: d, tx: tx, file: file, items: items, now: d.Now().UTC()}, nil
}

func (w *work) item(id string) *gen.Item {
	i := slices.IndexFunc(w.items, func(it *gen.Item) bool { return it.ID == id })
	if i < 0 {
		return nil
	}
	return w.items[i]
}

// answer applies what a department says of an item, and all that follows.
func (w *work) answer(ctx context.Context, it *gen.Item, a port.Answer) error {
	change := w.tx.Ent.Item.UpdateOneID(it.ID).SetSequence(a.Sequence)
	if a.Number != "" {
		change.SetResultNo(clip(a.Number, 80))
	}
	for _, to := range way(it.State, a.State) {
		if err := w.move(it, to, clip(a.Words, 1000)); err != nil {
			return err
		}
		if to == lifecycle.ItemDispatched {
			change.SetDispatchedAt(w.now)
		}
		if to == lifecycle.ItemReceived {
			change.SetReceivedAt(w.now)
		}
	}
	change.SetState(it.State).SetWords(clip(a.Words, 1000))
	if it.State.Ended() {
		change.SetDecidedAt(a.DecidedOn.UTC())
	}
	if it.State.Granted() && len(a.Outputs) > 0 {
		if err := w.keep(ctx, it, change, a); err != nil {
			return err
		}
	}
	if err := change.Exec(ctx); err != nil {
		return fmt.Errorf("item %s: %w", it.Matter, err)
	}
	return w.finish(ctx)
}

// way is the states that an item passes on its way to what a department says.
// Its word may overtake our own note that the item was sent.
func way(from lifecycle.ItemState, said port.State) []lifecycle.ItemState {
	to := map[port.State]lifecycle.ItemState{
		port.Received: lifecycle.ItemReceived, port.InProgress: lifecycle.ItemReceived,
		port.Approved: lifecycle.ItemApproved, port.Rejected: lifecycle.ItemRejected,
		port.Returned: lifecycle.ItemCorrection, port.Withdrawn: lifecycle.ItemWithdrawn,
	}[said]
	switch {
	case to == "" || to == from:
		return nil
	case from == lifecycle.ItemReady:
		return []lifecycle.ItemState{lifecycle.ItemDispatched, to}
	}
	return []lifecycle.ItemState{to}
}

// move changes an item's state in memory and notes it for the journal.
func (w *work) move(it *gen.Item, to lifecycle.ItemState, reason string) error {
	if err := lifecycle.MoveItem(it.State, to); err != nil {
		return err
	}
	w.entries = append(w.entries, journal.Entry{
		CaseID: it.CaseID, ItemID: it.ID, Matter: it.Matter, Kind: "ITEM_" + string(to),
		From: string(it.State), To: string(to), Reason: reason, At: w.now,
	})
	it.State = to
	return nil
}

// keep writes what a result tells: sealed beside the item, as input of later
// items, and into the profile with the department as its source.
func (w *work) keep(ctx context.Context, it *gen.Item, change *gen.ItemUpdateOne, a port.Answer) error {
	sealed, err := w.desk.seal(a.Outputs, bindOutputs(it.ID))
	if err != nil {
		return fmt.Errorf("outputs of %s: %w", it.Matter, err)
	}
	change.SetOutputsSealed(sealed)
	cat, err := w.desk.Shelf.Get(ctx, w.file.CatalogVersion)
	if err != nil {
		return err
	}
	return w.desk.Profile.Record(ctx, w.tx, it.VeteranID, a.Outputs, fact.Provenance{
		Source: it.Department, AsOf: a.DecidedOn.UTC(), Basis: resultBasis(cat, it.Matter),
	})
}

func resultBasis(c *catalog.Catalog, matter string) string {
	if m := c.Matter(matter); m != nil {
		return m.Name.Zh + "办理结果"
	}
	return "办理结果"
}

// finish does what follows from the items' states: dependants go on or are
// blocked, the case ends if all have ended, and all of it is written.
func (w *work) finish(ctx context.Context) error {
	if err := w.release(ctx); err != nil {
		return err
	}
	states := make([]lifecycle.ItemState, len(w.items))
	for i, it := range w.items {
		states[i] = it.State
	}
	change := w.tx.Ent.CaseFile.UpdateOneID(w.file.ID).SetUpdatedAt(w.now)
	if end, over := lifecycle.Outcome(states); over && !w.file.State.Ended() { // a receipt may come after the end
		if err := lifecycle.MoveCase(w.file.State, end); err != nil {
			return err
		}
		w.entries = append(w.entries, journal.Entry{CaseID: w.file.ID, Kind: "CASE_" + string(end), From: string(w.file.State), To: string(end), At: w.now})
		change.SetState(end).SetClosedAt(w.now)
	}
	if err := change.Exec(ctx); err != nil {
		return fmt.Errorf("case: %w", err)
	}
	if err := journal.Write(ctx, w.tx, w.entries...); err != nil {
		return err
	}
	return w.desk.Outbox.Enqueue(ctx, w.tx, w.send)
}

// release lets items go on whose prerequisites are all granted, and blocks
// those of which one was not, and those behind them in turn.
func (w *work) release(ctx context.Context) error {
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
			}
			if err := w.move(it, to, reason); err != nil {
				return err
			}
			state[it.Matter], changed = to, true
			change := w.tx.Ent.Item.UpdateOneID(it.ID).SetState(to)
			if to == lifecycle.ItemReady {
				w.send = append(w.send, it.ID)
			} else {
				change.SetDecidedAt(w.now).SetWords(reason)
			}
			if err := change.Exec(ctx); err != nil {
				return fmt.Errorf("item %s: %w", it.Matter, err)
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

func clip(s string, runes int) string {
	if r := []rune(s); len(r) > runes {
		return string(r[:runes])
	}
	return s
}
