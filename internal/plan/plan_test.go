package plan_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var accepted = workday.Date(2026, time.November, 23)

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// person is somebody of whom only what decides the headline is known; grade and card may be absent.
func person(category, mode, grade, validTo string) map[string]plan.Known {
	known := func(source, value string) plan.Known {
		return plan.Known{Value: value, Source: source, AsOf: time.Date(2026, 11, 2, 1, 0, 0, 0, time.UTC), Absent: value == ""}
	}
	return map[string]plan.Known{
		"personnelCategory": known("VA", category), "settlementMode": known("VA", mode),
		"disabilityGrade": known("VA", grade), "idValidTo": known("PS", validTo),
	}
}

func input(t testing.TB, facts map[string]plan.Known, chosen ...string) plan.Input {
	return plan.Input{Catalog: builtin(t), Calendar: workday.Builtin(), Facts: facts, Chosen: chosen, AcceptedOn: accepted, Now: accepted.Time()}
}

func compile(t testing.TB, in plan.Input) *plan.Plan {
	t.Helper()
	p, err := plan.Compile(in)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func matter(t testing.TB, p *plan.Plan, code string) plan.MatterPlan {
	t.Helper()
	for _, m := range p.Matters {
		if m.Code == code {
			return m
		}
	}
	t.Fatalf("no matter %s", code)
	return plan.MatterPlan{}
}

// TestTotals holds the table of persons against the compiled plan. Nothing but
// category, mode, disability and identity card is known of them.
func TestTotals(t *testing.T) {
	for _, tc := range []struct{ name, category, mode, grade, card, want string }{
		{"conscript, self-employment", "CONSCRIPT", "SELF_EMPLOYMENT", "", "", "12 | 56 -> 15 | 26 -> 11 | 11 -> 1 | M01>M04>M05>M08"},
		{"conscript, self-employment, valid ID card", "CONSCRIPT", "SELF_EMPLOYMENT", "", "2031-05-01", "11 | 46 -> 13 | 24 -> 11 | 10 -> 1 | M01>M04>M09>M10"},
		{"NCO, self-employment", "NCO", "SELF_EMPLOYMENT", "", "", "12 | 56 -> 15 | 27 -> 12 | 11 -> 1 | M01>M04>M05>M08"},
		{"NCO disabled, self-employment", "NCO", "SELF_EMPLOYMENT", "6", "", "13 | 61 -> 15 | 31 -> 14 | 12 -> 1 | M01>M04>M05>M08"},
		{"NCO, job placement", "NCO", "JOB_PLACEMENT", "", "", "10 | 44 -> 15 | 22 -> 10 | 9 -> 1 | M01>M04>M05>M08"},
		{"NCO disabled, job placement", "NCO", "JOB_PLACEMENT", "8", "", "11 | 49 -> 15 | 26 -> 12 | 10 -> 1 | M01>M04>M05>M08"},
		{"NCO, monthly pension", "NCO", "MONTHLY_PENSION", "", "", "11 | 46 -> 15 | 23 -> 10 | 10 -> 1 | M01>M04>M05>M08"},
		{"officer, demobilised", "OFFICER", "DEMOBILIZATION", "", "", "11 | 46 -> 15 | 23 -> 10 | 10 -> 1 | M01>M04>M05>M08"},
		{"officer, career transfer", "OFFICER", "CAREER_TRANSFER", "", "", "10 | 44 -> 15 | 22 -> 10 | 9 -> 1 | M01>M04>M05>M08"},
		{"NCO disabled, state support", "NCO", "STATE_SUPPORT", "2", "", "7 | 27 -> 15 | 18 -> 8 | 7 -> 1 | M01>M04>M05>M08"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := compile(t, input(t, person(tc.category, tc.mode, tc.grade, tc.card)))
			b, a := p.Totals.Before, p.Totals.After
			got := fmt.Sprintf("%d | %d -> %d | %d -> %d | %d -> %d | %s", p.Totals.Matters, b.Days, a.Days, b.Materials, a.Materials, b.Visits, a.Visits, strings.Join(p.CriticalPath, ">"))
			if got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
			if b.Steps != p.Totals.Matters || a.Steps != 2 {
				t.Errorf("steps %d -> %d", b.Steps, a.Steps)
			}
			balanced(t, p)
		})
	}
}

