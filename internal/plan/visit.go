package plan

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Visit is one errand that the law wants done in person; it serves several
// matters at once.
type Visit struct {
	Window    string       `json:"window"` // ID
	Name      catalog.Text `json:"name"`
	Matters   []string     `json:"matters"`
	Why       []Errand     `json:"why"`
	Bring     []string     `json:"bring"`     // originals, by material code
	Day       int          `json:"day"`       // the working day after acceptance from which it makes sense
	NotBefore workday.Day  `json:"notBefore"` // the same as a date
}

// Errand is what one matter wants of the person at a window.
type Errand struct {
	Matter string       `json:"matter"`
	Where  catalog.Text `json:"where"`
	Why    catalog.Text `json:"why"`
}

// visits gathers the personal steps of the chosen matters by window.
func (w *work) visits(p *Plan) {
	p.Visits = []Visit{}
	for _, window := range w.in.Catalog.Process.Windows {
		v := Visit{Window: window.ID, Name: window.Name, Bring: []string{}}
		for _, m := range w.chosen {
			if m.InPerson == nil || m.InPerson.Window != window.ID {
				continue
			}
			// Later matters of the window are handled in the same visit, so the first one decides the day.
			if day := w.plan(m.Code).StartsAfter + 1; v.Matters == nil || day < v.Day {
				v.Day = day
			}
			v.Matters = append(v.Matters, m.Code)
			v.Why = append(v.Why, Errand{Matter: m.Code, Where: m.InPerson.Where, Why: m.InPerson.Why})
		}
		if v.Matters == nil {
			continue
		}
		for _, paper := range p.Papers.Kept {
			if !paper.Form && slices.ContainsFunc(paper.NeededBy, func(code string) bool { return slices.Contains(v.Matters, code) }) {
				v.Bring = append(v.Bring, paper.Material)
			}
		}
		v.NotBefore = w.in.Calendar.Due(w.in.AcceptedOn, v.Day).Day
		p.Visits = append(p.Visits, v)
	}
}
