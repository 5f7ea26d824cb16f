package casefile_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// told keeps what people are told.
type told []notify.Notice

func (p *told) Tell(_ context.Context, _ store.Tx, notices ...notify.Notice) error {
	*p = append(*p, notices...)
	return nil
}

func (p *told) of(kind string) []notify.Notice {
	return slices.DeleteFunc(slices.Clone(*p), func(n notify.Notice) bool { return n.Kind != kind })
}

func (o *office) reviews(ctx context.Context, id string) []*gen.PreReview {
	o.t.Helper()
	rows, err := o.desk.LastPreReviews(ctx, id)
	must(o.t, err)
	return rows
}

// owed are the pre-reviews that departments still owe about a case.
func (o *office) owed(id string) []*gen.Obligation {
	o.t.Helper()
	rows, err := o.desk.Obligations(o.machine(), []string{id})
	must(o.t, err)
	return slices.DeleteFunc(rows[id], func(x *gen.Obligation) bool {
		return x.Kind != obligation.KindPRE_REVIEW || x.EndedAt != nil
	})
}

// The machine first, then the police within three working days; what is wrong is
// said at once; what is passed may be relied on for a time, for what was looked at.
func TestPreReview(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		post := &told{}
		o.desk.Post = post
		matters := []string{"M01", "M04"}
		typed := o.complete(matters...)
		id, err := o.save("", matters, typed[1:]...)
		must(t, err)

		// What could not be submitted comes back, and troubles no officer.
		must(t, o.desk.RequestPreReview(o.as(hero), id))
		rows := o.reviews(o.as(hero), id)
		if o.state(id) != lifecycle.CaseReturned || len(rows) != 1 || rows[0].State != prereview.StateFAILED || len(o.owed(id)) != 0 {
			t.Fatalf("%s, %+v", o.state(id), rows)
		}
		if f := rows[0].Findings[0]; f.Check != "FORMAT" || f.Verdict != "FAILED" || f.Field != typed[0].Field {
			t.Errorf("finding %+v", f)
		}

		_, err = o.save(id, nil, typed...)
		must(t, err)
		must(t, o.desk.RequestPreReview(o.as(hero), id))
		rows = o.reviews(o.as(hero), id)
		if o.state(id) != lifecycle.CasePreReview || len(rows) != 2 || rows[0].State != prereview.StatePASSED || rows[0].Reviewer != "prereview" {
			t.Fatalf("%s, %+v", o.state(id), rows)
		}
		police := rows[1]
		if police.State != prereview.StatePENDING || police.Matter != "M04" || police.Department != "PS" || police.DueOn != workday.Date(2026, 11, 26) {
			t.Errorf("officer's: %+v", police)
		}
		if w := o.owed(id); len(w) != 1 || !w[0].WordBy.Equal(workday.Date(2026, 11, 27).Time()) || w[0].Department != "PS" {
			t.Errorf("owed: %+v", w)
		}
		_, err = o.save(id, nil, form.Answer{Field: "mobile", Value: "1"})
		wantFault(t, err, fault.Conflict, "CASE_STATE")
		wantFault(t, o.desk.RequestPreReview(o.as(hero), id), fault.Conflict, "CASE_STATE")

		// The officer sees what their matter asks, and nothing else; others nothing.
		seen, err := o.desk.Draft(o.officer("PS"), id)
		must(t, err)
		if !slices.Equal(seen.Matters, []string{"M04"}) || value(seen, "targetAddress") == nil {
			t.Errorf("the officer sees %+v", seen)
		}
		for _, a := range seen.Answers {
			if m := o.desk.Shelf.Current().Matter("M04"); !slices.Contains(m.Asks, a.Field) {
				t.Errorf("the officer sees %s", a.Field)
			}
		}
		if _, err := o.desk.Draft(o.officer("HSA"), id); fault.Of(err).Reason != "DRAFT_NOT_FOUND" {
			t.Errorf("another department: %v", err)
		}

		bad := []lifecycle.Defect{{Field: "targetAddress", Words: "缺门牌号。"}, {Material: "MAT15", Words: "未上传。"}}
		say := func(as context.Context, c casefile.Conclusion) error {
			_, err := o.desk.DecidePreReview(as, c)
			return err
		}
		wantFault(t, say(o.officer("HSA"), casefile.Conclusion{PreReviewID: police.ID, Passed: true}), fault.NotFound, "PRE_REVIEW_NOT_FOUND")
		wantFault(t, say(o.as(hero), casefile.Conclusion{PreReviewID: police.ID, Passed: true}), fault.Denied, "NOT_ALLOWED")
		wantFault(t, say(o.machine(), casefile.Conclusion{PreReviewID: police.ID, Defects: bad}), fault.Denied, "NOT_ALLOWED")
		wantFault(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: rows[0].ID, Passed: true}), fault.Denied, "NOT_ALLOWED")
		wantFault(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID}), fault.Invalid, "DEFECTS_MISSING")
		wantFault(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID, Passed: true, Defects: bad}), fault.Invalid, "DEFECTS_NOT_WANTED")
		wantFault(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID, Defects: []lifecycle.Defect{{Field: "bankName", Words: "x"}}}), fault.Invalid, "DEFECT_UNKNOWN")
		must(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID, Defects: bad, Words: "请补充。"}))
		if o.state(id) != lifecycle.CaseReturned || len(o.owed(id)) != 0 || len(post.of("PRE_REVIEW_FAILED")) != 1 {
			t.Errorf("%s, owed %v, told %v", o.state(id), o.owed(id), *post)
		}
		if words := post.of("PRE_REVIEW_FAILED")[0].Facts["words"]; !strings.Contains(words, "缺门牌号") || !strings.Contains(words, "未上传") {
			t.Errorf("not all at once: %s", words)
		}
		wantFault(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID, Passed: true}), fault.Conflict, "PRE_REVIEW_ENDED")

		must(t, o.desk.RequestPreReview(o.as(hero), id))
		police = o.reviews(o.as(hero), id)[1]
		must(t, say(o.officer("PS"), casefile.Conclusion{PreReviewID: police.ID, Passed: true}))
		police = o.reviews(o.as(hero), id)[1]
		until := o.desk.Calendar().Due(workday.Date(2026, 11, 23), 30).Day
		if o.state(id) != lifecycle.CaseDraft || police.State != prereview.StatePASSED || police.ValidUntil == nil || *police.ValidUntil != until {
			t.Errorf("%s, %+v", o.state(id), police)
		}
		if p := post.of("PRE_REVIEW_PASSED"); len(p) != 1 || p[0].Facts["due"] != until.String() {
			t.Errorf("told: %v", p)
		}
		if all, _ := o.desk.PreReviews(o.as(hero), []string{id}); len(all[id]) != 5 {
			t.Errorf("%d pre-reviews are kept", len(all[id]))
		}
	})
}

