package gateway

import (
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// api prints the whole graph. For clients it is without what is inaccessible: that
// exists for other subgraphs only. For plans it is with it.
func (s *supergraph) api(client bool) string {
	p := &printer{client: client, s: s}
	var roots []string
	for _, op := range operations {
		if t := s.types[s.roots[op]]; t != nil && !p.hidden(t.Directives) {
			roots = append(roots, string(op)+": "+t.Name)
		}
	}
	fmt.Fprintf(&p.Builder, "schema { %s }\n", strings.Join(roots, " "))
	if !client {
		p.WriteString("directive @inaccessible on FIELD_DEFINITION | OBJECT | INTERFACE | UNION | ARGUMENT_DEFINITION | SCALAR | ENUM | ENUM_VALUE | INPUT_OBJECT | INPUT_FIELD_DEFINITION\n")
	}
	names := slices.Clone(s.order)
	slices.Sort(names)
	for _, name := range names {
		if t := s.types[name]; !machinery(name) && !p.hidden(t.Directives) {
			p.definition(t)
		}
	}
	return p.String()
}

type printer struct {
	strings.Builder
	s      *supergraph
	client bool
}

func (p *printer) hidden(all ast.DirectiveList) bool {
	return p.client && all.ForName("inaccessible") != nil
}

// marks prints the directives that clients or plans understand.
func (p *printer) marks(all ast.DirectiveList) (out string) {
	if !p.client && all.ForName("inaccessible") != nil {
		out += " @inaccessible"
	}
	if d := all.ForName("deprecated"); d != nil {
		out += " @deprecated"
		if reason := text(d, "reason"); reason != "" {
			out += "(reason: " + quote(reason) + ")"
		}
	}
	if address := text(all.ForName("specifiedBy"), "url"); address != "" {
		out += " @specifiedBy(url: " + quote(address) + ")"
	}
	if all.ForName("oneOf") != nil {
		out += " @oneOf"
	}
	return out
}

func (p *printer) describe(indent, description string) {
	if description != "" {
		p.WriteString(indent + quote(description) + "\n")
	}
}

func (p *printer) definition(t *ast.Definition) {
	p.describe("", t.Description)
	switch t.Kind {
	case ast.Scalar:
		fmt.Fprintf(&p.Builder, "scalar %s%s\n", t.Name, p.marks(t.Directives))
	case ast.Enum:
		fmt.Fprintf(&p.Builder, "enum %s%s {\n", t.Name, p.marks(t.Directives))
		for _, v := range t.EnumValues {
			if !p.hidden(v.Directives) {
				p.describe("  ", v.Description)
				fmt.Fprintf(&p.Builder, "  %s%s\n", v.Name, p.marks(v.Directives))
			}
		}
		p.WriteString("}\n")
	case ast.Union:
		fmt.Fprintf(&p.Builder, "union %s%s = %s\n", t.Name, p.marks(t.Directives), strings.Join(p.seen(t.Types), " | "))
	case ast.Object, ast.Interface, ast.InputObject:
		p.fields(t)
	}
}

// seen are the types among names that are not hidden.
func (p *printer) seen(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		t := p.s.types[name]
		return t == nil || p.hidden(t.Directives)
	})
}

func (p *printer) fields(t *ast.Definition) {
	word := map[ast.DefinitionKind]string{ast.Object: "type", ast.Interface: "interface", ast.InputObject: "input"}[t.Kind]
	fmt.Fprintf(&p.Builder, "%s %s", word, t.Name)
	if interfaces := p.seen(t.Interfaces); len(interfaces) > 0 {
		p.WriteString(" implements " + strings.Join(interfaces, " & "))
	}
	p.WriteString(p.marks(t.Directives) + " {\n")
	for _, f := range t.Fields {
		if p.hidden(f.Directives) {
			continue
		}
		p.describe("  ", f.Description)
		fmt.Fprintf(&p.Builder, "  %s%s: %s%s%s\n", f.Name, p.arguments(f.Arguments), f.Type, usual(f.DefaultValue), p.marks(f.Directives))
	}
	p.WriteString("}\n")
}

// arguments prints arguments with what is said of them.
func (p *printer) arguments(all ast.ArgumentDefinitionList) string {
	var out []string
	for _, a := range all {
		if p.hidden(a.Directives) {
			continue
		}
		words := ""
		if a.Description != "" {
			words = quote(a.Description) + " "
		}
		out = append(out, words+a.Name+": "+a.Type.String()+usual(a.DefaultValue)+p.marks(a.Directives))
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}
