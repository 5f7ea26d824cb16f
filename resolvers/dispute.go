package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	rooms "github.com/vetgraph/vetgraph/internal/dispute"
)

func (r *disputeResolver) Veteran(ctx context.Context, objs []*gen.Dispute) ([]*gen.Veteran, error) {
	if !access.From(ctx).May(access.ReadProfile) {
		return make([]*gen.Veteran, len(objs)), nil
	}
	return all(ctx, load(ctx).veterans, objs, func(d *gen.Dispute) string { return d.VeteranID })
}

func (r *disputeResolver) Field(ctx context.Context, obj *gen.Dispute) (*catalog.Field, error) {
	return r.mustField(obj.Element), nil
}

func (r *disputeResolver) Department(ctx context.Context, obj *gen.Dispute) (*catalog.Department, error) {
	return r.mustDepartment(obj.Department), nil
}

func (r *disputeResolver) Claim(ctx context.Context, obj *gen.Dispute) (any, error) {
	said, err := r.Disputes.Said(ctx, obj)
	return said.Claim, err
}

func (r *disputeResolver) Reason(ctx context.Context, obj *gen.Dispute) (*string, error) {
	said, err := r.Disputes.Said(ctx, obj)
	return orNil(said.Reason), err
}

func (r *elementResolver) Dispute(ctx context.Context, objs []*model.Element) ([]*gen.Dispute, error) {
	return openDisputes(ctx, objs)
}

func (r *mutationResolver) DisputeValue(ctx context.Context, input model.DisputeValueInput) (*model.DisputePayload, error) {
	return disputePayload(r.Disputes.Object(ctx, rooms.Objection{VeteranID: input.VeteranID, Field: input.Field, Claim: input.Claim, Reason: input.Reason}))
}

func (r *mutationResolver) DecideDispute(ctx context.Context, input model.DecideDisputeInput) (*model.DisputePayload, error) {
	return disputePayload(r.Disputes.Decide(ctx, input.DisputeID, input.Upheld, input.Words))
}

func (r *queryResolver) Disputes(ctx context.Context, state *dispute.State, first *int, after *string) (*model.DisputeConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	return disputePage(r.Resolver.Disputes.Page(ctx, stateOr(state), n, orEmpty(after)))
}

func (r *veteranResolver) Disputes(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Dispute, error) {
	return all(ctx, load(ctx).disputes, objs, func(v *gen.Veteran) string { return v.ID })
}

func (r *Resolver) Dispute() exec.DisputeResolver { return &disputeResolver{r} }

type disputeResolver struct{ *Resolver }
