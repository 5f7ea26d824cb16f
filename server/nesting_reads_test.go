package server_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
)

// roads are the types that lead to pages of people and cases again, so that they
// can be nested without end.
func roads() map[string]bool {
	leads := map[string]bool{}
	for name := range lists {
		leads[name] = true
	}
	for again := true; again; {
		again = false
		for _, d := range schema.Types {
			if d.Kind != ast.Object || leads[d.Name] || d.Name == schema.Query.Name || strings.HasPrefix(d.Name, "_") {
				continue
			}
			for _, f := range d.Fields {
				if leads[f.Type.Name()] && d != schema.Mutation && d != schema.Subscription {
					leads[d.Name], again = true, true
					break
				}
			}
		}
	}
	return leads
}

// needs says whether a field cannot be asked for without arguments.
func needs(f *ast.FieldDefinition) bool {
	return slices.ContainsFunc(f.Arguments, func(a *ast.ArgumentDefinition) bool { return a.Type.NonNull && a.DefaultValue == nil })
}

func field(of *ast.Definition, f *ast.FieldDefinition, set ast.SelectionSet) *ast.Field {
	out := &ast.Field{Name: f.Name, Alias: f.Name, Definition: f, ObjectDefinition: of, SelectionSet: set}
	if f.Arguments.ForName("first") != nil {
		out.Arguments = ast.ArgumentList{{Name: "first", Value: &ast.Value{Kind: ast.IntValue, Raw: "3"}}}
	}
	if f.Name == "elements" { // a few of the eighty, or the answer would be of nothing else
		out.Arguments = ast.ArgumentList{{Name: "ids", Value: &ast.Value{Kind: ast.ListValue, Children: ast.ChildValueList{{Value: &ast.Value{Kind: ast.StringValue, Raw: "hukouAddress"}}}}}}
	}
	return out
}

// wholeOf asks for all that can be asked of a type without coming to people and
// cases again.
func wholeOf(d *ast.Definition, leads map[string]bool, above ...string) ast.SelectionSet {
	var out ast.SelectionSet
	for _, f := range d.Fields {
		t := schema.Types[f.Type.Name()]
		switch {
		case needs(f) || strings.HasPrefix(f.Name, "_"):
		case t.Kind == ast.Scalar || t.Kind == ast.Enum:
			out = append(out, field(d, f, nil))
		case t.Kind == ast.Object && !leads[t.Name] && !slices.Contains(above, t.Name) && t.Name != d.Name && len(above) < 3:
			if set := wholeOf(t, leads, append(slices.Clone(above), d.Name)...); len(set) > 0 {
				out = append(out, field(d, f, set))
			}
		}
	}
	return out
}

// way is a path of fields from a list to a type.
type way struct {
	names []string
	ends  *ast.Definition
	wrap  func(ast.SelectionSet) ast.SelectionSet
}

// ways are all paths of some fields from a list, through pages.
func ways(list string, steps int, leads map[string]bool) []way {
	of := schema.Types[schema.Types[schema.Query.Fields.ForName(list).Type.Name()].Fields.ForName("nodes").Type.Name()]
	now := []way{{[]string{list}, of, func(s ast.SelectionSet) ast.SelectionSet { return s }}}
	all := now
	for range steps {
		var next []way
		for _, w := range now {
			for _, f := range w.ends.Fields {
				if needs(f) || !leads[f.Type.Name()] {
					continue
				}
				from, t := w.ends, schema.Types[f.Type.Name()]
				in := func(s ast.SelectionSet) ast.SelectionSet { return ast.SelectionSet{field(from, f, s)} }
				if nodes := t.Fields.ForName("nodes"); nodes != nil {
					page, inPage := t, in
					in = func(s ast.SelectionSet) ast.SelectionSet { return inPage(ast.SelectionSet{field(page, nodes, s)}) }
					t = schema.Types[nodes.Type.Name()]
				}
				wrap := w.wrap
				next = append(next, way{append(slices.Clone(w.names), f.Name), t, func(s ast.SelectionSet) ast.SelectionSet { return wrap(in(s)) }})
			}
		}
		now = next
		all = append(all, next...)
	}
	return all
}

// However lists are nested in one another, three deep and everything at the end of
// it: twice the rows cost no more statements. A field that is new in the schema is
// tried by itself.
func TestNestingCostsTheSame(t *testing.T) {
	t.Parallel()
	leads := roads()
	eachRecord(t, func(t *testing.T, l *library) {
		steps := 3
		if l.hub.Store.Pool != nil {
			steps = 2 // the loaders are the same; their statements are shorter
		}
		l.sizes = [][2]int{{8, 16}, {4, 8}, {2, 4}}
		asked, unmeasured, refused, answered := 0, 0, map[string]string{}, map[string]bool{}
		for _, list := range slices.Sorted(maps.Values(lists)) {
			for _, w := range ways(list, steps, leads) {
				where := strings.Join(w.names, ".")
				for _, f := range wholeOf(w.ends, leads) {
					leaf := f.(*ast.Field)
					if leaf.SelectionSet == nil && leaf.Definition.Type.Elem == nil && !strings.Contains(plainest, leaf.Name) {
						continue // a column
					}
					if l.left(3) {
						answered[w.ends.Name+"."+leaf.Name] = true
						continue
					}
					op := listOf(list, w.wrap(ast.SelectionSet{leaf}))
					as := l.reader("", op)
					if as == "" {
						refused[w.ends.Name+"."+leaf.Name] = where
						continue
					}
					asked++
					answered[w.ends.Name+"."+leaf.Name] = true
					if _, _, _, ok := l.weigh(where+"."+leaf.Name, as, "/graphql", op); !ok {
						unmeasured++ // too costly for four rows
					}
				}
			}
		}
		for what, where := range refused { // some ways are too long or for nobody: not all of them
			if !answered[what] {
				t.Errorf("nobody may ask for %s (%s)", what, where)
			}
		}
		t.Logf("%d questions, %d of them too costly for a list of four", asked, unmeasured)
	})
}

// plainest are columns that are computed for each row.
const plainest = "citizenNumber claim reason words"
