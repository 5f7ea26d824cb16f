package casefile

import (
	"context"
	"errors"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Sheet is the feedback sheet (一单反馈): every item on one page.
type Sheet struct {
	Number           string
	State            lifecycle.CaseState
	Catalog          string // version of the catalogue that the case is pinned to
	Complete         bool   // the last item has ended
	Lines            []Line
	WorkdaysPromised int
	WorkdaysUsed     *int  // from acceptance to the end; nil while open
	OnTime           *bool // nil while open

	whole bool // every item of the case is on it: the viewer may see them all
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
	s := &Sheet{Number: c.Number, State: c.State, Catalog: c.CatalogVersion, Complete: c.State.Ended(), WorkdaysPromised: c.PlanDays}
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
		used := max(d.Calendar().Between(*c.AcceptedOn, workday.FromTime(*c.ClosedAt)), 0)
		onTime := used <= c.PlanDays
		s.WorkdaysUsed, s.OnTime = &used, &onTime
	}
	s.whole = len(s.Lines) > 0 && len(s.Lines) == len(c.Matters)
	return s, nil
}

// Sealed is the electronic seal (电子签章) of a sheet.
type Sealed struct {
	Suite string // ED25519 or SM2
	KeyID string
	Text  string // what the QR code says; vetgraph verify reads it
	SVG   string // the QR code
}

// Seal seals a sheet as of now. There is no seal, and no error, for a sheet that is
// not complete, for one that does not show all items of its case (an officer sees
// their own department's), and where no signer is set up. Faults: SHEET_TOO_LONG.
func (d *Desk) Seal(_ context.Context, s *Sheet) (*Sealed, error) {
	if d.Signer == nil || !s.Complete || !s.whole {
		return nil, nil
	}
	text, err := d.Signer.Seal(s.content(d.Issuer, workday.FromTime(d.Now())))
	if errors.Is(err, seal.ErrTooLong) {
		return nil, fault.New(fault.TooLarge, "SHEET_TOO_LONG", "反馈单事项过多，二维码容纳不下，无法签章。", "This sheet has more matters than a QR code can hold, so it has no seal.").Because(err)
	} else if err != nil {
		return nil, err
	}
	svg, err := seal.QR(text)
	if err != nil {
		return nil, err
	}
	key := d.Signer.Key()
	return &Sealed{Suite: string(key.Suite), KeyID: key.ID, Text: text, SVG: svg}, nil
}

// content is what of the sheet is sealed: neither words, which may speak of a
// person, nor anything that identifies one.
func (s *Sheet) content(issuer string, on workday.Day) seal.Sheet {
	out := seal.Sheet{Number: s.Number, State: string(s.State), Promised: s.WorkdaysPromised, Used: s.WorkdaysUsed, Issued: on, Issuer: issuer, Catalog: s.Catalog}
	for _, l := range s.Lines {
		out.Lines = append(out.Lines, seal.Line{Matter: l.Matter.Code, State: string(l.State), Decided: l.DecidedOn, Result: seal.Result{Number: l.Number}})
	}
	return out
}
