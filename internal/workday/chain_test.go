package workday_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// four matters of which the third and the fourth wait: 1, 2, 12 and 15 working days.
func four() []workday.Stretch {
	return []workday.Stretch{
		{Matter: "M08", Days: 3, After: []string{"M05", "M01"}},
		{Matter: "M05", Days: 10, After: []string{"M04"}},
		{Matter: "M04", Days: 1, After: []string{"M01"}},
		{Matter: "M01", Days: 1},
	}
}

func chain(t testing.TB, accepted string, stretches []workday.Stretch) map[string]workday.Due {
	t.Helper()
	dues, err := workday.Builtin().Chain(day(t, accepted), stretches)
	if err != nil {
		t.Fatal(err)
	}
	return dues
}

func wantDays(t testing.TB, name string, dues map[string]workday.Due, want map[string]string) {
	t.Helper()
	got := map[string]string{}
	for m, d := range dues {
		got[m] = d.Day.String()
	}
	if !maps.Equal(got, want) {
		t.Errorf("%s: got %v, want %v", name, got, want)
	}
}

func TestChain(t *testing.T) {
	pause := func(matter, from, to string) func([]workday.Stretch) []workday.Stretch {
		return func(s []workday.Stretch) []workday.Stretch {
			i := slices.IndexFunc(s, func(x workday.Stretch) bool { return x.Matter == matter })
			s[i].Pauses = append(s[i].Pauses, workday.PauseBetween(day(t, from), day(t, to)))
			return s
		}
	}
	plain := map[string]string{"M01": "2026-11-24", "M04": "2026-11-25", "M05": "2026-12-09", "M08": "2026-12-14"}
	for name, c := range map[string]struct {
		change func([]workday.Stretch) []workday.Stretch
		want   map[string]string
	}{
		"without pauses": {nil, plain},
		"a pause moves its matter and those that wait for it": {pause("M05", "2026-11-27", "2026-12-02"),
			map[string]string{"M01": "2026-11-24", "M04": "2026-11-25", "M05": "2026-12-14", "M08": "2026-12-17"}},
		"before the start":   {pause("M05", "2026-11-16", "2026-11-25"), plain},
		"over the start":     {pause("M05", "2026-11-23", "2026-11-26"), map[string]string{"M01": "2026-11-24", "M04": "2026-11-25", "M05": "2026-12-10", "M08": "2026-12-15"}},
		"after the deadline": {pause("M04", "2026-11-26", "2026-12-09"), plain},
		"stopped on the last day is not late": {pause("M04", "2026-11-25", "2026-12-09"),
			map[string]string{"M01": "2026-11-24", "M04": "2026-12-09", "M05": "2026-12-23", "M08": "2026-12-28"}},
		"stopped on the last day and resumed on a Saturday": {pause("M05", "2026-12-09", "2026-12-12"),
			map[string]string{"M01": "2026-11-24", "M04": "2026-11-25", "M05": "2026-12-14", "M08": "2026-12-17"}},
		"stopped the day before it":    {pause("M04", "2026-11-24", "2026-11-25"), map[string]string{"M01": "2026-11-24", "M04": "2026-11-26", "M05": "2026-12-10", "M08": "2026-12-15"}},
		"over a weekend":               {pause("M05", "2026-11-27", "2026-11-29"), plain},
		"stopped and resumed on a day": {pause("M05", "2026-11-27", "2026-11-27"), plain},
	} {
		s := four()
		if c.change != nil {
			s = c.change(s)
		}
		wantDays(t, name, chain(t, "2026-11-23", s), c.want)
	}
}

