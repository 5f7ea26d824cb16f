package workday_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

func TestDue(t *testing.T) {
	for _, c := range []struct {
		from        string
		n           int
		want        string
		provisional bool
	}{
		{"2024-02-01", 15, "2024-02-27", false},
		{"2025-01-23", 10, "2025-02-12", false},
		{"2025-04-25", 1, "2025-04-27", false}, // a Sunday at work
		{"2025-09-26", 5, "2025-10-10", false},
		{"2026-02-11", 3, "2026-02-14", false}, // a Saturday at work
		{"2026-02-11", 15, "2026-03-10", false},
		{"2026-02-13", 3, "2026-02-25", false},
		{"2026-09-18", 1, "2026-09-20", false},
		{"2026-09-30", 15, "2026-10-27", false},
		{"2026-11-23", 15, "2026-12-14", false},
		{"2026-12-10", 15, "2026-12-31", false}, // the last that needs no notice for 2027
		{"2026-12-11", 15, "2027-01-01", true},
		{"2022-12-31", 1, "2023-01-03", false}, // the start is not counted, so its year does not matter
		{"2022-12-30", 1, "2023-01-03", true},
		{"2026-11-22", 0, "2026-11-22", false},
		{"2026-11-23", -3, "2026-11-23", false},
	} {
		got := workday.Builtin().Due(day(t, c.from), c.n)
		if got.Day != day(t, c.want) || got.Provisional != c.provisional {
			t.Errorf("Due(%s, %d) = %v, %t, want %s, %t", c.from, c.n, got.Day, got.Provisional, c.want, c.provisional)
		}
	}
}

func TestCalendarDue(t *testing.T) {
	for _, c := range []struct {
		name, from  string
		n           int
		want        string
		provisional bool
	}{
		{"ends on a working day", "2026-11-01", 30, "2026-12-01", false},
		{"ends on a Saturday", "2026-10-29", 30, "2026-11-30", false},
		{"ends on a Saturday at work", "2026-01-15", 30, "2026-02-14", false},
		{"ends in a long holiday", "2026-09-02", 30, "2026-10-08", false},
		{"runs through a holiday", "2026-09-20", 30, "2026-10-20", false},
		{"ends in a year not loaded", "2026-12-05", 30, "2027-01-04", true},
		{"rolls into a year not loaded", "2023-12-01", 29, "2024-01-02", false},
		{"no days, from a Sunday", "2026-11-22", 0, "2026-11-23", false},
	} {
		got := workday.Builtin().CalendarDue(day(t, c.from), c.n)
		if got.Day != day(t, c.want) || got.Provisional != c.provisional {
			t.Errorf("%s: %v, %t, want %s, %t", c.name, got.Day, got.Provisional, c.want, c.provisional)
		}
	}
}

