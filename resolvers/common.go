package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func (r *dueStepResolver) Kind(ctx context.Context, obj *workday.Step) (string, error) {
	return string(obj.Kind), nil
}

func (r *dueStepResolver) Matter(ctx context.Context, obj *workday.Step) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *provenanceResolver) Source(ctx context.Context, obj *fact.Provenance) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Source), nil
}

func (r *queryResolver) Me(ctx context.Context) (*access.Viewer, error) {
	v := access.From(ctx)
	if v == nil {
		return nil, access.SignIn()
	}
	return v, nil
}

func (r *viewerResolver) Kind(ctx context.Context, obj *access.Viewer) (string, error) {
	return string(obj.Kind), nil
}

func (r *viewerResolver) Veteran(ctx context.Context, obj *access.Viewer) (*gen.Veteran, error) {
	if obj.Self == "" {
		return nil, nil
	}
	v, err := r.Profile.Get(ctx, obj.Self)
	met(ctx, v)
	return v, err
}

func (r *viewerResolver) Department(ctx context.Context, obj *access.Viewer) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *viewerResolver) Division(ctx context.Context, obj *access.Viewer) (*division.Division, error) {
	return r.place(obj.Division), nil
}

func (r *Resolver) DueStep() exec.DueStepResolver { return &dueStepResolver{r} }

func (r *Resolver) Provenance() exec.ProvenanceResolver { return &provenanceResolver{r} }

func (r *Resolver) Query() exec.QueryResolver { return &queryResolver{r} }

func (r *Resolver) Viewer() exec.ViewerResolver { return &viewerResolver{r} }

type (
	dueStepResolver    struct{ *Resolver }
	provenanceResolver struct{ *Resolver }
	queryResolver      struct{ *Resolver }
	viewerResolver     struct{ *Resolver }
)
