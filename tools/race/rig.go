package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// noon is a Monday in China; the time of each operation is so many microseconds
// later, by which its entry in the journal is known.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

const (
	place  = "230108000000" // a county with as many places as most
	window = "police-desk"
)

// rig is a record with people who all want the same few places.
type rig struct {
	store *store.Store
	diary *appointment.Diary
	cases []string
	slots []string
	size  map[string]int // places of each slot
}

// pinned is the plan of every case: one visit, from the next working day on.
type pinned struct{ *plan.Plan }

func (p pinned) PinnedPlan(ctx context.Context, _ string) (*plan.Plan, error) {
	return p.Plan, access.Require(ctx, access.ReadPlan)
}

// prepare fills an empty, migrated record with so many cases, and chooses so many
// slots.
func prepare(ctx context.Context, s *store.Store, cases, slots int) (*rig, error) {
	ctx = access.AsMachine(ctx, "race")
	if n, err := s.Read.CaseFile.Query().Count(ctx); err != nil || n > 0 {
		return nil, fmt.Errorf("the database must be empty; it has %d cases (%w)", n, err)
	}
	c, err := catalog.Builtin()
	if err != nil {
		return nil, err
	}
	w, err := appointment.Load("windows.yaml", appointment.Builtin(), c, division.Builtin())
	if err != nil {
		return nil, err
	}
	r := &rig{store: s, size: map[string]int{}}
	r.diary = &appointment.Diary{
		Store: s, Windows: w, Places: division.Builtin(), Calendar: workday.Builtin, Catalog: func() *catalog.Catalog { return c },
		Now: func() time.Time { return noon },
		Plans: pinned{&plan.Plan{Visits: []plan.Visit{{
			Window: window, Name: catalog.Text{Zh: "综合窗口公安专席", En: "Police desk"}, Matters: []string{"M04"}, Bring: []string{}, NotBefore: workday.Date(2026, 11, 24),
		}}}},
	}
	for from := 0; from < cases; from += 100 {
		err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			for i := from; i < min(from+100, cases); i++ {
				if err := r.person(ctx, tx, i); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("people: %w", err)
		}
	}
	visits, err := r.diary.Options(ctx, r.cases[0], nil, 30)
	if err != nil {
		return nil, err
	}
	for _, x := range visits[0].Slots[:min(slots, len(visits[0].Slots))] {
		r.slots, r.size[x.ID] = append(r.slots, x.ID), x.Capacity
	}
	return r, nil
}

// person writes somebody with a case that has one matter, to be done in person.
func (r *rig) person(ctx context.Context, tx store.Tx, i int) error {
	id, file := veteran(i), fmt.Sprintf("case-%06d", i)
	r.cases = append(r.cases, file)
	err := tx.Ent.Veteran.Create().SetID(id).SetCitizenIndex([]byte(id)).SetCitizenSealed([]byte{1}).SetName("某某").SetBasis("race").
		SetBornOn(workday.Date(1990, 1, 1)).SetDivision(place).SetSource("VA").SetAsOf(noon).SetSynthetic(true).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	if err != nil {
		return err
	}
	err = tx.Ent.CaseFile.Create().SetID(file).SetNumber(file).SetVeteranID(id).SetDivision(place).SetState(lifecycle.CaseInProgress).
		SetCatalogVersion("race").SetMatters([]string{"M04"}).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	if err != nil {
		return err
	}
	return tx.Ent.Item.Create().SetID(file + "-M04").SetCaseID(file).SetVeteranID(id).SetDivision(place).SetMatter("M04").SetDepartment("PS").
		SetPosition(0).SetState(lifecycle.ItemReady).SetFinishDay(5).SetDueOn(workday.Date(2026, 12, 14)).Exec(ctx)
}

func veteran(i int) string { return fmt.Sprintf("veteran-%06d", i) }

// journal is what the record's journal says, in its order.
func (r *rig) journal(ctx context.Context) ([]entry, error) {
	kinds := map[string]string{"APPOINTMENT_BOOKED": book, "APPOINTMENT_MOVED": move, "APPOINTMENT_CANCELLED": cancel}
	rows, err := r.store.Read.Event.Query().Order(event.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	out := make([]entry, len(rows))
	for i, e := range rows {
		out[i] = entry{operation: int(e.At.Sub(noon).Microseconds()), kind: kinds[e.Kind], caseID: e.CaseID}
		a, b, _ := strings.Cut(e.Reason, " → ")
		switch out[i].kind {
		case book:
			out[i].to = slotAt(a)
		case move:
			out[i].from, out[i].to = slotAt(a), slotAt(b)
		case cancel:
			out[i].from = slotAt(a)
		}
	}
	return out, nil
}

// slotAt is the slot of a day and time as the journal writes them.
func slotAt(text string) string {
	day, clock, _ := strings.Cut(text, " ")
	t, err := time.Parse("15:04", clock)
	if err != nil {
		return text
	}
	return fmt.Sprintf("%s:%s:%s:%d", place, window, day, t.Hour()*60+t.Minute())
}

// end reads what the record holds after a race.
func (r *rig) end(ctx context.Context, ops []operation) (*history, error) {
	ctx = access.AsMachine(ctx, "race")
	h := &history{capacity: r.size, operations: ops, taken: map[string]int{}}
	var err error
	if h.journal, err = r.journal(ctx); err != nil {
		return nil, err
	}
	slots, err := r.store.Read.Slot.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("slots: %w", err)
	}
	for _, s := range slots {
		h.taken[s.ID] = s.Taken
	}
	rows, err := r.store.Read.Appointment.Query().All(ctx)
	if err != nil {
		return nil, fmt.Errorf("appointments: %w", err)
	}
	for _, a := range rows {
		h.rows = append(h.rows, row{a.ID, a.CaseID, a.SlotID, string(a.State)})
	}
	return h, nil
}
