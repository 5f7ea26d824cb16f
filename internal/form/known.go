package form

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Applicant and Derived are the origins of a field that are not a department.
const (
	Applicant = "APPLICANT" // only the person knows it
	Derived   = "DERIVED"   // computed from other fields
)

// Known is a value that somebody has told us, with who and when. It is kept by
// field ID. A fact without an entry is unknown; one that is Absent is known not
// to exist (a person without a disability grade), which is something else.
type Known struct {
	Value      any          `json:"value,omitempty"`      // string, bool, number or list of strings, after the field's type
	Source     string       `json:"source"`               // department or party code, or APPLICANT
	AsOf       time.Time    `json:"asOf"`                 // when the source said so
	ValidUntil *workday.Day `json:"validUntil,omitempty"` // last day on which it may be relied on; nil means until contradicted
	Basis      string       `json:"basis,omitempty"`      // law or agreement under which it was shared
	Absent     bool         `json:"absent,omitempty"`     // the source says that there is none
}

// on tells whether the value may be relied on that day.
func (k Known) on(day workday.Day) bool { return k.ValidUntil == nil || *k.ValidUntil >= day }

// Settle brings what is known on a day into the form that rules read: values get
// the type their field declares, those no longer valid are forgotten, and those
// that follow from others (age, years of service) are added. What it answers is
// new; known is not changed. The error names a field whose value has the wrong
// type, never the value.
func Settle(c *catalog.Catalog, known map[string]Known, on workday.Day) (map[string]Known, catalog.Facts, error) {
	settled := make(map[string]Known, len(known)+4)
	for id, k := range known {
		if !k.on(on) {
			continue
		}
		if k.Absent || k.Value == nil {
			k.Absent, k.Value = true, nil
			settled[id] = k
			continue
		}
		kind := ""
		if f := c.Field(id); f != nil {
			kind = f.Type
		} else if f := c.Fact(id); f != nil {
			kind = f.Type
		}
		v, ok := typed(kind, k.Value)
		if !ok {
			return nil, nil, fmt.Errorf("fact %s: a %s cannot be a %T", id, kind, k.Value)
		}
		k.Value = v
		settled[id] = k
	}
	derive(settled, on)
	facts := make(catalog.Facts, len(settled)+2)
	for id, k := range settled {
		facts[id] = k.Value // nil when absent
	}
	facts["today"] = on.String()
	return settled, facts, nil
}

// typed brings a value, perhaps read from JSON, to the Go type that a field's type has in rules.
func typed(kind string, v any) (any, bool) {
	switch kind {
	case "":
		return loose(v)
	case "bool":
		b, ok := v.(bool)
		return b, ok
	case "int":
		return whole(v)
	case "decimal", "money":
		return number(v)
	case "list":
		return list(v)
	}
	switch s := v.(type) {
	case string:
		return s, true
	case workday.Day:
		return s.String(), true
	}
	return nil, false
}

// loose is for facts that the catalogue does not declare; no rule reads them.
func loose(v any) (any, bool) {
	switch x := v.(type) {
	case string, bool, float64, int64:
		return x, true
	case workday.Day:
		return x.String(), true
	case []string, []any:
		return list(x)
	}
	return whole(v)
}

func whole(v any) (any, bool) {
	switch n := v.(type) {
	case int64:
		return n, true
	case int:
		return int64(n), true
	case int32:
		return int64(n), true
	case float64:
		if n != math.Trunc(n) || math.Abs(n) > 1<<53 {
			return nil, false
		}
		return int64(n), true
	case json.Number:
		i, err := n.Int64()
		return i, err == nil
	}
	return nil, false
}

func number(v any) (any, bool) {
	switch n := v.(type) {
	case float64:
		return n, !math.IsNaN(n) && !math.IsInf(n, 0)
	case json.Number:
		x, err := n.Float64()
		return x, err == nil && !math.IsInf(x, 0)
	}
	if i, ok := whole(v); ok {
		return float64(i.(int64)), true
	}
	return nil, false
}

func list(v any) (any, bool) {
	switch items := v.(type) {
	case []string:
		return slices.Clone(items), true
	case []any:
		out := make([]string, len(items))
		for i, item := range items {
			s, ok := item.(string)
			if !ok {
				return nil, false
			}
			out[i] = s
		}
		return out, true
	}
	return nil, false
}

// with is known, overlaid with answers of the applicant.
func with(known map[string]Known, answers map[string]any) map[string]Known {
	out := maps.Clone(known)
	if out == nil {
		out = map[string]Known{}
	}
	for id, v := range answers {
		out[id] = Known{Value: v, Source: Applicant, Absent: v == nil}
	}
	return out
}