// balanced checks that every paper asked for is either brought or accounted for.
func balanced(t testing.TB, p *plan.Plan) {
	t.Helper()
	sum := 0
	for _, k := range p.Papers.Kept {
		if !k.Form {
			sum++
		}
	}
	for _, d := range p.Papers.Dropped {
		sum += d.Saved
	}
	if sum != p.Papers.Asked {
		t.Errorf("%d papers asked for, %d accounted for: %+v", p.Papers.Asked, sum, p.Papers)
	}
}

var everything = person("NCO", "SELF_EMPLOYMENT", "6", "")

func TestPublishedTotals(t *testing.T) {
	p := compile(t, input(t, everything))
	published := builtin(t).Meta.Published
	b, a := p.Totals.Before, p.Totals.After
	for key, got := range map[string]int{
		"daysBefore": b.Days, "daysAfter": a.Days, "materialsBefore": b.Materials, "materialsAfter": a.Materials,
		"stepsBefore": b.Steps, "stepsAfter": a.Steps, "visitsBefore": b.Visits, "visitsAfter": a.Visits,
	} {
		if want, stated := published[key]; !stated || got != want {
			t.Errorf("%s: computed %d, published %d", key, got, want)
		}
	}
}

func TestSchedule(t *testing.T) {
	p := compile(t, input(t, everything))
	want := map[string]int{"M01": 1, "M04": 2, "M11": 2, "M03": 3, "M06": 3, "M09": 3, "M12": 5, "M13": 7, "M02": 11, "M05": 12, "M07": 13, "M10": 13, "M08": 15}
	got := map[string]int{}
	seen := map[string]int{}
	for _, m := range p.Matters {
		got[m.Code], seen[m.Code] = m.FinishDay, m.Order
		if wantSlack := map[bool]int{true: 0}[m.Slack == 0]; strings.Contains(strings.Join(p.CriticalPath, " "), m.Code) && m.Slack != wantSlack {
			t.Errorf("%s is on the critical path with slack %d", m.Code, m.Slack)
		}
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("finish days %v\nwant        %v", got, want)
	}
	for _, m := range p.Matters {
		for _, before := range m.After {
			if seen[before] >= m.Order {
				t.Errorf("%s (%d) is ordered before %s (%d)", m.Code, m.Order, before, seen[before])
			}
		}
	}
	for code, slack := range map[string]int{"M02": 4, "M10": 2, "M07": 2, "M09": 2, "M13": 8, "M11": 13} {
		if m := matter(t, p, code); m.Slack != slack {
			t.Errorf("%s: slack %d, want %d", code, m.Slack, slack)
		}
	}
	if day := p.PromisedOn.Day.String(); day != "2026-12-14" || p.PromisedOn.Provisional {
		t.Errorf("promised %s, provisional %v", day, p.PromisedOn.Provisional)
	}
	if d := matter(t, p, "M01").Promised.Day.String(); d != "2026-11-24" {
		t.Errorf("M01 promised %s", d)
	}
	if n := len(p.Ledger); n != 4 || p.Ledger[0].From != 1 || p.Ledger[n-1].To != 15 || len(p.PromisedOn.Steps) == 0 {
		t.Errorf("ledger %+v", p.Ledger)
	}
}

func TestForm(t *testing.T) {
	p := compile(t, input(t, everything))
	if c := p.Form.Counts; c.Blanks != 224 || c.Distinct != 80 || c.Typed > 31 {
		t.Errorf("counts %+v", c)
	}
}

func TestProvisionalPromise(t *testing.T) {
	in := input(t, everything)
	in.AcceptedOn = workday.Date(2026, time.December, 11)
	p := compile(t, in)
	if !p.PromisedOn.Provisional {
		t.Error("a promise that reaches 2027 is not provisional")
	}
	if !strings.Contains(p.Notice.String(), "暂定") {
		t.Error("the notice does not say so")
	}
}

