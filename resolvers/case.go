package resolvers

import (
	"context"
	"strconv"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *caseResolver) Veteran(ctx context.Context, objs []*gen.CaseFile) ([]*gen.Veteran, error) {
	v := access.From(ctx)
	if !v.May(access.ReadProfile) {
		return make([]*gen.Veteran, len(objs)), nil
	}
	return all(ctx, load(ctx).veterans, objs, func(c *gen.CaseFile) string { return c.VeteranID })
}

func (r *caseResolver) Division(ctx context.Context, obj *gen.CaseFile) (*division.Division, error) {
	return r.mustPlace(obj.Division), nil
}

func (r *caseResolver) Plan(ctx context.Context, obj *gen.CaseFile) (*plan.Plan, error) {
	return opened(ctx, load(ctx).plans, obj.ID)
}

func (r *caseResolver) Items(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Item, error) {
	return all(ctx, load(ctx).items, objs, caseID)
}

func (r *caseResolver) Materials(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Material, error) {
	return all(ctx, load(ctx).materials, objs, caseID)
}

func (r *caseResolver) Clock(ctx context.Context, objs []*gen.CaseFile) ([]*casefile.Clock, error) {
	by, err := all(ctx, load(ctx).clocks, objs, caseID)
	if err != nil {
		return nil, err
	}
	return each(by, func(c *casefile.CaseClock) *casefile.Clock { return c.Case }), nil
}

func (r *caseResolver) Remedy(ctx context.Context, obj *gen.CaseFile) (*words.Text, error) {
	return r.Desk.Remedy(ctx, obj)
}

func (r *caseResolver) Obligations(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Obligation, error) {
	return all(ctx, load(ctx).obligations, objs, caseID)
}

func (r *caseResolver) Timeline(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Event, error) {
	return all(ctx, load(ctx).timelines, objs, caseID)
}

func (r *caseResolver) FeedbackSheet(ctx context.Context, objs []*gen.CaseFile) ([]*model.FeedbackSheet, error) {
	lists, err := all(ctx, load(ctx).items, objs, caseID)
	if err != nil {
		return nil, err
	}
	out := make([]*model.FeedbackSheet, len(objs))
	for i, c := range objs {
		if c == nil {
			continue
		}
		sheet, err := r.Desk.Sheet(ctx, c, lists[i])
		if err != nil {
			return nil, err
		}
		out[i] = r.sheet(sheet)
	}
	return out, nil
}

func (r *caseMaterialResolver) Material(ctx context.Context, obj *gen.Material) (*catalog.Material, error) {
	return r.Catalogue().Material(obj.Code), nil
}

func (r *caseMaterialResolver) NeededBy(ctx context.Context, obj *gen.Material) ([]*catalog.Matter, error) {
	return r.matters(obj.NeededBy), nil
}

func (r *casePayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	return r.Desk.Get(ctx, obj.CaseID)
}

func (r *defectResolver) Field(ctx context.Context, obj *lifecycle.Defect) (*catalog.Field, error) {
	return r.Catalogue().Field(obj.Field), nil
}

func (r *defectResolver) Material(ctx context.Context, obj *lifecycle.Defect) (*catalog.Material, error) {
	return r.Catalogue().Material(obj.Material), nil
}

func (r *feedbackSheetResolver) Seal(ctx context.Context, obj *model.FeedbackSheet) (*model.SheetSeal, error) {
	sealed, err := r.Desk.Seal(ctx, obj.Sheet)
	if err != nil || sealed == nil {
		return nil, err
	}
	return &model.SheetSeal{Suite: string(sealed.Suite), KeyID: sealed.KeyID, Text: sealed.Text, Qr: sealed.SVG}, nil
}

func (r *itemResolver) Case(ctx context.Context, objs []*gen.Item) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(it *gen.Item) string { return it.CaseID })
}

func (r *itemResolver) Matter(ctx context.Context, obj *gen.Item) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *itemResolver) Department(ctx context.Context, obj *gen.Item) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *itemResolver) After(ctx context.Context, obj *gen.Item) ([]*catalog.Matter, error) {
	return r.matters(obj.After), nil
}

func (r *itemResolver) Clock(ctx context.Context, objs []*gen.Item) ([]*casefile.Clock, error) {
	by, err := all(ctx, load(ctx).clocks, objs, func(it *gen.Item) string { return it.CaseID })
	if err != nil {
		return nil, err
	}
	return itemClocks(objs, by), nil
}

func (r *itemResolver) Corrections(ctx context.Context, objs []*gen.Item) ([][]*gen.Correction, error) {
	return all(ctx, load(ctx).corrections, objs, func(it *gen.Item) string { return it.ID })
}

func (r *itemResolver) DispatchCheck(ctx context.Context, obj *gen.Item) (*casefile.DispatchCheck, error) {
	return r.Desk.DispatchCheckOf(ctx, obj)
}

func (r *itemResolver) Answers(ctx context.Context, obj *gen.Item) ([]*model.ItemAnswer, error) {
	answers, err := opened(ctx, load(ctx).answers, obj.ID)
	if err != nil {
		return nil, err
	}
	return r.itemAnswers(ctx, answers), nil
}

