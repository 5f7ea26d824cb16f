package gateway

import (
	"bytes"
	"strings"

	"github.com/wundergraph/astjson"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// declared are the variables of an operation. If they are plain, what a request
// sends for them can be checked at a glance, and a plan found without reading the
// document again.
type declared struct {
	all   []variable
	plain bool // scalars and enums only: nothing in a value changes the plan, or is changed by it
}

type variable struct {
	name    string
	of      ast.NodeKind    // of its type
	typed   string          // name of its type
	needed  bool            // not null
	usual   []byte          // JSON; nil: none
	allowed map[string]bool // of an enum
}

// within says whether a variable stands within a list or an object. Such a value is
// taken out of the document whole, with what the variable was in that one request:
// it must not be kept for the next.
func within(doc *ast.Document) bool {
	for i := range doc.ObjectFields {
		if doc.ObjectFields[i].Value.Kind == ast.ValueKindVariable {
			return true
		}
	}
	for i := range doc.ListValues {
		for _, ref := range doc.ListValues[i].Refs {
			if doc.Values[ref].Kind == ast.ValueKindVariable {
				return true
			}
		}
	}
	return false
}

// declared reads the variables of the operation that is meant.
func (g *Gateway) declared(doc *ast.Document, operation string) (*declared, error) {
	out := &declared{plain: !within(doc)}
	for _, n := range doc.RootNodes {
		if n.Kind != ast.NodeKindOperationDefinition || operation != "" && doc.OperationDefinitionNameString(n.Ref) != operation {
			continue
		}
		for _, ref := range doc.OperationDefinitions[n.Ref].VariableDefinitions.Refs {
			v := variable{name: strings.Clone(doc.VariableDefinitionNameString(ref))}
			if doc.VariableDefinitionHasDefaultValue(ref) {
				usual, err := doc.ValueToJSON(doc.VariableDefinitionDefaultValue(ref))
				if err != nil {
					return nil, valueMalformed(nil)
				}
				v.usual = bytes.Clone(usual)
			}
			t := doc.VariableDefinitions[ref].Type
			if v.needed = doc.TypeIsNonNull(t); v.needed {
				t = doc.Types[t].OfType
			}
			out.plain = g.typed(&v, doc, t) && out.plain
			out.all = append(out.all, v)
		}
	}
	return out, nil
}

// typed says whether a variable's type is a scalar or an enum, and which.
func (g *Gateway) typed(v *variable, doc *ast.Document, t int) bool {
	if doc.Types[t].TypeKind != ast.TypeKindNamed {
		return false
	}
	v.typed = strings.Clone(doc.TypeNameString(t))
	node, ok := g.client.Index.FirstNonExtensionNodeByNameBytes([]byte(v.typed))
	if v.of = node.Kind; !ok || v.of != ast.NodeKindScalarTypeDefinition && v.of != ast.NodeKindEnumTypeDefinition {
		return false
	}
	if v.of == ast.NodeKindEnumTypeDefinition {
		v.allowed = map[string]bool{}
		for _, ref := range g.client.EnumTypeDefinitions[node.Ref].EnumValuesDefinition.Refs {
			v.allowed[g.client.EnumValueDefinitionNameString(ref)] = true
		}
	}
	return true
}

// values are what a request sends for its variables and nothing else, with what is
// usual for those that it leaves out. shape tells what of them can change a plan:
// which are there, null or true. fits says whether all is known to be right; if it is
// not, the full validation has the word.
func (d *declared) values(sent []byte) (own []byte, shape string, fits bool, err error) {
	var from *astjson.Value
	if len(sent) > 0 && !bytes.Equal(sent, []byte("null")) {
		if from, err = astjson.ParseBytes(sent); err != nil || from.Type() != astjson.TypeObject {
			return nil, "", false, fault.New(fault.Invalid, "BODY_MALFORMED", "请求体不是 GraphQL 请求的 JSON。", "The body is not the JSON of a GraphQL request.")
		}
	}
	marks := make([]byte, 0, len(d.all))
	own, fits = append(make([]byte, 0, len(sent)+64), '{'), d.plain
	for i := range d.all {
		v := &d.all[i]
		var value *astjson.Value
		if from != nil {
			value = from.Get(v.name)
		}
		if value == nil && v.usual == nil {
			marks, fits = append(marks, '-'), fits && !v.needed
			continue
		}
		if len(own) > 1 {
			own = append(own, ',')
		}
		own = append(append(append(own, '"'), v.name...), `":`...) // a name of GraphQL needs no escaping
		if value == nil {
			own, marks = append(own, v.usual...), append(marks, 'd')
			continue
		}
		own = value.MarshalTo(own)
		marks, fits = append(marks, mark(value)), fits && v.fits(value)
	}
	return append(own, '}'), string(marks), fits, nil
}

// mark is what of a value can change a plan: @skip and @include are decided with it.
func mark(v *astjson.Value) byte {
	switch v.Type() {
	case astjson.TypeNull:
		return 'n'
	case astjson.TypeTrue:
		return 't'
	case astjson.TypeFalse:
		return 'f'
	default:
		return 'v'
	}
}

// fits says whether a value is surely one of the variable's type.
func (v *variable) fits(value *astjson.Value) bool {
	t := value.Type()
	if t == astjson.TypeNull {
		return !v.needed
	}
	if v.allowed != nil {
		text, err := value.StringBytes()
		return err == nil && v.allowed[string(text)]
	}
	switch v.typed {
	case "String":
		return t == astjson.TypeString
	case "ID":
		return t == astjson.TypeString || t == astjson.TypeNumber && !strings.ContainsAny(value.String(), ".eE")
	case "Int":
		n, err := value.Int64()
		return t == astjson.TypeNumber && err == nil && n == int64(int32(n)) && !strings.ContainsAny(value.String(), ".eE") //nolint:gosec // that is what is asked
	case "Float":
		return t == astjson.TypeNumber
	case "Boolean":
		return t == astjson.TypeTrue || t == astjson.TypeFalse
	}
	return t != astjson.TypeObject && t != astjson.TypeArray // scalars of the graph's own: what they look like is the subgraph's to say
}

// beside joins two JSON objects that have no name in common.
func beside(a, b []byte) []byte {
	if len(b) <= 2 {
		return a
	}
	if len(a) <= 2 {
		return b
	}
	return append(append(a[:len(a)-1:len(a)-1], ','), b[1:]...)
}

// without is an object of JSON without what is declared: what was taken out of the
// document itself.
func (d *declared) without(all []byte) ([]byte, error) {
	v, err := astjson.ParseBytes(all)
	if err != nil {
		return nil, err
	}
	for i := range d.all {
		v.Del(d.all[i].name)
	}
	return v.MarshalTo(nil), nil
}
