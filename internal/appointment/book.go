package appointment

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/appointment"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Book takes a place for a case and returns the appointment. The same key with
// the same slot returns what it made before, whatever became of it since; one that
// was moved meanwhile is returned for any slot. Faults: CASE_NOT_FOUND,
// NO_VISIT_NEEDED, APPOINTMENT_EXISTS, those of a slot (SLOT_UNKNOWN,
// SLOT_TOO_EARLY, SLOT_TOO_LATE, SLOT_TOO_FAR, SLOT_FULL),
// IDEMPOTENCY_KEY_MALFORMED, IDEMPOTENCY_KEY_REUSED, and of a clerk without a mandate.
func (d *Diary) Book(ctx context.Context, caseID, slot, key string) (*gen.Appointment, error) {
	if err := access.Require(ctx, access.Book); err != nil {
		return nil, err
	}
	if err := fault.CheckKey(key); err != nil {
		return nil, err
	}
	b := &booking{diary: d, window: windowOf(slot), slot: slot, key: key, now: d.Now().UTC()}
	ctx, err := b.begin(ctx, caseID)
	if err != nil {
		return nil, err
	}
	if done, err := b.replay(ctx, d.Store.Read); err != nil {
		return nil, err
	} else if done {
		return d.Get(ctx, b.id)
	}
	if err := b.look(ctx); err != nil {
		return nil, err
	}
	return b.run(ctx, b.book)
}

// Move takes the new place and gives up the old one, both or neither. To the
// place that is held already it changes nothing. Faults: those of [Diary.Book]
// about visit and slot, APPOINTMENT_NOT_FOUND, APPOINTMENT_OVER.
func (d *Diary) Move(ctx context.Context, id, slot string) (*gen.Appointment, error) {
	if err := access.Require(ctx, access.Book); err != nil {
		return nil, err
	}
	a, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	b := &booking{diary: d, id: id, window: a.Window, slot: slot, now: d.Now().UTC()}
	if ctx, err = b.begin(ctx, a.CaseID); err != nil {
		return nil, err
	}
	if b.over(a) {
		return nil, appointmentOver()
	}
	if a.SlotID != slot {
		if err := b.look(ctx); err != nil {
			return nil, err
		}
	}
	return b.run(ctx, b.move)
}

// Cancel gives a place up. One that was cancelled before stays so. Faults:
// APPOINTMENT_NOT_FOUND, APPOINTMENT_OVER.
func (d *Diary) Cancel(ctx context.Context, id string) (*gen.Appointment, error) {
	if err := access.Require(ctx, access.Book); err != nil {
		return nil, err
	}
	a, err := d.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if ctx, err = d.act(ctx, a.VeteranID, a.Matters); err != nil {
		return nil, err
	}
	b := &booking{diary: d, id: id, now: d.Now().UTC()}
	if b.file, err = d.file(ctx, d.Store.Read, a.CaseID); err != nil {
		return nil, err
	}
	return b.run(ctx, b.cancel)
}

// act is the context in which the viewer may book for a veteran.
func (d *Diary) act(ctx context.Context, veteranID string, matters []string) (context.Context, error) {
	if d.Mandates != nil {
		return d.Mandates.Act(ctx, veteranID, matters, nil)
	}
	if access.From(ctx).Kind == access.Clerk {
		return nil, access.NotAllowed()
	}
	return ctx, nil
}

// booking is one deed in the diary.
type booking struct {
	diary  *Diary
	file   *gen.CaseFile
	plan   *plan.Plan
	id     string // of the appointment
	window string // ID
	slot   string // ID of the one wanted
	key    string
	now    time.Time

	quiet bool // nothing was changed, so nobody is told
}

