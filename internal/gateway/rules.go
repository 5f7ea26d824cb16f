package gateway

import (
	"slices"
	"strconv"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// Caller is who asks, as far as the rules of a graph speak of it.
type Caller struct {
	Scopes []string                 // that the caller's token grants
	May    func(policy string) bool // nil: no policy is in favour of the caller
}

// Rule is a kind of rule that a supergraph has for whoever asks.
type Rule string

// The rules of the federation specification, a closed list.
const (
	Authenticated  Rule = "authenticated"  // somebody is signed in
	RequiresScopes Rule = "requiresScopes" // the token grants all scopes of one of several lists
	Policy         Rule = "policy"         // the same with policies
)

// demand is what one definition asks of a caller: all of it must be met.
type demand struct {
	kind  Rule
	anyOf [][]string // scopes or policies; one list must be met as a whole
}

func (d demand) metBy(c *Caller) bool {
	if c == nil {
		return false
	}
	if d.kind == Authenticated {
		return true
	}
	has := func(name string) bool { return slices.Contains(c.Scopes, name) }
	if d.kind == Policy {
		has = func(name string) bool { return c.May != nil && c.May(name) }
	}
	return slices.ContainsFunc(d.anyOf, func(all []string) bool {
		return !slices.ContainsFunc(all, func(name string) bool { return !has(name) })
	})
}

// rules are the demands of a graph that the gateway itself has to see to.
type rules struct {
	all    []demand         // each once
	fields map[string][]int // Type.field: its demands, by their place in all
}

// names under which a supergraph has the directives of rules, which are those of the
// specification unless a link gives them others.
func (s *supergraph) ruleNames() map[string]Rule {
	out := map[string]Rule{}
	for _, rule := range []Rule{Authenticated, RequiresScopes, Policy} {
		out[string(rule)] = rule
		for _, d := range s.links {
			address := text(d, "url") + text(d, "feature")
			if !strings.Contains(address, "/"+string(rule)+"/") {
				continue
			}
			if as := text(d, "as"); as != "" {
				out[as] = rule
			}
			if imports := d.Arguments.ForName("import"); imports != nil && imports.Value != nil {
				for _, one := range imports.Value.Children {
					if as := one.Value.Children.ForName("as"); as != nil {
						out[strings.TrimPrefix(as.Raw, "@")] = rule
					}
				}
			}
		}
	}
	return out
}

// rules collects what callers must show for the fields that a subgraph has which does
// not see to it itself. As elsewhere in federation, who asks for a field must
// meet what the field, its type and the type that it leads to demand. A field of an
// interface asks for what all types of the interface ask, for which of them will
// come is not known beforehand.
func (s *supergraph) rules(guards func(graph string) bool, checked []Rule) *rules {
	out := &rules{fields: map[string][]int{}}
	names, beyond := s.ruleNames(), map[Rule][]string{}
	for _, name := range s.order {
		t := s.types[name]
		if machinery(name) || t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			var found []demand
			own := false
			for _, like := range s.alike(t) {
				same := like.Fields.ForName(f.Name)
				if same == nil {
					continue
				}
				own = own || s.unguarded(like, same, guards)
				found = append(found, demands(names, same.Directives, like.Directives, s.directivesOf(same.Type.Name()))...)
			}
			if !own {
				continue
			}
			for _, d := range found {
				if !slices.Contains(checked, d.kind) && !slices.Contains(beyond[d.kind], name+"."+f.Name) {
					beyond[d.kind] = append(beyond[d.kind], name+"."+f.Name)
				}
				out.add(name+"."+f.Name, d)
			}
		}
	}
	for _, kind := range []Rule{Authenticated, RequiresScopes, Policy} {
		if all := beyond[kind]; len(all) > 0 {
			s.wrong("@%s on %s cannot be held to, for it is not known who asks: name who signs tokens, or let the subgraphs see to it (guards: true)", kind, some(all))
		}
	}
	return out
}

