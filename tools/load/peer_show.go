package main

import (
	"strings"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// What queries/plan.graphql asks for, as JSON.
type (
	code struct {
		Code string `json:"code"`
	}
	zh struct {
		Zh string `json:"zh"`
	}
	named struct {
		Code string `json:"code"`
		Name zh     `json:"name"`
	}
	reason struct {
		Words   zh     `json:"words"`
		Verdict string `json:"verdict"`
	}
	day struct {
		Day workday.Day `json:"day"`
	}
	planned struct {
		Matter      named        `json:"matter"`
		Verdict     plan.Verdict `json:"verdict"`
		Duty        string       `json:"duty"`
		Selected    bool         `json:"selected"`
		Order       int          `json:"order"`
		StartsAfter int          `json:"startsAfter"`
		Workdays    int          `json:"workdays"`
		FinishDay   int          `json:"finishDay"`
		Slack       int          `json:"slack"`
		Reasons     []reason     `json:"reasons"`
		After       []code       `json:"after"`
		Promised    *day         `json:"promised"`
	}
	entry struct {
		ID       string `json:"id"`
		Name     zh     `json:"name"`
		Type     string `json:"type"`
		Fill     string `json:"fill"`
		Required bool   `json:"required"`
		ReadOnly bool   `json:"readOnly"`
		Value    any    `json:"value"`
	}
	section struct {
		Group  string  `json:"group"`
		Name   zh      `json:"name"`
		Fields []entry `json:"fields"`
	}
	kept struct {
		Material string `json:"material"`
		Name     zh     `json:"name"`
		NeededBy []code `json:"neededBy"`
		Original bool   `json:"original"`
	}
	dropped struct {
		Material string          `json:"material"`
		Reason   plan.DropReason `json:"reason"`
		Saved    int             `json:"saved"`
	}
	visit struct {
		Name    zh       `json:"name"`
		Matters []code   `json:"matters"`
		Bring   []string `json:"bring"`
	}
	told struct {
		ID      string `json:"id"`
		Heading zh     `json:"heading"`
		Lines   []zh   `json:"lines"`
	}
	line struct {
		Matter code `json:"matter"`
		From   int  `json:"from"`
		To     int  `json:"to"`
		Words  zh   `json:"words"`
	}
	step struct {
		Day   workday.Day  `json:"day"`
		Until workday.Day  `json:"until"`
		Kind  workday.Kind `json:"kind"`
		Days  int          `json:"days"`
	}
)

func to[A, B any](all []A, f func(A) B) []B {
	out := make([]B, len(all))
	for i, a := range all {
		out[i] = f(a)
	}
	return out
}

func codes(all []string) []code { return to(all, func(c string) code { return code{c} }) }

// show is a plan as queries/plan.graphql asks for it.
func (p *peer) show(m *plan.Plan) map[string]any {
	c := m.Form.Counts
	return map[string]any{
		"catalogVersion": m.CatalogVersion, "acceptedOn": m.AcceptedOn,
		"matters": to(m.Matters, showMatter),
		"form": map[string]any{
			"counts":   map[string]int{"blanks": c.Blanks, "distinct": c.Distinct, "typed": c.Typed, "known": c.Known},
			"sections": p.sections(m),
		},
		"materials": map[string]any{
			"asked": m.Papers.Asked,
			"kept":  to(m.Papers.Kept, func(q plan.Paper) kept { return kept{q.Material, zh{q.Name.Zh}, codes(q.NeededBy), q.Original} }),
			"dropped": to(m.Papers.Dropped, func(q plan.DroppedPaper) dropped {
				return dropped{q.Material, q.Reason, q.Saved}
			}),
		},
		"visits": to(m.Visits, func(v plan.Visit) visit {
			return visit{zh{v.Name.Zh}, codes(v.Matters), append([]string{}, v.Bring...)}
		}),
		"notice": map[string]any{"title": zh{m.Notice.Title.Zh}, "sections": to(m.Notice.Sections, func(s plan.NoticeSection) told {
			lines := make([]zh, len(s.Lines))
			for i, l := range s.Lines {
				lines[i] = zh{l.Zh}
			}
			return told{s.ID, zh{s.Heading.Zh}, lines}
		})},
		"criticalPath": codes(m.CriticalPath),
		"ledger":       to(m.Ledger, func(l plan.Line) line { return line{code{l.Matter}, l.From, l.To, zh{l.Words.Zh}} }),
		"promisedOn": map[string]any{"day": m.PromisedOn.Day, "provisional": m.PromisedOn.Provisional,
			"steps": to(m.PromisedOn.Steps, func(s workday.Step) step { return step{s.Day, s.Until, s.Kind, s.Days} })},
		"totals": map[string]any{"matters": m.Totals.Matters, "before": figures(m.Totals.Before), "after": figures(m.Totals.After)},
	}
}

func figures(f plan.Figures) map[string]int {
	return map[string]int{"days": f.Days, "materials": f.Materials, "steps": f.Steps, "visits": f.Visits}
}

func showMatter(m plan.MatterPlan) planned {
	q := planned{named{m.Code, zh{m.Name.Zh}}, m.Verdict, m.Duty, m.Selected, m.Order, m.StartsAfter, m.Workdays, m.FinishDay, m.Slack, nil, codes(m.After), nil}
	q.Reasons = to(m.Reasons, func(r plan.Reason) reason { return reason{zh{r.Words.Zh}, r.Verdict} })
	if m.Promised != nil {
		q.Promised = &day{m.Promised.Day}
	}
	return q
}

func (p *peer) sections(m *plan.Plan) []section {
	out := make([]section, len(m.Form.Sections))
	for i, s := range m.Form.Sections {
		out[i] = section{s.Group, zh{s.Name.Zh}, make([]entry, len(s.Fields))}
		for k, f := range s.Fields {
			out[i].Fields[k] = entry{f.ID, zh{f.Name.Zh}, f.Type, string(f.Fill), f.Required, f.ReadOnly, p.shown(f.ID, f.Value)}
		}
	}
	return out
}

// shown masks the numbers that identify or cost a person.
func (p *peer) shown(field string, v any) any {
	s, ok := v.(string)
	f := p.catalog.Field(field)
	if !ok || f == nil {
		return v
	}
	switch {
	case f.Check == "citizenNumber":
		return citizen.Number(s).Masked()
	case f.Check == "luhn", f.Check == "bankAccount", field == "mobile", strings.HasSuffix(field, "Phone"), strings.HasSuffix(field, "CertNo"), strings.HasSuffix(field, "AccountNo"):
		return ends(s)
	}
	return v
}