// A machine never rejects alone: what it finds wrong beyond the form is told, and
// the draft can be submitted all the same.
func TestMachineTellsAndDecidesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		matters := []string{"M01", "M03", "M04"}
		typed := slices.DeleteFunc(o.complete(matters...), func(a form.Answer) bool { return a.Field == "targetDivision" })
		typed = append(typed, form.Answer{Field: "targetDivision", Value: "230202001001"}) // another city
		id, err := o.save("", matters, typed...)
		must(t, err)
		must(t, o.desk.RequestPreReview(o.as(hero), id))
		rows := o.reviews(o.as(hero), id)
		wrong := slices.DeleteFunc(slices.Clone(rows[0].Findings), func(f lifecycle.Finding) bool { return f.Verdict != "FAILED" })
		if rows[0].State != prereview.StateFAILED || len(wrong) != 1 || wrong[0].Check != "CROSS_CHECK" || wrong[0].Field != "targetDivision" {
			t.Fatalf("%s %+v", rows[0].State, rows[0].Findings)
		}
		if o.state(id) != lifecycle.CasePreReview || len(rows) != 2 {
			t.Errorf("the officer is not asked: %s", o.state(id))
		}
		if !slices.ContainsFunc(rows[0].Findings, func(f lifecycle.Finding) bool { return f.Check == "PAPER" && f.Material != "" }) {
			t.Error("no word of papers")
		}
		if got := o.submit(casefile.Submission{VeteranID: o.heroes[hero], Key: "anyhow-0001", Matters: matters, Answers: typed, DraftID: id}); got != id || o.state(id) != lifecycle.CaseInProgress {
			t.Errorf("it could not be submitted: %s", o.state(id))
		}
	})
}