// some names a few of many.
func some(all []string) string {
	const few = 5
	if len(all) <= few {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:few], ", ") + " and " + strconv.Itoa(len(all)-few) + " more"
}

func (r *rules) add(field string, d demand) {
	at := slices.IndexFunc(r.all, func(other demand) bool {
		return other.kind == d.kind && slices.EqualFunc(other.anyOf, d.anyOf, slices.Equal)
	})
	if at < 0 {
		at = len(r.all)
		r.all = append(r.all, d)
	}
	if !slices.Contains(r.fields[field], at) {
		r.fields[field] = append(r.fields[field], at)
	}
}

// alike is a type with its interfaces, or with all that implement it.
func (s *supergraph) alike(t *ast.Definition) []*ast.Definition {
	out := []*ast.Definition{t}
	for _, i := range t.Interfaces {
		if of := s.types[i]; of != nil {
			out = append(out, of)
		}
	}
	if t.Kind == ast.Interface {
		for _, name := range s.order {
			if of := s.types[name]; slices.Contains(of.Interfaces, t.Name) {
				out = append(out, of)
			}
		}
	}
	return out
}

// unguarded says whether a field may be asked of a subgraph that lets everybody read.
func (s *supergraph) unguarded(t *ast.Definition, f *ast.FieldDefinition, guards func(string) bool) bool {
	return slices.ContainsFunc(s.graphs, func(g graph) bool {
		if guards(g.name) {
			return false
		}
		p, ok := s.in(t, f, g.id)
		return ok && !p.external
	})
}

func (s *supergraph) directivesOf(name string) ast.DirectiveList {
	if t := s.types[name]; t != nil {
		return t.Directives
	}
	return nil
}

// demands are the rules among directives.
func demands(names map[string]Rule, lists ...ast.DirectiveList) (out []demand) {
	for _, all := range lists {
		for _, d := range all {
			switch kind := names[d.Name]; kind {
			case Authenticated:
				out = append(out, demand{kind: kind})
			case RequiresScopes:
				out = append(out, demand{kind, listed(d, "scopes")})
			case Policy:
				out = append(out, demand{kind, listed(d, "policies")})
			}
		}
	}
	return out
}

// listed reads a list of lists; GraphQL lets one value stand for a list of one. What
// cannot be read lets nobody in.
func listed(d *ast.Directive, arg string) (out [][]string) {
	a := d.Arguments.ForName(arg)
	if a == nil || a.Value == nil {
		return nil
	}
	one := func(v *ast.Value) []string {
		if v.Kind != ast.ListValue {
			return []string{v.Raw}
		}
		var names []string
		for _, c := range v.Children {
			names = append(names, c.Value.Raw)
		}
		return names
	}
	if a.Value.Kind != ast.ListValue {
		return [][]string{one(a.Value)}
	}
	for _, c := range a.Value.Children {
		out = append(out, one(c.Value))
	}
	return out
}

// judge is what of the rules a caller does not meet.
func (r *rules) judge(c *Caller) *verdict {
	if len(r.all) == 0 {
		return nil
	}
	v := &verdict{rules: r, caller: c, unmet: make([]bool, len(r.all))}
	marks := make([]byte, len(r.all))
	for i, d := range r.all {
		marks[i] = '+'
		if !d.metBy(c) {
			v.unmet[i], v.any, marks[i] = true, true, '-'
		}
	}
	v.mark = string(marks)
	return v
}

// verdict is what a caller may not read. Plans are kept by its mark: nobody is
// answered by a plan that was made for somebody who may more.
type verdict struct {
	rules  *rules
	caller *Caller
	unmet  []bool
	any    bool
	mark   string
}

// key is the verdict's part of the key that plans are kept by.
func (v *verdict) key() string {
	if v == nil {
		return ""
	}
	return v.mark
}

func (v *verdict) refuses(typeName, field string) bool {
	return slices.ContainsFunc(v.rules.fields[typeName+"."+field], func(i int) bool { return v.unmet[i] })
}
