package appointment_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// A Monday noon in China. Wednesday is the first day on which a visit makes sense.
var (
	noon      = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	wednesday = workday.Date(2026, 11, 25)
)

const daoli = "230102000000"

// rig is a diary on a real record, with a post that writes and does not carry.
type rig struct {
	t     *testing.T
	store *store.Store
	diary *appointment.Diary
	now   time.Time
	n     int
	year  *workday.Calendar
	plans plans
}

// plans are what cases were accepted with.
type plans map[string]*plan.Plan

func (p plans) PinnedPlan(ctx context.Context, id string) (*plan.Plan, error) {
	return p[id], access.Require(ctx, access.ReadPlan)
}

var builtin = sync.OnceValues(catalog.Builtin)

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	c, err := builtin()
	must(t, err)
	w, err := appointment.Load("windows.yaml", appointment.Builtin(), c, division.Builtin())
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	text, err := notify.Builtin()
	must(t, err)
	r := &rig{t: t, store: s, now: noon, year: workday.Builtin(), plans: plans{}}
	now, current := func() time.Time { return r.now }, func() *catalog.Catalog { return c }
	calendar := func() *workday.Calendar { return r.year }
	r.diary = &appointment.Diary{
		Store: s, Plans: r.plans, Windows: w, Places: division.Builtin(), Calendar: calendar, Catalog: current, Now: now,
		Tell: &notify.Post{Store: s, Vault: v, Words: text, Calendar: calendar, Catalog: current, Now: now},
	}
	return r
}

// veteran writes somebody of a place with a case of all in-person matters and one
// more, and answers them and it.
func (r *rig) veteran(place string) (who context.Context, caseID string) {
	r.t.Helper()
	r.n++
	id, file := fmt.Sprintf("vet_%d", r.n), fmt.Sprintf("case_%d", r.n)
	r.in(func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.Veteran.Create().SetID(id).SetCitizenIndex([]byte(id)).SetCitizenSealed([]byte{1}).SetName("某某").
			SetBornOn(workday.Date(1990, 1, 1)).SetDivision(place).SetSource("VA").SetAsOf(noon).SetBasis("test").SetSynthetic(true).
			SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
		if err != nil {
			return err
		}
		err = tx.Ent.CaseFile.Create().SetID(file).SetNumber("NO-" + file).SetVeteranID(id).SetDivision(place).SetState(lifecycle.CaseInProgress).
			SetCatalogVersion("test").SetMatters([]string{"M01", "M04", "M05"}).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
		if err != nil {
			return err
		}
		for i, m := range []string{"M01", "M04", "M05"} {
			err := tx.Ent.Item.Create().SetID(file + m).SetCaseID(file).SetVeteranID(id).SetDivision(place).SetMatter(m).SetDepartment("PS").
				SetPosition(i).SetState(lifecycle.ItemWaiting).SetFinishDay(5).SetDueOn(wednesday).Exec(ctx)
			if err != nil {
				return err
			}
		}
		return nil
	})
	r.plans[file] = &plan.Plan{
		Visits: []plan.Visit{{
			Window: "police-desk", Name: catalog.Text{Zh: "综合窗口公安专席", En: "Police desk"}, Matters: []string{"M04", "M05"},
			Bring: []string{"MAT02", "MAT10", "MAT11"}, Day: 2, NotBefore: wednesday,
		}},
		Papers: plan.Papers{Kept: []plan.Paper{
			{Material: "MAT02", NeededBy: []string{"M01", "M04"}}, {Material: "MAT10", NeededBy: []string{"M04"}},
			{Material: "MAT11", NeededBy: []string{"M04", "M05"}}, {Material: "MAT12", NeededBy: []string{"M06"}},
		}},
	}
	return r.as(&access.Viewer{ID: "account/" + id, Kind: access.Veteran, Self: id}), file
}

// machine sees everything.
func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

func (r *rig) as(v *access.Viewer) context.Context { return access.With(r.t.Context(), v) }

func (r *rig) in(f func(ctx context.Context, tx store.Tx) error) {
	r.t.Helper()
	must(r.t, r.store.InTx(r.machine(), f))
}

// ends puts an item of a case in a state.
func (r *rig) ends(caseID, matter string, to lifecycle.ItemState) {
	r.t.Helper()
	r.in(func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Item.Update().Where(item.CaseID(caseID), item.Matter(matter)).SetState(to).Exec(ctx)
	})
}

// slot is the ID of a half hour at the police desk of a place.
func slot(place string, on workday.Day, clock string) string {
	at, err := time.Parse("15:04", clock)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf("%s:police-desk:%s:%d", place, on, at.Hour()*60+at.Minute())
}

func (r *rig) book(who context.Context, caseID, slot string) *gen.Appointment {
	r.t.Helper()
	a, err := r.diary.Book(who, caseID, slot, "key-of-"+caseID)
	must(r.t, err)
	return a
}

// taken is how many places of a slot are taken.
func (r *rig) taken(id string) int {
	r.t.Helper()
	s, err := r.store.Read.Slot.Get(r.machine(), id)
	if gen.IsNotFound(err) {
		return 0
	}
	must(r.t, err)
	return s.Taken
}

// journal is the entries of a case: kind and times.
func (r *rig) journal(caseID string) []string {
	r.t.Helper()
	rows, err := r.store.Read.Event.Query().Where(event.HasCaseWith(gencase.ID(caseID))).Order(event.ByID()).All(r.machine())
	must(r.t, err)
	var out []string
	for _, e := range rows {
		out = append(out, e.Kind+" "+e.Reason)
	}
	return out
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wants fails unless err is a fault with a reason; "" wants none.
func wants(t testing.TB, err error, reason string) {
	t.Helper()
	f := new(fault.Fault)
	switch {
	case reason == "" && err != nil:
		t.Errorf("fault %v", err)
	case reason != "" && (!errors.As(err, &f) || f.Reason != reason):
		t.Errorf("fault %v, want %s", err, reason)
	}
}
