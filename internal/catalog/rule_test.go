package catalog_test

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func TestEval(t *testing.T) {
	c := builtin(t)
	type f = catalog.Facts
	for _, x := range []struct {
		name, rule string
		facts      f
		want       catalog.Verdict
	}{
		{"known", `gender == "1"`, f{"gender": "1"}, catalog.True},
		{"known otherwise", `gender == "1"`, f{"gender": "2"}, catalog.False},
		{"absent equals nothing", `gender == "1"`, f{"gender": nil}, catalog.False},
		{"absent is null", `gender == null`, f{"gender": nil}, catalog.True},
		{"nobody told", `gender == "1"`, f{}, catalog.Unknown},
		{"nobody told whether absent", `gender == null`, f{}, catalog.Unknown},
		{"true or unknown", `gender == "1" || combatExperience == true`, f{"gender": "1"}, catalog.True},
		{"unknown or true", `combatExperience == true || gender == "1"`, f{"gender": "1"}, catalog.True},
		{"false and unknown", `gender == "1" && combatExperience == true`, f{"gender": "2"}, catalog.False},
		{"unknown and false", `combatExperience == true && gender == "1"`, f{"gender": "2"}, catalog.False},
		{"false or unknown", `gender == "1" || combatExperience == true`, f{"gender": "2"}, catalog.Unknown},
		{"true and unknown", `gender == "1" && combatExperience == true`, f{"gender": "1"}, catalog.Unknown},
		{"not unknown", `!(gender == "1")`, f{}, catalog.Unknown},
		{"choice on the unknown", `gender == "1" ? true : true`, f{}, catalog.Unknown},
		{"in a list of codes", `settlementMode in ["RETIREMENT", "SELF_EMPLOYMENT"]`, f{"settlementMode": "RETIREMENT"}, catalog.True},
		{"unknown in a list of codes", `settlementMode in ["RETIREMENT"]`, f{}, catalog.Unknown},
		{"code in a list field", `"MERIT_3" in awards`, f{"awards": []string{"MERIT_2", "MERIT_3"}}, catalog.True},
		{"list from JSON", `awards.exists(a, a == "MERIT_3")`, f{"awards": []any{"MERIT_3"}}, catalog.True},
		{"absent list is empty", `size(awards) == 0`, f{"awards": nil}, catalog.True},
		{"unknown list", `size(awards) == 0`, f{}, catalog.Unknown},
		{"whole number", `armyPensionMonths > 0`, f{"armyPensionMonths": int64(24)}, catalog.True},
		{"whole number of JSON", `armyPensionMonths > 0`, f{"armyPensionMonths": 24.0}, catalog.True},
		{"money", `armyPensionAmount >= 1000`, f{"armyPensionAmount": 1000}, catalog.True},
		{"dates compare as text", `dischargeDate < today`, f{"dischargeDate": "2026-09-01", "today": "2026-11-23"}, catalog.True},
		{"no rule without a fact", `true`, f{}, catalog.True},
		{"age told", `age < 60`, f{"age": 59}, catalog.True},
		{"age on the birthday", `age == 60`, f{"birthDate": "1966-11-23", "today": "2026-11-23"}, catalog.True},
		{"age the day before", `age == 59`, f{"birthDate": "1966-11-24", "today": "2026-11-23"}, catalog.True},
		{"age without a birthday", `age == null`, f{"birthDate": nil, "today": "2026-11-23"}, catalog.True},
		{"age without a date of birth told", `age == null`, f{"today": "2026-11-23"}, catalog.Unknown},
		{"age without a day", `age == null`, f{"birthDate": "1966-11-24"}, catalog.Unknown},
	} {
		t.Run(x.name, func(t *testing.T) {
			rule, err := c.Compile(x.rule)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := rule.Eval(x.facts); err != nil || got != x.want {
				t.Errorf("%s is %v, %v; want %v", x.rule, got, err, x.want)
			}
		})
	}
}

// The matter of M03 is the only one that reads an age.
func TestEvalRetirementAge(t *testing.T) {
	rule := builtin(t).Matter("M03").Eligibility.Conditions[2].Expr
	if got := rule.Fields(); !slices.Equal(got, []string{"age", "gender"}) {
		t.Errorf("reads %v", got)
	}
	for _, x := range []struct {
		age, gender any
		want        catalog.Verdict
	}{
		{40, nil, catalog.True}, {62, "1", catalog.True}, {63, "1", catalog.False},
		{57, "2", catalog.True}, {58, "2", catalog.False}, {nil, "1", catalog.True},
	} {
		if got, err := rule.Eval(catalog.Facts{"age": x.age, "gender": x.gender}); err != nil || got != x.want {
			t.Errorf("%v %v: %v, %v", x.age, x.gender, got, err)
		}
	}
	if got, _ := rule.Eval(catalog.Facts{"age": 40}); got != catalog.True {
		t.Errorf("under fifty and nobody told the sex: %v", got)
	}
	if got, _ := rule.Eval(catalog.Facts{"age": 60}); got != catalog.Unknown {
		t.Errorf("sixty and nobody told the sex: %v", got)
	}
}

