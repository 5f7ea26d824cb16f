package appointment_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	genappointment "github.com/vetgraph/vetgraph/ent/gen/appointment"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func TestOneVisitServesEveryStepInPerson(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran("230102001000")
		visits, err := r.diary.Options(who, id, nil, 2)
		must(t, err)
		if len(visits) != 1 {
			t.Fatalf("%d visits", len(visits))
		}
		v := visits[0]
		if v.Division != daoli || v.Window != "police-desk" || !slices.Equal(v.Matters, []string{"M04", "M05"}) || !slices.Equal(v.Bring, []string{"MAT02", "MAT10", "MAT11"}) {
			t.Errorf("%+v", v)
		}
		// Five and six half hours a day, on the first two working days that make sense.
		if first, last := v.Slots[0], v.Slots[len(v.Slots)-1]; len(v.Slots) != 22 || first.ID != slot(daoli, wednesday, "09:00") ||
			last.ID != slot(daoli, wednesday+1, "16:00") || first.Capacity != 8 {
			t.Errorf("%d slots, %s to %s of %d", len(v.Slots), first.ID, last.ID, first.Capacity)
		}

		r.ends(id, "M04", lifecycle.ItemApproved)
		visits, err = r.diary.Options(who, id, nil, 0)
		must(t, err)
		if v := visits[0]; !slices.Equal(v.Matters, []string{"M05"}) || !slices.Equal(v.Bring, []string{"MAT11"}) || len(v.Slots) != 5*11 {
			t.Errorf("after one has ended: %v %v, %d slots", v.Matters, v.Bring, len(v.Slots))
		}
		r.ends(id, "M05", lifecycle.ItemBlocked)
		visits, err = r.diary.Options(who, id, nil, 0)
		must(t, err)
		if len(visits) != 0 {
			t.Errorf("after all have ended: %v", visits)
		}
		_, err = r.diary.Book(who, id, slot(daoli, wednesday, "09:00"), "key-00001")
		wants(t, err, "NO_VISIT_NEEDED")
	})
}

// Make-up days are offered, holidays are not, nor what is past or too near.
func TestSlotsAreOnWorkingDaysToCome(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran(daoli)
		days := func(now time.Time, n int) (first string, out []string) {
			t.Helper()
			r.now = now
			r.plans[id].Visits[0].NotBefore = workday.FromTime(now)
			visits, err := r.diary.Options(who, id, nil, n)
			must(t, err)
			for _, x := range visits[0].Slots {
				if d := x.Day.String(); len(out) == 0 || out[len(out)-1] != d {
					out = append(out, d)
				}
			}
			return visits[0].Slots[0].ID, out
		}
		// Before Spring Festival 2026: a Saturday and the Saturday after are worked, the week between is off.
		first, got := days(time.Date(2026, 2, 13, 2, 5, 0, 0, time.UTC), 3) // 10:05 in China, an hour's notice
		if want := []string{"2026-02-13", "2026-02-14", "2026-02-24"}; !slices.Equal(got, want) || first != slot(daoli, workday.Date(2026, 2, 13), "13:30") {
			t.Errorf("%v from %s, want %v", got, first, want)
		}
		if first, _ := days(time.Date(2026, 2, 13, 1, 59, 0, 0, time.UTC), 1); first != slot(daoli, workday.Date(2026, 2, 13), "11:00") {
			t.Errorf("an hour and a minute before: %s", first)
		}
		if _, got := days(time.Date(2026, 2, 13, 9, 0, 0, 0, time.UTC), 1); got[0] != "2026-02-14" {
			t.Errorf("in the evening: %v", got)
		}
	})
}

