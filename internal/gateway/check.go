package gateway

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// check reports every mistake of a supergraph that a plan would fall over.
func (s *supergraph) check() {
	if s.types[s.roots[ast.Query]] == nil {
		s.wrong("there is no type %s to begin a query with", s.roots[ast.Query])
	}
	for _, name := range s.order {
		if machinery(name) {
			continue
		}
		t := s.types[name]
		s.checkGraphs(t, nil, t.Directives)
		if len(t.Directives.ForNames("join__type")) == 0 {
			s.wrong("%s is in no subgraph: @join__type is missing", name)
		}
		for _, i := range t.Interfaces {
			if of := s.types[i]; of == nil || of.Kind != ast.Interface {
				s.wrong("%s implements %s, which is no interface", name, i)
			}
		}
		for _, member := range t.Types {
			if of := s.types[member]; of == nil || of.Kind != ast.Object {
				s.wrong("%s has member %s, which is no object type", name, member)
			}
		}
		for _, v := range t.EnumValues {
			s.checkGraphs(t, nil, v.Directives)
		}
		s.checkKeys(t)
		s.checkFields(t)
	}
}

// checkGraphs reports directives that speak of subgraphs or types that are not there.
func (s *supergraph) checkGraphs(t *ast.Definition, f *ast.FieldDefinition, all ast.DirectiveList) {
	for _, d := range all {
		if !strings.HasPrefix(d.Name, "join__") || d.Name == "join__graph" {
			continue
		}
		id := text(d, "graph")
		if id == "" && d.Name == "join__field" || d.Name == "join__directive" {
			continue
		}
		if !slices.ContainsFunc(s.graphs, func(g graph) bool { return g.id == id }) {
			s.wrong("%s: there is no subgraph %q", at(t, f, d), id)
		}
		for _, arg := range []string{"interface", "member"} {
			if other := text(d, arg); other != "" && s.types[other] == nil {
				s.wrong("%s: there is no type %s", at(t, f, d), other)
			}
		}
	}
}

func (s *supergraph) checkKeys(t *ast.Definition) {
	for _, d := range t.Directives.ForNames("join__type") {
		key := text(d, "key")
		if key == "" {
			continue
		}
		if t.Kind != ast.Object && t.Kind != ast.Interface {
			s.wrong("%s: only objects and interfaces have keys", at(t, nil, d))
			continue
		}
		set, err := fieldSet(key)
		if err != nil {
			s.wrong("%s: key %q: %w", at(t, nil, d), key, err)
			continue
		}
		s.checkSet(at(t, nil, d)+": key", t, set)
	}
}

func (s *supergraph) checkFields(t *ast.Definition) {
	for _, f := range t.Fields {
		s.checkGraphs(t, f, f.Directives)
		s.checkType(at(t, f, nil), f.Type)
		for _, a := range f.Arguments {
			s.checkType(at(t, f, nil)+"("+a.Name+":)", a.Type)
		}
		for _, d := range f.Directives.ForNames("join__field") {
			s.checkField(t, f, d)
		}
	}
}

func (s *supergraph) checkField(t *ast.Definition, f *ast.FieldDefinition, d *ast.Directive) {
	place := at(t, f, d)
	if g := text(d, "graph"); g != "" && len(about(t.Directives, "join__type", g)) == 0 {
		s.wrong("%s: %s itself is not in that subgraph", place, t.Name)
	}
	if d.Arguments.ForName("contextArguments") != nil {
		s.wrong("%s: values from a context (@fromContext) are not supported", place)
	}
	if set := text(d, "requires"); set != "" {
		if parsed, err := fieldSet(set); err != nil {
			s.wrong("%s: requires %q: %w", place, set, err)
		} else {
			s.checkSet(place+": requires", t, parsed)
		}
	}
	if set := text(d, "provides"); set != "" {
		if parsed, err := fieldSet(set); err != nil {
			s.wrong("%s: provides %q: %w", place, set, err)
		} else if of := s.types[f.Type.Name()]; of != nil {
			s.checkSet(place+": provides", of, parsed)
		}
	}
	if other := text(d, "type"); other != "" {
		if s.types[strings.Trim(other, "[]! ")] == nil && !builtin(strings.Trim(other, "[]! ")) {
			s.wrong("%s: its type %s does not exist", place, other)
		}
	}
}

func (s *supergraph) checkType(place string, t *ast.Type) {
	if name := t.Name(); s.types[name] == nil && !builtin(name) {
		s.wrong("%s: its type %s does not exist", place, name)
	}
}

func builtin(name string) bool {
	return slices.Contains([]string{"String", "Int", "Float", "Boolean", "ID"}, name)
}
