package gqlport

import (
	"bytes"
	"encoding/json"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/port"
)

// execution is a validated operation with its variables.
type execution struct {
	schema *ast.Schema
	vars   map[string]any
	root   []selected
}

// selected is a field with all that is selected below it, wherever that is written.
type selected struct {
	*ast.Field
	selection ast.SelectionSet
}

// operations are those that the root asks for, each once.
func (e *execution) operations() []string {
	var list []string
	for _, f := range e.root {
		if operation := operations[f.Name]; operation != "" && !slices.Contains(list, operation) {
			list = append(list, operation)
		}
	}
	return list
}

// collect lists the fields of a selection in order. Fragments always apply: the
// schema has neither interfaces nor unions, and the validator knows their types.
func (e *execution) collect(set ast.SelectionSet) []selected {
	var list []selected
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if e.skipped(s.Directives) {
				continue
			}
			if i := slices.IndexFunc(list, func(f selected) bool { return f.Alias == s.Alias }); i >= 0 {
				list[i].selection = append(slices.Clip(list[i].selection), s.SelectionSet...)
				continue
			}
			list = append(list, selected{s, s.SelectionSet})
		case *ast.InlineFragment:
			if !e.skipped(s.Directives) {
				list = e.add(list, s.SelectionSet)
			}
		case *ast.FragmentSpread:
			if !e.skipped(s.Directives) {
				list = e.add(list, s.Definition.SelectionSet)
			}
		}
	}
	return list
}

func (e *execution) add(list []selected, set ast.SelectionSet) []selected {
	for _, f := range e.collect(set) {
		if i := slices.IndexFunc(list, func(g selected) bool { return g.Alias == f.Alias }); i >= 0 {
			list[i].selection = append(slices.Clip(list[i].selection), f.selection...)
			continue
		}
		list = append(list, f)
	}
	return list
}

// arguments of a field. gqlparser panics at numbers that it let pass and cannot hold.
func (e *execution) arguments(f selected) (args map[string]any, err error) {
	defer func() {
		if recover() != nil {
			err = &port.Refusal{Reason: "MALFORMED"}
		}
	}()
	return f.ArgumentMap(e.vars), nil
}

func (e *execution) skipped(directives ast.DirectiveList) bool {
	is := func(name string) (is, said bool) {
		d := directives.ForName(name)
		if d == nil {
			return false, false
		}
		is, _ = d.ArgumentMap(e.vars)["if"].(bool)
		return is, true
	}
	skip, _ := is("skip")
	include, said := is("include")
	return skip || said && !include
}

// complete gives of a value, as decoded JSON, what is selected.
func (e *execution) complete(t *ast.Type, set ast.SelectionSet, value any) any {
	if list, ok := value.([]any); ok && t.Elem != nil {
		out := make([]any, len(list))
		for i, v := range list {
			out[i] = e.complete(t.Elem, set, v)
		}
		return out
	}
	fields, ok := value.(map[string]any)
	if !ok || e.schema.Types[t.Name()].Kind != ast.Object {
		return value
	}
	out := object{}
	for _, f := range e.collect(set) {
		if f.Name == "__typename" {
			out = append(out, member{f.Alias, t.Name()})
			continue
		}
		out = append(out, member{f.Alias, e.complete(f.Definition.Type, f.selection, fields[f.Name])})
	}
	return out
}

// object is a JSON object in the order of the selection.
type object []member

type member struct {
	name  string
	value any
}

// MarshalJSON implements json.Marshaler.
func (o object) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(quoted(m.name))
		b.WriteByte(':')
		text, err := json.Marshal(m.value)
		if err != nil {
			return nil, err
		}
		b.Write(text)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}