func TestFaults(t *testing.T) {
	conscript := person("CONSCRIPT", "SELF_EMPLOYMENT", "", "")
	for _, tc := range []struct {
		name   string
		change func(*plan.Input)
		reason string
		field  string
		says   string
	}{
		{"unknown matter", func(in *plan.Input) { in.Chosen = []string{"M01", "M99"} }, "MATTER_UNKNOWN", "input.matters", ""},
		{"a matter twice", func(in *plan.Input) { in.Chosen = []string{"M01", "M01"} }, "MATTER_REPEATED", "input.matters", "M01"},
		{"a matter by code and slug", func(in *plan.Input) { in.Chosen = []string{"M01", "discharge-report"} }, "MATTER_REPEATED", "input.matters", "M01"},
		{"nothing chosen", func(in *plan.Input) { in.Chosen = []string{} }, "NO_MATTERS", "input.matters", ""},
		{"not eligible", func(in *plan.Input) { in.Chosen = []string{"M01", "M13"} }, "MATTER_NOT_ELIGIBLE", "input.matters", "M13"},
		{"already done", func(in *plan.Input) { in.Chosen, in.Done = []string{"M01"}, []string{"discharge-report"} }, "MATTER_ALREADY_DONE", "input.matters", ""},
		{"unknown matter done", func(in *plan.Input) { in.Done = []string{"x"} }, "MATTER_UNKNOWN", "input.done", ""},
		{"accepted long ago", func(in *plan.Input) { in.AcceptedOn = workday.Date(2019, 12, 31) }, "DATE_OUT_OF_RANGE", "input.acceptedOn", ""},
		{"accepted far ahead", func(in *plan.Input) { in.AcceptedOn = workday.Date(2029, 1, 1) }, "DATE_OUT_OF_RANGE", "input.acceptedOn", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			in := input(t, conscript)
			in.Chosen = nil
			tc.change(&in)
			_, err := plan.Compile(in)
			f := fault.Of(err)
			if f.Kind != fault.Invalid || f.Reason != tc.reason || strings.Join(f.Field, ".") != tc.field || !strings.Contains(f.TextEn, tc.says) || !strings.Contains(f.Text, tc.says) {
				t.Errorf("got %v (%v) at %v: %s", f.Reason, err, f.Field, f.Text)
			}
		})
	}
}

