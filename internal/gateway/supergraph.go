package gateway

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// supergraph is a composed schema as composition writes it: every type and
// field of the whole graph, and by directives of the join specification, versions
// 0.1 to 0.5, which subgraph has what.
type supergraph struct {
	types      map[string]*ast.Definition
	order      []string // names of types as they stand in the file
	roots      map[ast.Operation]string
	directives ast.DirectiveDefinitionList
	graphs     []graph
	links      ast.DirectiveList // to the specifications by which it is written
	mistakes   []error
}

// graph is one subgraph as the supergraph names it.
type graph struct {
	id   string // in directives: an enum value
	name string // as people know it
	url  string // where it answers, if the supergraph says so
}

// maxSupergraph is how many bytes of a supergraph are read.
const maxSupergraph = 16 << 20

// operations in the order in which they are printed.
var operations = []ast.Operation{ast.Query, ast.Mutation, ast.Subscription}

// readSupergraph reads a supergraph and reports every mistake in it at once.
func readSupergraph(sdl string) (*supergraph, error) {
	if len(sdl) > maxSupergraph {
		return nil, fmt.Errorf("the supergraph has %d bytes, more than %d", len(sdl), maxSupergraph)
	}
	doc, err := parser.ParseSchema(&ast.Source{Name: "supergraph", Input: sdl})
	if err != nil {
		return nil, fmt.Errorf("the supergraph is not GraphQL: %w", err)
	}
	s := &supergraph{types: map[string]*ast.Definition{}, roots: map[ast.Operation]string{}, directives: doc.Directives}
	for _, d := range doc.Definitions {
		if s.types[d.Name] != nil {
			s.wrong("type %s is defined twice", d.Name)
			continue
		}
		s.types[d.Name] = d
		s.order = append(s.order, d.Name)
	}
	for _, d := range doc.Extensions {
		s.wrong("extend %s %s: a supergraph is composed and extends nothing", strings.ToLower(string(d.Kind)), d.Name)
	}
	for op, name := range map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"} {
		s.roots[op] = name
	}
	for _, schema := range doc.Schema {
		for _, o := range schema.OperationTypes {
			s.roots[o.Operation] = o.Type
		}
	}
	s.readGraphs(doc.Schema)
	if len(s.graphs) > 0 {
		s.check()
	}
	return s, errors.Join(s.mistakes...)
}

func (s *supergraph) wrong(format string, args ...any) {
	if len(s.mistakes) < 200 { // nobody reads more, and a hostile file has no end of them
		s.mistakes = append(s.mistakes, fmt.Errorf(format, args...))
	}
}

// readGraphs reads which subgraphs there are, and refuses versions of the
// specification that say more than we understand.
func (s *supergraph) readGraphs(schemas ast.SchemaDefinitionList) {
	version := ""
	for _, schema := range schemas {
		for _, d := range schema.Directives {
			address := text(d, "url") + text(d, "feature") // link, or core before it
			s.links = append(s.links, d)
			if _, v, ok := strings.Cut(address, "/join/v"); ok {
				version = v
			}
			s.checkFeature(d, address)
		}
	}
	enum := s.types["join__Graph"]
	if enum == nil || enum.Kind != ast.Enum || len(enum.EnumValues) == 0 {
		s.wrong("this is no supergraph: it has no enum join__Graph that names its subgraphs")
		return
	}
	if !slices.Contains([]string{"", "0.1", "0.2", "0.3", "0.4", "0.5"}, version) {
		s.wrong("the supergraph is written by version %s of the join specification; 0.1 to 0.5 are understood", version)
	}
	named := map[string]string{}
	for _, v := range enum.EnumValues {
		d := v.Directives.ForName("join__graph")
		g := graph{id: v.Name, name: text(d, "name"), url: text(d, "url")}
		if g.name == "" {
			s.wrong("join__Graph.%s has no name: @join__graph(name:) is missing", v.Name)
		} else if other, ok := named[g.name]; ok {
			s.wrong("join__Graph.%s and %s have the same name %q", other, v.Name, g.name)
		}
		named[g.name] = v.Name
		s.graphs = append(s.graphs, g)
	}
	if version == "0.1" {
		s.modernize()
	}
}

// checkFeature refuses features that have to be understood for execution or
// security and are not: to run without them would be to answer wrongly, or to
// those who may not know.
func (s *supergraph) checkFeature(d *ast.Directive, address string) {
	purpose := text(d, "for")
	if purpose != "SECURITY" && purpose != "EXECUTION" {
		return
	}
	for _, known := range []string{"/join/", "/inaccessible/", "/link/", "/core/", "/tag/", "/cost/"} {
		if strings.Contains(address, known) {
			return
		}
	}
	for _, rule := range []Rule{Authenticated, RequiresScopes, Policy} {
		if strings.Contains(address, "/"+string(rule)+"/v0.") {
			return
		}
	}
	s.wrong("the supergraph needs %s for %s, which is not supported", address, strings.ToLower(purpose))
}

