package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/graph/model"
)

func (r *mutationResolver) AcceptCase(ctx context.Context, input model.AcceptCaseInput) (*model.CasePayload, error) {
	return &model.CasePayload{CaseID: input.CaseID}, r.Desk.Accept(ctx, input.CaseID, orEmpty(input.Words))
}

func (r *mutationResolver) RefuseCase(ctx context.Context, input model.RefuseCaseInput) (*model.CasePayload, error) {
	return &model.CasePayload{CaseID: input.CaseID}, r.Desk.Refuse(ctx, input.CaseID, input.Reasons)
}

func (r *mutationResolver) DecideItem(ctx context.Context, input model.DecideItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.Decide(ctx, input.ItemID, input.Granted, orEmpty(input.ResultNo), orEmpty(input.Words))
}

func (r *mutationResolver) ReturnItem(ctx context.Context, input model.ReturnItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.Return(ctx, input.ItemID, defects(input.Defects), orEmpty(input.Words))
}

func (r *mutationResolver) SuspendItem(ctx context.Context, input model.SuspendItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.Suspend(ctx, input.ItemID, input.Reason, input.Law)
}

func (r *mutationResolver) ResumeItem(ctx context.Context, input model.ResumeItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.Resume(ctx, input.ItemID, orEmpty(input.Words))
}

func (r *mutationResolver) DeliverItem(ctx context.Context, input model.DeliverItemInput) (*model.ItemPayload, error) {
	return &model.ItemPayload{ItemID: input.ItemID}, r.Desk.Deliver(ctx, input.ItemID, input.Words)
}

func (r *mutationResolver) TakePapers(ctx context.Context, input model.TakePapersInput) (*model.CasePayload, error) {
	return &model.CasePayload{CaseID: input.CaseID}, r.Desk.TakePapers(ctx, input.CaseID, input.Materials)
}

func (r *queryResolver) Items(ctx context.Context, filter *model.ItemFilter, first *int, after *string) (*model.ItemConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	items, more, err := r.Desk.Queue(ctx, r.itemFilter(filter), n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	metItems(ctx, items...)
	return itemPage(items, more), nil
}
