package casefile_test

import (
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// A decision against the one there is changes nothing and is noted.
func TestContradiction(t *testing.T) {
	o := newOffice(t, storetest.Open(t, storetest.SQLite(t)))
	id := o.submit(o.submission("contra-001", "M01"))
	m := o.item(id, "M01")
	must(t, o.desk.Decide(o.officer("VA"), m.ID, true, "N1", ""))
	must(t, o.desk.Apply(o.machine(), "VA", port.Answer{ItemID: m.ID, State: port.Rejected, Words: "不准", DecidedOn: o.at, Sequence: 7}))
	if got := o.item(id, "M01"); got.State != lifecycle.ItemApproved || got.ResultNo != "N1" || got.DecidedBy != "officer/VA" {
		t.Errorf("%s %s %s", got.State, got.ResultNo, got.DecidedBy)
	}
	entries, err := o.desk.Timeline(o.machine(), []string{id})
	must(t, err)
	if !slices.ContainsFunc(entries[id], func(e *gen.Event) bool { return e.Kind == "ITEM_CONTRADICTED" }) {
		t.Error("the journal does not tell of it")
	}
}

// A year of holidays is tried first, then loaded; open dates move and say so.
func TestLoadCalendar(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		o.at = time.Date(2026, 12, 22, 10, 0, 0, 0, workday.Zone())
		id := o.submit(o.submission("calendar-1", "M01", "M02", "M04", "M05"))
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if !c.DueProvisional {
			t.Fatal("a day in 2027 is not provisional")
		}
		o.at = o.at.AddDate(0, 0, 8)
		waiting := o.submission("calendar-2", "M12")
		p, err := o.desk.Plan(o.as(1), casefile.PlanInput{VeteranID: o.heroes[1], Matters: []string{"M12"}})
		must(t, err)
		waiting.VeteranID, waiting.Answers = o.heroes[1], answers(t, p)
		waiting.Gaps = []casefile.Gap{{Material: "MAT10", By: workday.FromTime(o.at).AddDays(2)}}
		out, err := o.desk.Submit(o.as(1), waiting)
		if must(t, err); out.CaseID == "" {
			t.Fatalf("%+v", out.Problems)
		}
		wordBy := func() time.Time {
			owed, err := o.desk.Obligations(o.machine(), []string{out.CaseID})
			must(t, err)
			return owed[out.CaseID][0].WordBy
		}
		byThen := wordBy()
		year := []byte(`{"2027": {"off": ["2027-01-01", "2027-01-04", "2027-01-05", "2027-05-01", "2027-10-01"], "work": []}}`)
		operator := access.With(t.Context(), &access.Viewer{ID: "op", Kind: access.Operator})
		_, err = o.desk.LoadCalendar(o.as(hero), year, true)
		wantFault(t, err, fault.Denied, "NOT_ALLOWED")
		_, err = o.desk.LoadCalendar(operator, []byte(`{"2027": {"off": ["2027-13-01"]}}`), true)
		wantFault(t, err, fault.Invalid, "CALENDAR_MALFORMED")
		_, err = o.desk.LoadCalendar(operator, []byte(`{"2026": {"off": ["2026-11-24"], "work": []}}`), true)
		if err != nil {
			t.Logf("a day against the notice of 2026: %v", err)
		}
		tried, err := o.desk.LoadCalendar(operator, year, true)
		must(t, err)
		if tried.Loaded || tried.Total == 0 || tried.Looked == 0 || tried.DaysChanged < 3 {
			t.Errorf("tried: %+v", tried)
		}
		if again, _ := o.desk.Get(o.as(hero), id); *again.DueOn != *c.DueOn {
			t.Error("a trial has moved a day")
		}
		loaded, err := o.desk.LoadCalendar(operator, year, false)
		must(t, err)
		after, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if !loaded.Loaded || *after.DueOn == *c.DueOn || after.DueProvisional {
			t.Errorf("loaded: due %s, was %s, provisional %v", after.DueOn, c.DueOn, after.DueProvisional)
		}
		moved := false
		for _, m := range loaded.List {
			moved = moved || m.Matter == "" && m.From == *c.DueOn && m.To == *after.DueOn
		}
		if !moved {
			t.Errorf("the list does not tell the move: %+v", loaded.List)
		}
		if got := wordBy(); got.Equal(byThen) {
			t.Errorf("the officer's word is still due %s", got)
		}
		other, err := casefile.OpenYears(o.machine(), s, workday.Builtin())
		must(t, err)
		if other.Calendar().Version() != o.desk.Calendar().Version() {
			t.Error("another hub reads another calendar")
		}
	})
}
