package switchboard

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/portorder"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
)

// mostItems is how many items a replay may name.
const mostItems = 1000

// Again says what a replay hands over again.
type Again struct {
	Since  time.Time
	Lost   bool     // also what has a receipt and no decision: the department has lost it
	Items  []string // of these, only the ones with an ID in here; none: all
	Reason string   // needed with Lost
}

// Replayed is what a replay set going.
type Replayed struct {
	Delivered int // items without a receipt, handed over again
	Lost      int // items whose department has lost them after its receipt, handed over again
	Asked     int // items with one and without a result, asked after
}

// Replay hands over again what went through a port since a moment and has no
// receipt, and has the department asked after what has a receipt and no result. Where
// the department has lost its books, what it gave a receipt for since that moment and
// has not decided is handed over again instead: under the same ID, in the same round,
// with the same content, so that one which has it after all answers with the receipt
// that it gave. To repeat a replay is harmless. Faults: PORT_UNKNOWN,
// PORT_DELIVERS_NOTHING, REPLAY_SINCE, REPLAY_ITEMS, PORT_STILL_PAUSED,
// WORDS_MISSING, WORDS_TOO_LONG.
func (b *Board) Replay(ctx context.Context, portID string, again Again) (Replayed, error) {
	p, err := b.may(ctx, portID)
	if err != nil {
		return Replayed{}, err
	}
	now := b.Now().UTC()
	if err := again.check(p, now); err != nil {
		return Replayed{}, err
	}
	by := access.From(ctx)
	ctx = access.AsMachine(ctx, "switchboard")
	again.Since = again.Since.UTC()
	var done Replayed
	err = b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if o, err := b.open(ctx, tx, portID); err != nil {
			return err
		} else if o != nil && o.Kind == portorder.KindPAUSE {
			return fault.New(fault.Conflict, "PORT_STILL_PAUSED", "端口仍在暂停，请先恢复。", "The port is still paused: resume it first.").At("input", "port")
		}
		if done, err = b.replay(ctx, tx, p, again); err != nil {
			return err
		}
		if err := b.done(ctx, tx, by, "REPLAY", portID, again.Reason); err != nil {
			return err
		}
		return tx.Ent.PortOrder.Create().SetID(store.NewID()).SetPort(portID).SetKind(portorder.KindREPLAY).SetReason(again.Reason).SetOrderedBy(by.ID).SetOrderedAt(now).
			SetEndedAt(now).SetEndedBy(by.ID).SetReplayFrom(again.Since).SetDelivered(done.Delivered + done.Lost).SetAsked(done.Asked).Exec(ctx)
	})
	return done, err
}

func (a Again) check(p *catalog.Port, now time.Time) error {
	if !delivers(p) {
		return deliversNothing()
	}
	if a.Since.After(now) {
		return fault.New(fault.Invalid, "REPLAY_SINCE", "重放的起始时间不能晚于现在。", "A replay cannot begin in the future.").At("input", "since")
	}
	if len(a.Items) > mostItems {
		return fault.Newf(fault.Invalid, "REPLAY_ITEMS", "一次重放最多指定 %[1]d 件。", "A replay names at most %[1]d items.", mostItems).At("input", "items")
	}
	return words(a.Reason, a.Lost)
}

func (b *Board) replay(ctx context.Context, tx store.Tx, p *catalog.Port, again Again) (done Replayed, err error) {
	var lost []string
	if again.Lost {
		if lost, err = b.forget(ctx, tx, p, again); err != nil {
			return done, err
		}
	}
	handed, err := b.handedOver(ctx, tx, p, again.Since)
	if err != nil {
		return done, err
	}
	if len(again.Items) > 0 {
		handed = append(handed, store.OneOf[predicate.Item](item.FieldID, again.Items))
	}
	silent := append([]predicate.Item{noReceipt(), item.StateIn(lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended)}, handed...)
	ids, err := tx.Ent.Item.Query().Where(silent...).IDs(ctx)
	if err != nil {
		return done, fmt.Errorf("items without receipt: %w", err)
	}
	ids = slices.DeleteFunc(ids, func(id string) bool { _, found := slices.BinarySearch(lost, id); return found })
	if _, err := b.Carrier.Again(ctx, tx, ids); err != nil {
		return done, err
	}
	// Whoever carried these has noted the receipt and may not have put the job away yet.
	if err := b.Carrier.Enqueue(ctx, tx, lost); err != nil {
		return done, err
	}
	done.Delivered, done.Lost = len(ids), len(lost)
	undecided := append([]predicate.Item{item.Not(noReceipt()), item.StateIn(lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended)}, handed...)
	if done.Asked, err = tx.Ent.Item.Query().Where(undecided...).Count(ctx); err != nil {
		return done, fmt.Errorf("items without result: %w", err)
	}
	if done.Asked > 0 {
		err = b.Carrier.Ask(ctx, tx, p.Department)
	}
	return done, err
}

