package switchboard

import (
	"context"
	"fmt"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/portorder"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/store"
)

const mostWords = 1000 // characters of a reason

// Pause stops all calls through a port. What is to be delivered waits, look-ups are
// gaps. Faults: PORT_UNKNOWN, WORDS_MISSING, WORDS_TOO_LONG, PORT_HELD_ALREADY.
func (b *Board) Pause(ctx context.Context, portID, reason string) error {
	return b.order(ctx, portID, reason, portorder.KindPAUSE)
}

// Drain lets a port finish what it may have and take nothing new. Questions go on.
// Faults: those of [Board.Pause], PORT_DELIVERS_NOTHING.
func (b *Board) Drain(ctx context.Context, portID, reason string) error {
	return b.order(ctx, portID, reason, portorder.KindDRAIN)
}

func (b *Board) order(ctx context.Context, portID, reason string, kind portorder.Kind) error {
	p, err := b.may(ctx, portID)
	if err != nil {
		return err
	}
	if kind == portorder.KindDRAIN && !delivers(p) && p.Operation != "PUSH" {
		return deliversNothing()
	}
	if err := words(reason, true); err != nil {
		return err
	}
	by := access.From(ctx)
	ctx = access.AsMachine(ctx, "switchboard")
	err = b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		open, err := b.open(ctx, tx, portID)
		if err != nil {
			return err
		}
		if open != nil && open.Kind == kind {
			return heldAlready()
		}
		if open != nil {
			if err := b.end(ctx, tx, open, by.ID, reason); err != nil {
				return err
			}
		}
		if err := b.done(ctx, tx, by, string(kind), portID, reason); err != nil {
			return err
		}
		return tx.Ent.PortOrder.Create().SetID(store.NewID()).SetPort(portID).SetKind(kind).SetReason(reason).
			SetOrderedBy(by.ID).SetOrderedAt(b.Now().UTC()).Exec(ctx)
	})
	if gen.IsConstraintError(err) {
		return heldAlready() // by somebody at another hub, just now
	} else if err != nil {
		return err
	}
	return b.Refresh(ctx)
}

// Resume lets calls through a port again, and what waits for it goes at once.
// Faults: PORT_UNKNOWN, WORDS_TOO_LONG, PORT_NOT_HELD.
func (b *Board) Resume(ctx context.Context, portID, reason string) error {
	p, err := b.may(ctx, portID)
	if err != nil {
		return err
	}
	if err := words(reason, false); err != nil {
		return err
	}
	by := access.From(ctx)
	ctx = access.AsMachine(ctx, "switchboard")
	err = b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		open, err := b.open(ctx, tx, portID)
		if err != nil {
			return err
		}
		if open == nil {
			return notHeld()
		}
		if err := b.end(ctx, tx, open, by.ID, reason); err != nil {
			return err
		}
		if err := b.done(ctx, tx, by, "RESUME", portID, reason); err != nil {
			return err
		}
		if !delivers(p) {
			return nil
		}
		return b.wakeIn(ctx, tx, p)
	})
	if err != nil {
		return err
	}
	return b.Refresh(ctx)
}

// done writes an order into the journal of administrators.
func (b *Board) done(ctx context.Context, tx store.Tx, by *access.Viewer, deed, portID, reason string) error {
	return journal.Administer(ctx, tx, by, journal.Deed{Act: access.OperatePorts, Deed: deed, Subject: portID, Reason: reason, At: b.Now()})
}

// Orders lists what was ordered about a port, or all, newest first.
func (b *Board) Orders(ctx context.Context, portID string, first int) ([]*gen.PortOrder, error) {
	if err := access.Require(ctx, access.WatchPorts); err != nil {
		return nil, err
	}
	q := b.Store.Read.PortOrder.Query()
	if portID != "" {
		q.Where(portorder.Port(portID))
	}
	rows, err := q.Order(gen.Desc(portorder.FieldID)).Limit(first).All(access.AsMachine(ctx, "switchboard"))
	if err != nil {
		return nil, fmt.Errorf("orders about ports: %w", err)
	}
	return rows, nil
}

func (b *Board) may(ctx context.Context, portID string) (*catalog.Port, error) {
	if err := access.Require(ctx, access.OperatePorts); err != nil {
		return nil, err
	}
	p := b.Catalog().Port(portID)
	if p == nil {
		return nil, fault.New(fault.NotFound, "PORT_UNKNOWN", "没有这个端口。", "There is no such port.").At("input", "port")
	}
	return p, nil
}

// open is the hold that is on, or nil.
func (b *Board) open(ctx context.Context, tx store.Tx, portID string) (*gen.PortOrder, error) {
	o, err := tx.Ent.PortOrder.Query().Where(portorder.Port(portID), portorder.EndedAtIsNil()).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("open order about %s: %w", portID, err)
	}
	return o, nil
}

func (b *Board) end(ctx context.Context, tx store.Tx, o *gen.PortOrder, who, reason string) error {
	n, err := tx.Ent.PortOrder.Update().Where(portorder.ID(o.ID), portorder.EndedAtIsNil()).
		SetEndedAt(b.Now().UTC()).SetEndedBy(who).SetEndedReason(reason).Save(ctx)
	if err != nil {
		return fmt.Errorf("end the order about %s: %w", o.Port, err)
	}
	if n == 0 {
		return notHeld() // somebody at another hub was first
	}
	return nil
}

// delivers says whether items are handed over through a port.
func delivers(p *catalog.Port) bool { return p.Operation == "SUBMIT" || p.Operation == "CORRECTION" }

func words(reason string, needed bool) error {
	if needed && strings.TrimSpace(reason) == "" {
		return fault.New(fault.Invalid, "WORDS_MISSING", "请写明理由。", "State the reasons.").At("input", "reason")
	}
	if len([]rune(reason)) > mostWords {
		return fault.Newf(fault.Invalid, "WORDS_TOO_LONG", "文字太长，最多 %[1]d 字。", "Too long; at most %[1]d characters.", mostWords).At("input", "reason")
	}
	return nil
}

func heldAlready() error {
	return fault.New(fault.Conflict, "PORT_HELD_ALREADY", "该端口已处于此状态。", "The port is held in this way already.").At("input", "port")
}

func notHeld() error {
	return fault.New(fault.Conflict, "PORT_NOT_HELD", "该端口没有暂停，也没有在排空。", "The port is neither paused nor being drained.").At("input", "port")
}

func deliversNothing() error {
	return fault.New(fault.Invalid, "PORT_DELIVERS_NOTHING", "此端口不递交事项，不能排空或重放。", "Nothing is delivered through this port, so it cannot be drained or replayed.").At("input", "port")
}
