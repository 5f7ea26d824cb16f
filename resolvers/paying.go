package resolvers

import (
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
)

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
