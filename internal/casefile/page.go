package casefile

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Board is where the standings of this desk's cases are summed.
func (d *Desk) Board() *progress.Board { return &progress.Board{Store: d.Store, Calendar: d.Calendar} }

// Filter narrows a page of cases. Empty fields do not.
type Filter struct {
	Division                     string // a division and all below it
	States                       []lifecycle.CaseState
	Matter                       string // code
	Department                   string // code
	Warnings                     []lifecycle.Warning
	Channels                     []string
	AcceptedFrom, AcceptedBefore *workday.Day // from this day on, before that day
	DueFrom, DueBefore           *workday.Day
}

// Page returns up to first cases, the newest first, after the ID given, and
// whether there are more.
func (d *Desk) Page(ctx context.Context, f Filter, first int, after string) ([]*gen.CaseFile, bool, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, false, err
	}
	q := d.lean().Order(gencase.ByID(desc)).Limit(first + 1)
	if err := f.narrow(q); err != nil {
		return nil, false, err
	}
	if after != "" {
		q.Where(gencase.IDLT(after))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of cases: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

func (f Filter) narrow(q *gen.CaseFileQuery) error {
	if f.Division != "" {
		if _, ok := division.Normalize(f.Division); !ok {
			return fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("filter", "division")
		}
		lo, hi := division.Range(f.Division)
		q.Where(gencase.DivisionGTE(lo), gencase.DivisionLTE(hi))
	}
	if len(f.States) > 0 {
		q.Where(gencase.StateIn(f.States...))
	}
	if len(f.Warnings) > 0 {
		q.Where(gencase.WarningIn(f.Warnings...))
	}
	if len(f.Channels) > 0 {
		channels := make([]gencase.Channel, len(f.Channels))
		for i, c := range f.Channels {
			channels[i] = gencase.Channel(c)
		}
		q.Where(gencase.ChannelIn(channels...))
	}
	f.days(q)
	if f.Matter != "" || f.Department != "" {
		var of []predicate.Item
		if f.Matter != "" {
			of = append(of, item.Matter(f.Matter))
		}
		if f.Department != "" {
			of = append(of, item.Department(f.Department))
		}
		q.Where(gencase.HasItemsWith(of...))
	}
	return nil
}

// days narrows by dates. No case is accepted, let alone promised, before it was
// begun, and IDs rise with the time of beginning: so what is looked for before a
// day has an ID of before it, and a list of long ago is found where it lies in
// the order of IDs instead of by walking there.
func (f Filter) days(q *gen.CaseFileQuery) {
	if f.AcceptedFrom != nil {
		q.Where(gencase.AcceptedOnGTE(*f.AcceptedFrom))
	}
	if f.AcceptedBefore != nil {
		q.Where(gencase.AcceptedOnLT(*f.AcceptedBefore), gencase.IDLT(firstID(*f.AcceptedBefore)))
	}
	if f.DueFrom != nil {
		q.Where(gencase.DueOnGTE(*f.DueFrom))
	}
	if f.DueBefore != nil {
		q.Where(gencase.DueOnLT(*f.DueBefore), gencase.IDLT(firstID(*f.DueBefore)))
	}
}

// firstID is not after any ID that is given on a day or later.
func firstID(d workday.Day) string {
	var id uuid.UUID
	ms := max(d.Time().UnixMilli(), 0)
	for i := 5; i >= 0; i-- {
		id[i] = byte(ms)
		ms >>= 8
	}
	return id.String()
}
