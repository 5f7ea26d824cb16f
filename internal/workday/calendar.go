package workday

import (
	"bytes"
	_ "embed" // the schedule
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"
)

//go:embed schedule.json
var schedule []byte

// Calendar knows which days are working days. It never changes once made and may
// be shared. The zero value knows weekends only and calls everything provisional.
type Calendar struct {
	moved map[Day]bool // days that differ from their weekday or are named in a notice: true works, false is off
	years map[int]bool // years whose notice is known in full
}

// Builtin is the calendar of the State Council's notices for 2023 to 2026.
func Builtin() *Calendar { return builtin() }

var builtin = sync.OnceValue(func() *Calendar {
	c, err := Load(bytes.NewReader(schedule))
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return c
})

// Merge is a calendar that knows what both know. Calendars that contradict each
// other on a day are refused with all such days as [*Problems]: a schedule that
// revokes another is loaded instead of it, not on top of it.
func (c *Calendar) Merge(other *Calendar) (*Calendar, error) {
	var found Problems
	moved := maps.Clone(c.moved)
	if moved == nil {
		moved = map[Day]bool{}
	}
	for _, d := range slices.Sorted(maps.Keys(other.moved)) {
		works := other.moved[d]
		if mine, named := moved[d]; named && mine != works {
			found = append(found, Problem{Year: fmt.Sprint(d.Year()), Date: d.String(), Text: "is off in one schedule and a working day in the other"})
		}
		moved[d] = works
	}
	if found != nil {
		return nil, &found
	}
	return newCalendar(moved), nil
}

func newCalendar(moved map[Day]bool) *Calendar {
	c := &Calendar{moved: moved, years: map[int]bool{}}
	for d := range moved {
		c.years[d.Year()] = true
	}
	maps.DeleteFunc(c.years, func(y int, _ bool) bool { return !c.complete(y) })
	return c
}

// complete tells whether the holidays that law fixes to a date are named: a
// notice always has them, so a schedule without them is only a part of one
// (全国年节及纪念日放假办法 2: 1 January, 1 May, 1 October).
func (c *Calendar) complete(year int) bool {
	for _, m := range []time.Month{time.January, time.May, time.October} {
		if works, named := c.moved[Date(year, m, 1)]; !named || works {
			return false
		}
	}
	return true
}

// Years lists, in order, the years whose schedule is known in full: at least the
// holidays fixed by date are named. Days of other years are provisional.
func (c *Calendar) Years() []int { return slices.Sorted(maps.Keys(c.years)) }

// IsWorkday tells whether offices work on a day. The answer is provisional if the
// notice that decides is not loaded; it then rests on what is known, usually the
// weekday alone.
func (c *Calendar) IsWorkday(d Day) (working, provisional bool) {
	return c.works(d), !c.settled(d)
}

func (c *Calendar) works(d Day) bool {
	if works, named := c.moved[d]; named {
		return works
	}
	return !weekend(d)
}

func weekend(d Day) bool { return d.Weekday() == time.Saturday || d.Weekday() == time.Sunday }

// settled tells whether no notice still to come can change the day. The notice of
// a year may also move days of the last week of December before it: 2018-12-29
// was worked and 2018-12-31 was off by the notice for 2019. It has no reason to
// where New Year's Day joins a weekend by itself.
func (c *Calendar) settled(d Day) bool {
	year := d.Year()
	if !c.years[year] {
		return false
	}
	next := Date(year+1, time.January, 1)
	if next-d > 7 || c.years[year+1] {
		return true
	}
	w := next.Weekday()
	return w == time.Friday || w == time.Saturday || w == time.Monday
}

// Next is the first working day on or after a day.
func (c *Calendar) Next(d Day) Day {
	for d < lastDay && !c.works(d) {
		d++
	}
	return d
}

// AcceptedOn is the working day on which papers that arrive at an instant count
// as accepted: the same day, or the next working day if it is a day off or if the
// hour in China has reached closing. A closing of 0 or less, or of 24 or more,
// means that offices close at midnight.
func (c *Calendar) AcceptedOn(t time.Time, closing int) Day {
	d := FromTime(t)
	if closing > 0 && t.In(zone).Hour() >= closing {
		d++
	}
	return c.Next(d)
}

// Between counts the working days after a up to and including b, so that
// Between(d, Due(d, n).Day) is n. It is negative if b is before a.
func (c *Calendar) Between(a, b Day) int {
	if b < a {
		return -c.Between(b, a)
	}
	n := 0
	for d := a + 1; d <= b; d++ {
		if c.works(d) {
			n++
		}
	}
	return n
}
