package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
)

func consentPayload(c *gen.Consent, err error) (*model.ConsentPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.ConsentPayload{Consent: c}, nil
}

// sliceFields are fields of a slice, as people are told of them.
func (r *Resolver) sliceFields(coordinates []string) []*model.SliceField {
	var out []*model.SliceField
	for _, at := range coordinates {
		out = append(out, &model.SliceField{Coordinate: at, Description: new(r.Sharing.Described(at)), Sensitive: r.Sharing.Sensitive(at)})
	}
	return out
}

func dataUses(ctx context.Context, vs []*gen.Veteran) ([][]*model.DataUse, error) {
	by, err := all(ctx, load(ctx).uses, vs, func(v *gen.Veteran) string { return v.ID })
	if err != nil {
		return nil, err
	}
	out := make([][]*model.DataUse, len(vs))
	for i, uses := range by {
		for _, u := range uses {
			out[i] = append(out[i], &model.DataUse{Slice: u.Slice, Readable: u.Concerns, Announced: u.Announced, Consents: u.Consents})
		}
	}
	return out, nil
}
