package rating_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/rating"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

const (
	daoli   = "230102000000"
	nangang = "230103000000"
)

// rig is ratings on a real record, with the office that has to see to bad ones.
type rig struct {
	t     *testing.T
	store *store.Store
	desk  *rating.Desk
	noted []string
}

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	text, err := notify.Builtin()
	must(t, err)
	roster, err := supervision.DemoRoster()
	must(t, err)
	now, current := func() time.Time { return noon }, func() *catalog.Catalog { return c }
	post := &notify.Post{Store: s, Vault: v, Words: text, Calendar: workday.Builtin, Catalog: current, Now: now}
	r := &rig{t: t, store: s}
	r.desk = &rating.Desk{
		Store: s, Vault: v, Catalog: current, Tell: post, Now: now,
		Office: &supervision.Office{Store: s, Roster: roster, Calendar: workday.Builtin, Catalog: current, Tell: post, Now: now},
		Noted: func(_ context.Context, _ store.Tx, caseID, matter string, before, after int) error {
			r.noted = append(r.noted, fmt.Sprint(caseID, " ", matter, " ", before, "→", after))
			return nil
		},
	}
	r.in(r.write)
	return r
}

// write makes one person with a case: M01 granted, M04 refused, M05 blocked, M06 open.
func (r *rig) write(ctx context.Context, tx store.Tx) error {
	err := tx.Ent.Veteran.Create().SetID("vet").SetCitizenIndex([]byte("vet")).SetCitizenSealed([]byte{1}).SetName("某某").SetBasis("test").
		SetBornOn(workday.Date(1990, 1, 1)).SetDivision(daoli).SetSource("VA").SetAsOf(noon).SetSynthetic(true).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	if err != nil {
		return err
	}
	err = tx.Ent.CaseFile.Create().SetID("case").SetNumber("NO-1").SetVeteranID("vet").SetDivision(daoli).SetState(lifecycle.CaseInProgress).
		SetCatalogVersion("test").SetMatters([]string{"M01", "M04", "M05", "M06"}).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	if err != nil {
		return err
	}
	for i, x := range []struct {
		matter, department string
		state              lifecycle.ItemState
	}{
		{"M01", "VA", lifecycle.ItemApproved}, {"M04", "PS", lifecycle.ItemRejected}, {"M05", "PS", lifecycle.ItemBlocked}, {"M06", "HRSS", lifecycle.ItemReceived},
	} {
		err := tx.Ent.Item.Create().SetID("item-" + x.matter).SetCaseID("case").SetVeteranID("vet").SetDivision(daoli).SetMatter(x.matter).SetDepartment(x.department).
			SetPosition(i).SetState(x.state).SetFinishDay(5).SetDueOn(workday.Date(2026, 12, 1)).Exec(ctx)
		if err != nil {
			return err
		}
	}
	return nil
}

func (r *rig) in(f func(ctx context.Context, tx store.Tx) error) {
	r.t.Helper()
	must(r.t, r.store.InTx(r.machine(), f))
}

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

func (r *rig) as(v access.Viewer) context.Context { return access.With(r.t.Context(), &v) }

func (r *rig) self() context.Context {
	return r.as(access.Viewer{ID: "account", Kind: access.Veteran, Self: "vet"})
}

func (r *rig) officer(department, place string) context.Context {
	return r.as(access.Viewer{ID: "demo/officer-" + department, Kind: access.Officer, Department: department, Division: place})
}

func (r *rig) rate(matter string, grade int, words string) error {
	return r.desk.Rate(r.self(), "case", []rating.Grade{{Matter: matter, Grade: grade, Words: words}})
}

// ratings of the case as the person sees them.
func (r *rig) ratings() []*gen.Rating {
	r.t.Helper()
	by, err := r.desk.OfCases(r.self(), []string{"case"})
	must(r.t, err)
	return by["case"]
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t testing.TB, err error, reason string) {
	t.Helper()
	if f := new(fault.Fault); !errors.As(err, &f) || f.Reason != reason {
		t.Errorf("fault %v, want %s", err, reason)
	}
}

