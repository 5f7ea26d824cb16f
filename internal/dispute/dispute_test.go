package dispute_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	gendispute "github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const home = "230000000000"

// rig is a record with a few people, those who supervise, and the post.
type rig struct {
	t      *testing.T
	desk   *dispute.Desk
	post   *notify.Post
	heroes []string
}

func noon() time.Time { return time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) }

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	r := &rig{t: t}
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	current := func() *catalog.Catalog { return c }
	p := &profile.Profile{Store: s, Vault: v, Catalog: current, Divisions: division.Builtin(), Now: noon}
	said, err := notify.Builtin()
	must(t, err)
	r.post = &notify.Post{Store: s, Vault: v, Words: said, Calendar: workday.Builtin, Catalog: current, Now: noon, Log: zerolog.Nop()}
	roster, err := supervision.DemoRoster()
	must(t, err)
	figures, err := dispute.Builtin()
	must(t, err)
	r.desk = &dispute.Desk{
		Store: s, Profile: p, Vault: v, Catalog: current, Calendar: workday.Builtin, Divisions: division.Builtin(), Figures: figures, Now: noon, Tell: r.post,
		Tasks: &supervision.Office{Store: s, Roster: roster, Calendar: workday.Builtin, Now: noon, Catalog: current},
	}
	n := len(population.Heroes())
	must(t, population.Write(ctx, p, 1, n, nil))
	for person := range population.Generate(1, n, workday.FromTime(noon()), division.Builtin()) {
		r.heroes = append(r.heroes, p.VeteranID(person.Number))
	}
	return r
}

func (r *rig) veteran(hero int) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: "veteran/x", Kind: access.Veteran, Self: r.heroes[hero]})
}

func (r *rig) officer(department, place string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: "officer", Kind: access.Officer, Department: department, Division: place})
}

// object objects to when the first person enlisted, which the former unit has told.
func (r *rig) object() *gen.Dispute {
	r.t.Helper()
	row, err := r.desk.Object(r.veteran(0), dispute.Objection{VeteranID: r.heroes[0], Field: "enlistDate", Claim: "2017-09-02", Reason: "入伍通知书上是九月二日。"})
	must(r.t, err)
	return row
}

func (r *rig) task(id string) *gen.Task {
	r.t.Helper()
	row, err := r.desk.Store.Read.Task.Query().Where(task.KindEQ(task.KindDISPUTE), task.Subject(id)).Only(access.AsMachine(r.t.Context(), "test"))
	must(r.t, err)
	return row
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, reason string) {
	t.Helper()
	if f := new(fault.Fault); !errors.As(err, &f) || f.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}

// From objection to decision: a named person has it at once, the veteran is told
// twice, and the profile changes only by the department's word.
func TestDispute(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		row := r.object()
		if want := workday.Builtin().Due(workday.FromTime(noon()), 15).Day; row.DueOn != want || row.Department != "VA" || row.State != gendispute.StateOPEN {
			t.Errorf("opened: %+v", row)
		}
		todo := r.task(row.ID)
		if todo.State != task.StateOPEN || todo.Assignee == "" || todo.AssigneeName == "" || todo.Department != "VA" || todo.DueOn != row.DueOn || !strings.Contains(todo.Words, "入伍") {
			t.Errorf("task: %+v", todo)
		}
		if bytes.Contains(row.ClaimSealed, []byte("2017-09-02")) || strings.Contains(todo.Words, "2017") {
			t.Error("the claim is in the open")
		}
		before := r.known("enlistDate")
		row, err := r.desk.Decide(r.officer("VA", home), row.ID, true, " 经核对原始档案，予以更正。 ")
		must(t, err)
		if row.State != gendispute.StateUPHELD || row.EndedAt == nil || row.EndedBy != "officer" || row.Words != "经核对原始档案，予以更正。" {
			t.Errorf("decided: %+v", row)
		}
		if todo := r.task(row.ID); todo.State != task.StateDONE || !strings.Contains(todo.Outcome, "成立") {
			t.Errorf("task: %+v", todo)
		}
		if r.known("enlistDate") != before {
			t.Error("a decision has changed the profile")
		}
		by, err := r.post.Of(r.veteran(0), r.heroes[:1], 10, false)
		must(t, err)
		var told []string
		for _, n := range by[r.heroes[0]] {
			told = append(told, n.Kind)
			if strings.Contains(r.post.Body(r.veteran(0), n).Zh, "档案，") {
				t.Error("the department's words go about")
			}
		}
		if strings.Join(told, " ") != "DISPUTE_ENDED DISPUTE_OPENED" {
			t.Errorf("told %v", told)
		}
		_, err = r.desk.Decide(r.officer("VA", home), row.ID, false, "再想想")
		wants(t, err, "DISPUTE_ENDED")
		r.object() // once it is decided, it may be objected to again
	})
}