func TestChainTellsTheWayThatDecides(t *testing.T) {
	s := append(four(), workday.Stretch{Matter: "M12", Days: 2, After: []string{"M03", "M04", "M01"}}, workday.Stretch{Matter: "M03", Days: 2},
		workday.Stretch{Matter: "M13", Days: 0, After: []string{"M12"}}, workday.Stretch{Matter: "M11", Days: 2, After: []string{"M04", "M03"}})
	dues := chain(t, "2026-11-23", s)
	for m, want := range map[string]string{"M08": "M01 M04 M05 M08", "M11": "M04 M11", "M12": "M04 M12", "M13": "M04 M12 M13"} { // M03 and M04 are due together
		var got []string
		for _, step := range dues[m].Steps {
			if step.Kind == workday.Start {
				got = append(got, step.Matter)
			}
		}
		if m != "M08" {
			got = got[1:]
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", m, got, want)
		}
	}
	if dues["M13"].Day != dues["M12"].Day {
		t.Error("a matter without days takes time")
	}
	for _, step := range workday.Builtin().Due(day(t, "2026-11-23"), 3).Steps {
		if text, err := json.Marshal(step); err != nil || strings.Contains(string(text), "matter") {
			t.Errorf("a step outside of a chain names a matter: %s, %v", text, err)
		}
	}
}

func TestChainRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		stretches []workday.Stretch
		want      []string
	}{
		"a circle":          {[]workday.Stretch{{Matter: "A", After: []string{"B"}}, {Matter: "B", After: []string{"A"}}, {Matter: "C", After: []string{"A"}}, {Matter: "D"}}, []string{"circle", "A, B, C"}},
		"itself":            {[]workday.Stretch{{Matter: "A", After: []string{"A"}}}, []string{"circle"}},
		"unknown names":     {[]workday.Stretch{{Matter: "A", After: []string{"X"}}, {Matter: "B", After: []string{"Y"}}}, []string{`"X"`, `"Y"`}},
		"one matter, twice": {[]workday.Stretch{{Matter: "A"}, {Matter: "A"}}, []string{"twice"}},
	} {
		dues, err := workday.Builtin().Chain(0, c.stretches)
		if err == nil || dues != nil {
			t.Errorf("%s is taken", name)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v does not tell %s", name, err, w)
			}
		}
	}
	if dues, err := workday.Builtin().Chain(0, nil); err != nil || len(dues) != 0 {
		t.Errorf("nothing: %v, %v", dues, err)
	}
}

// A pause that lies over the days nobody knows must not hide that another matter's
// date is not settled.
func TestChainDoubtsWhatItWaitsFor(t *testing.T) {
	c := load(t, `{"2026": {"off": ["2026-01-01", "2026-05-01", "2026-10-01"]}, "2028": {"off": ["2028-01-01", "2028-05-01", "2028-10-01"]}}`)
	dues, err := c.Chain(day(t, "2026-12-28"), []workday.Stretch{
		{Matter: "A", Days: 10},
		{Matter: "B", Days: 10, Pauses: []workday.Pause{{From: day(t, "2026-12-30"), To: day(t, "2028-02-01")}}},
		{Matter: "C", Days: 1, After: []string{"A", "B"}},
		{Matter: "D", Days: 1, After: []string{"C"}},
		{Matter: "E", Days: 20, Pauses: []workday.Pause{{From: day(t, "2026-12-30"), To: day(t, "2028-02-01")}}},
		{Matter: "F", Days: 1, After: []string{"C", "E"}},
	})
	if err != nil || !dues["A"].Provisional || dues["B"].Provisional || !dues["C"].Provisional || !dues["D"].Provisional ||
		dues["E"].Provisional || !dues["F"].Provisional || dues["E"].Day <= dues["C"].Day {
		t.Errorf("%v, %v", dues, err)
	}
	if end := dues["F"].Steps[len(dues["F"].Steps)-1].Note; !strings.Contains(end.Zh, "暂定") {
		t.Errorf("%v", end)
	}
}

// Two matters follow the same one; what follows the first of them must not read the
// ledger of the second.
func TestChainsDoNotShareTheirLedgers(t *testing.T) {
	dues := chain(t, "2026-02-11", []workday.Stretch{
		{Matter: "A", Days: 4}, {Matter: "B", Days: 1, After: []string{"A"}}, {Matter: "C", Days: 2, After: []string{"A"}}, {Matter: "D", Days: 1, After: []string{"B"}},
	})
	var got []string
	for _, s := range dues["D"].Steps {
		got = append(got, s.Matter+" "+string(s.Kind))
	}
	if want := "A START,A COUNTED,A MAKE_UP,A HOLIDAY,A COUNTED,B START,B COUNTED,D START,D COUNTED,D END"; strings.Join(got, ",") != want {
		t.Errorf("got %v", got)
	}
}

