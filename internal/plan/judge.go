package plan

import (
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Verdict says whether a person may file a matter.
type Verdict string

// The verdicts. An uncertain matter may be filed: the department decides.
const (
	Eligible   Verdict = "ELIGIBLE"   // every condition holds
	Uncertain  Verdict = "UNCERTAIN"  // none fails, some depend on facts not told yet
	Ineligible Verdict = "INELIGIBLE" // at least one fails
)

// MatterPlan is what a plan says of one matter. The schedule is set only if it
// is selected; days are working days after acceptance.
type MatterPlan struct {
	Code        string       `json:"code"`
	Slug        string       `json:"slug"`
	Name        catalog.Text `json:"name"`
	Department  string       `json:"department"` // code of the lead
	Verdict     Verdict      `json:"verdict"`
	Duty        string       `json:"duty"` // MUST or MAY
	DutyBasis   string       `json:"dutyBasis"`
	Basis       string       `json:"basis"` // of eligibility
	Selected    bool         `json:"selected"`
	Done        bool         `json:"done"` // finished before
	Reasons     []Reason     `json:"reasons"`
	WouldChange []Change     `json:"whatWouldChange"`
	Limit       *OwnLimit    `json:"limit,omitempty"`

	Order       int          `json:"order,omitempty"`    // from 1: a sequence that respects After
	After       []string     `json:"after,omitempty"`    // selected matters that end first
	Assumes     []string     `json:"assumes,omitempty"`  // required matters that are neither done nor in this case: their results must be there
	StartsAfter int          `json:"startsAfter"`        // starts when this working day has ended
	Workdays    int          `json:"workdays"`           // on the clock; pre-review lies in front of acceptance
	FinishDay   int          `json:"finishDay"`          // earliest finish
	Slack       int          `json:"slack"`              // working days it may be late without moving the promised day
	Promised    *workday.Due `json:"promised,omitempty"` // FinishDay as a date
}

// Reason is one condition and how it came out.
type Reason struct {
	Words   catalog.Text `json:"words"`
	Verdict string       `json:"verdict"` // MET, NOT_MET or UNKNOWN
	Facts   []FactUse    `json:"facts"`
}

// FactUse is a fact that a condition read.
type FactUse struct {
	Field  string       `json:"field"`
	Name   catalog.Text `json:"name"`
	State  string       `json:"state"` // KNOWN, ABSENT or UNKNOWN
	Value  any          `json:"value,omitempty"`
	Source string       `json:"source,omitempty"` // who told; for an unknown fact, who could
	AsOf   *time.Time   `json:"asOf,omitempty"`
}

// Change is a single fact that alone would make the verdict ELIGIBLE, with the
// values that do: codes of its list, true, false, ABSENT, PRESENT (any value), or
// for dates PAST and FUTURE, seen from the day of acceptance.
type Change struct {
	Field  string       `json:"field"`
	Name   catalog.Text `json:"name"`
	Values []string     `json:"values"`
}

// OwnLimit is the applicant's own deadline, in calendar days.
type OwnLimit struct {
	Days      int          `json:"days"`
	From      string       `json:"from"` // field ID of a date
	FromName  catalog.Text `json:"fromName"`
	AppliesTo catalog.Text `json:"appliesTo"`
	Due       *workday.Due `json:"due,omitempty"` // nil while the date is not known
	Overdue   bool         `json:"overdue"`       // on the day of acceptance
	Words     catalog.Text `json:"words"`
}

// Judge answers for every matter of the catalogue whether the person may file
// it, and why, without making a plan. Its errors are those of [Compile] before
// any choice is looked at. No matter is selected.
func Judge(in Input) ([]MatterPlan, error) {
	w, err := begin(in)
	if err != nil {
		return nil, err
	}
	return w.plans, nil
}

func (w *work) judge() error {
	w.plans = make([]MatterPlan, len(w.in.Catalog.Matters))
	for i, m := range w.in.Catalog.Matters {
		w.at[m.Code] = i
		p := &w.plans[i]
		*p = MatterPlan{Code: m.Code, Slug: m.Slug, Name: m.Name, Department: m.Lead, Verdict: Eligible,
			Duty: m.Duty.Kind, DutyBasis: m.Duty.Basis, Basis: m.Eligibility.Basis, Done: w.done[m.Code], WouldChange: []Change{}}
		verdicts := make([]catalog.Verdict, len(m.Eligibility.Conditions))
		for j, c := range m.Eligibility.Conditions {
			v, err := w.holds(c.Expr)
			if err != nil {
				return fmt.Errorf("condition %d of matter %s: %w", j+1, m.Code, err)
			}
			verdicts[j] = v
			p.Reasons = append(p.Reasons, w.reason(c, v))
			switch {
			case v == catalog.False:
				p.Verdict = Ineligible
			case v == catalog.Unknown && p.Verdict == Eligible:
				p.Verdict = Uncertain
			}
		}
		if p.Verdict != Eligible {
			changes, err := w.changes(m.Eligibility.Conditions, verdicts)
			if err != nil {
				return fmt.Errorf("changes of matter %s: %w", m.Code, err)
			}
			p.WouldChange = changes
		}
		p.Limit = w.limit(m.ApplicantLimit)
	}
	return nil
}

func (w *work) reason(c catalog.Condition, v catalog.Verdict) Reason {
	r := Reason{Words: c.Say, Verdict: "UNKNOWN"}
	switch v {
	case catalog.True:
		r.Verdict = "MET"
	case catalog.False:
		r.Verdict = "NOT_MET"
	}
	for _, id := range c.Expr.Fields() {
		r.Facts = append(r.Facts, w.fact(id))
	}
	return r
}

// fact tells what is known of a fact, and from whom.
func (w *work) fact(id string) FactUse {
	name, _, origin := w.about(id)
	u := FactUse{Field: id, Name: name, State: "UNKNOWN", Source: origin}
	k, told := w.known[id]
	switch {
	case told && k.Absent:
		u.State, u.Source = "ABSENT", k.Source
	case told:
		u.State, u.Source, u.Value = "KNOWN", k.Source, k.Value
	case w.facts[id] != nil: // today
		u.State, u.Value = "KNOWN", w.facts[id]
	}
	if !k.AsOf.IsZero() {
		u.AsOf = &k.AsOf
	}
	return u
}

// about answers what the catalogue says of a fact: its name, its type or code list, who can tell it.
func (w *work) about(id string) (name catalog.Text, kind, origin string) {
	if f := w.in.Catalog.Field(id); f != nil {
		return f.Name, f.Type, f.Origin
	}
	if f := w.in.Catalog.Fact(id); f != nil {
		if len(f.From) > 0 {
			return f.Name, "", "" // computed: changes only with what it comes from
		}
		return f.Name, f.Type, f.Origin
	}
	return catalog.Text{Zh: id, En: id}, "", ""
}

// changes tries, for every fact that all unmet conditions read, each value it
// could have, and keeps those that meet them all. A fact that some unmet
// condition does not read cannot do it alone.
func (w *work) changes(conditions []catalog.Condition, verdicts []catalog.Verdict) ([]Change, error) {
	var candidates []string
	first := true
	for i, c := range conditions {
		if verdicts[i] == catalog.True {
			continue
		}
		fields := c.Expr.Fields()
		if first {
			candidates, first = slices.Clone(fields), false
		} else {
			candidates = slices.DeleteFunc(candidates, func(id string) bool { return !slices.Contains(fields, id) })
		}
	}
	out := []Change{}
	for _, id := range candidates {
		name, kind, _ := w.about(id)
		values, err := w.try(id, w.alternatives(id, kind), conditions)
		if err != nil {
			return nil, err
		}
		if len(values) > 0 {
			out = append(out, Change{Field: id, Name: name, Values: values})
		}
	}
	return out, nil
}

// alternative is a value to try and what to call it.
type alternative struct {
	label string
	value any
}

// alternatives are the values a fact could have, as far as they can be listed.
func (w *work) alternatives(id, kind string) []alternative {
	absent := alternative{"ABSENT", nil}
	switch kind {
	case "bool":
		return []alternative{{"true", true}, {"false", false}}
	case "date":
		return []alternative{{"PAST", w.in.AcceptedOn.AddDays(-1).String()}, {"FUTURE", w.in.AcceptedOn.AddDays(1).String()}, absent}
	case "int":
		return []alternative{{"PRESENT", int64(1)}, absent}
	case "decimal", "money":
		return []alternative{{"PRESENT", 1.0}, absent}
	case "list", "":
		return nil
	}
	if f := w.in.Catalog.Field(id); f != nil {
		if list := w.in.Catalog.Codes[f.Codes]; list != nil && len(list.Items) > 0 {
			out := make([]alternative, len(list.Items))
			for i, item := range list.Items {
				out[i] = alternative{item.Code, item.Code}
			}
			return out
		}
	}
	return []alternative{{"PRESENT", "-"}, absent}
}

// try evaluates, with each alternative in place of what is known, the conditions
// that read the fact; the others are met. Facts that follow from the changed one
// are left as they are.
func (w *work) try(id string, with []alternative, conditions []catalog.Condition) ([]string, error) {
	before, had := w.facts[id]
	defer func() {
		if delete(w.facts, id); had {
			w.facts[id] = before
		}
	}()
	reading := slices.DeleteFunc(slices.Clone(conditions), func(c catalog.Condition) bool { return !slices.Contains(c.Expr.Fields(), id) })
	var values []string
	for _, a := range with {
		w.facts[id] = a.value
		ok := true
		for _, c := range reading {
			v, err := c.Expr.Eval(w.facts)
			if err != nil {
				return nil, err
			}
			if ok = v == catalog.True; !ok {
				break
			}
		}
		if ok {
			values = append(values, a.label)
		}
	}
	return values, nil
}

// limit reckons the applicant's own deadline (兵役法 17, 安置条例 51 and others).
func (w *work) limit(l *catalog.Limit) *OwnLimit {
	if l == nil {
		return nil
	}
	name, _, _ := w.about(l.From)
	o := &OwnLimit{Days: l.CalendarDays, From: l.From, FromName: name, AppliesTo: l.AppliesTo}
	text, _ := w.facts[l.From].(string)
	from, err := workday.ParseDay(text)
	if err != nil {
		o.Words = catalog.Say("自%[1]s起%[2]d天内（自然日）；适用：%[3]s。", "Within %[2]d calendar days from: %[1]s. For: %[3]s.", name, l.CalendarDays, l.AppliesTo)
		return o
	}
	due := w.in.Calendar.CalendarDue(from, l.CalendarDays)
	o.Due, o.Overdue = &due, w.in.AcceptedOn > due.Day
	o.Words = catalog.Say("自%[1]s起%[2]d天内（自然日），不晚于%[3]s；适用：%[4]s。", "By %[3]s: within %[2]d calendar days from: %[1]s. For: %[4]s.", name, l.CalendarDays, due.Day, l.AppliesTo)
	if o.Overdue {
		o.Words = catalog.Say("%s已经超过。%s", "%s This has passed. %s", o.Words, l.Overdue)
	}
	return o
}
