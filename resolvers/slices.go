package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/slice"
)

func consentPayload(c *gen.Consent, err error) (*model.ConsentPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.ConsentPayload{Consent: c}, nil
}

// sliceFields are what a slice reads of a person, as people are told.
func (r *Resolver) sliceFields(s *slice.Slice) []*model.SliceField {
	var out []*model.SliceField
	for _, at := range s.Fields.Told() {
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
			out[i] = append(out[i], &model.DataUse{Slice: u.Slice, Readable: u.Concerns, Consents: u.Consents})
		}
	}
	return out, nil
}
