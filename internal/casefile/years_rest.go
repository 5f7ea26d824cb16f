package casefile

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/prereview"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// term is an open date that is so many working days after another, and is no
// deadline of an item: a task, a dispute, a pre-review, an acceptance.
type term struct {
	kind     MoveKind
	caseID   string // empty for a dispute, and a task about none
	from, to workday.Day
	then     workday.Day // with the other calendar
	write    func(context.Context, store.Tx, workday.Day) error
}

// terms lists those that another calendar moves, and how many there are.
func (d *Desk) terms(ctx context.Context, before, then *workday.Calendar) (moved []term, looked int, err error) {
	ctx = access.AsMachine(ctx, "calendar")
	add := func(kind MoveKind, caseID string, since time.Time, due workday.Day, write func(context.Context, store.Tx, workday.Day) error) {
		from := workday.FromTime(since)
		looked++
		if to := then.Due(from, before.Between(from, due)).Day; to != due {
			moved = append(moved, term{kind: kind, caseID: caseID, from: from, to: due, then: to, write: write})
		}
	}
	r := d.Store.Read
	tasks, err := r.Task.Query().Where(task.StateEQ(task.StateOPEN)).Order(task.ByID()).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("open tasks: %w", err)
	}
	for _, x := range tasks {
		add(MoveTask, x.CaseID, x.OpenedAt, x.DueOn, func(ctx context.Context, tx store.Tx, day workday.Day) error {
			return tx.Ent.Task.UpdateOneID(x.ID).SetDueOn(day).Exec(ctx)
		})
	}
	disputes, err := r.Dispute.Query().Where(dispute.StateEQ(dispute.StateOPEN)).Order(dispute.ByID()).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("open disputes: %w", err)
	}
	for _, x := range disputes {
		add(MoveDispute, "", x.OpenedAt, x.DueOn, func(ctx context.Context, tx store.Tx, day workday.Day) error {
			return tx.Ent.Dispute.UpdateOneID(x.ID).SetDueOn(day).Exec(ctx)
		})
	}
	reviews, err := r.PreReview.Query().Where(prereview.EndedAtIsNil()).Order(prereview.ByID()).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("open pre-reviews: %w", err)
	}
	for _, x := range reviews {
		add(MovePreReview, x.CaseID, x.AskedAt, x.DueOn, func(ctx context.Context, tx store.Tx, day workday.Day) error {
			return tx.Ent.PreReview.UpdateOneID(x.ID).SetDueOn(day).Exec(ctx)
		})
	}
	owed, err := r.Obligation.Query().Where(obligation.EndedAtIsNil(), obligation.KindIn(obligation.KindACCEPTANCE, obligation.KindPRE_REVIEW)).Order(obligation.ByID()).All(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("open obligations: %w", err)
	}
	for _, x := range owed {
		kind := MoveAcceptance
		if x.Kind == obligation.KindPRE_REVIEW {
			kind = MovePreReview
		}
		add(kind, x.CaseID, x.OpenedAt, lastDay(x.WordBy), func(ctx context.Context, tx store.Tx, day workday.Day) error {
			return tx.Ent.Obligation.UpdateOneID(x.ID).SetWordBy(endOf(day)).Exec(ctx)
		})
	}
	return moved, looked, nil
}

// lastDay is the day of which a moment is the end.
func lastDay(t time.Time) workday.Day { return workday.FromTime(t.Add(-time.Second)) }

// noteTerms adds terms to what is told of a calendar, by the numbers of their cases.
func (d *Desk) noteTerms(ctx context.Context, m *Moves, terms []term, looked int) error {
	m.Looked += looked
	var ids []string
	for _, x := range terms {
		if x.caseID != "" {
			ids = append(ids, x.caseID)
		}
	}
	files, err := d.GetMany(access.AsMachine(ctx, "calendar"), ids)
	if err != nil {
		return err
	}
	numbers := map[string]string{}
	for _, c := range files {
		if c != nil {
			numbers[c.ID] = c.Number
		}
	}
	for _, x := range terms {
		m.add(Move{Kind: x.kind, CaseID: x.caseID, Number: numbers[x.caseID], From: x.to, To: x.then})
	}
	return nil
}

// moveTerms writes them.
func (d *Desk) moveTerms(ctx context.Context, tx store.Tx, terms []term) error {
	for _, x := range terms {
		if err := x.write(all(ctx), tx, x.then); err != nil && !gen.IsNotFound(err) {
			return fmt.Errorf("an open date: %w", err)
		}
	}
	return nil
}
