package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func (r *consentResolver) InForce(ctx context.Context, obj *gen.Consent) (bool, error) {
	return r.Sharing.InForce(obj), nil
}

func (r *mutationResolver) GrantConsent(ctx context.Context, input model.GrantConsentInput) (*model.ConsentPayload, error) {
	return consentPayload(r.Sharing.Grant(ctx, input.Slice, input.Version))
}

func (r *mutationResolver) WithdrawConsent(ctx context.Context, input model.WithdrawConsentInput) (*model.ConsentPayload, error) {
	return consentPayload(r.Sharing.Withdraw(ctx, input.ConsentID))
}

func (r *queryResolver) Slices(ctx context.Context) ([]*slice.Slice, error) {
	return r.Sharing.Slices.All(), nil
}

func (r *sliceResolver) Partner(ctx context.Context, obj *slice.Slice) (*words.Text, error) {
	return &obj.Partner.Name, nil
}

func (r *sliceResolver) Contact(ctx context.Context, obj *slice.Slice) (string, error) {
	return obj.Partner.Contact, nil
}

func (r *sliceResolver) PurposeCode(ctx context.Context, obj *slice.Slice) (string, error) {
	return obj.Purpose.Code, nil
}

func (r *sliceResolver) Purpose(ctx context.Context, obj *slice.Slice) (*words.Text, error) {
	return &obj.Purpose.Text, nil
}

func (r *sliceResolver) Basis(ctx context.Context, obj *slice.Slice) (model.SliceBasis, error) {
	return model.SliceBasis(obj.Basis.Kind), nil
}

func (r *sliceResolver) Article(ctx context.Context, obj *slice.Slice) (string, error) {
	return obj.Basis.Article, nil
}

func (r *sliceResolver) Fields(ctx context.Context, obj *slice.Slice) ([]*model.SliceField, error) {
	return r.sliceFields(obj.Fields.Told()), nil
}

func (r *sliceResolver) Announced(ctx context.Context, obj *slice.Slice) ([]*model.SliceField, error) {
	return r.sliceFields(obj.Changes.Coordinates()), nil
}

func (r *sliceResolver) People(ctx context.Context, obj *slice.Slice) (*words.Text, error) {
	return &obj.Rows.Text, nil
}

func (r *sliceResolver) From(ctx context.Context, obj *slice.Slice) (workday.Day, error) {
	return obj.Period.First(), nil
}

func (r *sliceResolver) Until(ctx context.Context, obj *slice.Slice) (workday.Day, error) {
	return obj.Period.Last(), nil
}

func (r *sliceResolver) Open(ctx context.Context, obj *slice.Slice) (bool, error) {
	return r.Sharing.Open(obj) == nil, nil
}

func (r *sliceResolver) PerDay(ctx context.Context, obj *slice.Slice) (int, error) {
	return obj.Often.PerDay, nil
}

func (r *sliceResolver) Notice(ctx context.Context, obj *slice.Slice) (*words.Text, error) {
	return new(r.Sharing.Notice(obj)), nil
}

func (r *veteranResolver) DataUses(ctx context.Context, objs []*gen.Veteran) ([][]*model.DataUse, error) {
	return dataUses(ctx, objs)
}

func (r *Resolver) Consent() exec.ConsentResolver { return &consentResolver{r} }

func (r *Resolver) Slice() exec.SliceResolver { return &sliceResolver{r} }

type (
	consentResolver struct{ *Resolver }
	sliceResolver   struct{ *Resolver }
)