// anyChain draws matters that wait for earlier ones, in any order, with pauses.
func anyChain(t *rapid.T, paused bool) []workday.Stretch {
	var s []workday.Stretch
	for i := range rapid.IntRange(1, 7).Draw(t, "matters") {
		x := workday.Stretch{Matter: fmt.Sprintf("M%02d", i), Days: rapid.IntRange(-1, 15).Draw(t, "days")}
		for _, before := range s {
			if rapid.IntRange(0, 2).Draw(t, "waits") == 0 {
				x.After = append(x.After, before.Matter)
			}
		}
		for range rapid.IntRange(0, 3).Draw(t, "pauses") {
			if !paused {
				break
			}
			from := firstOfChains.AddDays(rapid.IntRange(-5, 60).Draw(t, "stopped"))
			x.Pauses = append(x.Pauses, workday.PauseBetween(from, from.AddDays(rapid.IntRange(-1, 12).Draw(t, "long"))))
		}
		s = append(s, x)
	}
	return rapid.Permutation(s).Draw(t, "order")
}

// Chains of tests begin before Spring Festival and run over both its make-up days.
const firstOfChains workday.Day = 20489 // 2026-02-05

// walk reckons a chain as an office would: day by day, with every matter's papers on
// one table.
func walk(c *workday.Calendar, accepted workday.Day, stretches []workday.Stretch) map[string]workday.Day {
	left, due := map[string]int{}, map[string]workday.Day{}
	for today := accepted; len(due) < len(stretches); today++ {
		for _, s := range stretches {
			n, running := left[s.Matter]
			pausedOn := func(d workday.Day) bool {
				return slices.ContainsFunc(s.Pauses, func(p workday.Pause) bool { return p.From <= d && d <= p.To })
			}
			works, _ := c.IsWorkday(today)
			if running && n > 0 && works && !pausedOn(today) {
				left[s.Matter]--
			}
			if _, ended := due[s.Matter]; running && !ended && left[s.Matter] <= 0 && works && !pausedOn(today+1) {
				due[s.Matter] = today // nothing was stopped today, so today it has to be done
			}
		}
		for begun := true; begun; { // what became free today begins, and may free more if it takes no time
			begun = false
			for _, s := range stretches {
				_, running := left[s.Matter]
				if running || slices.ContainsFunc(s.After, func(m string) bool { _, ended := due[m]; return !ended }) {
					continue
				}
				begun = true
				left[s.Matter] = s.Days
				if s.Days <= 0 {
					due[s.Matter] = today
				}
			}
		}
	}
	return due
}

func TestChainIsWhatDaysMakeOfIt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := workday.Builtin()
		accepted := firstOfChains.AddDays(rapid.IntRange(0, 30).Draw(t, "accepted"))
		stretches := anyChain(t, true)
		dues, err := c.Chain(accepted, stretches)
		if err != nil {
			t.Fatal(err)
		}
		for m, want := range walk(c, accepted, stretches) {
			if dues[m].Day != want {
				t.Fatalf("%s is due %v, want %v", m, dues[m].Day, want)
			}
			wholeLedger(t, accepted, dues[m], stretches)
		}
	})
}

func TestChainWithoutPausesIsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := workday.Builtin()
		accepted, stretches := anyDay().Draw(t, "accepted"), anyChain(t, false)
		dues, err := c.Chain(accepted, stretches)
		if err != nil {
			t.Fatal(err)
		}
		days := map[string]int{}
		for range stretches { // as often as the longest way may be
			for _, s := range stretches {
				start := 0
				for _, m := range s.After {
					start = max(start, days[m])
				}
				days[s.Matter] = start + max(s.Days, 0)
			}
		}
		for m, n := range days {
			want := c.Due(accepted, n)
			if dues[m].Day != want.Day || dues[m].Provisional != want.Provisional || dues[m].Open {
				t.Fatalf("%s is due %v, want %v", m, dues[m], want)
			}
		}
	})
}

