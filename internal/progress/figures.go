package progress

import (
	"time"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
)

// Statistics is an answer.
type Statistics struct {
	AsOf      time.Time // by the database's clock; asked with it again, the answer is the same
	Precision Precision
	Rows      []*Row // in the order of the groups, without empty ones
	Total     *Row   // counted by itself, not as the sum of the rows
}

// Row is one group.
type Row struct {
	Keys    []Key // in the order of Question.By
	Counts  Counts
	Cases   *Figures // nil where cases as a whole are out of the question
	Items   *Figures
	Ratings *Ratings // nil by warning or by the state of items
	Saved   *Saved   // nil where Cases is
}

// Key is one side of what a group is.
type Key struct {
	Dimension Dimension
	Code      string
}

// Counts are how many there are. Cases are those that have an item of the group,
// nil where sums cannot tell.
type Counts struct {
	Cases              *int
	Items, Open, Ended int // items
}

// Figures are about cases or about items.
type Figures struct {
	Count, Open, Ended int
	Decided            int // granted or refused; of cases, those that ran their course
	OnTime             int // decided by the promised day
	OnTimeRate         *float64
	Workdays           Workdays // from acceptance to the decision, pauses included
	Returns            int
	Warnings           Warnings
}

// Workdays are exact working days by the nearest rank; nil without decisions.
type Workdays struct{ Median, P90 *int }

// Warnings are how many carry one.
type Warnings struct{ Yellow, Red int }

// Ratings are the last grades of items.
type Ratings struct {
	Count                                                                     int
	VerySatisfied, Satisfied, FairlySatisfied, Dissatisfied, VeryDissatisfied int
	Average                                                                   *float64
}

// Saved is what cases saved against matters done one by one.
type Saved struct{ Papers, Visits int }

// group gathers what falls under one key.
type group struct {
	cases, items kindSums
	touched      int // cases counted by an item of theirs
	grades       [6]int
}

// kindSums are sums of cases or items.
type kindSums struct {
	sums
	ended, yellow, red int
}

func (k *kindSums) merge(warning string, ended bool, t *sums) {
	k.sums.merge(t)
	if ended {
		k.ended += t.n
	}
	switch lifecycle.Warning(warning) {
	case lifecycle.Yellow:
		k.yellow += t.n
	case lifecycle.Red:
		k.red += t.n
	}
}

// add takes in a cell.
func (g *group) add(s *scope, c *cell, t *sums) {
	switch c.kind {
	case ofCase:
		g.cases.merge(c.warning, lifecycle.CaseState(c.caseState).Ended(), t)
	case ofItem:
		g.items.merge(c.warning, lifecycle.ItemState(c.state).Ended(), t)
		if c.lead || s.Matter != "" || s.by(ByMatter) { // a matter is once in a case, a department's first item too
			g.touched += t.n
		}
	case ofRating:
		if len(c.state) == 1 && c.state[0] >= '1' && c.state[0] <= '5' {
			g.grades[c.state[0]-'0'] += t.n
		}
	}
}

// row is the group as it is told.
func (g *group) row(s *scope, keys []Key) *Row {
	r := &Row{Keys: keys, Items: g.items.figures()}
	r.Counts = Counts{Items: r.Items.Count, Open: r.Items.Open, Ended: r.Items.Ended}
	if !s.byMatter && !s.itemsOnly {
		r.Cases = g.cases.figures()
		r.Saved = &Saved{Papers: g.cases.papers, Visits: g.cases.visits}
		r.Counts.Cases = &r.Cases.Count
	} else if !s.itemsOnly {
		n := g.touched
		r.Counts.Cases = &n
	}
	if s.rated() {
		r.Ratings = ratings(g.grades)
	}
	return r
}

// rated says whether ratings can be told: they have no warning and no item's state.
func (s *scope) rated() bool { return len(s.Warnings) == 0 && !s.by(ByWarning) && !s.by(ByItemState) }

func (g *group) empty() bool {
	return g.cases.n == 0 && g.items.n == 0 && g.grades == [6]int{}
}

func (k *kindSums) figures() *Figures {
	f := &Figures{Count: k.n, Ended: k.ended, Open: k.n - k.ended, OnTime: k.onTime, Returns: k.returns, Warnings: Warnings{k.yellow, k.red}}
	for _, n := range k.days {
		f.Decided += n
	}
	f.OnTimeRate = ratio(f.OnTime, f.Decided)
	f.Workdays = Workdays{Median: within(k.days, f.Decided, 50), P90: within(k.days, f.Decided, 90)}
	return f
}

// within is the smallest number of working days within which so many percent of
// n were decided, by the nearest rank.
func within(took days, n, percent int) *int {
	if n <= 0 {
		return nil
	}
	need, seen := (n*percent+99)/100, 0
	for d, count := range took {
		if seen += count; seen >= need {
			return &d
		}
	}
	return nil
}

func ratio(part, whole int) *float64 {
	if whole <= 0 {
		return nil
	}
	r := float64(part) / float64(whole)
	return &r
}

func ratings(n [6]int) *Ratings {
	r := &Ratings{VeryDissatisfied: n[1], Dissatisfied: n[2], FairlySatisfied: n[3], Satisfied: n[4], VerySatisfied: n[5]}
	sum := 0
	for grade, count := range n {
		r.Count += count
		sum += grade * count
	}
	r.Average = ratio(sum, r.Count)
	return r
}
