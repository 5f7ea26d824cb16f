package server

import (
	"sync"

	tools "github.com/99designs/gqlgen/graphql/introspection"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// mostLooks is how much one document may look at the schema, in hundredths of the standard
// introspection query of tools; newer ones ask for a little more. To look costs nothing, for
// the schema is always the same; but under a hundred names it would be an answer of many
// megabytes.
const mostLooks = 125

// looks is how much of a schema documents look at, reckoned in rows of it.
type looks struct {
	rows   map[string]int // of a list within the schema, by its field: as many as there usually are
	fields map[string]int // of the one type that __type names: as many as there can be
	most   int
}

// standardLook is the introspection query of tools.
var standardLook = sync.OnceValue(func() *ast.QueryDocument {
	doc, err := parser.ParseQuery(&ast.Source{Input: tools.Query})
	if err != nil {
		panic(err) // it is gqlgen's own
	}
	for _, f := range doc.Fragments { // it is not validated: nobody has said which fragment a spread means
		bind(doc, f.SelectionSet)
	}
	bind(doc, doc.Operations[0].SelectionSet)
	return doc
})

func bind(doc *ast.QueryDocument, set ast.SelectionSet) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			bind(doc, s.SelectionSet)
		case *ast.InlineFragment:
			bind(doc, s.SelectionSet)
		case *ast.FragmentSpread:
			s.Definition = doc.Fragments.ForName(s.Name)
		}
	}
}

func looksAt(schema *ast.Schema) looks {
	sum, most := map[string]int{}, map[string]int{}
	count := func(name string, n int) { sum[name], most[name] = sum[name]+n, max(most[name], n) }
	fields := 1
	for _, d := range schema.Types {
		list := "fields"
		if d.Kind == ast.InputObject {
			list = "inputFields"
		}
		count(list, len(d.Fields))
		count("enumValues", len(d.EnumValues))
		count("interfaces", len(d.Interfaces))
		count("possibleTypes", len(schema.PossibleTypes[d.Name]))
		fields += len(d.Fields)
		for _, f := range d.Fields {
			sum["args"], most["args"] = sum["args"]+len(f.Arguments), max(most["args"], len(f.Arguments))
		}
	}
	l := looks{rows: map[string]int{"types": len(schema.Types), "directives": len(schema.Directives)}, fields: most}
	for name, n := range sum {
		of := len(schema.Types)
		if name == "args" {
			of = fields
		}
		l.rows[name] = 1 + n/max(of, 1)
	}
	l.most = l.of(standardLook().Operations[0].SelectionSet) / 100 * mostLooks
	return l
}

// of reckons a root's selections. fieldLimit has bounded what there is to walk.
func (l looks) of(set ast.SelectionSet) (sum int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			switch s.Name {
			case "__schema":
				sum = added(sum, l.under(s.SelectionSet, nil))
			case "__type":
				sum = added(sum, l.under(s.SelectionSet, l.fields))
			}
		case *ast.InlineFragment:
			sum = added(sum, l.of(s.SelectionSet))
		case *ast.FragmentSpread:
			sum = added(sum, l.of(s.Definition.SelectionSet))
		}
	}
	return sum
}

// under reckons what stands below a field of the schema; the first lists may have more
// rows than usual.
func (l looks) under(set ast.SelectionSet, first map[string]int) (sum int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			rows, list := l.rows[s.Name]
			if more, ok := first[s.Name]; ok {
				rows = more
			}
			below := first
			if list {
				below = nil
			} else {
				rows = 1
			}
			sum = added(sum, added(1, times(max(rows, 1), l.under(s.SelectionSet, below))))
		case *ast.InlineFragment:
			sum = added(sum, l.under(s.SelectionSet, first))
		case *ast.FragmentSpread:
			sum = added(sum, l.under(s.Definition.SelectionSet, first))
		}
	}
	return sum
}
