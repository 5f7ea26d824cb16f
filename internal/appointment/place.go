package appointment

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/appointment"
	"github.com/vetgraph/vetgraph/ent/gen/slot"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
)

// holds is what the unique column says while a case holds a place at a window.
func holds(caseID, window string) string { return caseID + ":" + window }

func when(s *gen.Slot) string { return s.Day.String() + " " + Clock(s.Starts) }

func whenOf(a *gen.Appointment) string { return a.Day.String() + " " + Clock(a.Starts) }

// prepare makes the row of a slot if it has none yet, and refuses one that is
// full already before anybody waits for it. The row is made in a transaction of
// its own, so that whoever books holds no lock on a new row that others wait for
// out of turn; a row with nobody in it harms nobody.
func (d *Diary) prepare(ctx context.Context, s *gen.Slot) error {
	row, err := d.Store.Read.Slot.Get(ctx, s.ID)
	if err == nil {
		if row.Taken >= s.Capacity {
			return slotFull()
		}
		return nil
	} else if !gen.IsNotFound(err) {
		return fmt.Errorf("slot: %w", err)
	}
	return d.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.Slot.Create().SetID(s.ID).SetDivision(s.Division).SetWindow(s.Window).SetDay(s.Day).
			SetStarts(s.Starts).SetEnds(s.Ends).SetCapacity(s.Capacity).OnConflictColumns(slot.FieldID).Ignore().Exec(ctx)
		if err != nil {
			return fmt.Errorf("new slot: %w", err)
		}
		return nil
	})
}

// lock makes other transactions about these slots wait for this one. The order of
// IDs keeps two that want the same slots from waiting for each other. On SQLite
// there is only one writer.
func lock(ctx context.Context, tx store.Tx, ids ...string) error {
	if tx.PG == nil {
		return nil
	}
	if _, err := tx.Ent.Slot.Query().Where(slot.IDIn(ids...)).Order(slot.ByID()).ForUpdate().Select(slot.FieldID).Strings(ctx); err != nil {
		return fmt.Errorf("lock slots: %w", err)
	}
	return nil
}

// take takes a place: one update that changes a row only while one is left, so
// that of two who want the last place one gets it. The file of windows says how
// many there are; the row keeps the number that held last.
func take(ctx context.Context, tx store.Tx, s *gen.Slot) error {
	n, err := tx.Ent.Slot.Update().Where(slot.ID(s.ID), slot.TakenLT(s.Capacity)).AddTaken(1).SetCapacity(s.Capacity).Save(ctx)
	if err != nil {
		return fmt.Errorf("take a place: %w", err)
	}
	if n == 0 {
		return slotFull()
	}
	return nil
}

// giveUp gives a place back.
func giveUp(ctx context.Context, tx store.Tx, id string) error {
	n, err := tx.Ent.Slot.Update().Where(slot.ID(id), slot.TakenGT(0)).AddTaken(-1).Save(ctx)
	if err != nil {
		return fmt.Errorf("give up a place: %w", err)
	}
	if n != 1 {
		return fmt.Errorf("slot %s: a place is given up that nobody holds", id)
	}
	return nil
}

// end closes an appointment in a state. The place goes back to others if its time
// is still to come.
func (b *booking) end(ctx context.Context, tx store.Tx, a *gen.Appointment, to appointment.State, kind string) error {
	if to == appointment.StateCANCELLED {
		if err := giveUp(ctx, tx, a.SlotID); err != nil {
			return err
		}
	}
	if err := tx.Ent.Appointment.UpdateOneID(a.ID).SetState(to).ClearHolds().SetUpdatedAt(b.now).Exec(ctx); err != nil {
		return fmt.Errorf("appointment: %w", err)
	}
	at := &gen.Slot{Division: a.Division, Window: a.Window, Day: a.Day, Starts: a.Starts}
	return b.note(ctx, tx, kind, a.State, to, whenOf(a), at)
}

// note writes the journal and tells the veteran of what is booked, moved or
// cancelled.
func (b *booking) note(ctx context.Context, tx store.Tx, kind string, from, to appointment.State, times string, s *gen.Slot) error {
	d, f := b.diary, b.file
	err := journal.Write(ctx, tx, journal.Entry{CaseID: f.ID, Kind: kind, From: string(from), To: string(to), Reason: times, At: b.now})
	if err != nil || d.Tell == nil || kind == kept || kind == missed {
		return err
	}
	return d.Tell.Tell(ctx, tx, notify.Notice{
		VeteranID: f.VeteranID, CaseID: f.ID, Division: f.Division, Kind: kind, Facts: map[string]string{
			"number": f.Number, "due": s.Day.String(), "words": d.Places.FullName(s.Division) + d.Name(s.Window).Zh + " " + Clock(s.Starts),
		},
	})
}

// Free ends what a case still holds, in the transaction in which it ends and
// after the case was locked: places to come go to others, a visit whose time is
// over counts as kept.
func (d *Diary) Free(ctx context.Context, tx store.Tx, caseID string) error {
	sees := access.AsMachine(ctx, "appointment") // whoever ends the case need not see what it holds
	rows, err := tx.Ent.Appointment.Query().Where(appointment.CaseID(caseID), appointment.StateEQ(appointment.StateBOOKED)).
		Order(appointment.BySlotID()).All(sees)
	if err != nil {
		return fmt.Errorf("places held: %w", err)
	}
	if len(rows) == 0 {
		return nil
	}
	f, err := d.file(sees, tx.Ent, caseID)
	if err != nil {
		return err
	}
	b := &booking{diary: d, file: f, now: d.Now().UTC()}
	for _, a := range rows {
		state, kind := appointment.StateKEPT, kept
		if b.now.Before(begins(a.Day, a.Starts)) {
			state, kind = appointment.StateCANCELLED, cancelled
		}
		if err := b.end(ctx, tx, a, state, kind); err != nil {
			return err
		}
	}
	return nil
}
