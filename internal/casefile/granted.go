package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Follower does what comes after a decision for the applicant, such as paying
// money, from the transaction that grants the item.
type Follower interface {
	Granted(ctx context.Context, tx store.Tx, it *gen.Item) error
}

// follow tells the follower of the items that are granted now and were not before.
func (w *work) follow(ctx context.Context) error {
	if w.desk.Follower == nil {
		return nil
	}
	for _, it := range w.items {
		if was, read := w.wasItems[it.ID]; !read || was.State.Granted() || !it.State.Granted() {
			continue
		}
		if err := w.desk.Follower.Granted(ctx, w.tx, it); err != nil {
			return fmt.Errorf("what follows %s: %w", it.Matter, err)
		}
	}
	return nil
}

// Particulars is an item with everything that its department knows of it: the
// answers of its case, overlaid with the results of the items that came before.
// It is for the hub itself.
func (d *Desk) Particulars(ctx context.Context, itemID string) (*gen.Item, map[string]any, error) {
	it, err := d.Store.Read.Item.Query().Where(item.ID(itemID)).WithCase().Only(ctx)
	if err != nil {
		return nil, nil, fmt.Errorf("item: %w", err)
	}
	answers, err := d.answers(ctx, it)
	return it, answers, err
}