// begin reads what does not change any more, the case and its plan, and finds in
// whose name the viewer acts.
func (b *booking) begin(ctx context.Context, caseID string) (_ context.Context, err error) {
	d := b.diary
	if b.file, err = d.file(ctx, d.Store.Read, caseID); err != nil {
		return nil, err
	}
	if b.plan, err = d.Plans.PinnedPlan(ctx, caseID); err != nil {
		return nil, err
	}
	return d.act(ctx, b.file.VeteranID, planned(b.plan, b.window))
}

// look finds out before any lock is taken what is wrong with a slot, and sees
// that it has a row. What can change meanwhile is looked at again under the lock.
func (b *booking) look(ctx context.Context) error {
	v, err := b.visit(ctx, b.diary.Store.Read)
	if err != nil {
		return err
	}
	s, err := b.diary.offered(v, b.slot)
	if err != nil {
		return err
	}
	return b.diary.prepare(ctx, s)
}

// planned is the matters that a plan's visit to a window serves.
func planned(p *plan.Plan, window string) []string {
	if p != nil {
		for _, v := range p.Visits {
			if v.Window == window {
				return v.Matters
			}
		}
	}
	return nil
}

func placeOf(slot string) string {
	place, _, _ := strings.Cut(slot, ":")
	return place
}

func windowOf(slot string) string {
	_, rest, _ := strings.Cut(slot, ":")
	window, _, _ := strings.Cut(rest, ":")
	return window
}

// run does a deed in one transaction and reads what came of it.
func (b *booking) run(ctx context.Context, deed func(context.Context, store.Tx) error) (*gen.Appointment, error) {
	d := b.diary
	err := d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := tx.LockCase(ctx, b.file.ID); err != nil {
			return err
		}
		return deed(ctx, tx)
	})
	if err != nil {
		return nil, err
	}
	if !b.quiet {
		d.rung(b.file.ID)
	}
	return d.Get(ctx, b.id)
}

// visit is what is left to do at the window, by what client reads.
func (b *booking) visit(ctx context.Context, client *gen.Client) (*Visit, error) {
	f, err := b.diary.file(ctx, client, b.file.ID)
	if err != nil {
		return nil, err
	}
	visits, err := b.diary.visits(ctx, client, f, b.plan)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(visits, func(v Visit) bool { return v.Window == b.window })
	if i < 0 {
		return nil, noVisit()
	}
	return &visits[i], nil
}

func (b *booking) book(ctx context.Context, tx store.Tx) error {
	if done, err := b.replay(ctx, tx.Ent); done || err != nil {
		return err
	}
	v, err := b.visit(ctx, tx.Ent)
	if err != nil {
		return err
	}
	s, err := b.diary.offered(v, b.slot)
	if err != nil {
		return err
	}
	if err := b.leave(ctx, tx, v); err != nil {
		return err
	}
	if err := take(ctx, tx, s); err != nil {
		return err
	}
	b.id = store.NewID()
	err = tx.Ent.Appointment.Create().SetID(b.id).SetCaseID(b.file.ID).SetVeteranID(b.file.VeteranID).
		SetSlotID(s.ID).SetDivision(s.Division).SetWindow(s.Window).SetDay(s.Day).SetStarts(s.Starts).SetEnds(s.Ends).
		SetMatters(v.Matters).SetBring(v.Bring).SetHolds(holds(b.file.ID, s.Window)).SetBookingKey(b.key).
		SetCreatedAt(b.now).SetUpdatedAt(b.now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("appointment: %w", err)
	}
	return b.note(ctx, tx, booked, "", appointment.StateBOOKED, when(s), s)
}

// replay finds the appointment that the same key has made before.
func (b *booking) replay(ctx context.Context, client *gen.Client) (bool, error) {
	a, err := client.Appointment.Query().Where(appointment.CaseID(b.file.ID), appointment.BookingKey(b.key)).First(ctx)
	if gen.IsNotFound(err) {
		return false, nil
	} else if err != nil {
		return false, fmt.Errorf("look for the key: %w", err)
	}
	if a.Moves == 0 && a.SlotID != b.slot {
		return false, fault.New(fault.Conflict, "IDEMPOTENCY_KEY_REUSED", "这个幂等键已用于另一个预约。",
			"This idempotency key was used for another appointment.").At("input", "idempotencyKey")
	}
	b.id, b.quiet = a.ID, true
	return true, nil
}