func (r *rig) known(field string) any {
	r.t.Helper()
	rows, err := r.desk.Profile.ReadRows(r.veteran(0), r.heroes[:1])
	must(r.t, err)
	known, err := r.desk.Profile.Elements(rows[r.heroes[0]])
	must(r.t, err)
	return known[field].Value
}

func TestWhatMayBeDisputed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		id := r.heroes[0]
		for name, c := range map[string]struct {
			in     dispute.Objection
			reason string
		}{
			"no such element":       {dispute.Objection{VeteranID: id, Field: "shoeSize", Reason: "r"}, "ELEMENT_UNKNOWN"},
			"nobody has said":       {dispute.Objection{VeteranID: id, Field: "bankAccountNo", Reason: "r"}, "NOTHING_TO_DISPUTE"},
			"the same":              {dispute.Objection{VeteranID: id, Field: "enlistDate", Claim: r.known("enlistDate"), Reason: "r"}, "NOTHING_TO_DISPUTE"},
			"no reason":             {dispute.Objection{VeteranID: id, Field: "enlistDate", Reason: " \n "}, "DISPUTE_REASON_UNFIT"},
			"too much reason":       {dispute.Objection{VeteranID: id, Field: "enlistDate", Reason: strings.Repeat("理", 501)}, "DISPUTE_REASON_UNFIT"},
			"unseen reason":         {dispute.Objection{VeteranID: id, Field: "enlistDate", Reason: "a\u202eb"}, "DISPUTE_REASON_UNFIT"},
			"no date":               {dispute.Objection{VeteranID: id, Field: "enlistDate", Claim: "2017-02-30", Reason: "r"}, "CLAIM_UNFIT"},
			"another type":          {dispute.Objection{VeteranID: id, Field: "enlistDate", Claim: json.Number("7"), Reason: "r"}, "CLAIM_UNFIT"},
			"no code of the list":   {dispute.Objection{VeteranID: id, Field: "settlementMode", Claim: "HOLIDAY", Reason: "r"}, "CLAIM_UNFIT"},
			"a number of nobody":    {dispute.Objection{VeteranID: id, Field: "citizenId", Claim: "230102199803150000", Reason: "r"}, "CLAIM_UNFIT"},
			"no such division":      {dispute.Objection{VeteranID: id, Field: "settlementDivision", Claim: "990102000000", Reason: "r"}, "CLAIM_UNFIT"},
			"of somebody else":      {dispute.Objection{VeteranID: r.heroes[1], Field: "enlistDate", Reason: "r"}, "VETERAN_NOT_FOUND"},
			"no claim":              {dispute.Objection{VeteranID: id, Field: "dischargeReason", Reason: "r"}, ""},
			"that there is none":    {dispute.Objection{VeteranID: id, Field: "relocationReason", Reason: "r"}, ""},
			"another code":          {dispute.Objection{VeteranID: id, Field: "militaryRank", Claim: "PVT", Reason: "r"}, ""},
			"of a police's element": {dispute.Objection{VeteranID: id, Field: "ethnicity", Claim: "11", Reason: "r"}, ""},
		} {
			t.Run(name, func(t *testing.T) {
				_, err := r.desk.Object(r.veteran(0), c.in)
				if c.reason == "" {
					must(t, err)
					_, err = r.desk.Object(r.veteran(0), c.in)
					wants(t, err, "DISPUTE_OPEN")
					return
				}
				wants(t, err, c.reason)
			})
		}
		_, err := r.desk.Object(r.officer("VA", home), dispute.Objection{VeteranID: id, Field: "name", Reason: "r"})
		wants(t, err, "NOT_ALLOWED")
	})
}

// Two that come at once are one.
func TestOneAtATime(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		var wg sync.WaitGroup
		errs := make([]error, 8)
		for i := range errs {
			wg.Go(func() {
				_, errs[i] = r.desk.Object(r.veteran(0), dispute.Objection{VeteranID: r.heroes[0], Field: "enlistDate", Reason: "r"})
			})
		}
		wg.Wait()
		opened := 0
		for _, err := range errs {
			if err == nil {
				opened++
			} else {
				wants(t, err, "DISPUTE_OPEN")
			}
		}
		if opened != 1 {
			t.Errorf("%d disputes about one value", opened)
		}
	})
}

