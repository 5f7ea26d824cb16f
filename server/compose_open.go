package server

import (
	"bytes"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"
	"github.com/vektah/gqlparser/v2/parser"
)

// whoMayRead are the specifications by which a graph says who may read what. The names
// are those of their directives too.
var whoMayRead = []string{"authenticated", "requiresScopes", "policy"}

// withoutAuthorization is a supergraph that says nothing of who may read what, for a
// router that would not begin with it; and the subgraphs besides the hub of which it
// said something. They are open at that router, and have to see to it alone.
func withoutAuthorization(supergraph string) (sdl string, open []string, err error) {
	doc, err := parser.ParseSchema(&ast.Source{Name: "supergraph", Input: supergraph})
	if err != nil {
		return "", nil, fmt.Errorf("read the supergraph again: %w", err)
	}
	for _, s := range doc.Schema {
		s.Directives = slices.DeleteFunc(s.Directives, func(d *ast.Directive) bool {
			address := d.Arguments.ForName("url")
			return address != nil && slices.ContainsFunc(whoMayRead, func(name string) bool { return strings.Contains(address.Value.Raw, "/"+name+"/") })
		})
	}
	doc.Directives = slices.DeleteFunc(doc.Directives, func(d *ast.DirectiveDefinition) bool { return slices.Contains(whoMayRead, d.Name) })
	doc.Definitions = slices.DeleteFunc(doc.Definitions, func(d *ast.Definition) bool {
		return slices.ContainsFunc(whoMayRead, func(name string) bool { return strings.HasPrefix(d.Name, name+"__") })
	})
	names := graphNames(doc)
	drop := func(on *ast.DirectiveList, of ...ast.DirectiveList) {
		left := slices.DeleteFunc(slices.Clone(*on), func(d *ast.Directive) bool { return slices.Contains(whoMayRead, d.Name) })
		if len(left) < len(*on) {
			open = append(open, graphsOf(names, of)...)
		}
		*on = left
	}
	for _, d := range doc.Definitions {
		drop(&d.Directives, d.Directives)
		for _, f := range d.Fields {
			drop(&f.Directives, f.Directives, d.Directives)
		}
	}
	slices.Sort(open)
	open = slices.DeleteFunc(slices.Compact(open), func(name string) bool { return name == ourselves })
	var out bytes.Buffer
	formatter.NewFormatter(&out, formatter.WithIndent("  ")).FormatSchemaDocument(doc)
	return strings.TrimSpace(out.String()) + "\n", open, nil
}

// graphNames are the names of subgraphs by what a supergraph calls them.
func graphNames(doc *ast.SchemaDocument) map[string]string {
	out := map[string]string{}
	if graphs := doc.Definitions.ForName("join__Graph"); graphs != nil {
		for _, v := range graphs.EnumValues {
			if d := v.Directives.ForName("join__graph"); d != nil && d.Arguments.ForName("name") != nil {
				out[v.Name] = d.Arguments.ForName("name").Value.Raw
			}
		}
	}
	return out
}

// graphsOf are the subgraphs that the first of some directives name: those of a field,
// or else of its type.
func graphsOf(names map[string]string, all []ast.DirectiveList) (out []string) {
	for _, on := range all {
		for _, d := range slices.Concat(on.ForNames("join__field"), on.ForNames("join__type")) {
			if graph := d.Arguments.ForName("graph"); graph != nil {
				out = append(out, names[graph.Value.Raw])
			}
		}
		if len(out) > 0 {
			break
		}
	}
	return out
}