// leave sees that the case holds no place at the window. One whose time is over
// makes room: see the package comment.
func (b *booking) leave(ctx context.Context, tx store.Tx, v *Visit) error {
	a, err := tx.Ent.Appointment.Query().Where(appointment.Holds(holds(b.file.ID, v.Window))).Only(ctx)
	if gen.IsNotFound(err) {
		return nil
	} else if err != nil {
		return fmt.Errorf("place held: %w", err)
	}
	if b.now.Before(begins(a.Day, a.Ends)) {
		return fault.Newf(fault.Conflict, "APPOINTMENT_EXISTS", "这个办件已约 %[1]s，可改期或取消。", "This case has a place on %[1]s: move or cancel it.", whenOf(a))
	}
	state, kind := appointment.StateMISSED, missed
	if slices.ContainsFunc(a.Matters, func(m string) bool { return !slices.Contains(v.Matters, m) }) {
		state, kind = appointment.StateKEPT, kept
	}
	return b.end(ctx, tx, a, state, kind)
}

func (b *booking) move(ctx context.Context, tx store.Tx) error {
	a, err := b.held(ctx, tx)
	if err != nil {
		return err
	}
	if a.SlotID == b.slot {
		b.quiet = true
		return nil
	}
	v, err := b.visit(ctx, tx.Ent)
	if err != nil {
		return err
	}
	s, err := b.diary.offered(v, b.slot)
	if err != nil {
		return err
	}
	return b.reseat(ctx, tx, a, v, s)
}

// reseat gives an appointment another place in exchange for its own.
func (b *booking) reseat(ctx context.Context, tx store.Tx, a *gen.Appointment, v *Visit, s *gen.Slot) error {
	if err := lock(ctx, tx, a.SlotID, s.ID); err != nil {
		return err
	}
	if err := take(ctx, tx, s); err != nil {
		return err
	}
	if err := giveUp(ctx, tx, a.SlotID); err != nil {
		return err
	}
	err := tx.Ent.Appointment.UpdateOneID(a.ID).SetSlotID(s.ID).SetDivision(s.Division).SetDay(s.Day).SetStarts(s.Starts).SetEnds(s.Ends).
		SetMatters(v.Matters).SetBring(v.Bring).AddMoves(1).SetUpdatedAt(b.now).Exec(ctx)
	if err != nil {
		return fmt.Errorf("appointment: %w", err)
	}
	return b.note(ctx, tx, moved, a.State, a.State, whenOf(a)+" → "+when(s), s)
}

func (b *booking) cancel(ctx context.Context, tx store.Tx) error {
	a, err := tx.Ent.Appointment.Get(ctx, b.id)
	switch {
	case err != nil:
		return fmt.Errorf("appointment: %w", err)
	case a.State == appointment.StateCANCELLED:
		b.quiet = true
		return nil
	case b.over(a):
		return appointmentOver()
	}
	return b.end(ctx, tx, a, appointment.StateCANCELLED, cancelled)
}

// held is the appointment as it is now, if its place is still to come.
func (b *booking) held(ctx context.Context, tx store.Tx) (*gen.Appointment, error) {
	a, err := tx.Ent.Appointment.Get(ctx, b.id)
	if err != nil {
		return nil, fmt.Errorf("appointment: %w", err)
	}
	if b.over(a) {
		return nil, appointmentOver()
	}
	return a, nil
}

// over says whether an appointment holds no place that is still to come.
func (b *booking) over(a *gen.Appointment) bool {
	return a.State != appointment.StateBOOKED || !b.now.Before(begins(a.Day, a.Starts))
}
