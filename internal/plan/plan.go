// Package plan computes how a person's matters are handled as one.
//
// From a catalogue and what is known of a person it computes what they may and
// must file, in which order, by when, with the fewest papers, visits and
// questions, and says of every answer why. Nothing in a plan is typed in: not
// the papers, not the path, not the totals. The same input gives the same bytes,
// for a case pins its plan and the notice made from it.
//
// A plan holds personal data (what is known of the person, and from whom).
// Whoever keeps one seals it.
package plan

import (
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Known is a value that somebody has told us, with who and when.
type Known = form.Known

// Input is all that a plan depends on.
type Input struct {
	Catalog    *catalog.Catalog
	Calendar   *workday.Calendar
	Facts      map[string]Known // by field ID or derived fact ID
	Chosen     []string         // matter codes or slugs; nil means all that the person may or must file
	Done       []string         // matters finished before, by code or slug
	AcceptedOn workday.Day      // the clock starts here; rules are read as of this day
	Now        time.Time        // today, for refusing far-off dates; must be set
}

// Plan is how the chosen matters are handled as one. It is JSON in a stable order.
type Plan struct {
	CatalogVersion string       `json:"catalogVersion"`
	AcceptedOn     workday.Day  `json:"acceptedOn"`
	Matters        []MatterPlan `json:"matters"`      // every matter of the catalogue, in its order
	CriticalPath   []string     `json:"criticalPath"` // matter codes: the chain that decides the promised day
	PathWords      catalog.Text `json:"pathWords"`
	PromisedOn     workday.Due  `json:"promisedOn"` // when all is done, and the calendar's reasons
	Ledger         []Line       `json:"ledger"`     // why it takes so many working days
	Papers         Papers       `json:"papers"`
	Visits         []Visit      `json:"visits"`
	Steps          []Step       `json:"steps"` // what is left for the person to do
	Totals         Totals       `json:"totals"`
	Form           *form.Form   `json:"form"`
	Notice         Notice       `json:"notice"`
}

// Line is one entry of the promise: a matter of the critical path and its days.
type Line struct {
	Matter string       `json:"matter"`
	From   int          `json:"from"` // first working day after acceptance, from 1
	To     int          `json:"to"`   // last one
	Words  catalog.Text `json:"words"`
}

// Step is something the person does.
type Step struct {
	ID   string       `json:"id"`
	Name catalog.Text `json:"name"`
}

// Totals compares every matter done alone with all handled as one.
type Totals struct {
	Matters int     `json:"matters"`
	Before  Figures `json:"before"`
	After   Figures `json:"after"`
}

// Figures are the burden on the person. Days are working days.
type Figures struct {
	Days      int `json:"days"`
	Materials int `json:"materials"`
	Steps     int `json:"steps"`
	Visits    int `json:"visits"`
}

// The bounds of the day of acceptance, so that a mistyped year is told rather than computed.
var earliest = workday.Date(2020, time.January, 1)

const latestAhead = 2 * 366 // calendar days after today

// Compile computes the plan. What the person can mend is a fault, all Invalid:
// DATE_OUT_OF_RANGE, NO_MATTERS, MATTER_UNKNOWN, MATTER_REPEATED,
// MATTER_ALREADY_DONE and MATTER_NOT_ELIGIBLE. Any other error is ours: a fact of
// the wrong type, a rule that cannot be evaluated.
func Compile(in Input) (*Plan, error) {
	w, err := begin(in)
	if err != nil {
		return nil, err
	}
	if err := w.choose(in.Chosen); err != nil {
		return nil, err
	}
	p := &Plan{CatalogVersion: in.Catalog.Version, AcceptedOn: in.AcceptedOn, Matters: w.plans}
	w.schedule(p)
	if p.Papers, err = w.papers(); err != nil {
		return nil, err
	}
	w.visits(p)
	w.totals(p)
	codes := make([]string, len(w.chosen))
	for i, m := range w.chosen {
		codes[i] = m.Code
	}
	if p.Form, err = form.MergeSettled(in.Catalog, codes, in.Facts, form.Settled{Known: w.known, Facts: w.facts}, in.AcceptedOn); err != nil {
		return nil, fmt.Errorf("compile plan: %w", err)
	}
	p.Notice = w.notice(p)
	return p, nil
}

// work is one compilation.
type work struct {
	in       Input
	known    map[string]Known
	facts    catalog.Facts
	plans    []MatterPlan               // of every matter, catalogue order
	at       map[string]int             // matter code -> index into plans
	done     map[string]bool            // matter code
	rules    map[string]catalog.Verdict // by text: many matters ask the same of a person
	chosen   []*catalog.Matter          // catalogue order
	sequence []*catalog.Matter          // the same, each after those it waits for
}

// begin checks the input and judges every matter.
func begin(in Input) (*work, error) {
	if in.Catalog == nil || in.Calendar == nil {
		return nil, errors.New("compile plan: catalogue or calendar is missing")
	}
	if today := workday.FromTime(in.Now); in.AcceptedOn < earliest || in.AcceptedOn > today.AddDays(latestAhead) {
		return nil, fault.New(fault.Invalid, "DATE_OUT_OF_RANGE",
			"受理日期超出范围：应在2020年以后、今天起两年以内。", "The day of acceptance is out of range: from 2020 to two years from today.").At("input", "acceptedOn")
	}
	w := &work{in: in, at: make(map[string]int, len(in.Catalog.Matters)), done: map[string]bool{}, rules: map[string]catalog.Verdict{}}
	for _, code := range in.Done {
		m := in.Catalog.Matter(code)
		if m == nil {
			return nil, unknownMatter("done")
		}
		w.done[m.Code] = true
	}
	var err error
	if w.known, w.facts, err = form.Settle(in.Catalog, in.Facts, in.AcceptedOn); err != nil {
		return nil, fmt.Errorf("compile plan: %w", err)
	}
	if err := w.judge(); err != nil {
		return nil, fmt.Errorf("compile plan: %w", err)
	}
	return w, nil
}

// holds evaluates a rule over what is known; none always holds.
func (w *work) holds(e *catalog.Expr) (catalog.Verdict, error) {
	if e == nil {
		return catalog.True, nil
	}
	if v, asked := w.rules[e.String()]; asked {
		return v, nil
	}
	v, err := e.Eval(w.facts)
	if err == nil {
		w.rules[e.String()] = v
	}
	return v, err
}

// plan is the entry of a matter.
func (w *work) plan(code string) *MatterPlan { return &w.plans[w.at[code]] }

// name is a matter's name.
func (w *work) name(code string) catalog.Text { return w.in.Catalog.Matter(code).Name }

// names lists matters for people.
func (w *work) names(codes []string) catalog.Text {
	texts := make([]catalog.Text, len(codes))
	for i, code := range codes {
		texts[i] = w.name(code)
	}
	return catalog.List(texts...)
}

// totals adds up; the published headline figures come out of this.
func (w *work) totals(p *Plan) {
	t := Totals{Matters: len(w.chosen)}
	for _, m := range w.chosen {
		t.Before.Days += m.Days.Alone
		t.Before.Steps += m.Steps.Value
		t.Before.Visits += m.Visits.Value
	}
	for _, s := range w.in.Catalog.Process.PublicSteps {
		p.Steps = append(p.Steps, Step{ID: s.ID, Name: s.Name})
	}
	t.Before.Materials = p.Papers.Asked
	t.After = Figures{Days: p.days(), Materials: len(p.Papers.Kept), Steps: len(p.Steps), Visits: len(p.Visits)}
	p.Totals = t
}

// days is the length of the critical path in working days.
func (p *Plan) days() int {
	if len(p.Ledger) == 0 {
		return 0
	}
	return p.Ledger[len(p.Ledger)-1].To
}