func (r *itemPayloadResolver) Item(ctx context.Context, obj *model.ItemPayload) (*gen.Item, error) {
	return r.item(ctx, obj.ItemID)
}

func (r *mutationResolver) SubmitCase(ctx context.Context, input model.SubmitCaseInput) (*model.SubmitCasePayload, error) {
	out, err := r.Desk.Submit(ctx, submission(input))
	if err != nil {
		return nil, err
	}
	return &model.SubmitCasePayload{CaseID: out.CaseID, Replayed: out.Replayed, Problems: r.problems(out.Problems)}, nil
}

func (r *mutationResolver) SupplementItem(ctx context.Context, input model.SupplementItemInput) (*model.SupplementItemPayload, error) {
	problems, err := r.Desk.Supplement(ctx, supplement(input))
	if err != nil {
		return nil, err
	}
	return &model.SupplementItemPayload{ItemID: input.ItemID, Problems: r.problems(problems)}, nil
}

func (r *mutationResolver) WithdrawItem(ctx context.Context, input model.WithdrawItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.WithdrawItem(ctx, input.ItemID, orEmpty(input.Reason))
}

func (r *mutationResolver) WithdrawCase(ctx context.Context, input model.WithdrawCaseInput) (*model.CasePayload, error) {
	return &model.CasePayload{CaseID: input.CaseID}, r.Desk.WithdrawCase(ctx, input.CaseID, orEmpty(input.Reason))
}

func (r *queryResolver) Case(ctx context.Context, id string) (*gen.CaseFile, error) {
	c, err := r.Desk.Get(ctx, id)
	metCases(ctx, c)
	return c, err
}

func (r *queryResolver) Cases(ctx context.Context, filter *model.CaseFilter, first *int, after *string) (*model.CaseConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	cs, more, err := r.Desk.Page(ctx, r.caseFilter(filter), n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	metCases(ctx, cs...)
	return casePage(cs, more), nil
}

func (r *submitCasePayloadResolver) Case(ctx context.Context, obj *model.SubmitCasePayload) (*gen.CaseFile, error) {
	if obj.CaseID == "" {
		return nil, nil
	}
	return r.Desk.Get(ctx, obj.CaseID)
}

func (r *submitCasePayloadResolver) Receipt(ctx context.Context, obj *model.SubmitCasePayload) (*model.Receipt, error) {
	if obj.CaseID == "" {
		return nil, nil
	}
	c, err := r.Desk.Get(ctx, obj.CaseID)
	if err != nil {
		return nil, err
	}
	return receipt(c), nil
}

func (r *subscriptionResolver) CaseProgress(ctx context.Context, id string) (<-chan *model.CaseProgress, error) {
	return r.follow(ctx, id)
}

func (r *supplementItemPayloadResolver) Item(ctx context.Context, obj *model.SupplementItemPayload) (*gen.Item, error) {
	return r.item(ctx, obj.ItemID)
}

func (r *timelineEntryResolver) ID(ctx context.Context, obj *gen.Event) (string, error) {
	return strconv.FormatInt(obj.ID, 10), nil
}

func (r *timelineEntryResolver) Matter(ctx context.Context, obj *gen.Event) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *Resolver) Case() exec.CaseResolver { return &caseResolver{r} }

func (r *Resolver) CaseMaterial() exec.CaseMaterialResolver { return &caseMaterialResolver{r} }

func (r *Resolver) CasePayload() exec.CasePayloadResolver { return &casePayloadResolver{r} }

func (r *Resolver) Defect() exec.DefectResolver { return &defectResolver{r} }

func (r *Resolver) FeedbackSheet() exec.FeedbackSheetResolver { return &feedbackSheetResolver{r} }

func (r *Resolver) Item() exec.ItemResolver { return &itemResolver{r} }

func (r *Resolver) ItemPayload() exec.ItemPayloadResolver { return &itemPayloadResolver{r} }

func (r *Resolver) Mutation() exec.MutationResolver { return &mutationResolver{r} }

func (r *Resolver) SubmitCasePayload() exec.SubmitCasePayloadResolver {
	return &submitCasePayloadResolver{r}
}

func (r *Resolver) Subscription() exec.SubscriptionResolver { return &subscriptionResolver{r} }

func (r *Resolver) SupplementItemPayload() exec.SupplementItemPayloadResolver {
	return &supplementItemPayloadResolver{r}
}

func (r *Resolver) TimelineEntry() exec.TimelineEntryResolver { return &timelineEntryResolver{r} }

type (
	caseResolver                  struct{ *Resolver }
	caseMaterialResolver          struct{ *Resolver }
	casePayloadResolver           struct{ *Resolver }
	defectResolver                struct{ *Resolver }
	feedbackSheetResolver         struct{ *Resolver }
	itemResolver                  struct{ *Resolver }
	itemPayloadResolver           struct{ *Resolver }
	mutationResolver              struct{ *Resolver }
	submitCasePayloadResolver     struct{ *Resolver }
	subscriptionResolver          struct{ *Resolver }
	supplementItemPayloadResolver struct{ *Resolver }
	timelineEntryResolver         struct{ *Resolver }
)
