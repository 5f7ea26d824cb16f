package port

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

const (
	maxText = 1000 // characters of one value
	maxList = 100  // elements of one list
)

// Names translates between our field IDs and the names of one department, after
// the catalogue's ports. It is made once and does not change.
type Names struct {
	Department string
	submit     map[string]*catalog.Port // by matter
	results    map[string]*catalog.Port // by matter
	outputs    map[string]map[string]string
	lookups    map[string]*catalog.Port
	types      map[string]string // of fields and derived facts, by ID
	materials  map[string]bool   // by code
}

// NamesOf collects the names of one department from a catalogue.
func NamesOf(c *catalog.Catalog, department string) *Names {
	n := &Names{
		Department: department,
		submit:     map[string]*catalog.Port{},
		results:    map[string]*catalog.Port{},
		outputs:    map[string]map[string]string{},
		lookups:    map[string]*catalog.Port{},
		types:      map[string]string{},
		materials:  map[string]bool{},
	}
	for _, f := range c.Fields {
		n.types[f.ID] = f.Type
	}
	for _, f := range c.Derived { // departments tell some of these too: hasSocialSecurityCard
		n.types[f.ID] = f.Type
	}
	for _, m := range c.Materials {
		n.materials[m.Code] = true
	}
	results := n.results
	for _, p := range c.Ports {
		switch {
		case p.Department != department:
		case p.Operation == "SUBMIT":
			n.submit[p.Matter] = p
		case p.Operation == "RESULT":
			results[p.Matter] = p
		case p.Operation == "LOOKUP":
			n.lookups[p.ID] = p
		}
	}
	for _, m := range c.Matters {
		if m.Lead == department {
			n.outputs[m.Code] = outputNames(m, results[m.Code], n.submit[m.Code])
		}
	}
	return n
}

// outputNames finds the department's name of each output of a matter: as the
// RESULT port says, else as the SUBMIT port calls the same field, else ours.
func outputNames(m *catalog.Matter, result, submit *catalog.Port) map[string]string {
	names := make(map[string]string, len(m.Result.Outputs))
	for _, field := range m.Result.Outputs {
		names[field] = field
		if submit != nil {
			for _, theirs := range sortedKeys(submit.Send) {
				if submit.Send[theirs] == field {
					names[field] = theirs
					break
				}
			}
		}
		if result != nil && result.Answers[field] != "" {
			names[field] = result.Answers[field]
		}
	}
	return names
}

// Send gives the answers under the department's names and in its codes: only what
// the matter's SUBMIT port sends, and of that only what is there, beside its
// constants. What the department must have and is not there, and a code that it
// has no word for, is DEPARTMENT_REFUSED without asking it.
func (n *Names) Send(matter string, answers map[string]any) (map[string]any, error) {
	p := n.submit[matter]
	if p == nil {
		return nil, fmt.Errorf("no SUBMIT port of %s for matter %s", n.Department, matter)
	}
	sent := make(map[string]any, len(p.Send)+len(p.Constants))
	for theirs, always := range p.Constants {
		sent[theirs] = always
	}
	for theirs, field := range p.Send {
		v, ok := answers[field]
		if !ok {
			continue
		}
		coded, known := Recode(v, func(ours string) (string, bool) { return p.Code(field, ours) })
		if !known {
			return nil, Refused(n.Department).Because(fmt.Errorf("%s has no code for a value of %s", p.ID, field))
		}
		sent[theirs] = coded
	}
	for _, theirs := range p.Require {
		if v, ok := sent[theirs]; !ok || v == nil || v == "" {
			return nil, Refused(n.Department).Because(fmt.Errorf("%s is not sent without %s", p.ID, theirs))
		}
	}
	return sent, nil
}

// Recode puts a code, or each of a list, into the words of the other side.
func Recode(v any, word func(string) (string, bool)) (coded any, known bool) {
	switch v := v.(type) {
	case string:
		return word(v)
	case []string:
		out := make([]string, len(v))
		for i, one := range v {
			if out[i], known = word(one); !known {
				return nil, false
			}
		}
		return out, true
	}
	return v, true
}

// SubmitPort returns the port that a matter's items go through, or nil.
func (n *Names) SubmitPort(matter string) *catalog.Port { return n.submit[matter] }

// ResultPort returns the port that a matter's results come through, or nil.
func (n *Names) ResultPort(matter string) *catalog.Port { return n.results[matter] }

