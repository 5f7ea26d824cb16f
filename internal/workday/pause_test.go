package workday_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

func TestPauseBetween(t *testing.T) {
	for _, x := range []struct {
		name, stopped, resumed string
		want                   string // five working days from Monday 2026-11-23
	}{
		{"the day of the stop is counted, that of the resumption is not", "2026-11-24", "2026-11-26", "2026-12-02"},
		{"one night", "2026-11-24", "2026-11-25", "2026-12-01"},
		{"one day", "2026-11-24", "2026-11-24", "2026-11-30"},
		{"resumed before", "2026-11-25", "2026-11-24", "2026-11-30"},
		{"on the day of acceptance", "2026-11-23", "2026-11-24", "2026-12-01"},
		{"Friday to Monday", "2026-11-27", "2026-11-30", "2026-12-01"},
		{"Friday to Sunday", "2026-11-27", "2026-11-29", "2026-11-30"},
		{"the day before the deadline", "2026-11-29", "2026-12-04", "2026-12-07"},
		{"stopped on the last day is not late", "2026-11-30", "2026-12-04", "2026-12-04"},
		{"stopped on the last day until a Saturday", "2026-11-30", "2026-12-05", "2026-12-07"},
		{"stopped on the last day until a Sunday", "2026-11-30", "2026-12-06", "2026-12-07"},
		{"stopped and resumed on the last day", "2026-11-30", "2026-11-30", "2026-11-30"},
		{"the day after the deadline", "2026-12-01", "2026-12-04", "2026-11-30"},
	} {
		p := workday.PauseBetween(day(t, x.stopped), day(t, x.resumed))
		due := workday.Builtin().DueWithPauses(day(t, "2026-11-23"), 5, []workday.Pause{p})
		if due.Day != day(t, x.want) || due.Open {
			t.Errorf("%s: %v, open %t, want %s", x.name, due.Day, due.Open, x.want)
		}
	}
}

func TestPauseSince(t *testing.T) {
	c, from := workday.Builtin(), day(t, "2026-11-23")
	for _, x := range []struct {
		name, stopped, today string
		want                 string
		open                 bool
	}{
		{"just stopped", "2026-11-24", "2026-11-24", "2026-11-30", true},
		{"a day later", "2026-11-24", "2026-11-25", "2026-12-01", true},
		{"two days later", "2026-11-24", "2026-11-26", "2026-12-02", true},
		{"over the weekend", "2026-11-27", "2026-11-29", "2026-11-30", true},
		{"stopped on the last day is not late", "2026-11-30", "2026-12-04", "2026-12-04", true},
		{"just stopped on the last day", "2026-11-30", "2026-11-30", "2026-11-30", true},
		{"stopped on the last day, on a Saturday", "2026-11-30", "2026-12-05", "2026-12-07", true},
		{"the day after the deadline", "2026-12-01", "2026-12-04", "2026-11-30", false},
		{"long before the start", "2026-11-16", "2026-11-20", "2026-11-30", false},
		{"before the start, and still", "2026-11-16", "2026-11-24", "2026-12-01", true},
	} {
		due := c.DueWithPauses(from, 5, []workday.Pause{workday.PauseSince(day(t, x.stopped), day(t, x.today))})
		if due.Day != day(t, x.want) || due.Open != x.open {
			t.Errorf("%s: %v, open %t, want %s, %t", x.name, due.Day, due.Open, x.want, x.open)
		}
		end := due.Steps[len(due.Steps)-1].Note
		since := day(t, x.stopped).AddDays(1).String()
		if x.open != strings.Contains(end.Zh, "计时自 "+since+" 起停止") || x.open != strings.Contains(end.En, "stands since "+since) {
			t.Errorf("%s: %v", x.name, end)
		}
	}
	if due := c.DueWithPauses(from, 0, []workday.Pause{workday.PauseSince(from-3, from)}); due.Open {
		t.Error("no days, and yet they stand")
	}
	two := []workday.Pause{workday.PauseSince(from+2, from+3), workday.PauseSince(from+1, from+3)}
	a := asJSON(t, c.DueWithPauses(from, 5, two))
	two[0], two[1] = two[1], two[0]
	if b := asJSON(t, c.DueWithPauses(from, 5, two)); a != b || !strings.Contains(a, "it stands since 2026-11-25") {
		t.Errorf("two pauses at once:\n%s\n%s", a, b)
	}
}

