package workday

import "github.com/vetgraph/vetgraph/internal/words"

// Text is what people read, Chinese first.
type Text = words.Text

// Kind says what a [Step] does to the clock.
type Kind string

// The kinds, a closed list.
const (
	Start        Kind = "START"         // the day the clock is set; not counted
	Counted      Kind = "COUNTED"       // ordinary working days
	MakeUp       Kind = "MAKE_UP"       // weekend days at work; counted
	Weekend      Kind = "WEEKEND"       // skipped
	Holiday      Kind = "HOLIDAY"       // skipped, with the weekend days that join it
	Paused       Kind = "PAUSED"        // the clock stands still
	CalendarDays Kind = "CALENDAR_DAYS" // every day counts
	Rolled       Kind = "ROLLED"        // days off at the end of a calendar deadline
	Provisional  Kind = "PROVISIONAL"   // from here on a schedule is missing
	End          Kind = "END"           // the deadline
)

// Step is one entry of the ledger that explains a deadline: what the days from
// Day to Until, both included, do to it. Days counts working days where the kind
// is COUNTED, MAKE_UP or PAUSED, calendar days where it is CALENDAR_DAYS, days off
// where it is WEEKEND, HOLIDAY or ROLLED, and is 0 otherwise.
type Step struct {
	Day   Day  `json:"day"`
	Until Day  `json:"until"`
	Kind  Kind `json:"kind"`
	Days  int  `json:"days"`
	Note  Text `json:"note"`
}

// ledger writes the steps while a deadline is reckoned. The words come last, when
// every range has its full length.
type ledger struct {
	calendar    *Calendar
	steps       []Step
	provisional bool
}

// add writes a step, or lengthens the last one if that is of the same kind.
func (l *ledger) add(kind Kind, from, until Day, days int) {
	if last := len(l.steps) - 1; last >= 0 && l.steps[last].Kind == kind && l.steps[last].Until+1 == from {
		l.steps[last].Until = until
		l.steps[last].Days += days
		return
	}
	l.steps = append(l.steps, Step{Day: from, Until: until, Kind: kind, Days: days})
}

// enter writes one day that is counted or skipped and answers 1 or 0.
func (l *ledger) enter(d Day) int {
	l.check(d)
	c := l.calendar
	switch {
	case !c.works(d):
		l.add(c.offKind(d), d, d, 1)
		return 0
	case weekend(d):
		l.add(MakeUp, d, d, 1)
	default:
		l.add(Counted, d, d, 1)
	}
	return 1
}

// check notes the first day for which a schedule is missing.
func (l *ledger) check(d Day) {
	if !l.provisional && !l.calendar.settled(d) {
		l.provisional = true
		l.add(Provisional, d, d, 0)
	}
}

// close writes the deadline and the words of all steps.
func (l *ledger) close(d Day) Due {
	l.add(End, d, d, 0)
	counted := 0
	for i := range l.steps {
		s := &l.steps[i]
		if s.Kind == Counted || s.Kind == MakeUp {
			counted += s.Days
		}
		s.Note = l.calendar.note(*s, counted, l.provisional)
	}
	return Due{Day: d, Provisional: l.provisional, Steps: l.steps}
}

// offKind tells a holiday from a weekend by the whole run of days off around a
// day, so that a Sunday before a Monday holiday belongs to it.
func (c *Calendar) offKind(d Day) Kind {
	first, last := c.run(d)
	for x := first; x <= last; x++ {
		if _, named := c.moved[x]; named {
			return Holiday
		}
	}
	return Weekend
}

// run is the unbroken run of days off around a day off.
func (c *Calendar) run(d Day) (first, last Day) {
	for first = d; first > firstDay && !c.works(first-1); {
		first--
	}
	for last = d; last < lastDay && !c.works(last+1); {
		last++
	}
	return first, last
}
