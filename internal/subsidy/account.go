package subsidy

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/ent/gen/paymentroll"
	"github.com/vetgraph/vetgraph/ent/gen/subsidy"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// accountFields are the data elements of an account, checked as in any form.
var accountFields = []string{"bankName", "bankAccountNo", "bankAccountName"}

// CorrectAccount names another account for a payment that came back. It goes onto
// the next roll as a line of its own. Faults: SUBSIDY_NOT_FOUND,
// SUBSIDY_NOT_RETURNED, ACCOUNT_UNFIT.
func (d *Desk) CorrectAccount(ctx context.Context, id string, to Account) (*gen.Subsidy, error) {
	if err := access.Require(ctx, access.CorrectAccount); err != nil {
		return nil, err
	}
	s, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if to, err = d.check(ctx, s.VeteranID, to); err != nil {
		return nil, err
	}
	err = d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockCase(ctx, s.CaseID); err != nil {
			return err
		}
		was, err := tx.Ent.Subsidy.Get(ctx, id)
		if err != nil {
			return fmt.Errorf("subsidy: %w", err)
		}
		if was.State != subsidy.StateRETURNED {
			return fault.New(fault.Conflict, "SUBSIDY_NOT_RETURNED", "这笔补助金没有被退回，不能更换账户。", "This subsidy was not returned, so its account stays.")
		}
		now, err := tx.Ent.Subsidy.UpdateOneID(id).SetState(subsidy.StateAPPROVED).AddAttempt(1).ClearReason().ClearPushedAt().ClearReturnedAt().Save(ctx)
		if err != nil {
			return fmt.Errorf("another account: %w", err)
		}
		if err := d.enrol(ctx, tx, now, to); err != nil {
			return err
		}
		return d.happened(ctx, tx, now, was.State, now.State, "")
	})
	d.changed(s.CaseID, err)
	if err != nil {
		return nil, err
	}
	return d.Get(ctx, id)
}

// check reads an account as a form would: the holder is the person.
func (d *Desk) check(ctx context.Context, veteranID string, to Account) (Account, error) {
	v, err := d.Profile.Get(ctx, veteranID)
	if err != nil {
		return to, err
	}
	c := d.Catalog()
	f := &form.Form{CatalogVersion: c.Version, On: workday.FromTime(d.Now())}
	for _, id := range accountFields {
		field := c.Field(id)
		if field == nil {
			return to, fmt.Errorf("the catalogue has no field %s", id)
		}
		f.Sections = append(f.Sections, form.Section{Group: field.Group, Fields: []form.Field{{ID: id, Name: field.Name, Type: field.Type, Fill: form.Ask, Required: true}}})
	}
	if err := f.Bind(c, map[string]form.Known{"name": {Value: v.Name, Source: v.Source}}); err != nil {
		return to, fmt.Errorf("read an account: %w", err)
	}
	values, problems := form.Validate(f, []form.Answer{
		{Field: "bankName", Value: to.Bank}, {Field: "bankAccountNo", Value: to.Number}, {Field: "bankAccountName", Value: to.Holder},
	}, form.Against{Divisions: d.Divisions})
	for _, p := range problems {
		return to, fault.Newf(fault.Invalid, "ACCOUNT_UNFIT", "账户信息不合格：%[1]s", "The account does not fit: %[2]s", p.Zh, p.En).At("input", p.Field)
	}
	return accountOf(values), nil
}

// Tail is the last four digits of the account that a subsidy goes to, for the
// person and for officers of the department; empty for anybody else who sees it.
func (d *Desk) Tail(ctx context.Context, s *gen.Subsidy) (string, error) {
	v := access.From(ctx)
	if v == nil || v.Kind != access.Veteran && v.Kind != access.Officer {
		return "", nil
	}
	ctx = access.AsMachine(ctx, machine) // who sees the row has been decided
	l, err := d.Store.Read.PaymentLine.Query().Where(paymentline.SubsidyID(s.ID), paymentline.Attempt(s.Attempt)).Only(ctx)
	if err != nil {
		return "", fmt.Errorf("payment line: %w", err)
	}
	a, err := d.open(l.ID, l.AccountSealed)
	if err != nil {
		return "", err
	}
	return a.Number[max(0, len(a.Number)-4):], nil
}

// Rolls returns up to first rolls that the viewer supervises or answers for, the
// newest first, after the ID given, and whether there are more.
func (d *Desk) Rolls(ctx context.Context, first int, after string) ([]*gen.PaymentRoll, bool, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, false, err
	}
	q := d.Store.Read.PaymentRoll.Query().Order(gen.Desc(paymentroll.FieldID)).Limit(first + 1)
	if after != "" {
		q.Where(paymentroll.IDLT(after))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of rolls: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// Returned is why the money of a subsidy came back, in words; nil if it did not.
func (d *Desk) Returned(s *gen.Subsidy) *words.Text {
	if s.State != subsidy.StateRETURNED {
		return nil
	}
	r := d.Parameters.returned(s.Reason)
	return &words.Text{Zh: r.Zh, En: r.En}
}
