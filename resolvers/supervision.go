package resolvers

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

func (r *mutationResolver) CloseTask(ctx context.Context, input model.CloseTaskInput) (*model.TaskPayload, error) {
	panic(fmt.Sprint("CloseTask - closeTask"))
}

func (r *obligationResolver) Matter(ctx context.Context, obj *gen.Obligation) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *obligationResolver) Department(ctx context.Context, obj *gen.Obligation) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *obligationResolver) Task(ctx context.Context, objs []*gen.Obligation) ([]*gen.Task, error) {
	panic(fmt.Sprint("Task - task"))
}

func (r *queryResolver) Silences(ctx context.Context, first *int) (*model.SilenceReport, error) {
	panic(fmt.Sprint("Silences - silences"))
}

func (r *queryResolver) Tasks(ctx context.Context, filter *model.TaskFilter, first *int, after *string) (*model.TaskConnection, error) {
	panic(fmt.Sprint("Tasks - tasks"))
}

func (r *queryResolver) Violations(ctx context.Context, filter *model.ViolationFilter, first *int, after *string) (*model.ViolationConnection, error) {
	panic(fmt.Sprint("Violations - violations"))
}

func (r *silenceResolver) Case(ctx context.Context, objs []*model.Silence) ([]*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *taskResolver) Case(ctx context.Context, objs []*gen.Task) ([]*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *taskResolver) Department(ctx context.Context, obj *gen.Task) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *taskResolver) Division(ctx context.Context, obj *gen.Task) (*division.Division, error) {
	panic(fmt.Sprint("Division - division"))
}

func (r *violationResolver) Case(ctx context.Context, objs []*gen.Violation) ([]*gen.CaseFile, error) {
	panic(fmt.Sprint("Case - case"))
}

func (r *violationResolver) Matter(ctx context.Context, obj *gen.Violation) (*catalog.Matter, error) {
	panic(fmt.Sprint("Matter - matter"))
}

func (r *violationResolver) Field(ctx context.Context, obj *gen.Violation) (*catalog.Field, error) {
	panic(fmt.Sprint("Field - field"))
}

func (r *violationResolver) Material(ctx context.Context, obj *gen.Violation) (*catalog.Material, error) {
	panic(fmt.Sprint("Material - material"))
}

func (r *violationResolver) Department(ctx context.Context, obj *gen.Violation) (*catalog.Department, error) {
	panic(fmt.Sprint("Department - department"))
}

func (r *Resolver) Obligation() exec.ObligationResolver { return &obligationResolver{r} }

func (r *Resolver) Silence() exec.SilenceResolver { return &silenceResolver{r} }

func (r *Resolver) Task() exec.TaskResolver { return &taskResolver{r} }

func (r *Resolver) Violation() exec.ViolationResolver { return &violationResolver{r} }

type (
	obligationResolver struct{ *Resolver }
	silenceResolver    struct{ *Resolver }
	taskResolver       struct{ *Resolver }
	violationResolver  struct{ *Resolver }
)
