package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *caseResolver) Rating(ctx context.Context, objs []*gen.CaseFile) ([][]*gen.Rating, error) {
	return all(ctx, load(ctx).ratings, objs, caseID)
}

func (r *mutationResolver) RateCase(ctx context.Context, input model.RateCaseInput) (*model.CasePayload, error) {
	if err := r.Ratings.Rate(ctx, input.CaseID, grades(input.Ratings)); err != nil {
		return nil, err
	}
	return &model.CasePayload{CaseID: input.CaseID}, nil
}

func (r *mutationResolver) ReplyRating(ctx context.Context, input model.ReplyRatingInput) (*model.RatingPayload, error) {
	row, err := r.Ratings.Reply(ctx, input.RatingID, input.Words)
	if err != nil {
		return nil, err
	}
	return &model.RatingPayload{Rating: row}, nil
}

func (r *rateCasePayloadResolver) Case(ctx context.Context, obj *model.CasePayload) (*gen.CaseFile, error) {
	return r.Desk.Get(ctx, obj.CaseID)
}

func (r *ratingResolver) Matter(ctx context.Context, obj *gen.Rating) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *ratingResolver) Department(ctx context.Context, obj *gen.Rating) (*catalog.Department, error) {
	return r.mustDepartment(obj.Department), nil
}

func (r *ratingResolver) Grade(ctx context.Context, obj *gen.Rating) (model.RatingGrade, error) {
	return model.RatingGrade(obj.Grade), nil
}

func (r *ratingResolver) Words(ctx context.Context, obj *gen.Rating) (*string, error) {
	said, err := r.Ratings.Words(ctx, obj)
	return orNil(said), err
}

func (r *Resolver) RateCasePayload() exec.RateCasePayloadResolver { return &rateCasePayloadResolver{r} }

func (r *Resolver) Rating() exec.RatingResolver { return &ratingResolver{r} }

type (
	rateCasePayloadResolver struct{ *Resolver }
	ratingResolver          struct{ *Resolver }
)
