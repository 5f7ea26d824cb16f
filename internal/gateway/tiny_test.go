package gateway_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// object is something that a subgraph knows: values by field, or functions of the
// field's arguments.
type object = map[string]any

// tiny is a subgraph that really answers what it is asked, by its schema and what it
// knows. A question that its schema does not allow fails the test.
type tiny struct {
	t        *testing.T
	schema   *ast.Schema
	roots    map[ast.Operation]object
	entities map[string]func(rep object) any // by type
}

const federation = `
scalar _Any
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
`

func newTiny(t *testing.T, sdl string, roots map[ast.Operation]object, entities map[string]func(object) any) *tiny {
	t.Helper()
	if len(entities) > 0 {
		sdl += federation + "union _Entity = "
		var names []string
		for name := range entities {
			names = append(names, name)
		}
		slices.Sort(names)
		for i, name := range names {
			if i > 0 {
				sdl += " | "
			}
			sdl += name
		}
	}
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: t.Name(), Input: sdl})
	if err != nil {
		t.Fatal(err)
	}
	return &tiny{t: t, schema: schema, roots: roots, entities: entities}
}

// ServeHTTP implements http.Handler.
func (s *tiny) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct {
		Query     string
		Variables object
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		s.t.Errorf("a question that is no JSON: %v", err)
	}
	doc, errs := gqlparser.LoadQueryWithRules(s.schema, q.Query, rules.NewDefaultRules())
	if errs != nil {
		s.t.Errorf("a question that the subgraph does not understand: %s: %v", q.Query, errs)
		_ = json.NewEncoder(w).Encode(object{"errors": errs})
		return
	}
	op := doc.Operations[0]
	vars, err := validator.VariableValues(s.schema, op, q.Variables)
	if err != nil {
		s.t.Errorf("variables that do not fit: %s: %v", q.Query, err)
	}
	root := map[ast.Operation]*ast.Definition{ast.Query: s.schema.Query, ast.Mutation: s.schema.Mutation}[op.Operation]
	data := s.object(root, s.roots[op.Operation], op.SelectionSet, vars)
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(object{"data": data})
}

func (s *tiny) object(t *ast.Definition, of object, set ast.SelectionSet, vars object) object {
	out := object{}
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if s.left(sel.Directives, vars) {
				continue
			}
			key := sel.Alias
			switch sel.Name {
			case "__typename":
				out[key] = t.Name
			case "_entities":
				var all []any
				for _, rep := range sel.ArgumentMap(vars)["representations"].([]any) {
					all = append(all, s.entity(rep.(object), sel.SelectionSet, vars))
				}
				out[key] = all
			default:
				v := of[sel.Name]
				if f, ok := v.(func(object) any); ok {
					v = f(sel.ArgumentMap(vars))
				}
				out[key] = s.value(sel.Definition.Type, v, sel.SelectionSet, vars)
			}
		case *ast.InlineFragment:
			if !s.left(sel.Directives, vars) && s.is(t, sel.TypeCondition) {
				for key, v := range s.object(t, of, sel.SelectionSet, vars) {
					out[key] = merged(out[key], v)
				}
			}
		default:
			s.t.Error("a named fragment")
		}
	}
	return out
}

func merged(a, b any) any {
	x, ok := a.(object)
	y, also := b.(object)
	if !ok || !also {
		return b
	}
	for key, v := range y {
		x[key] = merged(x[key], v)
	}
	return x
}

func (s *tiny) left(all ast.DirectiveList, vars object) bool {
	for _, d := range all {
		if on, _ := d.ArgumentMap(vars)["if"].(bool); d.Name == "skip" && on || d.Name == "include" && !on {
			return true
		}
	}
	return false
}

func (s *tiny) entity(rep object, set ast.SelectionSet, vars object) any {
	name, _ := rep["__typename"].(string)
	find := s.entities[name]
	if find == nil {
		s.t.Errorf("asked for an entity %v that it does not have", rep)
		return nil
	}
	return s.value(&ast.Type{NamedType: name}, find(rep), set, vars)
}

func (s *tiny) value(t *ast.Type, v any, set ast.SelectionSet, vars object) any {
	switch v := v.(type) {
	case []any:
		out := make([]any, len(v))
		for i, e := range v {
			out[i] = s.value(t.Elem, e, set, vars)
		}
		return out
	case object:
		name, ok := v["__typename"].(string)
		if !ok {
			name = t.Name()
		}
		return s.object(s.schema.Types[name], v, set, vars)
	}
	return v
}

func (s *tiny) is(t *ast.Definition, condition string) bool {
	return condition == "" || condition == t.Name || slices.ContainsFunc(s.schema.GetPossibleTypes(s.schema.Types[condition]),
		func(p *ast.Definition) bool { return p.Name == t.Name })
}
