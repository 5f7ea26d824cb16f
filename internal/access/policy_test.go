package access_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Every mistake in a policy is told, all at once; one with a mistake is no policy.
func TestLoadPolicyTellsEveryMistake(t *testing.T) {
	whole, err := os.ReadFile("policy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := access.LoadPolicy("policy.yaml", whole); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, old, new, want string }{
		{"an act twice", "{act: plan.read,", "{act: case.read,", "case.read stands here twice"},
		{"a root field twice", "[Query.plan]", "[Query.case]", "Query.case is no root field, or stands here twice"},
		{"what is no root field", "[Query.plan]", "[Veteran.name]", "Veteran.name is no root field"},
		{"a role twice", "role: AUDITOR", "role: ANALYST", "ANALYST stands here twice"},
		{"an act that is none", "acts: [case.read, statistics.read]", "acts: [case.read, case.steal]", "case.steal is no act"},
		{"a class that is none", "classes: [public, operational]", "classes: [public, secret]", "secret is no class"},
		{"a place that is none", "where: SLICE", "where: EVERYWHERE", `"EVERYWHERE" is none of`},
		{"personal data without a ground", "reads: {purpose: AUDIT, basis: STATUTORY_DUTY, article: 个人信息保护法第五十四条}", "needed: true", "has no ground"},
		{"a basis that is none", "basis: OWN_DATA", "basis: CURIOSITY", `"CURIOSITY" is none of`},
		{"an administrator twice", "administers: AUDIT", "administers: SYSTEM", "OPERATOR administers this already"},
		{"two administrators", "    administers: AUDIT\n", "", "there are three administrators"},
		{"an entity twice", "of: [Mandate]", "of: [Veteran]", "Veteran stands here twice"},
		{"a sight that is none", "{VETERAN: SELF, CLERK: AGENT}", "{VETERAN: SELF, CLERK: EYES}", "CLERK sees EYES"},
		{"rows for who is no role", "{VETERAN: SELF, CLERK: AGENT}", "{VETERAN: SELF, KING: ALL}", "KING sees ALL"},
		{"a door without a role", "roles: [VETERAN]", "roles: [KING]", "KING is no role"},
		{"a type of no entity", "Case: CaseFile", "Case: CaseFolder", "CaseFolder is no entity"},
		{"a key that is none", "signed: #", "signd: #", "unknown key"},
		{"a piece that is missing", "  - {act: case.rate, zh: 评价, en: Rate,", "  - {act: case.rate, zh: 评价,", "missing here: en"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			broken := strings.Replace(string(whole), tt.old, tt.new, 1)
			if broken == string(whole) {
				t.Fatalf("the policy has no %q", tt.old)
			}
			_, err := access.LoadPolicy("policy.yaml", []byte(broken))
			if problems := new(catalog.Problems); err == nil || !errors.As(err, &problems) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), "policy.yaml:") {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
	_, err = access.LoadPolicy("policy.yaml", []byte(strings.NewReplacer("where: SLICE", "where: EVERYWHERE", "of: [Mandate]", "of: [Veteran]").Replace(string(whole))))
	if err == nil || !strings.Contains(err.Error(), "EVERYWHERE") || !strings.Contains(err.Error(), "Veteran stands here twice") {
		t.Errorf("two mistakes are told as %v", err)
	}
}

// An officer is sent what a matter of the department asks for, and what it keeps itself.
func TestOfficersAreSentWhatTheyNeed(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p := access.Builtin()
	for _, tt := range []struct {
		department, element string
		want                bool
	}{
		{"VA", "militaryRank", true}, {"MIL", "militaryRank", true}, {"PS", "militaryRank", false}, {"HSA", "militaryRank", false},
		{"PS", "fingerprint", true}, {"VA", "fingerprint", false}, {"VA", "politicalStatus", true}, {"HRSS", "politicalStatus", false},
		{"VA", "bankAccountNo", true}, {"PS", "bankAccountNo", false}, {"PS", "mobile", true}, {"HSA", "name", true}, {"PS", "no such element", false},
	} {
		v := &access.Viewer{Kind: access.Officer, Department: tt.department}
		if got := p.Value(c, v, tt.element); got != tt.want {
			t.Errorf("an officer of %s is sent %s: %v", tt.department, tt.element, got)
		}
	}
	for kind, want := range map[access.Kind]bool{
		access.Veteran: true, access.Clerk: true, access.Machine: true, access.Supervisor: false, access.Analyst: false, access.Operator: false, access.Security: false, access.Auditor: false, "KING": false,
	} {
		if got := p.Value(c, &access.Viewer{Kind: kind}, "bankAccountNo"); got != want {
			t.Errorf("%s is sent an account: %v", kind, got)
		}
	}
	if p.Value(c, nil, "name") {
		t.Error("nobody is sent a name")
	}
	if p.Through("subgraph", access.Partner) || !p.Through("graphql", access.Partner) || p.Through("window", access.Clerk) {
		t.Error("doors are not as they are written")
	}
}