func TestBookMoveCancel(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran(daoli)
		nine, ten := slot(daoli, wednesday, "09:00"), slot(daoli, wednesday+1, "10:00")
		a := r.book(who, id, nine)
		if a.State != genappointment.StateBOOKED || a.SlotID != nine || a.Starts != 540 || a.Ends != 570 || !slices.Equal(a.Bring, []string{"MAT02", "MAT10", "MAT11"}) {
			t.Errorf("%v", a)
		}
		if again := r.book(who, id, nine); again.ID != a.ID || r.taken(nine) != 1 {
			t.Error("the same key books twice")
		}
		_, err := r.diary.Book(who, id, ten, "key-of-"+id)
		wants(t, err, "IDEMPOTENCY_KEY_REUSED")
		_, err = r.diary.Book(who, id, ten, "another-key")
		wants(t, err, "APPOINTMENT_EXISTS")

		a, err = r.diary.Move(who, a.ID, ten)
		must(t, err)
		if a.SlotID != ten || a.Day != wednesday+1 || a.Starts != 600 || a.Moves != 1 || r.taken(nine) != 0 || r.taken(ten) != 1 {
			t.Errorf("moved: %v", a)
		}
		if a, err = r.diary.Move(who, a.ID, ten); err != nil || a.Moves != 1 || r.taken(ten) != 1 {
			t.Errorf("moved to where it is: %v %v", a, err)
		}
		for range 2 {
			a, err = r.diary.Cancel(who, a.ID)
			must(t, err)
			if a.State != genappointment.StateCANCELLED || r.taken(ten) != 0 {
				t.Errorf("cancelled: %v", a)
			}
		}
		_, err = r.diary.Move(who, a.ID, nine)
		wants(t, err, "APPOINTMENT_OVER")
		if again, err := r.diary.Book(who, id, nine, "key-of-"+id); err != nil || again.ID != a.ID || r.taken(nine) != 0 {
			t.Errorf("the old key: %v %v", again, err)
		}
		if fresh, err := r.diary.Book(who, id, nine, "another-key"); err != nil || fresh.ID == a.ID {
			t.Errorf("afresh: %v", err)
		}
		if got, want := strings.Join(r.journal(id), "\n"), "APPOINTMENT_BOOKED 2026-11-25 09:00\nAPPOINTMENT_MOVED 2026-11-25 09:00 → 2026-11-26 10:00\n"+
			"APPOINTMENT_CANCELLED 2026-11-26 10:00\nAPPOINTMENT_BOOKED 2026-11-25 09:00"; got != want {
			t.Errorf("journal\n%s", got)
		}
		told, err := s.Read.Notification.Query().All(r.machine())
		must(t, err)
		if len(told) != 4 || told[0].Facts["words"] != "黑龙江省哈尔滨市道里区综合窗口公安专席 09:00" || told[0].Facts["due"] != "2026-11-25" {
			t.Errorf("told %v", told)
		}
	})
}

func TestBookRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran(daoli)
		nine := slot(daoli, wednesday, "09:00")
		stranger, _ := r.veteran(daoli)
		clerk := r.as(&access.Viewer{ID: "demo/clerk", Kind: access.Clerk, Division: daoli})
		for _, x := range []struct {
			name   string
			as     context.Context
			slot   string
			key    string
			reason string
		}{
			{"nobody", t.Context(), nine, "key-00001", "SIGN_IN"},
			{"a stranger", stranger, nine, "key-00001", "CASE_NOT_FOUND"},
			{"a clerk without a mandate", clerk, nine, "key-00001", "NOT_ALLOWED"},
			{"an officer", r.as(&access.Viewer{ID: "o", Kind: access.Officer, Department: "PS", Division: daoli}), nine, "key-00001", "NOT_ALLOWED"},
			{"a short key", who, nine, "key", "IDEMPOTENCY_KEY_MALFORMED"},
			{"before it makes sense", who, slot(daoli, wednesday-1, "09:00"), "key-00001", "SLOT_TOO_EARLY"},
			{"a Saturday", who, slot(daoli, wednesday+3, "09:00"), "key-00001", "SLOT_UNKNOWN"},
			{"between the half hours", who, slot(daoli, wednesday, "09:10"), "key-00001", "SLOT_UNKNOWN"},
			{"at noon", who, slot(daoli, wednesday, "12:00"), "key-00001", "SLOT_UNKNOWN"},
			{"elsewhere", who, slot("230103000000", wednesday, "09:00"), "key-00001", "SLOT_UNKNOWN"},
			{"in a year", who, slot(daoli, wednesday+364, "09:00"), "key-00001", "SLOT_TOO_FAR"},
			{"a number written otherwise", who, daoli + ":police-desk:2026-11-25:0540", "key-00001", "SLOT_UNKNOWN"},
			{"another window", who, daoli + ":tax-desk:2026-11-25:540", "key-00001", "NO_VISIT_NEEDED"},
			{"nonsense", who, "::::", "key-00001", "NO_VISIT_NEEDED"},
		} {
			_, err := r.diary.Book(x.as, id, x.slot, x.key)
			if err == nil {
				t.Errorf("%s books", x.name)
				continue
			}
			if f := new(fault.Fault); !errors.As(err, &f) || f.Reason != x.reason {
				t.Errorf("%s: %v, want %s", x.name, err, x.reason)
			}
		}
		a := r.book(who, id, nine)
		_, err := r.diary.Cancel(stranger, a.ID)
		wants(t, err, "APPOINTMENT_NOT_FOUND")
		_, err = r.diary.Move(clerk, a.ID, slot(daoli, wednesday, "10:00"))
		wants(t, err, "NOT_ALLOWED")
		_, err = r.diary.Options(who, id, nil, 41)
		wants(t, err, "WORKDAYS_OUT_OF_RANGE")
	})
}

// mandates lets one clerk act, as internal/mandate does.
type mandates struct{ wanted []string }

func (m *mandates) Act(ctx context.Context, veteranID string, matters, _ []string) (context.Context, error) {
	m.wanted = matters
	return access.ActFor(ctx, veteranID, "mandate-1"), nil
}

func TestClerkActsUnderAMandate(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		_, id := r.veteran(daoli)
		m := &mandates{}
		r.diary.Mandates = m
		a := r.book(r.as(&access.Viewer{ID: "demo/clerk", Kind: access.Clerk, Division: daoli}), id, slot(daoli, wednesday, "09:00"))
		e, err := s.Read.Event.Query().Only(r.machine())
		must(t, err)
		if e.Actor != "demo/clerk" || e.Principal != a.VeteranID || e.MandateID != "mandate-1" || !slices.Equal(m.wanted, []string{"M04", "M05"}) {
			t.Errorf("%v by a mandate for %v", e, m.wanted)
		}
	})
}

func TestTheLastPlaceIsTakenOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		place := "230108000000" // four places at a time, as everywhere
		nine, ten := slot(place, wednesday, "09:00"), slot(place, wednesday, "10:00")
		for range 4 {
			who, id := r.veteran(place)
			r.book(who, id, nine)
		}
		who, id := r.veteran(place)
		_, err := r.diary.Book(who, id, nine, "key-00001")
		wants(t, err, "SLOT_FULL")
		a := r.book(who, id, ten)
		_, err = r.diary.Move(who, a.ID, nine)
		wants(t, err, "SLOT_FULL")
		if now, err := r.diary.Get(who, a.ID); err != nil || now.SlotID != ten || r.taken(nine) != 4 || r.taken(ten) != 1 {
			t.Errorf("a move that failed: %v %v, %d and %d taken", now, err, r.taken(nine), r.taken(ten))
		}
		visits, err := r.diary.Options(who, id, nil, 1)
		must(t, err)
		if slices.ContainsFunc(visits[0].Slots, func(x *gen.Slot) bool { return x.ID == nine }) {
			t.Error("a full slot is offered")
		}
	})
}

func TestACaseThatEndsFreesItsPlaces(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		nine := slot(daoli, wednesday, "09:00")
		who, id := r.veteran(daoli)
		a := r.book(who, id, nine)
		// Whoever ends the case need not see its appointments.
		free := func() {
			t.Helper()
			err := s.InTx(r.as(&access.Viewer{ID: "o", Kind: access.Officer, Department: "MIL", Division: "230103000000"}), func(ctx context.Context, tx store.Tx) error {
				return r.diary.Free(ctx, tx, id)
			})
			must(t, err)
		}
		free()
		if a, err := r.diary.Get(who, a.ID); err != nil || a.State != genappointment.StateCANCELLED || r.taken(nine) != 0 {
			t.Errorf("%v %v", a, err)
		}
		a, err := r.diary.Book(who, id, nine, "another-key")
		must(t, err)
		r.now = wednesday.Time().Add(9*time.Hour + time.Minute)
		_, err = r.diary.Cancel(who, a.ID)
		wants(t, err, "APPOINTMENT_OVER")
		free()
		if a, err := r.diary.Get(who, a.ID); err != nil || a.State != genappointment.StateKEPT || r.taken(nine) != 1 {
			t.Errorf("%v %v", a, err)
		}
	})
}

// Who books again when a visit is over did not come, or came and has to come again.
func TestAVisitThatIsOverMakesRoom(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran(daoli)
		other, otherID := r.veteran(daoli)
		a, b := r.book(who, id, slot(daoli, wednesday, "09:00")), r.book(other, otherID, slot(daoli, wednesday, "09:00"))
		r.now = wednesday.Time().Add(12 * time.Hour)
		r.ends(otherID, "M04", lifecycle.ItemApproved)
		for _, x := range []struct {
			who      context.Context
			caseID   string
			old      *gen.Appointment
			becomes  genappointment.State
			forThese []string
		}{
			{who, id, a, genappointment.StateMISSED, []string{"M04", "M05"}},
			{other, otherID, b, genappointment.StateKEPT, []string{"M05"}},
		} {
			fresh, err := r.diary.Book(x.who, x.caseID, slot(daoli, wednesday+1, "09:00"), "another-key")
			must(t, err)
			old, err := r.diary.Get(x.who, x.old.ID)
			must(t, err)
			if old.State != x.becomes || !slices.Equal(fresh.Matters, x.forThese) {
				t.Errorf("%v, and anew for %v", old, fresh.Matters)
			}
		}
	})
}

// A new calendar takes a booked day away.
func TestDisplacedPlacesAreFoundAndMoved(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		who, id := r.veteran(daoli)
		a := r.book(who, id, slot(daoli, wednesday, "16:00"))
		_, other := r.veteran(daoli)
		r.book(r.machine(), other, slot(daoli, wednesday+1, "16:00"))
		if got, err := r.diary.Displaced(r.machine()); err != nil || len(got) != 0 {
			t.Fatalf("%v %v", got, err)
		}
		year, err := workday.Load(strings.NewReader(`{"2026": {"off": ["` + wednesday.String() + `"], "work": []}}`))
		must(t, err)
		r.year = year
		got, err := r.diary.Displaced(r.machine())
		must(t, err)
		if len(got) != 1 || got[0].ID != a.ID {
			t.Fatalf("%v", got)
		}
		moved, stranded, err := r.diary.Reseat(r.machine())
		must(t, err)
		if len(moved) != 1 || len(stranded) != 0 || moved[0].SlotID != slot(daoli, wednesday+1, "09:00") {
			t.Errorf("moved %v, stranded %v", moved, stranded)
		}
	})
}