// Who sees a dispute, and who reads what the person said.
func TestWhoSees(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		row := r.object()
		for name, c := range map[string]struct {
			as          access.Viewer
			sees, reads bool
		}{
			"the person":             {access.Viewer{Kind: access.Veteran, Self: r.heroes[0]}, true, true},
			"a stranger":             {access.Viewer{Kind: access.Veteran, Self: r.heroes[1]}, false, false},
			"an officer":             {access.Viewer{Kind: access.Officer, Department: "VA", Division: "230102000000"}, true, true},
			"of another department":  {access.Viewer{Kind: access.Officer, Department: "PS", Division: home}, false, false},
			"of another division":    {access.Viewer{Kind: access.Officer, Department: "VA", Division: "230700000000"}, false, false},
			"a supervisor":           {access.Viewer{Kind: access.Supervisor, Division: home}, true, false},
			"an auditor":             {access.Viewer{Kind: access.Auditor, Division: home}, true, false},
			"a clerk":                {access.Viewer{Kind: access.Clerk, Division: home}, false, false},
			"an analyst":             {access.Viewer{Kind: access.Analyst, Division: home}, false, false},
			"an operator":            {access.Viewer{Kind: access.Operator}, false, false},
			"a supervisor elsewhere": {access.Viewer{Kind: access.Supervisor, Division: "230700000000"}, false, false},
		} {
			ctx := access.With(t.Context(), &c.as)
			got, err := r.desk.Get(ctx, row.ID)
			if (err == nil) != c.sees {
				t.Errorf("%s: %v", name, err)
			}
			if err != nil {
				wants(t, err, "DISPUTE_NOT_FOUND")
				got = row
			}
			said, err := r.desk.Said(ctx, got)
			must(t, err)
			if want := (dispute.Said{Claim: "2017-09-02", Reason: "入伍通知书上是九月二日。"}); (said == want) != c.reads || !c.reads && said != (dispute.Said{}) {
				t.Errorf("%s reads %+v", name, said)
			}
			if rows, _, err := r.desk.Page(ctx, gendispute.StateOPEN, 10, ""); err == nil && (len(rows) == 1) != c.sees {
				t.Errorf("%s lists %d", name, len(rows))
			}
			_, err = r.desk.Decide(ctx, row.ID, false, "")
			if c.as.Kind == access.Officer {
				wants(t, err, "DISPUTE_WORDS_UNFIT")
			} else {
				wants(t, err, "NOT_ALLOWED")
			}
		}
		_, err := r.desk.Decide(r.officer("PS", home), row.ID, true, "不归我管")
		wants(t, err, "DISPUTE_NOT_FOUND")
		_, _, err = r.desk.Page(r.veteran(0), "", 10, "")
		wants(t, err, "NOT_ALLOWED")
	})
}

func TestPages(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		var want, got []string
		for _, field := range []string{"enlistDate", "dischargeDate", "militaryRank"} {
			row, err := r.desk.Object(r.veteran(0), dispute.Objection{VeteranID: r.heroes[0], Field: field, Reason: "r"})
			must(t, err)
			want = append(want, row.ID)
		}
		for after, more := "", true; more; {
			var rows []*gen.Dispute
			var err error
			rows, more, err = r.desk.Page(r.officer("VA", home), gendispute.StateOPEN, 2, after)
			must(t, err)
			for _, row := range rows {
				got, after = append(got, row.ID), row.ID
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("pages %v, want %v", got, want)
		}
		by, err := r.desk.OfVeterans(r.veteran(0), r.heroes)
		must(t, err)
		if rows := by[r.heroes[0]]; len(rows) != 3 || rows[0].ID != want[2] {
			t.Errorf("of the veteran: %v", rows)
		}
	})
}

func TestFigures(t *testing.T) {
	f, err := dispute.Builtin()
	must(t, err)
	if f.AnswerDays.Value != 15 || f.AnswerDays.Unit != "working days" {
		t.Errorf("%+v", f)
	}
	_, err = dispute.Load("x.yaml", []byte("answerDays: {value: 200, unit: days, confidence: Z, source: s}\nsurprise: 1\n"))
	if err == nil {
		t.Fatal("taken")
	}
	for _, want := range []string{"1 to 120", "working days", "mark", "surprise", "reasonRunes"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("does not say %q:\n%v", want, err)
		}
	}
}
