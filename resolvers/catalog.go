package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *codedDefectResolver) Field(ctx context.Context, obj *catalog.Defect) (*catalog.Field, error) {
	return r.Catalogue().Field(obj.Field), nil
}

func (r *codedDefectResolver) Material(ctx context.Context, obj *catalog.Defect) (*catalog.Material, error) {
	return r.Catalogue().Material(obj.Material), nil
}

func (r *divisionResolver) FullName(ctx context.Context, obj *division.Division) (string, error) {
	return r.Places.FullName(obj.Code), nil
}

func (r *divisionResolver) Level(ctx context.Context, obj *division.Division) (string, error) {
	return string(obj.Level), nil
}

func (r *divisionResolver) Parent(ctx context.Context, obj *division.Division) (*division.Division, error) {
	return r.place(obj.Parent), nil
}

func (r *matterResolver) Confidence(ctx context.Context, obj *catalog.Matter) (string, error) {
	return obj.NameEvidence.Confidence, nil
}

func (r *matterResolver) Department(ctx context.Context, obj *catalog.Matter) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Lead), nil
}

func (r *matterResolver) Days(ctx context.Context, obj *catalog.Matter) (int, error) {
	return obj.Days.Alone, nil
}

func (r *matterResolver) JointDays(ctx context.Context, obj *catalog.Matter) (int, error) {
	return obj.Days.Joint(), nil
}

func (r *matterResolver) Visits(ctx context.Context, obj *catalog.Matter) (int, error) {
	return obj.Visits.Value, nil
}

func (r *matterResolver) After(ctx context.Context, obj *catalog.Matter) ([]*catalog.Matter, error) {
	codes := make([]string, len(obj.After))
	for i, d := range obj.After {
		codes[i] = d.Matter
	}
	return r.matters(codes), nil
}

func (r *matterResolver) Result(ctx context.Context, obj *catalog.Matter) (*words.Text, error) {
	return &obj.Result.Name, nil
}

func (r *matterResolver) Defects(ctx context.Context, obj *catalog.Matter) ([]*catalog.Defect, error) {
	return obj.DefectList(), nil
}

func (r *portResolver) Department(ctx context.Context, obj *catalog.Port) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *portResolver) Matter(ctx context.Context, obj *catalog.Port) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *queryResolver) Matters(ctx context.Context) ([]*catalog.Matter, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	return r.Catalogue().Matters, nil
}

func (r *queryResolver) Catalog(ctx context.Context) (*model.Catalog, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	c := r.Catalogue()
	return &model.Catalog{Version: c.Version, Title: &c.Meta.Title, Disclaimer: &c.Meta.Disclaimer, AsOf: c.Meta.AsOf, CodeLists: codeLists(c)}, nil
}

func (r *queryResolver) CodeList(ctx context.Context, id string) (*catalog.CodeList, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	return r.Catalogue().Codes[id], nil
}

func (r *queryResolver) Division(ctx context.Context, code string) (*division.Division, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	return r.place(code), nil
}

func (r *queryResolver) Divisions(ctx context.Context, parent *string, text *string, first *int) ([]*division.Division, error) {
	if err := access.Signed(ctx); err != nil {
		return nil, err
	}
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	return r.places(orEmpty(parent), orEmpty(text), n), nil
}

func (r *queryResolver) Ports(ctx context.Context, department *string) ([]*catalog.Port, error) {
	if err := access.Require(ctx, access.ReadPorts); err != nil {
		return nil, err
	}
	return r.ports(orEmpty(department)), nil
}

func (r *Resolver) CodedDefect() exec.CodedDefectResolver { return &codedDefectResolver{r} }

func (r *Resolver) Division() exec.DivisionResolver { return &divisionResolver{r} }

func (r *Resolver) Matter() exec.MatterResolver { return &matterResolver{r} }

func (r *Resolver) Port() exec.PortResolver { return &portResolver{r} }

type (
	codedDefectResolver struct{ *Resolver }
	divisionResolver    struct{ *Resolver }
	matterResolver      struct{ *Resolver }
	portResolver        struct{ *Resolver }
)
