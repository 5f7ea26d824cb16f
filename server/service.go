package server

import (
	"context"
	"path"
	"slices"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/plugin/federation/fedruntime"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
)

// partnerFiles are the files of our schema that need another subgraph, by its name.
// A graph without it does not compose with them, so routers are not told of them.
var partnerFiles = map[string]string{"courses": "partner.graphqls"}

// service tells routers what they compose us by: our schema as it is written, with
// what needs a partner only if that is joined. The door for routers is the only one that
// has this field, and the schema is no secret, so it is open when introspection is not.
func service(joined []string) graphql.FieldMiddleware {
	told := fedruntime.Service{SDL: subgraphSDL(joined)}
	return func(ctx context.Context, next graphql.Resolver) (any, error) {
		if f := graphql.GetFieldContext(ctx); f.Object != "Query" || f.Field.Name != "_service" {
			return next(ctx)
		}
		return told, nil
	}
}

// subgraphSDL is our schema as routers and composers read it.
func subgraphSDL(joined []string) string {
	var parts []string
	for _, s := range written() {
		if partner := needs(s); partner == "" || slices.Contains(joined, partner) {
			parts = append(parts, s.Input)
		}
	}
	return strings.Join(parts, "\n")
}

// needs is the partner without which a part of the schema has no meaning; none for most.
func needs(s *ast.Source) string {
	for partner, file := range partnerFiles {
		if path.Base(s.Name) == file {
			return partner
		}
	}
	return ""
}

// written are the files of our schema, in the order of their names.
func written() (all []*ast.Source) {
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	add := func(p *ast.Position) {
		if p != nil && p.Src != nil && !p.Src.BuiltIn && !slices.Contains(all, p.Src) {
			all = append(all, p.Src)
		}
	}
	for _, d := range schema.SchemaDirectives {
		add(d.Position)
	}
	for _, d := range schema.Directives {
		add(d.Position)
	}
	for _, d := range schema.Types {
		add(d.Position)
		for _, f := range d.Fields {
			add(f.Position)
		}
	}
	slices.SortFunc(all, func(a, b *ast.Source) int { return strings.Compare(a.Name, b.Name) })
	return all
}
