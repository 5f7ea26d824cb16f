package switchboard

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Unconnected is the state of a port without an address; the others are those of
// [port.Health].
const Unconnected = "UNCONNECTED"

// Running is how a port fares at the moment, as this hub knows; what waits for it is
// the same at every hub.
type Running struct {
	port.Health
	Live         bool           // and not played by us
	Waiting      int            // items to be delivered through it, or delivered without a receipt
	Oldest       time.Time      // since when the one of these waits that was submitted first; zero: none waits
	Closes, Ends time.Time      // of the maintenance that is on, or comes next; zero: none
	Certificate  time.Time      // when the first of its certificates ends; zero: it has none, or nobody knows
	Hold         *gen.PortOrder // the order that is on, or nil
}

// Running says how ports fare, in order. Viewers who may not watch ports get nil for
// each: what the catalogue says of a port is all that they see.
func (b *Board) Running(ctx context.Context, ports []*catalog.Port) ([]*Running, error) {
	out := make([]*Running, len(ports))
	if !access.From(ctx).May(access.WatchPorts) {
		return out, nil
	}
	ctx = access.AsMachine(ctx, "switchboard")
	rows, err := b.rows(ctx)
	if err != nil {
		return nil, err
	}
	now := b.Now().UTC()
	b.mu.Lock()
	held := b.held
	b.mu.Unlock()
	for i, p := range ports {
		r := &Running{Live: b.Live(p.ID), Hold: held[p.ID]}
		if g := b.Ports.Gate(p.ID); g != nil {
			r.Health = g.Health()
		}
		if !b.Ports.Connected(p.ID) && r.Hold == nil {
			r.State, r.Since = Unconnected, time.Time{}
		} else if g := b.Ports.Gate(p.ID); g == nil { // held before it has an address
			r.State, r.Since = map[bool]string{true: "DRAINING", false: "PAUSED"}[r.Hold.Kind == "DRAIN"], r.Hold.OrderedAt
		}
		b.calendar(r, p, now)
		if b.Certificate != nil {
			r.Certificate, _ = b.Certificate(p.ID)
		}
		if delivers(p) {
			b.queue(r, p, rows)
		}
		out[i] = r
	}
	return out, nil
}

// calendar adds what follows from a port's times of maintenance.
func (b *Board) calendar(r *Running, p *catalog.Port, now time.Time) {
	var before time.Time
	before, r.Closes, r.Ends = p.Around(now, workday.Zone())
	switch {
	case r.State == "CLOSED":
		r.Since = r.Closes
	case r.State == "OPEN" && before.After(r.Since):
		r.Since = before
	}
}

// row is how many items of a matter and round wait, and which was submitted first.
type row struct {
	Department, Matter string
	Round              int
	Count              int
	First              string
	since              time.Time
}

// rows counts what waits for receipts, all ports at once.
func (b *Board) rows(ctx context.Context) ([]row, error) {
	var rows []row
	err := b.Store.Read.Item.Query().Where(waiting()...).GroupBy(item.FieldDepartment, item.FieldMatter, item.FieldRound).
		Aggregate(gen.As(gen.Count(), "count"), gen.As(gen.Min(item.FieldID), "first")).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("items that wait: %w", err)
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.First
	}
	since, err := b.since(ctx, ids)
	for i := range rows {
		rows[i].since = since[rows[i].First]
	}
	return rows, err
}

// since says when items became ready: as the journal tells, else with their case.
func (b *Board) since(ctx context.Context, ids []string) (map[string]time.Time, error) {
	out := map[string]time.Time{}
	if len(ids) == 0 {
		return out, nil
	}
	items, err := b.Store.Read.Item.Query().Where(store.OneOf[predicate.Item](item.FieldID, ids)).WithCase().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("items that wait longest: %w", err)
	}
	cases := make([]string, len(items))
	for i, it := range items {
		cases[i] = it.CaseID
		if at := it.Edges.Case.SubmittedAt; at != nil {
			out[it.ID] = *at
		}
	}
	moves, err := b.Store.Read.Event.Query().Where(store.OneOf[predicate.Event](event.FieldCaseID, cases), store.OneOf[predicate.Event](event.FieldItemID, ids),
		event.ToState(string(lifecycle.ItemReady))).Order(event.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("since when they wait: %w", err)
	}
	for _, e := range moves {
		out[e.ItemID] = e.At
	}
	return out, nil
}

// queue adds what waits for a port.
func (b *Board) queue(r *Running, p *catalog.Port, rows []row) {
	for _, w := range rows {
		if w.Department != p.Department || w.Matter != p.Matter || !b.carries(p, w.Round) {
			continue
		}
		r.Waiting += w.Count
		if r.Oldest.IsZero() || w.since.Before(r.Oldest) {
			r.Oldest = w.since
		}
	}
}

// carries says whether items of a round go through a port of their matter.
func (b *Board) carries(p *catalog.Port, round int) bool {
	if p.Operation == "CORRECTION" {
		return round > 0
	}
	return round == 0 || b.supplements(p)
}

// LastReceipt is when a department last gave a receipt for an item that is handed over
// through one of these ports, as the record has it, so also before this hub's start;
// zero if it never did, or the viewer may not watch ports. It reads what all items say,
// so it is for a person who asks once.
func (b *Board) LastReceipt(ctx context.Context, ports []*catalog.Port) (time.Time, error) {
	var through []predicate.Item
	for _, p := range ports {
		if delivers(p) {
			through = append(through, item.And(b.through(p)...))
		}
	}
	if len(through) == 0 || !access.From(ctx).May(access.WatchPorts) {
		return time.Time{}, nil
	}
	last, err := b.Store.Read.Item.Query().Where(item.Or(through...), item.ReceivedAtNotNil()).
		Order(gen.Desc(item.FieldReceivedAt)).First(access.AsMachine(ctx, "switchboard"))
	if gen.IsNotFound(err) {
		return time.Time{}, nil
	} else if err != nil {
		return time.Time{}, fmt.Errorf("the last receipt: %w", err)
	}
	return *last.ReceivedAt, nil
}
