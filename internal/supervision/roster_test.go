package supervision_test

import (
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/supervision"
)

const people = `entries:
  - {department: "*", division: "230000000000", account: duty, name: 省值班}
  - {department: PS, division: "230000000000", account: ps, name: 省公安}
  - {department: "*", division: "230100000000", account: harbin, name: 市值班}
  - {department: PS, division: "230102000000", account: daoli-ps, name: 区公安}
  - {department: "*", division: "230102000000", account: daoli, name: 区值班}
`

func load(t *testing.T, text string) (*supervision.Roster, error) {
	t.Helper()
	c, err := catalog.Builtin()
	must(t, err)
	return supervision.LoadRoster("roster.yaml", []byte(text), c, division.Builtin())
}

// The most specific division wins, then the department; there is always somebody.
func TestRoster(t *testing.T) {
	r, err := load(t, people)
	must(t, err)
	for _, x := range []struct{ department, division, want string }{
		{"PS", "230102001001", "daoli-ps"},
		{"VA", "230102001000", "daoli"},
		{"PS", "230103000000", "harbin"}, // the city's anybody is nearer than the province's police
		{"PS", "230200000000", "ps"},
		{"HSA", "230200000000", "duty"},
		{"PS", "230000000000", "ps"},
		{"PS", "999999000000", "duty"}, // of a division that the map has dropped
	} {
		if got := r.Find(x.department, x.division).Account; got != x.want {
			t.Errorf("%s in %s: %s, want %s", x.department, x.division, got, x.want)
		}
	}
	c, err := catalog.Builtin()
	must(t, err)
	if got := r.Find("PS", daoli).Office(c); got != "黑龙江省哈尔滨市道里区公安机关督办岗位" {
		t.Errorf("the office is %s", got)
	}
}

// Every mistake is told at once, where it stands.
func TestMistakesInRoster(t *testing.T) {
	_, err := load(t, `entries:
  - {department: XX, division: "230000000000", account: a, name: 甲}
  - {department: PS, division: "990000000000", account: " b", name: 乙}
  - {department: PS, division: "230100000000", account: c, name: 丙, phone: "1"}
  - {department: PS, division: "230100000000", account: d}
`)
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		"roster.yaml:2:18: there is no department XX", "roster.yaml:3:32: there is no division 990000000000", "roster.yaml:3:57: an account has",
		`unknown key "phone"`, "roster.yaml:5:5: PS in 230100000000 stands here twice", "roster.yaml:5:5: missing here: name",
		`nobody has "*" in the whole of 黑龙江省`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told in\n%v", want, err)
		}
	}
	if _, err := supervision.LoadRules("my.yaml", []byte("silence: {graceMinutes: 0, workdays: 2, confidence: A}\nwarning: {yellowDays: 1, yellowPercent: 100, confidence: A}\n")); err == nil ||
		!strings.Contains(err.Error(), "my.yaml:1:25: wants a number from 1 to 1440") || !strings.Contains(err.Error(), "my.yaml:2:41: wants") || !strings.Contains(err.Error(), "missing here: overdue, undelivered") {
		t.Errorf("times: %v", err)
	}
}
