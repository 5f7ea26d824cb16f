package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *disputeResolver) Field(ctx context.Context, obj *gen.Dispute) (*catalog.Field, error) {
	panic(fmt.Sprint("Field - field"))
}

func (r *disputeResolver) Department(ctx context.Context, obj *gen.Dispute) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *disputeResolver) Claim(ctx context.Context, obj *gen.Dispute) (any, error) {
	panic(fmt.Sprint("Claim - claim"))
}

func (r *disputeResolver) Reason(ctx context.Context, obj *gen.Dispute) (*string, error) {
	panic(fmt.Sprint("Reason - reason"))
}

func (r *elementResolver) Dispute(ctx context.Context, objs []*model.Element) ([]*gen.Dispute, error) {
	panic(fmt.Sprint("Dispute - dispute"))
}

func (r *mutationResolver) DisputeValue(ctx context.Context, input model.DisputeValueInput) (*model.DisputePayload, error) {
	panic(fmt.Sprint("DisputeValue - disputeValue"))
}

func (r *mutationResolver) DecideDispute(ctx context.Context, input model.DecideDisputeInput) (*model.DisputePayload, error) {
	panic(fmt.Sprint("DecideDispute - decideDispute"))
}

func (r *queryResolver) Disputes(ctx context.Context, state *dispute.State, first *int, after *string) (*model.DisputeConnection, error) {
	panic(fmt.Sprint("Disputes - disputes"))
}

func (r *veteranResolver) Disputes(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Dispute, error) {
	panic(fmt.Sprint("Disputes - disputes"))
}

func (r *Resolver) Dispute() exec.DisputeResolver { return &disputeResolver{r} }

type disputeResolver struct{ *Resolver }
