package casefile

import (
	"context"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/words"
)

// Delivery makes up what a department is sent of an item: the answers of the
// case, overlaid with the results of the items that came before. As long as no
// receipt has been noted it is made up again, with the same content: the
// department may have the item and may even have decided, and knows its number.
// The zero Delivery means that there is nothing to send any more.
func (d *Desk) Delivery(ctx context.Context, itemID string) (department string, out port.Delivery, err error) {
	it, err := d.Store.Read.Item.Query().Where(item.ID(itemID)).WithCase().Only(ctx)
	if err != nil {
		return "", port.Delivery{}, fmt.Errorf("item: %w", err)
	}
	if it.ReceiptNo != "" || it.Withdrawing || !slices.Contains(delivered, it.State) || endedHere(it) {
		return it.Department, port.Delivery{}, nil
	}
	answers, err := d.answers(ctx, it)
	if err != nil {
		return "", port.Delivery{}, err
	}
	v, err := d.Profile.Get(ctx, it.VeteranID)
	if err != nil {
		return "", port.Delivery{}, err
	}
	number, err := d.Profile.Number(v)
	if err != nil {
		return "", port.Delivery{}, err
	}
	papers, err := d.papers(ctx, it)
	if err != nil {
		return "", port.Delivery{}, err
	}
	if rule, err := d.before(ctx, it); err != nil {
		return "", port.Delivery{}, err
	} else if rule != nil && rule.Tells != "" {
		if a := rule.Answer(it.Checked); a != nil {
			answers[rule.Tells] = a.As
		}
	}
	return it.Department, port.Delivery{
		ItemID: it.ID, Round: it.Round, CaseNumber: it.Edges.Case.Number, Matter: it.Matter, Answers: answers, Materials: papers, Applicant: number,
	}, nil
}

// delivered are the states of items that are to be delivered, or that a
// department has or may have.
var delivered = []lifecycle.ItemState{
	lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended,
	lifecycle.ItemApproved, lifecycle.ItemRejected, lifecycle.ItemDelivered,
}

// endedHere says whether an item has ended otherwise than by a decision of its
// department's system: then that is not to work on it.
func endedHere(it *gen.Item) bool {
	return it.State.Ended() && it.DecidedBy != systemOf(it.Department)
}

// answers reads what an item carries; see [Desk.content].
func (d *Desk) answers(ctx context.Context, it *gen.Item) (map[string]any, error) {
	items, err := d.Items(ctx, []string{it.CaseID})
	if err != nil {
		return nil, fmt.Errorf("earlier results: %w", err)
	}
	returns, err := d.Store.Read.Correction.Query().Where(correction.CaseID(it.CaseID), correction.AnsweredAtNotNil()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("supplements: %w", err)
	}
	return d.content(it, items[it.CaseID], returns)
}

// ahead are the matters that an item had to wait for, and those that they had to.
func ahead(it *gen.Item, items []*gen.Item) map[string]bool {
	before := map[string]bool{}
	for queue := it.After; len(queue) > 0; queue = queue[1:] {
		if before[queue[0]] {
			continue
		}
		before[queue[0]] = true
		if i := slices.IndexFunc(items, func(o *gen.Item) bool { return o.Matter == queue[0] }); i >= 0 {
			queue = append(slices.Clone(queue), items[i].After...)
		}
	}
	return before
}

// papers lists the materials that an item needs.
func (d *Desk) papers(ctx context.Context, it *gen.Item) ([]string, error) {
	rows, err := d.Store.Read.Material.Query().Where(material.CaseID(it.CaseID)).Order(material.ByCode()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	var codes []string
	for _, m := range rows {
		for _, by := range m.NeededBy {
			if by == it.Matter {
				codes = append(codes, m.Code)
			}
		}
	}
	return codes, nil
}

// Sent notes that an item was sent and not confirmed: the department may have it.
func (d *Desk) Sent(ctx context.Context, itemID, reason string) error {
	if known, err := d.Store.Read.Item.Query().Where(item.ID(itemID), item.StateNEQ(lifecycle.ItemReady)).Exist(ctx); known || err != nil {
		return err
	}
	return d.note(ctx, itemID, func(w *work, it *gen.Item) error {
		if it.State != lifecycle.ItemReady {
			return nil
		}
		return w.move(it, lifecycle.ItemDispatched, reason)
	})
}

// Received notes a department's receipt for an item. Once it has been noted, or
// overtaken by a decision, it changes nothing but the receipt's number. A receipt
// for an earlier round says nothing of this one.
func (d *Desk) Received(ctx context.Context, itemID string, round int, r port.Receipt) error {
	return d.note(ctx, itemID, func(w *work, it *gen.Item) error {
		if it.ReceiptNo != "" || it.Round != round {
			return nil
		}
		at := r.ReceivedAt.UTC()
		it.ReceiptNo, it.ReceivedAt = words.Clip(r.Number, 80), &at
		if it.State == lifecycle.ItemReady {
			if err := w.move(it, lifecycle.ItemDispatched, ""); err != nil {
				return err
			}
		}
		if it.State == lifecycle.ItemDispatched {
			return w.move(it, lifecycle.ItemReceived, "")
		}
		if endedHere(it) {
			w.recall = append(w.recall, it.ID) // it was on its way when it ended
		}
		return nil
	})
}

// note changes one item under its case's lock.
func (d *Desk) note(ctx context.Context, itemID string, f func(*work, *gen.Item) error) error {
	it, err := d.Store.Read.Item.Get(ctx, itemID)
	if err != nil {
		return fmt.Errorf("item: %w", err)
	}
	return d.handle(ctx, it.CaseID, func(_ context.Context, w *work) error { return f(w, w.item(itemID)) })
}

// Open lists items that a department has or may have and has not decided, in
// order of ID after the one given.
func (d *Desk) Open(ctx context.Context, department, after string, limit int) ([]string, error) {
	ids, err := d.Store.Read.Item.Query().Where(
		item.Department(department), item.IDGT(after),
		item.StateIn(lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemSuspended, lifecycle.ItemCorrection),
	).Order(item.ByID()).Limit(limit).IDs(ctx)
	if err != nil {
		return nil, fmt.Errorf("open items of %s: %w", department, err)
	}
	return ids, nil
}
