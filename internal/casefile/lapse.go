package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// lapseBatch is how many cases one look of Lapse handles before it looks again.
const lapseBatch = 200

// Lapse does what time alone does: a return that was not answered in time ends its
// item (one that was only held back before it was sent is asked about again), a promised paper that did not come ends the items that need it (容缺受理),
// an acceptance that nobody spoke about is deemed given on the day the papers came
// in (行政许可法 32). It may run as often as one likes. One case that fails does not
// stop the others.
func (d *Desk) Lapse(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "lapse")
	var failed []error
	for after := ""; ; {
		rows, err := d.Store.Read.Obligation.Query().Where(
			obligation.EndedAtIsNil(), obligation.WordByLTE(d.Now().UTC()), obligation.IDGT(after),
			obligation.Or(obligation.OwedByEQ(obligation.OwedByAPPLICANT), obligation.KindEQ(obligation.KindACCEPTANCE)),
		).Order(obligation.ByID()).Limit(lapseBatch).All(ctx)
		if err != nil {
			return fmt.Errorf("what has lapsed: %w", err)
		}
		for _, o := range rows {
			if err := d.handle(ctx, o.CaseID, func(ctx context.Context, w *work) error { return w.lapse(ctx, o.ID) }); err != nil {
				failed = append(failed, fmt.Errorf("case %s: %w", o.CaseID, err))
			}
		}
		if len(rows) < lapseBatch {
			return fault.Join(failed...)
		}
		after = rows[len(rows)-1].ID
	}
}

func (w *work) lapse(ctx context.Context, id string) error {
	for _, o := range w.owed {
		if o.ID != id || o.EndedAt != nil || o.WordBy.After(w.now) {
			continue
		}
		switch {
		case o.Kind == obligation.KindACCEPTANCE:
			on := w.desk.Calendar().AcceptedOn(*w.file.SubmittedAt, w.desk.Closing)
			return w.accept(ctx, on, "逾期未告知是否受理，自收到申请材料之日起即为受理（《行政许可法》第三十二条）。")
		case o.Kind == obligation.KindMAKE_UP:
			w.end(o, "LAPSE")
			return w.missed(ctx, o.Matter)
		case o.OwedBy == obligation.OwedByAPPLICANT && o.Kind == obligation.KindRESULT:
			it := w.item(o.ItemID)
			if it.State != lifecycle.ItemCorrection {
				return nil
			}
			if again, err := w.askAgain(ctx, it); again || err != nil {
				return err
			}
			return w.terminate(it, "逾期未补正，终止办理。")
		}
	}
	return nil
}

// missed ends the items that need a paper which was promised and did not come.
func (w *work) missed(ctx context.Context, paper string) error {
	for _, it := range w.items {
		papers, err := w.desk.papers(all(ctx), it)
		if err != nil {
			return err
		}
		for _, p := range papers {
			if p == paper && !it.State.Ended() {
				if err := w.terminate(it, "承诺补交的材料逾期未交（"+paper+"），终止办理。"); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (w *work) terminate(it *gen.Item, reason string) error {
	it.Words = reason
	if it.DispatchedAt != nil {
		w.recall = append(w.recall, it.ID)
	}
	return w.move(it, lifecycle.ItemTerminated, reason)
}

// Drift reckons the deadlines of cases whose clock stands somewhere: while it
// does, they move on with every working day.
func (d *Desk) Drift(ctx context.Context) error {
	ctx = access.AsMachine(ctx, "drift")
	var cases []string
	err := d.Store.Read.Pause.Query().Where(pause.FromDayLT(workday.FromTime(d.Now())), pause.ToDayIsNil()).
		Unique(true).Order(pause.ByCaseID()).Select(pause.FieldCaseID).Scan(ctx, &cases)
	if err != nil {
		return fmt.Errorf("clocks that stand: %w", err)
	}
	var failed []error
	for _, id := range cases {
		if err := d.handle(ctx, id, func(_ context.Context, w *work) error { w.paused = true; return nil }); err != nil {
			failed = append(failed, fmt.Errorf("case %s: %w", id, err))
		}
	}
	return fault.Join(failed...)
}
