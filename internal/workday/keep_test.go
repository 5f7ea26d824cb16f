package workday_test

import (
	"bytes"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

func TestScheduleComesBack(t *testing.T) {
	want, err := os.ReadFile("schedule.json")
	if err != nil {
		t.Fatal(err)
	}
	if got := workday.Builtin().Schedule(); !bytes.Equal(bytes.TrimSpace(got), bytes.TrimSpace(want)) {
		t.Errorf("the built-in schedule becomes\n%s", got)
	}
	merged, err := workday.Builtin().Merge(load(t, newYear2027))
	if err != nil {
		t.Fatal(err)
	}
	again := load(t, string(merged.Schedule()))
	if !bytes.Equal(again.Schedule(), merged.Schedule()) || again.Version() != merged.Version() || len(merged.Diff(again)) != 0 {
		t.Error("a merged calendar changes while it is kept")
	}
	if v := merged.Version(); len(v) != 12 || v == workday.Builtin().Version() {
		t.Errorf("version %q", v)
	}
	var nothing workday.Calendar
	if got := string(nothing.Schedule()); got != "{}\n" {
		t.Errorf("nothing known: %s", got)
	}
}

// anyCalendar draws some days off and some weekends at work; the three fixed
// holidays are often among them, so that years are often known in full.
func anyCalendar(t *rapid.T) *workday.Calendar {
	text := ""
	for y := 2025; y <= 2028; y++ {
		off, work := "", ""
		name := func(list *string, d workday.Day) {
			if *list != "" {
				*list += ","
			}
			*list += fmt.Sprintf("%q", d)
		}
		for d := workday.Date(y, time.January, 1); d.Year() == y; d += 5 { // never 1 May or 1 October
			switch rapid.IntRange(0, 11).Draw(t, d.String()) {
			case 0:
				name(&off, d)
			case 1:
				if d.Weekday() == time.Saturday || d.Weekday() == time.Sunday {
					name(&work, d)
				}
			}
		}
		if rapid.Bool().Draw(t, "known") && !bytes.Contains([]byte(off), fmt.Appendf(nil, "%d-01-01", y)) && work == "" {
			for _, m := range []time.Month{time.January, time.May, time.October} {
				if d := workday.Date(y, m, 1); !bytes.Contains([]byte(off), []byte(d.String())) {
					name(&off, d)
				}
			}
		}
		if off+work == "" {
			continue
		}
		if text != "" {
			text += ","
		}
		text += fmt.Sprintf(`"%d":{"off":[%s],"work":[%s]}`, y, off, work)
	}
	if text == "" {
		return new(workday.Calendar)
	}
	c, err := workday.Load(bytes.NewReader([]byte("{" + text + "}")))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestDiffIsEveryDayThatDiffers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := anyCalendar(t), anyCalendar(t)
		told := map[workday.Day]workday.Change{}
		last := workday.Day(0)
		for _, x := range a.Diff(b) {
			if x.Day <= last || x.Until < x.Day || x.Note.Zh == "" || x.Note.En == "" {
				t.Fatalf("%v after %v", x, last)
			}
			for last = x.Day; last < x.Until; last++ {
				told[last] = x
			}
			told[last] = x
		}
		for d := workday.Date(2024, time.January, 1); d <= workday.Date(2030, time.January, 1); d++ {
			worked, was := a.IsWorkday(d)
			works, is := b.IsWorkday(d)
			x := told[d]
			if x.Opens != (works && !worked) || x.Closes != (worked && !works) || x.Settles != (was && !is) || x.Unsettles != (is && !was) {
				t.Fatalf("%v: %v", d, x)
			}
			if _, listed := told[d]; listed != (works != worked || was != is) {
				t.Fatalf("%v is listed for nothing, or missing", d)
			}
		}
		if (len(a.Diff(b)) == 0) != (len(b.Diff(a)) == 0) || len(a.Diff(a)) != 0 {
			t.Fatal("there and back differ")
		}
		if bytes.Equal(a.Schedule(), b.Schedule()) != (a.Version() == b.Version()) {
			t.Fatal("versions do not tell schedules apart")
		}
	})
}

func ExampleCalendar_Diff() {
	next, _ := workday.Load(bytes.NewReader([]byte(`{"2027": {"off": ["2027-01-01", "2027-05-01", "2027-10-01"], "work": ["2027-05-09"]}}`))) // well formed
	now := workday.Builtin()
	then, _ := now.Merge(next) // neither names a day of the other's years
	for _, x := range now.Diff(then) {
		fmt.Println(x.Day, x.Until, x.Note.Zh)
	}
	// Output:
	// 2027-01-01 2027-01-01 由上班改为休息，由暂定转为确定。
	// 2027-01-02 2027-05-08 上班或休息不变，由暂定转为确定。
	// 2027-05-09 2027-05-09 由休息改为上班，由暂定转为确定。
	// 2027-05-10 2027-09-30 上班或休息不变，由暂定转为确定。
	// 2027-10-01 2027-10-01 由上班改为休息，由暂定转为确定。
	// 2027-10-02 2027-12-31 上班或休息不变，由暂定转为确定。
}
