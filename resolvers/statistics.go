package resolvers

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/words"
)

func (r *queryResolver) CaseStatistics(ctx context.Context, filter *model.CaseFilter, groupBy []progress.Dimension, level *progress.Level, asOf *time.Time) (*progress.Statistics, error) {
	return r.Desk.Board().Statistics(ctx, r.question(filter, groupBy, level, asOf))
}

func (r *queryResolver) CaseCount(ctx context.Context, filter *model.CaseFilter) (*int, error) {
	return r.Desk.Board().Count(ctx, r.question(filter, nil, nil, nil))
}

func (r *statisticsKeyResolver) Name(ctx context.Context, obj *progress.Key) (*words.Text, error) {
	name := r.Named(*obj)
	return &name, nil
}

func (r *Resolver) StatisticsKey() exec.StatisticsKeyResolver { return &statisticsKeyResolver{r} }

type statisticsKeyResolver struct{ *Resolver }
