package submission

import (
	"context"
	"slices"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Outbox enqueues items within the transaction that makes them ready.
type Outbox struct{ Queue *queue.Queue }

// Enqueue adds one job for each item.
func (o *Outbox) Enqueue(ctx context.Context, tx store.Tx, itemIDs []string) error {
	jobs := make([]river.JobArgs, len(itemIDs))
	for i, id := range itemIDs {
		jobs[i] = Dispatch{Item: id}
	}
	return o.Queue.Insert(ctx, tx, jobs...)
}

// Recall adds one job for each item that its department is to let go of.
func (o *Outbox) Recall(ctx context.Context, tx store.Tx, itemIDs []string) error {
	jobs := make([]river.JobArgs, len(itemIDs))
	for i, id := range itemIDs {
		jobs[i] = Recall{Item: id}
	}
	return o.Queue.Insert(ctx, tx, jobs...)
}

// Again sees to it that items are delivered now which wait for another attempt or
// for a port that was held. It answers how many had no job any more and got one. To
// repeat it is harmless.
func (o *Outbox) Again(ctx context.Context, tx store.Tx, itemIDs []string) (int, error) {
	there, err := o.Queue.Hurry(ctx, tx, Dispatch{}, "item", itemIDs)
	if err != nil {
		return 0, err
	}
	missing := slices.DeleteFunc(slices.Clone(itemIDs), func(id string) bool { return there[id] })
	return len(missing), o.Enqueue(ctx, tx, missing)
}

// Ask adds a job that asks a department after its open items.
func (o *Outbox) Ask(ctx context.Context, tx store.Tx, department string) error {
	return o.Queue.Insert(ctx, tx, Inquire{Department: department})
}