func TestEvalWrongType(t *testing.T) {
	c := builtin(t)
	for _, x := range []struct {
		rule string
		fact catalog.Facts
	}{
		{`gender == "1"`, catalog.Facts{"gender": 1}},
		{`combatExperience == true`, catalog.Facts{"combatExperience": "yes"}},
		{`armyPensionMonths == 1`, catalog.Facts{"armyPensionMonths": 1.5}},
		{`size(awards) == 0`, catalog.Facts{"awards": []any{1}}},
		{`size(awards) == 0`, catalog.Facts{"awards": "MERIT_3"}},
		{`gender == "1"`, catalog.Facts{"gender": struct{}{}}},
	} {
		rule, err := c.Compile(x.rule)
		if err != nil {
			t.Fatal(err)
		}
		if v, err := rule.Eval(x.fact); err == nil || v != catalog.Unknown {
			t.Errorf("%s of %v: %v, %v", x.rule, x.fact, v, err)
		}
	}
}

func TestCompileRefuses(t *testing.T) {
	c := builtin(t)
	for rule, want := range map[string]string{
		`shoeSize > 40`:                    `1:1: undeclared reference to 'shoeSize'`,
		`gender`:                           `must be true or false`,
		`gender == 1`:                      `1:8: found no matching overload`,
		`gender ==`:                        `Syntax error`,
		``:                                 `Syntax error`,
		strings.Repeat("(", 300) + `true`:  `recursion`,
		strings.Repeat("true || ", 300000): `size`,
	} {
		_, err := c.Compile(rule)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %.300v, want %s", rule, err, want)
		}
	}
}

// What is decided while something is unknown stays decided when it is told.
func TestVerdictsAreStable(t *testing.T) {
	c := builtin(t)
	category := rapid.SampledFrom([]any{"OFFICER", "NCO", "CONSCRIPT", nil})
	mode := rapid.SampledFrom([]any{"RETIREMENT", "SELF_EMPLOYMENT", "JOB_PLACEMENT", nil})
	rapid.Check(t, func(t *rapid.T) {
		all := catalog.Facts{
			"today": "2026-11-23", "personnelCategory": category.Draw(t, "category"), "settlementMode": mode.Draw(t, "mode"),
			"disabilityGrade":        rapid.SampledFrom([]any{"1", "10", nil}).Draw(t, "grade"),
			"idValidTo":              rapid.SampledFrom([]any{"2020-01-01", "2040-01-01", "长期", nil}).Draw(t, "card"),
			"birthDate":              rapid.SampledFrom([]any{"1950-01-01", "2004-02-29", nil}).Draw(t, "birth"),
			"gender":                 rapid.SampledFrom([]any{"1", "2", nil}).Draw(t, "gender"),
			"medicalSchemeType":      rapid.SampledFrom([]any{"EMPLOYEE", "RESIDENT", nil}).Draw(t, "scheme"),
			"armyPensionMonths":      rapid.SampledFrom([]any{int64(0), int64(24), nil}).Draw(t, "months"),
			"hasLocalHukou":          rapid.SampledFrom([]any{true, false, nil}).Draw(t, "hukou"),
			"hasSocialSecurityCard":  rapid.SampledFrom([]any{true, false, nil}).Draw(t, "ssc"),
			"preferentialCardBarred": rapid.SampledFrom([]any{true, false, nil}).Draw(t, "barred"),
		}
		some := catalog.Facts{"today": "2026-11-23"}
		for name, v := range all {
			if rapid.Bool().Draw(t, "know "+name) {
				some[name] = v
			}
		}
		for _, m := range c.Matters {
			for _, cond := range m.Eligibility.Conditions {
				before, err1 := cond.Expr.Eval(some)
				after, err2 := cond.Expr.Eval(all)
				if err1 != nil || err2 != nil || after == catalog.Unknown || before != catalog.Unknown && before != after {
					t.Fatalf("%s %s: %v then %v (%v, %v)", m.Code, cond.When, before, after, err1, err2)
				}
			}
		}
	})
}

func TestEvalConcurrently(t *testing.T) {
	rule := builtin(t).Matter("M05").Eligibility.Conditions[2].Expr
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			facts, want := catalog.Facts{"today": "2026-11-23", "idValidTo": "2031-05-01"}, catalog.False
			if i%2 == 0 {
				facts, want = catalog.Facts{"today": "2026-11-23"}, catalog.Unknown
			}
			for range 200 {
				if got, err := rule.Eval(facts); got != want || err != nil {
					t.Errorf("%v, %v; want %v", got, err, want)
				}
			}
		})
	}
	group.Wait()
}

func BenchmarkEval(b *testing.B) {
	rule := builtin(b).Matter("M05").Eligibility.Conditions[2].Expr
	facts := catalog.Facts{"today": "2026-11-23", "idValidTo": "2031-05-01"}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := rule.Eval(facts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkEvalAll asks every condition of the thirteen matters about one person.
func BenchmarkEvalAll(b *testing.B) {
	c := builtin(b)
	facts := catalog.Facts{
		"today": "2026-11-23", "personnelCategory": "NCO", "settlementMode": "SELF_EMPLOYMENT",
		"disabilityGrade": "6", "idValidTo": nil, "birthDate": "1996-05-01", "gender": "1",
	}
	b.ReportAllocs()
	for b.Loop() {
		for _, m := range c.Matters {
			for _, cond := range m.Eligibility.Conditions {
				if _, err := cond.Expr.Eval(facts); err != nil {
					b.Fatal(err)
				}
			}
		}
	}
}
