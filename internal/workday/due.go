package workday

// Due is a deadline and how it was reckoned.
type Due struct {
	Day         Day    `json:"day"`
	Provisional bool   `json:"provisional"`    // rests on a year whose schedule is not loaded; reckon again when it is
	Open        bool   `json:"open,omitempty"` // the clock stands now, and the day moves on while it does
	Steps       []Step `json:"steps"`          // why this date, in order of time
}

// Due is the n-th working day after a day, which is not counted itself (民法典 201;
// 行政许可法 82: working days are without statutory holidays). If n is 0 or less it
// is the day itself.
func (c *Calendar) Due(from Day, n int) Due { return c.DueWithPauses(from, n, nil) }

// DueWithPauses is [Calendar.Due] with the working days of the pauses added, as
// far as they fall while the clock runs: a pause before the start, or one that
// begins later than the day after the deadline, moves nothing. One that begins on
// that very day was begun on the last day ([PauseBetween]): what is stopped is not
// late, so the deadline is then the last day of the pause, on which the clock runs
// again, or the next working day if that is a day off (民法典 203, by analogy). The
// same holds again for a pause begun by the deadline so moved.
//
// Days that several pauses share are added once, for the pause that began first. A
// pause makes a deadline provisional only if days outside it do, or if the deadline
// is where it ends.
//
// The law: each working day after the start, up to and including the deadline, is
// counted or paused, once. Only the working day that the deadline is rolled to,
// where the clock runs again on a day off, is neither; it is ROLLED. The deadline
// never moves back as days are added or a pause grows longer.
func (c *Calendar) DueWithPauses(from Day, n int, pauses []Pause) Due {
	l := c.open("", from)
	l.run(n, pauses)
	return l.close()
}

// CalendarDue is the n-th calendar day after a day, which is not counted itself
// (民法典 201), or the next working day if that is a day off (民法典 203). If n is 0
// or less it is the day itself, rolled likewise.
func (c *Calendar) CalendarDue(from Day, n int) Due {
	l := c.open("", from)
	end := from
	if n > 0 {
		end = Day(min(int64(from)+int64(n), int64(lastDay)))
		l.add(CalendarDays, from+1, end, n)
	}
	l.at = c.Next(end)
	for d := end; d <= l.at; d++ {
		l.check(d)
	}
	if l.at > end {
		l.add(Rolled, end, l.at-1, int(l.at-end))
	}
	return l.close()
}

// Deemed is the n-th working day after papers came in, the last on which their want
// can be told. If nothing is told until then, they count as accepted on the day
// they came in (行政许可法 32, by analogy), which is not the day that this answers.
func (c *Calendar) Deemed(received Day, n int) Due {
	due := c.Due(received, n)
	due.Steps[len(due.Steps)-1].Note = deemedNote(received, due.Provisional)
	return due
}
