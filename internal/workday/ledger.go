package workday

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/words"
)

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
	Rolled       Kind = "ROLLED"        // a last day that is off moves on
	Provisional  Kind = "PROVISIONAL"   // from here on a schedule is missing
	End          Kind = "END"           // the deadline
)

// Step is one entry of the ledger that explains a deadline: what the days from
// Day to Until, both included, do to it. Days counts working days where the kind
// is COUNTED, MAKE_UP or PAUSED, calendar days where it is CALENDAR_DAYS, days off
// where it is WEEKEND, HOLIDAY or ROLLED, and is 0 otherwise. In calendar days
// ROLLED stands from the last day that is off to the day before the deadline; behind
// a pause, whose own days those are, it stands from the day after it to the deadline.
// In the ledger of a [Calendar.Chain] the Matter says whose time the days are;
// elsewhere it is empty.
type Step struct {
	Day    Day    `json:"day"`
	Until  Day    `json:"until"`
	Kind   Kind   `json:"kind"`
	Days   int    `json:"days"`
	Matter string `json:"matter,omitempty"`
	Note   Text   `json:"note"`
}

// ledger writes the steps while a deadline is reckoned. The words come last, when
// every range has its full length.
type ledger struct {
	calendar    *Calendar
	matter      string // whose time is reckoned, in a chain
	at          Day    // how far it is reckoned
	entries     []entry
	provisional bool
	doubted     bool // rests on a date outside the ledger that is provisional
	standing    bool // an open pause moves the deadline on
	since       Day  // the first day of that pause
}

// entry is a step before it has words, with the pause that it comes from.
type entry struct {
	Step
	pause Pause
	last  bool // all days were counted before: the clock was stopped on the last
}

func (c *Calendar) open(matter string, from Day) *ledger {
	l := &ledger{calendar: c, matter: matter, at: from}
	l.add(Start, from, from, 0)
	return l
}

// follow is a ledger that goes on where another has come to, with its time given
// to another matter.
func (l *ledger) follow(matter string) *ledger {
	next := *l
	next.entries = slices.Clone(l.entries)
	next.matter = matter
	next.add(Start, l.at, l.at, 0)
	return &next
}

// add writes a step, or lengthens the last one if that is of the same kind.
func (l *ledger) add(kind Kind, from, until Day, days int) {
	l.put(entry{Step: Step{Day: from, Until: until, Kind: kind, Days: days}})
}

func (l *ledger) put(e entry) {
	e.Matter = l.matter
	if n := len(l.entries); n > 0 && l.entries[n-1].joins(e) {
		l.entries[n-1].Until = e.Until
		l.entries[n-1].Days += e.Days
		return
	}
	l.entries = append(l.entries, e)
}

// joins tells whether an entry only lengthens the one before it.
func (e entry) joins(next entry) bool {
	return e.Kind == next.Kind && e.Until+1 == next.Day &&
		e.pause.Open == next.pause.Open && e.pause.Reason == next.pause.Reason
}

// run counts n working days on, standing still where the pauses say so. A pause
// stands from the day after the stop, so one that begins the day after the deadline
// was begun on it.
func (l *ledger) run(n int, pauses []Pause) {
	if n <= 0 {
		return
	}
	start := l.at
	for counted := 0; counted < n && l.at < lastDay; {
		if p, paused := pauseAt(pauses, l.at+1); paused {
			l.stand(p, false)
			continue
		}
		l.at++
		counted += l.enter(l.at)
	}
	l.stoppedLast(pauses)
	for _, p := range pauses {
		if p.Open && p.From <= l.at+1 && p.To >= start && (!l.standing || p.From < l.since) {
			l.standing, l.since = true, p.From
		}
	}
}

// stand writes what is left of a pause.
func (l *ledger) stand(p Pause, last bool) {
	before := l.at
	l.at = min(p.To, lastDay)
	l.put(entry{Step: Step{Day: before + 1, Until: l.at, Kind: Paused, Days: l.calendar.Between(before, l.at)}, pause: p, last: last})
}

// stoppedLast moves a deadline whose clock was stopped on its very last day: what
// is stopped is not late, so it is due on the day on which the clock runs again,
// or the working day after that. It goes on day by day, because the clock may be
// stopped again before that day has passed.
func (l *ledger) stoppedLast(pauses []Pause) {
	for moved := false; l.at < lastDay; {
		if p, paused := pauseAt(pauses, l.at+1); paused {
			l.stand(p, true)
			moved = true
			continue
		}
		if !moved {
			return
		}
		l.check(l.at) // the date rests on whether this day is worked, even where the pause covers it
		if l.calendar.works(l.at) {
			return
		}
		l.at++
		l.put(entry{Step: Step{Day: l.at, Until: l.at, Kind: Rolled, Days: 1}, last: true})
	}
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

// close writes the deadline and the words of all steps. The ledger itself stays
// open, for matters that follow.
func (l *ledger) close() Due {
	due := Due{Day: l.at, Provisional: l.provisional || l.doubted, Open: l.standing, Steps: make([]Step, 0, len(l.entries)+1)}
	counted := 0
	for i, e := range l.entries {
		s := e.Step
		switch s.Kind {
		case Counted, MakeUp:
			counted += s.Days
			s.Note = l.calendar.note(s, counted)
		case Paused:
			s.Note = e.pause.note(s, e.last)
		case Start:
			s.Note = startNote(i == 0)
		case Rolled:
			s.Note = rolledNote(e.last)
		default:
			s.Note = l.calendar.note(s, counted)
		}
		due.Steps = append(due.Steps, s)
	}
	due.Steps = append(due.Steps, Step{Day: l.at, Until: l.at, Kind: End, Matter: l.matter, Note: l.endNote()})
	return due
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
