package casefile

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
)

// onceLaw is why a return names everything at once.
const onceLaw = "《行政许可法》第三十二条第一款第四项"

// giveBack returns an item for correction (补正). The notice is pinned as a row:
// what it names reopens, and nothing else. A later return for something that
// could be seen at an earlier one is written down as a violation of whoever
// returns it; the person must still know, so it is returned all the same.
func (w *work) giveBack(ctx context.Context, it *gen.Item, found []lifecycle.Defect, why string) error {
	earlier, err := w.tx.Ent.Correction.Query().Where(correction.ItemID(it.ID)).Order(correction.ByRound()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("earlier returns: %w", err)
	}
	who := access.From(ctx).ID
	if err := w.accuse(ctx, it, earlier, found, who); err != nil {
		return err
	}
	if it.State == lifecycle.ItemCorrection { // it lies with the person already; the notice there stands
		w.note(it, "ITEM_RETURNED_AGAIN", "", "", why)
		return nil
	}
	if err := w.move(it, lifecycle.ItemCorrection, why); err != nil {
		return err
	}
	it.Words = words.Clip(why, 1000)
	w.file.Returns++
	limit := w.desk.limits().Correction
	row := w.tx.Ent.Correction.Create().SetID(store.NewID()).SetCaseID(w.file.ID).SetItemID(it.ID).SetRound(len(earlier)).SetDefects(found).
		SetWords(it.Words).SetReturnedBy(who).SetReturnedAt(w.now).SetDueOn(w.desk.Calendar().Due(w.today(), limit.Workdays).Day)
	if err := row.Exec(ctx); err != nil {
		return fmt.Errorf("return: %w", err)
	}
	return w.mark(ctx, found, material.StateFAULTY)
}

// mark sets the state of the papers that defects name, with what is wrong.
func (w *work) mark(ctx context.Context, found []lifecycle.Defect, to material.State) error {
	for _, x := range found {
		if x.Material == "" {
			continue
		}
		err := w.tx.Ent.Material.Update().Where(material.CaseID(w.file.ID), material.Code(x.Material)).SetState(to).SetWords(x.Words).Exec(ctx)
		if err != nil {
			return fmt.Errorf("paper %s: %w", x.Material, err)
		}
	}
	return nil
}

// accuse writes a violation for each defect that could have been seen before: its
// field or paper was with the department then, no earlier notice names it, and no
// supplement has touched it since.
func (w *work) accuse(ctx context.Context, it *gen.Item, earlier []*gen.Correction, found []lifecycle.Defect, who string) error {
	if len(earlier) == 0 {
		return nil
	}
	named := map[string]bool{}
	for _, c := range earlier {
		for _, x := range c.Defects {
			named[x.Field+"/"+x.Material] = true
		}
		if len(c.Defects) == 0 {
			return nil // that notice named nothing, so it reopened everything
		}
	}
	for _, x := range found {
		if named[x.Field+"/"+x.Material] {
			continue
		}
		row := w.tx.Ent.Violation.Create().SetID(store.NewID()).SetCaseID(w.file.ID).SetItemID(it.ID).SetMatter(it.Matter).SetKind(violation.KindSECOND_RETURN).
			SetElement(x.Field).SetMaterial(x.Material).SetOwner(who).SetDepartment(it.Department).SetDivision(w.file.Division).SetLaw(onceLaw).
			SetWords(fmt.Sprintf("第 %d 次退回时已可发现而未一次告知。", len(earlier))).SetAt(w.now)
		if err := row.Exec(ctx); err != nil {
			return fmt.Errorf("violation: %w", err)
		}
		w.note(it, "VIOLATION_RECORDED", "", "", "二次退回："+x.Field+x.Material)
	}
	return nil
}

// Supplement is the answer to a return.
type Supplement struct {
	ItemID    string
	Answers   []form.Answer
	Materials []string // codes of papers handed in again
}

