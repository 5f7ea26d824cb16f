package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *caseResolver) Draft(ctx context.Context, obj *gen.CaseFile) (*casefile.Draft, error) {
	panic(fmt.Sprint("Draft - draft"))
}

func (r *caseResolver) PreReviews(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.PreReview, error) {
	panic(fmt.Sprint("PreReviews - preReviews"))
}

func (r *draftResolver) Problems(ctx context.Context, obj *casefile.Draft) ([]*model.FormProblem, error) {
	panic(fmt.Sprint("Problems - problems"))
}

func (r *draftResolver) Matters(ctx context.Context, obj *casefile.Draft) ([]*catalog.Matter, error) {
	panic(fmt.Sprint("Matters - matters"))
}

func (r *findingResolver) Field(ctx context.Context, obj *lifecycle.Finding) (*catalog.Field, error) {
	panic(fmt.Sprint("Field - field"))
}

func (r *findingResolver) Material(ctx context.Context, obj *lifecycle.Finding) (*catalog.Material, error) {
	panic(fmt.Sprint("Material - material"))
}

func (r *findingResolver) Words(ctx context.Context, obj *lifecycle.Finding) (*words.Text, error) {
	panic(fmt.Sprint("Words - words"))
}

func (r *mutationResolver) SaveDraft(ctx context.Context, input model.SaveDraftInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("SaveDraft - saveDraft"))
}

func (r *mutationResolver) RequestPreReview(ctx context.Context, input model.RequestPreReviewInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("RequestPreReview - requestPreReview"))
}

func (r *mutationResolver) DecidePreReview(ctx context.Context, input model.DecidePreReviewInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("DecidePreReview - decidePreReview"))
}

func (r *preReviewResolver) Matter(ctx context.Context, obj *gen.PreReview) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *preReviewResolver) Department(ctx context.Context, obj *gen.PreReview) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *requestPreReviewPayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *requestPreReviewPayloadResolver) PreReviews(ctx context.Context, obj *model.CasePayload) ([]*gen.PreReview, error) {
	panic(fmt.Sprint("PreReviews - preReviews"))
}

func (r *saveDraftPayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
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
