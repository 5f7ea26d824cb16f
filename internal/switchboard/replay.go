package switchboard

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/portorder"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Replayed is what a replay set going.
type Replayed struct {
	Delivered int // items without a receipt, handed over again
	Asked     int // items with one and without a result, asked after
}

// Replay hands over again what went through a port since a moment and has no
// receipt, and has the department asked after what has a receipt and no result. An
// item's ID is the idempotency key all the way, so to repeat it is harmless. Faults:
// PORT_UNKNOWN, PORT_DELIVERS_NOTHING, REPLAY_SINCE, PORT_STILL_PAUSED.
func (b *Board) Replay(ctx context.Context, portID string, since time.Time) (Replayed, error) {
	p, err := b.may(ctx, portID)
	if err != nil {
		return Replayed{}, err
	}
	if !delivers(p) {
		return Replayed{}, deliversNothing()
	}
	now := b.Now().UTC()
	if since.After(now) {
		return Replayed{}, fault.New(fault.Invalid, "REPLAY_SINCE", "重放的起始时间不能晚于现在。", "A replay cannot begin in the future.").At("input", "since")
	}
	who := access.From(ctx).ID
	ctx = access.AsMachine(ctx, "switchboard")
	var done Replayed
	err = b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if o, err := b.open(ctx, tx, portID); err != nil {
			return err
		} else if o != nil && o.Kind == portorder.KindPAUSE {
			return fault.New(fault.Conflict, "PORT_STILL_PAUSED", "端口仍在暂停，请先恢复。", "The port is still paused: resume it first.").At("input", "port")
		}
		if done, err = b.replay(ctx, tx, p, since.UTC()); err != nil {
			return err
		}
		return tx.Ent.PortOrder.Create().SetID(store.NewID()).SetPort(portID).SetKind(portorder.KindREPLAY).SetOrderedBy(who).SetOrderedAt(now).
			SetEndedAt(now).SetEndedBy(who).SetReplayFrom(since.UTC()).SetDelivered(done.Delivered).SetAsked(done.Asked).Exec(ctx)
	})
	return done, err
}

func (b *Board) replay(ctx context.Context, tx store.Tx, p *catalog.Port, since time.Time) (done Replayed, err error) {
	handed, err := b.handedOver(ctx, tx, p, since)
	if err != nil {
		return done, err
	}
	silent := append([]predicate.Item{noReceipt(), item.StateIn(lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended)}, handed...)
	again, err := tx.Ent.Item.Query().Where(silent...).IDs(ctx)
	if err != nil {
		return done, fmt.Errorf("items without receipt: %w", err)
	}
	if _, err := b.Carrier.Again(ctx, tx, again); err != nil {
		return done, err
	}
	undecided := append([]predicate.Item{item.Not(noReceipt()), item.StateIn(lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended)}, handed...)
	asked, err := tx.Ent.Item.Query().Where(undecided...).Count(ctx)
	if err != nil {
		return done, fmt.Errorf("items without result: %w", err)
	}
	if asked > 0 {
		if err := b.Carrier.Ask(ctx, tx, p.Department); err != nil {
			return done, err
		}
	}
	return Replayed{Delivered: len(again), Asked: asked}, nil
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
	return []predicate.Item{item.StateIn(lifecycle.ItemReady, lifecycle.ItemDispatched), item.Withdrawing(false), noReceipt()}
}

func noReceipt() predicate.Item { return item.Or(item.ReceiptNoIsNil(), item.ReceiptNo("")) }
