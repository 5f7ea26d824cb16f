package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *caseResolver) Draft(ctx context.Context, obj *gen.CaseFile) (*casefile.Draft, error) {
	return opened(ctx, load(ctx).drafts, obj.ID)
}

func (r *caseResolver) PreReviews(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.PreReview, error) {
	return all(ctx, load(ctx).preReviews, objs, caseID)
}

func (r *draftResolver) Problems(ctx context.Context, obj *casefile.Draft) ([]*model.FormProblem, error) {
	return r.problems(obj.Problems), nil
}

func (r *draftResolver) Matters(ctx context.Context, obj *casefile.Draft) ([]*catalog.Matter, error) {
	return r.matters(obj.Matters), nil
}

func (r *findingResolver) Field(ctx context.Context, obj *lifecycle.Finding) (*catalog.Field, error) {
	return r.Catalogue().Field(obj.Field), nil
}

func (r *findingResolver) Material(ctx context.Context, obj *lifecycle.Finding) (*catalog.Material, error) {
	return r.Catalogue().Material(obj.Material), nil
}

func (r *findingResolver) Words(ctx context.Context, obj *lifecycle.Finding) (*words.Text, error) {
	return &words.Text{Zh: obj.Zh, En: obj.En}, nil
}

func (r *mutationResolver) SaveDraft(ctx context.Context, input model.SaveDraftInput) (*model.CasePayload, error) {
	id, err := r.Desk.SaveDraft(ctx, draft(input))
	return &model.CasePayload{CaseID: id}, err
}

func (r *mutationResolver) RequestPreReview(ctx context.Context, input model.RequestPreReviewInput) (*model.CasePayload, error) {
	return &model.CasePayload{CaseID: input.CaseID}, r.Desk.RequestPreReview(ctx, input.CaseID)
}

func (r *mutationResolver) DecidePreReview(ctx context.Context, input model.DecidePreReviewInput) (*model.CasePayload, error) {
	id, err := r.Desk.DecidePreReview(ctx, casefile.Conclusion{
		PreReviewID: input.PreReviewID, Passed: input.Passed, Defects: defects(input.Defects), Words: orEmpty(input.Words),
	})
	return &model.CasePayload{CaseID: id}, err
}

func (r *preReviewResolver) Matter(ctx context.Context, obj *gen.PreReview) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *preReviewResolver) Department(ctx context.Context, obj *gen.PreReview) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *requestPreReviewPayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	return r.Desk.Get(ctx, obj.CaseID)
}

func (r *requestPreReviewPayloadResolver) PreReviews(ctx context.Context, obj *model.CasePayload) ([]*gen.PreReview, error) {
	return r.Desk.LastPreReviews(ctx, obj.CaseID)
}

func (r *saveDraftPayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	return r.Desk.Get(ctx, obj.CaseID)
}

func (r *Resolver) Draft() exec.DraftResolver { return &draftResolver{r} }

func (r *Resolver) Finding() exec.FindingResolver { return &findingResolver{r} }

func (r *Resolver) PreReview() exec.PreReviewResolver { return &preReviewResolver{r} }

func (r *Resolver) RequestPreReviewPayload() exec.RequestPreReviewPayloadResolver {
	return &requestPreReviewPayloadResolver{r}
}

func (r *Resolver) SaveDraftPayload() exec.SaveDraftPayloadResolver {
	return &saveDraftPayloadResolver{r}
}

type (
	draftResolver                   struct{ *Resolver }
	findingResolver                 struct{ *Resolver }
	preReviewResolver               struct{ *Resolver }
	requestPreReviewPayloadResolver struct{ *Resolver }
	saveDraftPayloadResolver        struct{ *Resolver }
)
