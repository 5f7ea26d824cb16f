package gateway

import (
	"bytes"

	"github.com/wundergraph/astjson"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astnormalization"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astprinter"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astvalidation"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/postprocess"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/operationreport"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/variablesvalidation"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// prepared is what a document becomes, whoever sends it.
type prepared struct {
	plan      plan.Plan
	kind      ast.OperationType
	variables []byte            // those taken out of the document; all there are when the request has none
	remap     map[string]string // names of variables in the plan to those of the request
}

// prepare turns a request into a plan and the variables to run it with. Documents
// that differ only in blanks, names of fragments or literal values share a plan.
// Errors are a [*fault.Fault] or a [documentErrors].
func (g *Gateway) prepare(r Request) (*prepared, []byte, error) {
	plain := len(r.Variables) == 0 || bytes.Equal(r.Variables, []byte("null")) || bytes.Equal(r.Variables, []byte("{}"))
	raw := "raw\x00" + r.Operation + "\x00" + r.Query
	if r.Look {
		raw = "look" + raw
	}
	if plain {
		if p, ok := g.plans.Get(raw); ok {
			return p, p.variables, nil
		}
	}
	doc, report := astparser.ParseGraphqlDocumentString(r.Query)
	if report.HasErrors() {
		return nil, nil, documentErrors{report, "GRAPHQL_PARSE_FAILED", "DOCUMENT_MALFORMED"}
	}
	kind, err := g.measure(&doc, r.Operation, r.Look)
	if err != nil {
		return nil, nil, err
	}
	doc.Input.Variables = r.Variables
	if plain {
		doc.Input.Variables = []byte("{}")
	}
	remap, err := g.normalise(&doc, r.Operation)
	if err != nil {
		return nil, nil, err
	}
	variables := bytes.Clone(doc.Input.Variables)
	var text bytes.Buffer
	if err := astprinter.Print(&doc, &text); err != nil {
		return nil, nil, err
	}
	key := "plan\x00" + text.String()
	p, ok := g.plans.Get(key)
	if ok {
		p = &prepared{plan: p.plan, kind: kind, variables: variables, remap: remap}
	} else {
		planner, err := plan.NewPlanner(g.planning)
		if err != nil {
			return nil, nil, err
		}
		var rep operationreport.Report
		made := planner.Plan(&doc, g.whole, r.Operation, &rep)
		if rep.HasErrors() {
			return nil, nil, fault.New(fault.Invalid, "PLAN_IMPOSSIBLE", "各子图合起来也无法回答这个查询。",
				"The subgraphs together cannot answer this query.").Because(rep)
		}
		postprocess.NewProcessor().Process(made)
		if run, ok := made.(*plan.SynchronousResponsePlan); ok && kind == ast.OperationTypeMutation {
			run.Response.Fetches = inOrder(run.Response.Fetches)
		}
		p = &prepared{plan: made, kind: kind, variables: variables, remap: remap}
		g.plans.Add(key, &prepared{plan: made, kind: kind})
	}
	if plain {
		g.plans.Add(raw, p)
	}
	return p, variables, nil
}

// normalise validates a document and brings it into the one form that plans are
// kept by. It returns the new names of variables with the old ones.
func (g *Gateway) normalise(doc *ast.Document, operation string) (map[string]string, error) {
	step := func(options ...astnormalization.Option) error {
		var report operationreport.Report
		if operation == "" {
			astnormalization.NewWithOpts(options...).NormalizeOperation(doc, g.client, &report)
		} else {
			options = append(options, astnormalization.WithRemoveNotMatchingOperationDefinitions())
			astnormalization.NewWithOpts(options...).NormalizeNamedOperation(doc, g.client, []byte(operation), &report)
		}
		return invalid(report)
	}
	if err := step(astnormalization.WithRemoveFragmentDefinitions(), astnormalization.WithRemoveUnusedVariables(), astnormalization.WithInlineFragmentSpreads()); err != nil {
		return nil, err
	}
	var report operationreport.Report
	astvalidation.DefaultOperationValidator().Validate(doc, g.client, &report)
	if err := invalid(report); err != nil {
		return nil, err
	}
	if err := step(astnormalization.WithExtractVariables()); err != nil {
		return nil, err
	}
	remap := astnormalization.NewVariablesMapper().NormalizeOperation(doc, g.whole, &report)
	if err := invalid(report); err != nil {
		return nil, err
	}
	if len(doc.Input.Variables) == 0 {
		return remap, nil
	}
	if _, err := astjson.ParseBytes(doc.Input.Variables); err != nil {
		return nil, valueMalformed(nil)
	}
	v := variablesvalidation.NewVariablesValidator(variablesvalidation.VariablesValidatorOptions{DisableExposingVariablesContent: true})
	if err := v.ValidateWithRemap(doc, g.client, doc.Input.Variables, remap); err != nil {
		return nil, valueMalformed(err)
	}
	return remap, nil
}

func valueMalformed(err error) *fault.Fault {
	f := fault.New(fault.Invalid, "VALUE_MALFORMED", "变量的值与其类型不符。", "A variable's value does not fit its type.")
	if err != nil {
		f.TextEn += " " + err.Error()
		f = f.Because(err)
	}
	return f
}

func invalid(report operationreport.Report) error {
	if !report.HasErrors() {
		return nil
	}
	return documentErrors{report, "GRAPHQL_VALIDATION_FAILED", "DOCUMENT_INVALID"}
}
