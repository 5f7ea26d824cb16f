package workday_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

func day(t testing.TB, text string) workday.Day {
	t.Helper()
	d, err := workday.ParseDay(text)
	if err != nil {
		t.Fatalf("ParseDay(%q): %v", text, err)
	}
	return d
}

func load(t testing.TB, text string) *workday.Calendar {
	t.Helper()
	c, err := workday.Load(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

const newYear2027 = `{"2027": {"off": ["2027-01-01", "2027-05-01", "2027-10-01"], "work": []}}`

func TestWorkdaysOfYears(t *testing.T) {
	c := workday.Builtin()
	if got := c.Years(); !slices.Equal(got, []int{2023, 2024, 2025, 2026}) {
		t.Fatalf("Years() = %v", got)
	}
	for year, want := range map[int]int{2023: 249, 2024: 251, 2025: 248, 2026: 248} {
		from, to := workday.Date(year-1, time.December, 31), workday.Date(year, time.December, 31)
		if got := c.Between(from, to); got != want {
			t.Errorf("%d has %d working days, want %d", year, got, want)
		}
	}
}

func TestIsWorkday(t *testing.T) {
	for _, c := range []struct {
		day                  string
		working, provisional bool
	}{
		{"2026-11-23", true, false},
		{"2026-11-22", false, false},
		{"2026-02-14", true, false},  // a Saturday at work
		{"2026-10-07", false, false}, // a Wednesday off
		{"2026-12-31", true, false},  // New Year 2027 is a Friday: no reason to move it
		{"2027-01-01", true, true},   // surely off, but nobody has said so
		{"2022-12-30", true, true},
	} {
		working, provisional := workday.Builtin().IsWorkday(day(t, c.day))
		if working != c.working || provisional != c.provisional {
			t.Errorf("IsWorkday(%s) = %t, %t, want %t, %t", c.day, working, provisional, c.working, c.provisional)
		}
	}
}

// The notice for 2019 moved two days of December 2018. Where New Year's Day is a
// Tuesday that must be expected, so the last week waits for the next notice.
func TestLastWeekOfDecemberWaitsForTheNextNotice(t *testing.T) {
	of2018 := `"2018": {"off": ["2018-01-01", "2018-05-01", "2018-10-01"%s], "work": [%s]}`
	alone := load(t, strings.NewReplacer("%s", "").Replace("{"+of2018+"}"))
	for text, want := range map[string]bool{"2018-12-24": false, "2018-12-25": true, "2018-12-31": true} {
		if _, provisional := alone.IsWorkday(day(t, text)); provisional != want {
			t.Errorf("%s provisional %t, want %t", text, provisional, want)
		}
	}
	of2018 = strings.Replace(strings.Replace(of2018, "%s", `, "2018-12-31"`, 1), "%s", `"2018-12-29"`, 1)
	both := load(t, "{"+of2018+`, "2019": {"off": ["2019-01-01", "2019-05-01", "2019-10-01"]}}`)
	due := both.Due(day(t, "2018-12-28"), 2)
	if due.Day != day(t, "2019-01-02") || due.Provisional {
		t.Errorf("due %v, provisional %t", due.Day, due.Provisional)
	}
}

func TestAcceptedOn(t *testing.T) {
	for _, c := range []struct {
		name, at string
		closing  int
		want     string
	}{
		{"in office hours", "2026-11-23T16:59:59+08:00", 17, "2026-11-23"},
		{"at closing time", "2026-11-23T17:00:00+08:00", 17, "2026-11-24"},
		{"after closing on a Friday", "2026-11-27T20:00:00+08:00", 17, "2026-11-30"},
		{"on a Sunday", "2026-11-22T09:00:00+08:00", 17, "2026-11-23"},
		{"on a Saturday at work", "2026-02-14T09:00:00+08:00", 17, "2026-02-14"},
		{"before a long holiday", "2026-09-30T18:00:00+08:00", 17, "2026-10-08"},
		{"still yesterday in London", "2026-11-22T17:00:00Z", 17, "2026-11-23"},
		{"offices that close at midnight", "2026-11-23T23:59:59+08:00", 0, "2026-11-23"},
	} {
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := workday.Builtin().AcceptedOn(at, c.closing); got != day(t, c.want) {
			t.Errorf("%s: %v, want %s", c.name, got, c.want)
		}
	}
}

func TestLoadReportsEveryMistake(t *testing.T) {
	_, err := workday.Load(strings.NewReader(`{
		"2027": {"off": ["2027-01-01", "2027-02-30", "2027-01-01", "2026-05-01", "2027-01-02"], "work": ["2027-01-02", "2027-01-04"]},
		"2028": {"off": []},
		"next": {"off": ["2027-1-1"]}}`))
	problems := new(workday.Problems)
	if !errors.As(err, &problems) {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, p := range *problems {
		got = append(got, p.Year+" "+p.Date+" "+p.Text)
	}
	want := []string{
		"2027 2027-02-30 is not a date like 2026-11-23",
		"2027 2027-01-01 is listed twice",
		"2027 2026-05-01 stands under another year",
		"2027 2027-01-02 is both off and a working day",
		"2027 2027-01-04 is a make-up workday but no weekend",
		"2028  names no day",
		"next  is not a year of four digits",
		"next 2027-1-1 is not a date like 2026-11-23",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestLoadRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":           ``,
		"no year":           `{}`,
		"a list":            `[]`,
		"a repeated year":   `{"2027": {"off": ["2027-01-01"]}, "2027": {"off": ["2027-05-01"]}}`,
		"a repeated key":    `{"2027": {"off": ["2027-01-01"], "off": ["2027-05-01"]}}`,
		"an unknown key":    `{"2027": {"of": ["2027-01-01"]}}`,
		"a key in capitals": `{"2027": {"Off": ["2027-01-01"]}}`,
		"a number":          `{"2027": {"off": [20270101]}}`,
		"two schedules":     newYear2027 + newYear2027,
		"half a schedule":   newYear2027[:40],
	} {
		if _, err := workday.Load(strings.NewReader(text)); !errors.As(err, new(*workday.Problems)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMerge(t *testing.T) {
	from := day(t, "2026-12-28")
	before := workday.Builtin().Due(from, 4) // 29, 30, 31 December, and 1 January by its weekday
	if before.Day != day(t, "2027-01-01") || !before.Provisional {
		t.Errorf("before: %v, provisional %t", before.Day, before.Provisional)
	}
	merged, err := workday.Builtin().Merge(load(t, newYear2027))
	if err != nil {
		t.Fatal(err)
	}
	after := merged.Due(from, 4)
	if after.Day != day(t, "2027-01-04") || after.Provisional {
		t.Errorf("after: %v, provisional %t", after.Day, after.Provisional)
	}
	if got := workday.Builtin().Years(); len(got) != 4 {
		t.Errorf("merging changed the built-in calendar: %v", got)
	}
}

func TestMergeRefusesContradictions(t *testing.T) {
	_, err := workday.Builtin().Merge(load(t, `{"2026": {"off": ["2026-02-14", "2026-10-10", "2026-12-31"]}}`))
	problems := new(workday.Problems)
	if !errors.As(err, &problems) || len(*problems) != 2 {
		t.Errorf("got %v", err)
	}
}

func TestPartOfANoticeStaysProvisional(t *testing.T) {
	c := load(t, `{"2027": {"off": ["2027-01-01"]}}`)
	if working, provisional := c.IsWorkday(day(t, "2027-01-01")); working || !provisional {
		t.Errorf("working %t, provisional %t", working, provisional)
	}
	if got := c.Years(); len(got) != 0 {
		t.Errorf("Years() = %v", got)
	}
}

// The zero calendar is usable: weekends only, all provisional.
func TestZeroCalendar(t *testing.T) {
	var c workday.Calendar
	due := c.Due(day(t, "2026-11-27"), 1)
	if due.Day != day(t, "2026-11-30") || !due.Provisional {
		t.Errorf("%v, provisional %t", due.Day, due.Provisional)
	}
	if m, err := c.Merge(workday.Builtin()); err != nil || len(m.Years()) != 4 {
		t.Errorf("merge into the zero calendar: %v", err)
	}
}

func anyDay() *rapid.Generator[workday.Day] {
	return rapid.Map(rapid.IntRange(19000, 21500), func(n int) workday.Day { return workday.Day(n) }) // 2022 to 2028
}

func TestBetweenInvertsDue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := anyDay().Draw(t, "from"), rapid.IntRange(0, 300).Draw(t, "n")
		if got := workday.Builtin().Between(from, workday.Builtin().Due(from, n).Day); got != n {
			t.Fatalf("Between = %d", got)
		}
	})
}

func TestBetweenAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := anyDay().Draw(t, "a"), anyDay().Draw(t, "b"), anyDay().Draw(t, "c")
		cal := workday.Builtin()
		if cal.Between(a, b)+cal.Between(b, c) != cal.Between(a, c) {
			t.Fatal("the whole is not the sum of its parts")
		}
	})
}

func FuzzLoad(f *testing.F) {
	f.Add(newYear2027)
	f.Add(`{"2027": {"off": ["2027-02-30"]}}`)
	f.Fuzz(func(t *testing.T, text string) {
		c, err := workday.Load(strings.NewReader(text))
		if (c == nil) == (err == nil) {
			t.Fatalf("calendar %v with error %v", c, err)
		}
		if err == nil {
			c.Due(workday.Date(2027, time.January, 1), 10)
		}
	})
}
