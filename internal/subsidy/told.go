package subsidy

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/ent/gen/subsidy"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

// under does something to a subsidy and one of its lines, as they stand under the
// lock of their case, and tells those who follow it.
func (d *Desk) under(ctx context.Context, lineID string, f func(context.Context, store.Tx, *gen.Subsidy, *gen.PaymentLine) error) error {
	l, err := d.Store.Read.PaymentLine.Query().Where(paymentline.ID(lineID)).WithSubsidy().Only(ctx)
	if gen.IsNotFound(err) {
		return fault.New(fault.NotFound, "PAYMENT_LINE_UNKNOWN", "没有这笔付款。", "There is no such payment.")
	} else if err != nil {
		return fmt.Errorf("payment line: %w", err)
	}
	caseID := l.Edges.Subsidy.CaseID
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockCase(ctx, caseID); err != nil {
			return err
		}
		now, err := tx.Ent.PaymentLine.Get(ctx, lineID)
		if err != nil {
			return fmt.Errorf("payment line: %w", err)
		}
		s, err := tx.Ent.Subsidy.Get(ctx, now.SubsidyID)
		if err != nil {
			return fmt.Errorf("subsidy: %w", err)
		}
		return f(ctx, tx, s, now)
	})
	d.changed(caseID, err)
	return err
}

// onTheWay notes that a line was pushed; once the bank has spoken, or it was noted
// before, nothing changes.
func (d *Desk) onTheWay(ctx context.Context, l *gen.PaymentLine) error {
	return d.under(ctx, l.ID, func(ctx context.Context, tx store.Tx, s *gen.Subsidy, l *gen.PaymentLine) error {
		if s.State != subsidy.StateAPPROVED || s.Attempt != l.Attempt {
			return nil
		}
		return d.sent(ctx, tx, s)
	})
}

func (d *Desk) sent(ctx context.Context, tx store.Tx, s *gen.Subsidy) error {
	now, err := tx.Ent.Subsidy.UpdateOneID(s.ID).SetState(subsidy.StatePUSHED).SetPushedAt(d.Now().UTC()).Save(ctx)
	if err != nil {
		return fmt.Errorf("push a subsidy: %w", err)
	}
	if err := d.owe(ctx, tx, now); err != nil {
		return err
	}
	return d.happened(ctx, tx, now, s.State, subsidy.StatePUSHED, "")
}

// Apply takes the bank's word about a line, from a callback or from a question of
// ours. It may come twice, late, or before the finance department's receipt. A line
// that has ended stays as it is; a word against it becomes a task of a named
// person, for money is involved. Faults: PAYMENT_LINE_UNKNOWN.
func (d *Desk) Apply(ctx context.Context, o port.Outcome) error {
	ctx = access.AsMachine(ctx, "party/"+d.Parameters.Bank)
	if !o.State.Settled() {
		return nil
	}
	var against *gen.Subsidy
	err := d.under(ctx, o.Line, func(ctx context.Context, tx store.Tx, s *gen.Subsidy, l *gen.PaymentLine) error {
		if l.State != paymentline.StateWAITING {
			if string(l.State) != string(o.State) {
				against = s
			}
			return nil
		}
		if s.State == subsidy.StateAPPROVED { // it has the line, so it was pushed
			if err := d.sent(ctx, tx, s); err != nil {
				return err
			}
			s.State = subsidy.StatePUSHED
		}
		return d.settle(ctx, tx, s, l, o)
	})
	if err != nil || against == nil {
		return err
	}
	it := &gen.Item{ID: against.ItemID, CaseID: against.CaseID, Department: against.Department, Division: against.Division}
	return d.stuck(ctx, it, o.Line, fmt.Sprintf("银行对同一笔补助金先后答复不一致，最新为 %s：请与银行核实，确认只付一次。", o.State))
}

// settle ends a line and with it the attempt.
func (d *Desk) settle(ctx context.Context, tx store.Tx, s *gen.Subsidy, l *gen.PaymentLine, o port.Outcome) error {
	now := d.Now().UTC()
	line := tx.Ent.PaymentLine.UpdateOneID(l.ID).SetState(paymentline.State(o.State)).SetReason(o.Reason).SetToldAt(now)
	change := tx.Ent.Subsidy.UpdateOneID(s.ID).SetState(subsidy.State(o.State)).SetReason(o.Reason)
	if o.State == port.LinePaid {
		line.SetPaidOn(o.On)
		change.SetPaidOn(o.On).ClearReason()
	} else {
		change.SetReturnedAt(now)
	}
	if err := line.Exec(ctx); err != nil {
		return fmt.Errorf("end a payment line: %w", err)
	}
	done, err := change.Save(ctx)
	if err != nil {
		return fmt.Errorf("end a payment: %w", err)
	}
	if err := d.heard(ctx, tx, done, string(o.State)); err != nil {
		return err
	}
	return d.happened(ctx, tx, done, s.State, subsidy.State(o.State), o.Reason)
}

// maxAsked is how many lines are asked after at a time; the port makes as few calls
// of them as it can.
const maxAsked = 500

// ask asks the bank after every line of which it has not spoken, a page at a time.
// One that it does not know yet is still on its way.
func (d *Desk) ask(ctx context.Context) error {
	bank := d.pushPort(d.Parameters.Bank)
	if bank == nil {
		return nil // only its callbacks are heard
	}
	for after := ""; ; {
		ids, err := d.Store.Read.PaymentLine.Query().Where(paymentline.StateEQ(paymentline.StateWAITING), paymentline.IDGT(after)).
			Order(paymentline.ByID()).Limit(maxAsked).IDs(ctx)
		if err != nil {
			return fmt.Errorf("waiting payments: %w", err)
		}
		if len(ids) == 0 {
			return nil
		}
		told, err := d.Ports.Outcomes(ctx, bank.ID, ids)
		if err != nil {
			return fmt.Errorf("ask the bank: %s", fault.Of(err).Reason)
		}
		for _, id := range ids {
			if o, ok := told[id]; ok {
				if err := d.Apply(ctx, o); err != nil {
					return err
				}
			}
		}
		if len(ids) < maxAsked {
			return nil
		}
		after = ids[len(ids)-1]
	}
}
