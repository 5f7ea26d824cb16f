package workday_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// notices are the State Council's notices as they put it: from which day to which
// day, how many days in all, and the weekend days at work. Where a notice names one
// day that joins a weekend (与周末连休), only that day stands here.
var notices = map[int]struct {
	off  string
	work string
}{
	2023: {"1.1-1.2=2 1.21-1.27=7 4.5=1 4.29-5.3=5 6.22-6.24=3 9.29-10.6=8", "1.28 1.29 4.23 5.6 6.25 10.7 10.8"},
	2024: {"1.1=1 2.10-2.17=8 4.4-4.6=3 5.1-5.5=5 6.10=1 9.15-9.17=3 10.1-10.7=7", "2.4 2.18 4.7 4.28 5.11 9.14 9.29 10.12"},
	2025: {"1.1=1 1.28-2.4=8 4.4-4.6=3 5.1-5.5=5 5.31-6.2=3 10.1-10.8=8", "1.26 2.8 4.27 9.28 10.11"},
	2026: {"1.1-1.3=3 2.15-2.23=9 4.4-4.6=3 5.1-5.5=5 6.19-6.21=3 9.25-9.27=3 10.1-10.7=7", "1.4 2.14 2.28 5.9 9.20 10.10"},
}

// months are the working days of each month, counted on paper.
var months = map[int][12]int{
	2023: {18, 20, 23, 20, 21, 21, 21, 23, 20, 19, 22, 21}, // 249
	2024: {22, 18, 21, 22, 21, 19, 23, 22, 21, 19, 21, 22}, // 251
	2025: {19, 19, 21, 22, 19, 20, 23, 21, 23, 18, 20, 23}, // 248
	2026: {21, 16, 22, 21, 19, 21, 23, 21, 22, 18, 21, 23}, // 248
}

// named reads a day like 2.14.
func named(t *testing.T, year int, text string) time.Time {
	t.Helper()
	m, d, _ := strings.Cut(text, ".")
	month, err1 := strconv.Atoi(m)
	number, err2 := strconv.Atoi(d)
	if err1 != nil || err2 != nil {
		t.Fatalf("%q is no day", text)
	}
	return time.Date(year, time.Month(month), number, 12, 0, 0, 0, time.UTC)
}

// noticed tells of each day that a notice names whether it is worked.
func noticed(t *testing.T, year int) map[string]bool {
	t.Helper()
	works := map[string]bool{}
	for _, holiday := range strings.Fields(notices[year].off) {
		span, length, _ := strings.Cut(holiday, "=")
		first, last, ranged := strings.Cut(span, "-")
		if !ranged {
			last = first
		}
		n := 0
		for d := named(t, year, first); !d.After(named(t, year, last)); d = d.AddDate(0, 0, 1) {
			works[d.Format(time.DateOnly)] = false
			n++
		}
		if strconv.Itoa(n) != length {
			t.Fatalf("%d: %s has %d days", year, holiday, n)
		}
	}
	for _, text := range strings.Fields(notices[year].work) {
		works[named(t, year, text).Format(time.DateOnly)] = true
	}
	return works
}

// Every day of four years is replayed from the notices themselves, by time.Time
// rather than by our own days, and so is the n-th working day after each of them.
func TestFourYearsAreThoseOfTheNotices(t *testing.T) {
	c := workday.Builtin()
	var order []workday.Day // all working days of the four years
	for year := 2023; year <= 2026; year++ {
		works := noticed(t, year)
		var count [12]int
		for at := time.Date(year, time.January, 1, 12, 0, 0, 0, time.UTC); at.Year() == year; at = at.AddDate(0, 0, 1) {
			want, told := works[at.Format(time.DateOnly)]
			if !told {
				want = at.Weekday() != time.Saturday && at.Weekday() != time.Sunday
			}
			d := workday.Date(at.Date())
			if got, provisional := c.IsWorkday(d); got != want || provisional {
				t.Errorf("%v: working %t, provisional %t, want %t by the notice", d, got, provisional, want)
			}
			if want {
				count[at.Month()-1]++
				order = append(order, d)
			}
		}
		if count != months[year] {
			t.Errorf("%d by the notice: %v, on paper: %v", year, count, months[year])
		}
	}
	next := 0
	for from := workday.Date(2022, time.December, 31); from <= workday.Date(2026, time.December, 31); from++ {
		for next < len(order) && order[next] <= from {
			next++
		}
		for _, n := range []int{1, 2, 3, 5, 10, 15, 20, 45} {
			if next+n > len(order) {
				continue
			}
			due := c.Due(from, n)
			if want := order[next+n-1]; due.Day != want || due.Provisional {
				t.Errorf("Due(%v, %d) = %v, provisional %t, want %v", from, n, due.Day, due.Provisional, want)
			}
			if got := c.Left(due.Day, from); got != n {
				t.Errorf("%v: %d days left of %d", from, got, n)
			}
		}
	}
}

