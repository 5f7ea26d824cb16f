package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// mostRepeats is how many pairs of selections a document may have that stand at the
// same place under the same name: validation compares each with each. Screens have a
// few dozen, 450 of one name are as many as this.
const mostRepeats = 100_000

// fieldLimit refuses documents that mean more than an answer may have, before
// anything looks at them: whoever walks fragments that spread others twice takes twice
// the time for every level, validation and our own limits too.
type fieldLimit struct {
	read graphql.Cache[*ast.QueryDocument]
} // documents that passed before

// ExtensionName implements graphql.HandlerExtension.
func (fieldLimit) ExtensionName() string { return "FieldLimit" }

// Validate implements graphql.HandlerExtension.
func (fieldLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses a document, whichever operation is asked for. What
// cannot be parsed is left to who parses it next.
func (l fieldLimit) MutateOperationParameters(ctx context.Context, p *graphql.RawParams) *gqlerror.Error {
	if _, ok := l.read.Get(ctx, p.Query); ok {
		return nil
	}
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, maxTokens)
	if err != nil {
		return nil //nolint:nilerr // see above
	}
	w := &writtenOut{doc: doc, known: map[string]int{}, places: map[spot]int{}, within: map[string]bool{}}
	if n := w.selections(); n > maxCost {
		return tooCostly(n)
	}
	if w.repeats() > mostRepeats {
		return present(fault.New(fault.TooLarge, "TOO_REPETITIVE", "同一字段在同一处重复太多次。", "The same field is asked for too often in one place."))
	}
	return nil
}

// writtenOut counts what a document means with its fragments in the places of their
// spreads. What is within itself is counted as far as it goes; validation refuses it.
type writtenOut struct {
	doc    *ast.QueryDocument
	known  map[string]int // selections of fragments
	places map[spot]int
	seen   []int           // selections at each place
	within map[string]bool // fragments that are being written out
	pairs  int
}

// spot is a name below another place.
type spot struct {
	below int
	name  string
}

// selections are those of all operations and fragments, for all are validated. Each
// fragment is looked at once. To spread one counts too, or doubling nothing would be free.
func (w *writtenOut) selections() (n int) {
	for _, o := range w.doc.Operations {
		n = added(n, w.under(o.SelectionSet))
	}
	for _, f := range w.doc.Fragments {
		n = added(n, w.fragment(f.Name))
	}
	return n
}

func (w *writtenOut) under(set ast.SelectionSet) (n int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			n = added(n, 1+w.under(s.SelectionSet))
		case *ast.InlineFragment:
			n = added(n, 1+w.under(s.SelectionSet))
		case *ast.FragmentSpread:
			n = added(n, 1+w.fragment(s.Name))
		}
	}
	return n
}

func (w *writtenOut) fragment(name string) int {
	if n, ok := w.known[name]; ok {
		return n
	}
	w.known[name] = 0
	if f := w.doc.Fragments.ForName(name); f != nil {
		w.known[name] = w.under(f.SelectionSet)
	}
	return w.known[name]
}

// repeats are the pairs of one name at one place. It writes the document out, which
// selections has bounded.
func (w *writtenOut) repeats() int {
	for _, o := range w.doc.Operations {
		w.write(w.root(), o.SelectionSet)
	}
	for _, f := range w.doc.Fragments {
		w.write(w.root(), f.SelectionSet)
	}
	return w.pairs
}

func (w *writtenOut) root() int {
	w.seen = append(w.seen, 0)
	return len(w.seen) - 1
}

func (w *writtenOut) write(at int, set ast.SelectionSet) {
	for _, s := range set {
		if w.pairs > mostRepeats {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			w.write(w.one(at, s.Alias), s.SelectionSet) // the parser gives who has none their name
		case *ast.InlineFragment:
			w.write(at, s.SelectionSet)
		case *ast.FragmentSpread:
			w.one(at, "...")
			if f := w.doc.Fragments.ForName(s.Name); f != nil && !w.within[s.Name] {
				w.within[s.Name] = true
				w.write(at, f.SelectionSet)
				delete(w.within, s.Name)
			}
		}
	}
}

// one more of a name at a place makes a pair with each that is there.
func (w *writtenOut) one(at int, name string) int {
	p := spot{at, name}
	id, ok := w.places[p]
	if !ok {
		id = w.root()
		w.places[p] = id
	}
	w.pairs += w.seen[id]
	w.seen[id]++
	return id
}
