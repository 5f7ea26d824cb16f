package submission

import (
	"context"
	"fmt"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

type recaller struct {
	river.WorkerDefaults[Recall]
	carrier *Carrier
}

// Work is [Carrier.TakeBack].
func (r *recaller) Work(ctx context.Context, job *river.Job[Recall]) error {
	return r.carrier.TakeBack(ctx, job.Args.Item)
}

// TakeBack asks a department to let go of an item that the applicant wants back, or
// that has ended at our desk. It may have decided meanwhile: then that is applied.
// An item it does not know is let go of already; should one that was on its way
// arrive after all, its receipt brings another recall.
func (c *Carrier) TakeBack(ctx context.Context, id string) error {
	ctx = access.AsMachine(ctx, "recall")
	code, wanted, err := c.Desk.Recall(ctx, id)
	if err != nil || !wanted {
		return err
	}
	answer, err := c.Departments.Get(code).Withdraw(ctx, id)
	decided := false
	switch f := fault.Of(err); {
	case err == nil, f.Kind == fault.NotFound:
	case f.Reason == "ITEM_DECIDED":
		decided = true
	default:
		return fmt.Errorf("recall item %s from %s: %s", id, code, f.Reason)
	}
	return c.Desk.Recalled(ctx, id, answer, decided)
}
