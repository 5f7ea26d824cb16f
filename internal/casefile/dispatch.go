package casefile

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
)

// checker is who gives an item back because of what its department answered
// before it was sent. No officer has seen it.
const checker = "dispatch"

// Check is what a department is to be asked before an item is sent to it; nil if
// nothing, or if it has answered for this round already.
func (d *Desk) Check(ctx context.Context, itemID string) (department string, q *port.Question, err error) {
	it, err := d.Store.Read.Item.Get(ctx, itemID)
	if err != nil {
		return "", nil, fmt.Errorf("item: %w", err)
	}
	if it.State != lifecycle.ItemReady || it.Checked != "" || it.ReceiptNo != "" || it.Withdrawing {
		return it.Department, nil, nil
	}
	rule, err := d.before(ctx, it)
	if rule == nil || err != nil {
		return it.Department, nil, err
	}
	v, err := d.Profile.Get(ctx, it.VeteranID)
	if err != nil {
		return "", nil, err
	}
	number, err := d.Profile.Number(v)
	if err != nil {
		return "", nil, err
	}
	return it.Department, &port.Question{Ref: it.ID, CitizenNumber: number, Lookups: []string{rule.Lookup}}, nil
}

// before is what the catalogue of an item's case asks before it is sent; nil if
// nothing.
func (d *Desk) before(ctx context.Context, it *gen.Item) (*catalog.BeforeDispatch, error) {
	if m := d.Shelf.Current().Matter(it.Matter); m != nil && m.BeforeDispatch == nil {
		return nil, nil // most matters: no row is read for them
	}
	c, err := d.Store.Read.CaseFile.Get(ctx, it.CaseID)
	if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	cat, err := d.Shelf.Get(ctx, c.CatalogVersion)
	if err != nil {
		return nil, err
	}
	if m := cat.Matter(it.Matter); m != nil {
		return m.BeforeDispatch, nil
	}
	return nil, nil
}

// Checked takes what a department answered before an item was sent, and says
// whether it may be sent now. If not, the person has it, with what to do first; it
// is asked again when they say that it is done, and on the last day. An answer that
// the catalogue does not know decides nothing: the item waits, the hub owes the
// next word, and a named person looks at it once that is late.
func (d *Desk) Checked(ctx context.Context, itemID string, r port.Record) (goes bool, err error) {
	it, err := d.Store.Read.Item.Get(ctx, itemID)
	if err != nil {
		return false, fmt.Errorf("item: %w", err)
	}
	rule, err := d.before(ctx, it)
	if err != nil {
		return false, err
	}
	value := ""
	if rule != nil {
		value = answeredBy(rule, r)
	}
	if rule == nil || rule.Answer(value) == nil {
		return false, fmt.Errorf("item %s: the answer before dispatch is none of the catalogue's", itemID)
	}
	err = d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error {
		it := w.item(itemID)
		if it.State != lifecycle.ItemReady || it.Checked != "" {
			return nil // meanwhile withdrawn, or answered by another attempt
		}
		it.Checked, it.CheckedAt = value, &w.now
		a := rule.Answer(value)
		w.note(it, "ITEM_CHECKED", "", a.Then, a.Say.Zh)
		if goes = a.Then == catalog.Send; goes {
			return nil
		}
		return w.hold(ctx, it, a.Say)
	})
	return goes && err == nil, err
}

// answeredBy is the answer in a department's record, as the rule names answers.
func answeredBy(rule *catalog.BeforeDispatch, r port.Record) string {
	if !r.Known {
		return rule.Unknown
	}
	v, said := r.Facts[rule.Fact]
	if said && v == nil {
		return rule.Unknown // it says that there is none
	}
	s, _ := v.(string)
	return s
}

// hold gives an item that was not sent to the person, who does something elsewhere
// first. It is no return of a department, and no silence ends it.
func (w *work) hold(ctx context.Context, it *gen.Item, why catalog.Text) error {
	earlier, err := w.tx.Ent.Correction.Query().Where(correction.ItemID(it.ID)).Count(all(ctx))
	if err != nil {
		return fmt.Errorf("earlier returns: %w", err)
	}
	if err := w.move(it, lifecycle.ItemCorrection, why.Zh); err != nil {
		return err
	}
	w.heldEn = map[string]string{it.ID: why.En}
	it.Words = words.Clip(why.Zh, 1000)
	due := w.desk.Calendar().Due(w.today(), w.desk.limits().Correction.Workdays).Day
	row := w.tx.Ent.Correction.Create().SetID(store.NewID()).SetCaseID(w.file.ID).SetItemID(it.ID).SetRound(earlier).SetDefects(nil).
		SetWords(it.Words).SetReturnedBy(checker).SetReturnedAt(w.now).SetDueOn(due)
	if err := row.Exec(ctx); err != nil {
		return fmt.Errorf("hold: %w", err)
	}
	return nil
}

// askAgain lets a held item be asked about again on its last day, nothing changed:
// what a machine held back no machine ends. Says whether it was such an item.
func (w *work) askAgain(ctx context.Context, it *gen.Item) (bool, error) {
	row, err := w.tx.Ent.Correction.Query().Where(correction.ItemID(it.ID), correction.AnsweredAtIsNil()).Order(correction.ByRound(desc)).First(all(ctx))
	if gen.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("the return: %w", err)
	}
	if row.ReturnedBy != checker {
		return false, nil
	}
	return true, w.resend(ctx, it, row, map[string]any{}, nil)
}

// DispatchCheck is what a department answered right before an item was sent.
type DispatchCheck struct {
	Answer string
	SentAs *string // nil: it is held
	Held   bool
	Words  words.Text
	At     time.Time
}

// DispatchCheckOf is what was answered before an item was sent in this round, for the
// person, the window and the department; nil for others, and if nothing was asked.
func (d *Desk) DispatchCheckOf(ctx context.Context, it *gen.Item) (*DispatchCheck, error) {
	v := access.From(ctx)
	if it.Checked == "" || it.CheckedAt == nil || v.Kind != access.Veteran && v.Kind != access.Clerk && v.Kind != access.Officer {
		return nil, nil
	}
	rule, err := d.before(all(ctx), it)
	if rule == nil || err != nil {
		return nil, err
	}
	a := rule.Answer(it.Checked)
	if a == nil {
		return nil, nil
	}
	out := &DispatchCheck{Answer: a.Value, Held: a.Then == catalog.Hold, Words: a.Say, At: *it.CheckedAt}
	if a.As != "" {
		out.SentAs = &a.As
	}
	return out, nil
}
