package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// references refuses representations that cannot be meant before the library takes them
// apart, which would call them a fault of ours and log them.
type references struct{}

// ExtensionName implements graphql.HandlerExtension.
func (references) ExtensionName() string { return "References" }

// Validate implements graphql.HandlerExtension.
func (references) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext implements graphql.OperationContextMutator.
func (references) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if sound(op.Operation.SelectionSet, op.Variables) {
		return nil
	}
	return present(fault.New(fault.Invalid, "ENTITY_REFERENCE", "引用的对象类型或主键不对。", "A reference names no type or no key of ours."))
}

func sound(set ast.SelectionSet, vars map[string]any) bool {
	for _, s := range set {
		ok := true
		switch s := s.(type) {
		case *ast.Field:
			ok = s.Name != "_entities" || soundAll(referencesOf(s, vars))
		case *ast.InlineFragment:
			ok = sound(s.SelectionSet, vars)
		case *ast.FragmentSpread:
			ok = sound(s.Definition.SelectionSet, vars)
		}
		if !ok {
			return false
		}
	}
	return true
}

// referencesOf are what an _entities is asked for; one that is no list is a list of one.
func referencesOf(f *ast.Field, vars map[string]any) []any {
	given := f.ArgumentMap(vars)["representations"]
	if all, ok := given.([]any); ok {
		return all
	}
	return []any{given}
}

func soundAll(all []any) bool {
	for _, one := range all {
		r, ok := one.(map[string]any)
		if !ok {
			return false
		}
		if name, ok := r["__typename"].(string); !ok || name == "" {
			return false
		}
		for _, key := range []string{"id", "number", "code", "slug"} {
			switch r[key].(type) {
			case []any, map[string]any:
				return false
			}
		}
	}
	return true
}
