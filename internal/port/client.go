package port

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

const (
	usualTimeout = 10 * time.Second
	// sideBySide is how many calls of one question may be under way at a department.
	sideBySide = 4
)

// client is a department's system as callers see it, through the lines of all
// its ports.
type client struct {
	department string
	names      *Names
	doors      map[string]*door         // by port ID
	fix        map[string]*catalog.Port // CORRECTION port by matter
	status     []*catalog.Port          // one for each line and path
	withdraw   []*catalog.Port          // same
	mates      map[string][]*door       // by the ID of such a one: all that share its calls
}

// door is one port with the line that it goes through.
type door struct {
	port *catalog.Port
	line Line
	gate *Gate
}

func newClient(department string, names *Names, doors []*door) *client {
	c := &client{department: department, names: names, doors: map[string]*door{}, fix: map[string]*catalog.Port{}, mates: map[string][]*door{}}
	type place struct {
		line            Line
		operation, path string
	}
	first := map[place]*catalog.Port{}
	for _, d := range doors {
		p := d.port
		c.doors[p.ID] = d
		at := place{d.line, p.Operation, p.Path}
		switch p.Operation {
		case "CORRECTION":
			c.fix[p.Matter] = p
		case "STATUS":
			if first[at] == nil {
				c.status = append(c.status, p)
			}
		case "WITHDRAW":
			if first[at] == nil {
				c.withdraw = append(c.withdraw, p)
			}
		}
		if first[at] == nil {
			first[at] = p
		}
		c.mates[first[at].ID] = append(c.mates[first[at].ID], d)
	}
	return c
}

// handles says whether anything but payments goes through the ports.
func (c *client) handles() bool {
	for _, d := range c.doors {
		if d.port.Operation != "PUSH" {
			return true
		}
	}
	return false
}

// usable is a port that makes the calls of those who share line and path with p:
// p, or another if p is paused. The calls stop when all of them are.
func (c *client) usable(p *catalog.Port) *catalog.Port {
	for _, d := range c.mates[p.ID] {
		if d.gate.stopped() == nil {
			return d.port
		}
	}
	return p
}

// through makes one call through a port: within its time-out, past its gate.
func (c *client) through(ctx context.Context, p *catalog.Port, call func(context.Context, Line) error) error {
	d := c.doors[p.ID]
	err := d.gate.pass(ctx, func(ctx context.Context) error {
		limited, cancel := context.WithTimeout(ctx, timeout(p))
		defer cancel()
		return call(limited, d.line)
	})
	if err != nil && errors.Is(ctx.Err(), context.Canceled) { // the caller has gone; nobody was silent
		return fmt.Errorf("ask %s: %w", c.department, ctx.Err())
	}
	if r, ok := errors.AsType[*Refusal](err); ok {
		return c.meaning(r).Because(err)
	}
	return err
}

// meaning is what a refusal means where the operation gives it no other meaning.
func (c *client) meaning(r *Refusal) *fault.Fault {
	switch r.Reason {
	case ItemDeliveredOtherwise:
		return DeliveredOtherwise(c.department)
	case ItemDecided:
		return TooLate(c.department)
	case ItemUnknown:
		return UnknownItem(c.department)
	case BatchPushedOtherwise:
		return PushedOtherwise(c.department)
	}
	return Refused(c.department)
}

// Deliver implements [Department].
func (c *client) Deliver(ctx context.Context, item Delivery) (Receipt, error) {
	fields, err := c.names.Send(item.Matter, item.Answers)
	if err != nil {
		return Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, err)
	}
	p := c.names.SubmitPort(item.Matter)
	if fix := c.fix[item.Matter]; item.Round > 0 && fix != nil {
		p = fix
	}
	if err := c.doors[p.ID].gate.takes(item.Again); err != nil {
		return Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, err)
	}
	materials := item.Materials
	if materials == nil {
		materials = []string{}
	}
	body := Item{
		ID: item.ItemID, Round: item.Round, Case: item.CaseNumber, Matter: item.Matter, Applicant: item.Applicant.Reveal(),
		Fields: fields, Materials: materials, Callback: item.Callback,
	}
	var s Slip
	err = c.through(ctx, p, func(ctx context.Context, l Line) (err error) {
		if s, err = l.Deliver(ctx, p, body); err == nil && (s.Item != item.ItemID || s.Number == "" || len(s.Number) > maxNumber || s.ReceivedAt.IsZero()) {
			err = Garbled(c.department).Because(errors.New("not a receipt of this item"))
		}
		return err
	})
	if err != nil {
		return Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, err)
	}
	return Receipt{ItemID: s.Item, Number: s.Number, ReceivedAt: s.ReceivedAt, DueAt: s.DueAt}, nil
}