// Supplement answers a return (补正): only what the notice named may be changed,
// and all of it must be. The item goes to its department again, as its next round,
// and its clock runs on. What is wrong is answered whole, and then nothing has
// changed. Faults: ITEM_NOT_FOUND, NOT_RETURNED, MANDATE_REQUIRED.
func (d *Desk) Supplement(ctx context.Context, s Supplement) ([]form.Problem, error) {
	if err := access.Require(ctx, access.Supplement); err != nil {
		return nil, err
	}
	it, err := d.visible(ctx, s.ItemID)
	if err != nil {
		return nil, err
	}
	fields := make([]string, len(s.Answers))
	for i, a := range s.Answers {
		fields[i] = a.Field
	}
	if ctx, err = d.actFor(ctx, it.VeteranID, []string{it.Matter}, fields); err != nil {
		return nil, err
	}
	c, err := d.Get(ctx, it.CaseID)
	if err != nil {
		return nil, err
	}
	cat, err := d.Shelf.Get(ctx, c.CatalogVersion)
	if err != nil {
		return nil, err
	}
	var problems []form.Problem
	err = d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error {
		if err := stillActs(ctx, w.tx); err != nil {
			return err
		}
		it := w.item(s.ItemID)
		if it.State != lifecycle.ItemCorrection {
			return fault.New(fault.Conflict, "NOT_RETURNED", "这个事项没有被退回补正。", "This item is not returned for correction.")
		}
		problems, err = w.supplement(ctx, cat, it, s)
		return err
	})
	return problems, err
}

func (w *work) supplement(ctx context.Context, cat *catalog.Catalog, it *gen.Item, s Supplement) ([]form.Problem, error) {
	row, err := w.tx.Ent.Correction.Query().Where(correction.ItemID(it.ID), correction.AnsweredAtIsNil()).Order(correction.ByRound(desc)).First(all(ctx))
	if err != nil {
		return nil, fmt.Errorf("the return: %w", err)
	}
	open, papers := reopened(cat, it.Matter, row.Defects)
	values, problems := form.Correct(cat, s.Answers, open, form.Against{Today: w.today(), Divisions: w.desk.Divisions})
	for _, x := range row.Defects {
		if x.Field != "" && !hasAnswer(s.Answers, x.Field) {
			problems = append(problems, form.Missing(cat, x.Field))
		}
	}
	for _, m := range s.Materials {
		if !slices.Contains(papers, m) {
			problems = append(problems, form.Problem{Field: m, Reason: "PAPER_NOT_REOPENED", Zh: "这份材料没有被退回，不用重交。", En: "This paper was not returned; it need not be handed in again."})
		}
	}
	for _, m := range papers {
		if len(row.Defects) > 0 && !slices.Contains(s.Materials, m) {
			problems = append(problems, form.Problem{Field: m, Reason: "PAPER_MISSING", Zh: "请重交被退回的材料。", En: "Hand in the returned paper again."})
		}
	}
	if len(problems) > 0 {
		return problems, nil
	}
	return nil, w.resend(ctx, it, row, values, s.Materials)
}

// resend answers a return, and sends the item again as its next round.
func (w *work) resend(ctx context.Context, it *gen.Item, row *gen.Correction, values map[string]any, papers []string) error {
	sealed, err := w.desk.seal(values, bindSupplement(row.ID))
	if err != nil {
		return fmt.Errorf("supplement: %w", err)
	}
	err = w.tx.Ent.Correction.UpdateOneID(row.ID).SetAnsweredAt(w.now).SetAnswersSealed(sealed).SetPapers(papers).SetAlso(w.unsent(it)).Exec(all(ctx))
	if err != nil {
		return fmt.Errorf("supplement: %w", err)
	}
	for _, m := range papers {
		err := w.tx.Ent.Material.Update().Where(material.CaseID(w.file.ID), material.Code(m)).SetState(material.StateEXPECTED).ClearWords().Exec(ctx)
		if err != nil {
			return fmt.Errorf("paper %s: %w", m, err)
		}
	}
	it.Round, it.ReceiptNo, it.ReceivedAt, it.Words = row.Round+1, "", nil, ""
	it.Checked, it.CheckedAt = "", nil
	w.send = append(w.send, it.ID)
	return w.move(it, lifecycle.ItemReady, "")
}

// unsent are the items that learn of a supplement besides its own: those that
// have not been sent yet.
func (w *work) unsent(own *gen.Item) []string {
	var ids []string
	for _, it := range w.items {
		if it.ID != own.ID && it.State == lifecycle.ItemWaiting {
			ids = append(ids, it.ID)
		}
	}
	return ids
}

