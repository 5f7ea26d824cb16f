package main

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/slot"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

func newRace(t *testing.T, s *store.Store, cases, slots int) *rig {
	t.Helper()
	r, err := prepare(t.Context(), s, cases, slots)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *rig) history(t *testing.T, racers, total int, at func(time.Time) booker) *history {
	t.Helper()
	h, err := r.end(t.Context(), r.race(t.Context(), racers, total, 1, at))
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// Two thousand bookings, moves and cancellations at once: none double.
func TestRacingBookings(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRace(t, s, 60, 9)
		total := 2000
		if testing.Short() {
			total = 300
		}
		h := r.history(t, 32, total, func(now time.Time) booker { return r.at(now) })
		for _, p := range check(h) {
			t.Error(p)
		}
		if n := len(h.journal); n < total/10 {
			t.Errorf("only %d deeds", n)
		}
	})
}

// at is the diary with its clock at a moment.
func (r *rig) at(now time.Time) *appointment.Diary {
	d := *r.diary
	d.Now = func() time.Time { return now }
	return &d
}

// planted is a diary with a bug.
type planted struct {
	*appointment.Diary
	bug string
	now time.Time
	n   *atomic.Int64
}

func (p planted) Book(ctx context.Context, caseID, slot, key string) (*gen.Appointment, error) {
	switch p.bug {
	case "answers before it writes":
		if n := p.n.Add(1); n%20 == 0 {
			return &gen.Appointment{ID: fmt.Sprintf("lost-%d", n)}, nil
		}
	case "takes without looking":
		return p.take(ctx, caseID, slot, key, true)
	case "lets a case hold two places":
		return p.take(ctx, caseID, slot, key, false)
	}
	a, err := p.Diary.Book(ctx, caseID, slot, key)
	if p.bug == "refuses what it has done" && err == nil && p.n.Add(1)%5 == 0 {
		return nil, context.DeadlineExceeded
	}
	return a, err
}

func (p planted) Move(ctx context.Context, id, slot string) (*gen.Appointment, error) {
	switch p.bug {
	case "gives up before it holds":
		if err := p.release(ctx, id); err != nil {
			return nil, err
		}
	case "holds and forgets to give up":
		return p.forget(ctx, id, slot)
	}
	return p.Diary.Move(ctx, id, slot)
}

// take books without the check of the slot, or of the case.
func (p planted) take(ctx context.Context, caseID, id, key string, full bool) (*gen.Appointment, error) {
	a, err := p.Diary.Book(ctx, caseID, id, key)
	if err == nil || full != strings.Contains(err.Error(), "SLOT_FULL") {
		return a, err
	}
	made := fmt.Sprintf("planted-%d", p.n.Add(1))
	err = p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		parts := strings.Split(id, ":")
		var starts int
		_, _ = fmt.Sscan(parts[3], &starts)
		row := tx.Ent.Slot.Query().Where(slot.ID(id)).OnlyX(ctx)
		tx.Ent.Slot.Update().Where(slot.ID(id)).AddTaken(1).ExecX(ctx)
		tx.Ent.Appointment.Create().SetID(made).SetCaseID(caseID).SetVeteranID(access.From(ctx).Self).SetSlotID(id).SetDivision(parts[0]).SetWindow(parts[1]).
			SetDay(row.Day).SetStarts(starts).SetEnds(starts + 30).SetMatters([]string{"M04"}).SetCreatedAt(p.now).SetUpdatedAt(p.now).ExecX(ctx)
		return journal.Write(ctx, tx, journal.Entry{CaseID: caseID, Kind: "APPOINTMENT_BOOKED", Reason: row.Day.String() + " " + appointment.Clock(starts), At: p.now})
	})
	return &gen.Appointment{ID: made}, err
}

// release gives up a place in a transaction of its own.
func (p planted) release(ctx context.Context, id string) error {
	a, err := p.Get(ctx, id)
	if err != nil || a.State != "BOOKED" {
		return err
	}
	return p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Slot.Update().Where(slot.ID(a.SlotID), slot.TakenGT(0)).AddTaken(-1).Exec(ctx)
	})
}

// forget moves an appointment and leaves its old place taken.
func (p planted) forget(ctx context.Context, id, to string) (*gen.Appointment, error) {
	before, err := p.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	a, err := p.Diary.Move(ctx, id, to)
	if err == nil && a.SlotID != before.SlotID {
		err = p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Slot.Update().Where(slot.ID(before.SlotID)).AddTaken(1).Exec(ctx)
		})
	}
	return a, err
}

// A checker that finds nothing has proved nothing: here it has something to find.
func TestPlantedBugsAreFound(t *testing.T) {
	for bug, sign := range map[string]string{
		"answers before it writes":     "was acknowledged, and never done",
		"refuses what it has done":     "was refused (context deadline exceeded), and yet done",
		"takes without looking":        "of 4 places holds 5",
		"lets a case hold two places":  "holds two places",
		"gives up before it holds":     "by the journal",
		"holds and forgets to give up": "by the journal",
	} {
		t.Run(bug, func(t *testing.T) {
			r := newRace(t, storetest.Open(t, storetest.SQLite(t)), 30, 4)
			var n atomic.Int64
			h := r.history(t, 8, 300, func(now time.Time) booker { return planted{r.at(now), bug, now, &n} })
			problems := strings.Join(check(h), "\n")
			if !strings.Contains(problems, sign) {
				t.Errorf("not found; instead:\n%.2000s", problems)
			}
		})
	}
}
