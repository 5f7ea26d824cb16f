package subsidy

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// While money is on its way somebody owes a word about it, as about anything else
// that is open: the department that approved it answers for who pays. Past its time
// a named person has it and the veteran is told so (internal/supervision). It is
// owed about the case and not about the item, which has its result.

// owe writes that a word about a payment is owed from now on, or renews it after
// one was heard.
func (d *Desk) owe(ctx context.Context, tx store.Tx, s *gen.Subsidy) error {
	now := d.Now().UTC()
	by := d.wordBy(now)
	n, err := d.owed(tx, s).SetHeardAt(now).SetWordBy(by).ClearTaskID().Save(access.AsMachine(ctx, machine)) // a new silence would be a new task
	if err == nil && n == 0 {
		err = tx.Ent.Obligation.Create().SetID(store.NewID()).SetCaseID(s.CaseID).SetMatter(s.Matter).SetKind(obligation.KindPAYMENT).
			SetOwedBy(obligation.OwedByDEPARTMENT).SetDepartment(s.Department).SetDivision(s.Division).
			SetOpenedAt(now).SetHeardAt(now).SetWordBy(by).Exec(ctx)
	}
	if err != nil {
		return fmt.Errorf("word owed about a payment: %w", err)
	}
	return nil
}

// heard ends the word that was owed: it was paid, or the money came back and it is
// the person's turn.
func (d *Desk) heard(ctx context.Context, tx store.Tx, s *gen.Subsidy, how string) error {
	now := d.Now().UTC()
	if err := d.owed(tx, s).SetHeardAt(now).SetEndedAt(now).SetEnding(how).Exec(access.AsMachine(ctx, machine)); err != nil {
		return fmt.Errorf("word about a payment: %w", err)
	}
	return nil
}

func (d *Desk) owed(tx store.Tx, s *gen.Subsidy) *gen.ObligationUpdate {
	return tx.Ent.Obligation.Update().
		Where(obligation.CaseID(s.CaseID), obligation.Matter(s.Matter), obligation.KindEQ(obligation.KindPAYMENT), obligation.EndedAtIsNil())
}

// wordBy is the end of the last working day, in China, within which who pays must
// have spoken.
func (d *Desk) wordBy(now time.Time) time.Time {
	return d.Calendar().Due(workday.FromTime(now), d.Parameters.Roll.SilentWorkdays).Day.AddDays(1).Time().UTC()
}
