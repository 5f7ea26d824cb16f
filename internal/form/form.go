// Package form makes many forms one: each question once, what is known filled in and its source named.
//
// No question is put to a person if a department can answer it: data that can be
// had by sharing may not be asked for again (国务院令第716号 7). So a field of
// which a department keeps the record is never typed, even while that department
// has not told us its value yet.
//
// A form holds personal data. Whoever keeps one seals it.
package form

import (
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Fill says how a field comes by its value.
type Fill string

// The ways to fill a field, a closed list.
const (
	Filled     Fill = "KNOWN"      // the value, or that there is none, is known; nothing to type
	Department Fill = "DEPARTMENT" // a department holds it and has not told us yet; not asked of the person
	Produced   Fill = "PRODUCED"   // the result of a matter of this case
	Computed   Fill = "DERIVED"    // follows from other fields
	OnSite     Fill = "ON_SITE"    // taken at the window, never typed or stored
	Ask        Fill = "ASK"        // the person types it
	NotAsked   Fill = "NOT_ASKED"  // its condition does not hold
)

// Form is the joint form of a set of matters. It is JSON with a stable order, so
// that a case can pin it; after reading it back, [Form.Bind] it before use.
type Form struct {
	CatalogVersion string      `json:"catalogVersion"`
	On             workday.Day `json:"on"` // the day on which its rules are read
	Matters        []string    `json:"matters"`
	Sections       []Section   `json:"sections"`
	Counts         Counts      `json:"counts"`

	catalog *catalog.Catalog
	known   map[string]Known
}

// Section is a part of the form. Sections without fields are left out.
type Section struct {
	Group  string       `json:"group"`
	Name   catalog.Text `json:"name"`
	Fields []Field      `json:"fields"`
}

// Field is one question, asked at most once however many matters need it.
type Field struct {
	ID          string       `json:"id"`
	Name        catalog.Text `json:"name"`
	Section     string       `json:"section"`
	Type        string       `json:"type"`
	Format      string       `json:"format,omitempty"`
	Pattern     string       `json:"pattern,omitempty"`   // RE2
	MinLength   int          `json:"minLength,omitempty"` // characters
	MaxLength   int          `json:"maxLength,omitempty"` // characters
	Codes       string       `json:"codes,omitempty"`     // code list ID
	Sensitivity string       `json:"sensitivity"`
	AskedBy     []string     `json:"askedBy"`            // matter codes
	Required    bool         `json:"required"`           // must be typed, as far as is known now
	When        string       `json:"when,omitempty"`     // the condition, if it has one
	WhenOpen    bool         `json:"whenOpen,omitempty"` // the condition depends on something not known yet, perhaps on this form
	Reads       []string     `json:"reads,omitempty"`    // the facts its condition reads

	Fill       Fill         `json:"fill"`
	Why        catalog.Text `json:"why"` // of Fill, in words
	Value      any          `json:"value,omitempty"`
	Absent     bool         `json:"absent,omitempty"` // known not to exist
	Source     string       `json:"source,omitempty"` // who told, or who will
	AsOf       *time.Time   `json:"asOf,omitempty"`
	ValidUntil *workday.Day `json:"validUntil,omitempty"`
	Basis      string       `json:"basis,omitempty"`
	ReadOnly   bool         `json:"readOnly,omitempty"`   // told by its source of record: may be disputed, not typed over
	ProducedBy string       `json:"producedBy,omitempty"` // matter code
}

// Counts measures a form. Blanks is what the matters' own forms would ask,
// Distinct what this one holds; the others split Distinct by Fill.
type Counts struct {
	Blanks     int `json:"blanks"`
	Distinct   int `json:"distinct"`
	Typed      int `json:"typed"` // at most: some depend on answers
	Known      int `json:"known"`
	Department int `json:"department"`
	Produced   int `json:"produced"`
	Derived    int `json:"derived"`
	OnSite     int `json:"onSite"`
	NotAsked   int `json:"notAsked"`
}

// Merge makes the form that asks what the matters ask, given what is known on a
// day. Matters are codes or slugs; one named twice counts once. It fails on an
// unknown matter, on a known value of the wrong type and on a rule that cannot
// be evaluated.
func Merge(c *catalog.Catalog, matters []string, known map[string]Known, on workday.Day) (*Form, error) {
	settled, facts, err := Settle(c, known, on)
	if err != nil {
		return nil, fmt.Errorf("merge forms: %w", err)
	}
	return MergeSettled(c, matters, known, Settled{settled, facts}, on)
}

// Settled is what [Settle] answers, for callers that need it themselves too.
type Settled struct {
	Known map[string]Known
	Facts catalog.Facts
}

// MergeSettled is [Merge] for a caller that has settled the same facts already.
func MergeSettled(c *catalog.Catalog, matters []string, known map[string]Known, s Settled, on workday.Day) (*Form, error) {
	f := &Form{CatalogVersion: c.Version, On: on, catalog: c, known: known}
	askedBy := map[string][]string{}
	for _, code := range matters {
		m := c.Matter(code)
		if m == nil {
			return nil, fmt.Errorf("merge forms: no matter %q", code)
		}
		if slices.Contains(f.Matters, m.Code) {
			continue
		}
		f.Matters = append(f.Matters, m.Code)
		f.Counts.Blanks += len(m.Asks)
		for _, id := range m.Asks {
			askedBy[id] = append(askedBy[id], m.Code)
		}
	}
	d := decider{catalog: c, matters: f.Matters, known: s.Known, facts: s.Facts}
	size := map[string]int{}
	for id := range askedBy {
		size[c.Field(id).Group]++
	}
	at := make(map[string]int, len(c.Process.Sections))
	for i, s := range c.Process.Sections {
		at[s.Group] = i
		f.Sections = append(f.Sections, Section{Group: s.Group, Name: s.Name, Fields: make([]Field, 0, size[s.Group])})
	}
	for _, def := range c.Fields {
		if askedBy[def.ID] == nil {
			continue
		}
		field, err := d.decide(def, askedBy[def.ID])
		if err != nil {
			return nil, err
		}
		s := &f.Sections[at[def.Group]]
		s.Fields = append(s.Fields, field)
		f.Counts.add(field.Fill)
	}
	f.Sections = slices.DeleteFunc(f.Sections, func(s Section) bool { return len(s.Fields) == 0 })
	return f, nil
}

func (n *Counts) add(by Fill) {
	n.Distinct++
	switch by {
	case Filled:
		n.Known++
	case Department:
		n.Department++
	case Produced:
		n.Produced++
	case Computed:
		n.Derived++
	case OnSite:
		n.OnSite++
	case Ask:
		n.Typed++
	case NotAsked:
		n.NotAsked++
	}
}

// Field returns the field with an ID, or nil if the form does not hold it.
func (f *Form) Field(id string) *Field {
	for i := range f.Sections {
		for j := range f.Sections[i].Fields {
			if f.Sections[i].Fields[j].ID == id {
				return &f.Sections[i].Fields[j]
			}
		}
	}
	return nil
}

// Bind gives a form that was read back from JSON its catalogue and what is known
// again. The catalogue must be the version that made the form.
func (f *Form) Bind(c *catalog.Catalog, known map[string]Known) error {
	if c.Version != f.CatalogVersion {
		return fmt.Errorf("bind form: it was made with catalogue %s, not %s", f.CatalogVersion, c.Version)
	}
	f.catalog, f.known = c, known
	return nil
}

// Complete answers every value that the case holds with these answers, by field
// ID: what is known, what follows and what was typed. Fields whose value is
// absent, unknown, not needed or yet to be produced are left out.
func (f *Form) Complete(answers map[string]any) (map[string]any, error) {
	if f.catalog == nil {
		return nil, fmt.Errorf("complete form: it is not bound to a catalogue")
	}
	settled, facts, err := Settle(f.catalog, with(f.known, answers), f.On)
	if err != nil {
		return nil, fmt.Errorf("complete form: %w", err)
	}
	out := map[string]any{}
	for _, s := range f.Sections {
		for _, field := range s.Fields {
			holds, err := verdict(f.catalog.Field(field.ID).Condition, facts)
			if err != nil {
				return nil, fmt.Errorf("complete form: field %s: %w", field.ID, err)
			}
			if k, ok := settled[field.ID]; ok && !k.Absent && holds != catalog.False && field.Fill != Produced && field.Fill != OnSite {
				out[field.ID] = k.Value
			}
		}
	}
	return out, nil
}

// verdict evaluates a condition; none always holds.
func verdict(e *catalog.Expr, facts catalog.Facts) (catalog.Verdict, error) {
	if e == nil {
		return catalog.True, nil
	}
	return e.Eval(facts)
}
