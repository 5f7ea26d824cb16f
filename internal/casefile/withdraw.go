package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/words"
)

// WithdrawItem takes one item back (撤回). One that its department does not have
// is taken back at once; else the department is asked, for it may have decided:
// until it answers the item is marked as being withdrawn. Faults: ITEM_NOT_FOUND,
// ITEM_STATE, MANDATE_REQUIRED, WORDS_TOO_LONG.
func (d *Desk) WithdrawItem(ctx context.Context, itemID, reason string) error {
	if err := access.Require(ctx, access.Withdraw); err != nil {
		return err
	}
	if err := checkWords(reason, false, "reason"); err != nil {
		return err
	}
	it, err := d.visible(ctx, itemID)
	if err != nil {
		return err
	}
	if ctx, err = d.actFor(ctx, it.VeteranID, []string{it.Matter}, nil); err != nil {
		return err
	}
	return d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error {
		if err := stillActs(ctx, w.tx); err != nil {
			return err
		}
		return w.withdraw(w.item(itemID), reason)
	})
}

// WithdrawCase takes a case back: every item that has not ended. What is granted
// stays. Faults: CASE_NOT_FOUND, CASE_STATE, MANDATE_REQUIRED, WORDS_TOO_LONG.
func (d *Desk) WithdrawCase(ctx context.Context, caseID, reason string) error {
	if err := access.Require(ctx, access.Withdraw); err != nil {
		return err
	}
	if err := checkWords(reason, false, "reason"); err != nil {
		return err
	}
	c, err := d.Get(ctx, caseID)
	if err != nil {
		return err
	}
	if ctx, err = d.actFor(ctx, c.VeteranID, c.Matters, nil); err != nil {
		return err
	}
	return d.handle(ctx, caseID, func(ctx context.Context, w *work) error {
		if err := stillActs(ctx, w.tx); err != nil {
			return err
		}
		if w.file.State != lifecycle.CaseInProgress {
			w.file.Reason = words.Clip(reason, 1000)
			err := w.tx.Ent.PreReview.Update().Where(prereview.CaseID(caseID), prereview.EndedAtIsNil()).SetEndedAt(w.now).SetWords("申请人撤回，不再预审。").Exec(all(ctx))
			if err != nil {
				return fmt.Errorf("pre-reviews: %w", err)
			}
			return w.moveCase(lifecycle.CaseWithdrawn, reason)
		}
		for _, it := range w.items {
			if it.State.Ended() || it.Withdrawing {
				continue
			}
			if err := w.withdraw(it, reason); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *work) withdraw(it *gen.Item, reason string) error {
	if err := lifecycle.MoveItem(it.State, lifecycle.ItemWithdrawn, w.by); err != nil {
		return err
	}
	if it.State == lifecycle.ItemWaiting || it.DispatchedAt == nil && (it.State == lifecycle.ItemReady || it.State == lifecycle.ItemCorrection) {
		it.Words = words.Clip(reason, 1000)
		return w.move(it, lifecycle.ItemWithdrawn, reason)
	}
	if it.Withdrawing {
		return nil
	}
	it.Withdrawing = true
	w.note(it, "ITEM_WITHDRAWING", "", "", reason)
	w.recall = append(w.recall, it.ID)
	return nil
}

// Recall says of an item whether its department's system is to be asked to let go
// of it: because the applicant wants it back, or because it has ended at our desk.
func (d *Desk) Recall(ctx context.Context, itemID string) (department string, wanted bool, err error) {
	it, err := d.Store.Read.Item.Get(ctx, itemID)
	if err != nil {
		return "", false, fmt.Errorf("item: %w", err)
	}
	return it.Department, it.Withdrawing || endedHere(it), nil
}

// Recalled takes a department's answer to a recall: that it lets go (found or not),
// or that it has decided.
func (d *Desk) Recalled(ctx context.Context, itemID string, a port.Answer, decided bool) error {
	it, err := d.Store.Read.Item.Get(ctx, itemID)
	if err != nil {
		return fmt.Errorf("item: %w", err)
	}
	ctx = asDepartment(ctx, it.Department)
	return d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error {
		it := w.item(itemID)
		switch {
		case it.State.Ended():
			if decided && a.State.Decided() && a.Sequence > it.Sequence && (a.State == port.Approved) != it.State.Granted() {
				it.Sequence = a.Sequence
				return w.late(ctx, it, a)
			}
			return nil
		case !it.Withdrawing:
			return nil
		case decided:
			it.Withdrawing = false
			w.note(it, "ITEM_WITHDRAWAL_REFUSED", "", "", "部门已经办结，不能撤回。")
			return w.answer(ctx, it, a)
		}
		it.Sequence = max(it.Sequence, a.Sequence)
		return w.move(it, lifecycle.ItemWithdrawn, "")
	})
}
