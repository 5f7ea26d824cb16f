package casefile_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

func (o *office) save(caseID string, matters []string, answers ...form.Answer) (string, error) {
	return o.desk.SaveDraft(o.as(hero), casefile.DraftInput{CaseID: caseID, VeteranID: o.heroes[hero], Matters: matters, Answers: answers, Channel: "APP"})
}

func (o *office) draft(id string) *casefile.Draft {
	o.t.Helper()
	d, err := o.desk.Draft(o.as(hero), id)
	must(o.t, err)
	return d
}

// complete answers everything that the matters ask of the hero.
func (o *office) complete(matters ...string) []form.Answer {
	o.t.Helper()
	p, err := o.desk.Plan(o.as(hero), casefile.PlanInput{VeteranID: o.heroes[hero], Matters: matters})
	must(o.t, err)
	return answers(o.t, p)
}

func (o *office) state(id string) lifecycle.CaseState {
	o.t.Helper()
	c, err := o.desk.Get(o.machine(), id)
	must(o.t, err)
	return c.State
}

func value(d *casefile.Draft, field string) any {
	for _, a := range d.Answers {
		if a.Field == field {
			return a.Value
		}
	}
	return nil
}

func (o *office) kinds(id string) []string {
	o.t.Helper()
	entries, err := o.desk.Timeline(o.machine(), []string{id})
	must(o.t, err)
	var kinds []string
	for _, e := range entries[id] {
		kinds = append(kinds, e.Kind)
	}
	return kinds
}

// What was typed is kept as typed, however wrong; what would be wrong if it were
// submitted is told; nobody else sees it.
func TestDraft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		id, err := o.save("", []string{"M01", "reserve-registration"}, form.Answer{Field: "mobile", Value: "12"}, form.Answer{Field: "occupation", Value: "4"})
		must(t, err)
		_, err = o.save(id, nil, form.Answer{Field: "occupation", Value: nil}, form.Answer{Field: "insuranceTypes", Value: []any{"PENSION"}}, form.Answer{Field: "currentAddress", Value: " 示例路1号"})
		must(t, err)
		d := o.draft(id)
		if value(d, "mobile") != "12" || value(d, "occupation") != nil || value(d, "currentAddress") != " 示例路1号" || value(d, "insuranceTypes") == nil {
			t.Errorf("answers: %v", d.Answers)
		}
		if !slices.Equal(d.Matters, []string{"M01", "M11"}) || len(d.Changes) != 0 || !d.SavedAt.Equal(o.at) {
			t.Errorf("draft: %+v", d)
		}
		var wrong []string
		for _, p := range d.Problems {
			wrong = append(wrong, p.Field+" "+p.Reason)
		}
		if !slices.Contains(wrong, "mobile "+form.ValuePattern) || !slices.Contains(wrong, "occupation "+form.ValueMissing) || strings.Contains(strings.Join(wrong, ";"), form.FieldNotOnForm) {
			t.Errorf("problems: %v", wrong)
		}
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if c.State != lifecycle.CaseDraft || c.Channel != "APP" || !strings.HasPrefix(c.Number, "230102-20261123-") || len(c.DraftSealed) != 0 {
			t.Errorf("case: %+v", c)
		}
		if got := o.kinds(id); !slices.Equal(got, []string{"DRAFT_SAVED", "DRAFT_SAVED"}) {
			t.Errorf("journal: %v", got)
		}

		other := o.as(hero + 1)
		_, err = o.desk.Draft(other, id)
		wantFault(t, err, fault.NotFound, "DRAFT_NOT_FOUND")
		_, err = o.desk.SaveDraft(other, casefile.DraftInput{CaseID: id, VeteranID: o.heroes[hero+1]})
		wantFault(t, err, fault.NotFound, "DRAFT_NOT_FOUND")
		_, err = o.desk.SaveDraft(other, casefile.DraftInput{VeteranID: o.heroes[hero]})
		wantFault(t, err, fault.NotFound, "VETERAN_NOT_FOUND")
		_, err = o.desk.SaveDraft(o.officer("VA"), casefile.DraftInput{CaseID: id, VeteranID: o.heroes[hero]})
		wantFault(t, err, fault.Denied, "NOT_ALLOWED")
		clerk := access.With(t.Context(), &access.Viewer{ID: "clerk", Kind: access.Clerk, Division: "230000000000"})
		_, err = o.desk.SaveDraft(clerk, casefile.DraftInput{CaseID: id, VeteranID: o.heroes[hero]})
		wantFault(t, err, fault.Denied, "MANDATE_REQUIRED")
		if seen, err := o.desk.Draft(o.officer("VA"), id); seen != nil && err == nil {
			t.Error("an officer who owes nothing sees the draft")
		}
	})
}

func TestDraftBounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		m := []string{"M01"}
		long := strings.Repeat("长", 3000)
		for _, tt := range []struct {
			name, reason string
			answers      []form.Answer
		}{
			{"a field that nobody ever asked", "DRAFT_FIELD_UNKNOWN", []form.Answer{{Field: "favouriteColour", Value: "red"}}},
			{"twice", "DRAFT_ANSWERS", []form.Answer{{Field: "mobile", Value: "1"}, {Field: "mobile", Value: "2"}}},
			{"too long", "DRAFT_VALUE", []form.Answer{{Field: "mobile", Value: long}}},
			{"an object", "DRAFT_VALUE", []form.Answer{{Field: "mobile", Value: map[string]any{"a": 1}}}},
			{"a list of lists", "DRAFT_VALUE", []form.Answer{{Field: "mobile", Value: []any{[]any{"a"}}}}},
			{"too much of all", "DRAFT_TOO_LARGE", []form.Answer{{Field: "insuranceTypes", Value: slices.Repeat([]any{strings.Repeat("x", 8000)}, 50)}}},
		} {
			_, err := o.save("", m, tt.answers...)
			if f := fault.Of(err); f.Reason != tt.reason || f.Kind != fault.Invalid {
				t.Errorf("%s: %v", tt.name, err)
			}
		}
		var last string
		for range 5 {
			id, err := o.save("", m)
			must(t, err)
			last = id
		}
		_, err := o.save("", m)
		wantFault(t, err, fault.Conflict, "DRAFTS_TOO_MANY")
		must(t, o.desk.WithdrawCase(o.as(hero), last, ""))
		if d := o.draft(last); d != nil {
			t.Error("what was withdrawn is still a draft")
		}
		_, err = o.save(last, nil)
		wantFault(t, err, fault.Conflict, "CASE_STATE")
		_, err = o.save("", m)
		must(t, err)
	})
}

// A draft is submitted as itself: the same case, the same number; another's is not found.
func TestSubmitDraft(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		typed := o.complete("M01", "M11")
		id, err := o.save("", []string{"M01", "M11"}, typed...)
		must(t, err)
		was, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		sub := casefile.Submission{VeteranID: o.heroes[hero], Key: "draft-0001", Matters: []string{"M01", "M11"}, Answers: typed, DraftID: "nothing"}
		_, err = o.desk.Submit(o.as(hero), sub)
		wantFault(t, err, fault.NotFound, "DRAFT_NOT_FOUND")
		sub.DraftID = id
		if got := o.submit(sub); got != id {
			t.Fatalf("submitted as %s", got)
		}
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if c.State != lifecycle.CaseInProgress || c.Number != was.Number || o.draft(id) != nil {
			t.Errorf("%s, number %s, was %s", c.State, c.Number, was.Number)
		}
		sub.Key = "draft-0002"
		_, err = o.desk.Submit(o.as(hero), sub)
		wantFault(t, err, fault.Conflict, "CASE_STATE")
	})
}

// edited is the catalogue that ships with texts of its files replaced, and without a matter.
func edited(t *testing.T, gone string, edits map[string][]string) (*catalog.Catalog, string) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "catalog")
	must(t, os.CopyFS(dir, catalog.BuiltinFiles()))
	for file, pairs := range edits {
		name := filepath.Join(dir, file)
		text, err := os.ReadFile(name)
		must(t, err)
		for i := 0; i < len(pairs); i += 2 {
			if !strings.Contains(string(text), pairs[i]) {
				t.Fatalf("%s does not hold %q", file, pairs[i])
			}
		}
		must(t, os.WriteFile(name, []byte(strings.NewReplacer(pairs...).Replace(string(text))), 0o600))
	}
	found, err := filepath.Glob(filepath.Join(dir, "matters", gone+"-*.yaml"))
	must(t, err)
	must(t, os.Remove(found[0]))
	ports := filepath.Join(dir, "ports", "va.yaml")
	text, err := os.ReadFile(ports)
	must(t, err)
	parts := strings.Split(string(text), "\n  - id: ")
	parts = slices.DeleteFunc(parts, func(p string) bool { return strings.Contains(p, "matter: "+gone+"\n") })
	must(t, os.WriteFile(ports, []byte(strings.Join(parts, "\n  - id: ")), 0o600))
	c, err := catalog.Load(os.DirFS(dir))
	must(t, err)
	return c, dir
}

