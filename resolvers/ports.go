package resolvers

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

func (r *mutationResolver) PausePort(ctx context.Context, input model.PausePortInput) (*model.PortPayload, error) {
	return r.ordered(input.Port, r.Board.Pause(ctx, input.Port, input.Reason))
}

func (r *mutationResolver) DrainPort(ctx context.Context, input model.DrainPortInput) (*model.PortPayload, error) {
	return r.ordered(input.Port, r.Board.Drain(ctx, input.Port, input.Reason))
}

func (r *mutationResolver) ResumePort(ctx context.Context, input model.ResumePortInput) (*model.PortPayload, error) {
	return r.ordered(input.Port, r.Board.Resume(ctx, input.Port, orEmpty(input.Reason)))
}

func (r *mutationResolver) ReplayPort(ctx context.Context, input model.ReplayPortInput) (*model.ReplayPortPayload, error) {
	done, err := r.Board.Replay(ctx, input.Port, switchboard.Again{Since: input.Since, Lost: input.Lost, Items: input.Items, Reason: orEmpty(input.Reason)})
	if err != nil {
		return nil, err
	}
	return &model.ReplayPortPayload{Port: r.Catalogue().Port(input.Port), Delivered: done.Delivered, Lost: done.Lost, Asked: done.Asked}, nil
}

func (r *portResolver) Rate(ctx context.Context, obj *catalog.Port) (*int, error) {
	return orNone(obj.Rate), nil
}

func (r *portResolver) Abreast(ctx context.Context, obj *catalog.Port) (*int, error) {
	return orNone(obj.Abreast), nil
}

func (r *portResolver) FreshSeconds(ctx context.Context, obj *catalog.Port) (int, error) {
	return int(obj.Fresh() / time.Second), nil
}

func (r *portResolver) Running(ctx context.Context, objs []*catalog.Port) ([]*model.PortRunning, error) {
	found, err := r.Board.Running(ctx, objs)
	return each(found, running), err
}

func (r *queryResolver) PortOrders(ctx context.Context, port *string, first *int) ([]*gen.PortOrder, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	return r.Board.Orders(ctx, orEmpty(port), n)
}