// Withdraw implements [Department]. An item is known by its ID alone, so every
// place where items are withdrawn is asked until one knows it.
func (c *client) Withdraw(ctx context.Context, itemID string) (Answer, error) {
	var unknown, away error
	for _, p := range c.withdraw {
		a, err := c.withdrawAt(ctx, c.usable(p), itemID)
		switch f := fault.Of(err); {
		case err == nil:
			return a, nil
		case f.Reason == "ITEM_UNKNOWN":
			unknown = err
		case f.Kind == fault.Unavailable:
			away = errors.Join(away, err)
		default:
			return a, fmt.Errorf("withdraw item %s: %w", itemID, err)
		}
	}
	if away == nil {
		away = unknown // one that is away may be the one that knows it
	}
	if away == nil {
		away = UnknownItem(c.department)
	}
	return Answer{}, fmt.Errorf("withdraw item %s: %w", itemID, away)
}

func (c *client) withdrawAt(ctx context.Context, p *catalog.Port, itemID string) (Answer, error) {
	var a Answer
	err := c.through(ctx, p, func(ctx context.Context, l Line) error {
		m, err := l.Withdraw(ctx, p, itemID)
		if r, ok := errors.AsType[*Refusal](err); ok && r.Reason == ItemDecided && r.Item != nil {
			m = *r.Item
		} else if err != nil {
			return err
		}
		said, bad := c.names.Answer(m)
		if bad == nil && said.ItemID != itemID {
			bad = errors.New("an answer about another item")
		}
		if bad != nil {
			return Garbled(c.department).Because(bad)
		}
		a = said
		return err
	})
	return a, err
}

// Status implements [Department].
func (c *client) Status(ctx context.Context, itemIDs []string) ([]Answer, error) {
	type part struct {
		port *catalog.Port
		ids  []string
	}
	var parts []part
	for _, p := range c.status {
		for ids := range chunks(itemIDs, p.Batch) {
			parts = append(parts, part{c.usable(p), ids})
		}
	}
	found, failed := make([]map[string]Answer, len(parts)), make([]error, len(parts))
	var g errgroup.Group
	g.SetLimit(sideBySide)
	for i, part := range parts {
		g.Go(func() error {
			found[i], failed[i] = c.statusOf(ctx, part.port, part.ids)
			return nil
		})
	}
	_ = g.Wait()
	if err := errors.Join(failed...); err != nil && !slices.Contains(failed, nil) { // where one answers, another's silence is no reason not to hear it
		return nil, fmt.Errorf("status of %d items: %w", len(itemIDs), err)
	}
	answers := make([]Answer, len(itemIDs))
	for i, id := range itemIDs {
		for _, f := range found {
			if a, ok := f[id]; ok && a.Sequence > answers[i].Sequence {
				answers[i] = a
			}
		}
	}
	return answers, nil
}

func (c *client) statusOf(ctx context.Context, p *catalog.Port, ids []string) (map[string]Answer, error) {
	found := make(map[string]Answer, len(ids))
	return found, c.through(ctx, p, func(ctx context.Context, l Line) error {
		said, err := l.Status(ctx, p, ids)
		if err != nil {
			return err
		}
		for _, m := range said {
			a, err := c.names.Answer(m)
			if err != nil {
				return Garbled(c.department).Because(err)
			}
			found[a.ItemID] = a
		}
		return nil
	})
}

// timeout is the port's own, or the usual ten seconds.
func timeout(p *catalog.Port) time.Duration {
	if p.TimeoutMS > 0 {
		return time.Duration(p.TimeoutMS) * time.Millisecond
	}
	return usualTimeout
}

// chunks cuts a list into pieces of at most n; a port without a batch takes one.
func chunks[T any](list []T, n int) iter.Seq[[]T] { return slices.Chunk(list, max(n, 1)) }