// The catalogue is replaced while a draft lies there: no answer is lost, and what
// has changed is listed; saving moves the draft to the new catalogue and the
// journal keeps the list.
func TestDraftSurvivesTheCatalogue(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		o := newOffice(t, s)
		matters := []string{"M01", "M04", "M11", "M12"}
		typed := append(o.complete(matters...), form.Answer{Field: "householdSettleType", Value: "EMPLOYER_COLLECTIVE"})
		typed = slices.DeleteFunc(typed, func(a form.Answer) bool { return a.Field == "householdSettleType" && a.Value == "OWN_DWELLING" })
		id, err := o.save("", matters, typed...)
		must(t, err)
		before := o.draft(id)

		cat, dir := edited(t, "M12", map[string][]string{
			"matters/M04-household-restoration.yaml": {"alone: 4, preReview: 3", "alone: 6, preReview: 4", "[MAT01, MAT03, MAT06, MAT15]", "[MAT01, MAT02, MAT06, MAT15]"},
			"matters/M11-reserve-registration.yaml":  {"politicalStatus, occupation,", "politicalStatus, jobIntent, prefCardBank, combatExperience,"},
			"ports/mil.yaml":                         {"ZY: occupation", "ZY: jobIntent\n      YHKH: prefCardBank\n      CZ: combatExperience"},
			"codes/householdSettleType.yaml":         {"  - {code: EMPLOYER_COLLECTIVE, name: {zh: 单位集体户, en: Employer's collective household}}\n", ""},
			"fields/household.yaml":                  {"minLength: 1\n    maxLength: 200", "minLength: 1\n    maxLength: 100"},
		})
		shelf, err := casefile.NewShelf(o.machine(), s, cat, os.DirFS(dir), o.at)
		must(t, err)
		o.desk.Shelf = shelf

		after := o.draft(id)
		if len(after.Answers) != len(before.Answers) {
			t.Errorf("%d answers of %d", len(after.Answers), len(before.Answers))
		}
		var got []string
		for _, c := range after.Changes {
			got = append(got, strings.TrimSpace(c.Kind+" "+of(c.Matter)+" "+of(c.Field)))
			if c.Words.Zh == "" || c.Words.En == "" || c.Words.Zh == c.Words.En {
				t.Errorf("%s: %+v", c.Kind, c.Words)
			}
		}
		for _, want := range []string{"MATTER_GONE M12", "MATTER_CHANGED M04", "FIELD_GONE  occupation", "FIELD_NEW M11 jobIntent", "FIELD_CHANGED M04 targetAddress", "CODE_GONE M04 householdSettleType"} {
			if !slices.Contains(got, want) {
				t.Errorf("no %s in %q", want, got)
			}
		}
		for _, p := range after.Problems {
			if p.Field == "occupation" || p.Reason == form.FieldUnknown {
				t.Errorf("what is gone is a problem: %+v", p)
			}
		}

		_, err = o.save(id, nil, form.Answer{Field: "occupation", Value: "5"}) // the old page still sends it
		must(t, err)
		moved := o.draft(id)
		if value(moved, "occupation") != "5" || len(moved.Answers) != len(before.Answers) {
			t.Error("an answer was lost")
		}
		entries, err := o.desk.Timeline(o.machine(), []string{id})
		must(t, err)
		i := slices.IndexFunc(entries[id], func(e *gen.Event) bool { return e.Kind == "DRAFT_MOVED" })
		if i < 0 || !strings.Contains(entries[id][i].Reason, "MATTER_GONE M12") || strings.Contains(entries[id][i].Reason, "示例") {
			t.Errorf("journal: %v", entries[id])
		}
		c, err := o.desk.Get(o.as(hero), id)
		must(t, err)
		if c.CatalogVersion != cat.Version {
			t.Errorf("the draft is of %s", c.CatalogVersion)
		}
		if !slices.ContainsFunc(moved.Changes, func(c casefile.DraftChange) bool { return c.Kind == "MATTER_GONE" }) {
			t.Error("a matter that is gone is no more told once saved again")
		}
		// What is left can be submitted, without what is gone.
		for _, a := range []form.Answer{{Field: "householdSettleType", Value: "OWN_DWELLING"}} {
			_, err = o.save(id, []string{"M01", "M04", "M11"}, a)
			must(t, err)
		}
		if p := o.draft(id).Problems; slices.ContainsFunc(p, func(p form.Problem) bool { return p.Reason != form.ValueMissing }) {
			t.Errorf("problems: %v", p)
		}
	})
}

func of(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