// The clock is set within two pauses: the one that began first takes the days they share.
func TestSharedDaysBelongToTheFirstPause(t *testing.T) {
	first, second := workday.PauseBetween(day(t, "2026-11-19"), day(t, "2026-11-25")), workday.PauseBetween(day(t, "2026-11-20"), day(t, "2026-11-27"))
	first, second = first.Because(workday.Text{Zh: "甲。", En: "A."}), second.Because(workday.Text{Zh: "乙。", En: "B."})
	for _, pauses := range [][]workday.Pause{{first, second}, {second, first}} {
		steps := workday.Builtin().DueWithPauses(day(t, "2026-11-23"), 1, pauses).Steps
		if steps[1].Days != 2 || !strings.HasPrefix(steps[1].Note.Zh, "甲。") || steps[2].Days != 2 || !strings.HasPrefix(steps[2].Note.Zh, "乙。") {
			t.Errorf("%v", steps)
		}
	}
}

// An open pause tells the day on which it is looked at, and ends as a closed one.
func TestOpenPauseMovesOn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := workday.Builtin(), anyDay().Draw(t, "from"), rapid.IntRange(1, 30).Draw(t, "n")
		stopped := from.AddDays(rapid.IntRange(0, 40).Draw(t, "stopped"))
		if rapid.Bool().Draw(t, "on the last day") {
			stopped = c.Due(from, n).Day
		}
		today := stopped.AddDays(rapid.IntRange(0, 30).Draw(t, "today"))
		due := func(p workday.Pause) workday.Due { return c.DueWithPauses(from, n, []workday.Pause{p}) }
		now := due(workday.PauseSince(stopped, today))
		if now.Day != due(workday.PauseBetween(stopped, today)).Day {
			t.Fatal("resumed now, it is due on another day")
		}
		tomorrow := due(workday.PauseSince(stopped, today+1))
		last := c.Due(from, n).Day
		if now.Open != tomorrow.Open || now.Open != (stopped <= last) {
			t.Fatalf("stands %t, then %t", now.Open, tomorrow.Open)
		}
		if now.Open && now.Day < today {
			t.Fatalf("due %v on %v, late though it stands", now.Day, today)
		}
		if stopped == last && now.Day != c.Next(today) {
			t.Fatalf("due %v on %v, though nothing but the last day is left", now.Day, today)
		}
		if stopped < last && c.Left(now.Day, today) != c.Left(tomorrow.Day, today+1) {
			t.Fatal("days are used up while the clock stands")
		}
	})
}

// The law of pauses: between start and deadline each working day is counted or
// paused, once, and together they are all there are, but for a working day that a
// deadline is rolled to because its clock runs again on a day off.
func TestEachWorkdayIsCountedOrPausedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := workday.Builtin(), anyDay().Draw(t, "from"), rapid.IntRange(1, 40).Draw(t, "n")
		var pauses []workday.Pause
		stands := map[workday.Day]bool{}
		for range rapid.IntRange(0, 4).Draw(t, "pauses") {
			stopped := from.AddDays(rapid.IntRange(-10, 60).Draw(t, "stopped"))
			if rapid.Bool().Draw(t, "on the last day") {
				stopped = c.DueWithPauses(from, n, pauses).Day
			}
			resumed := stopped.AddDays(rapid.IntRange(-2, 15).Draw(t, "long"))
			for d := stopped + 1; d <= resumed; d++ {
				stands[d] = true
			}
			reason := workday.Text{Zh: rapid.SampledFrom([]string{"", "补正。", "中止。"}).Draw(t, "reason")}
			pauses = append(pauses, workday.PauseBetween(stopped, resumed).Because(reason))
		}
		due := c.DueWithPauses(from, n, pauses)
		counted, paused, rolled, times := 0, 0, 0, map[workday.Day]int{}
		for _, s := range due.Steps {
			if s.Kind == workday.Start || s.Kind == workday.End || s.Kind == workday.Provisional {
				continue
			}
			for d := s.Day; d <= s.Until; d++ {
				times[d]++
				works, _ := c.IsWorkday(d)
				switch {
				case stands[d] != (s.Kind == workday.Paused):
					t.Fatalf("%v is %s", d, s.Kind)
				case works && stands[d]:
					paused++
				case works && s.Kind == workday.Rolled:
					before, _ := c.IsWorkday(d - 1)
					if rolled++; counted != n || before || d != s.Until {
						t.Fatalf("rolled to %v after %d of %d days", d, counted, n)
					}
				case works:
					counted++
				}
			}
		}
		for d := from + 1; d <= due.Day; d++ {
			if times[d] != 1 {
				t.Fatalf("%v stands %d times in the ledger", d, times[d])
			}
		}
		if counted != n || c.Between(from, due.Day) != n+paused+rolled || len(times) != int(due.Day-from) {
			t.Fatalf("counted %d of %d, paused %d, rolled to %d, %d in all", counted, n, paused, rolled, c.Between(from, due.Day))
		}
		if works, _ := c.IsWorkday(due.Day); !works || stands[due.Day+1] {
			t.Fatalf("due %v, a day off or one on which the clock is stopped", due.Day)
		}
		for i, j := 0, len(pauses)-1; i < j; i, j = i+1, j-1 {
			pauses[i], pauses[j] = pauses[j], pauses[i]
		}
		if a, b := asJSON(t, due), asJSON(t, c.DueWithPauses(from, n, pauses)); a != b {
			t.Fatalf("the order of the pauses matters:\n%s\n%s", a, b)
		}
	})
}

