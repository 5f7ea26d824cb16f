package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/graph/model"
)

func (r *mutationResolver) PlayFault(ctx context.Context, input model.PlayFaultInput) (*model.PlayFaultPayload, error) {
	name := ""
	if input.Fault != nil {
		name = input.Fault.String()
	}
	if err := r.Stage.Play(ctx, input.Target, name); err != nil {
		return nil, err
	}
	faults, err := r.playedFaults(ctx)
	return &model.PlayFaultPayload{Faults: faults}, err
}

func (r *queryResolver) PlayedFaults(ctx context.Context) ([]*model.PlayedFault, error) {
	return r.playedFaults(ctx)
}
