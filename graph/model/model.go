// Package model holds the Go types that the SDL binds to and that are neither entities nor a room's own: inputs, payloads, pages.
package model

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	desk "github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// The five domains of a profile. Each is only the veteran's ID: what is asked of
// it is loaded when it is asked, for a whole list at once.
type (
	// Identity is the domain of identity facts.
	Identity struct {
		VeteranID string
		Ethnicity string
		Marital   string
	}
	// ServiceHistory is the domain of service facts.
	ServiceHistory struct{ VeteranID string }
	// EmploymentSupport is the domain of employment facts.
	EmploymentSupport struct{ VeteranID string }
	// Insurance is the domain of insurance facts.
	Insurance struct{ VeteranID string }
	// Benefits is the domain of benefits.
	Benefits struct{ VeteranID string }
)

// VeteranFilter narrows a list of veterans.
type VeteranFilter struct {
	Division *string
	Name     *string
}

// CaseFilter narrows a list of cases.
type CaseFilter struct {
	Division                     *string
	States                       []lifecycle.CaseState
	Matter                       *string
	Department                   *string
	DueBefore                    *workday.Day
	DueFrom                      *workday.Day
	Warnings                     []lifecycle.Warning
	Channels                     []casefile.Channel
	AcceptedFrom, AcceptedBefore *workday.Day
}

// PageInfo says where a page stands in its list.
type PageInfo struct {
	HasNextPage bool
	EndCursor   *string
}

// VeteranConnection is a page of veterans.
type VeteranConnection struct {
	Edges    []*VeteranEdge
	PageInfo *PageInfo
}

// Nodes are the veterans of the page.
func (c *VeteranConnection) Nodes() []*gen.Veteran {
	out := make([]*gen.Veteran, len(c.Edges))
	for i, e := range c.Edges {
		out[i] = e.Node
	}
	return out
}

// VeteranEdge is one veteran of a page.
type VeteranEdge struct {
	Cursor string
	Node   *gen.Veteran
}

// CaseConnection is a page of cases.
type CaseConnection struct {
	Edges    []*CaseEdge
	PageInfo *PageInfo
}

// Nodes are the cases of the page.
func (c *CaseConnection) Nodes() []*gen.CaseFile {
	out := make([]*gen.CaseFile, len(c.Edges))
	for i, e := range c.Edges {
		out[i] = e.Node
	}
	return out
}

// CaseEdge is one case of a page.
type CaseEdge struct {
	Cursor string
	Node   *gen.CaseFile
}

// DepartmentAnswer is what a department's system says of a person, now.
type DepartmentAnswer struct {
	Department *catalog.Department
	State      DepartmentAnswerState
	AsOf       *time.Time
	RetryAt    *time.Time
	Reason     *string
	Facts      []*DepartmentFact
}

// DepartmentFact is one thing it holds.
type DepartmentFact struct {
	Field *catalog.Field
	Value any
}

// Catalog is the catalogue in force.
type Catalog struct {
	Version    string
	Title      *words.Text
	Disclaimer *words.Text
	AsOf       string
	CodeLists  []*catalog.CodeList
}

// PlanInput asks for a plan.
type PlanInput struct {
	VeteranID  string
	Matters    []string
	AcceptedOn *workday.Day
}

// SubmitCaseInput is the argument of Mutation.submitCase.
type SubmitCaseInput struct {
	IdempotencyKey string
	VeteranID      string
	Matters        []string
	Answers        []*AnswerInput
	Channel        *casefile.Channel
	DraftID        *string
	Gaps           []*GapInput
	Commitments    []string
}

// AnswerInput is one answer.
type AnswerInput struct {
	Field string
	Value any
}

// SubmitCasePayload is the answer of Mutation.submitCase. Its case is read
// afresh, guarded like any other.
type SubmitCasePayload struct {
	CaseID   string
	Replayed bool
	Problems []*FormProblem
}

// Receipt is what a person holds of an accepted case.
type Receipt struct {
	Number      string
	SubmittedAt time.Time
	AcceptedOn  workday.Day
	PromisedOn  workday.Day
}

// FormProblem is one thing wrong with a form.
type FormProblem struct {
	Field   string
	Matters []*catalog.Matter
	Reason  string
	Message *words.Text
}

// CaseProgress is one message of a subscription.
type CaseProgress struct {
	Case    *gen.CaseFile
	Entries []*gen.Event
	Ended   int
	Total   int
	Over    bool
}

// FeedbackSheet is 一单反馈.
type FeedbackSheet struct {
	Number           string
	Complete         bool
	State            lifecycle.CaseState
	Lines            []*SheetLine
	WorkdaysUsed     *int
	WorkdaysPromised int
	OnTime           *bool

	Sheet *desk.Sheet // what the seal is made of
}

// SheetLine is one item on the sheet.
type SheetLine struct {
	Matter     *catalog.Matter
	Department *catalog.Department
	State      lifecycle.ItemState
	Result     *words.Text
	Number     *string
	DecidedOn  *workday.Day
	Words      *string
	NextStep   *words.Text
	Remedy     *words.Text
}

// DepartmentAnswerState says how a department answered.
type DepartmentAnswerState string

// The states, a closed list.
const (
	Answered DepartmentAnswerState = "ANSWERED"
	NoRecord DepartmentAnswerState = "NO_RECORD"
	Silent   DepartmentAnswerState = "SILENT"
)

// MarshalGQL writes the state as GraphQL does.
func (s DepartmentAnswerState) MarshalGQL(w io.Writer) { quote(w, string(s)) }

// UnmarshalGQL reads the state as GraphQL gives it.
func (s *DepartmentAnswerState) UnmarshalGQL(v any) error {
	return read(v, s, Answered, NoRecord, Silent)
}

func quote(w io.Writer, s string) { _, _ = io.WriteString(w, strconv.Quote(s)) }

func read[S ~string](v any, to *S, known ...S) error {
	s, ok := v.(string)
	if !ok || !slices.Contains(known, S(s)) {
		return fmt.Errorf("not one of %v", known)
	}
	*to = S(s)
	return nil
}
