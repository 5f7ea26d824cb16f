package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Mandates tells under which mandate a clerk acts for a veteran (帮办代办). Act
// finds the one that is in force today and covers all matters (codes or slugs) and
// all fields, and answers access.ActFor with it; for any other viewer it answers
// the context as it is. Faults: MANDATE_REQUIRED, MANDATE_TOO_NARROW.
type Mandates interface {
	Act(ctx context.Context, veteranID string, matters, fields []string) (context.Context, error)
}

// actFor is [Mandates.Act] of the desk. Without mandates no clerk acts for anybody.
func (d *Desk) actFor(ctx context.Context, veteranID string, matters, fields []string) (context.Context, error) {
	if d.Mandates != nil {
		return d.Mandates.Act(ctx, veteranID, matters, fields)
	}
	if v := access.From(ctx); v != nil && v.Kind == access.Clerk {
		return ctx, mandateRequired()
	}
	return ctx, nil
}

// stillActs says whether the mandate found by actFor is in force within a
// transaction. Asked once the veteran's row is locked, which who revokes a mandate
// locks too, the answer holds until the transaction ends.
func stillActs(ctx context.Context, tx store.Tx) error {
	v := access.From(ctx)
	if v == nil || v.Mandate == "" {
		return nil
	}
	ok, err := tx.Ent.Mandate.Query().Where(mandate.ID(v.Mandate), mandate.VeteranID(v.Principal), mandate.StateEQ(mandate.StateACTIVE)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("mandate: %w", err)
	}
	if !ok {
		return mandateRequired()
	}
	return nil
}

// filedFor tells the veteran that a clerk has filed a case for them, so that what
// they did not want is seen at once.
func (w *work) filedFor(ctx context.Context) []notify.Notice {
	v := access.From(ctx)
	if !w.fresh || v == nil || v.Mandate == "" {
		return nil
	}
	return []notify.Notice{{
		VeteranID: w.file.VeteranID, CaseID: w.file.ID, Division: w.file.Division, Kind: "MANDATE_USED", Facts: map[string]string{"number": w.file.Number},
	}}
}

func mandateRequired() error {
	return fault.New(fault.Denied, "MANDATE_REQUIRED", "代办需要退役军人本人的有效委托，请先申请并确认。",
		"Acting for a veteran needs a mandate in force; ask for one and have it confirmed.")
}
