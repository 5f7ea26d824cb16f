package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
)

func notFound() error {
	return fault.New(fault.NotFound, "CASE_NOT_FOUND", "没有找到这个办件。", "There is no such case.")
}

// Get returns one case the viewer may see. Faults: CASE_NOT_FOUND, for a
// stranger's case too.
func (d *Desk) Get(ctx context.Context, id string) (*gen.CaseFile, error) {
	cs, err := d.GetMany(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if cs[0] == nil {
		return nil, notFound()
	}
	return cs[0], nil
}

// GetMany returns cases in the order asked, nil where the viewer may see none.
// Every path to a case, federation's included, comes through here or ByNumber.
func (d *Desk) GetMany(ctx context.Context, ids []string) ([]*gen.CaseFile, error) {
	return d.by(ctx, gencase.FieldID, ids, func(c *gen.CaseFile) string { return c.ID })
}

// ByNumber is GetMany by case number.
func (d *Desk) ByNumber(ctx context.Context, numbers []string) ([]*gen.CaseFile, error) {
	return d.by(ctx, gencase.FieldNumber, numbers, func(c *gen.CaseFile) string { return c.Number })
}

func (d *Desk) by(ctx context.Context, column string, keys []string, key func(*gen.CaseFile) string) ([]*gen.CaseFile, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, err
	}
	rows, err := d.lean().Where(store.OneOf[predicate.CaseFile](column, keys)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("%d cases: %w", len(keys), err)
	}
	return store.Align(keys, rows, key), nil
}

// lean is a query of cases without their sealed content, which is large and
// read by few.
func (d *Desk) lean() *gen.CaseFileQuery {
	q := d.Store.Read.CaseFile.Query()
	q.Select(leanColumns...)
	return q
}

var leanColumns = func() []string {
	var cs []string
	for _, c := range gencase.Columns {
		if c != gencase.FieldAnswersSealed && c != gencase.FieldPlanSealed && c != gencase.FieldDraftSealed && c != gencase.FieldSubmissionHash {
			cs = append(cs, c)
		}
	}
	return cs
}()

// OfVeterans returns the cases of each veteran, the newest first.
func (d *Desk) OfVeterans(ctx context.Context, veteranIDs []string) (map[string][]*gen.CaseFile, error) {
	rows, err := d.lean().Where(store.OneOf[predicate.CaseFile](gencase.FieldVeteranID, veteranIDs)).Order(gencase.ByID(desc)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("cases of %d veterans: %w", len(veteranIDs), err)
	}
	return store.Group(rows, func(c *gen.CaseFile) string { return c.VeteranID }), nil
}

// Items returns the items of each case in the order of its plan.
func (d *Desk) Items(ctx context.Context, caseIDs []string) (map[string][]*gen.Item, error) {
	rows, err := d.Store.Read.Item.Query().Where(store.OneOf[predicate.Item](item.FieldCaseID, caseIDs)).
		Order(item.ByCaseID(), item.ByPosition(), item.ByMatter()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("items of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(i *gen.Item) string { return i.CaseID }), nil
}

// Materials returns the papers of each case in order of code.
func (d *Desk) Materials(ctx context.Context, caseIDs []string) (map[string][]*gen.Material, error) {
	rows, err := d.Store.Read.Material.Query().Where(store.OneOf[predicate.Material](material.FieldCaseID, caseIDs)).
		Order(material.ByCaseID(), material.ByCode()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("materials of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(m *gen.Material) string { return m.CaseID }), nil
}

// Timeline returns the journal of each case, oldest first.
func (d *Desk) Timeline(ctx context.Context, caseIDs []string) (map[string][]*gen.Event, error) {
	rows, err := d.Store.Read.Event.Query().Where(store.OneOf[predicate.Event](event.FieldCaseID, caseIDs)).
		Order(event.ByCaseID(), event.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("journal of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(e *gen.Event) string { return e.CaseID }), nil
}

// After returns the entries of one case's journal that follow an entry.
func (d *Desk) After(ctx context.Context, caseID string, id int64) ([]*gen.Event, error) {
	rows, err := d.Store.Read.Event.Query().Where(event.CaseID(caseID), event.IDGT(id)).Order(event.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("journal of a case: %w", err)
	}
	return rows, nil
}

// PinnedPlan returns the plan that a case was accepted with; nil for a draft.
// It holds personal data, so it is for those who may plan for the person.
func (d *Desk) PinnedPlan(ctx context.Context, caseID string) (*plan.Plan, error) {
	by, err := d.PinnedPlans(ctx, []string{caseID})
	if err != nil {
		return nil, err
	}
	if by[caseID] == nil {
		return nil, notFound()
	}
	return by[caseID]()
}

// Remedy is where a person may turn whose case was not accepted: what the first of
// its matters says. Nil for any other.
func (d *Desk) Remedy(ctx context.Context, c *gen.CaseFile) (*catalog.Text, error) {
	if c.State != lifecycle.CaseNotAccepted || len(c.Matters) == 0 {
		return nil, nil
	}
	cat, err := d.Shelf.Get(ctx, c.CatalogVersion)
	if err != nil {
		return nil, err
	}
	if m := cat.Matter(c.Matters[0]); m != nil {
		return &m.Remedy, nil
	}
	return nil, nil
}
