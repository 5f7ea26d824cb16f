package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *mandateResolver) Matters(ctx context.Context, obj *gen.Mandate) ([]*catalog.Matter, error) {
	panic(fmt.Sprint("Matters - matters"))
}

func (r *mandateResolver) Fields(ctx context.Context, obj *gen.Mandate) ([]*catalog.Field, error) {
	panic(fmt.Sprint("Fields - fields"))
}

func (r *mandateResolver) State(ctx context.Context, obj *gen.Mandate) (model.MandateState, error) {
	panic(fmt.Sprint("State - state"))
}

func (r *mandateResolver) QR(ctx context.Context, obj *gen.Mandate) (*string, error) {
	panic(fmt.Sprint("QR - qr"))
}

func (r *mutationResolver) RequestMandate(ctx context.Context, input model.RequestMandateInput) (*model.MandatePayload, error) {
	panic(fmt.Sprint("RequestMandate - requestMandate"))
}

func (r *mutationResolver) ConfirmMandate(ctx context.Context, input model.ConfirmMandateInput) (*model.MandatePayload, error) {
	panic(fmt.Sprint("ConfirmMandate - confirmMandate"))
}

func (r *mutationResolver) GrantMandate(ctx context.Context, input model.GrantMandateInput) (*model.MandatePayload, error) {
	panic(fmt.Sprint("GrantMandate - grantMandate"))
}

func (r *mutationResolver) RevokeMandate(ctx context.Context, input model.RevokeMandateInput) (*model.MandatePayload, error) {
	panic(fmt.Sprint("RevokeMandate - revokeMandate"))
}

func (r *veteranResolver) Mandates(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Mandate, error) {
	panic(fmt.Sprint("Mandates - mandates"))
}

func (r *Resolver) Mandate() exec.MandateResolver { return &mandateResolver{r} }

type mandateResolver struct{ *Resolver }