func TestWhatWouldChange(t *testing.T) {
	changes := func(facts map[string]plan.Known, code string) string {
		t.Helper()
		all, err := plan.Judge(input(t, facts))
		if err != nil {
			t.Fatal(err)
		}
		var out []string
		for _, m := range all {
			if m.Code == code {
				for _, c := range m.WouldChange {
					out = append(out, c.Field+"="+strings.Join(c.Values, "|"))
				}
			}
		}
		return strings.Join(out, " ")
	}
	for _, tc := range []struct {
		name  string
		facts map[string]plan.Known
		code  string
		want  string
	}{
		{"a subsidy needs self-employment", person("NCO", "JOB_PLACEMENT", "", ""), "M02", "settlementMode=SELF_EMPLOYMENT"},
		{"a pension transfer needs any grade", person("CONSCRIPT", "SELF_EMPLOYMENT", "", ""), "M13", "disabilityGrade=1|2|3|4|5|6|7|8|9|10"},
		{"a card that is valid bars a new one", person("CONSCRIPT", "SELF_EMPLOYMENT", "", "2031-05-01"), "M05", "idValidTo=PAST|ABSENT"},
		{"eligible already", person("NCO", "SELF_EMPLOYMENT", "", ""), "M02", ""},
		{"two facts stand in the way", person("OFFICER", "DEMOBILIZATION", "", ""), "M02", ""},
	} {
		if got := changes(tc.facts, tc.code); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

func TestReasons(t *testing.T) {
	p := compile(t, input(t, person("CONSCRIPT", "SELF_EMPLOYMENT", "", "")))
	m13 := matter(t, p, "M13")
	if m13.Verdict != plan.Ineligible || m13.Selected {
		t.Fatalf("M13 %s, selected %v", m13.Verdict, m13.Selected)
	}
	found := false
	for _, r := range m13.Reasons {
		for _, f := range r.Facts {
			if f.Field == "disabilityGrade" {
				found = r.Verdict == "NOT_MET" && f.State == "ABSENT" && f.Source == "VA" && f.AsOf != nil
			}
		}
		if r.Words.Zh == "" || r.Words.En == "" {
			t.Errorf("a reason without words: %+v", r)
		}
	}
	if !found {
		t.Errorf("M13 does not explain itself: %+v", m13.Reasons)
	}
	if m := matter(t, p, "M01"); m.Duty != "MUST" || m.DutyBasis == "" || m.Verdict != plan.Eligible {
		t.Errorf("M01 %+v", m)
	}
}

func TestOwnLimit(t *testing.T) {
	facts := person("CONSCRIPT", "SELF_EMPLOYMENT", "", "")
	if l := matter(t, compile(t, input(t, facts)), "M01").Limit; l == nil || l.Due != nil || l.Overdue {
		t.Errorf("date not known: %+v", l)
	}
	facts["dischargeDate"] = plan.Known{Value: "2026-10-10", Source: "VA"}
	p := compile(t, input(t, facts))
	// 30 calendar days end on 2026-11-09, a Monday; 40 on 2026-11-19, a Thursday.
	if l := matter(t, p, "M01").Limit; l.Due.Day.String() != "2026-11-09" || !l.Overdue {
		t.Errorf("M01 %s overdue %v", l.Due.Day, l.Overdue)
	}
	if l := matter(t, p, "M11").Limit; l.Due.Day.String() != "2026-11-19" || !l.Overdue {
		t.Errorf("M11 %s overdue %v", l.Due.Day, l.Overdue)
	}
	facts["dischargeDate"] = plan.Known{Value: "2026-11-13", Source: "VA"}
	// 30 days end on Sunday 2026-12-13 and roll to Monday (民法典 203).
	if l := matter(t, compile(t, input(t, facts)), "M01").Limit; l.Due.Day.String() != "2026-12-14" || l.Overdue {
		t.Errorf("M01 %s overdue %v", l.Due.Day, l.Overdue)
	}
}

func TestNotice(t *testing.T) {
	p := compile(t, input(t, everything))
	zh, en := p.Notice.String(), p.Notice.English()
	for _, want := range []string{"2026-12-14", "15", "退出现役证件", "公安", "14份", "重建"} {
		if !strings.Contains(zh, want) {
			t.Errorf("the notice does not say %q:\n%s", want, zh)
		}
	}
	for _, want := range []string{"2026-12-14", "Discharge certificate", "Reconstruction", "224"} {
		if !strings.Contains(en, want) {
			t.Errorf("the notice does not say %q:\n%s", want, en)
		}
	}
	for _, s := range p.Notice.Sections {
		for _, l := range append(s.Lines, s.Heading) {
			if l.Zh == "" || l.En == "" || strings.Contains(l.Zh+l.En, "%!") {
				t.Errorf("%s: %+v", s.ID, l)
			}
		}
	}
	if testing.Verbose() {
		t.Log("\n" + zh + "\n" + en)
	}
}

func TestSameInputSameBytes(t *testing.T) {
	first, err := json.Marshal(compile(t, input(t, everything)))
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		again, err := json.Marshal(compile(t, input(t, everything)))
		if err != nil || !bytes.Equal(first, again) {
			t.Fatal("a second compilation differs", err)
		}
	}
	var back plan.Plan
	if err := json.Unmarshal(first, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&back)
	if err != nil || !bytes.Equal(first, again) {
		t.Error("a plan read back differs", err)
	}
	if err := back.Form.Bind(builtin(t), everything); err != nil {
		t.Error(err)
	}
	t.Logf("%d bytes", len(first))
}

func TestWrongTypeIsOurs(t *testing.T) {
	facts := person("NCO", "SELF_EMPLOYMENT", "", "")
	facts["settlementMode"] = plan.Known{Value: 7777, Source: "VA"}
	_, err := plan.Compile(input(t, facts))
	if fault.Of(err).Kind != fault.Internal || err == nil || strings.Contains(err.Error(), "7777") {
		t.Errorf("got %v", err)
	}
}

func TestExpiredFactIsUnknown(t *testing.T) {
	facts := person("CONSCRIPT", "SELF_EMPLOYMENT", "", "2031-05-01")
	until, k := accepted.AddDays(-1), facts["idValidTo"]
	k.ValidUntil = &until
	facts["idValidTo"] = k
	p := compile(t, input(t, facts))
	if m := matter(t, p, "M05"); m.Verdict != plan.Uncertain || !m.Selected {
		t.Errorf("M05 %s", m.Verdict)
	}
	if f := p.Form.Field("idValidTo"); f.Fill != form.Department {
		t.Errorf("idValidTo %s", f.Fill)
	}
}

func BenchmarkCompile(b *testing.B) {
	for name, facts := range map[string]map[string]plan.Known{"everything": everything, "nothingKnown": {}, "conscript": person("CONSCRIPT", "JOB_PLACEMENT", "", "")} {
		b.Run(name, func(b *testing.B) {
			in := input(b, facts)
			b.ReportAllocs()
			for b.Loop() {
				compile(b, in)
			}
		})
	}
}

func BenchmarkJudge(b *testing.B) {
	in := input(b, everything)
	for b.Loop() {
		if _, err := plan.Judge(in); err != nil {
			b.Fatal(err)
		}
	}
}
