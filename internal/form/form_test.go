package form_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var day = workday.Date(2026, time.November, 23)

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func all(c *catalog.Catalog) (codes []string) {
	for _, m := range c.Matters {
		codes = append(codes, m.Code)
	}
	return codes
}

func merge(t testing.TB, known map[string]form.Known, matters ...string) *form.Form {
	t.Helper()
	c := builtin(t)
	if len(matters) == 0 {
		matters = all(c)
	}
	f, err := form.Merge(c, matters, known, day)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func from(source string, value any) form.Known {
	return form.Known{Value: value, Source: source, AsOf: time.Date(2026, 11, 1, 2, 0, 0, 0, time.UTC), Basis: "国务院令第716号"}
}

// TestCounts: 13 forms ask 224 blanks; the joint form holds 80 fields, of which
// a person types 31 at most while not one fact is known.
func TestCounts(t *testing.T) {
	want := form.Counts{Blanks: 224, Distinct: 80, Typed: 31, Department: 46, Produced: 1, Derived: 1, OnSite: 1}
	if got := merge(t, nil).Counts; got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestFill(t *testing.T) {
	old := day.AddDays(-1)
	for _, tc := range []struct {
		name     string
		known    map[string]form.Known
		matters  []string
		field    string
		fill     form.Fill
		readOnly bool
		value    any
	}{
		{"told by its source of record", map[string]form.Known{"ethnicity": from("PS", "01")}, nil, "ethnicity", form.Filled, true, "01"},
		{"told by another department", map[string]form.Known{"ethnicity": from("VA", "01")}, nil, "ethnicity", form.Filled, false, "01"},
		{"a fact of the unit, relayed", map[string]form.Known{"serviceBranch": from("VA", "ARMY")}, nil, "serviceBranch", form.Filled, true, "ARMY"},
		{"the applicant's own earlier answer", map[string]form.Known{"mobile": from("APPLICANT", "13900000000")}, nil, "mobile", form.Filled, false, "13900000000"},
		{"no longer valid", map[string]form.Known{"employmentStatus": {Value: "70", Source: "HRSS", ValidUntil: &old}}, nil, "employmentStatus", form.Department, false, nil},
		{"known not to exist", map[string]form.Known{"disabilityGrade": {Source: "VA", Absent: true}}, nil, "disabilityGrade", form.Filled, true, nil},
		{"a department holds it", nil, nil, "maritalStatus", form.Department, false, nil},
		{"only the person knows", nil, nil, "mobile", form.Ask, false, nil},
		{"result of a matter of the case", nil, nil, "hukouAddress", form.Produced, false, nil},
		{"result of a matter that is not part of it", nil, []string{"M05"}, "hukouAddress", form.Department, false, nil},
		{"taken at the window", map[string]form.Known{"fingerprint": from("PS", "x")}, nil, "fingerprint", form.OnSite, false, nil},
		{"not computable yet", nil, nil, "serviceYears", form.Computed, false, nil},
		{"computed", map[string]form.Known{"enlistDate": from("VA", "2020-09-01"), "dischargeDate": from("VA", "2026-10-10")}, nil, "serviceYears", form.Computed, true, 6.5},
		{"follows from the citizen number", map[string]form.Known{"citizenId": from("PS", "23010219990305001X")}, nil, "birthDate", form.Computed, true, "1999-03-05"},
		{"condition does not hold", map[string]form.Known{"householdSettleType": from("APPLICANT", "ORIGINAL")}, nil, "hostName", form.NotAsked, false, nil},
		{"condition holds", map[string]form.Known{"householdSettleType": from("APPLICANT", "JOIN_RELATIVE")}, nil, "hostName", form.Ask, false, nil},
		{"a required answer that was left empty", map[string]form.Known{"mobile": {Source: "APPLICANT", Absent: true}}, nil, "mobile", form.Ask, false, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := merge(t, tc.known, tc.matters...).Field(tc.field)
			if f.Fill != tc.fill || f.ReadOnly != tc.readOnly || f.Value != tc.value {
				t.Errorf("%s: %s read-only %v value %v", tc.field, f.Fill, f.ReadOnly, f.Value)
			}
			if f.Why.Zh == "" || f.Why.En == "" || len(f.AskedBy) == 0 || strings.Contains(f.Why.En+f.Why.Zh, "%!") {
				t.Errorf("%s does not explain itself: %+v", tc.field, f.Why)
			}
		})
	}
}

func TestConditions(t *testing.T) {
	if f := merge(t, nil).Field("hostName"); !f.WhenOpen || f.Required || strings.Join(f.Reads, " ") != "householdSettleType" {
		t.Errorf("open condition: %+v", f)
	}
	if f := merge(t, map[string]form.Known{"householdSettleType": from("APPLICANT", "JOIN_RELATIVE")}).Field("hostName"); f.WhenOpen || !f.Required {
		t.Errorf("condition that holds: %+v", f)
	}
}

func TestServiceYears(t *testing.T) {
	for _, tc := range []struct {
		from, to string
		want     float64
	}{
		{"2020-09-01", "2022-09-01", 2},
		{"2020-09-01", "2022-08-31", 2},
		{"2020-09-01", "2022-09-02", 2.5},
		{"2020-09-01", "2023-02-28", 2.5},
		{"2020-09-01", "2023-03-01", 3},
		{"2020-08-31", "2023-02-27", 2.5},
		{"2020-08-31", "2023-02-28", 3}, // the month has no 31st: its last day counts
		{"2020-02-29", "2021-02-28", 1},
		{"2020-09-01", "2020-09-01", 0},
		{"2020-09-01", "2020-10-01", 0.5},
	} {
		a, err1 := workday.ParseDay(tc.from)
		b, err2 := workday.ParseDay(tc.to)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		if got := form.ServiceYears(a, b); got != tc.want {
			t.Errorf("%s to %s: %v years, want %v", tc.from, tc.to, got, tc.want)
		}
	}
}

func TestServiceYearsGrow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := workday.Date(1990, 1, 1).AddDays(rapid.IntRange(0, 12000).Draw(t, "enlisted"))
		n := rapid.IntRange(0, 12000).Draw(t, "days")
		x, y := form.ServiceYears(a, a.AddDays(n)), form.ServiceYears(a, a.AddDays(n+1))
		if y < x || x*2 != float64(int(x*2)) || x < float64(n)/366.0 || x > float64(n)/365.0+1 {
			t.Fatalf("%s + %d days: %v, a day later %v", a, n, x, y)
		}
	})
}