// wholeLedger checks that a ledger goes from acceptance to the deadline, each day
// once, by a way of matters that wait for one another, with all their days.
func wholeLedger(t *rapid.T, accepted workday.Day, due workday.Due, stretches []workday.Stretch) {
	of := map[string]workday.Stretch{}
	for _, s := range stretches {
		of[s.Matter] = s
	}
	next, counted, matter := accepted, map[string]int{}, ""
	for _, s := range due.Steps {
		switch {
		case s.Note.Zh == "" || s.Note.En == "":
			t.Fatalf("%s has no words", s.Kind)
		case s.Kind == workday.Start && matter != "" && (!slices.Contains(of[s.Matter].After, matter) || s.Day != next-1):
			t.Fatalf("%s does not follow %s on %v", s.Matter, matter, next)
		case s.Kind != workday.Start && s.Matter != matter:
			t.Fatalf("%s of %s stands under %s", s.Kind, s.Matter, matter)
		}
		if s.Kind == workday.Start && matter != "" || s.Kind == workday.End || s.Kind == workday.Provisional {
			matter = s.Matter
			continue
		}
		if matter = s.Matter; s.Day != next {
			t.Fatalf("%s begins on %v, not on %v", s.Kind, s.Day, next)
		}
		if next = s.Until + 1; s.Kind == workday.Counted || s.Kind == workday.MakeUp {
			counted[matter] += s.Days
		}
	}
	if next != due.Day+1 {
		t.Fatalf("the ledger ends on %v, the deadline is %v", next-1, due.Day)
	}
	for _, s := range due.Steps {
		if counted[s.Matter] != max(of[s.Matter].Days, 0) {
			t.Fatalf("%s has %d days, not %d", s.Matter, counted[s.Matter], of[s.Matter].Days)
		}
	}
}

func BenchmarkChain(b *testing.B) {
	var s []workday.Stretch
	for i, n := range []int{1, 10, 2, 1, 10, 1, 10, 3, 1, 10, 1, 3, 5} {
		s = append(s, workday.Stretch{Matter: fmt.Sprintf("M%02d", i+1), Days: n})
	}
	for _, edge := range [][2]int{{0, 1}, {0, 2}, {0, 3}, {3, 4}, {4, 7}, {3, 6}, {3, 11}} {
		s[edge[1]].After = append(s[edge[1]].After, s[edge[0]].Matter)
	}
	for b.Loop() {
		if _, err := workday.Builtin().Chain(workday.Date(2026, 9, 30), s); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleCalendar_Chain() {
	hukou := workday.Stretch{Matter: "M01", Days: 1}
	social := workday.Stretch{Matter: "M05", Days: 5, After: []string{"M01"}, Pauses: []workday.Pause{
		workday.PauseBetween(workday.Date(2026, 11, 26), workday.Date(2026, 11, 30)).Because(workday.Text{
			Zh: "补正期间不计入办理期限(参照《行政许可法》第四十五条)。", En: "Time for a correction is not counted (Administrative Licensing Law art. 45, by analogy)."})}}
	dues, _ := workday.Builtin().Chain(workday.Date(2026, 11, 23), []workday.Stretch{hukou, social}) // neither circles nor strangers
	for _, s := range dues["M05"].Steps {
		fmt.Println(s.Matter, s.Day, s.Until, s.Note.Zh)
	}
	// Output:
	// M01 2026-11-23 2026-11-23 起算当日不计入，自次日起算(《民法典》第二百零一条)。
	// M01 2026-11-24 2026-11-24 计为第 1 个工作日。
	// M05 2026-11-24 2026-11-24 在先事项期满之日起算，当日不计入，自次日起算(《民法典》第二百零一条)。
	// M05 2026-11-25 2026-11-26 计为第 2 至 3 个工作日。
	// M05 2026-11-27 2026-11-30 补正期间不计入办理期限(参照《行政许可法》第四十五条)。暂停计时，期间 2 个工作日不计入，期限顺延。
	// M05 2026-12-01 2026-12-03 计为第 4 至 6 个工作日。
	// M05 2026-12-03 2026-12-03 期限届满之日。
}