// A ledger tells why a deadline lies behind the day on which its last day was counted.
func TestStoppedOnTheLastDayIsExplained(t *testing.T) {
	c, from := workday.Builtin(), day(t, "2026-11-23")
	steps := func(due workday.Due) string {
		var lines []string
		for _, s := range due.Steps[2:] { // the counted days of this week and the weekend are other tests'
			lines = append(lines, fmt.Sprintf("%v %v %s %d %s %s", s.Day, s.Until, s.Kind, s.Days, s.Note.Zh, s.Note.En))
		}
		return strings.Join(lines, "\n")
	}
	correction := workday.Text{Zh: "补正期间不计入。", En: "A correction is not counted."}
	const (
		chinese = "期限最后一日停止计时，不为超期，期间 %d 个工作日不计入，期限顺延至恢复计时之日。"
		english = "Stopped on the last day and so not late: %s not counted, and the deadline is the day on which the clock runs again."
		roll    = "恢复计时之日为休息日，期限顺延至休息日结束的次日(参照《民法典》第二百零三条)。 The clock runs again on a day off; the deadline is the day after the days off (Civil Code art. 203, by analogy)."
	)
	for _, x := range []struct {
		name  string
		days  int
		pause workday.Pause
		want  string
	}{
		{"to a Thursday", 4, workday.PauseBetween(day(t, "2026-11-27"), day(t, "2026-12-03")).Because(correction),
			"2026-11-28 2026-12-03 PAUSED 4 补正期间不计入。" + fmt.Sprintf(chinese, 4) + " A correction is not counted. " + fmt.Sprintf(english, "4 working days are") +
				"\n2026-12-03 2026-12-03 END 0 期限届满之日。 The deadline."},
		{"to a Saturday", 4, workday.PauseBetween(day(t, "2026-11-27"), day(t, "2026-11-28")),
			"2026-11-28 2026-11-28 PAUSED 0 " + fmt.Sprintf(chinese, 0) + " " + fmt.Sprintf(english, "0 working days are") +
				"\n2026-11-29 2026-11-30 ROLLED 2 " + roll + "\n2026-11-30 2026-11-30 END 0 期限届满之日。 The deadline."},
		{"still, seen on a Sunday", 4, workday.PauseSince(day(t, "2026-11-27"), day(t, "2026-11-29")),
			"2026-11-28 2026-11-29 PAUSED 0 计时自 2026-11-28 起停止，至 2026-11-29 已有 0 个工作日不计入，恢复计时前期限继续顺延。" +
				" The clock stands since 2026-11-28; up to 2026-11-29, 0 working days are not counted, and the deadline moves on until it runs again." +
				"\n2026-11-30 2026-11-30 ROLLED 1 " + roll +
				"\n2026-11-30 2026-11-30 END 0 期限届满之日：计时自 2026-11-28 起停止，此为即日恢复计时的期限，恢复前继续顺延。" +
				" The deadline if the clock ran again now: it stands since 2026-11-28, and the date moves on until it does."},
	} {
		if got := steps(c.DueWithPauses(from, x.days, []workday.Pause{x.pause})); got != x.want {
			t.Errorf("%s: got\n%s\nwant\n%s", x.name, got, x.want)
		}
	}
}