func TestDueWithPauses(t *testing.T) {
	pause := func(from, to string) workday.Pause { return workday.Pause{From: day(t, from), To: day(t, to)} }
	for _, c := range []struct {
		name   string
		pauses []workday.Pause
		want   string
	}{
		{"none", nil, "2026-11-30"},
		{"two working days", []workday.Pause{pause("2026-11-24", "2026-11-25")}, "2026-12-02"},
		{"a weekend costs nothing", []workday.Pause{pause("2026-11-28", "2026-11-29")}, "2026-11-30"},
		{"shared days count once", []workday.Pause{pause("2026-11-24", "2026-11-25"), pause("2026-11-25", "2026-11-26")}, "2026-12-03"},
		{"before the start", []workday.Pause{pause("2026-11-16", "2026-11-23")}, "2026-11-30"},
		{"after the deadline", []workday.Pause{pause("2026-12-02", "2026-12-31")}, "2026-11-30"},
		{"stopped on the last day is not late", []workday.Pause{pause("2026-12-01", "2026-12-31")}, "2026-12-31"},
		{"stopped on the last day until a day off", []workday.Pause{pause("2026-12-01", "2026-12-05")}, "2026-12-07"},
		{"stopped on the last day for no time", []workday.Pause{pause("2026-12-01", "2026-11-30")}, "2026-11-30"},
		{"stopped on the last day, twice over", []workday.Pause{pause("2026-12-01", "2026-12-03"), pause("2026-12-02", "2026-12-08")}, "2026-12-08"},
		{"stopped again on the last day so moved", []workday.Pause{pause("2026-12-01", "2026-12-03"), pause("2026-12-04", "2026-12-08")}, "2026-12-08"},
		{"stopped again after the last day so moved", []workday.Pause{pause("2026-12-01", "2026-12-03"), pause("2026-12-05", "2026-12-08")}, "2026-12-03"},
		{"stopped again before the day it is rolled to", []workday.Pause{pause("2026-12-01", "2026-12-05"), pause("2026-12-06", "2026-12-09")}, "2026-12-09"},
		{"stopped again on the day it is rolled to", []workday.Pause{pause("2026-12-01", "2026-12-05"), pause("2026-12-08", "2026-12-09")}, "2026-12-09"},
		{"stopped again after the day it is rolled to", []workday.Pause{pause("2026-12-01", "2026-12-05"), pause("2026-12-09", "2026-12-10")}, "2026-12-07"},
		{"ends before it begins", []workday.Pause{pause("2026-11-25", "2026-11-24")}, "2026-11-30"},
		{"on the last day", []workday.Pause{pause("2026-11-30", "2026-11-30")}, "2026-12-01"},
	} {
		if got := workday.Builtin().DueWithPauses(day(t, "2026-11-23"), 5, c.pauses); got.Day != day(t, c.want) {
			t.Errorf("%s: %v, want %s", c.name, got.Day, c.want)
		}
	}
	if got := workday.Builtin().DueWithPauses(day(t, "2026-11-23"), 1, []workday.Pause{{From: 0, To: 1<<31 - 1}}); got.Day.Year() != 9999 || got.Steps[1].Kind != workday.Paused {
		t.Errorf("a pause without an end: %v", got.Day)
	}
}

// As days are added, acceptance comes later or a pause lasts longer, a deadline never
// moves back, wherever the pauses lie.
func TestDueWithPausesIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := workday.Builtin(), anyDay().Draw(t, "from"), rapid.IntRange(0, 20).Draw(t, "n")
		var pauses []workday.Pause
		for range rapid.IntRange(1, 4).Draw(t, "pauses") {
			stopped := from.AddDays(rapid.IntRange(-5, 35).Draw(t, "stopped"))
			if rapid.Bool().Draw(t, "on the last day") {
				stopped = c.DueWithPauses(from, n, pauses).Day
			}
			pauses = append(pauses, workday.PauseBetween(stopped, stopped.AddDays(rapid.IntRange(0, 8).Draw(t, "long"))))
		}
		due := c.DueWithPauses(from, n, pauses).Day
		if c.DueWithPauses(from, n+1, pauses).Day < due || c.DueWithPauses(from+1, n, pauses).Day < due {
			t.Fatalf("%v does not grow with its inputs", due)
		}
		pauses[0].To++
		if longer := c.DueWithPauses(from, n, pauses).Day; longer < due {
			t.Fatalf("%v moves back to %v when a pause is longer", due, longer)
		}
	})
}

func TestDueAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := workday.Builtin()
		from := anyDay().Draw(t, "from")
		a, b := rapid.IntRange(0, 120).Draw(t, "a"), rapid.IntRange(0, 120).Draw(t, "b")
		if got, want := c.Due(c.Due(from, a).Day, b).Day, c.Due(from, a+b).Day; got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

func TestDueIsMonotone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := workday.Builtin()
		from, n := anyDay().Draw(t, "from"), rapid.IntRange(0, 120).Draw(t, "n")
		due := c.Due(from, n).Day
		if c.Due(from+1, n).Day < due || c.Due(from, n+1).Day <= due {
			t.Fatalf("%v does not grow with its inputs", due)
		}
		if c.CalendarDue(from, n).Day > c.CalendarDue(from, n+1).Day || c.CalendarDue(from, n).Day < from.AddDays(n) {
			t.Fatal("the calendar deadline does not grow")
		}
	})
}

