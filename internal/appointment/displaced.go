package appointment

import (
	"context"
	"errors"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/appointment"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Displaced are the booked places still to come, by day, that the windows do not
// offer any more: their day has become a day off, or their hours were closed.
func (d *Diary) Displaced(ctx context.Context) ([]*gen.Appointment, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, err
	}
	var ids []string
	err := d.Store.Read.Appointment.Query().
		Where(appointment.StateEQ(appointment.StateBOOKED), appointment.DayGTE(workday.FromTime(d.Now()))).
		Unique(true).Order(appointment.BySlotID()).Select(appointment.FieldSlotID).Scan(ctx, &ids)
	if err != nil {
		return nil, fmt.Errorf("booked slots: %w", err)
	}
	var out []*gen.Appointment
	for _, id := range ids {
		if d.offers(id) {
			continue
		}
		rows, err := d.Store.Read.Appointment.Query().Where(appointment.SlotID(id), appointment.StateEQ(appointment.StateBOOKED)).
			Order(appointment.ByID()).All(ctx)
		if err != nil {
			return nil, fmt.Errorf("appointments of a slot: %w", err)
		}
		out = append(out, rows...)
	}
	return out, nil
}

// offers says whether a slot is one of its window's, on a working day.
func (d *Diary) offers(id string) bool {
	w, ok := d.Windows.Get(windowOf(id))
	if !ok {
		return false
	}
	s := d.Windows.find(w, placeOf(id), id)
	if s == nil {
		return false
	}
	works, _ := d.Calendar().IsWorkday(s.Day)
	return works
}

// Reseat moves every displaced appointment to the first free place from its day
// on, tells the veteran, and returns those moved as they now stand and those for
// which no place was found. It is for the hub itself, after a calendar or a file
// of windows was replaced.
func (d *Diary) Reseat(ctx context.Context) (moved, stranded []*gen.Appointment, err error) {
	displaced, err := d.Displaced(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range displaced {
		now, err := d.reseat(ctx, a)
		switch {
		case err != nil:
			return moved, stranded, err
		case now == nil:
			stranded = append(stranded, a)
		default:
			moved = append(moved, now)
		}
	}
	return moved, stranded, nil
}

// reseat moves one appointment to the first place that it gets; nil if none.
func (d *Diary) reseat(ctx context.Context, a *gen.Appointment) (*gen.Appointment, error) {
	visits, err := d.Options(ctx, a.CaseID, &a.Day, most)
	if err != nil {
		return nil, err
	}
	for _, v := range visits {
		if v.Window != a.Window {
			continue
		}
		for _, s := range v.Slots {
			got, err := d.Move(ctx, a.ID, s.ID)
			if f := new(fault.Fault); errors.As(err, &f) && f.Reason == "SLOT_FULL" {
				continue // somebody was faster
			}
			return got, err
		}
	}
	return nil, nil
}
