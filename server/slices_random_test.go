package server

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/vetgraph/vetgraph/internal/slice"
)

// asking makes random operations: mostly of what a slice shows, or few would be valid,
// and anywhere of anything the whole schema has, or of what exists nowhere.
type asking struct {
	*rand.Rand
	full, cut *ast.Schema
	fragments []string
}

func (a *asking) document() string {
	a.fragments = nil
	keyword := "query"
	if a.IntN(20) == 0 {
		keyword = []string{"mutation", "subscription"}[a.IntN(2)]
	}
	root := map[string]string{"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}[keyword]
	return keyword + " " + a.selection(root, 0) + strings.Join(a.fragments, " ")
}

func (a *asking) selection(typ string, depth int) string {
	var b strings.Builder
	b.WriteString("{")
	for range 1 + a.IntN(3) {
		switch a.IntN(12) {
		case 0:
			b.WriteString(" __typename")
		case 1:
			fmt.Fprintf(&b, " ... on %s %s", a.typeName(typ), a.selection(typ, depth+1))
		case 2:
			name := fmt.Sprintf("F%d", len(a.fragments))
			a.fragments = append(a.fragments, "")
			a.fragments[len(a.fragments)-1] = fmt.Sprintf(" fragment %s on %s %s", name, a.typeName(typ), a.selection(typ, depth+1))
			b.WriteString(" ..." + name)
		default:
			b.WriteString(a.field(typ, depth))
		}
	}
	if depth == 0 && a.IntN(25) == 0 {
		b.WriteString([]string{` __schema {types {name fields {name}}}`, ` __type(name: "Case") {name}`}[a.IntN(2)])
	}
	b.WriteString(" }")
	return b.String()
}

// typeName is mostly the type that stands there.
func (a *asking) typeName(typ string) string {
	if a.IntN(6) > 0 {
		return typ
	}
	all := []string{}
	for name, d := range a.full.Types {
		if d.Kind == ast.Object || d.Kind == ast.Interface || d.Kind == ast.Union {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all[a.IntN(len(all))]
}

func (a *asking) field(typ string, depth int) string {
	schema := a.cut
	if a.IntN(15) == 0 || schema.Types[typ] == nil {
		schema = a.full
	}
	d := schema.Types[typ]
	if d == nil || len(d.Fields) == 0 || a.IntN(200) == 0 {
		return " nothingLikeIt"
	}
	f := d.Fields[a.IntN(len(d.Fields))]
	if strings.HasPrefix(f.Name, "__") {
		return " __typename"
	}
	var b strings.Builder
	b.WriteString(" ")
	if a.IntN(4) == 0 {
		fmt.Fprintf(&b, "a%d: ", a.IntN(1000))
	}
	b.WriteString(f.Name)
	args := ""
	for _, arg := range f.Arguments {
		if arg.Type.NonNull || a.IntN(4) == 0 {
			args += fmt.Sprintf(" %s: %s", arg.Name, a.value(arg.Type))
		}
	}
	if args != "" {
		b.WriteString("(" + args + ")")
	}
	if of := a.full.Types[f.Type.Name()]; of != nil && of.IsCompositeType() {
		if depth > 8 {
			return " __typename"
		}
		b.WriteString(" " + a.selection(of.Name, depth+1))
	}
	return b.String()
}

func (a *asking) value(t *ast.Type) string {
	switch t.Name() {
	case "Int":
		return strconv.Itoa(a.IntN(5) + 1)
	case "Boolean":
		return []string{"true", "false"}[a.IntN(2)]
	case "ID", "String":
		return `"` + strconv.Itoa(a.IntN(10)) + `"`
	}
	return "{}"
}

// reaches lists what a document asks for by the names of the whole schema, whatever
// the slice says: the judge shares nothing with the cut.
func reaches(full *ast.Schema, doc *ast.QueryDocument, set ast.SelectionSet, typ string, seen map[string]bool, out map[string]bool) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if strings.HasPrefix(s.Name, "__") {
				continue
			}
			out[typ+"."+s.Name] = true
			for _, a := range s.Arguments {
				out[typ+"."+s.Name+"("+a.Name+":)"] = true
			}
			if d := full.Types[typ]; d != nil {
				if f := d.Fields.ForName(s.Name); f != nil {
					reaches(full, doc, s.SelectionSet, f.Type.Name(), seen, out)
				}
			}
		case *ast.InlineFragment:
			of := s.TypeCondition
			if of == "" {
				of = typ
			}
			reaches(full, doc, s.SelectionSet, of, seen, out)
		case *ast.FragmentSpread:
			if f := doc.Fragments.ForName(s.Name); f != nil && !seen[s.Name] {
				seen[s.Name] = true
				reaches(full, doc, f.SelectionSet, f.TypeCondition, seen, out)
			}
		}
	}
}

