package catalog

import (
	"slices"
	"time"
)

// Port is one connection point of a department's system.
type Port struct {
	ID         string            `yaml:"id"`
	Department string            `yaml:"-"`         // from the file it stands in
	Operation  string            `yaml:"operation"` // SUBMIT RECEIPT CORRECTION STATUS RESULT WITHDRAW LOOKUP PUSH
	Name       Text              `yaml:"name"`
	Matter     string            `yaml:"matter,omitempty"` // for lifecycle operations, and what a PUSH pays
	Kind       string            `yaml:"kind"`             // the only thing that is code
	Path       string            `yaml:"path,omitempty"`   // below the department's base address
	Ask        string            `yaml:"ask,omitempty"`    // of a PUSH: path where its lines are asked after
	Batch      int               `yaml:"batch,omitempty"`  // most persons, items or lines in one call; 0 means one
	TimeoutMS  int               `yaml:"timeoutMs,omitempty"`
	Send       map[string]string `yaml:"send,omitempty"`      // their field -> our field ID; one of ours may feed several of theirs
	Constants  map[string]string `yaml:"constants,omitempty"` // their field -> what always stands there
	OnDemand   bool              `yaml:"onDemand,omitempty"`  // a LOOKUP that is asked by itself, never with what else the department holds: asking begins something
	Require    []string          `yaml:"require,omitempty"`   // their fields without which nothing is sent
	Answers    map[string]string `yaml:"answers,omitempty"`   // our field or derived fact ID -> their field

	// Codes are their codes for ours, both ways: our field ID -> our code -> their
	// code. A field that is not here has the same codes on both sides.
	Codes map[string]map[string]string `yaml:"codes,omitempty"`

	Soap    *Soap    `yaml:"soap,omitempty"`
	File    *File    `yaml:"file,omitempty"`
	Table   *Table   `yaml:"table,omitempty"`
	GraphQL *GraphQL `yaml:"graphql,omitempty"`

	Connection `yaml:",inline"` // where it says nothing, what its file says for all
	Evidence   `yaml:",inline"`
}

// Connection is how a department wants to be called, for one port or all in a file.
type Connection struct {
	Auth        string        `yaml:"auth,omitempty"`        // how it knows us: bearer, hmac, sm2, oauth; with "+tls" by certificate too
	Rate        int           `yaml:"rate,omitempty"`        // calls a second it can bear; 0: no limit
	Abreast     int           `yaml:"abreast,omitempty"`     // calls under way at once; 0: the usual
	Freshness   string        `yaml:"freshness,omitempty"`   // how old a copy of what it says may be, like 24h
	Maintenance []Maintenance `yaml:"maintenance,omitempty"` // when it is not at work
}

// Maintenance is a time of the week, in China, when a system is not at work.
type Maintenance struct {
	Weekdays []int  `yaml:"weekdays,omitempty"` // 1 is Monday, 7 Sunday; none: every day
	From     string `yaml:"from"`               // 22:00
	To       string `yaml:"to"`                 // 06:00, of the next day if not after From
}

// Soap is what only SOAP ports say.
type Soap struct {
	Version   string `yaml:"version"` // 1.1 or 1.2
	Namespace string `yaml:"namespace"`
	Action    string `yaml:"action,omitempty"` // empty: the namespace and the operation
}

// File is what only file ports say.
type File struct {
	Format   string         `yaml:"format"`           // csv or fixed
	Encoding string         `yaml:"encoding"`         // utf-8 or gbk
	Widths   map[string]int `yaml:"widths,omitempty"` // of columns, in characters; fixed only
}

// Table is what only database ports say. The columns are the names in Answers.
type Table struct {
	Relation string `yaml:"relation"`       // of a table or view, with its schema
	Key      string `yaml:"key"`            // the column with the citizen number
	AsOf     string `yaml:"asOf,omitempty"` // the column that says how old a row is; none: as of now
}

// GraphQL is what only GraphQL ports say.
type GraphQL struct {
	Document string `yaml:"document,omitempty"` // the operation; empty: the one of the usual schema
}

// usualFreshness is how old a copy may be where a port does not say.
const usualFreshness = 24 * time.Hour

// Fresh is how old a copy of what the port says may be.
func (c Connection) Fresh() time.Duration {
	if d, err := time.ParseDuration(c.Freshness); err == nil {
		return d
	}
	return usualFreshness
}

// ClosedUntil is when a time of maintenance that holds at a moment ends; zero if
// none does. zone is the one that the times are said in.
func (c Connection) ClosedUntil(at time.Time, zone *time.Location) time.Time {
	local := at.In(zone)
	for _, m := range c.Maintenance {
		from, errF := time.Parse("15:04", m.From)
		to, errT := time.Parse("15:04", m.To)
		if errF != nil || errT != nil {
			continue
		}
		for _, day := range []int{0, -1} { // one that began yesterday may still hold
			begin := time.Date(local.Year(), local.Month(), local.Day()+day, from.Hour(), from.Minute(), 0, 0, zone)
			end := time.Date(local.Year(), local.Month(), local.Day()+day, to.Hour(), to.Minute(), 0, 0, zone)
			if !end.After(begin) {
				end = end.AddDate(0, 0, 1)
			}
			if m.on(begin.Weekday()) && !local.Before(begin) && local.Before(end) {
				return end
			}
		}
	}
	return time.Time{}
}

// Around tells of the times of maintenance near a moment: when the last one ended,
// and when the one that is on, or comes next, begins and ends; zero if there is none
// within a week.
func (c Connection) Around(at time.Time, zone *time.Location) (before, begins, ends time.Time) {
	local := at.In(zone)
	for _, m := range c.Maintenance {
		from, err := time.Parse("15:04", m.From)
		if err != nil {
			continue
		}
		for day := -8; day <= 8; day++ {
			begin := time.Date(local.Year(), local.Month(), local.Day()+day, from.Hour(), from.Minute(), 0, 0, zone)
			end := Connection{Maintenance: []Maintenance{m}}.ClosedUntil(begin, zone)
			switch {
			case end.IsZero():
			case !end.After(at):
				if end.After(before) {
					before = end
				}
			case begins.IsZero() || begin.Before(begins):
				begins, ends = begin, end
			}
		}
	}
	return before, begins, ends
}

func (m Maintenance) on(d time.Weekday) bool {
	n := int(d)
	if d == time.Sunday {
		n = 7
	}
	return len(m.Weekdays) == 0 || slices.Contains(m.Weekdays, n)
}

// or completes a connection with what its file says for all.
func (c *Connection) or(all Connection) {
	if c.Auth == "" {
		c.Auth = all.Auth
	}
	if c.Rate == 0 {
		c.Rate = all.Rate
	}
	if c.Abreast == 0 {
		c.Abreast = all.Abreast
	}
	if c.Freshness == "" {
		c.Freshness = all.Freshness
	}
	if c.Maintenance == nil {
		c.Maintenance = all.Maintenance
	}
}

// Code gives their code for one of ours, as a port says it.
func (p *Port) Code(field, ours string) (theirs string, known bool) {
	table, there := p.Codes[field]
	if !there {
		return ours, true
	}
	theirs, known = table[ours]
	return theirs, known
}

// Uncode gives our code for one of theirs, as a port says it.
func (p *Port) Uncode(field, theirs string) (ours string, known bool) {
	table, there := p.Codes[field]
	if !there {
		return theirs, true
	}
	for ours, code := range table {
		if code == theirs {
			return ours, true
		}
	}
	return "", false
}
