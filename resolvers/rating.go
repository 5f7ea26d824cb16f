package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *caseResolver) Rating(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Rating, error) {
	panic(fmt.Sprint("Rating - rating"))
}

func (r *mutationResolver) RateCase(ctx context.Context, input model.RateCaseInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("RateCase - rateCase"))
}

func (r *mutationResolver) ReplyRating(ctx context.Context, input model.ReplyRatingInput) (*model.RatingPayload, error) {
	panic(fmt.Sprint("ReplyRating - replyRating"))
}

func (r *rateCasePayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *ratingResolver) Matter(ctx context.Context, obj *gen.Rating) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *ratingResolver) Department(ctx context.Context, obj *gen.Rating) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *ratingResolver) Grade(ctx context.Context, obj *gen.Rating) (model.RatingGrade, error) {
	panic(fmt.Sprint("Grade - grade"))
}

func (r *ratingResolver) Words(ctx context.Context, obj *gen.Rating) (*string, error) {
	panic(fmt.Sprint("Words - words"))
}

func (r *Resolver) RateCasePayload() exec.RateCasePayloadResolver { return &rateCasePayloadResolver{r} }

func (r *Resolver) Rating() exec.RatingResolver { return &ratingResolver{r} }

type (
	rateCasePayloadResolver struct{ *Resolver }
	ratingResolver          struct{ *Resolver }
)
