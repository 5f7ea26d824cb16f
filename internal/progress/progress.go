// Package progress tells where cases stand: counts, days, warnings, what was saved.
//
// Every change of a case writes down, in its own transaction, which standing it
// leaves and which it takes: plain inserts, for an upserted sum would make all
// writers of a province wait for each other. [Board.Fold] adds those changes into
// sums by place and period from time to time, and an answer is the sums plus the
// changes not folded yet, read at one moment. It is never older than that.
//
// An answer says as of which instant it is, by the clock of the database, and
// gives the same bytes when asked for that instant again: changes after it are
// subtracted. The instant is chosen so that no transaction still under way can
// write before it.
//
// Days are working days from acceptance to the end, pauses included; whether a
// promise was kept goes by the promised day, which pauses move. Nothing here
// holds a name, a number or a veteran.
package progress

import (
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Board is where the standings of all cases are summed.
type Board struct {
	Store    *store.Store
	Calendar func() *workday.Calendar
}

// The kinds of standing.
const (
	ofCase   = "CASE"
	ofItem   = "ITEM"
	ofRating = "RATING"
)

// longest is the most working days that are told apart.
const longest = 999

// standing is how one case, item or rating stands, as far as it is counted. Equal
// ones are counted together.
type standing struct {
	kind                        string
	division                    string // twelve digits
	matter, department, channel string // matter and department are empty for a case
	accepted                    workday.Day
	caseState                   string
	state                       string // of the item; of a rating the grade; empty for a case
	warning                     string
	lead                        bool // the first item of its department in the case: counts the case once for it
	used                        int  // working days from acceptance to the decision, -1 without one
	onTime                      bool
	returns, papers, visits     int
}

// Standings is how a case and its items stand. It is made by [Board.Of] before
// something is done to the case and given to [Board.Note] afterwards.
type Standings map[standing]int

// file is what of a case is counted.
type file struct {
	id, division, state, channel, warning string
	accepted, due                         *workday.Day
	created                               time.Time
	closed                                *time.Time
	returns, papers, visits               int
	workdays                              *int
	onTime                                *bool
	items                                 []part
}

// part is what of an item is counted.
type part struct {
	id, matter, department, state, warning string
	position, round                        int
	due                                    workday.Day
	decided                                *time.Time
	workdays                               *int
	onTime                                 *bool
	grade                                  int // of its last rating; 0 without one
}

// Of is how a case stands as it was read, before anything is done to it.
func (b *Board) Of(c *gen.CaseFile, items []*gen.Item) Standings {
	f := file{
		id: c.ID, division: c.Division, state: string(c.State), channel: string(c.Channel), warning: string(c.Warning),
		accepted: c.AcceptedOn, due: c.DueOn, created: c.CreatedAt, closed: c.ClosedAt,
		returns: c.Returns, papers: c.PapersSaved, visits: c.VisitsSaved, workdays: c.Workdays, onTime: c.OnTime,
	}
	for _, i := range items {
		f.items = append(f.items, part{
			id: i.ID, matter: i.Matter, department: i.Department, state: string(i.State), warning: string(i.Warning),
			position: i.Position, round: i.Round, due: i.DueOn, decided: i.DecidedAt, workdays: i.Workdays, onTime: i.OnTime,
		})
	}
	s := Standings{}
	f.count(b.Calendar(), s, 1)
	return s
}

// count adds how a case and its items stand, n times.
func (f *file) count(c *workday.Calendar, to Standings, n int) {
	base := standing{kind: ofCase, division: f.division, channel: f.channel, accepted: f.day(), caseState: f.state, used: -1}
	own := base
	own.warning, own.returns, own.papers, own.visits = f.warning, f.returns, f.papers, f.visits
	if used, onTime := f.took(c); used != nil {
		own.used, own.onTime = min(*used, longest), onTime
	}
	to.add(own, n)
	leads := f.leads()
	for i, p := range f.items {
		s := base
		s.kind, s.matter, s.department, s.state, s.warning = ofItem, p.matter, p.department, p.state, p.warning
		s.lead, s.returns = leads[p.department] == i, p.round
		if lifecycle.ItemState(p.state) == lifecycle.ItemCorrection {
			s.returns++ // the round rises when it is answered
		}
		if used, onTime := f.tookItem(c, p); used != nil {
			s.used, s.onTime = min(*used, longest), onTime
		}
		to.add(s, n)
		if p.grade > 0 {
			to.add(f.rated(p.matter, p.department, p.grade), n)
		}
	}
}

// rated is the standing of a rating. A case is rated when it has ended, so the
// state that goes with it is the last one.
func (f *file) rated(matter, department string, grade int) standing {
	return standing{
		kind: ofRating, division: f.division, matter: matter, department: department, channel: f.channel, accepted: f.day(),
		caseState: f.state, state: string(rune('0' + grade)), warning: string(lifecycle.NoWarning), used: -1,
	}
}

// day is what month a case belongs to: when it was accepted, and before that when it was begun.
func (f *file) day() workday.Day {
	if f.accepted != nil {
		return *f.accepted
	}
	return workday.FromTime(f.created)
}

// leads are the places of the first item of each department.
func (f *file) leads() map[string]int {
	first := map[string]int{}
	for i, p := range f.items {
		at, known := first[p.department]
		if !known || p.position < f.items[at].position || p.position == f.items[at].position && strings.Compare(p.matter, f.items[at].matter) < 0 {
			first[p.department] = i
		}
	}
	return first
}

// took is how many working days a case took from acceptance to its end, nil while
// it is open and for one that was withdrawn or never accepted, and whether it
// ended by the promised day.
func (f *file) took(c *workday.Calendar) (*int, bool) {
	s := lifecycle.CaseState(f.state)
	if !s.Ended() || s == lifecycle.CaseWithdrawn || s == lifecycle.CaseNotAccepted || f.closed == nil || f.accepted == nil {
		return nil, false
	}
	if f.workdays != nil {
		return f.workdays, f.onTime != nil && *f.onTime
	}
	return span(c, *f.accepted, f.due, *f.closed)
}

// tookItem is how many working days passed from acceptance of the case to the
// department's decision on an item; nil if it made none.
func (f *file) tookItem(c *workday.Calendar, p part) (*int, bool) {
	s := lifecycle.ItemState(p.state)
	if !s.Granted() && s != lifecycle.ItemRejected || p.decided == nil || f.accepted == nil {
		return nil, false
	}
	if p.workdays != nil {
		return p.workdays, p.onTime != nil && *p.onTime
	}
	return span(c, *f.accepted, &p.due, *p.decided)
}

func span(c *workday.Calendar, from workday.Day, due *workday.Day, end time.Time) (*int, bool) {
	on := workday.FromTime(end)
	used := max(c.Between(from, on), 0)
	return &used, due == nil || on <= *due
}

func (s Standings) add(one standing, n int) {
	if s[one] += n; s[one] == 0 {
		delete(s, one)
	}
}
