package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

func (r *entityResolver) FindCase(ctx context.Context, reps []*model.CaseRepresentation) ([]*gen.CaseFile, error) {
	cs, err := r.casesByKey(ctx, reps)
	metCases(ctx, cs...)
	return cs, err
}

func (r *entityResolver) FindDepartment(ctx context.Context, reps []*model.DepartmentRepresentation) ([]*catalog.Department, error) {
	return each(reps, func(p *model.DepartmentRepresentation) *catalog.Department {
		return r.Catalogue().Department(orEmpty(p.Code))
	}), access.Signed(ctx)
}

func (r *entityResolver) FindDivision(ctx context.Context, reps []*model.DivisionRepresentation) ([]*division.Division, error) {
	return each(reps, func(p *model.DivisionRepresentation) *division.Division { return r.place(orEmpty(p.Code)) }), access.Signed(ctx)
}

func (r *entityResolver) FindMatter(ctx context.Context, reps []*model.MatterRepresentation) ([]*catalog.Matter, error) {
	return each(reps, func(p *model.MatterRepresentation) *catalog.Matter {
		if p.MatchedKey == model.MatterMatchedKeySlug {
			return r.Catalogue().Matter(orEmpty(p.Slug))
		}
		return r.Catalogue().Matter(orEmpty(p.Code))
	}), access.Signed(ctx)
}

func (r *entityResolver) FindVeteran(ctx context.Context, reps []*model.VeteranRepresentation) ([]*gen.Veteran, error) {
	vs, err := all(ctx, load(ctx).veterans, reps, func(p *model.VeteranRepresentation) string { return orEmpty(p.ID) })
	if err != nil {
		return nil, err
	}
	return load(ctx).reported.heard(vs, reps), nil
}

func (r *Resolver) Entity() exec.EntityResolver { return &entityResolver{r} }

type entityResolver struct{ *Resolver }
