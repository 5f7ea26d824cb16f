package casefile

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Sheet is the feedback sheet (一单反馈): every item on one page.
type Sheet struct {
	Number           string
	State            lifecycle.CaseState
	Complete         bool // the last item has ended
	Lines            []Line
	WorkdaysPromised int
	WorkdaysUsed     *int  // from acceptance to the end; nil while open
	OnTime           *bool // nil while open
}

// Line is one item on the sheet.
type Line struct {
	Matter     *catalog.Matter
	Department string
	State      lifecycle.ItemState
	Number     string // of the result
	DecidedOn  *workday.Day
	Words      string        // of the department
	NextStep   *catalog.Text // if granted
	Remedy     *catalog.Text // if not
}

// Sheet makes a case's feedback sheet from its items, with the words of the
// catalogue that the case is pinned to.
func (d *Desk) Sheet(ctx context.Context, c *gen.CaseFile, items []*gen.Item) (*Sheet, error) {
	cat, err := d.Shelf.Get(ctx, c.CatalogVersion)
	if err != nil {
		return nil, err
	}
	s := &Sheet{Number: c.Number, State: c.State, Complete: c.State.Ended(), WorkdaysPromised: c.PlanDays}
	for _, it := range items {
		m := cat.Matter(it.Matter)
		if m == nil {
			continue
		}
		l := Line{Matter: m, Department: it.Department, State: it.State, Number: it.ResultNo, Words: it.Words}
		if it.DecidedAt != nil {
			on := workday.FromTime(*it.DecidedAt)
			l.DecidedOn = &on
		}
		switch {
		case it.State.Granted():
			l.NextStep = &m.NextStep
		case it.State == lifecycle.ItemRejected || it.State == lifecycle.ItemBlocked:
			l.Remedy = &m.Remedy
		}
		s.Lines = append(s.Lines, l)
	}
	if c.ClosedAt != nil && c.AcceptedOn != nil {
		used := max(d.Calendar.Between(*c.AcceptedOn, workday.FromTime(*c.ClosedAt)), 0)
		onTime := used <= c.PlanDays
		s.WorkdaysUsed, s.OnTime = &used, &onTime
	}
	return s, nil
}
