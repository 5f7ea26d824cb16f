package workday

// Level is how near a deadline has come (黄牌、红牌).
type Level string

// The levels, a closed list.
const (
	None   Level = "NONE"   // in good time, or ended in time
	Yellow Level = "YELLOW" // nearly due
	Red    Level = "RED"    // overdue, or ended too late
)

// Thresholds say when a warning turns yellow: by working days left or by the share
// of them, whichever comes first. A negative value never warns. Red needs no
// threshold: a deadline is kept or not.
type Thresholds struct {
	YellowDays  int     `json:"yellowDays" yaml:"yellowDays"`   // so many working days left, or fewer
	YellowShare float64 `json:"yellowShare" yaml:"yellowShare"` // left of the working days between acceptance and deadline; 0.2 is a fifth
}

// DefaultThresholds are one working day and a fifth. Offices differ and no law
// settles it; this is an assumption, and an operator's own values replace it.
func DefaultThresholds() Thresholds { return Thresholds{YellowDays: 1, YellowShare: 0.2} }

// Left is how many working days are left after today up to and including the due
// day. On the due day it is 0; later it is minus the working days that have passed
// since, so on days off right behind the due day it is 0 still, though overdue.
func (c *Calendar) Left(due, today Day) int { return c.Between(today, due) }

// Level is [Thresholds.Level] by [DefaultThresholds].
func (c *Calendar) Level(accepted, due, today Day, ended *Day) Level {
	return DefaultThresholds().Level(c, accepted, due, today, ended)
}

// Level tells how near a deadline is today. Open things are RED after the due day
// and YELLOW before, or on it, when few working days are left. The share is taken
// of the working days after acceptance up to the due day, those of pauses
// included, and rounded down to whole days: a fifth of 15 days is 3, of 9 days 1,
// of 4 days none. What has ended is RED if it ended after the due day, however
// long ago, and NONE otherwise. For a thing that does not end and a deadline that
// does not move, the level never goes back.
func (t Thresholds) Level(c *Calendar, accepted, due, today Day, ended *Day) Level {
	switch {
	case ended != nil && *ended > due:
		return Red
	case ended != nil:
		return None
	case today > due:
		return Red
	}
	left, total := c.Left(due, today), c.Between(accepted, due)
	const whole = 1e-9 // 0.29 of 100 days is 29, not 28.999…
	few := left <= t.YellowDays
	small := t.YellowShare >= 0 && float64(left) <= t.YellowShare*float64(total)+whole
	if few || small {
		return Yellow
	}
	return None
}
