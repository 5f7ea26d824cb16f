package workday_test

import (
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/workday"
)

func TestLevel(t *testing.T) {
	c := workday.Builtin()
	for _, x := range []struct {
		name, accepted, due, today, ended string
		want                              workday.Level
	}{
		{"15 days: 4 left", "2026-11-23", "2026-12-14", "2026-12-08", "", workday.None},
		{"15 days: 3 left, a fifth", "2026-11-23", "2026-12-14", "2026-12-09", "", workday.Yellow},
		{"9 days: 2 left, a fifth is 1 in whole days", "2026-11-23", "2026-12-04", "2026-12-02", "", workday.None},
		{"9 days: 1 left", "2026-11-23", "2026-12-04", "2026-12-03", "", workday.Yellow},
		{"1 day: yellow from the beginning", "2026-11-23", "2026-11-24", "2026-11-23", "", workday.Yellow},
		{"2 days: not on the first", "2026-11-23", "2026-11-25", "2026-11-23", "", workday.None},
		{"on the last day", "2026-11-23", "2026-12-14", "2026-12-14", "", workday.Yellow},
		{"the day after", "2026-11-23", "2026-12-14", "2026-12-15", "", workday.Red},
		{"a Saturday after", "2026-11-23", "2026-12-11", "2026-12-12", "", workday.Red},
		{"a holiday lies between: 1 left", "2026-09-18", "2026-10-08", "2026-09-30", "", workday.Yellow},
		{"ended in time, seen late", "2026-11-23", "2026-12-14", "2026-12-31", "2026-12-14", workday.None},
		{"ended late", "2026-11-23", "2026-12-14", "2026-12-31", "2026-12-15", workday.Red},
		{"ended near the deadline", "2026-11-23", "2026-12-14", "2026-12-11", "2026-12-11", workday.None},
		{"no time at all", "2026-11-23", "2026-11-23", "2026-11-23", "", workday.Yellow},
	} {
		var ended *workday.Day
		if x.ended != "" {
			d := day(t, x.ended)
			ended = &d
		}
		if got := c.Level(day(t, x.accepted), day(t, x.due), day(t, x.today), ended); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}

func TestThresholds(t *testing.T) {
	c, from := workday.Builtin(), day(t, "2026-03-02")
	for _, x := range []struct {
		name string
		set  workday.Thresholds
		n    int
		want int // days left at which it turns yellow
	}{
		{"by default, long", workday.DefaultThresholds(), 20, 4},
		{"by default, short", workday.DefaultThresholds(), 3, 1},
		{"days only", workday.Thresholds{YellowDays: 5, YellowShare: -1}, 20, 5},
		{"share only", workday.Thresholds{YellowDays: -1, YellowShare: 0.5}, 9, 4},
		{"on the last day", workday.Thresholds{}, 20, 0},
		{"never", workday.Thresholds{YellowDays: -1, YellowShare: -1}, 20, -1},
		{"never, of no time", workday.Thresholds{YellowDays: -1, YellowShare: -1}, 0, -1},
		{"a share that no float has", workday.Thresholds{YellowDays: -1, YellowShare: 0.29}, 100, 29},
		{"always", workday.Thresholds{YellowDays: -1, YellowShare: 1}, 20, 20},
	} {
		due, got := c.Due(from, x.n).Day, -1
		for d := due; d >= from; d-- {
			if x.set.Level(c, from, due, d, nil) == workday.Yellow {
				got = c.Left(due, d)
			}
		}
		if got != x.want {
			t.Errorf("%s: yellow at %d, want %d", x.name, got, x.want)
		}
	}
}

func TestLeft(t *testing.T) {
	for today, want := range map[string]int{"2026-12-08": 3, "2026-12-10": 1, "2026-12-11": 0, "2026-12-12": 0, "2026-12-13": 0, "2026-12-14": -1, "2026-12-18": -5} {
		if got := workday.Builtin().Left(day(t, "2026-12-11"), day(t, today)); got != want {
			t.Errorf("on %s %d are left, want %d", today, got, want)
		}
	}
}

func TestLevelNeverGoesBack(t *testing.T) {
	rank := map[workday.Level]int{workday.None: 1, workday.Yellow: 2, workday.Red: 3}
	rapid.Check(t, func(t *rapid.T) {
		c, accepted, n := workday.Builtin(), anyDay().Draw(t, "accepted"), rapid.IntRange(0, 60).Draw(t, "n")
		set := workday.Thresholds{YellowDays: rapid.IntRange(-1, 10).Draw(t, "days"), YellowShare: rapid.Float64Range(-0.1, 1).Draw(t, "share")}
		due, before := c.Due(accepted, n).Day, 0
		for today := accepted - 3; today <= due+5; today++ {
			l := set.Level(c, accepted, due, today, nil)
			if rank[l] < max(before, 1) {
				t.Fatalf("on %v the level goes back to %q", today, l)
			}
			if before = rank[l]; (l == workday.Red) != (today > due) {
				t.Fatalf("%s on %v, due %v", l, today, due)
			}
			ended := today
			if got := set.Level(c, accepted, due, today+9, &ended); (got == workday.Red) != (ended > due) || got == workday.Yellow {
				t.Fatalf("ended %v: %s", ended, got)
			}
		}
	})
}