// No valid operation reaches what a slice does not list: ten thousand random ones for
// each slice, as many as VETGRAPH_SLICE_OPERATIONS says for a long run.
func TestNoOperationReachesBeyondASlice(t *testing.T) {
	most := 10_000
	if text := os.Getenv("VETGRAPH_SLICE_OPERATIONS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		most = n
	}
	r, err := slice.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	cuts, err := cutSlices(r)
	if err != nil {
		t.Fatal(err)
	}
	full := described()
	for _, s := range r.All() {
		t.Run(s.Name, func(t *testing.T) {
			listed := map[string]bool{}
			for typ, fields := range s.Fields {
				for _, text := range fields {
					name, rest, _ := strings.Cut(text, "(")
					listed[typ+"."+name] = true
					for _, arg := range strings.Fields(strings.TrimSuffix(rest, ")")) {
						listed[typ+"."+name+"("+arg+":)"] = true
					}
				}
			}
			a := &asking{Rand: rand.New(rand.NewPCG(1, uint64(len(s.Name)))), full: full, cut: cuts[s.Name]} //nolint:gosec // the same operations each time
			valid, reached := 0, map[string]bool{}
			for range most {
				text := a.document()
				if _, errs := gqlparser.LoadQueryWithRules(cuts[s.Name], text, nil); len(errs) > 0 {
					for _, e := range errs {
						tellsNothing(t, s, cuts[s.Name], full, text, e.Message)
					}
					continue
				}
				valid++
				doc, err := parser.ParseQuery(&ast.Source{Input: text})
				if err != nil {
					t.Fatal(err)
				}
				out := map[string]bool{}
				for _, op := range doc.Operations {
					reaches(full, doc, op.SelectionSet, map[ast.Operation]string{ast.Query: "Query", ast.Mutation: "Mutation", ast.Subscription: "Subscription"}[op.Operation], map[string]bool{}, out)
				}
				for at := range out {
					if reached[at] = true; !listed[at] {
						t.Fatalf("%s is reached by %s", at, text)
					}
				}
			}
			if valid < most/20 || len(reached) < len(listed)*9/10 {
				t.Errorf("%d of %d operations are valid, and reach %d of %d: too few to prove anything", valid, most, len(reached), len(listed))
			}
			t.Logf("%d operations, %d valid, all within", most, valid)
		})
	}
}

// tellsNothing sees that a refusal names nothing hidden that the asker did not name.
func tellsNothing(t *testing.T, s *slice.Slice, cut, full *ast.Schema, text, message string) {
	t.Helper()
	_, suggestion, _ := strings.Cut(message, "Did you mean")
	for word := range strings.FieldsFuncSeq(suggestion, func(r rune) bool {
		return !strings.ContainsRune("_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", r)
	}) {
		if full.Types[word] != nil && cut.Types[word] == nil {
			t.Fatalf("slice %s: %s is told to who asked %s: %s", s.Name, word, text, message)
		}
		if !shownSomewhere(cut, word) && hasField(full, word) {
			t.Fatalf("slice %s: field %s is told to who asked %s: %s", s.Name, word, text, message)
		}
	}
}

func hasField(s *ast.Schema, name string) bool {
	for _, d := range s.Types {
		if d.Fields.ForName(name) != nil {
			return true
		}
	}
	return false
}

func shownSomewhere(cut *ast.Schema, word string) bool {
	if hasField(cut, word) || cut.Types[word] != nil {
		return true
	}
	for _, d := range cut.Types {
		for _, f := range d.Fields {
			if f.Arguments.ForName(word) != nil {
				return true
			}
		}
		for _, v := range d.EnumValues {
			if v.Name == word {
				return true
			}
		}
	}
	return word == "or" || word == "include" || word == "skip"
}
