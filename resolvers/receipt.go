package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func (r *readReceiptReaderResolver) Department(ctx context.Context, obj *model.ReadReceiptReader) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.DepartmentCode), nil
}

func (r *readReceiptReaderResolver) Division(ctx context.Context, obj *model.ReadReceiptReader) (*division.Division, error) {
	return r.place(obj.DivisionCode), nil
}

func (r *veteranResolver) ReadReceipts(ctx context.Context, obj *gen.Veteran, first *int, after *string, from *workday.Day, to *workday.Day, others *bool) (*model.ReadReceiptConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	return r.readReceipts(ctx, obj.ID, wish(n, after, from, to, others))
}

func (r *Resolver) ReadReceiptReader() exec.ReadReceiptReaderResolver {
	return &readReceiptReaderResolver{r}
}

type readReceiptReaderResolver struct{ *Resolver }
