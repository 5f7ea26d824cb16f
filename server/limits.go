package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/resolvers"
)

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
