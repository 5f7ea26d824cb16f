package casefile

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
)

// What is sealed is read for a whole list at once and opened one by one, by whoever
// asks for it: reading costs a statement, opening and computing cost time.

// AnswersOf reads what items carry. Each value of the answer opens it for one of
// them, as [Desk.ItemAnswers] says; an item that the viewer may not see is left out.
func (d *Desk) AnswersOf(ctx context.Context, itemIDs []string) (map[string]func() ([]ItemAnswer, error), error) {
	if !access.From(ctx).May(access.ReadProfile) {
		return nil, access.NotAllowed()
	}
	seen, err := d.Store.Read.Item.Query().Where(store.OneOf[predicate.Item](item.FieldID, itemIDs)).All(ctx) // the items, and not only their cases
	if err != nil {
		return nil, fmt.Errorf("%d items: %w", len(itemIDs), err)
	}
	out := make(map[string]func() ([]ItemAnswer, error), len(seen))
	if len(seen) == 0 {
		return out, nil
	}
	var ids []string
	for _, it := range seen {
		if !slices.Contains(ids, it.CaseID) {
			ids = append(ids, it.CaseID)
		}
	}
	whole := all(ctx) // what came before an item is part of what it carries, whoever looks
	cases, err := d.Store.Read.CaseFile.Query().Where(store.OneOf[predicate.CaseFile](gencase.FieldID, ids)).All(whole)
	if err != nil {
		return nil, fmt.Errorf("%d cases: %w", len(ids), err)
	}
	items, err := d.Items(whole, ids)
	if err != nil {
		return nil, err
	}
	rows, err := d.Store.Read.Correction.Query().Where(store.OneOf[predicate.Correction](correction.FieldCaseID, ids)).
		Order(correction.ByItemID(), correction.ByRound()).All(whole)
	if err != nil {
		return nil, fmt.Errorf("returns of %d cases: %w", len(ids), err)
	}
	returns := store.Group(rows, func(c *gen.Correction) string { return c.CaseID })
	files := store.Group(cases, func(c *gen.CaseFile) string { return c.ID })
	for _, it := range seen {
		it.Edges.Case = files[it.CaseID][0]
		out[it.ID] = func() ([]ItemAnswer, error) { return d.carried(ctx, it, items[it.CaseID], returns[it.CaseID]) }
	}
	return out, nil
}

// carried is what an item's matter asks, with the values that it was sent.
func (d *Desk) carried(ctx context.Context, it *gen.Item, items []*gen.Item, returns []*gen.Correction) ([]ItemAnswer, error) {
	cat, err := d.Shelf.Get(ctx, it.Edges.Case.CatalogVersion)
	if err != nil {
		return nil, err
	}
	m := cat.Matter(it.Matter)
	if m == nil {
		return nil, nil
	}
	answers, err := d.content(it, items, returns)
	if err != nil {
		return nil, err
	}
	var open map[string]bool
	own := slices.DeleteFunc(slices.Clone(returns), func(c *gen.Correction) bool { return c.ItemID != it.ID })
	if it.State == lifecycle.ItemCorrection && len(own) > 0 {
		open, _ = reopened(cat, it.Matter, own[len(own)-1].Defects)
	}
	out := make([]ItemAnswer, 0, len(m.Asks))
	for _, f := range m.Asks {
		v, ok := answers[f]
		if ok || open[f] {
			out = append(out, ItemAnswer{Field: f, Value: v, Reopened: open[f]})
		}
	}
	return out, nil
}

// content is what the person and the sources said, and what was added by the
// results of the items that this one had to wait for. Those have ended, so the
// content is the same each time it is sent, whatever the others do meanwhile.
func (d *Desk) content(it *gen.Item, items []*gen.Item, returns []*gen.Correction) (map[string]any, error) {
	c := it.Edges.Case
	all := map[string]any{}
	if len(c.AnswersSealed) == 0 && it.State.Ended() {
		return all, nil // forgotten, as internal/retention says; nothing is sent any more
	}
	if err := d.unseal(c.AnswersSealed, bindAnswers(c.ID), &all); err != nil {
		return nil, fmt.Errorf("answers: %w", err)
	}
	before := ahead(it, items)
	for _, it := range items {
		if !before[it.Matter] || it.OutputsSealed == nil {
			continue
		}
		out := map[string]any{}
		if err := d.unseal(it.OutputsSealed, bindOutputs(it.ID), &out); err != nil {
			return nil, fmt.Errorf("result of %s: %w", it.Matter, err)
		}
		maps.Copy(all, out)
	}
	return all, d.supplements(it, returns, all)
}

// supplements overlays answers with what was put right later, the latest last.
func (d *Desk) supplements(it *gen.Item, returns []*gen.Correction, answers map[string]any) error {
	answered := slices.DeleteFunc(slices.Clone(returns), func(c *gen.Correction) bool {
		return c.AnsweredAt == nil || len(c.AnswersSealed) == 0 && it.State.Ended() || c.ItemID != it.ID && !slices.Contains(c.Also, it.ID)
	})
	slices.SortFunc(answered, func(a, b *gen.Correction) int {
		return cmp.Or(a.AnsweredAt.Compare(*b.AnsweredAt), cmp.Compare(a.ID, b.ID))
	})
	for _, c := range answered {
		values := map[string]any{}
		if err := d.unseal(c.AnswersSealed, bindSupplement(c.ID), &values); err != nil {
			return fmt.Errorf("supplement: %w", err)
		}
		maps.Copy(answers, values)
	}
	return nil
}

