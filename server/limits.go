package server

import (
	"context"
	"time"

	"github.com/99designs/gqlgen/complexity"
	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/resolvers"
)

// pageCap is the largest page; a resolver gives no more, so it costs no more.
const pageCap = 100

// costs says what fields cost that answer with many rows: as much as the rows.
func costs() exec.ComplexityRoot {
	var c exec.ComplexityRoot
	c.Query.Veterans = func(child int, _ *model.VeteranFilter, first *int, _ *string) int { return rows(first, 20) * child }
	c.Query.Cases = func(child int, _ *model.CaseFilter, first *int, _ *string) int { return rows(first, 20) * child }
	c.Query.Divisions = func(child int, _, _ *string, first *int) int { return rows(first, 50) * child }
	c.Veteran.Cases = func(child int, first *int, _ *string) int { return rows(first, 10) * child }
	c.Query.CaseStatistics = func(child int, _ *model.CaseFilter, _ []progress.Dimension, _ *progress.Level, _ *time.Time) int {
		return 100 * child
	} // as a hundred groups; few have more
	c.Query.Silences = func(child int, first *int) int { return rows(first, 20) * child }
	c.Query.Tasks = func(child int, _ *model.TaskFilter, first *int, _ *string) int { return rows(first, 20) * child }
	c.Query.Violations = func(child int, _ *model.ViolationFilter, first *int, _ *string) int { return rows(first, 20) * child }
	c.Veteran.Notifications = func(child int, first *int, _ *bool) int { return rows(first, 20) * child }
	c.Query.AppointmentOptions = func(child int, in model.AppointmentOptionsInput) int { return rows(in.Workdays, 5) * child }
	c.Query.Disputes = func(child int, _ *dispute.State, first *int, _ *string) int { return rows(first, 20) * child }
	c.Query.Ports = func(child int, department *string) int {
		return map[bool]int{true: 105, false: 40}[department == nil] * child
	} // all there are; of one department
	c.Query.PortOrders = func(child int, _ *string, first *int) int { return rows(first, 20) * child }
	c.Veteran.Mandates = func(child int) int { return 10 * child }
	c.Veteran.Disputes = func(child int) int { return 5 * child }
	c.VisitOption.Slots = func(child int) int { return 11 * child } // of each of those days
	c.Case.Items = func(child int) int { return 13 * child }
	c.Case.Timeline = func(child int) int { return 20 * child }
	return c
}

func rows(first *int, usual int) int {
	if first == nil {
		return usual
	}
	return min(max(*first, 1), pageCap)
}

// depthLimit refuses documents whose selections lie deeper than this.
type depthLimit int

// ExtensionName implements graphql.HandlerExtension.
func (depthLimit) ExtensionName() string { return "DepthLimit" }

// Validate implements graphql.HandlerExtension.
func (depthLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses an operation that is too deep. Introspection is
// left out: the standard introspection query of tools is deeper than any screen.
func (d depthLimit) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if op.Operation == nil || depth(op.Operation.SelectionSet, int(d)+1) <= int(d) {
		return nil
	}
	return present(fault.Newf(fault.TooLarge, "TOO_DEEP", "查询嵌套超过 %[1]d 层。", "The query is nested deeper than %[1]d levels.", int(d)))
}

// depth measures selections and stops counting at enough; validation has
// refused circular fragments before.
func depth(set ast.SelectionSet, enough int) int {
	if enough == 0 {
		return 0
	}
	deepest := 0
	for _, s := range set {
		below := 0
		switch s := s.(type) {
		case *ast.Field:
			if s.Name == "__schema" || s.Name == "__type" {
				continue
			}
			below = 1 + depth(s.SelectionSet, enough-1)
		case *ast.InlineFragment:
			below = depth(s.SelectionSet, enough)
		case *ast.FragmentSpread:
			if s.Definition != nil {
				below = depth(s.Definition.SelectionSet, enough)
			}
		}
		deepest = max(deepest, below)
	}
	return deepest
}

// costOf is where an operation's cost is kept while it runs.
const costOf = "cost"

// costLimit refuses operations whose answers could be larger than this; see costs.
type costLimit struct {
	most   int
	schema graphql.ExecutableSchema
}

// ExtensionName implements graphql.HandlerExtension.
func (*costLimit) ExtensionName() string { return "CostLimit" }

// Validate implements graphql.HandlerExtension.
func (c *costLimit) Validate(schema graphql.ExecutableSchema) error {
	c.schema = schema
	return nil
}

// MutateOperationContext refuses an operation that costs too much.
func (c *costLimit) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	cost := complexity.Calculate(ctx, c.schema, op.Operation, op.Variables)
	op.Stats.SetExtension(costOf, cost)
	if cost <= c.most {
		return nil
	}
	return present(fault.Newf(fault.TooLarge, "TOO_COSTLY", "查询要取的内容太多(%[1]d,最多 %[2]d),请减少每页条数或字段。",
		"The query asks for too much (%[1]d, at most %[2]d); ask for smaller pages or fewer fields.", cost, c.most))
}

// introspection lets those who may ask what the schema is.
type introspection struct{ demo bool }

// ExtensionName implements graphql.HandlerExtension.
func (introspection) ExtensionName() string { return "Introspection" }

// Validate implements graphql.HandlerExtension.
func (introspection) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext opens introspection: in the demonstration to everybody,
// in production to the hub's operator. Others read /schema.graphql.
func (i introspection) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	v := access.From(ctx)
	op.DisableIntrospection = !i.demo && (v == nil || v.Kind != access.Operator)
	return nil
}

// present is a fault as GraphQL tells it, outside of any resolver.
func present(f *fault.Fault) *gqlerror.Error {
	return &gqlerror.Error{Message: f.Text + " " + f.TextEn, Extensions: resolvers.Extensions(f)}
}
