package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
)

// subsidiesOf reads the subsidies of all veterans of a list at once.
func subsidiesOf(ctx context.Context, r *Resolver, vs []*gen.Veteran) ([][]*gen.Subsidy, error) {
	ids := make([]string, len(vs))
	for i, v := range vs {
		ids[i] = v.ID
	}
	by, err := r.Subsidies.OfVeterans(ctx, ids)
	if err != nil {
		return nil, err
	}
	out := make([][]*gen.Subsidy, len(vs))
	for i, id := range ids {
		out[i] = by[id]
	}
	return out, nil
}

func rollPage(rows []*gen.PaymentRoll, more bool, err error) (*model.SubsidyRollConnection, error) {
	if err != nil {
		return nil, err
	}
	c := &model.SubsidyRollConnection{Nodes: rows, PageInfo: &model.PageInfo{HasNextPage: more}}
	if len(rows) > 0 {
		c.PageInfo.EndCursor = &rows[len(rows)-1].ID
	}
	return c, nil
}