// reopened are the fields and papers that a return opens again: those it names, or
// all of the matter's own if it names none.
func reopened(cat *catalog.Catalog, matter string, found []lifecycle.Defect) (fields map[string]bool, papers []string) {
	fields = map[string]bool{}
	for _, x := range found {
		if x.Field != "" {
			fields[x.Field] = true
		} else if x.Material != "" {
			papers = append(papers, x.Material)
		}
	}
	if len(found) > 0 {
		return fields, papers
	}
	if m := cat.Matter(matter); m != nil {
		for _, f := range m.Asks {
			fields[f] = true
		}
		for _, n := range m.Materials.Needs {
			papers = append(papers, n.AnyOf...)
		}
	}
	return fields, papers
}

func hasAnswer(answers []form.Answer, field string) bool {
	return slices.ContainsFunc(answers, func(a form.Answer) bool { return a.Field == field && a.Value != nil })
}

// Corrections returns the returns of each item, the oldest first.
func (d *Desk) Corrections(ctx context.Context, itemIDs []string) (map[string][]*gen.Correction, error) {
	rows, err := d.Store.Read.Correction.Query().Where(store.OneOf[predicate.Correction](correction.FieldItemID, itemIDs)).
		Order(correction.ByItemID(), correction.ByRound()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("returns of %d items: %w", len(itemIDs), err)
	}
	return store.Group(rows, func(c *gen.Correction) string { return c.ItemID }), nil
}

// coded puts a defect of the catalogue into words where an officer has chosen one;
// what they typed beside it follows.
func coded(cat *catalog.Catalog, matter string, found []lifecycle.Defect) ([]lifecycle.Defect, error) {
	out := slices.Clone(found)
	for i := range out {
		x := &out[i]
		if x.Code == "" {
			continue
		}
		var known *catalog.Defect
		if m := cat.Matter(matter); m != nil {
			known = m.Defect(x.Code)
		}
		if known == nil || x.Field != "" && x.Field != known.Field || x.Material != "" && x.Material != known.Material {
			return nil, fault.New(fault.Invalid, "DEFECT_CODE_UNKNOWN", "事项目录中没有这个问题代码，或者代码与所指的内容不符。",
				"This matter has no such coded defect, or the code is of something else.").At("input", "defects")
		}
		x.Field, x.Material = known.Field, known.Material
		x.Words, x.En = beside(known.Say.Zh, x.Words), beside(known.Say.En, x.Words)
	}
	return out, nil
}

func beside(said, typed string) string {
	if typed = strings.TrimSpace(typed); typed == "" {
		return said
	}
	return said + " " + typed
}

func checkDefects(cat *catalog.Catalog, it *gen.Item, papers []string, found []lifecycle.Defect) error {
	if len(found) == 0 {
		return fault.New(fault.Invalid, "DEFECTS_MISSING", "请一次写明全部问题。", "Name everything that is wrong, at once.").At("input", "defects")
	}
	if len(found) > 64 {
		return fault.New(fault.Invalid, "DEFECTS_TOO_MANY", "一次最多 64 处问题。", "At most 64 defects at once.").At("input", "defects")
	}
	m, seen := cat.Matter(it.Matter), map[string]bool{}
	for _, x := range found {
		known := x.Field != "" && x.Material == "" && m != nil && slices.Contains(m.Asks, x.Field) ||
			x.Field == "" && x.Material != "" && slices.Contains(papers, x.Material)
		switch {
		case !known:
			return fault.New(fault.Invalid, "DEFECT_UNKNOWN", "只能指出本事项的填写项或材料，每处一项。", "A defect names one field or one paper of this item.").At("input", "defects")
		case strings.TrimSpace(x.Words) == "" || len([]rune(x.Words)) > 300:
			return fault.New(fault.Invalid, "DEFECT_WORDS", "每处问题须写明原因，300 字以内。", "Say of each defect what is wrong, in up to 300 characters.").At("input", "defects")
		case seen[x.Field+"/"+x.Material+"/"+x.Code]:
			return fault.New(fault.Invalid, "DEFECT_TWICE", "同一处问题写了两次。", "A defect is named twice.").At("input", "defects")
		}
		seen[x.Field+"/"+x.Material+"/"+x.Code] = true
	}
	return nil
}
