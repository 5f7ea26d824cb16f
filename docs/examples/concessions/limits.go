package main

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
)

// Limits of one request. A router asks about a page of people at once, not more.
const (
	maxBody   = 1 << 20 // bytes
	maxTokens = 5_000   // of a document
	maxFields = 2_000   // that a document names, with its fragments written out
)

// fieldLimit counts before the library validates: fragments that spread others twice
// each cost it twice the time for every level.
type fieldLimit struct{}

// ExtensionName implements graphql.HandlerExtension.
func (fieldLimit) ExtensionName() string { return "FieldLimit" }

// Validate implements graphql.HandlerExtension.
func (fieldLimit) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationParameters refuses a document that asks for too much. What cannot be
// parsed is the library's to refuse.
func (fieldLimit) MutateOperationParameters(_ context.Context, p *graphql.RawParams) *gqlerror.Error {
	doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: p.Query}, maxTokens)
	if err != nil || fieldsOf(doc) <= maxFields {
		return nil
	}
	return &gqlerror.Error{Message: "查询过大。 The document asks for too many fields.", Extensions: map[string]any{"code": "BAD_USER_INPUT", "reason": "TOO_COSTLY"}}
}

// fieldsOf counts each fragment once, and its fields at each place that spreads it;
// to spread one counts too, or a circle of fragments would be nothing.
func fieldsOf(doc *ast.QueryDocument) int {
	counted := map[string]int{}
	var within func(ast.SelectionSet) int
	within = func(set ast.SelectionSet) int {
		sum := 0
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				sum += 1 + within(s.SelectionSet)
			case *ast.InlineFragment:
				sum += within(s.SelectionSet)
			case *ast.FragmentSpread:
				if _, ok := counted[s.Name]; !ok {
					counted[s.Name] = 0 // a fragment within itself is the library's to refuse
					if f := doc.Fragments.ForName(s.Name); f != nil {
						counted[s.Name] = within(f.SelectionSet)
					}
				}
				sum += 1 + counted[s.Name]
			}
			sum = min(sum, maxFields+1) // more is not told apart
		}
		return sum
	}
	sum := 0
	for _, o := range doc.Operations {
		sum = min(sum+within(o.SelectionSet), maxFields+1)
	}
	return sum
}
