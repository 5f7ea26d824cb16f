package gateway

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// maxFieldSet is how many bytes a key or a requirement may have; those of real
// graphs have a hundred.
const maxFieldSet = 10_000

// fieldSet parses what stands in key, requires and provides.
func fieldSet(set string) (ast.SelectionSet, error) {
	if len(set) > maxFieldSet {
		return nil, errors.New("it is too long")
	}
	if strings.TrimSpace(set) == "" {
		return nil, errors.New("it is empty")
	}
	if !strings.HasPrefix(strings.TrimSpace(set), "{") {
		set = "{" + set + "}"
	}
	doc, err := parser.ParseQuery(&ast.Source{Input: set})
	if err != nil {
		return nil, err
	}
	if len(doc.Operations) != 1 || len(doc.Fragments) > 0 {
		return nil, errors.New("it is not one set of fields")
	}
	return doc.Operations[0].SelectionSet, nil
}

// selects says whether a set selects a field of the type itself.
func selects(set ast.SelectionSet, field string) bool {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if x.Name == field {
				return true
			}
		case *ast.InlineFragment:
			if selects(x.SelectionSet, field) {
				return true
			}
		}
	}
	return false
}

// checkSet reports what a set of fields selects that is not there.
func (s *supergraph) checkSet(where string, t *ast.Definition, set ast.SelectionSet) {
	for _, x := range set {
		switch x := x.(type) {
		case *ast.Field:
			if x.Name == "__typename" {
				continue
			}
			f := t.Fields.ForName(x.Name)
			if f == nil {
				s.wrong("%s selects %s.%s, which does not exist", where, t.Name, x.Name)
				continue
			}
			of := s.types[f.Type.Name()]
			composite := of != nil && (of.Kind == ast.Object || of.Kind == ast.Interface || of.Kind == ast.Union)
			if composite != (len(x.SelectionSet) > 0) {
				s.wrong("%s selects %s.%s, whose type is %s, %s", where, t.Name, x.Name, f.Type.Name(),
					map[bool]string{true: "without fields of it", false: "as if it had fields"}[composite])
			} else if composite {
				s.checkSet(where, of, x.SelectionSet)
			}
		case *ast.InlineFragment:
			of := t
			if x.TypeCondition != "" {
				of = s.types[x.TypeCondition]
			}
			if of == nil {
				s.wrong("%s speaks of type %s, which does not exist", where, x.TypeCondition)
				continue
			}
			s.checkSet(where, of, x.SelectionSet)
		default:
			s.wrong("%s uses a named fragment", where)
		}
	}
}

// holding says how a subgraph has what a key selects.
type holding int

const (
	lacks      holding = iota // some of it is not there
	onPaths                   // all is there; some only where a field provides it
	everywhere                // all is there
)

// holds says how graph g has the fields of a set.
func (s *supergraph) holds(t *ast.Definition, g string, set ast.SelectionSet) holding {
	least := everywhere
	for _, x := range set {
		f, ok := x.(*ast.Field)
		if !ok {
			return lacks
		}
		definition := t.Fields.ForName(f.Name)
		if definition == nil {
			return lacks
		}
		p, ok := s.in(t, definition, g)
		if !ok {
			return lacks
		}
		if p.external {
			least = min(least, onPaths)
		}
		if len(f.SelectionSet) > 0 {
			below := s.types[definition.Type.Name()]
			if below == nil {
				return lacks
			}
			least = min(least, s.holds(below, g, f.SelectionSet))
		}
	}
	return least
}

// way is a key by which one can go from a subgraph to others although it does not
// resolve the type by it.
type way struct {
	fields  string
	onPaths bool // only where a field provides them
}

// ways lists keys that other graphs resolve t by and whose fields g has too.
func (s *supergraph) ways(t *ast.Definition, g string, own []string) (out []way) {
	known := map[string]bool{}
	for _, k := range own {
		known[canonical(k)] = true
	}
	for _, j := range t.Directives.ForNames("join__type") {
		k := text(j, "key")
		if k == "" || text(j, "graph") == g || known[canonical(k)] {
			continue
		}
		set, err := fieldSet(k)
		if err != nil {
			continue
		}
		if h := s.holds(t, g, set); h != lacks {
			known[canonical(k)] = true
			out = append(out, way{k, h == onPaths})
		}
	}
	return out
}

// canonical is a set of fields with blanks where they must be.
func canonical(set string) string {
	return strings.Join(strings.Fields(strings.NewReplacer("{", " { ", "}", " } ", ",", " ").Replace(set)), " ")
}

// at names a place in the supergraph for whoever has to mend it.
func at(t *ast.Definition, f *ast.FieldDefinition, d *ast.Directive) string {
	place := t.Name
	if f != nil {
		place += "." + f.Name
	}
	if d != nil {
		place += fmt.Sprintf(" @%s(graph: %s)", d.Name, text(d, "graph"))
	}
	return place
}