// The enrolment is asked live over all levels; a department that is silent leaves
// an open question, within two seconds, and nobody is the worse for it.
func TestEnrolment(t *testing.T) {
	cat, err := builtin()
	must(t, err)
	fleet, err := department.Start(t.Context(), department.Config{Dir: t.TempDir(), Catalog: cat, WorkdayTakes: time.Millisecond})
	must(t, err)
	t.Cleanup(func() { _ = fleet.Close() })
	over := make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over }))
	t.Cleanup(silent.Close)
	t.Cleanup(func() { close(over) })
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		ends := fleet.Endpoints()
		o.connect(ends)
		matters := []string{"M01", "M04", "M06", "M09"}
		id, err := o.save("", matters, o.complete(matters...)...)
		must(t, err)
		for _, tt := range []struct {
			state   any
			verdict string
			review  prereview.State
		}{
			{"NONE", "PASSED", prereview.StatePASSED},
			{"ACTIVE_HERE", "PASSED", prereview.StatePASSED},
			{"ACTIVE_ELSEWHERE", "FAILED", prereview.StateFAILED},
			{"SUSPENDED", "PASSED", prereview.StatePASSED},
			{"SOMETHING_NEW", "UNKNOWN", prereview.StatePASSED},
			{nil, "UNKNOWN", prereview.StatePASSED},
		} {
			for person := range population.Generate(1, 1, workday.FromTime(o.at), division.Builtin()) {
				must(t, fleet.Enrol(t.Context(), "HSA", []department.Person{{CitizenNumber: person.Number, Facts: catalog.Facts{"medicalEnrolmentStatus": tt.state}}}))
			}
			if review, f := o.look(id); f.Verdict != tt.verdict || review != tt.review || f.Zh == "" || f.En == "" {
				t.Errorf("%v: %s, %+v", tt.state, review, f)
			}
		}
		hsa := ends["HSA"]
		hsa.URL = silent.URL
		ends["HSA"] = hsa
		o.connect(ends)
		if review, f := o.look(id); f.Verdict != "UNKNOWN" || review != prereview.StatePASSED {
			t.Errorf("silent: %s, %+v", review, f)
		}
	})
}

// connect lets the desk ask departments live.
func (o *office) connect(ends map[string]port.Endpoint) {
	o.t.Helper()
	cat := o.desk.Shelf.Current()
	reg, err := port.NewRegistry(cat, ends, kinds.All(), o.now)
	must(o.t, err)
	o.desk.Registers = &lookup.Desk{Profile: o.desk.Profile, Catalog: o.desk.Shelf.Current, Departments: reg}
}

// look has a draft pre-reviewed, after the police have passed the last one, and
// answers what the machine said.
func (o *office) look(id string) (prereview.State, lifecycle.Finding) {
	o.t.Helper()
	o.pass(id)
	began := time.Now()
	must(o.t, o.desk.RequestPreReview(o.as(hero), id))
	if took := time.Since(began); took > 2*time.Second {
		o.t.Errorf("the machine took %s", took)
	}
	row := o.reviews(o.as(hero), id)[0]
	i := slices.IndexFunc(row.Findings, func(f lifecycle.Finding) bool { return f.Check == "ENROLMENT" })
	if i < 0 {
		o.t.Fatalf("nothing of the enrolment: %+v", row.Findings)
	}
	return row.State, row.Findings[i]
}

// pass lets the officers pass what they owe a word about.
func (o *office) pass(id string) {
	o.t.Helper()
	for _, row := range o.reviews(o.machine(), id) {
		if row.EndedAt == nil {
			_, err := o.desk.DecidePreReview(o.officer(row.Department), casefile.Conclusion{PreReviewID: row.ID, Passed: true})
			must(o.t, err)
		}
	}
}

// The rules that ship fit the catalogue that ships; mistakes are told all at once.
func TestReviewRules(t *testing.T) {
	cat, err := builtin()
	must(t, err)
	for _, err := range casefile.BuiltinReviewRules().Against(cat) {
		t.Error(err)
	}
	_, err = casefile.LoadReviewRules("x.yaml", []byte("drafts: {open: 0, kilobytes: 1, confidence: Z}\nmachine: {budgetMs: 5000, confidence: A}\nelse: 1\n"))
	for _, want := range []string{"0 is not from 1 to 100", "1 is not from 16", "5000 is not from", "confidence is L, C or A", "else", "result"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("no word of %q in %v", want, err)
		}
	}
}
