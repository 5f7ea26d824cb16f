package workday

// Due is a deadline and how it was reckoned.
type Due struct {
	Day         Day    `json:"day"`
	Provisional bool   `json:"provisional"` // rests on a year whose schedule is not loaded; reckon again when it is
	Steps       []Step `json:"steps"`       // why this date, in order of time
}

// Pause is a time during which the clock stands still, both days included. A
// pause that ends before it begins is none.
type Pause struct {
	From Day `json:"from"`
	To   Day `json:"to"`
}

// Due is the n-th working day after a day, which is not counted itself (民法典 201;
// 行政许可法 82: working days are without statutory holidays). If n is 0 or less it
// is the day itself.
func (c *Calendar) Due(from Day, n int) Due { return c.DueWithPauses(from, n, nil) }

// DueWithPauses is [Calendar.Due] with the working days of the pauses added. Days
// that several pauses share are added once. A pause makes a deadline provisional
// only if days outside it do.
func (c *Calendar) DueWithPauses(from Day, n int, pauses []Pause) Due {
	l := ledger{calendar: c}
	l.add(Start, from, from, 0)
	d := from
	for counted := 0; counted < n && d < lastDay; {
		d++
		if end, paused := pauseAt(pauses, d); paused {
			l.add(Paused, d, end, c.Between(d-1, end))
			d = end
			continue
		}
		counted += l.enter(d)
	}
	return l.close(d)
}

// pauseAt answers the last day of the pause that covers a day, if one does.
func pauseAt(pauses []Pause, d Day) (end Day, paused bool) {
	for _, p := range pauses {
		if p.From <= d && d <= p.To {
			end, paused = max(end, min(p.To, lastDay)), true
		}
	}
	return end, paused
}

// CalendarDue is the n-th calendar day after a day, which is not counted itself
// (民法典 201), or the next working day if that is a day off (民法典 203). If n is 0
// or less it is the day itself, rolled likewise.
func (c *Calendar) CalendarDue(from Day, n int) Due {
	l := ledger{calendar: c}
	l.add(Start, from, from, 0)
	end := from
	if n > 0 {
		end = Day(min(int64(from)+int64(n), int64(lastDay)))
		l.add(CalendarDays, from+1, end, n)
	}
	due := c.Next(end)
	for d := end; d <= due; d++ {
		l.check(d)
	}
	if due > end {
		l.add(Rolled, end, due-1, int(due-end))
	}
	return l.close(due)
}
