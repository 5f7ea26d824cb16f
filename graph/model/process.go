package model

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Payloads carry IDs; what they name is read afresh, guarded like anything else.
type (
	// CasePayload names a case.
	CasePayload struct{ CaseID string }
	// ItemPayload names an item.
	ItemPayload struct{ ItemID string }
	// SupplementItemPayload names an item, and says what was wrong with its supplement.
	SupplementItemPayload struct {
		ItemID   string
		Problems []*FormProblem
	}
	// TaskPayload is a task.
	TaskPayload struct{ Task *gen.Task }
	// AppointmentPayload is an appointment.
	AppointmentPayload struct{ Appointment *gen.Appointment }
	// MandatePayload is a mandate.
	MandatePayload struct{ Mandate *gen.Mandate }
	// RatingPayload is a rating.
	RatingPayload struct{ Rating *gen.Rating }
	// DisputePayload is a dispute.
	DisputePayload struct{ Dispute *gen.Dispute }
	// ReadNotificationsPayload is the notifications that were read.
	ReadNotificationsPayload struct{ Notifications []*gen.Notification }
)

// Pages of what is listed for those who handle and supervise.
type (
	// ItemConnection is a page of the queue.
	ItemConnection struct {
		Nodes    []*gen.Item
		PageInfo *PageInfo
	}
	// TaskConnection is a page of tasks.
	TaskConnection struct {
		Nodes    []*gen.Task
		PageInfo *PageInfo
	}
	// ViolationConnection is a page of violations.
	ViolationConnection struct {
		Nodes    []*gen.Violation
		PageInfo *PageInfo
	}
	// DisputeConnection is a page of disputes.
	DisputeConnection struct {
		Nodes    []*gen.Dispute
		PageInfo *PageInfo
	}
)

// ItemAnswer is one answer that an item carries.
type ItemAnswer struct {
	Field    *catalog.Field
	Value    any
	Reopened bool
}

// SilenceReport is the words owed that nobody has.
type SilenceReport struct {
	Silences      []*Silence
	Total         int
	OldestSeconds int
	AsOf          time.Time
}

// Silence is one of them. Its case is read by ID.
type Silence struct {
	Reason     string
	CaseID     string
	Matter     *catalog.Matter
	Department *catalog.Department
	Since      time.Time
}

// SheetSeal is the e-seal of a feedback sheet.
type SheetSeal struct{ Suite, KeyID, Text, Qr string }

// AppointmentOptions is what to book.
type AppointmentOptions struct{ Visits []*VisitOption }

// VisitOption is one visit, and when there is room for it.
type VisitOption struct {
	Window    string
	Name      *words.Text
	Division  *division.Division
	Matters   []*catalog.Matter
	Bring     []*catalog.Material
	NotBefore workday.Day
	Slots     []*gen.Slot
}

// LoadCalendarPayload is what loading a calendar moves.
type LoadCalendarPayload struct {
	Years       []int
	DaysChanged int
	Looked      int
	Moved       []*DueMove
	MovedTotal  int
	Loaded      bool
}

// DueMove is a promised day that moves.
type DueMove struct {
	Kind     casefile.MoveKind
	Number   *string
	Matter   *catalog.Matter
	From, To workday.Day
}

// MandateState is where a mandate stands; it expires by itself.
type MandateState string

// The states, a closed list.
const (
	MandateRequested MandateState = "REQUESTED"
	MandateActive    MandateState = "ACTIVE"
	MandateExpired   MandateState = "EXPIRED"
	MandateRevoked   MandateState = "REVOKED"
	MandateRefused   MandateState = "REFUSED"
)

// MarshalGQL writes the state as GraphQL does.
func (s MandateState) MarshalGQL(w io.Writer) { quote(w, string(s)) }

// UnmarshalGQL reads the state as GraphQL gives it.
func (s *MandateState) UnmarshalGQL(v any) error {
	return read(v, s, MandateRequested, MandateActive, MandateExpired, MandateRevoked, MandateRefused)
}

// RatingGrade is one of the five official grades, 5 the best (好差评).
type RatingGrade int

// grades are the words of the grades, the worst first.
var grades = []string{"VERY_DISSATISFIED", "DISSATISFIED", "FAIRLY_SATISFIED", "SATISFIED", "VERY_SATISFIED"}

// MarshalGQL writes the grade as GraphQL does.
func (g RatingGrade) MarshalGQL(w io.Writer) { quote(w, grades[min(max(int(g), 1), 5)-1]) }

// UnmarshalGQL reads the grade as GraphQL gives it.
func (g *RatingGrade) UnmarshalGQL(v any) error {
	s, _ := v.(string)
	i := slices.Index(grades, s)
	if i < 0 {
		return fmt.Errorf("not one of %v", grades)
	}
	*g = RatingGrade(i + 1)
	return nil
}
