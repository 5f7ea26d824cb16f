package gateway

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
)

// source is what the planner has to know of one subgraph.
type source struct {
	graph    graph
	sdl      string // its schema, as far as the supergraph tells
	metadata plan.DataSourceMetadata
}

// sourceOf collects what the supergraph says about a subgraph.
func (s *supergraph) sourceOf(g graph) *source {
	b := &sourceBuilder{s: s, g: g.id, out: &source{graph: g, metadata: plan.DataSourceMetadata{Directives: &plan.DirectiveConfigurations{}}}}
	b.schema()
	for _, name := range s.order {
		t := s.types[name]
		if of := about(t.Directives, "join__type", g.id); len(of) > 0 && !machinery(name) {
			b.definition(t, of)
		}
	}
	b.out.sdl = b.sdl.String()
	return b.out
}

type sourceBuilder struct {
	s   *supergraph
	g   string
	out *source
	sdl strings.Builder
}

// schema begins the SDL with the root types that the subgraph has fields of. It
// always has a query type: entities are asked for by it.
func (b *sourceBuilder) schema() {
	var roots []string
	for _, op := range operations {
		t := b.s.types[b.s.roots[op]]
		if t == nil {
			continue
		}
		has := slices.ContainsFunc(t.Fields, func(f *ast.FieldDefinition) bool { _, ok := b.s.in(t, f, b.g); return ok })
		if has || op == ast.Query && len(about(t.Directives, "join__type", b.g)) > 0 {
			roots = append(roots, string(op)+": "+t.Name)
		}
	}
	if len(roots) > 0 {
		fmt.Fprintf(&b.sdl, "schema { %s }\n", strings.Join(roots, " "))
	}
	b.sdl.WriteString(`scalar openfed__FieldSet
directive @key(fields: openfed__FieldSet!, resolvable: Boolean = true) repeatable on INTERFACE | OBJECT
directive @external on FIELD_DEFINITION | OBJECT
directive @requires(fields: openfed__FieldSet!) on FIELD_DEFINITION
directive @provides(fields: openfed__FieldSet!) on FIELD_DEFINITION
directive @interfaceObject on OBJECT
`)
}

func (b *sourceBuilder) definition(t *ast.Definition, of []*ast.Directive) {
	switch t.Kind {
	case ast.Scalar:
		fmt.Fprintf(&b.sdl, "scalar %s\n", t.Name)
	case ast.Enum:
		b.enum(t)
	case ast.Union:
		b.union(t)
	case ast.InputObject:
		b.input(t)
	case ast.Object, ast.Interface:
		b.object(t, of)
	}
}

func (b *sourceBuilder) enum(t *ast.Definition) {
	var values []string
	for _, v := range t.EnumValues {
		if len(v.Directives.ForNames("join__enumValue")) == 0 || len(about(v.Directives, "join__enumValue", b.g)) > 0 {
			values = append(values, v.Name)
		}
	}
	if len(values) > 0 {
		fmt.Fprintf(&b.sdl, "enum %s { %s }\n", t.Name, strings.Join(values, " "))
	}
}

func (b *sourceBuilder) union(t *ast.Definition) {
	var members []string
	for _, m := range about(t.Directives, "join__unionMember", b.g) {
		members = append(members, text(m, "member"))
	}
	if len(t.Directives.ForNames("join__unionMember")) == 0 { // before version 0.3
		for _, m := range t.Types {
			if of := b.s.types[m]; of != nil && len(about(of.Directives, "join__type", b.g)) > 0 {
				members = append(members, m)
			}
		}
	}
	if len(members) > 0 {
		fmt.Fprintf(&b.sdl, "union %s = %s\n", t.Name, strings.Join(members, " | "))
	}
}

func (b *sourceBuilder) input(t *ast.Definition) {
	fmt.Fprintf(&b.sdl, "input %s {\n", t.Name)
	for _, f := range t.Fields {
		if p, ok := b.s.in(t, f, b.g); ok {
			fmt.Fprintf(&b.sdl, "  %s: %s%s\n", f.Name, typeIn(f, p), usual(f.DefaultValue))
		}
	}
	b.sdl.WriteString("}\n")
}

// typeIn is the type that a field has in the subgraph: it may say less or more than
// in the whole graph.
func typeIn(f *ast.FieldDefinition, p presence) string {
	if other := text(p.declared, "type"); other != "" {
		return other
	}
	return f.Type.String()
}

func usual(v *ast.Value) string {
	if v == nil {
		return ""
	}
	return " = " + v.String()
}

func (b *sourceBuilder) object(t *ast.Definition, of []*ast.Directive) {
	standsIn := t.Kind == ast.Interface && is(of[0], "isInterfaceObject")
	keys := b.keys(t, of)
	b.head(t, of, standsIn)
	fields := b.fields(t)
	b.sdl.WriteString("}\n")
	if len(fields.FieldNames)+len(fields.ExternalFieldNames) == 0 {
		return
	}
	m := &b.out.metadata
	if !keys && !b.s.isRoot(t.Name) {
		m.ChildNodes = append(m.ChildNodes, fields)
		return
	}
	m.RootNodes = append(m.RootNodes, fields)
	if t.Kind != ast.Interface || !keys {
		return
	}
	if !standsIn {
		m.EntityInterfaces = append(m.EntityInterfaces, plan.EntityInterfaceConfiguration{
			InterfaceTypeName: t.Name, ConcreteTypeNames: b.s.implementers(t.Name, b.g)})
		return
	}
	concrete := b.s.implementers(t.Name, "")
	m.InterfaceObjects = append(m.InterfaceObjects, plan.EntityInterfaceConfiguration{InterfaceTypeName: t.Name, ConcreteTypeNames: concrete})
	for _, c := range concrete {
		b.concrete(t.Name, c, fields)
	}
}

