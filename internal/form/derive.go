package form

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// derivations are the facts that follow from others, in order: later ones may
// use earlier ones. A fact that a source has told is never overwritten.
var derivations = []struct {
	field string
	from  []string
	basis string
	value func(from []string, on workday.Day) (any, bool)
}{
	{"birthDate", []string{"citizenId"}, "GB 11643-1999", func(from []string, _ workday.Day) (any, bool) {
		n, err := citizen.Parse(from[0])
		if err != nil {
			return nil, false
		}
		return n.BirthDate().String(), true
	}},
	{"gender", []string{"citizenId"}, "GB 11643-1999, GB/T 2261.1-2003", func(from []string, _ workday.Day) (any, bool) {
		n, err := citizen.Parse(from[0])
		if err != nil {
			return nil, false
		}
		return n.Sex(), true
	}},
	{"age", []string{"birthDate"}, "民法典 13, 1259", func(from []string, on workday.Day) (any, bool) {
		born, err := workday.ParseDay(from[0])
		if err != nil || born > on {
			return nil, false
		}
		return int64(age(born, on)), true
	}},
	{"serviceYears", []string{"enlistDate", "dischargeDate"}, "安置条例 23", func(from []string, _ workday.Day) (any, bool) {
		enlisted, err1 := workday.ParseDay(from[0])
		discharged, err2 := workday.ParseDay(from[1])
		if err1 != nil || err2 != nil || discharged < enlisted {
			return nil, false
		}
		return ServiceYears(enlisted, discharged), true
	}},
}

// derive adds what follows from the facts on a day. Where an origin is known to
// be absent, so is what would follow from it.
func derive(known map[string]Known, on workday.Day) {
	for _, d := range derivations {
		if _, told := known[d.field]; told {
			continue
		}
		from, made, complete := make([]string, len(d.from)), Known{Source: Derived, Basis: d.basis}, true
		for i, id := range d.from {
			k, ok := known[id]
			complete = complete && ok
			made.Absent = made.Absent || k.Absent
			from[i], _ = k.Value.(string)
			if k.AsOf.After(made.AsOf) {
				made.AsOf = k.AsOf // as young as the youngest fact it rests on
			}
		}
		if !complete {
			continue
		}
		if !made.Absent {
			if made.Value, complete = d.value(from, on); !complete {
				continue
			}
		}
		known[d.field] = made
	}
}

// ServiceYears is the years of service as settlement counts them: a remainder
// of less than six months is half a year, one of six months or more is a year
// (practice under 退役军人安置条例 23).
func ServiceYears(enlisted, discharged workday.Day) float64 {
	full := yearsBetween(enlisted, discharged)
	switch last := monthsAfter(enlisted, 12*full); {
	case discharged <= last:
		return float64(full)
	case discharged < monthsAfter(enlisted, 12*full+6):
		return float64(full) + 0.5
	}
	return float64(full) + 1
}

// age is the full years of life. Who was born on 29 February is a year older
// from 1 March in other years, as in the catalogue's rules.
func age(born, on workday.Day) int {
	years := on.Year() - born.Year()
	if on.String()[4:] < born.String()[4:] {
		years--
	}
	return years
}

// yearsBetween is the full years from a day to a later one.
func yearsBetween(from, to workday.Day) int {
	n := to.Year() - from.Year()
	if monthsAfter(from, 12*n) > to {
		n--
	}
	return max(n, 0)
}

// monthsAfter is the same day of the month n months on, or that month's last day
// if it is shorter (民法典 202).
func monthsAfter(d workday.Day, n int) workday.Day {
	y, m, day := d.Time().Date()
	first := time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	length := first.AddDate(0, 1, -1).Day()
	return workday.Date(first.Year(), first.Month(), min(day, length))
}
