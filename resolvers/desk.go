package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/graph/model"
)

func (r *mutationResolver) AcceptCase(ctx context.Context, input model.AcceptCaseInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("AcceptCase - acceptCase"))
}

func (r *mutationResolver) RefuseCase(ctx context.Context, input model.RefuseCaseInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("RefuseCase - refuseCase"))
}

func (r *mutationResolver) DecideItem(ctx context.Context, input model.DecideItemInput) (*model.ItemPayload, error) {
	panic(fmt.Sprint("DecideItem - decideItem"))
}

func (r *mutationResolver) ReturnItem(ctx context.Context, input model.ReturnItemInput) (*model.ItemPayload, error) {
	panic(fmt.Sprint("ReturnItem - returnItem"))
}

func (r *mutationResolver) SuspendItem(ctx context.Context, input model.SuspendItemInput) (*model.ItemPayload, error) {
	panic(fmt.Sprint("SuspendItem - suspendItem"))
}

func (r *mutationResolver) ResumeItem(ctx context.Context, input model.ResumeItemInput) (*model.ItemPayload, error) {
	panic(fmt.Sprint("ResumeItem - resumeItem"))
}

func (r *mutationResolver) DeliverItem(ctx context.Context, input model.DeliverItemInput) (*model.ItemPayload, error) {
	panic(fmt.Sprint("DeliverItem - deliverItem"))
}

func (r *mutationResolver) TakePapers(ctx context.Context, input model.TakePapersInput) (*model.CasePayload, error) {
	panic(fmt.Sprint("TakePapers - takePapers"))
}

func (r *queryResolver) Items(ctx context.Context, filter *model.ItemFilter, first *int, after *string) (*model.ItemConnection, error) {
	panic(fmt.Sprint("Items - items"))
}
