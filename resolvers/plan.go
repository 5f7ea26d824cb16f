package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/plan"
)

func (r *droppedPaperResolver) Matters(ctx context.Context, obj *plan.DroppedPaper) ([]*catalog.Matter, error) {
	return r.matters(obj.Matters), nil
}

func (r *droppedPaperResolver) Reason(ctx context.Context, obj *plan.DroppedPaper) (string, error) {
	return string(obj.Reason), nil
}

func (r *factUseResolver) Value(ctx context.Context, obj *plan.FactUse) (any, error) {
	return r.shown(ctx, obj.Field, obj.Value), nil
}

func (r *formEntryResolver) AskedBy(ctx context.Context, obj *form.Field) ([]*catalog.Matter, error) {
	return r.matters(obj.AskedBy), nil
}

func (r *formEntryResolver) Fill(ctx context.Context, obj *form.Field) (string, error) {
	return string(obj.Fill), nil
}

func (r *formEntryResolver) Value(ctx context.Context, obj *form.Field) (any, error) {
	return r.shown(ctx, obj.ID, obj.Value), nil
}

func (r *paperResolver) NeededBy(ctx context.Context, obj *plan.Paper) ([]*catalog.Matter, error) {
	return r.matters(obj.NeededBy), nil
}

func (r *planResolver) Matters(ctx context.Context, obj *plan.Plan, selected *bool) ([]*plan.MatterPlan, error) {
	var out []*plan.MatterPlan
	for i := range obj.Matters {
		if selected == nil || *selected == obj.Matters[i].Selected {
			out = append(out, &obj.Matters[i])
		}
	}
	return out, nil
}

func (r *planResolver) CriticalPath(ctx context.Context, obj *plan.Plan) ([]*catalog.Matter, error) {
	return r.matters(obj.CriticalPath), nil
}

func (r *planLineResolver) Matter(ctx context.Context, obj *plan.Line) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *planVisitResolver) Matters(ctx context.Context, obj *plan.Visit) ([]*catalog.Matter, error) {
	return r.matters(obj.Matters), nil
}

func (r *plannedMatterResolver) Matter(ctx context.Context, obj *plan.MatterPlan) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Code), nil
}

func (r *plannedMatterResolver) After(ctx context.Context, obj *plan.MatterPlan) ([]*catalog.Matter, error) {
	return r.matters(obj.After), nil
}

func (r *queryResolver) Plan(ctx context.Context, input model.PlanInput) (*plan.Plan, error) {
	return r.Desk.Plan(ctx, casefile.PlanInput{VeteranID: input.VeteranID, Matters: input.Matters, AcceptedOn: input.AcceptedOn})
}

func (r *Resolver) DroppedPaper() exec.DroppedPaperResolver { return &droppedPaperResolver{r} }

func (r *Resolver) FactUse() exec.FactUseResolver { return &factUseResolver{r} }

func (r *Resolver) FormEntry() exec.FormEntryResolver { return &formEntryResolver{r} }

func (r *Resolver) Paper() exec.PaperResolver { return &paperResolver{r} }

func (r *Resolver) Plan() exec.PlanResolver { return &planResolver{r} }

func (r *Resolver) PlanLine() exec.PlanLineResolver { return &planLineResolver{r} }

func (r *Resolver) PlanVisit() exec.PlanVisitResolver { return &planVisitResolver{r} }

func (r *Resolver) PlannedMatter() exec.PlannedMatterResolver { return &plannedMatterResolver{r} }

type (
	droppedPaperResolver  struct{ *Resolver }
	factUseResolver       struct{ *Resolver }
	formEntryResolver     struct{ *Resolver }
	paperResolver         struct{ *Resolver }
	planResolver          struct{ *Resolver }
	planLineResolver      struct{ *Resolver }
	planVisitResolver     struct{ *Resolver }
	plannedMatterResolver struct{ *Resolver }
)
