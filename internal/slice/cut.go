package slice

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Tags of the schema's classes that matter here; what they mean docs/architecture.md says.
const (
	sensitive = "sensitive"
	military  = "military"
)

// basic are the directives that every schema has.
var basic = []string{"include", "skip", "deprecated", "specifiedBy"}

// Cut answers the partner's own schema: exactly the slice's fields of the full one,
// and the types that they lead to. What is not in it is not there for validation,
// introspection or suggestions either. Its error joins every mistake: a field that is
// not there, a type that is shown without a field, one that nothing leads to, an
// interface or a union (whose hidden members __typename would name), an argument
// that must be given and is hidden, a field that could hold any value.
func (s *Slice) Cut(full *ast.Schema) (*ast.Schema, error) {
	c := &cutter{slice: s, full: full, out: &ast.Schema{
		Types: map[string]*ast.Definition{}, Directives: map[string]*ast.DirectiveDefinition{},
		PossibleTypes: map[string][]*ast.Definition{}, Implements: map[string][]*ast.Definition{}, Description: full.Description,
	}}
	for _, name := range basic {
		if d := full.Directives[name]; d != nil {
			c.out.Directives[name] = d
		}
	}
	for name, d := range full.Types {
		if strings.HasPrefix(name, "__") {
			c.out.Types[name] = d
		}
	}
	for _, name := range []string{"Boolean", "String", "Int", "Float", "ID"} { // introspection has them all
		c.out.Types[name] = full.Types[name]
	}
	c.visit("Query", "the schema")
	for _, typ := range slices.Sorted(maps.Keys(s.Fields)) {
		if c.out.Types[typ] == nil {
			c.wrong("%s is listed and nothing shown leads to it", typ)
		}
	}
	if len(c.errs) > 0 {
		return nil, fmt.Errorf("slice %s:\n%w", s.Label(), errors.Join(c.errs...))
	}
	c.out.Query = c.out.Types["Query"]
	for _, f := range full.Query.Fields {
		if strings.HasPrefix(f.Name, "__") { // introspection, of this schema
			c.out.Query.Fields = append(c.out.Query.Fields, f)
		}
	}
	for name, d := range c.out.Types {
		if d.Kind == ast.Object || d.Kind == ast.InputObject {
			c.out.PossibleTypes[name] = []*ast.Definition{d}
		}
	}
	return c.out, nil
}

type cutter struct {
	slice *Slice
	full  *ast.Schema
	out   *ast.Schema
	errs  []error
}

func (c *cutter) wrong(format string, args ...any) {
	c.errs = append(c.errs, fmt.Errorf(format, args...))
}

// visit takes a type over, and what its shown fields lead to.
func (c *cutter) visit(name, from string) {
	d := c.full.Types[name]
	if c.out.Types[name] != nil || d == nil {
		return
	}
	cut := *d
	cut.Directives, cut.Interfaces, cut.Fields = nil, nil, nil
	c.out.Types[name] = &cut
	switch d.Kind {
	case ast.Scalar:
		return
	case ast.Enum:
		cut.EnumValues = nil
		for _, v := range d.EnumValues {
			value := *v
			value.Directives = public(v.Directives)
			cut.EnumValues = append(cut.EnumValues, &value)
		}
		return
	case ast.Object:
	default: // interface, union, input
		c.wrong("%s leads to %s, which is no plain type: a slice shows objects, enumerations and scalars", from, name)
		return
	}
	for _, f := range d.Fields {
		if args, shown := c.slice.Fields.of(name, f.Name); shown {
			cut.Fields = append(cut.Fields, c.field(name, f, args))
		}
	}
	for _, at := range c.slice.Fields.Coordinates() {
		if typ, field, _ := strings.Cut(at, "."); typ == name && d.Fields.ForName(field) == nil {
			c.wrong("there is no field %s", at)
		}
	}
	if len(cut.Fields) == 0 {
		c.wrong("%s leads to %s, of which nothing is listed", from, name)
	}
}

// field takes one field over, with the arguments that are shown.
func (c *cutter) field(typ string, f *ast.FieldDefinition, shown []string) *ast.FieldDefinition {
	at := typ + "." + f.Name
	cut := *f
	cut.Directives, cut.Arguments = public(f.Directives), nil
	tags := tags(f.Directives)
	if slices.Contains(tags, sensitive) && slices.Contains(tags, military) {
		c.wrong("%s may hold any value: list the fields that are meant", at)
	}
	for _, name := range shown {
		if f.Arguments.ForName(name) == nil {
			c.wrong("%s has no argument %s", at, name)
		}
	}
	for _, a := range f.Arguments {
		if !slices.Contains(shown, a.Name) {
			if a.Type.NonNull && a.DefaultValue == nil {
				c.wrong("%s(%s:) must be given, and is not listed", at, a.Name)
			}
			continue
		}
		arg := *a
		arg.Directives = nil
		cut.Arguments = append(cut.Arguments, &arg)
		c.visit(a.Type.Name(), at+"("+a.Name+":)")
	}
	c.visit(f.Type.Name(), at)
	return &cut
}

// public are the directives that a partner sees.
func public(all ast.DirectiveList) (out ast.DirectiveList) {
	for _, d := range all {
		if slices.Contains(basic, d.Name) {
			out = append(out, d)
		}
	}
	return out
}

func tags(all ast.DirectiveList) (out []string) {
	for _, d := range all.ForNames("tag") {
		if a := d.Arguments.ForName("name"); a != nil {
			out = append(out, a.Value.Raw)
		}
	}
	return out
}
