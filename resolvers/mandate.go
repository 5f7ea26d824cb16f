package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/mandate"
)

func (r *mandateResolver) Matters(ctx context.Context, obj *gen.Mandate) ([]*catalog.Matter, error) {
	return r.matters(obj.Matters), nil
}

func (r *mandateResolver) Fields(ctx context.Context, obj *gen.Mandate) ([]*catalog.Field, error) {
	return r.knownFields(obj.Fields), nil
}

func (r *mandateResolver) State(ctx context.Context, obj *gen.Mandate) (model.MandateState, error) {
	return model.MandateState(r.Mandates.State(obj)), nil
}

func (r *mandateResolver) QR(ctx context.Context, obj *gen.Mandate) (*string, error) {
	return r.Mandates.QR(ctx, obj), nil
}

func (r *mutationResolver) RequestMandate(ctx context.Context, input model.RequestMandateInput) (*model.MandatePayload, error) {
	return mandatePayload(r.Mandates.Request(ctx, mandate.Request{VeteranID: input.VeteranID, Matters: input.Matters, Until: input.Until}))
}

func (r *mutationResolver) ConfirmMandate(ctx context.Context, input model.ConfirmMandateInput) (*model.MandatePayload, error) {
	return mandatePayload(r.Mandates.Confirm(ctx, input.MandateID, input.Code))
}

func (r *mutationResolver) GrantMandate(ctx context.Context, input model.GrantMandateInput) (*model.MandatePayload, error) {
	g := mandate.Grant{MandateID: orEmpty(input.MandateID), Agent: orEmpty(input.Agent), Matters: input.Matters}
	if input.Until != nil {
		g.Until = *input.Until
	}
	return mandatePayload(r.Mandates.Grant(ctx, g))
}

func (r *mutationResolver) RevokeMandate(ctx context.Context, input model.RevokeMandateInput) (*model.MandatePayload, error) {
	return mandatePayload(r.Mandates.Revoke(ctx, input.MandateID))
}

func (r *veteranResolver) Mandates(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Mandate, error) {
	return all(ctx, load(ctx).mandates, objs, func(v *gen.Veteran) string { return v.ID })
}

func (r *Resolver) Mandate() exec.MandateResolver { return &mandateResolver{r} }

type mandateResolver struct{ *Resolver }