// The applicant's own limits run in calendar days over the long holidays.
func TestLimitsOfApplicants(t *testing.T) {
	for _, x := range []struct {
		from string
		n    int
		want string
	}{
		{"2026-11-23", 30, "2026-12-23"}, // an ordinary working day
		{"2026-01-31", 30, "2026-03-02"}, // over a short February and Spring Festival
		{"2026-01-16", 30, "2026-02-24"}, // ends on the first day of Spring Festival 2026
		{"2026-01-13", 40, "2026-02-24"}, // on the last but one
		{"2025-12-25", 60, "2026-02-24"}, // on the last
		{"2025-12-16", 60, "2026-02-14"}, // on the Saturday at work before it
		{"2025-01-04", 30, "2025-02-05"},
		{"2024-12-25", 40, "2025-02-05"},
		{"2024-12-05", 60, "2025-02-05"},
		{"2024-01-15", 30, "2024-02-18"}, // to the Sunday at work behind Spring Festival 2024
		{"2024-01-10", 40, "2024-02-19"},
		{"2023-12-20", 60, "2024-02-18"},
		{"2026-09-01", 30, "2026-10-08"}, // ends on National Day
		{"2026-08-27", 40, "2026-10-08"},
		{"2026-08-08", 60, "2026-10-08"}, // on the last day of it
		{"2026-08-11", 40, "2026-09-20"}, // on a Sunday at work
		{"2025-09-08", 30, "2025-10-09"}, // National Day and Mid-Autumn together
		{"2025-08-30", 40, "2025-10-09"},
		{"2025-08-08", 60, "2025-10-09"},
		{"2023-08-30", 30, "2023-10-07"}, // to the Saturday at work behind
		{"2023-08-20", 40, "2023-10-07"},
		{"2023-08-08", 60, "2023-10-07"},
		{"2026-03-02", 40, "2026-04-13"}, // a Saturday
		{"2026-03-02", 60, "2026-05-06"}, // Labour Day
	} {
		due := workday.Builtin().CalendarDue(day(t, x.from), x.n)
		if due.Day != day(t, x.want) || due.Provisional {
			t.Errorf("%d days after %s: %v, provisional %t, want %s", x.n, x.from, due.Day, due.Provisional, x.want)
		}
		rolled := due.Day - day(t, x.from).AddDays(x.n)
		if last := due.Steps[len(due.Steps)-2]; (rolled > 0) != (last.Kind == workday.Rolled) || rolled > 0 && last.Days != int(rolled) {
			t.Errorf("%d days after %s: moved by %d, but the ledger has %s of %d", x.n, x.from, rolled, last.Kind, last.Days)
		}
	}
}

// What the clock of an office shows decides, to the second, whichever zone the
// instant is written in. China has kept one time since 1949, with summer time in six
// years that no case reaches into; those are reckoned without it.
func TestAcceptanceToTheSecond(t *testing.T) {
	for _, x := range []struct {
		name, at string
		closing  int
		want     string
	}{
		{"a second before closing", "2026-11-27T16:59:59.999999999+08:00", 17, "2026-11-27"},
		{"closing", "2026-11-27T17:00:00+08:00", 17, "2026-11-30"},
		{"closing, written in London", "2026-11-27T09:00:00Z", 17, "2026-11-30"},
		{"before closing, written in a summer time", "2026-07-03T04:59:59-04:00", 17, "2026-07-03"},
		{"closing, written in a summer time", "2026-07-03T05:00:00-04:00", 17, "2026-07-06"},
		{"the night on which New York changes its clock", "2026-03-08T02:59:59-05:00", 17, "2026-03-09"},
		{"the last second of a day", "2026-11-26T23:59:59+08:00", 24, "2026-11-26"},
		{"midnight", "2026-11-27T00:00:00+08:00", 24, "2026-11-27"},
		{"midnight, when offices close at five", "2026-11-27T00:00:00+08:00", 17, "2026-11-27"},
		{"after closing on the eve of a Saturday at work", "2026-02-13T17:00:00+08:00", 17, "2026-02-14"},
		{"after closing on a Saturday at work", "2026-02-14T17:00:00+08:00", 17, "2026-02-24"},
		{"the last second before Spring Festival", "2026-02-14T16:59:59+08:00", 17, "2026-02-14"},
		{"a summer with summer time", "1988-07-01T16:59:59+08:00", 17, "1988-07-01"},
	} {
		at, err := time.Parse(time.RFC3339Nano, x.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := workday.Builtin().AcceptedOn(at, x.closing); got != day(t, x.want) {
			t.Errorf("%s: %v, want %s", x.name, got, x.want)
		}
	}
}

func TestDeemed(t *testing.T) {
	c := workday.Builtin()
	due := c.Deemed(day(t, "2026-02-12"), 5)
	if end := due.Steps[len(due.Steps)-1]; due.Day != day(t, "2026-02-26") || end.Kind != workday.End ||
		!strings.Contains(end.Note.Zh, "自收到材料之日 2026-02-12 起即为受理(参照《行政许可法》第三十二条)。") || !strings.Contains(end.Note.En, "accepted on 2026-02-12") {
		t.Errorf("%v", due)
	}
	due = c.Deemed(day(t, "2026-12-28"), 5)
	if end := due.Steps[len(due.Steps)-1]; !due.Provisional || !strings.HasSuffix(end.Note.Zh, "日期为暂定。") {
		t.Errorf("%v", due)
	}
	if got, want := c.Deemed(day(t, "2026-11-21"), 0).Day, day(t, "2026-11-21"); got != want {
		t.Errorf("no days: %v", got)
	}
}