// A bad grade becomes a task of a named person, due in fifteen working days; the
// department replies; the person has the last word, and that settles the task.
func TestABadGradeIsAnswered(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		must(t, r.rate("M04", 1, " 窗口让我跑了两趟 "))
		first := r.ratings()[0]
		one, err := s.Read.Task.Query().Only(r.machine())
		must(t, err)
		if one.Kind != task.KindRATING || one.Subject != first.ID || one.Department != "PS" || one.ItemID != "item-M04" || one.DueOn.String() != "2026-12-14" ||
			one.AssigneeName == "" || one.State != task.StateOPEN || strings.Contains(one.Words, "窗口") {
			t.Errorf("%+v", one)
		}
		wants(t, r.rate("M04", 5, ""), "RATING_AWAITS_REPLY")

		_, err = r.desk.Reply(r.officer("VA", daoli), first.ID, "已改")
		wants(t, err, "RATING_NOT_FOUND")
		_, err = r.desk.Reply(r.officer("PS", nangang), first.ID, "已改")
		wants(t, err, "RATING_NOT_FOUND")
		_, err = r.desk.Reply(r.self(), first.ID, "已改")
		wants(t, err, "NOT_ALLOWED")
		_, err = r.desk.Reply(r.officer("PS", daoli), first.ID, " \n")
		wants(t, err, "REPLY_MISSING")
		_, err = r.desk.Reply(r.officer("PS", daoli), first.ID, strings.Repeat("改", 1001))
		wants(t, err, "REPLY_TOO_LONG")
		got, err := r.desk.Reply(r.officer("PS", daoli), first.ID, "已道歉并上门补办。")
		must(t, err)
		if got.Reply != "已道歉并上门补办。" || got.RepliedAt == nil {
			t.Errorf("%v", got)
		}
		_, err = r.desk.Reply(r.officer("PS", daoli), first.ID, "再答")
		wants(t, err, "RATING_REPLIED")
		if n, err := s.Read.Notification.Query().All(r.machine()); err != nil || len(n) != 1 || n[0].Kind != "RATING_REPLIED" || n[0].Matter != "M04" {
			t.Errorf("told %v %v", n, err)
		}
		if one, err = s.Read.Task.Get(r.machine(), one.ID); err != nil || one.State != task.StateOPEN {
			t.Errorf("a reply does not settle it: %v %v", one, err)
		}

		must(t, r.rate("M04", 4, ""))
		if rows := r.ratings(); len(rows) != 2 || rows[1].Round != 2 || rows[1].Grade != 4 {
			t.Errorf("%v", rows)
		}
		if one, err = s.Read.Task.Get(r.machine(), one.ID); err != nil || one.State != task.StateDONE || one.Outcome != "本人再次评价：满意。" {
			t.Errorf("%v %v", one, err)
		}
		wants(t, r.rate("M04", 5, ""), "RATING_EXISTS")
		if want := []string{"case M04 0→1", "case M04 1→4"}; !slices.Equal(r.noted, want) {
			t.Errorf("noted %v", r.noted)
		}
		rows, err := s.Read.Event.Query().Order(event.ByID()).All(r.machine())
		must(t, err)
		var kinds []string
		for _, e := range rows {
			kinds = append(kinds, e.Kind+e.ToState+e.Reason+" by "+e.Actor)
		}
		if want := []string{"ITEM_RATED1 by account", "RATING_REPLIED by demo/officer-PS", "ITEM_RATED4 by account"}; !slices.Equal(kinds, want) {
			t.Errorf("journal %v", kinds)
		}
	})
}

