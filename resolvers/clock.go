package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *clockPauseResolver) Matter(ctx context.Context, obj *casefile.ClockPause) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *mutationResolver) LoadCalendar(ctx context.Context, input model.LoadCalendarInput) (*model.LoadCalendarPayload, error) {
	moves, err := r.Desk.LoadCalendar(ctx, []byte(input.Schedule), input.DryRun)
	if err != nil {
		return nil, err
	}
	return r.moves(moves), nil
}

func (r *Resolver) ClockPause() exec.ClockPauseResolver { return &clockPauseResolver{r} }

type clockPauseResolver struct{ *Resolver }
