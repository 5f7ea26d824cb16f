package gateway

import (
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// size is what a set of selections comes to with its fragments written out.
type size struct{ depth, fields, aliases int }

// enough is more than any limit: counting stops there, so that fragments within
// fragments cannot make us count for ever.
const enough = 1 << 24

func (a *size) add(b size) {
	a.depth = max(a.depth, b.depth)
	a.fields = min(a.fields+b.fields, enough)
	a.aliases = min(a.aliases+b.aliases, enough)
}

// measure refuses a document that is too large before anything is written out, that
// asks for what is not offered, or that looks at the schema when that is closed. It
// says what kind of operation is meant.
func (g *Gateway) measure(doc *ast.Document, operation string, open bool) (ast.OperationType, error) {
	for i := range doc.Directives {
		if name := doc.DirectiveNameString(i); name == "defer" || name == "stream" {
			return 0, fault.New(fault.Invalid, "INCREMENTAL_UNSUPPORTED", "不支持 @defer 和 @stream。", "@defer and @stream are not supported.")
		}
	}
	m := &measurer{doc: doc, seen: map[string]*size{}}
	kind, found := ast.OperationTypeUnknown, 0
	var total size
	for _, n := range doc.RootNodes {
		if n.Kind != ast.NodeKindOperationDefinition {
			continue
		}
		if operation != "" && doc.OperationDefinitionNameString(n.Ref) != operation {
			continue
		}
		found++
		kind = doc.OperationDefinitions[n.Ref].OperationType
		if doc.OperationDefinitions[n.Ref].HasSelections {
			total.add(m.set(doc.OperationDefinitions[n.Ref].SelectionSet))
		}
	}
	switch l := g.options.Limits; {
	case found != 1:
		return 0, fault.New(fault.Invalid, "OPERATION_UNCLEAR", "请求未指明唯一的操作。", "The request does not name one operation.")
	case m.looks && !open:
		return 0, fault.New(fault.Denied, "INTROSPECTION_CLOSED", "未开放模式查询。", "The schema cannot be asked for here.")
	case total.depth > l.Depth && !m.looks:
		return 0, fault.Newf(fault.TooLarge, "TOO_DEEP", "查询嵌套超过 %[1]d 层。", "The query is nested deeper than %[1]d levels.", l.Depth)
	case total.fields > l.Fields || total.aliases > l.Aliases:
		return 0, fault.Newf(fault.TooLarge, "TOO_MANY_FIELDS", "查询的字段过多(最多 %[1]d 个字段、%[2]d 个别名)。",
			"The query has too many fields (at most %[1]d, and %[2]d aliases).", l.Fields, l.Aliases)
	}
	return kind, nil
}

type measurer struct {
	doc   *ast.Document
	seen  map[string]*size // fragments; nil while one is being measured
	looks bool             // at the schema
}

func (m *measurer) set(ref int) (out size) {
	for _, s := range m.doc.SelectionSets[ref].SelectionRefs {
		at := m.doc.Selections[s]
		switch at.Kind {
		case ast.SelectionKindField:
			out.add(m.field(at.Ref))
		case ast.SelectionKindInlineFragment:
			if m.doc.InlineFragments[at.Ref].HasSelections {
				out.add(m.set(m.doc.InlineFragments[at.Ref].SelectionSet))
			}
		case ast.SelectionKindFragmentSpread:
			out.add(m.fragment(m.doc.FragmentSpreadNameString(at.Ref)))
		}
	}
	return out
}

func (m *measurer) field(ref int) size {
	out := size{depth: 1, fields: 1}
	if name := m.doc.FieldNameString(ref); name == "__schema" || name == "__type" {
		m.looks = true
	}
	if m.doc.FieldAliasIsDefined(ref) {
		out.aliases++
	}
	if below, ok := m.doc.FieldSelectionSet(ref); ok {
		deep := m.set(below)
		deep.depth++
		out.add(deep)
	}
	return out
}

func (m *measurer) fragment(name string) size {
	if s, ok := m.seen[name]; ok {
		if s == nil { // it contains itself, which validation refuses
			return size{}
		}
		return *s
	}
	m.seen[name] = nil
	var out size
	if ref, ok := m.doc.FragmentDefinitionRef([]byte(name)); ok && m.doc.FragmentDefinitions[ref].HasSelections {
		out = m.set(m.doc.FragmentDefinitions[ref].SelectionSet)
	}
	m.seen[name] = &out
	return out
}
