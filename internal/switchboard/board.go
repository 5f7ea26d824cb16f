// Package switchboard shows operators how the departments' ports fare, and carries out what they order about them.
//
// An order is a row, so it outlives a restart, reaches every hub, and stays as the
// journal of who, when and why. Each hub looks at the open orders every few seconds
// and sets its gates by them. What waits at a held port sleeps in the queue, and is
// woken by the hub that ends the order, and once more by every hub that notices: one
// that had not yet may have put it back to sleep.
package switchboard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/portorder"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Carrier is what this room needs of whoever carries items.
type Carrier interface {
	// Again has items delivered now. It answers how many of them nobody was carrying.
	Again(ctx context.Context, tx store.Tx, itemIDs []string) (int, error)
	// Enqueue has items delivered that nobody carries.
	Enqueue(ctx context.Context, tx store.Tx, itemIDs []string) error
	// Ask has a department asked after its open items.
	Ask(ctx context.Context, tx store.Tx, department string) error
}

// Ports are the gates of the departments' ports.
type Ports interface {
	Gate(portID string) *port.Gate
	Connected(portID string) bool
}

// Board is the switchboard of one hub.
type Board struct {
	Store       *store.Store
	Catalog     func() *catalog.Catalog
	Ports       Ports
	Carrier     Carrier
	Live        func(portID string) bool              // and not played by us
	Certificate func(portID string) (time.Time, bool) // when the first of a port's certificates ends; nil: nobody knows
	Now         func() time.Time
	Log         zerolog.Logger

	mu    sync.Mutex
	held  map[string]*gen.PortOrder // by port: what the gates are set by
	freed []string                  // ports released at the last look

	looked time.Time            // when certificates were looked at last
	told   map[string]time.Time // by department and end: when it was last said that a certificate ends
}

// Refresh sets the gates by the orders that are open.
func (b *Board) Refresh(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "switchboard")
	b.mu.Lock()
	defer b.mu.Unlock()
	rows, err := b.Store.Read.PortOrder.Query().Where(portorder.EndedAtIsNil()).All(ctx)
	if err != nil {
		return fmt.Errorf("open orders about ports: %w", err)
	}
	open := map[string]*gen.PortOrder{}
	for _, o := range rows {
		open[o.Port] = o
	}
	var freed []string
	for _, id := range slices.Sorted(maps.Keys(b.held)) {
		was, is := b.held[id], open[id]
		if is == nil {
			b.release(id)
		}
		if is == nil || is.ID != was.ID {
			freed = append(freed, id) // also from a pause to draining: what was under way goes on
		}
	}
	for id, o := range open {
		if was := b.held[id]; was == nil || was.ID != o.ID {
			b.hold(o)
		}
	}
	b.held = open
	wake := slices.Concat(freed, b.freed)
	b.freed = freed
	return b.wake(ctx, wake)
}

func (b *Board) release(id string) {
	if g := b.Ports.Gate(id); g != nil {
		g.Release()
	}
}

func (b *Board) hold(o *gen.PortOrder) {
	if g := b.Ports.Gate(o.Port); g != nil {
		g.Hold(port.Hold{Reason: o.Reason, Since: o.OrderedAt, By: o.OrderedBy, Drain: o.Kind == portorder.KindDRAIN})
	}
}

// wake has what waits at ports delivered.
func (b *Board) wake(ctx context.Context, ids []string) error {
	var failed []error
	for _, id := range ids {
		p := b.Catalog().Port(id)
		if p == nil || !delivers(p) {
			continue
		}
		failed = append(failed, b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return b.wakeIn(ctx, tx, p) }))
	}
	return fault.Join(failed...)
}

func (b *Board) wakeIn(ctx context.Context, tx store.Tx, p *catalog.Port) error {
	waiting, err := tx.Ent.Item.Query().Where(b.waitingAt(p)...).IDs(ctx)
	if err != nil {
		return fmt.Errorf("items waiting at %s: %w", p.ID, err)
	}
	_, err = b.Carrier.Again(ctx, tx, waiting)
	return err
}

// Watch looks at the orders now and every so often, until stop is called, which
// waits for a look that is under way.
func (b *Board) Watch(ctx context.Context, every time.Duration) (stop func(), err error) {
	if err := b.Refresh(ctx); err != nil {
		return nil, err
	}
	b.Certificates()
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var look sync.WaitGroup
	look.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				if err := b.Refresh(ctx); err != nil && ctx.Err() == nil {
					b.Log.Error().Err(err).Msg("the orders about ports could not be looked at; the next look will")
				}
				b.Certificates()
			}
		}
	})
	return func() { cancel(); look.Wait() }, nil
}
