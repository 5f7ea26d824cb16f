package catalog_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestBuiltin(t *testing.T) {
	c := builtin(t)
	lookups := 0
	for _, p := range c.Ports {
		if p.Operation == "LOOKUP" {
			lookups++
		}
	}
	ports, beside := c.Counted()
	blanks := 0
	for _, m := range c.Matters {
		blanks += len(m.Asks)
	}
	typed := 0
	for _, f := range c.Fields {
		if f.Origin == "APPLICANT" {
			typed++
		}
	}
	for what, n := range map[string][2]int{
		"matters":                    {len(c.Matters), 13},
		"fields":                     {len(c.Fields), 80},
		"blanks":                     {blanks, 224},
		"fields the person may type": {typed, 31},
		"process fields":             {len(c.Process.ProcessFields), 7},
		"materials":                  {len(c.Materials), 20},
		"code lists":                 {len(c.Codes), 29},
		"ports":                      {ports, 103},
		"ports beside them":          {beside, 2},
		"lookups":                    {lookups, 25},
		"departments and parties":    {len(c.Departments), 9},
	} {
		if n[0] != n[1] {
			t.Errorf("%s: %d, want %d", what, n[0], n[1])
		}
	}
	if !strings.HasPrefix(c.Version, "draft-1+") || len(c.Version) != len("draft-1+3f9ac1d27b40") {
		t.Errorf("version %q", c.Version)
	}
	if m := c.Matter("pension-transfer"); m == nil || m != c.Matter("M07") || c.Matter("M99") != nil {
		t.Errorf("matter by slug %v", m)
	}
	if c.Field("consentDataShare") == nil || c.Fact("age") == nil || c.Port("va.dischargeRoll") == nil || c.Department("UNIT") == nil || c.Material("MAT14") == nil {
		t.Error("something cannot be looked up")
	}
}

func TestTotals(t *testing.T) {
	c := builtin(t)
	want := catalog.Totals{
		Before:       catalog.Effort{Days: 61, Materials: 31, Steps: 13, Visits: 12},
		After:        catalog.Effort{Days: 15, Materials: 14, Steps: 2, Visits: 1},
		CriticalPath: []string{"M01", "M04", "M05", "M08"},
	}
	got := c.Totals()
	if got.Before != want.Before || got.After != want.After || !slices.Equal(got.CriticalPath, want.CriticalPath) {
		t.Errorf("%+v, want %+v", got, want)
	}
	if d := c.Differences(); len(d) != 0 {
		t.Errorf("published totals not reproduced: %v", d)
	}
}

func TestBothLanguages(t *testing.T) {
	for _, m := range builtin(t).Matters {
		texts := []catalog.Text{m.Name, m.Result.Name, m.StatutoryLimit.Text, m.Remedy, m.NextStep}
		for _, a := range m.After {
			texts = append(texts, a.Reason)
		}
		for _, c := range m.Eligibility.Conditions {
			texts = append(texts, c.Say)
		}
		for _, x := range texts {
			if !strings.ContainsFunc(x.Zh, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff }) || x.En == x.Zh {
				t.Errorf("%s: %q / %q", m.Code, x.Zh, x.En)
			}
		}
	}
}

func TestMatches(t *testing.T) {
	c := builtin(t)
	for _, x := range []struct {
		field, value string
		want         bool
	}{
		{"mobile", "13900000000", true},
		{"mobile", "139000000001", false},
		{"mobile", "x13900000000", false},
		{"hostPhone", "0451-12345678", true},
		{"hostPhone", "13900000000\n", false},
		{"idValidTo", "长期", true},
		{"idValidTo", "2031-05-01", true},
		{"idValidTo", "长期 ", false},
		{"bankAccountNo", "123456789012", true},
		{"bankAccountNo", "12345678901", false},
		{"jobIntent", "anything", true},
	} {
		if got := c.Field(x.field).Matches(x.value); got != x.want {
			t.Errorf("%s matches %q: %v", x.field, x.value, got)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := catalog.Load(catalog.BuiltinFiles()); err != nil {
			b.Fatal(err)
		}
	}
}

func TestSay(t *testing.T) {
	m := builtin(t).Matter("M01")
	got := catalog.Say("先办“%s”(%d天)", "first %s (%d days)", m.Name, 1)
	if got.Zh != "先办“退役报到”(1天)" || got.En != "first Reporting after discharge (1 days)" {
		t.Errorf("%+v", got)
	}
}
