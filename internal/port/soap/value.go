package soap

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// listType is the one type of ours: text several times, each in an element item.
// A list of one could not be told from a text otherwise.
const listType = "List"

// reading is how the text of a value becomes the value.
type reading func(text string) (any, error)

// readings are the types of XML Schema that a value may have. Which numbers are
// whole is said by the field they are for.
var readings = func() map[string]reading {
	all := map[string]reading{"boolean": boolean, "date": date}
	for _, t := range strings.Fields("decimal float double integer byte short int long unsignedByte unsignedShort unsignedInt unsignedLong nonNegativeInteger positiveInteger nonPositiveInteger negativeInteger") {
		all[t] = number
	}
	for _, t := range strings.Fields("string normalizedString token anyURI Name NCName NMTOKEN ID IDREF language time dateTime gYear gYearMonth anySimpleType anyType") {
		all[t] = plain
	}
	return all
}()

func plain(text string) (any, error) { return text, nil }

func boolean(text string) (any, error) {
	switch strings.TrimSpace(text) {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	}
	return nil, errors.New("not a boolean")
}

var zoned = regexp.MustCompile(`^([0-9]{4}-[0-9]{2}-[0-9]{2})(?:Z|[+-][0-9]{2}:[0-9]{2})?$`)

// date leaves out the zone that XML Schema allows a date to have: it is the same day.
func date(text string) (any, error) {
	if m := zoned.FindStringSubmatch(strings.TrimSpace(text)); m != nil {
		return m[1], nil
	}
	return nil, errors.New("not a date")
}

var numeric = regexp.MustCompile(`^([+-]?)([0-9]*)(?:\.([0-9]*))?([eE][+-]?[0-9]{1,3})?$`)

// number keeps the text of a number where JSON would write it so too; else it is
// brought into that form: +7 is 7, 007 is 7, .5 is 0.5, 5. is 5.
func number(text string) (any, error) {
	text = strings.TrimSpace(text)
	m := numeric.FindStringSubmatch(text)
	if m == nil || len(text) > 64 || m[2]+m[3] == "" {
		return nil, errors.New("not a number")
	}
	whole := strings.TrimLeft(m[2], "0")
	if whole == "" {
		whole = "0"
	}
	if m[3] != "" {
		whole += "." + m[3]
	}
	return json.Number(strings.TrimPrefix(m[1], "+") + whole + m[4]), nil
}

// values writes values by the department's names, in the order of the alphabet,
// as the description declares them.
func (w *writer) values(name string, all map[string]any) {
	w.open(name)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if !elementName.MatchString(key) {
			w.err = errors.Join(w.err, errors.New("a field whose name cannot be an element's"))
			continue
		}
		w.value(key, all[key])
	}
	w.close(name)
}

func (w *writer) value(name string, v any) {
	typed := func(typ, text string) { w.leaf(name, text, "xsi:type", typ) }
	switch v := v.(type) {
	case nil:
		w.leaf(name, "", "xsi:nil", "true")
	case string:
		typed("xsd:string", v)
	case bool:
		typed("xsd:boolean", strconv.FormatBool(v))
	case int:
		typed("xsd:integer", strconv.Itoa(v))
	case int64:
		typed("xsd:integer", strconv.FormatInt(v, 10))
	case float64:
		typed("xsd:decimal", strconv.FormatFloat(v, 'f', -1, 64))
	case json.Number:
		w.number(name, v)
	case []string:
		w.open(name, "xsi:type", "t:"+listType)
		for _, one := range v {
			w.leaf("item", one)
		}
		w.close(name)
	case []any:
		w.list(name, v)
	default:
		w.err = errors.Join(w.err, fmt.Errorf("a value of type %T", v))
	}
}

// number writes a number under the type that allows its form.
func (w *writer) number(name string, v json.Number) {
	typ := "xsd:decimal"
	if strings.ContainsAny(v.String(), "eE") {
		typ = "xsd:double"
	} else if !strings.Contains(v.String(), ".") {
		typ = "xsd:integer"
	}
	w.leaf(name, v.String(), "xsi:type", typ)
}

func (w *writer) list(name string, v []any) {
	texts := make([]string, len(v))
	for i, one := range v {
		text, ok := one.(string)
		if !ok {
			w.err = errors.Join(w.err, fmt.Errorf("a list with a %T", one))
		}
		texts[i] = text
	}
	w.value(name, texts)
}

// readValues reads values by the department's names. What occurs several times is
// a list. n may be nil: nothing is said.
func readValues(n *node, space string) (map[string]any, error) {
	if n == nil || n.none() {
		return nil, nil
	}
	if !n.blank() {
		return nil, errors.New("text where fields are to be")
	}
	all := make(map[string]any, len(n.kids))
	several := map[string]bool{}
	for _, k := range n.kids {
		if k.name.Space != space && k.name.Space != "" {
			continue
		}
		v, err := readValue(k, space)
		if err != nil {
			return nil, err
		}
		before, again := all[k.name.Local]
		if !again {
			all[k.name.Local] = v
			continue
		}
		list, _ := before.([]any)
		if !several[k.name.Local] {
			if _, text := before.(string); !text {
				return nil, errors.New("what is no text occurs twice")
			}
			list, several[k.name.Local] = []any{before}, true
		}
		if _, text := v.(string); !text {
			return nil, errors.New("what is no text occurs twice")
		}
		all[k.name.Local] = append(list, v)
	}
	return all, nil
}

// none says whether an element is marked as standing for nothing.
func (n *node) none() bool {
	mark := n.attr(instanceSpace, "nil")
	return mark == "true" || mark == "1"
}

func readValue(n *node, space string) (any, error) {
	if n.none() {
		if len(n.kids) > 0 || !n.blank() {
			return nil, errors.New("something in what is said to be none")
		}
		return nil, nil
	}
	read := plain
	if said := n.attr(instanceSpace, "type"); said != "" {
		typ, ok := n.resolve(said)
		if ok && typ.Local == listType && typ.Space == space {
			return readList(n, space)
		}
		read = readings[typ.Local]
		if !ok || typ.Space != schemaSpace || read == nil {
			return nil, errors.New("a type that is not agreed")
		}
	}
	if len(n.kids) > 0 {
		return readList(n, space) // a list all the same, by one who writes no types
	}
	return read(string(n.text))
}

func readList(n *node, space string) (any, error) {
	if !n.blank() {
		return nil, errors.New("text between the elements of a list")
	}
	list := make([]any, len(n.kids))
	for i, k := range n.kids {
		if k.name.Local != "item" || k.name.Space != space && k.name.Space != "" || len(k.kids) > 0 || k.none() {
			return nil, errors.New("not the elements of a list")
		}
		list[i] = string(k.text)
	}
	return list, nil
}
