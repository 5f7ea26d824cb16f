package gateway

import (
	"encoding/json"
	"errors"
	"strings"

	gqlast "github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// What a caller may not read is taken out of the document before it is planned, so that
// no subgraph is asked for it or for what it needs. A mark stands in its place, an alias
// of __typename that says what the field was called and whether it may be null; in the
// finished plan the mark becomes a field that the resolver refuses.
const (
	refusedOptional = "vetgraph_refused_optional_"
	refusedRequired = "vetgraph_refused_required_"
)

// leadsTo is what a field's type is.
type leadsTo struct {
	named    string
	required bool // it is never null
}

// readRules reads what the graph demands of callers, if the gateway has to see to any of it.
func (g *Gateway) readRules(s *supergraph) error {
	g.rules = s.rules(func(name string) bool { return g.options.Subgraphs[name].Guards }, g.options.Checks)
	if err := errors.Join(s.mistakes...); err != nil {
		return err
	}
	g.types = map[string]map[string]leadsTo{}
	g.roots = map[ast.OperationType]string{ast.OperationTypeQuery: s.roots[gqlast.Query], ast.OperationTypeMutation: s.roots[gqlast.Mutation],
		ast.OperationTypeSubscription: s.roots[gqlast.Subscription]}
	if len(g.rules.all) == 0 {
		return nil
	}
	for name, t := range s.types {
		fields := map[string]leadsTo{}
		for _, f := range t.Fields {
			fields[f.Name] = leadsTo{f.Type.Name(), f.Type.NonNull}
		}
		g.types[name] = fields
	}
	return nil
}

// withhold puts marks in the place of what a verdict refuses. The document is valid,
// and its fragments are written out.
func (g *Gateway) withhold(doc *ast.Document, v *verdict) error {
	if v == nil || !v.any {
		return nil
	}
	for _, n := range doc.RootNodes {
		if n.Kind != ast.NodeKindOperationDefinition || !doc.OperationDefinitions[n.Ref].HasSelections {
			continue
		}
		op := doc.OperationDefinitions[n.Ref]
		w := &withholder{g: g, doc: doc, v: v}
		w.set(op.SelectionSet, g.roots[op.OperationType])
		if w.first && op.OperationType == ast.OperationTypeSubscription {
			return refusal(v.caller) // there is nothing to listen to
		}
	}
	return nil
}

type withholder struct {
	g     *Gateway
	doc   *ast.Document
	v     *verdict
	first bool // a field of the root is among what is withheld
}

func (w *withholder) set(ref int, typeName string) {
	for _, s := range w.doc.SelectionSets[ref].SelectionRefs {
		switch at := w.doc.Selections[s]; at.Kind {
		case ast.SelectionKindField:
			w.field(at.Ref, typeName)
		case ast.SelectionKindInlineFragment:
			inner := typeName
			if w.doc.InlineFragmentHasTypeCondition(at.Ref) {
				inner = w.doc.InlineFragmentTypeConditionNameString(at.Ref)
			}
			if w.doc.InlineFragments[at.Ref].HasSelections {
				w.set(w.doc.InlineFragments[at.Ref].SelectionSet, inner)
			}
		}
	}
}

func (w *withholder) field(ref int, typeName string) {
	name := w.doc.FieldNameString(ref)
	of := w.g.types[typeName][name]
	if w.v.refuses(typeName, name) {
		w.first = w.first || typeName == w.g.roots[ast.OperationTypeSubscription]
		mark := refusedOptional
		if of.required {
			mark = refusedRequired
		}
		f := &w.doc.Fields[ref]
		f.Alias.Name = w.doc.Input.AppendInputString(mark + w.doc.FieldAliasOrNameString(ref))
		f.Alias.IsDefined = true
		f.Name = w.doc.Input.AppendInputString("__typename")
		f.HasArguments, f.Arguments.Refs = false, nil
		f.HasSelections, f.SelectionSet = false, ast.InvalidRef
		return
	}
	if below, ok := w.doc.FieldSelectionSet(ref); ok {
		w.set(below, of.named)
	}
}

// refuseMarked lets the resolver refuse what is marked in a plan.
func refuseMarked(made plan.Plan) {
	switch p := made.(type) {
	case *plan.SynchronousResponsePlan:
		refuseIn(p.Response.Data)
	case *plan.SubscriptionResponsePlan:
		refuseIn(p.Response.Response.Data)
	}
}

func refuseIn(n resolve.Node) {
	switch n := n.(type) {
	case *resolve.Array:
		refuseIn(n.Item)
	case *resolve.Object:
		for _, f := range n.Fields {
			name, optional := strings.CutPrefix(string(f.Name), refusedOptional)
			if !optional {
				var required bool
				if name, required = strings.CutPrefix(string(f.Name), refusedRequired); !required {
					refuseIn(f.Value)
					continue
				}
			}
			f.Name = []byte(name)
			f.Value = &resolve.String{Path: []string{name}, Nullable: optional}
			f.Info = &resolve.FieldInfo{Name: name, HasAuthorizationRule: true,
				Source: resolve.TypeFieldSource{IDs: []string{refusedBy}, Names: []string{refusedBy}}}
		}
	}
}

// refusedBy stands where the resolver wants the subgraph of a field that has none.
const refusedBy = "gateway"

// refuser refuses every field that the resolver asks it about: only marked ones are.
type refuser struct{ resolve.Authorizer }

// AuthorizeObjectField implements resolve.Authorizer.
func (refuser) AuthorizeObjectField(*resolve.Context, string, json.RawMessage, resolve.GraphCoordinate) (*resolve.AuthorizationDeny, error) {
	return &resolve.AuthorizationDeny{}, nil
}

// AuthorizePreFetch implements resolve.Authorizer: what is refused is fetched from nobody.
func (refuser) AuthorizePreFetch(*resolve.Context, string, json.RawMessage, resolve.GraphCoordinate) (*resolve.AuthorizationDeny, error) {
	return nil, nil
}

// HasResponseExtensionData implements resolve.Authorizer.
func (refuser) HasResponseExtensionData(*resolve.Context) bool { return false }

// refusal is what the caller reads of it.
func refusal(c *Caller) *fault.Fault {
	if c == nil {
		return fault.New(fault.SignedOut, "SIGN_IN", "请先登录。", "Please sign in.")
	}
	return fault.New(fault.Denied, "FIELD_NOT_ALLOWED", "您没有查看这一项的权限。", "You may not read this.")
}

// refusalCode is what the resolver calls a refusal of its own.
const refusalCode = "UNAUTHORIZED_FIELD_OR_TYPE"

// inOurWords puts refusals into the form in which all our errors are. A subgraph that
// uses the resolver's code itself is named beside it.
func (g *Gateway) inOurWords(a Answer, c *Caller) Answer {
	var all []map[string]any
	if a.Errors == nil || len(g.rules.all) == 0 || json.Unmarshal(a.Errors, &all) != nil {
		return a
	}
	for _, e := range all {
		about, _ := e["extensions"].(map[string]any)
		if about["code"] != refusalCode || about["subgraph"] != nil {
			continue
		}
		said := g.present(refusal(c))
		e["message"], e["extensions"] = said.Message, said.Extensions
	}
	if body, err := json.Marshal(all); err == nil {
		a.Errors = body
	}
	return a
}
