package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// visible is an item that the viewer may see. Faults: ITEM_NOT_FOUND.
func (d *Desk) visible(ctx context.Context, itemID string) (*gen.Item, error) {
	it, err := d.Store.Read.Item.Query().Where(item.ID(itemID)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, itemNotFound()
	} else if err != nil {
		return nil, fmt.Errorf("item: %w", err)
	}
	return it, nil
}

// onItem lets an officer do something to an item of their department.
func (d *Desk) onItem(ctx context.Context, itemID string, f func(context.Context, *work, *gen.Item) error) error {
	if err := access.Require(ctx, access.Decide); err != nil {
		return err
	}
	it, err := d.visible(ctx, itemID)
	if err != nil {
		return err
	}
	return d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error { return f(ctx, w, w.item(itemID)) })
}

// Decide ends an item at our desk. Its department's own system is told to let go
// of it. Faults: ITEM_NOT_FOUND, ITEM_STATE, WORDS_MISSING (a refusal states its
// reasons), WORDS_TOO_LONG.
func (d *Desk) Decide(ctx context.Context, itemID string, granted bool, number, words string) error {
	if err := checkWords(words, !granted, "words"); err != nil {
		return err
	}
	if len([]rune(number)) > 80 {
		return tooLong("resultNo", 80)
	}
	return d.onItem(ctx, itemID, func(ctx context.Context, w *work, it *gen.Item) error {
		w.recall = append(w.recall, it.ID) // also before a receipt is known: it may be on its way
		return w.decide(ctx, it, decision{granted: granted, number: number, words: words})
	})
}

// Return returns an item for correction, naming everything at once. Faults:
// ITEM_NOT_FOUND, ITEM_STATE, DEFECTS_MISSING, DEFECT_UNKNOWN,
// DEFECT_CODE_UNKNOWN, DEFECT_WORDS, DEFECT_TWICE, DEFECTS_TOO_MANY.
func (d *Desk) Return(ctx context.Context, itemID string, found []lifecycle.Defect, words string) error {
	if err := checkWords(words, false, "words"); err != nil {
		return err
	}
	return d.onItem(ctx, itemID, func(ctx context.Context, w *work, it *gen.Item) error {
		cat, err := d.Shelf.Get(ctx, w.file.CatalogVersion)
		if err != nil {
			return err
		}
		papers, err := d.papers(all(ctx), it)
		if err != nil {
			return err
		}
		found, err := coded(cat, it.Matter, found)
		if err != nil {
			return err
		}
		if err := checkDefects(cat, it, papers, found); err != nil {
			return err
		}
		if it.State == lifecycle.ItemCorrection {
			return lifecycle.MoveItem(it.State, lifecycle.ItemCorrection, w.by)
		}
		return w.giveBack(ctx, it, found, words)
	})
}

// Suspend stops an item's clock (中止) for a reason and on a ground. Faults:
// ITEM_NOT_FOUND, ITEM_STATE, WORDS_MISSING, WORDS_TOO_LONG.
func (d *Desk) Suspend(ctx context.Context, itemID, reason, law string) error {
	if err := checkWords(reason, true, "reason"); err != nil {
		return err
	}
	if strings.TrimSpace(law) == "" {
		return fault.New(fault.Invalid, "LAW_MISSING", "请写明中止的依据。", "State the ground of the suspension.").At("input", "law")
	}
	if len([]rune(law)) > 200 {
		return tooLong("law", 200)
	}
	return d.onItem(ctx, itemID, func(_ context.Context, w *work, it *gen.Item) error {
		w.why(it.ID, reason, law)
		return w.move(it, lifecycle.ItemSuspended, reason)
	})
}

// Resume lets a suspended item go on; its clock runs again. Faults:
// ITEM_NOT_FOUND, ITEM_STATE.
func (d *Desk) Resume(ctx context.Context, itemID, words string) error {
	if err := checkWords(words, false, "words"); err != nil {
		return err
	}
	return d.onItem(ctx, itemID, func(_ context.Context, w *work, it *gen.Item) error {
		if it.State != lifecycle.ItemSuspended {
			return lifecycle.MoveItem(it.State, lifecycle.ItemSuspended, lifecycle.Applicant) // the table's own words for what cannot be
		}
		return w.move(it, lifecycle.ItemReceived, words)
	})
}

