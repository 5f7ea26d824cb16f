package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
)

func (r *mutationResolver) Restrict(ctx context.Context, input model.RestrictInput) (*model.RestrictionPayload, error) {
	return restrictionPayload(r.Administration.Restrict(ctx, input.Kind, input.Subject, input.Reason))
}

func (r *mutationResolver) LiftRestriction(ctx context.Context, input model.LiftRestrictionInput) (*model.RestrictionPayload, error) {
	return restrictionPayload(r.Administration.Lift(ctx, input.RestrictionID, input.Reason))
}

func (r *queryResolver) Restrictions(ctx context.Context, lifted *bool, first *int, after *string) (*model.RestrictionConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	rows, more, err := r.Administration.Restrictions(ctx, lifted != nil && *lifted, n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	return &model.RestrictionConnection{Nodes: rows, PageInfo: pageEndingWith(rows, more, func(r *gen.Restriction) string { return r.ID })}, nil
}

func (r *queryResolver) AdministrativeActs(ctx context.Context, account *string, first *int, after *string) (*model.AdministrativeActConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	rows, more, err := r.Administration.Acts(ctx, orEmpty(account), n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	return &model.AdministrativeActConnection{Nodes: rows, PageInfo: pageEndingWith(rows, more, func(a *gen.AdministrativeAct) string { return a.ID })}, nil
}
