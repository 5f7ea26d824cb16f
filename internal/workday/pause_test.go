package workday_test

import (
	"encoding/json"
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
		{"on the deadline", "2026-11-30", "2026-12-04", "2026-11-30"},
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
		{"on the deadline", "2026-11-30", "2026-12-04", "2026-11-30", false},
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
		today := stopped.AddDays(rapid.IntRange(0, 30).Draw(t, "today"))
		due := func(p workday.Pause) workday.Due { return c.DueWithPauses(from, n, []workday.Pause{p}) }
		now := due(workday.PauseSince(stopped, today))
		if now.Day != due(workday.PauseBetween(stopped, today)).Day {
			t.Fatal("resumed now, it is due on another day")
		}
		tomorrow := due(workday.PauseSince(stopped, today+1))
		if now.Open != tomorrow.Open || now.Open != (stopped < c.Due(from, n).Day && c.Between(stopped, c.Due(from, n).Day) > 0) {
			t.Fatalf("stands %t, then %t", now.Open, tomorrow.Open)
		}
		if now.Open && c.Left(now.Day, today) != c.Left(tomorrow.Day, today+1) {
			t.Fatal("days are used up while the clock stands")
		}
	})
}

// The law of pauses: between start and deadline each working day is counted or
// paused, once, and together they are all there are.
func TestEachWorkdayIsCountedOrPausedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, from, n := workday.Builtin(), anyDay().Draw(t, "from"), rapid.IntRange(1, 40).Draw(t, "n")
		var pauses []workday.Pause
		stands := map[workday.Day]bool{}
		for range rapid.IntRange(0, 4).Draw(t, "pauses") {
			stopped := from.AddDays(rapid.IntRange(-10, 60).Draw(t, "stopped"))
			resumed := stopped.AddDays(rapid.IntRange(-2, 15).Draw(t, "long"))
			for d := stopped + 1; d <= resumed; d++ {
				stands[d] = true
			}
			reason := workday.Text{Zh: rapid.SampledFrom([]string{"", "补正。", "中止。"}).Draw(t, "reason")}
			pauses = append(pauses, workday.PauseBetween(stopped, resumed).Because(reason))
		}
		due := c.DueWithPauses(from, n, pauses)
		counted, paused, times := 0, 0, map[workday.Day]int{}
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
		if counted != n || c.Between(from, due.Day) != n+paused || len(times) != int(due.Day-from) {
			t.Fatalf("counted %d of %d, paused %d, %d in all", counted, n, paused, c.Between(from, due.Day))
		}
		for i, j := 0, len(pauses)-1; i < j; i, j = i+1, j-1 {
			pauses[i], pauses[j] = pauses[j], pauses[i]
		}
		if a, b := asJSON(t, due), asJSON(t, c.DueWithPauses(from, n, pauses)); a != b {
			t.Fatalf("the order of the pauses matters:\n%s\n%s", a, b)
		}
	})
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
