package workday

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"
)

// Schedule writes all that the calendar knows in the form that [Load] reads, years
// and days in order: the same knowledge always gives the same bytes. A calendar
// that knows nothing writes an empty object, which Load refuses.
func (c *Calendar) Schedule() []byte {
	years := map[string]*year{}
	for _, d := range slices.Sorted(maps.Keys(c.moved)) {
		date := d.String()
		label, _, _ := strings.Cut(date, "-")
		y := years[label]
		if y == nil {
			y = &year{Off: []string{}, Work: []string{}} // an empty list rather than null
			years[label] = y
		}
		if c.moved[d] {
			y.Work = append(y.Work, date)
		} else {
			y.Off = append(y.Off, date)
		}
	}
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetIndent("", " ")
	_ = e.Encode(years) // strings into memory: cannot fail
	return b.Bytes()
}

// Version names what the calendar knows in twelve hexadecimal digits: calendars
// with the same schedule share it, others do not.
func (c *Calendar) Version() string {
	sum := sha256.Sum256(c.Schedule())
	return hex.EncodeToString(sum[:6])
}

// Change is what another calendar says otherwise of the days from Day to Until,
// both included. At least one of its four marks is set.
type Change struct {
	Day       Day  `json:"day"`
	Until     Day  `json:"until"`
	Opens     bool `json:"opens,omitempty"`     // days off become working days
	Closes    bool `json:"closes,omitempty"`    // working days become days off
	Settles   bool `json:"settles,omitempty"`   // provisional until now, now decided by a notice
	Unsettles bool `json:"unsettles,omitempty"` // decided until now, now provisional
	Note      Text `json:"note"`
}

// Diff lists, in order of time, what changes when another calendar takes the place
// of this one: unbroken runs of days that change alike. It is empty if and only if
// the two answer alike on every day.
func (c *Calendar) Diff(other *Calendar) []Change {
	var found []Change
	for _, y := range c.spoken(other) {
		for d := Date(y, time.January, 1); d <= Date(y, time.December, 31); d++ {
			x := c.change(other, d)
			if last := len(found) - 1; last >= 0 && found[last].joins(x) {
				found[last].Until = d
			} else if x.any() {
				found = append(found, x)
			}
		}
	}
	for i := range found {
		found[i].Note = found[i].note()
	}
	return found
}

// spoken lists the years of which either calendar names a day. On all others both
// go by the weekday and call it provisional.
func (c *Calendar) spoken(other *Calendar) []int {
	years := map[int]bool{}
	for _, moved := range []map[Day]bool{c.moved, other.moved} {
		for d := range moved {
			years[d.Year()] = true
		}
	}
	return slices.Sorted(maps.Keys(years))
}

// change is what becomes of one day.
func (c *Calendar) change(other *Calendar, d Day) Change {
	worked, wasProvisional := c.IsWorkday(d)
	works, isProvisional := other.IsWorkday(d)
	return Change{Day: d, Until: d, Opens: works && !worked, Closes: worked && !works, Settles: wasProvisional && !isProvisional, Unsettles: isProvisional && !wasProvisional}
}

func (x Change) any() bool { return x.Opens || x.Closes || x.Settles || x.Unsettles }

// joins tells whether the next day changes as the days before it do.
func (x Change) joins(next Change) bool {
	x.Day, x.Until = next.Day, x.Until+1
	return x == next
}
