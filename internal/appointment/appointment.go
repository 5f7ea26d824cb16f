// Package appointment keeps places at windows (一键预约): one visit for every in-person step, booked, moved, cancelled.
//
// What a visit serves and which originals it needs follow from the plan that the
// case was accepted with, less the matters that have ended. Windows, their hours
// and places are data ([Load]); a row for a half hour is made when somebody first
// books it. A place is taken by one conditional update in the transaction that
// writes the appointment and its entry in the journal, so no half hour ever holds
// more people than it has places, and a case holds at most one place at a window:
// the column holds is unique. Whoever needs several rows locks the case first,
// then half hours in order of ID; thus nobody waits in a circle.
//
// The hub is not told who came. An appointment whose time is over stays BOOKED
// until its case ends (KEPT) or the person books again for the same window, which
// says that the visit did not happen or did not do: MISSED, or KEPT if a matter
// that it was for has ended meanwhile (A: our reading).
package appointment

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/appointment"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Diary is the book of places at windows.
type Diary struct {
	Store    *store.Store
	Plans    Plans
	Windows  *Windows
	Places   *division.Tree
	Calendar func() *workday.Calendar
	Catalog  func() *catalog.Catalog
	Mandates Mandates            // nil: no clerk may book
	Tell     Teller              // nil: nobody is told
	Changed  func(caseID string) // after a commit; nil: nobody listens
	Now      func() time.Time
}

// Plans finds the plan that a case was accepted with, nil for one that was not
// submitted. Casework does.
type Plans interface {
	PinnedPlan(ctx context.Context, caseID string) (*plan.Plan, error)
}

// Mandates lets a clerk act for a veteran: it returns a context in which they do,
// or the fault of a clerk without a mandate wide enough.
type Mandates interface {
	Act(ctx context.Context, veteranID string, matters, fields []string) (context.Context, error)
}

// Teller tells veterans what was written, from the transaction that writes it.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// The kinds of entry in the journal.
const (
	booked    = "APPOINTMENT_BOOKED"
	moved     = "APPOINTMENT_MOVED"
	cancelled = "APPOINTMENT_CANCELLED"
	kept      = "APPOINTMENT_KEPT"
	missed    = "APPOINTMENT_MISSED"
)

func noVisit() error {
	return fault.New(fault.Conflict, "NO_VISIT_NEEDED", "这个办件在该窗口没有需要本人到场办理的事项。", "This case has nothing left to do in person at this window.")
}

func slotUnknown() error {
	return fault.New(fault.Invalid, "SLOT_UNKNOWN", "没有这个时段：请从可约时段中选择。", "There is no such time at this window: choose one of those offered.").At("input", "slotId")
}

func slotFull() error {
	return fault.New(fault.Conflict, "SLOT_FULL", "这个时段已约满，请另选时段。", "All places of this time are taken: choose another.").At("input", "slotId")
}

func appointmentOver() error {
	return fault.New(fault.Conflict, "APPOINTMENT_OVER", "这个预约已取消、已到场或已过时间。", "This appointment was cancelled or kept, or its time has passed.").At("input", "appointmentId")
}

// Get returns one appointment the viewer may see. Faults: APPOINTMENT_NOT_FOUND,
// for a stranger's too.
func (d *Diary) Get(ctx context.Context, id string) (*gen.Appointment, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, err
	}
	a, err := d.Store.Read.Appointment.Get(ctx, id)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "APPOINTMENT_NOT_FOUND", "没有找到这个预约。", "There is no such appointment.")
	} else if err != nil {
		return nil, fmt.Errorf("appointment: %w", err)
	}
	return a, nil
}

// OfCases returns the appointments of each case, the oldest first.
func (d *Diary) OfCases(ctx context.Context, caseIDs []string) (map[string][]*gen.Appointment, error) {
	rows, err := d.Store.Read.Appointment.Query().Where(store.OneOf[predicate.Appointment](appointment.FieldCaseID, caseIDs)).
		Order(appointment.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("appointments of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(a *gen.Appointment) string { return a.CaseID }), nil
}

// OfVeterans returns the appointments of each veteran, the newest first.
func (d *Diary) OfVeterans(ctx context.Context, veteranIDs []string) (map[string][]*gen.Appointment, error) {
	rows, err := d.Store.Read.Appointment.Query().Where(store.OneOf[predicate.Appointment](appointment.FieldVeteranID, veteranIDs)).
		Order(gen.Desc(appointment.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("appointments of %d veterans: %w", len(veteranIDs), err)
	}
	return store.Group(rows, func(a *gen.Appointment) string { return a.VeteranID }), nil
}

// file is what is needed of a case, for whoever may see it.
func (d *Diary) file(ctx context.Context, c *gen.Client, id string) (*gen.CaseFile, error) {
	f, err := c.CaseFile.Query().Where(gencase.ID(id)).
		Select(gencase.FieldID, gencase.FieldVeteranID, gencase.FieldDivision, gencase.FieldState, gencase.FieldNumber).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "CASE_NOT_FOUND", "没有找到这个办件。", "There is no such case.")
	} else if err != nil {
		return nil, fmt.Errorf("case: %w", err)
	}
	return f, nil
}

func (d *Diary) rung(caseID string) {
	if d.Changed != nil {
		d.Changed(caseID)
	}
}

// Name is how a window is called in the catalogue in force.
func (d *Diary) Name(window string) words.Text {
	for _, w := range d.Catalog().Process.Windows {
		if w.ID == window {
			return w.Name
		}
	}
	return words.Text{Zh: window, En: window} // a newer catalogue has dropped it
}
