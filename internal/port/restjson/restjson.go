// Package restjson speaks with departments whose ports take and answer JSON over HTTP.
//
// Below the department's base address, with a bearer token:
//
//	PUT  /items/{id}           Item           -> Receipt; kept before it is answered
//	POST /items/{id}/withdraw  {}             -> port.Message
//	POST /status               StatusQuestion -> StatusAnswer
//	POST /lookup               LookupQuestion -> LookupAnswer
//
// A port of the catalogue may name another path, a timeout and a batch size.
// Lookups that share a path share a call, however many persons and lookups.
// Results come by callback, a port.Message signed by port.SignCallback. A return
// lists what is amiss in faults: a field under the name it was sent by, or a
// material code, each with words. Corrections are the same item again with the
// next round, through the CORRECTION port where the catalogue has one.
package restjson

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// Kind is what the catalogue calls this kind of port.
const Kind = "rest-json"

// sideBySide is how many calls of one question may be under way at a department.
const sideBySide = 4

type department struct {
	*client
	names    *port.Names
	fix      map[string]*catalog.Port // CORRECTION port by matter
	status   []*catalog.Port          // one for each path
	withdraw *catalog.Port
}

// Open returns the client of one department; it is a [port.Kind]. It makes no call.
func Open(s port.Setup) (port.Department, error) {
	s.Endpoint.URL = strings.TrimSuffix(s.Endpoint.URL, "/")
	d := &department{client: newClient(s), names: port.NamesOf(s.Catalog, s.Department), fix: map[string]*catalog.Port{}, withdraw: new(catalog.Port)}
	paths := map[string]bool{}
	for _, p := range s.Catalog.Ports {
		if p.Department != s.Department {
			continue
		}
		switch p.Operation {
		case "CORRECTION":
			d.fix[p.Matter] = p
		case "WITHDRAW":
			// Items are withdrawn by their ID alone, so one path must do for all.
			if d.withdraw.ID != "" && d.withdraw.Path != p.Path {
				return nil, fmt.Errorf("%s: WITHDRAW ports with several paths: %s, %s", s.Department, d.withdraw.ID, p.ID)
			}
			d.withdraw = p
		case "STATUS":
			if !paths[p.Path] {
				paths[p.Path] = true
				d.status = append(d.status, p)
			}
		}
	}
	return d, nil
}

// Deliver implements [port.Department].
func (d *department) Deliver(ctx context.Context, item port.Delivery) (port.Receipt, error) {
	fields, err := d.names.Send(item.Matter, item.Answers)
	if err != nil {
		return port.Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, err)
	}
	p := d.names.SubmitPort(item.Matter)
	path := Path(p, ItemPath)
	if fix := d.fix[item.Matter]; item.Round > 0 && fix != nil {
		p, path = fix, Path(fix, ItemPath)
	}
	materials := item.Materials
	if materials == nil {
		materials = []string{}
	}
	body := Item{
		Round: item.Round, Case: item.CaseNumber, Matter: item.Matter, Applicant: item.Applicant.Reveal(),
		Fields: fields, Materials: materials, Callback: item.Callback,
	}
	var r Receipt
	if err := d.call(ctx, http.MethodPut, withID(path, item.ItemID), timeout(p), body, &r); err != nil {
		return port.Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, d.asFault(err))
	}
	if r.Item != item.ItemID || r.Number == "" || len(r.Number) > 100 || r.ReceivedAt.IsZero() {
		return port.Receipt{}, fmt.Errorf("deliver item %s: %w", item.ItemID, port.Garbled(d.department).Because(errors.New("not a receipt of this item")))
	}
	return port.Receipt{ItemID: r.Item, Number: r.Number, ReceivedAt: r.ReceivedAt, DueAt: r.DueAt}, nil
}

// Withdraw implements [port.Department].
func (d *department) Withdraw(ctx context.Context, itemID string) (port.Answer, error) {
	var m port.Message
	err := d.call(ctx, http.MethodPost, withID(Path(d.withdraw, WithdrawPath), itemID), timeout(d.withdraw), struct{}{}, &m)
	if r, ok := errors.AsType[*refused](err); ok && r.Reason == ItemDecided && r.Item != nil {
		m = *r.Item
	} else if err != nil {
		return port.Answer{}, fmt.Errorf("withdraw item %s: %w", itemID, d.asFault(err))
	}
	a, bad := d.names.Answer(m)
	if bad == nil && a.ItemID != itemID {
		bad = errors.New("an answer about another item")
	}
	if bad != nil {
		return port.Answer{}, fmt.Errorf("withdraw item %s: %w", itemID, port.Garbled(d.department).Because(bad))
	}
	if err != nil {
		return a, fmt.Errorf("withdraw item %s: %w", itemID, d.asFault(err))
	}
	return a, nil
}

// Status implements [port.Department].
func (d *department) Status(ctx context.Context, itemIDs []string) ([]port.Answer, error) {
	type part struct {
		port *catalog.Port
		ids  []string
	}
	var parts []part
	for _, p := range d.status {
		for ids := range chunks(itemIDs, p.Batch) {
			parts = append(parts, part{p, ids})
		}
	}
	found := make([]map[string]port.Answer, len(parts))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for i, part := range parts {
		g.Go(func() (err error) {
			found[i], err = d.statusOf(ctx, part.port, part.ids)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("status of %d items: %w", len(itemIDs), err)
	}
	answers := make([]port.Answer, len(itemIDs))
	for i, id := range itemIDs {
		for _, f := range found {
			if a, ok := f[id]; ok && a.Sequence > answers[i].Sequence {
				answers[i] = a
			}
		}
	}
	return answers, nil
}

func (d *department) statusOf(ctx context.Context, p *catalog.Port, ids []string) (map[string]port.Answer, error) {
	var answer StatusAnswer
	if err := d.call(ctx, http.MethodPost, Path(p, StatusPath), timeout(p), StatusQuestion{Items: ids}, &answer); err != nil {
		return nil, d.asFault(err)
	}
	found := make(map[string]port.Answer, len(answer.Items))
	for _, m := range answer.Items {
		a, err := d.names.Answer(m)
		if err != nil {
			return nil, port.Garbled(d.department).Because(err)
		}
		found[a.ItemID] = a
	}
	return found, nil
}

// timeout is the port's own, or the usual ten seconds.
func timeout(p *catalog.Port) time.Duration {
	if p.TimeoutMS > 0 {
		return time.Duration(p.TimeoutMS) * time.Millisecond
	}
	return usualTimeout
}
