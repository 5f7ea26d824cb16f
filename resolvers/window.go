package resolvers

import (
	"context"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func mandatePayload(m *gen.Mandate, err error) (*model.MandatePayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.MandatePayload{Mandate: m}, nil
}

func disputePayload(d *gen.Dispute, err error) (*model.DisputePayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.DisputePayload{Dispute: d}, nil
}

func disputePage(rows []*gen.Dispute, more bool, err error) (*model.DisputeConnection, error) {
	if err != nil {
		return nil, err
	}
	c := &model.DisputeConnection{Nodes: rows, PageInfo: &model.PageInfo{HasNextPage: more}}
	if len(rows) > 0 {
		c.PageInfo.EndCursor = &rows[len(rows)-1].ID
	}
	return c, nil
}

// stateOr is empty for no state: all of them.
func stateOr(s *dispute.State) dispute.State {
	if s == nil {
		return ""
	}
	return *s
}

// openDisputes are the open disputes about values of profiles.
func openDisputes(ctx context.Context, values []*model.Element) ([]*gen.Dispute, error) {
	lists, err := all(ctx, load(ctx).disputes, values, func(e *model.Element) string { return e.VeteranID })
	if err != nil {
		return nil, err
	}
	out := make([]*gen.Dispute, len(values))
	for i, e := range values {
		if at := slices.IndexFunc(lists[i], func(d *gen.Dispute) bool { return d.State == dispute.StateOPEN && d.Element == e.Field.ID }); at >= 0 {
			out[i] = lists[i][at]
		}
	}
	return out, nil
}

// knownFields are those of the catalogue in force; one that it has dropped is left out.
func (r *Resolver) knownFields(ids []string) []*catalog.Field {
	out := make([]*catalog.Field, 0, len(ids))
	for _, id := range ids {
		if f := r.Catalogue().Field(id); f != nil {
			out = append(out, f)
		}
	}
	return out
}

// mustField is a data element; one that the catalogue has dropped keeps its ID as its name.
func (r *Resolver) mustField(id string) *catalog.Field {
	if f := r.Catalogue().Field(id); f != nil {
		return f
	}
	return &catalog.Field{ID: id, Name: catalog.Text{Zh: id, En: id}}
}

// mustDepartment is a department; one that the catalogue has dropped keeps its code as its name.
func (r *Resolver) mustDepartment(code string) *catalog.Department {
	if d := r.Catalogue().Department(code); d != nil {
		return d
	}
	return &catalog.Department{Code: code, Name: catalog.Text{Zh: code, En: code}}
}
