package server_test

import (
	"bytes"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
)

// What can be done to an operation without changing what it asks for, or only how
// many rows it asks for. All of these answer a new operation.

// lists are the fields of Query that answer pages of something, by what that is.
var lists = map[string]string{
	"Veteran": "veterans", "Case": "cases", "Item": "items", "Task": "tasks", "Violation": "violations", "Dispute": "disputes",
}

// printed is an operation as one line of text.
func printed(op *ast.OperationDefinition) string {
	var out bytes.Buffer
	formatter.NewFormatter(&out).FormatQueryDocument(&ast.QueryDocument{Operations: ast.OperationList{op}})
	return strings.Join(strings.Fields(out.String()), " ")
}

// unfolded is an operation without named fragments: each stands where it is spread.
func unfolded(op *ast.OperationDefinition) *ast.OperationDefinition {
	out := *op
	out.SelectionSet = inlined(op.SelectionSet)
	return &out
}

func inlined(set ast.SelectionSet) ast.SelectionSet {
	var out ast.SelectionSet
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			f := *s
			f.SelectionSet = inlined(s.SelectionSet)
			out = append(out, &f)
		case *ast.InlineFragment:
			out = append(out, &ast.InlineFragment{TypeCondition: s.TypeCondition, Directives: s.Directives, SelectionSet: inlined(s.SelectionSet), ObjectDefinition: s.ObjectDefinition})
		case *ast.FragmentSpread:
			out = append(out, &ast.InlineFragment{TypeCondition: s.Definition.TypeCondition, Directives: s.Directives, SelectionSet: inlined(s.Definition.SelectionSet)})
		}
	}
	return out
}

// eachField visits every field of a selection.
func eachField(set ast.SelectionSet, visit func(*ast.Field)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			visit(s)
			eachField(s.SelectionSet, visit)
		case *ast.InlineFragment:
			eachField(s.SelectionSet, visit)
		}
	}
}

// remade is an operation whose fields have been made anew by f, from the leaves up.
func remade(op *ast.OperationDefinition, f func(depth int, field *ast.Field) ast.SelectionSet) *ast.OperationDefinition {
	var again func(depth int, set ast.SelectionSet) ast.SelectionSet
	again = func(depth int, set ast.SelectionSet) ast.SelectionSet {
		var out ast.SelectionSet
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				field := *s
				field.SelectionSet = again(depth+1, s.SelectionSet)
				out = append(out, f(depth, &field)...)
			case *ast.InlineFragment:
				part := *s
				part.SelectionSet = again(depth, s.SelectionSet)
				out = append(out, &part)
			}
		}
		return out
	}
	out := *op
	out.SelectionSet = again(0, op.SelectionSet)
	return &out
}

// grows says whether an operation asks for a list whose length can be set.
func grows(op *ast.OperationDefinition) bool {
	for _, s := range op.SelectionSet {
		if f, ok := s.(*ast.Field); ok && (f.Name == "_entities" || f.Definition != nil && f.Definition.Arguments.ForName("first") != nil) {
			return true
		}
	}
	return false
}

// sized asks for n rows wherever the operation begins with a list. References are
// repeated from those given.
func sized(op *ast.OperationDefinition, n int) *ast.OperationDefinition {
	return remade(op, func(depth int, f *ast.Field) ast.SelectionSet {
		switch {
		case depth > 0:
		case f.Name == "_entities":
			if given := f.Arguments.ForName("representations"); given != nil && given.Value.Kind == ast.ListValue && len(given.Value.Children) > 0 {
				of := given.Value.Children
				f.Arguments = ast.ArgumentList{{Name: "representations", Value: &ast.Value{Kind: ast.ListValue, Children: of[:min(n, len(of))]}}}
			}
		case f.Definition != nil && f.Definition.Arguments.ForName("first") != nil:
			arguments := ast.ArgumentList{{Name: "first", Value: &ast.Value{Kind: ast.IntValue, Raw: strconv.Itoa(n)}}}
			for _, a := range f.Arguments {
				if a.Name != "first" {
					arguments = append(arguments, a)
				}
			}
			f.Arguments = arguments
		}
		return ast.SelectionSet{f}
	})
}

