package lifecycle

import (
	"io"
	"strconv"
)

// Defect is one thing wrong with an item that is returned (补正): a field or a
// paper, exactly one of them, and why. It holds no value of a person.
type Defect struct {
	Code     string `json:"code,omitempty"`     // of the catalogue, if it is a coded one
	Field    string `json:"field,omitempty"`    // data element ID
	Material string `json:"material,omitempty"` // material code
	Words    string `json:"words"`              // Chinese, or as an officer typed it, for the applicant
	En       string `json:"en,omitempty"`       // the same in English; empty: there is only what was typed
}

// Finding is one thing that a pre-review (预审) looked at. It holds no value of a
// person.
type Finding struct {
	Check    string `json:"check"` // FORMAT, CROSS_CHECK, ENROLMENT, PAPER or OFFICER
	Field    string `json:"field,omitempty"`
	Material string `json:"material,omitempty"`
	Code     string `json:"code,omitempty"` // of a coded defect
	Verdict  string `json:"verdict"`        // PASSED, FAILED or UNKNOWN
	Zh       string `json:"zh"`
	En       string `json:"en"`
}

// Coded is the code of a coded defect, nil for any other finding.
func (f *Finding) Coded() *string {
	if f.Code == "" {
		return nil
	}
	return &f.Code
}

// Warning is how near its promised day something is (黄牌、红牌).
type Warning string

// The warnings, a closed list.
const (
	NoWarning Warning = "NONE"
	Yellow    Warning = "YELLOW" // near the promised day
	Red       Warning = "RED"    // past it
)

// Values lists all warnings, for the record's check and the schema.
func (Warning) Values() []string { return []string{"NONE", "YELLOW", "RED"} }

// MarshalGQL writes the warning as GraphQL does.
func (w Warning) MarshalGQL(to io.Writer) { _, _ = io.WriteString(to, strconv.Quote(string(w))) }

// UnmarshalGQL reads the warning as GraphQL gives it.
func (w *Warning) UnmarshalGQL(v any) error { return decode(v, w, Warning("").Values()) }