// Deliver notes that a result was handed over (送达). Faults: ITEM_NOT_FOUND,
// ITEM_STATE, WORDS_MISSING.
func (d *Desk) Deliver(ctx context.Context, itemID, how string) error {
	if err := checkWords(how, true, "words"); err != nil {
		return err
	}
	return d.onItem(ctx, itemID, func(_ context.Context, w *work, it *gen.Item) error {
		return w.move(it, lifecycle.ItemDelivered, how)
	})
}

// waiting lets an officer of the department that owes an acceptance speak about a
// case.
func (d *Desk) waiting(ctx context.Context, caseID string, f func(context.Context, *work) error) error {
	if err := access.Require(ctx, access.Decide); err != nil {
		return err
	}
	if _, err := d.Get(ctx, caseID); err != nil {
		return err
	}
	v := access.From(ctx)
	return d.handle(ctx, caseID, func(ctx context.Context, w *work) error {
		o := w.obligation(obligation.KindACCEPTANCE, "")
		if o == nil || w.file.State != lifecycle.CaseSubmitted {
			return lifecycle.MoveCase(w.file.State, lifecycle.CaseAccepted, "NOBODY")
		}
		if v.Kind == access.Officer && o.Department != v.Department {
			return access.NotAllowed()
		}
		return f(ctx, w)
	})
}

// Accept accepts a case that waits for an officer; its clock starts on the
// working day on which that is said. Faults: CASE_NOT_FOUND, CASE_STATE,
// MATTER_ALREADY_OPEN.
func (d *Desk) Accept(ctx context.Context, caseID, words string) error {
	if err := checkWords(words, false, "words"); err != nil {
		return err
	}
	return d.waiting(ctx, caseID, func(ctx context.Context, w *work) error {
		return w.accept(ctx, d.Calendar().AcceptedOn(d.Now(), d.Closing), words)
	})
}

// Refuse does not accept a case (不予受理), with reasons; the remedies are those of
// its matters. Faults: CASE_NOT_FOUND, CASE_STATE, WORDS_MISSING.
func (d *Desk) Refuse(ctx context.Context, caseID, reasons string) error {
	if err := checkWords(reasons, true, "reasons"); err != nil {
		return err
	}
	return d.waiting(ctx, caseID, func(_ context.Context, w *work) error {
		w.file.Reason = reasons
		return w.moveCase(lifecycle.CaseNotAccepted, reasons)
	})
}

// TakePapers notes that papers came in at the window, or at the department.
// Faults: CASE_NOT_FOUND, PAPER_UNKNOWN, CASE_STATE.
func (d *Desk) TakePapers(ctx context.Context, caseID string, codes []string) error {
	if err := access.Require(ctx, access.TakePapers); err != nil {
		return err
	}
	if _, err := d.Get(ctx, caseID); err != nil {
		return err
	}
	return d.handle(ctx, caseID, func(ctx context.Context, w *work) error {
		if w.file.State.Ended() {
			return lifecycle.MoveCase(w.file.State, lifecycle.CaseInProgress, w.by)
		}
		rows, err := w.tx.Ent.Material.Query().Where(material.CaseID(caseID)).All(all(ctx))
		if err != nil {
			return fmt.Errorf("papers: %w", err)
		}
		for _, code := range codes {
			i := slices.IndexFunc(rows, func(m *gen.Material) bool { return m.Code == code })
			if i < 0 {
				return fault.New(fault.Invalid, "PAPER_UNKNOWN", "本办件不要这份材料。", "This case does not ask for that paper.").At("input", "materials")
			}
			if rows[i].State == material.StateHELD {
				continue
			}
			if err := w.tx.Ent.Material.UpdateOneID(rows[i].ID).SetState(material.StateHELD).ClearWords().Exec(all(ctx)); err != nil {
				return fmt.Errorf("paper %s: %w", code, err)
			}
			w.note(nil, "PAPER_TAKEN", "", "", code)
			for _, o := range w.owed {
				if o.Kind == obligation.KindMAKE_UP && o.Matter == code {
					w.end(o, "PAPER")
				}
			}
		}
		return nil
	})
}

func checkWords(words string, needed bool, field string) error {
	if needed && strings.TrimSpace(words) == "" {
		return fault.New(fault.Invalid, "WORDS_MISSING", "请写明理由。", "State the reasons.").At("input", field)
	}
	if len([]rune(words)) > 1000 {
		return tooLong(field, 1000)
	}
	return nil
}

func tooLong(field string, runes int) error {
	return fault.Newf(fault.Invalid, "WORDS_TOO_LONG", "文字太长，最多 %[1]d 字。", "Too long; at most %[1]d characters.", runes).At("input", field)
}
