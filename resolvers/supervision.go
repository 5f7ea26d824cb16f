package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

func (r *mutationResolver) CloseTask(ctx context.Context, input model.CloseTaskInput) (*model.TaskPayload, error) {
	if err := r.Office.Close(ctx, input.TaskID, input.Outcome); err != nil {
		return nil, err
	}
	t, err := r.Office.Task(ctx, input.TaskID)
	return &model.TaskPayload{Task: t}, err
}

func (r *obligationResolver) Matter(ctx context.Context, obj *gen.Obligation) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *obligationResolver) Department(ctx context.Context, obj *gen.Obligation) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *obligationResolver) Task(ctx context.Context, objs []*gen.Obligation) ([]*gen.Task, error) {
	return all(ctx, load(ctx).tasks, objs, func(o *gen.Obligation) string { return o.TaskID })
}

func (r *queryResolver) Silences(ctx context.Context, first *int) (*model.SilenceReport, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	report, err := r.Office.Silences(ctx, n)
	if err != nil {
		return nil, err
	}
	return r.silences(report), nil
}

func (r *queryResolver) Tasks(ctx context.Context, filter *model.TaskFilter, first *int, after *string) (*model.TaskConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	ts, more, err := r.Office.Tasks(ctx, taskFilter(filter), n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	return taskPage(ts, more), nil
}

func (r *queryResolver) Violations(ctx context.Context, filter *model.ViolationFilter, first *int, after *string) (*model.ViolationConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	vs, more, err := r.Office.Violations(ctx, violationFilter(filter), n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	return violationPage(vs, more), nil
}

func (r *silenceResolver) Case(ctx context.Context, objs []*model.Silence) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(s *model.Silence) string { return s.CaseID })
}

func (r *taskResolver) Case(ctx context.Context, objs []*gen.Task) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(t *gen.Task) string { return t.CaseID })
}

func (r *taskResolver) Department(ctx context.Context, obj *gen.Task) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
}

func (r *taskResolver) Division(ctx context.Context, obj *gen.Task) (*division.Division, error) {
	return r.mustPlace(obj.Division), nil
}

func (r *violationResolver) Case(ctx context.Context, objs []*gen.Violation) ([]*gen.CaseFile, error) {
	return all(ctx, load(ctx).file, objs, func(v *gen.Violation) string { return v.CaseID })
}

func (r *violationResolver) Matter(ctx context.Context, obj *gen.Violation) (*catalog.Matter, error) {
	return r.Catalogue().Matter(obj.Matter), nil
}

func (r *violationResolver) Field(ctx context.Context, obj *gen.Violation) (*catalog.Field, error) {
	return r.Catalogue().Field(obj.Element), nil
}

func (r *violationResolver) Material(ctx context.Context, obj *gen.Violation) (*catalog.Material, error) {
	return r.Catalogue().Material(obj.Material), nil
}

func (r *violationResolver) Department(ctx context.Context, obj *gen.Violation) (*catalog.Department, error) {
	return r.Catalogue().Department(obj.Department), nil
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
