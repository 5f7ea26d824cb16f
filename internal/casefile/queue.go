package casefile

import (
	"context"
	"fmt"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// ItemFilter narrows the queue. Empty fields do not; without states it is what is open.
type ItemFilter struct {
	Division string
	States   []lifecycle.ItemState
	Matter   string
	Warnings []lifecycle.Warning
}

// openStates are those in which something is still to be done about an item.
var openStates = []lifecycle.ItemState{
	lifecycle.ItemWaiting, lifecycle.ItemReady, lifecycle.ItemDispatched, lifecycle.ItemReceived, lifecycle.ItemCorrection, lifecycle.ItemSuspended,
}

// Queue returns up to first items that the viewer may see, the nearest promise
// first, after the cursor given, and whether there are more. Faults:
// DIVISION_UNKNOWN, CURSOR_MALFORMED.
func (d *Desk) Queue(ctx context.Context, f ItemFilter, first int, after string) ([]*gen.Item, bool, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, false, err
	}
	if f.States == nil {
		f.States = openStates
	}
	q := d.Store.Read.Item.Query().Where(item.StateIn(f.States...)).Order(item.ByDueOn(), item.ByID()).Limit(first + 1)
	if f.Division != "" {
		if _, ok := division.Normalize(f.Division); !ok {
			return nil, false, fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("filter", "division")
		}
		lo, hi := division.Range(f.Division)
		q.Where(item.DivisionGTE(lo), item.DivisionLTE(hi))
	}
	if v := access.From(ctx); v.Kind == access.Officer {
		q.Where(item.Department(v.Department)) // the guard says so too; this finds the index
	}
	if f.Matter != "" {
		q.Where(item.Matter(f.Matter))
	}
	if len(f.Warnings) > 0 {
		q.Where(item.WarningIn(f.Warnings...))
	}
	if after != "" {
		day, id, _ := strings.Cut(after, "/")
		due, err := workday.ParseDay(day)
		if err != nil || id == "" {
			return nil, false, fault.New(fault.Invalid, "CURSOR_MALFORMED", "翻页位置不对。", "The cursor is not one of ours.").At("after")
		}
		q.Where(item.Or(item.DueOnGT(due), item.And(item.DueOnEQ(due), item.IDGT(id))))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("queue: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// QueueCursor is the place of an item in the queue.
func QueueCursor(it *gen.Item) string { return it.DueOn.String() + "/" + it.ID }

// Item returns one item the viewer may see. Faults: ITEM_NOT_FOUND.
func (d *Desk) Item(ctx context.Context, id string) (*gen.Item, error) {
	if err := access.Require(ctx, access.ReadCase); err != nil {
		return nil, err
	}
	return d.visible(ctx, id)
}

// Obligations returns the words owed about each case, the oldest first.
func (d *Desk) Obligations(ctx context.Context, caseIDs []string) (map[string][]*gen.Obligation, error) {
	rows, err := d.Store.Read.Obligation.Query().Where(store.OneOf[predicate.Obligation](obligation.FieldCaseID, caseIDs)).
		Order(obligation.ByCaseID(), obligation.ByID()).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("obligations of %d cases: %w", len(caseIDs), err)
	}
	return store.Group(rows, func(o *gen.Obligation) string { return o.CaseID }), nil
}

// ItemAnswer is one answer that an item carries.
type ItemAnswer struct {
	Field    string
	Value    any
	Reopened bool // named by the return that lies with the person
}

// ItemAnswers is what a matter asks, with the values it was sent: for the person,
// the window and the department that decides; nobody else gets any.
func (d *Desk) ItemAnswers(ctx context.Context, it *gen.Item) ([]ItemAnswer, error) {
	by, err := d.AnswersOf(ctx, []string{it.ID})
	if err != nil {
		return nil, err
	}
	if by[it.ID] == nil {
		return nil, itemNotFound()
	}
	return by[it.ID]()
}
