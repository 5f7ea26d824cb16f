package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

func (r *clockPauseResolver) Matter(ctx context.Context, obj *casefile.ClockPause) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *mutationResolver) LoadCalendar(ctx context.Context, input model.LoadCalendarInput) (*model.LoadCalendarPayload, error) {
	panic(fmt.Sprint("LoadCalendar - loadCalendar"))
}

func (r *Resolver) ClockPause() exec.ClockPauseResolver { return &clockPauseResolver{r} }

type clockPauseResolver struct{ *Resolver }
