package server

import (
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
)

// locate says of errors where in the caller's document they arose, as the hub alone
// says it. A subgraph that tells a place tells one of the gateway's question.
func locate(all gqlerror.List, op *ast.OperationDefinition) {
	for _, e := range all {
		if len(e.Locations) == 0 || len(e.Path) == 0 {
			continue
		}
		e.Locations = nil
		set := op.SelectionSet
		var at *ast.Field
		for _, step := range e.Path {
			key, ok := step.(ast.PathName)
			if !ok {
				continue
			}
			if at = under(set, string(key), map[string]bool{}); at == nil {
				break
			}
			set = at.SelectionSet
		}
		if at != nil && at.Position != nil {
			e.Locations = []gqlerror.Location{{Line: at.Position.Line, Column: at.Position.Column}}
		}
	}
}

// under is the first field that answers by a key. Each fragment is looked into once:
// fragments in fragments may multiply.
func under(set ast.SelectionSet, key string, seen map[string]bool) *ast.Field {
	for _, s := range set {
		var found *ast.Field
		switch s := s.(type) {
		case *ast.Field:
			if s.Alias == key {
				return s
			}
		case *ast.InlineFragment:
			found = under(s.SelectionSet, key, seen)
		case *ast.FragmentSpread:
			if s.Definition != nil && !seen[s.Name] {
				seen[s.Name] = true
				found = under(s.Definition.SelectionSet, key, seen)
			}
		}
		if found != nil {
			return found
		}
	}
	return nil
}