// modernize writes version 0.1, in which a type has an owner and what has no
// directive is the owner's, as later versions do, in which everything is said.
func (s *supergraph) modernize() {
	for _, name := range s.order {
		t := s.types[name]
		if machinery(name) {
			continue
		}
		owner := text(t.Directives.ForName("join__owner"), "graph")
		if len(t.Directives.ForNames("join__type")) == 0 { // a value type, or a root: it is everywhere
			for _, g := range s.graphs {
				t.Directives = append(t.Directives, directive("join__type", "graph", g.id))
				for _, i := range t.Interfaces {
					t.Directives = append(t.Directives, directive("join__implements", "graph", g.id, "interface", i))
				}
			}
			continue
		}
		for _, f := range t.Fields {
			s.giveOwner(t, f, owner)
		}
		for _, j := range t.Directives.ForNames("join__type") {
			for _, i := range t.Interfaces {
				t.Directives = append(t.Directives, directive("join__implements", "graph", text(j, "graph"), "interface", i))
			}
		}
	}
}

// giveOwner says where a field is that says nothing: with the owner of its type,
// and wherever it is part of a key.
func (s *supergraph) giveOwner(t *ast.Definition, f *ast.FieldDefinition, owner string) {
	if len(f.Directives.ForNames("join__field")) > 0 {
		return
	}
	in := []string{owner}
	for _, j := range t.Directives.ForNames("join__type") {
		key, err := fieldSet(text(j, "key"))
		if err == nil && !slices.Contains(in, text(j, "graph")) && selects(key, f.Name) {
			in = append(in, text(j, "graph"))
		}
	}
	for _, g := range in {
		f.Directives = append(f.Directives, directive("join__field", "graph", g))
	}
}

// directive makes an application of a directive, whose arguments are names.
func directive(name string, args ...string) *ast.Directive {
	d := &ast.Directive{Name: name}
	for i := 0; i+1 < len(args); i += 2 {
		d.Arguments = append(d.Arguments, &ast.Argument{Name: args[i], Value: &ast.Value{Raw: args[i+1], Kind: ast.EnumValue}})
	}
	return d
}

// machinery says of a type that it belongs to the join specification or its
// relatives and not to the graph.
func machinery(name string) bool {
	for _, prefix := range []string{"join__", "link__", "core__", "federation__", "cost__", "requiresScopes__", "policy__"} {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}

// text is an argument as it is written; "" if it is not there.
func text(d *ast.Directive, arg string) string {
	if d != nil {
		if a := d.Arguments.ForName(arg); a != nil && a.Value != nil && a.Value.Kind != ast.NullValue {
			return a.Value.Raw
		}
	}
	return ""
}

func is(d *ast.Directive, arg string) bool { return text(d, arg) == "true" }

// about are the applications of a directive that speak about a subgraph.
func about(all ast.DirectiveList, name, graph string) (out []*ast.Directive) {
	for _, d := range all {
		if d.Name == name && text(d, "graph") == graph {
			out = append(out, d)
		}
	}
	return out
}

func (s *supergraph) isRoot(name string) bool {
	return slices.ContainsFunc(operations, func(op ast.Operation) bool { return s.roots[op] == name })
}

// presence is how a subgraph has a field.
type presence struct {
	declared  *ast.Directive // nil: by its type alone
	external  bool           // it knows the field's value only where it provides it
	partOfKey bool
}

// in says whether graph g has field f of type t, and how.
func (s *supergraph) in(t *ast.Definition, f *ast.FieldDefinition, g string) (presence, bool) {
	joined := f.Directives.ForNames("join__field")
	of := about(t.Directives, "join__type", g)
	if len(of) == 0 {
		return presence{}, false
	}
	p := presence{}
	for _, j := range of {
		if key, err := fieldSet(text(j, "key")); err == nil && selects(key, f.Name) {
			p.partOfKey = true
		}
	}
	if len(joined) == 0 {
		return p, true
	}
	for _, d := range joined {
		switch {
		case text(d, "graph") == "": // version 0.3 writes one without a graph for fields of interface objects
		case text(d, "graph") == g:
			if text(d, "overrideLabel") != "" && text(d, "override") != "" && !overridden(text(d, "overrideLabel")) {
				return presence{}, false
			}
			p.declared = d
			p.external = s.isExternal(of, f, d)
			return p, true
		}
	}
	return presence{}, false
}

// isExternal says whether a subgraph cannot answer a field by itself. A key of a
// type that it extends in the manner of Federation 1 is marked external and is not.
func (s *supergraph) isExternal(of []*ast.Directive, f *ast.FieldDefinition, d *ast.Directive) bool {
	if is(d, "usedOverridden") {
		return text(d, "overrideLabel") == "" || overridden(text(d, "overrideLabel"))
	}
	if !is(d, "external") {
		return false
	}
	for _, j := range of {
		if key, err := fieldSet(text(j, "key")); err == nil && is(j, "extension") && selects(key, f.Name) {
			return false
		}
	}
	return true
}

// overridden says whether a progressive override is in force. A share of requests
// other than all would make answers depend on chance, and labels of other kinds
// need somebody who knows them: both count as not yet.
func overridden(label string) bool { return label == "percent(100)" }

// implementers are the object types of an interface, in graph or (empty) anywhere.
func (s *supergraph) implementers(of, graph string) (out []string) {
	for _, name := range s.order {
		t := s.types[name]
		if t.Kind != ast.Object {
			continue
		}
		if graph == "" && slices.Contains(t.Interfaces, of) || slices.ContainsFunc(about(t.Directives, "join__implements", graph),
			func(d *ast.Directive) bool { return text(d, "interface") == of }) {
			out = append(out, name)
		}
	}
	return out
}