func TestPausesAddTheirWorkingDays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := workday.Builtin()
		from, n := anyDay().Draw(t, "from"), rapid.IntRange(1, 60).Draw(t, "n")
		start := from.AddDays(rapid.IntRange(1, 30).Draw(t, "after"))
		p := workday.Pause{From: start, To: start.AddDays(rapid.IntRange(0, 40).Draw(t, "long"))}
		got, want := c.DueWithPauses(from, n, []workday.Pause{p}).Day, c.Due(from, n).Day
		switch {
		case want >= p.From:
			want = c.Due(from, n+c.Between(p.From-1, p.To)).Day
		case want+1 == p.From: // stopped on the last day; any later the deadline passes before the pause
			want = c.Next(p.To)
		}
		if got != want {
			t.Fatalf("%v, want %v", got, want)
		}
	})
}

// The ledger covers every day from the start to the deadline once, and its counted
// days are those promised.
func TestLedgerIsComplete(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		from, n := anyDay().Draw(t, "from"), rapid.IntRange(0, 60).Draw(t, "n")
		due := workday.Builtin().Due(from, n)
		next, counted, warned := from, 0, false
		for _, s := range due.Steps {
			if s.Note.Zh == "" || s.Note.En == "" {
				t.Fatalf("%s has no words", s.Kind)
			}
			switch s.Kind {
			case workday.End:
				continue
			case workday.Provisional:
				warned = true
				continue
			case workday.Counted, workday.MakeUp:
				counted += s.Days
			}
			if s.Day != next {
				t.Fatalf("%s begins on %v, not on %v", s.Kind, s.Day, next)
			}
			next = s.Until + 1
		}
		if counted != n || next != due.Day+1 || warned != due.Provisional {
			t.Fatalf("counted %d of %d until %v, due %v, warned %t", counted, n, next-1, due.Day, warned)
		}
	})
}

func TestHolidaysAreNamed(t *testing.T) {
	for from, want := range map[string]string{
		"2023-01-20": "春节", "2023-04-04": "清明节", "2023-04-28": "劳动节", "2023-06-21": "端午节", "2023-09-28": "国庆节、中秋节",
		"2023-12-29": "元旦", "2024-06-07": "端午节", "2024-09-14": "中秋节", "2024-09-30": "国庆节", "2025-01-27": "春节", "2025-05-30": "端午节",
		"2025-09-30": "国庆节、中秋节", "2026-02-14": "春节", "2026-06-18": "端午节", "2026-09-24": "中秋节", "2026-09-30": "国庆节",
	} {
		step := workday.Builtin().Due(day(t, from), 1).Steps[1]
		if step.Kind != workday.Holiday || !strings.HasPrefix(step.Note.Zh, want+"放假") {
			t.Errorf("after %s: %s %s, want %s", from, step.Kind, step.Note.Zh, want)
		}
	}
}

func ExampleCalendar_Due() {
	due := workday.Builtin().Due(workday.Date(2026, time.February, 11), 4)
	for _, s := range due.Steps {
		fmt.Println(s.Day, s.Until, s.Note.Zh)
	}
	// Output:
	// 2026-02-11 2026-02-11 起算当日不计入，自次日起算(《民法典》第二百零一条)。
	// 2026-02-12 2026-02-13 计为第 1 至 2 个工作日。
	// 2026-02-14 2026-02-14 周末调休上班，计为第 3 个工作日。
	// 2026-02-15 2026-02-23 春节放假 9 天，不计入(《行政许可法》第八十二条)。
	// 2026-02-24 2026-02-24 计为第 4 个工作日。
	// 2026-02-24 2026-02-24 期限届满之日。
}

func ExampleCalendar_CalendarDue() {
	due := workday.Builtin().CalendarDue(workday.Date(2026, time.December, 3), 30)
	for _, s := range due.Steps {
		fmt.Println(s.Day, s.Until, s.Note.En)
	}
	// Output:
	// 2026-12-03 2026-12-03 The first day is not counted; counting begins the day after (Civil Code art. 201).
	// 2026-12-04 2027-01-02 30 calendar days, every day counted.
	// 2027-01-02 2027-01-02 The holiday schedule of 2027 is not loaded: from here on reckoned by what is known and by weekends; reckon again when it is.
	// 2027-01-02 2027-01-03 The last day is a day off; the deadline is the day after the days off (Civil Code art. 203).
	// 2027-01-04 2027-01-04 The deadline (provisional).
}

func BenchmarkDue(b *testing.B) {
	from := workday.Date(2026, time.September, 30)
	for b.Loop() {
		workday.Builtin().Due(from, 15)
	}
}