// LookupPort returns a LOOKUP port of the department, or nil.
func (n *Names) LookupPort(id string) *catalog.Port { return n.lookups[id] }

// OutputNames returns, for a matter, the department's name of each field that
// its result carries.
func (n *Names) OutputNames(matter string) map[string]string { return n.outputs[matter] }

// Answer gives a message under our names. Outputs that the catalogue does not
// declare for the matter are left out; a value of the wrong type is an error.
// Defects of a return that name nothing of ours stay as words.
func (n *Names) Answer(m Message) (Answer, error) {
	if err := m.Check(); err != nil {
		return Answer{}, err
	}
	outputs, err := n.facts(n.results[m.Matter], n.outputs[m.Matter], m.Outputs)
	if err != nil {
		return Answer{}, fmt.Errorf("outputs: %w", err)
	}
	faults, words := n.faults(m)
	return Answer{
		ItemID: m.Item, Matter: m.Matter, State: m.State, Number: m.Number, Words: words,
		Outputs: outputs, Faults: faults, DecidedOn: m.DecidedAt, DueAt: m.DueAt, Sequence: m.Sequence,
	}, nil
}

// Facts gives one lookup's values under our names and checked types.
func (n *Names) Facts(lookup string, theirs map[string]any) (catalog.Facts, error) {
	p := n.lookups[lookup]
	if p == nil {
		return nil, fmt.Errorf("no LOOKUP port %s of %s", lookup, n.Department)
	}
	return n.facts(p, p.Answers, theirs)
}

// facts gives values under our names, in our codes and checked types. p, which
// says their codes, may be nil.
func (n *Names) facts(p *catalog.Port, names map[string]string, theirs map[string]any) (catalog.Facts, error) {
	facts := catalog.Facts{}
	for field, name := range names {
		raw, ok := theirs[name]
		if !ok {
			continue
		}
		v, err := Value(n.types[field], raw)
		if err != nil {
			return nil, fmt.Errorf("field %s: %w", field, err)
		}
		if p != nil {
			var known bool
			if v, known = Recode(v, func(code string) (string, bool) { return p.Uncode(field, code) }); !known {
				return nil, fmt.Errorf("field %s: a code that %s does not know", field, p.ID)
			}
		}
		facts[field] = v
	}
	return facts, nil
}

// Type is the type of a field or derived fact; empty if the catalogue has none such.
func (n *Names) Type(id string) string { return n.types[id] }

// Value turns a decoded JSON value into what [catalog.Facts] holds for a field of
// a type: string, bool, int64, float64, []string, or nil for "there is none".
// Errors do not repeat the value.
func Value(typ string, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	switch typ {
	case "":
		return nil, errors.New("not in the catalogue")
	case "bool":
		if b, ok := raw.(bool); ok {
			return b, nil
		}
	case "int":
		if number, ok := raw.(json.Number); ok {
			if i, err := number.Int64(); err == nil {
				return i, nil
			}
		}
	case "decimal", "money":
		if number, ok := raw.(json.Number); ok {
			if x, err := number.Float64(); err == nil {
				return x, nil
			}
		}
	case "list":
		return listValue(raw)
	case "date":
		if s, ok := raw.(string); ok && (s == LongTerm || isDate(s)) {
			return s, nil
		}
	default: // string, code, ref, file: all text
		return textValue(raw)
	}
	return nil, fmt.Errorf("not a %s", typ)
}

// LongTerm is what an identity card without an end says instead of a date (居民身份证法 art.5).
const LongTerm = "长期"

func isDate(s string) bool {
	_, err := time.Parse(time.DateOnly, s)
	return err == nil
}

func textValue(raw any) (string, error) {
	s, ok := raw.(string)
	if !ok {
		return "", errors.New("not text")
	}
	if len(s) > maxText && utf8.RuneCountInString(s) > maxText {
		return "", errors.New("too long")
	}
	if strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errors.New("control characters")
	}
	return s, nil
}

func listValue(raw any) ([]string, error) {
	elements, ok := raw.([]any)
	if !ok {
		return nil, errors.New("not a list")
	}
	if len(elements) > maxList {
		return nil, errors.New("too long")
	}
	list := make([]string, len(elements))
	for i, e := range elements {
		s, err := textValue(e)
		if err != nil {
			return nil, err
		}
		list[i] = s
	}
	return list, nil
}
