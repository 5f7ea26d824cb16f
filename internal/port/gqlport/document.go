package gqlport

import (
	"errors"
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

const maxTokens = 2000 // of a document

const messageFields = `item matter state number words outputs faults { field material words } decidedAt dueAt sequence`

// usual are the documents of the usual schema, by the operation of a port.
var usual = map[string]string{
	"SUBMIT":     `mutation Deliver($item: ItemInput!) { deliver(item: $item) { item number receivedAt dueAt } }`,
	"CORRECTION": `mutation Deliver($item: ItemInput!) { deliver(item: $item) { item number receivedAt dueAt } }`,
	"WITHDRAW":   `mutation Withdraw($item: ID!) { withdraw(item: $item) { ` + messageFields + ` } }`,
	"STATUS":     `query Status($items: [ID!]!) { status(items: $items) { ` + messageFields + ` } }`,
	"LOOKUP":     `query Lookup($questions: [Question!]!) { lookup(questions: $questions) { ref known asOf lookups } }`,
}

// asked is the variable of each operation.
var asked = map[string]string{"SUBMIT": "item", "CORRECTION": "item", "WITHDRAW": "item", "STATUS": "items", "LOOKUP": "questions"}

// document is what a port asks.
type document struct {
	port     *catalog.Port
	text     string
	name     string // of the operation
	variable string
	field    string // at the root, as the answer calls it
	entity   string // __typename of what is asked about; empty if the variable is not of _Any
}

// documentOf reads what a port asks, and finds its mistakes. The document of a port
// that is never called is empty.
func documentOf(p *catalog.Port) (*document, error) {
	d := &document{port: p, text: usual[p.Operation], variable: asked[p.Operation]}
	if p.GraphQL != nil && p.GraphQL.Document != "" && d.variable != "" {
		d.text = p.GraphQL.Document
	}
	if d.text == "" {
		return d, nil
	}
	parsed, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: d.text}, maxTokens)
	if err != nil {
		return nil, fmt.Errorf("it is not GraphQL: %w", err)
	}
	if len(parsed.Operations) != 1 {
		return nil, fmt.Errorf("it has %d operations, not one", len(parsed.Operations))
	}
	op := parsed.Operations[0]
	d.name = op.Name
	if changes := d.variable == "item"; changes != (op.Operation == ast.Mutation) || op.Operation == ast.Subscription {
		return nil, fmt.Errorf("a %s cannot be a %s", p.Operation, op.Operation)
	}
	root, ok := op.SelectionSet[0].(*ast.Field)
	if !ok {
		return nil, errors.New("the first thing at its root is not a field")
	}
	d.field = root.Alias
	return d, d.readVariables(op, root, parsed.Fragments)
}

func (d *document) readVariables(op *ast.OperationDefinition, root *ast.Field, fragments ast.FragmentDefinitionList) error {
	if len(op.VariableDefinitions) != 1 || op.VariableDefinitions[0].Variable != d.variable {
		return fmt.Errorf("its one variable must be %s", d.variable)
	}
	if op.VariableDefinitions[0].Type.Name() != "_Any" {
		return nil
	}
	for _, s := range root.SelectionSet {
		switch s := s.(type) {
		case *ast.InlineFragment:
			d.entity = s.TypeCondition
		case *ast.FragmentSpread:
			if f := fragments.ForName(s.Name); f != nil {
				d.entity = f.TypeCondition
			}
		}
		if d.entity != "" {
			return nil
		}
	}
	return errors.New("no fragment says of which type the entities are")
}
