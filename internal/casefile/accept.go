package casefile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen"
	gencase "github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/material"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// await lets a submitted case wait for an officer of a department. Silence accepts
// it (行政许可法 32).
func (w *work) await(department string) {
	w.owed = append(w.owed, &gen.Obligation{
		ID: store.NewID(), CaseID: w.file.ID, Kind: obligation.KindACCEPTANCE, OwedBy: obligation.OwedByDEPARTMENT, Department: department,
		Division: w.file.Division, OpenedAt: w.now, HeardAt: w.now,
		WordBy: endOf(w.desk.Calendar().Deemed(w.desk.Calendar().AcceptedOn(w.now, w.desk.Closing), w.desk.limits().Acceptance.Workdays).Day),
	})
}

// accept accepts a case that was submitted before, as its pinned plan has it.
func (w *work) accept(ctx context.Context, on workday.Day, words string) error {
	p, err := w.desk.PinnedPlan(all(ctx), w.file.ID)
	if err != nil {
		return err
	}
	if err := w.tx.LockVeteran(ctx, w.file.VeteranID); err != nil {
		return err
	}
	if err := noneOpen(ctx, w.tx, w.file.VeteranID, w.file.ID, selected(p)); err != nil {
		return err
	}
	if err := w.take(ctx, p, on, words); err != nil {
		return err
	}
	if err := w.makeUps(ctx); err != nil {
		return err
	}
	return w.createItems(ctx)
}

// take accepts the case and lays out its items: accepted and under way are two
// moments in law, though the machine takes them in one. The clock starts on a day.
func (w *work) take(ctx context.Context, p *plan.Plan, on workday.Day, words string) error {
	if err := w.moveCase(lifecycle.CaseAccepted, words); err != nil {
		return err
	}
	if err := w.moveCase(lifecycle.CaseInProgress, ""); err != nil {
		return err
	}
	due := w.desk.Calendar().Due(on, w.file.PlanDays)
	w.file.AcceptedOn, w.file.DueOn, w.file.DueProvisional = &on, &due.Day, due.Provisional
	for _, m := range selected(p) {
		it := &gen.Item{
			ID: store.NewID(), CaseID: w.file.ID, VeteranID: w.file.VeteranID, Division: w.file.Division, Matter: m.Code, Department: m.Department,
			Position: m.Order, After: m.After, State: lifecycle.ItemWaiting, Warning: lifecycle.NoWarning, FinishDay: m.FinishDay,
			DueOn: w.desk.Calendar().Due(on, m.FinishDay).Day,
		}
		if len(m.After) == 0 {
			it.State = lifecycle.ItemReady
			w.send = append(w.send, it.ID)
		}
		w.items = append(w.items, it)
	}
	return w.checkLater(ctx, p)
}

// createItems writes the items that take has laid out.
func (w *work) createItems(ctx context.Context) error {
	if len(w.items) == 0 {
		return nil
	}
	rows := make([]*gen.ItemCreate, len(w.items))
	for i, it := range w.items {
		rows[i] = w.tx.Ent.Item.Create().SetID(it.ID).SetCaseID(it.CaseID).SetVeteranID(it.VeteranID).SetDivision(it.Division).
			SetMatter(it.Matter).SetDepartment(it.Department).SetPosition(it.Position).SetAfter(it.After).SetState(it.State).
			SetFinishDay(it.FinishDay).SetDueOn(it.DueOn)
		w.wasItems[it.ID] = *it
	}
	if err := w.tx.Ent.Item.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("items: %w", err)
	}
	return nil
}

// makeUps makes the applicant owe the papers that were promised (容缺受理).
func (w *work) makeUps(ctx context.Context) error {
	rows, err := w.tx.Ent.Material.Query().Where(material.CaseID(w.file.ID), material.StateEQ(material.StatePROMISED)).Order(material.ByCode()).All(all(ctx))
	if err != nil {
		return fmt.Errorf("papers promised: %w", err)
	}
	for _, m := range rows {
		until := endOf(*m.DueOn)
		if until.Before(w.now) {
			until = w.now // acceptance took longer: it lapses in the next round, and is nobody's silence meanwhile
		}
		w.owed = append(w.owed, &gen.Obligation{
			ID: store.NewID(), CaseID: w.file.ID, Matter: m.Code, Kind: obligation.KindMAKE_UP, OwedBy: obligation.OwedByAPPLICANT,
			Department: w.departmentOf(m.NeededBy), Division: w.file.Division, OpenedAt: w.now, HeardAt: w.now, WordBy: until,
		})
		w.note(nil, "MATERIAL_DUE", "", "", m.Code+" "+m.DueOn.String())
	}
	return nil
}

// checkLater gives somebody the task of checking what was declared instead of a
// certificate (告知承诺).
func (w *work) checkLater(ctx context.Context, p *plan.Plan) error {
	for _, x := range p.Papers.Kept {
		if !w.committed[x.Material] {
			continue
		}
		err := w.raise(ctx, supervision.Concern{
			Kind: task.KindCOMMITMENT, Subject: w.file.ID + ":" + x.Material, Department: w.departmentOf(x.NeededBy),
			Words:    fmt.Sprintf("申请人以告知承诺代替材料 %s，请在期限内核查。", x.Material),
			Workdays: w.desk.limits().Commitment.Workdays,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// departmentOf is the department of the first of some matters that is in the case.
func (w *work) departmentOf(matters []string) string {
	for _, it := range w.items {
		for _, m := range matters {
			if it.Matter == m {
				return it.Department
			}
		}
	}
	return w.items[0].Department
}

// takeDraft locks a draft of a veteran that is about to be submitted. Faults:
// DRAFT_NOT_FOUND, also for another's; CASE_STATE once it was submitted.
func (d *Desk) takeDraft(ctx context.Context, tx store.Tx, caseID, veteranID string) (*gen.CaseFile, error) {
	err := tx.LockCase(all(ctx), caseID)
	var c *gen.CaseFile
	if err == nil {
		c, err = tx.Ent.CaseFile.Query().Where(gencase.ID(caseID), gencase.VeteranID(veteranID)).Only(all(ctx))
	}
	if gen.IsNotFound(err) {
		return nil, draftNotFound().At("input", "draftId")
	} else if err != nil {
		return nil, fmt.Errorf("draft: %w", err)
	}
	return c, lifecycle.MoveCase(c.State, lifecycle.CaseSubmitted, lifecycle.Applicant)
}
