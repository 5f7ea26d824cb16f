package resolvers

import (
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
)

func restrictionPayload(row *gen.Restriction, err error) (*model.RestrictionPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.RestrictionPayload{Restriction: row}, nil
}

// pageEndingWith is the paging of rows whose cursors are their IDs.
func pageEndingWith[T any](rows []T, more bool, id func(T) string) *model.PageInfo {
	p := &model.PageInfo{HasNextPage: more}
	if n := len(rows); n > 0 {
		p.EndCursor = new(id(rows[n-1]))
	}
	return p
}