func TestSettle(t *testing.T) {
	known := map[string]form.Known{"birthDate": from("PS", "2000-02-29"), "armyPensionMonths": from("VA", json.Number("24")), "awards": from("VA", []any{"MERIT_3"}), "annuityAmount": from("VA", 7)}
	settled, facts, err := form.Settle(builtin(t), known, workday.Date(2026, 2, 28))
	if err != nil {
		t.Fatal(err)
	}
	if facts["age"] != int64(25) || facts["today"] != "2026-02-28" || facts["armyPensionMonths"] != int64(24) || facts["annuityAmount"] != 7.0 || fmt.Sprint(facts["awards"]) != "[MERIT_3]" {
		t.Errorf("facts %v", facts)
	}
	if settled["age"].Source != form.Derived || len(known) != 4 {
		t.Errorf("settled %v", settled)
	}
	for field, value := range map[string]any{"name": 3, "awards": []any{"a", 1}, "armyPensionMonths": 1.5, "combatExperience": "secret-value"} {
		_, _, err := form.Settle(builtin(t), map[string]form.Known{field: from("VA", value)}, day)
		if err == nil || !strings.Contains(err.Error(), field) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", field, err)
		}
	}
}

func TestMergeUnknownMatter(t *testing.T) {
	if _, err := form.Merge(builtin(t), []string{"M99"}, nil, day); err == nil {
		t.Error("merged a matter that does not exist")
	}
}

func TestSlugsAndRepeatsCountOnce(t *testing.T) {
	if f := merge(t, nil, "M01", "discharge-report"); len(f.Matters) != 1 || f.Counts.Blanks != 29 {
		t.Errorf("%v %+v", f.Matters, f.Counts)
	}
}

func TestBind(t *testing.T) {
	known := map[string]form.Known{"ethnicity": from("PS", "01")}
	text, err := json.Marshal(merge(t, known))
	if err != nil {
		t.Fatal(err)
	}
	var f form.Form
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	if _, problems := form.Validate(&f, nil, form.Against{}); len(problems) != 1 || problems[0].Reason != form.FormNotBound {
		t.Errorf("unbound: %v", problems)
	}
	if _, err := f.Complete(nil); err == nil {
		t.Error("completed a form without a catalogue")
	}
	if err := f.Bind(builtin(t), known); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(&f); err != nil || string(again) != string(text) {
		t.Error("a form read back differs", err)
	}
	if _, problems := form.Validate(&f, []form.Answer{{Field: "ethnicity", Value: "01"}}, form.Against{}); reasons(problems)["ethnicity"] != "" {
		t.Errorf("%v", problems)
	}
	f.CatalogVersion = "other"
	if err := f.Bind(builtin(t), known); err == nil {
		t.Error("bound to another catalogue")
	}
}

func BenchmarkMerge(b *testing.B) {
	c := builtin(b)
	codes := all(c)
	for b.Loop() {
		if _, err := form.Merge(c, codes, nil, day); err != nil {
			b.Fatal(err)
		}
	}
}