// forget takes the receipt from items that their department has received since a
// moment, has not decided, and has lost; so they are handed over as if it had never
// come. A department that begins new books counts its words from one again, so the
// count of those that were heard goes too.
func (b *Board) forget(ctx context.Context, tx store.Tx, p *catalog.Port, again Again) (all []string, err error) {
	lost := append(b.through(p), item.Withdrawing(false), item.Not(noReceipt()), item.ReceivedAtGTE(again.Since),
		item.StateIn(lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended))
	if len(again.Items) > 0 {
		lost = append(lost, store.OneOf[predicate.Item](item.FieldID, again.Items))
	}
	items, err := tx.Ent.Item.Query().Where(lost...).Order(item.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("items that were lost: %w", err)
	}
	for some := range slices.Chunk(items, 1000) { // a statement has only so many places
		ids, entries := make([]string, len(some)), make([]journal.Entry, len(some))
		for i, it := range some {
			ids[i] = it.ID
			entries[i] = journal.Entry{CaseID: it.CaseID, ItemID: it.ID, Matter: it.Matter, Kind: "ITEM_REDELIVERED", Reason: "部门系统丢失已受理的办件，按原编号再次递交。", At: b.Now()}
		}
		err := tx.Ent.Item.Update().Where(store.OneOf[predicate.Item](item.FieldID, ids)).ClearReceiptNo().SetSequence(0).Exec(ctx)
		if err != nil {
			return nil, fmt.Errorf("forget receipts: %w", err)
		}
		if err := journal.Write(ctx, tx, entries...); err != nil {
			return nil, err
		}
		all = append(all, ids...)
	}
	slices.Sort(all)
	return all, nil
}

// handedOver is true of items that went through a port since a moment: a first
// delivery when it was sent, a supplement when the applicant gave it.
func (b *Board) handedOver(ctx context.Context, tx store.Tx, p *catalog.Port, since time.Time) ([]predicate.Item, error) {
	all := append(b.through(p), item.Withdrawing(false))
	first := item.DispatchedAtGTE(since)
	if !b.supplements(p) {
		return append(all, first), nil
	}
	given, err := tx.Ent.Correction.Query().Where(correction.AnsweredAtGTE(since)).Select(correction.FieldItemID).Strings(ctx)
	if err != nil {
		return nil, fmt.Errorf("supplements: %w", err)
	}
	return append(all, item.Or(first, item.And(item.RoundGT(0), store.OneOf[predicate.Item](item.FieldID, given)))), nil
}

// through is true of items that are handed over through a port: those of its
// matter, first deliveries and supplements apart where there is a port for each.
func (b *Board) through(p *catalog.Port) []predicate.Item {
	all := []predicate.Item{item.Department(p.Department), item.Matter(p.Matter)}
	switch {
	case p.Operation == "CORRECTION":
		all = append(all, item.RoundGT(0))
	case !b.supplements(p):
		all = append(all, item.Round(0))
	}
	return all
}

// supplements says whether supplements of its matter go through a port.
func (b *Board) supplements(p *catalog.Port) bool {
	if p.Operation == "CORRECTION" {
		return true
	}
	for _, o := range b.Catalog().Ports {
		if o.Matter == p.Matter && o.Department == p.Department && o.Operation == "CORRECTION" {
			return false
		}
	}
	return true
}

// waitingAt is true of items that are to go through a port, or may have, without a receipt.
func (b *Board) waitingAt(p *catalog.Port) []predicate.Item {
	return append(b.through(p), waiting()...)
}

func waiting() []predicate.Item {
	return []predicate.Item{item.StateIn(lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended), item.Withdrawing(false), noReceipt()}
}

func noReceipt() predicate.Item { return item.Or(item.ReceiptNoIsNil(), item.ReceiptNo("")) }