// The days of a pause need no schedule, but the day on which a deadline stopped on
// its last day falls does.
func TestStoppedOnTheLastDayIntoAYearNotLoaded(t *testing.T) {
	c, from := workday.Builtin(), day(t, "2026-12-21")
	for resumed, provisional := range map[string]bool{"2026-12-30": false, "2027-01-04": true, "2027-01-09": true} {
		due := c.DueWithPauses(from, 3, []workday.Pause{workday.PauseBetween(day(t, "2026-12-24"), day(t, resumed))})
		if due.Day != c.Next(day(t, resumed)) || due.Provisional != provisional {
			t.Errorf("resumed %s: due %v, provisional %t", resumed, due.Day, due.Provisional)
		}
		if told := strings.Contains(asJSON(t, due.Steps), `"PROVISIONAL"`); told != provisional {
			t.Errorf("resumed %s: the ledger says so: %t", resumed, told)
		}
	}
}

func asJSON(t interface{ Fatal(...any) }, v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPausesGiveTheirReason(t *testing.T) {
	correction := workday.Text{Zh: "补正期间不计入办理期限(参照《行政许可法》第四十五条)。", En: "A correction is not counted (art. 45)."}
	hearing := workday.Text{Zh: "听证期间不计入。", En: "A hearing is not counted."}
	between := func(a, b string) workday.Pause { return workday.PauseBetween(day(t, a), day(t, b)) }
	due := workday.Builtin().DueWithPauses(day(t, "2026-11-23"), 5, []workday.Pause{
		between("2026-11-26", "2026-12-01").Because(hearing),
		between("2026-11-24", "2026-11-27").Because(correction),
		workday.PauseSince(day(t, "2026-12-02"), day(t, "2026-12-03")).Because(correction),
	})
	var got []string
	for _, s := range due.Steps {
		if s.Kind == workday.Paused {
			got = append(got, s.Day.String()+" "+s.Until.String()+" "+s.Note.Zh+" "+s.Note.En)
		}
	}
	want := []string{
		"2026-11-25 2026-11-27 补正期间不计入办理期限(参照《行政许可法》第四十五条)。暂停计时，期间 3 个工作日不计入，期限顺延。" +
			" A correction is not counted (art. 45). The clock stands still; the deadline moves by the 3 working days of the pause.",
		"2026-11-28 2026-12-01 听证期间不计入。暂停计时，期间 2 个工作日不计入，期限顺延。" +
			" A hearing is not counted. The clock stands still; the deadline moves by the 2 working days of the pause.",
		"2026-12-03 2026-12-03 补正期间不计入办理期限(参照《行政许可法》第四十五条)。计时自 2026-12-03 起停止，至 2026-12-03 已有 1 个工作日不计入，恢复计时前期限继续顺延。" +
			" A correction is not counted (art. 45). The clock stands since 2026-12-03; up to 2026-12-03, 1 working day is not counted, and the deadline moves on until it runs again.",
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	if p := asJSON(t, between("2026-11-24", "2026-11-25")); p != `{"from":"2026-11-25","to":"2026-11-25"}` {
		t.Error(p)
	}
	c := workday.Builtin()
	dues, err := c.Chain(day(t, "2026-11-23"), []workday.Stretch{
		{Matter: "A", Days: 3, Pauses: []workday.Pause{workday.PauseSince(day(t, "2026-11-24"), day(t, "2026-11-25"))}},
		{Matter: "B", Days: 9}, {Matter: "C", Days: 1, After: []string{"A"}}, {Matter: "D", Days: 1, After: []string{"A", "B"}},
	})
	if err != nil || !dues["A"].Open || dues["B"].Open || !dues["C"].Open || dues["D"].Open {
		t.Errorf("open: %v, %v", dues, err)
	}
}
