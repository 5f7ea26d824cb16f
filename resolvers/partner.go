package resolvers

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/profile"
)

func (r *veteranResolver) CourseHours(ctx context.Context, objs []*gen.Veteran) ([]int, error) {
	out, wrong := load(ctx).reported.courseHours(objs)
	return out, graphql.BatchErrorList(wrong)
}

func (r *veteranResolver) TrainingHours(ctx context.Context, objs []*gen.Veteran) ([]*int, error) {
	record, err := all(ctx, load(ctx).trainings, objs, func(v *gen.Veteran) string { return v.ID })
	if err != nil {
		return nil, err
	}
	hours, wrong := load(ctx).reported.courseHours(objs)
	out := make([]*int, len(objs))
	for i := range out {
		out[i] = new(profile.TrainingHours(record[i], hours[i]))
	}
	return out, graphql.BatchErrorList(wrong)
}
