package model

import (
	"io"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
)

// Element is the value of one data element of a veteran.
type Element struct {
	VeteranID  string
	Field      *catalog.Field
	State      ElementState
	Value      any
	Provenance *fact.Provenance
	Freshness  *ElementFreshness
	Conflict   *ElementConflict
	Gap        *ElementGap
}

// ElementConflict is a disagreement of sources about an element.
type ElementConflict struct {
	Values []*ElementWord
	Owner  *catalog.Department
	Since  time.Time
}

// ElementWord is what one source says of it.
type ElementWord struct {
	Value      any
	Provenance *fact.Provenance
	Freshness  ElementFreshness
}

// ElementGap is a department that was asked about an element and is silent.
type ElementGap struct {
	Department *catalog.Department
	Since      time.Time
	RetryAt    time.Time
	Reason     string
}

// ElementState says whether an element is known.
type ElementState string

// The states, a closed list.
const (
	ElementKnown      ElementState = "KNOWN"
	ElementAbsent     ElementState = "ABSENT"
	ElementUnknown    ElementState = "UNKNOWN"
	ElementInConflict ElementState = "CONFLICT"
	ElementWithGap    ElementState = "GAP"
)

// MarshalGQL writes the state as GraphQL does.
func (s ElementState) MarshalGQL(w io.Writer) { quote(w, string(s)) }

// UnmarshalGQL reads the state as GraphQL gives it.
func (s *ElementState) UnmarshalGQL(v any) error {
	return read(v, s, ElementKnown, ElementAbsent, ElementUnknown, ElementInConflict, ElementWithGap)
}

// ElementFreshness compares a word with how old its department's facts may be.
type ElementFreshness string

// The degrees, a closed list.
const (
	Fresh   ElementFreshness = "FRESH"
	Stale   ElementFreshness = "STALE"
	Expired ElementFreshness = "EXPIRED"
)

// MarshalGQL writes the degree as GraphQL does.
func (f ElementFreshness) MarshalGQL(w io.Writer) { quote(w, string(f)) }

// UnmarshalGQL reads the degree as GraphQL gives it.
func (f *ElementFreshness) UnmarshalGQL(v any) error { return read(v, f, Fresh, Stale, Expired) }

// Reading is how fresh somebody wants to read.
type Reading string

// The readings, a closed list.
const (
	FromMirror Reading = "MIRROR"
	Refreshed  Reading = "REFRESHED"
	Live       Reading = "LIVE"
)

// MarshalGQL writes the reading as GraphQL does.
func (r Reading) MarshalGQL(w io.Writer) { quote(w, string(r)) }

// UnmarshalGQL reads the reading as GraphQL gives it.
func (r *Reading) UnmarshalGQL(v any) error { return read(v, r, FromMirror, Refreshed, Live) }