// keys collects the keys of a type and says whether there are any. Beside those
// that the subgraph resolves there are those that lead from it to others.
func (b *sourceBuilder) keys(t *ast.Definition, of []*ast.Directive) bool {
	m := &b.out.metadata
	var own []string
	for _, j := range of {
		if k := text(j, "key"); k != "" && !slices.Contains(own, k) {
			own = append(own, k)
			m.Keys = append(m.Keys, plan.FederationFieldConfiguration{
				TypeName: t.Name, SelectionSet: k, DisableEntityResolver: text(j, "resolvable") == "false"})
		}
	}
	ways := b.s.ways(t, b.g, own)
	for _, w := range ways {
		key := plan.FederationFieldConfiguration{TypeName: t.Name, SelectionSet: w.fields, DisableEntityResolver: true}
		if w.onPaths { // that there is a condition is what counts: the planner finds the paths by what is provided
			key.Conditions = []plan.KeyCondition{{Coordinates: []plan.FieldCoordinate{{TypeName: t.Name}}}}
		}
		m.Keys = append(m.Keys, key)
	}
	return len(own)+len(ways) > 0
}

func (b *sourceBuilder) head(t *ast.Definition, of []*ast.Directive, standsIn bool) {
	word := "type"
	if t.Kind == ast.Interface && !standsIn {
		word = "interface"
	}
	fmt.Fprintf(&b.sdl, "%s %s", word, t.Name)
	var interfaces []string
	for _, d := range about(t.Directives, "join__implements", b.g) {
		interfaces = append(interfaces, text(d, "interface"))
	}
	if len(interfaces) > 0 {
		fmt.Fprintf(&b.sdl, " implements %s", strings.Join(interfaces, " & "))
	}
	if standsIn {
		b.sdl.WriteString(" @interfaceObject")
	}
	for _, j := range of {
		if k := text(j, "key"); k != "" {
			fmt.Fprintf(&b.sdl, " @key(fields: %s", quote(k))
			if text(j, "resolvable") == "false" {
				b.sdl.WriteString(", resolvable: false")
			}
			b.sdl.WriteString(")")
		}
	}
	b.sdl.WriteString(" {\n")
}

// fields prints the fields of a type and tells those that the subgraph answers
// from those that it only knows of.
func (b *sourceBuilder) fields(t *ast.Definition) plan.TypeField {
	out := plan.TypeField{TypeName: t.Name}
	m := &b.out.metadata
	for _, f := range t.Fields {
		p, ok := b.s.in(t, f, b.g)
		if !ok {
			continue
		}
		fmt.Fprintf(&b.sdl, "  %s%s: %s", f.Name, arguments(f.Arguments, nil), typeIn(f, p))
		if p.external {
			b.sdl.WriteString(" @external")
			out.ExternalFieldNames = append(out.ExternalFieldNames, f.Name)
		} else {
			out.FieldNames = append(out.FieldNames, f.Name)
		}
		if r := text(p.declared, "requires"); r != "" {
			fmt.Fprintf(&b.sdl, " @requires(fields: %s)", quote(r))
			m.Requires = append(m.Requires, plan.FederationFieldConfiguration{TypeName: t.Name, FieldName: f.Name, SelectionSet: r})
		}
		if r := text(p.declared, "provides"); r != "" {
			fmt.Fprintf(&b.sdl, " @provides(fields: %s)", quote(r))
			m.Provides = append(m.Provides, plan.FederationFieldConfiguration{TypeName: t.Name, FieldName: f.Name, SelectionSet: r})
		}
		b.sdl.WriteString("\n")
	}
	if len(out.FieldNames)+len(out.ExternalFieldNames) == 0 {
		b.sdl.WriteString("  _empty: String\n") // a type without fields is no GraphQL; nobody asks for this one
	}
	return out
}

// concrete gives an implementing type what an object that stands in for its
// interface has: its fields, keys and requirements.
func (b *sourceBuilder) concrete(of, name string, fields plan.TypeField) {
	m := &b.out.metadata
	m.RootNodes = append(m.RootNodes, plan.TypeField{TypeName: name, FieldNames: fields.FieldNames, ExternalFieldNames: fields.ExternalFieldNames})
	for _, set := range []*plan.FederationFieldConfigurations{&m.Keys, &m.Requires, &m.Provides} {
		for _, c := range slices.Clone(*set) {
			if c.TypeName == of && (set != &m.Keys || !c.DisableEntityResolver || b.declares(of, c.SelectionSet)) {
				c.TypeName = name
				*set = append(*set, c)
			}
		}
	}
}

// declares says whether the subgraph itself names a key.
func (b *sourceBuilder) declares(of, key string) bool {
	return slices.ContainsFunc(about(b.s.types[of].Directives, "join__type", b.g), func(j *ast.Directive) bool { return text(j, "key") == key })
}

// arguments prints the arguments of a field, without those that hidden refuses.
func arguments(all ast.ArgumentDefinitionList, hidden func(ast.DirectiveList) bool) string {
	var out []string
	for _, a := range all {
		if hidden == nil || !hidden(a.Directives) {
			out = append(out, a.Name+": "+a.Type.String()+usual(a.DefaultValue))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// quote writes a GraphQL string.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r < 0x20 || r == 0x7f:
			b.WriteString(`\u` + strconv.FormatInt(0x10000+int64(r), 16)[1:])
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