// A task that was closed without a reply also lets the person speak again.
func TestAClosedTaskOpensTheSecondRound(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		must(t, r.rate("M05", 2, ""))
		r.in(func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Task.Update().SetState(task.StateDONE).SetOutcome("已电话回访").SetDoneBy("demo/officer-ps").SetDoneAt(noon).Exec(ctx)
		})
		must(t, r.rate("M05", 1, ""))
		one, err := s.Read.Task.Query().Only(r.machine())
		must(t, err)
		if one.Outcome != "已电话回访" {
			t.Errorf("a task that was done: %v", one)
		}
	})
}

func TestRateRefuses(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		good := []rating.Grade{{Matter: "M01", Grade: 5}}
		for name, x := range map[string]struct {
			as     context.Context
			grades []rating.Grade
			reason string
		}{
			"nobody":     {t.Context(), good, "SIGN_IN"},
			"a stranger": {r.as(access.Viewer{ID: "x", Kind: access.Veteran, Self: "other"}), good, "CASE_NOT_FOUND"},
			"a clerk":    {r.as(access.Viewer{ID: "x", Kind: access.Clerk, Division: daoli}), good, "NOT_ALLOWED"},
			"no grade":   {r.self(), nil, "RATING_MALFORMED"},
			"six stars":  {r.self(), []rating.Grade{{Matter: "M01", Grade: 6}}, "RATING_MALFORMED"},
			"long words": {r.self(), []rating.Grade{{Matter: "M01", Grade: 5, Words: strings.Repeat("好", 501)}}, "RATING_WORDS_TOO_LONG"},
			"twice":      {r.self(), []rating.Grade{{Matter: "M01", Grade: 5}, {Matter: "M01", Grade: 4}}, "MATTER_REPEATED"},
			"another":    {r.self(), []rating.Grade{{Matter: "M12", Grade: 5}}, "MATTER_NOT_IN_CASE"},
			"still open": {r.self(), []rating.Grade{{Matter: "M01", Grade: 5}, {Matter: "M06", Grade: 5}}, "RATING_TOO_EARLY"},
		} {
			if err := r.desk.Rate(x.as, "case", x.grades); err == nil {
				t.Errorf("%s rates", name)
			} else {
				wants(t, err, x.reason)
			}
		}
		if rows := r.ratings(); len(rows) != 0 {
			t.Errorf("all or nothing: %v", rows)
		}
		must(t, r.rate("M01", 3, ""))
		wants(t, r.rate("M01", 5, ""), "RATING_EXISTS")
		_, err := r.desk.Reply(r.officer("VA", daoli), r.ratings()[0].ID, "谢谢")
		wants(t, err, "RATING_NOT_BAD")
		if n, err := s.Read.Task.Query().Count(r.machine()); err != nil || n != 0 {
			t.Errorf("%d tasks %v", n, err)
		}
	})
}

// What a person writes is for them and for that department in that place.
func TestWordsAreSealed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		must(t, r.rate("M04", 2, "跑了两趟"))
		row := r.ratings()[0]
		if bytes.Contains(row.WordsSealed, []byte("跑了")) {
			t.Error("words lie open")
		}
		for name, x := range map[string]struct {
			as   context.Context
			want string
		}{
			"the person":              {r.self(), "跑了两趟"},
			"the department":          {r.officer("PS", "230100000000"), "跑了两趟"},
			"the department, abroad":  {r.officer("PS", nangang), ""},
			"another department":      {r.officer("VA", daoli), ""},
			"a clerk":                 {r.as(access.Viewer{ID: "x", Kind: access.Clerk, Division: daoli}), ""},
			"a supervisor":            {r.as(access.Viewer{ID: "x", Kind: access.Supervisor, Division: daoli}), ""},
			"an analyst":              {r.as(access.Viewer{ID: "x", Kind: access.Analyst, Division: daoli}), ""},
			"another person":          {r.as(access.Viewer{ID: "x", Kind: access.Veteran, Self: "other"}), ""},
			"the hub, which need not": {r.machine(), ""},
		} {
			if got, err := r.desk.Words(x.as, row); err != nil || got != x.want {
				t.Errorf("%s reads %q %v", name, got, err)
			}
		}
	})
}
