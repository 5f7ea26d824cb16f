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

// mostKept is the size in bytes up to which a document is remembered: what is larger
// is read and planned each time, so that nobody fills the memory.
const mostKept = 16 << 10

// prepared is what a document becomes, whoever sends it.
type prepared struct {
	plan     plan.Plan
	kind     ast.OperationType
	literals []byte            // an object: values that stood in the document
	remap    map[string]string // names of variables in the plan to those of the request
}

// prepare turns a request into a plan and the variables to run it with. Documents
// that differ only in blanks, names of fragments or literal values share a plan; a
// document that was seen before, with variables of plain types, is not read again.
// Errors are a [*fault.Fault] or a [documentErrors].
func (g *Gateway) prepare(r Request) (*prepared, []byte, error) {
	v := g.rules.judge(r.Caller)
	raw := v.key() + "doc\x00" + r.Operation + "\x00" + r.Query
	if r.Look {
		raw = "look" + raw
	}
	if d, ok := g.documents.Get(raw); ok {
		own, shape, fits, err := d.values(r.Variables)
		if err != nil {
			return nil, nil, err
		}
		if fits {
			if p, ok := g.plans.Get(raw + "\x00" + shape); ok {
				return p, beside(own, p.literals), nil
			}
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
	d, err := g.declared(&doc, r.Operation)
	if err != nil {
		return nil, nil, err
	}
	own, shape, fits, err := d.values(r.Variables)
	if err != nil {
		return nil, nil, err
	}
	doc.Input.Variables = own
	remap, err := g.normalise(&doc, r.Operation, v)
	if err != nil {
		return nil, nil, err
	}
	variables := bytes.Clone(doc.Input.Variables)
	made, err := g.plan(&doc, r.Operation, kind)
	if err != nil {
		return nil, nil, err
	}
	p := &prepared{plan: made, kind: kind, remap: remap}
	if p.literals, err = d.without(variables); err != nil {
		return nil, nil, err
	}
	if fits && len(r.Query) <= mostKept {
		g.documents.Add(raw, d)
		g.plans.Add(raw+"\x00"+shape, p)
	}
	return p, variables, nil
}

// plan finds the plan of a document in its one form, or makes it.
func (g *Gateway) plan(doc *ast.Document, operation string, kind ast.OperationType) (plan.Plan, error) {
	var text bytes.Buffer
	if err := astprinter.Print(doc, &text); err != nil {
		return nil, err
	}
	key := "plan\x00" + text.String()
	if p, ok := g.plans.Get(key); ok {
		return p.plan, nil
	}
	planner, err := plan.NewPlanner(g.planning)
	if err != nil {
		return nil, err
	}
	var report operationreport.Report
	made := planner.Plan(doc, g.whole, operation, &report)
	if report.HasErrors() {
		return nil, fault.New(fault.Invalid, "PLAN_IMPOSSIBLE", "各子图合起来也无法回答这个查询。",
			"The subgraphs together cannot answer this query.").Because(report)
	}
	postprocess.NewProcessor().Process(made)
	refuseMarked(made)
	if run, ok := made.(*plan.SynchronousResponsePlan); ok && kind == ast.OperationTypeMutation {
		run.Response.Fetches = inOrder(run.Response.Fetches)
	}
	if len(key) <= mostKept {
		g.plans.Add(key, &prepared{plan: made, kind: kind})
	}
	return made, nil
}

// normalise validates a document and brings it into the one form that plans are
// kept by, without what the caller may not read. It returns the new names of variables
// with the old ones.
func (g *Gateway) normalise(doc *ast.Document, operation string, v *verdict) (map[string]string, error) {
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
	if err := g.withhold(doc, v); err != nil {
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
	fit := variablesvalidation.NewVariablesValidator(variablesvalidation.VariablesValidatorOptions{DisableExposingVariablesContent: true})
	if err := fit.ValidateWithRemap(doc, g.client, doc.Input.Variables, remap); err != nil {
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