// PinnedPlans reads the plans that cases were accepted with. Each value of the
// answer opens one, which is nil for a draft; a case that the viewer may not see is
// left out. They hold personal data, so they are for those who may plan for the person.
func (d *Desk) PinnedPlans(ctx context.Context, caseIDs []string) (map[string]func() (*plan.Plan, error), error) {
	if err := access.Require(ctx, access.ReadPlan); err != nil {
		return nil, err
	}
	q := d.Store.Read.CaseFile.Query().Where(store.OneOf[predicate.CaseFile](gencase.FieldID, caseIDs))
	q.Select(gencase.FieldID, gencase.FieldPlanSealed)
	rows, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("plans of %d cases: %w", len(caseIDs), err)
	}
	out := make(map[string]func() (*plan.Plan, error), len(rows))
	for _, c := range rows {
		out[c.ID] = func() (*plan.Plan, error) {
			if len(c.PlanSealed) == 0 {
				return nil, nil
			}
			p := new(plan.Plan)
			if err := d.unseal(c.PlanSealed, bindPlan(c.ID), p); err != nil {
				return nil, fmt.Errorf("plan of a case: %w", err)
			}
			return p, nil
		}
	}
	return out, nil
}

// Drafts reads the drafts of cases. Each value of the answer computes how one of
// them stands now, as [Desk.Draft] says; a case that the viewer may not see is left out.
func (d *Desk) Drafts(ctx context.Context, caseIDs []string) (map[string]func() (*Draft, error), error) {
	v := access.From(ctx)
	if !v.May(access.Draft) && !v.May(access.Decide) {
		return nil, nil
	}
	q := d.Store.Read.CaseFile.Query().Where(store.OneOf[predicate.CaseFile](gencase.FieldID, caseIDs))
	q.Select(gencase.FieldID, gencase.FieldVeteranID, gencase.FieldState, gencase.FieldMatters, gencase.FieldCatalogVersion, gencase.FieldDraftSealed)
	cases, err := q.All(ctx)
	if err != nil {
		return nil, fmt.Errorf("drafts of %d cases: %w", len(caseIDs), err)
	}
	out := make(map[string]func() (*Draft, error), len(cases))
	var open, persons []string
	for _, c := range cases {
		if out[c.ID] = func() (*Draft, error) { return nil, nil }; slices.Contains(openDraft, c.State) {
			open, persons = append(open, c.ID), append(persons, c.VeteranID)
		}
	}
	if len(open) == 0 {
		return out, nil
	}
	var owed map[string][]string
	if !v.May(access.Draft) {
		if owed, err = d.underReview(ctx, open, v.Department); err != nil {
			return nil, err
		}
	}
	whole := all(ctx) // an officer is told what is wrong with a form by all that is known
	rows, err := d.Profile.ReadRows(whole, persons)
	if err != nil {
		return nil, err
	}
	done, err := d.granted(whole, persons)
	if err != nil {
		return nil, err
	}
	for _, c := range cases {
		matters := c.Matters
		if !v.May(access.Draft) {
			matters = owed[c.ID]
		}
		if slices.Contains(open, c.ID) && (v.May(access.Draft) || len(matters) > 0) {
			out[c.ID] = func() (*Draft, error) {
				return d.draftNow(ctx, c, matters, func(offered []string) (*plan.Plan, error) {
					return d.compiled(rows[c.VeteranID], done[c.VeteranID], offered, d.today())
				})
			}
		}
	}
	return out, nil
}

// draftNow is how a draft stands, as far as the viewer may see it: of these matters.
func (d *Desk) draftNow(ctx context.Context, c *gen.CaseFile, matters []string, compile func([]string) (*plan.Plan, error)) (*Draft, error) {
	content, err := d.openSealed(c)
	if err != nil {
		return nil, err
	}
	old, err := d.catalogOf(ctx, c.CatalogVersion)
	if err != nil {
		return nil, err
	}
	cur, own := d.Shelf.Current(), access.From(ctx).May(access.Draft)
	out := &Draft{Answers: content.Answers, Matters: matters, SavedAt: content.SavedAt}
	if !own {
		out.Answers = slices.DeleteFunc(slices.Clone(content.Answers), func(a form.Answer) bool { return !asked(cur, matters, a.Field) })
	}
	out.Changes = draftChanges(old, cur, matters, out.Answers)
	trial, err := d.tryBy(c, content.Answers, compile)
	if err != nil {
		return nil, err
	}
	out.Problems = slices.DeleteFunc(trial.problems, func(p form.Problem) bool {
		return !own && p.Field != "" && !asked(cur, matters, p.Field)
	})
	return out, nil
}
