package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	rooms "github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *mutationResolver) CorrectAccount(ctx context.Context, input model.CorrectAccountInput) (*model.CorrectAccountPayload, error) {
	s, err := r.Subsidies.CorrectAccount(ctx, input.SubsidyID, rooms.Account{Holder: input.BankAccountName, Bank: input.BankName, Number: input.BankAccountNo})
	if err != nil {
		return nil, err
	}
	return &model.CorrectAccountPayload{Subsidy: s}, nil
}

func (r *queryResolver) SubsidyRolls(ctx context.Context, first *int, after *string) (*model.SubsidyRollConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	return rollPage(r.Subsidies.Rolls(ctx, n, orEmpty(after)))
}

func (r *subsidyResolver) Years(ctx context.Context, obj *gen.Subsidy) (float64, error) {
	return float64(obj.Months) / 12, nil
}

func (r *subsidyResolver) AccountTail(ctx context.Context, obj *gen.Subsidy) (*string, error) {
	tail, err := r.Subsidies.Tail(ctx, obj)
	return orNil(tail), err
}

func (r *subsidyResolver) Returned(ctx context.Context, obj *gen.Subsidy) (*words.Text, error) {
	return r.Subsidies.Returned(obj), nil
}

func (r *subsidyRollResolver) State(ctx context.Context, obj *gen.PaymentRoll) (string, error) {
	return string(obj.State), nil
}

func (r *veteranResolver) Subsidies(ctx context.Context, objs []*gen.Veteran) ([][]*gen.Subsidy, error) {
	return all(ctx, load(ctx).subsidies, objs, func(v *gen.Veteran) string { return v.ID })
}

func (r *Resolver) Subsidy() exec.SubsidyResolver { return &subsidyResolver{r} }

func (r *Resolver) SubsidyRoll() exec.SubsidyRollResolver { return &subsidyRollResolver{r} }

type (
	subsidyResolver     struct{ *Resolver }
	subsidyRollResolver struct{ *Resolver }
)
