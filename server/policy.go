package server

import (
	"context"
	"net/http"
	"strings"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// through keeps out who does not come through it at all, by the policy's list of doors: a
// partner at every one but that of its slice.
func through(name string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch v := access.From(r.Context()); {
		case v == nil || access.Builtin().Through(name, v.Kind):
			next.ServeHTTP(w, r)
		case v.Kind == access.Partner:
			refuse(w, http.StatusForbidden, fault.New(fault.Denied, "SLICE_ONLY", "合作单位只能在 /graphql 按授权查询。", "Partners read by their slice at /graphql alone."))
		default:
			refuse(w, http.StatusForbidden, fault.Of(access.NotAllowed()))
		}
	})
}

// policed refuses an operation that asks for a field which the viewer's role is never
// sent, before anything is read. Acts are asked for by each use case and rows by the
// guard; what no rule could let through is known from the document alone.
type policed struct {
	catalog *catalog.Catalog
	hidden  sync.Map // role and department -> map[string]bool of Type.field
}

// ExtensionName implements graphql.HandlerExtension.
func (*policed) ExtensionName() string { return "Policy" }

// Validate implements graphql.HandlerExtension.
func (*policed) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses with FIELD_NOT_ALLOWED. Who is not signed in is told
// so by each field that asks who is there.
func (p *policed) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	v := access.From(ctx)
	if v == nil || op.Operation == nil {
		return nil
	}
	hidden := p.hiddenFrom(v)
	if len(hidden) == 0 {
		return nil
	}
	at := search{v, hidden, op.Variables, map[*ast.FragmentDefinition]bool{}}.first(op.Operation.SelectionSet)
	if at == nil {
		return nil
	}
	name := at.ObjectDefinition.Name + "." + at.Name
	err := present(fault.Newf(fault.Denied, "FIELD_NOT_ALLOWED", "您的岗位不能查看 %[1]s。", "Your role is not shown %[1]s.", name))
	if at.Position != nil {
		err.Locations = []gqlerror.Location{{Line: at.Position.Line, Column: at.Position.Column}}
	}
	return err
}

// hiddenFrom are the fields that a viewer is never sent, whatever the row. There are as
// many sets as roles and departments.
func (p *policed) hiddenFrom(v *access.Viewer) map[string]bool {
	key := string(v.Kind) + " " + v.Department
	if known, ok := p.hidden.Load(key); ok {
		return known.(map[string]bool)
	}
	hidden := map[string]bool{}
	for _, d := range described().Types {
		if d.Kind != ast.Object {
			continue
		}
		for _, f := range d.Fields {
			if classes := classesOf(f); len(classes) > 0 && !access.Builtin().Sent(p.catalog, v, d.Name, f.Name, classes) {
				hidden[d.Name+"."+f.Name] = true
			}
		}
	}
	p.hidden.Store(key, hidden)
	return hidden
}

// classesOf are the tags of a field; GraphQL's own fields have none.
func classesOf(f *ast.FieldDefinition) (classes []string) {
	for _, tag := range f.Directives.ForNames("tag") {
		classes = append(classes, tag.Arguments.ForName("name").Value.Raw)
	}
	return classes
}

// search looks through an operation for fields that are hidden.
type search struct {
	viewer    *access.Viewer
	hidden    map[string]bool
	variables map[string]any
	through   map[*ast.FragmentDefinition]bool // been through, and nothing found
}

// first is the first such field of a selection; what @skip and @include leave out is
// not asked for.
func (a search) first(set ast.SelectionSet) *ast.Field {
	for _, s := range set {
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			if left(s.Directives, a.variables) || strings.HasPrefix(s.Name, "__") {
				continue
			}
			if s.ObjectDefinition == nil {
				continue
			}
			at := s.ObjectDefinition.Name + "." + s.Name
			if a.hidden[at] {
				return s
			}
			if act, root := access.Builtin().Asks(at); root && act != "" && !a.viewer.May(act) {
				continue // the use case says so, of the whole field
			}
			below = s.SelectionSet
		case *ast.InlineFragment:
			if left(s.Directives, a.variables) {
				continue
			}
			below = s.SelectionSet
		case *ast.FragmentSpread:
			if left(s.Directives, a.variables) || s.Definition == nil || a.through[s.Definition] {
				continue
			}
			a.through[s.Definition] = true
			below = s.Definition.SelectionSet
		}
		if f := a.first(below); f != nil {
			return f
		}
	}
	return nil
}

// left says whether @skip or @include leave a selection out.
func left(on ast.DirectiveList, variables map[string]any) bool {
	for _, d := range on {
		if d.Name != "skip" && d.Name != "include" {
			continue
		}
		said, err := d.Arguments.ForName("if").Value.Value(variables)
		if yes, ok := said.(bool); err == nil && ok && yes == (d.Name == "skip") {
			return true
		}
	}
	return false
}
