package server

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/formatter"

	"github.com/vetgraph/vetgraph/graph/exec"
)

// routersOnly says of a type or directive that it belongs to federation: it
// stands in the schema for routers and is not there for anybody else.
func routersOnly(name string) bool {
	switch name {
	case "_Any", "_Entity", "_Service", "FieldSet", "link__Import", "link__Purpose", "federation__FieldSet", "federation__Scope", "federation__Policy", "federation__ContextFieldValue":
		return true
	}
	return false
}

var federationDirectives = map[string]bool{
	"key": true, "shareable": true, "link": true, "external": true, "requires": true, "provides": true, "extends": true, "inaccessible": true,
	"override": true, "tag": true, "composeDirective": true, "interfaceObject": true, "authenticated": true, "requiresScopes": true,
	"policy": true, "context": true, "fromContext": true, "cost": true, "listSize": true, "cacheTag": true,
}

// publicSchema is the schema without _entities, _service and all that belongs
// to them or needs a partner's subgraph. A query that names them is refused as one that names any other field
// which does not exist.
func publicSchema() *ast.Schema {
	full := exec.NewExecutableSchema(exec.Config{}).Schema()
	cut := *full
	cut.Types = map[string]*ast.Definition{}
	cut.Directives = map[string]*ast.DirectiveDefinition{}
	cut.PossibleTypes = map[string][]*ast.Definition{}
	cut.Implements = map[string][]*ast.Definition{}
	cut.SchemaDirectives = nil
	for name, d := range full.Directives {
		if !federationDirectives[name] {
			cut.Directives[name] = d
		}
	}
	for name, d := range full.Types {
		if !routersOnly(name) {
			cut.Types[name] = withoutFederation(d)
		}
	}
	again := func(ds []*ast.Definition) (out []*ast.Definition) {
		for _, d := range ds {
			out = append(out, cut.Types[d.Name])
		}
		return out
	}
	for name, ds := range full.PossibleTypes {
		if !routersOnly(name) {
			cut.PossibleTypes[name] = again(ds)
		}
	}
	for name, ds := range full.Implements { // unions count as implemented by their members
		for _, d := range ds {
			if !routersOnly(d.Name) {
				cut.Implements[name] = append(cut.Implements[name], cut.Types[d.Name])
			}
		}
	}
	cut.Query, cut.Mutation, cut.Subscription = root(&cut, full.Query), root(&cut, full.Mutation), root(&cut, full.Subscription)
	return &cut
}

func root(s *ast.Schema, d *ast.Definition) *ast.Definition {
	if d == nil {
		return nil
	}
	return s.Types[d.Name]
}

func withoutFederation(d *ast.Definition) *ast.Definition {
	out := *d
	out.Directives, out.Fields = plain(d.Directives), nil
	for _, f := range d.Fields {
		if f.Name == "_entities" || f.Name == "_service" || f.Position != nil && f.Position.Src != nil && needs(f.Position.Src) != "" {
			continue
		}
		field := *f
		field.Directives = plain(f.Directives)
		out.Fields = append(out.Fields, &field)
	}
	return &out
}

func plain(ds ast.DirectiveList) (out ast.DirectiveList) {
	for _, d := range ds {
		if !federationDirectives[d.Name] {
			out = append(out, d)
		}
	}
	return out
}

// seen is the schema that people's programs see: ours, or that of all subgraphs.
func (h *Hub) seen() *ast.Schema {
	if h.joined != nil {
		return h.joined.schema
	}
	return publicSchema()
}

// schemaText serves a schema as SDL.
func schemaText(schema *ast.Schema) http.Handler {
	var text bytes.Buffer
	formatter.NewFormatter(&text, formatter.WithIndent("  ")).FormatSchema(schema)
	body := strings.TrimSpace(text.String()) + "\n"
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		w.Header().Set("Content-Disposition", `inline; filename="schema.graphql"`)
		writeText(w, body)
	})
}