// underThreeNames asks for every object below the lists under three names.
func underThreeNames(op *ast.OperationDefinition) *ast.OperationDefinition {
	return remade(op, func(depth int, f *ast.Field) ast.SelectionSet {
		out := ast.SelectionSet{f}
		if depth == 2 && f.SelectionSet != nil && f.Name != "node" {
			for _, name := range []string{"again_", "third_"} {
				other := *f
				other.Alias = name + f.Alias
				out = append(out, &other)
			}
		}
		return out
	})
}

// byEdges asks for edges wherever nodes are asked for, or for both.
func byEdges(op *ast.OperationDefinition, both bool) *ast.OperationDefinition {
	return remade(op, func(_ int, f *ast.Field) ast.SelectionSet {
		if f.Name != "nodes" || f.ObjectDefinition == nil || f.ObjectDefinition.Fields.ForName("edges") == nil {
			return ast.SelectionSet{f}
		}
		edges := &ast.Field{Name: "edges", Alias: "edges_of_" + f.Alias, SelectionSet: ast.SelectionSet{&ast.Field{Name: "node", Alias: "node", SelectionSet: f.SelectionSet}}}
		if both {
			return ast.SelectionSet{f, edges}
		}
		return ast.SelectionSet{edges}
	})
}

// inFragments asks for every field of an object in a fragment of its own.
func inFragments(op *ast.OperationDefinition) *ast.OperationDefinition {
	return remade(op, func(depth int, f *ast.Field) ast.SelectionSet {
		if depth == 0 || f.SelectionSet == nil || f.ObjectDefinition == nil || strings.HasPrefix(f.ObjectDefinition.Name, "_") {
			return ast.SelectionSet{f}
		}
		return ast.SelectionSet{&ast.InlineFragment{TypeCondition: f.ObjectDefinition.Name, SelectionSet: ast.SelectionSet{f}}}
	})
}

// lifted are the operations that ask of whole lists what this one asks of one: of
// a person or a case, of what a mutation or a message of a subscription answers.
func lifted(op *ast.OperationDefinition) (out []*ast.OperationDefinition) {
	eachField(op.SelectionSet, func(f *ast.Field) {
		if f.Definition == nil || f.SelectionSet == nil {
			return
		}
		if list := lists[f.Definition.Type.Name()]; list != "" {
			out = append(out, listOf(list, f.SelectionSet))
		}
	})
	return out
}

// listOf asks a list of Query for something of each of its rows.
func listOf(list string, each ast.SelectionSet) *ast.OperationDefinition {
	field := schema.Query.Fields.ForName(list)
	nodes := schema.Types[field.Type.Name()].Fields.ForName("nodes")
	return &ast.OperationDefinition{Operation: ast.Query, SelectionSet: ast.SelectionSet{&ast.Field{
		Name: list, Alias: list, Definition: field, ObjectDefinition: schema.Query, SelectionSet: ast.SelectionSet{&ast.Field{
			Name: "nodes", Alias: "nodes", Definition: nodes, ObjectDefinition: schema.Types[field.Type.Name()], SelectionSet: each,
		}},
	}}}
}

// filled is an operation with a value in place of every variable, and of every
// text of a script that stands for one ($CASE). sample answers it by where it is
// used: veteran.id, veteranId, caseId; nil leaves it out.
func filled(op *ast.OperationDefinition, sample func(where, name string) *ast.Value) *ast.OperationDefinition {
	var fill func(v *ast.Value, where string) *ast.Value
	fill = func(v *ast.Value, where string) *ast.Value {
		if v.Kind == ast.Variable || v.Kind == ast.StringValue && strings.HasPrefix(v.Raw, "$") {
			return sample(where, strings.TrimPrefix(v.Raw, "$"))
		}
		out := *v
		out.Children = nil
		for _, c := range v.Children {
			at := where
			if c.Name != "" {
				at = c.Name
			}
			if value := fill(c.Value, at); value != nil {
				out.Children = append(out.Children, &ast.ChildValue{Name: c.Name, Value: value})
			}
		}
		return &out
	}
	out := remade(op, func(_ int, f *ast.Field) ast.SelectionSet {
		var arguments ast.ArgumentList
		for _, a := range f.Arguments {
			if value := fill(a.Value, f.Name+"."+a.Name); value != nil {
				arguments = append(arguments, &ast.Argument{Name: a.Name, Value: value})
			}
		}
		f.Arguments = arguments
		return ast.SelectionSet{f}
	})
	out.VariableDefinitions = nil
	return out
}
