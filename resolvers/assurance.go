package resolvers

import (
	"context"
	"math"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/identity"
)

func (r *assuranceNeedResolver) Level(ctx context.Context, obj *identity.Need) (*identity.Level, error) {
	return r.Assurances.InForce().Level(obj.Level), nil
}

func (r *identityCheckResolver) Level(ctx context.Context, obj *gen.IdentityCheck) (*identity.Level, error) {
	return r.Assurances.InForce().Level(obj.Level), nil
}

func (r *mutationResolver) StartIdentityCheck(ctx context.Context) (*model.StartIdentityCheckPayload, error) {
	check, page, err := r.Assurances.Start(ctx)
	if err != nil {
		return nil, err
	}
	return &model.StartIdentityCheckPayload{Check: check, Page: page}, nil
}

func (r *mutationResolver) FinishIdentityCheck(ctx context.Context, input model.FinishIdentityCheckInput) (*model.FinishIdentityCheckPayload, error) {
	check, err := r.Assurances.Finish(ctx, input.CheckID)
	if err != nil {
		return nil, err
	}
	return &model.FinishIdentityCheckPayload{Check: check}, nil
}

func (r *queryResolver) AssuranceNeeds(ctx context.Context) ([]*identity.Need, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	return r.Assurances.InForce().Needs(), nil
}

func (r *viewerResolver) Assurance(ctx context.Context, obj *access.Viewer) (*identity.Level, error) {
	return r.Assurances.Level(ctx, obj)
}

func (r *viewerResolver) IdentityChecks(ctx context.Context, obj *access.Viewer) ([]*gen.IdentityCheck, error) {
	most := 20
	if inFull(ctx) {
		most = math.MaxInt32
	}
	return r.Assurances.Checks(ctx, most)
}

func (r *Resolver) AssuranceNeed() exec.AssuranceNeedResolver { return &assuranceNeedResolver{r} }

func (r *Resolver) IdentityCheck() exec.IdentityCheckResolver { return &identityCheckResolver{r} }

type (
	assuranceNeedResolver struct{ *Resolver }
	identityCheckResolver struct{ *Resolver }
)
