package server

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/resolvers"
)

// copyShort are types that others vouch for or that stand elsewhere in the copy: of
// them it has what names them.
var copyShort = map[string][]string{
	"Matter": {"code", "name"}, "Department": {"code", "name"}, "Division": {"code", "fullName"}, "Material": {"code", "name"}, "FormField": {"id", "name"},
	"AssuranceLevel": {"code", "name"}, "Case": {"number"}, "Slice": {"name", "version", "title", "partner", "purpose", "basis", "article", "until", "keepDays"},
}

// copyLeaves are fields that the copy does not have, and why.
var copyLeaves = map[string]string{
	"Veteran.departments":    "asks departments this moment; what only they hold is theirs to copy",
	"Veteran.cases":          "a part of its own",
	"Veteran.readReceipts":   "a part of its own",
	"Case.veteran":           "the person themself",
	"Case.appointments":      "stand with the person",
	"Item.case":              "stands in it",
	"Dispute.veteran":        "the person themself",
	"Element.dispute":        "stands with the person",
	"TimelineEntry.actor":    "somebody else's account; in which capacity they acted is told",
	"Correction.returnedBy":  "somebody else's account",
	"Mandate.agent":          "somebody else's account",
	"Mandate.agentName":      "somebody else's name",
	"Mandate.qr":             "whoever has it confirms the mandate: no paper to keep",
	"Obligation.task":        "names whoever sees to it, and is for those who supervise",
	"Due.steps":              "reckoned from the calendar each time; nothing of it is held",
	"SheetSeal.qr":           "the same as its text",
	"ReadReceiptField.name":  "in the list of fields at the end",
	"Viewer.assurance":       "of this session",
	"PlannedMatter.reasons":  "follow from the catalogue and the facts that are here",
	"PlannedMatter.promised": "the promised day stands with the item",
}

// copyNode is one field of the copy: what is asked, and how it is called.
type copyNode struct {
	name       string // as it is asked, arguments too
	key        string // as it is answered
	coordinate string // Type.field
	label      string // Chinese, from the schema's own words
	text       bool   // Text: the Chinese of it
	values     map[string]string
	of         []*copyNode // of an object or a list of objects
}

// copyArguments are those of fields that would otherwise answer less.
var copyArguments = map[string]string{"Veteran.citizenNumber": "(full: true)"}

// copyParts are the three documents of a copy: the person, their cases, who read them.
type copyParts struct {
	person, cases, reads          *copyNode
	personText, caseText, readsOf string
	labels                        map[string]string // by coordinate, of all fields
	wrong                         []string
}

// copyDocuments are made from the public schema, once. What is new in the schema is
// in the copy from then on.
var copyDocuments = sync.OnceValue(func() *copyParts {
	c := &copyParts{labels: map[string]string{}}
	schema := publicSchema()
	c.person = &copyNode{name: "me", of: c.object(schema, "Viewer", nil)}
	c.cases = &copyNode{name: "cases", label: c.called(schema, "Veteran", "cases"), of: c.object(schema, "Case", nil)}
	c.reads = &copyNode{name: "readReceipts", label: c.called(schema, "Veteran", "readReceipts"), of: c.object(schema, "ReadReceipt", nil)}
	const page = " pageInfo { hasNextPage endCursor } "
	c.personText = "query MyCopy { me " + selection(c.person.of) + " }"
	c.caseText = "query MyCopyCases($after: String) { cases(first: 5, after: $after) { nodes " + selection(c.cases.of) + page + "} }"
	c.readsOf = "query MyCopyReads($after: String) { me { veteran { readReceipts(first: 100, after: $after, others: false) { nodes " + selection(c.reads.of) + page + "} } } }"
	return c
})

// object are the fields of a type, in the schema's order. above are the types around
// it: a type within itself would never end.
func (c *copyParts) object(schema *ast.Schema, name string, above []string) (out []*copyNode) {
	def := schema.Types[name]
	above = append(above, name)
	taken := map[string]bool{}
	for _, f := range def.Fields {
		coordinate := name + "." + f.Name
		if strings.HasPrefix(f.Name, "__") || copyLeaves[coordinate] != "" {
			continue
		}
		if short := copyShort[name]; short != nil && len(above) > 1 && !strings.Contains(" "+strings.Join(short, " ")+" ", " "+f.Name+" ") {
			continue
		}
		n := &copyNode{name: f.Name + copyArguments[coordinate], key: f.Name, coordinate: coordinate, label: c.called(schema, name, f.Name)}
		for _, a := range f.Arguments {
			if a.Type.NonNull && a.DefaultValue == nil {
				c.wrong = append(c.wrong, coordinate+" wants "+a.Name)
			}
		}
		switch of := schema.Types[f.Type.Name()]; {
		case of.Name == "Text":
			n.text = true
		case of.Kind == ast.Enum:
			n.values = map[string]string{}
			for _, v := range of.EnumValues {
				n.values[v.Name], _, _ = strings.Cut(v.Description, "。")
			}
		case of.Kind == ast.Object && copyShort[of.Name] == nil && strings.Contains(" "+strings.Join(above, " ")+" ", " "+of.Name+" "):
			c.wrong = append(c.wrong, coordinate+" is within itself")
			continue
		case of.Kind == ast.Object:
			n.of = c.object(schema, of.Name, above)
		case of.Kind != ast.Scalar:
			c.wrong = append(c.wrong, coordinate+" is of no kind that is known here")
			continue
		}
		if taken[n.label] { // two fields of one type with one name: each says which it is
			n.label = fmt.Sprintf("%s（%s）", n.label, f.Name)
		}
		taken[n.label], c.labels[coordinate] = true, n.label
		out = append(out, n)
	}
	return out
}

// called is what a field is called: the beginning of its own description or, where
// that lists codes, of its type's.
func (c *copyParts) called(schema *ast.Schema, name, field string) string {
	label := resolvers.FieldWords(name + "." + field).Zh
	if label[0] < 0x80 && !strings.HasPrefix(label, "12") {
		of := schema.Types[schema.Types[name].Fields.ForName(field).Type.Name()]
		if zh, _, ok := strings.Cut(of.Description, "。"); ok && of.Kind == ast.Enum {
			label = zh
		} else {
			label = strings.Join(chinese.FindAllString(label, -1), "或")
		}
	}
	return shorter(label)
}

var chinese = regexp.MustCompile(`\p{Han}+`)

// shorter leaves out what explains a name.
func shorter(label string) string {
	if at := strings.IndexAny(label, ",，；;：:（("); at > 0 {
		return label[:at]
	}
	return cmp.Or(label, "—")
}

// selection is what is asked of an object.
func selection(of []*copyNode) string {
	var b strings.Builder
	b.WriteString("{")
	for _, n := range of {
		b.WriteString(" " + n.name)
		switch {
		case n.text:
			b.WriteString(" { zh }")
		case n.of != nil:
			b.WriteString(" " + selection(n.of))
		}
	}
	b.WriteString(" }")
	return b.String()
}
