package server_test

import (
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

const draftFields = `id number state catalogVersion
	draft { answers { field value } problems { field reason } changes { kind } matters { code } savedAt }
	preReviews { id state matter { code } department { code } dueOn validUntil words findings { check verdict field { id } material { code } words { zh en } } }`

type draftCase struct {
	ID, Number, State string
	Draft             *struct {
		Answers []struct {
			Field string
			Value any
		}
		Problems []struct{ Field, Reason string }
		Matters  []struct{ Code string }
	}
	PreReviews []struct {
		ID, State, DueOn string
		ValidUntil       *string
		Matter           *struct{ Code string }
		Findings         []struct {
			Check, Verdict string
			Words          struct{ Zh, En string }
		}
	}
}

// A draft from its first word to an officer's, through the public door: who types
// sees it, the officer who is asked sees what their matter asks, everybody else
// neither draft nor case.
func TestDraftConversation(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	save := `mutation($c: ID, $v: ID!, $a: [AnswerInput!]!) { saveDraft(input: {caseId: $c, veteranId: $v, matters: ["M01", "M04", "M06", "M09"], answers: $a}) { case { ` + draftFields + ` } } }`
	var saved struct{ SaveDraft struct{ Case draftCase } }
	k.get("veteran0", save, map[string]any{"v": k.heroes[0], "a": []any{map[string]any{"field": "mobile", "value": "12"}, map[string]any{"field": "insuranceTypes", "value": []string{"PENSION"}}}}, &saved)
	c := saved.SaveDraft.Case
	if c.State != "DRAFT" || c.Draft == nil || len(c.Draft.Answers) != 2 || len(c.Draft.Problems) == 0 || len(c.Draft.Matters) != 4 || len(c.PreReviews) != 0 {
		t.Fatalf("saved: %+v", c)
	}

	request := `mutation($c: ID!) { requestPreReview(input: {caseId: $c}) { case { ` + draftFields + ` } preReviews { state findings { check verdict words { zh en } } } } }`
	var asked struct {
		RequestPreReview struct {
			Case       draftCase
			PreReviews []struct{ State string }
		}
	}
	k.get("veteran0", request, map[string]any{"c": c.ID}, &asked)
	if r := asked.RequestPreReview; r.Case.State != "RETURNED" || len(r.PreReviews) != 1 || r.PreReviews[0].State != "FAILED" {
		t.Fatalf("a form with faults: %+v", r)
	}

	// Everything that was wrong is told, so it can be mended at once.
	good := map[string]any{
		"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "householdSettleType": "OWN_DWELLING",
		"targetDivision": "230102001001", "targetAddress": "示例路1号", "medicalSchemeType": "EMPLOYEE",
	}
	var mended []any
	for _, p := range asked.RequestPreReview.Case.Draft.Problems {
		v, ok := good[p.Field]
		if !ok {
			t.Fatalf("nothing to answer for %s (%s)", p.Field, p.Reason)
		}
		mended = append(mended, map[string]any{"field": p.Field, "value": v})
	}
	k.get("veteran0", save, map[string]any{"c": c.ID, "v": k.heroes[0], "a": mended}, &saved)
	if p := saved.SaveDraft.Case.Draft.Problems; len(p) != 0 {
		t.Fatalf("still wrong: %v", p)
	}
	began := time.Now()
	k.get("veteran0", request, map[string]any{"c": c.ID}, &asked)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("the machine took %s", took)
	}
	c = asked.RequestPreReview.Case
	last := c.PreReviews[len(c.PreReviews)-1]
	if c.State != "PRE_REVIEW" || last.State != "PENDING" || last.Matter.Code != "M04" || last.DueOn != "2026-11-26" {
		t.Fatalf("asked: %+v", c)
	}
	enrolment := ""
	for _, f := range c.PreReviews[len(c.PreReviews)-2].Findings {
		if f.Check == "ENROLMENT" {
			enrolment = f.Verdict
		}
		if f.Words.Zh == "" || f.Words.En == "" {
			t.Errorf("%s without words", f.Check)
		}
	}
	if enrolment == "" || enrolment == "UNKNOWN" {
		t.Errorf("the medical bureau was not asked: %q", enrolment)
	}

	see := `query($c: ID!) { case(id: $c) { ` + draftFields + ` } }`
	for _, as := range []string{"nobody", "veteran1", "officer-hsa", "operator", "clerk@2307"} {
		if _, b := k.ask(as, k.public+"/graphql", see, map[string]any{"c": c.ID}); strings.Contains(string(b), "示例路") || strings.Contains(string(b), c.Number) {
			t.Errorf("%s sees it: %s", as, b)
		}
	}
	if got := k.turnedAway("analyst", see, map[string]any{"c": c.ID}); got != "FIELD_NOT_ALLOWED" {
		t.Errorf("an analyst sees what was typed: %q", got)
	}
	var seen struct{ Case draftCase }
	k.get("analyst", `query($c: ID!) { case(id: $c) { id draft { savedAt } } }`, map[string]any{"c": c.ID}, &seen)
	if seen.Case.Draft != nil {
		t.Error("an analyst sees that something was typed")
	}
	k.get("officer-ps", see, map[string]any{"c": c.ID}, &seen)
	if d := seen.Case.Draft; d == nil || len(d.Matters) != 1 {
		t.Fatalf("the officer sees %+v", d)
	}
	for _, a := range seen.Case.Draft.Answers {
		if a.Field == "insuranceTypes" || a.Field == "medicalSchemeType" {
			t.Errorf("the officer sees %s", a.Field)
		}
	}

	decide := `mutation($p: ID!) { decidePreReview(input: {preReviewId: $p, passed: true, words: "可以。"}) { case { ` + draftFields + ` } } }`
	if _, b := k.ask("officer-hsa", k.public+"/graphql", decide, map[string]any{"p": last.ID}); !strings.Contains(string(b), "PRE_REVIEW_NOT_FOUND") {
		t.Errorf("another department decides: %s", b)
	}
	var decided struct{ DecidePreReview struct{ Case draftCase } }
	k.get("officer-ps", decide, map[string]any{"p": last.ID}, &decided)
	k.get("veteran0", see, map[string]any{"c": c.ID}, &seen)
	if got := seen.Case.PreReviews[len(seen.Case.PreReviews)-1]; seen.Case.State != "DRAFT" || got.State != "PASSED" || got.ValidUntil == nil {
		t.Errorf("%s %+v", seen.Case.State, got)
	}
}
