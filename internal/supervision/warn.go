package supervision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// thorough is how often, by the clock, every open item near its day is looked at,
// besides when the day changes. In between only what is sure to be wrong is.
const thorough = 15 * time.Minute

// warn brings the warnings of a department's open items up to the day. It looks
// without holding up anybody, and takes hold only of the cases where a level has
// changed.
func (o *Office) warn(ctx context.Context, department string) error {
	now := o.Now()
	today := workday.FromTime(now)
	last, _ := o.looked.Load(department)
	before, known := last.(time.Time)
	whole := !known || workday.FromTime(before) != today || now.Sub(before) >= thorough
	cases, err := o.stale(ctx, department, today, whole)
	if err != nil {
		return fmt.Errorf("items to look at: %w", err)
	}
	var failed []error
	for some := range slices.Chunk(cases, page) {
		failed = append(failed, each(some, func(id string) string { return id }, func(cases []string) error {
			return o.warnCases(ctx, cases, department, today)
		}))
	}
	if err := fault.Join(failed...); err != nil {
		return err
	}
	if whole {
		o.looked.Store(department, now)
	}
	return nil
}

// stale are the cases with an item of the department whose level is not what it
// says, among all of which that could be so or only those where it is plain: past
// its day and not red, red and not past it, yellow and far off, on its last days
// and without a warning.
func (o *Office) stale(ctx context.Context, department string, today workday.Day, whole bool) (cases []string, err error) {
	rule := o.rules().Warning
	far, last := o.Calendar().Due(today, max(rule.YellowDays, rule.YellowPercent*furthest/100)).Day, o.Calendar().Due(today, rule.YellowDays).Day
	which := `i.due_on < $2 AND i.warning <> 'RED' OR i.due_on >= $2 AND (i.warning = 'RED' OR i.due_on > $3 AND i.warning = 'YELLOW' OR i.due_on <= $4 AND i.warning = 'NONE')`
	if whole {
		which = `i.due_on < $2 AND i.warning <> 'RED' OR i.due_on >= $2 AND (i.warning <> 'NONE' OR i.due_on <= $3 OR i.due_on <= $4)`
	}
	query := `SELECT i.case_id, i.due_on, i.warning, c.accepted_on FROM items i JOIN case_files c ON c.id = i.case_id
		WHERE i.department = $1 AND i.state IN ('` + strings.Join(open(), "', '") + `') AND i.state NOT IN ('CORRECTION', 'SUSPENDED')
		AND c.state IN ('ACCEPTED', 'IN_PROGRESS') AND c.accepted_on IS NOT NULL AND (` + which + `)`
	seen := map[string]bool{}
	err = o.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, query, []any{department, today, far, last}, func(scan func(...any) error) error {
			var it gen.Item
			var accepted workday.Day
			if err := scan(&it.CaseID, &it.DueOn, &it.Warning, &accepted); err != nil {
				return err
			}
			if o.level(&it, accepted, today) != it.Warning && !seen[it.CaseID] {
				seen[it.CaseID] = true
				cases = append(cases, it.CaseID)
			}
			return nil
		})
	})
	slices.Sort(cases)
	return cases, err
}

// furthest is the longest promise, in working days, whose yellow share is looked
// for; a longer one turns yellow later, when fewer days than that are left.
const furthest = 60

// level is the warning that an open item has on a day.
func (o *Office) level(it *gen.Item, accepted, today workday.Day) lifecycle.Warning {
	return lifecycle.Warning(o.rules().Warning.Thresholds().Level(o.Calendar(), accepted, it.DueOn, today, nil))
}

func (o *Office) warnCases(ctx context.Context, cases []string, department string, today workday.Day) error {
	var moved []string
	err := o.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		moved = nil
		if err := lock(ctx, tx, cases); err != nil {
			return err
		}
		files, err := unsealed(tx.Ent.CaseFile.Query().Where(casefile.IDIn(cases...)).Order(casefile.ByID())).All(ctx)
		if err != nil {
			return fmt.Errorf("cases to look at: %w", err)
		}
		for _, f := range files {
			changed, err := o.warnCase(ctx, tx, f, department, today)
			if err != nil {
				return err
			}
			if changed {
				moved = append(moved, f.ID)
			}
		}
		return nil
	})
	if err == nil {
		o.changed(moved)
	}
	return err
}

// unsealed reads cases and their items without what is sealed, which is large.
func unsealed(q *gen.CaseFileQuery) *gen.CaseFileQuery {
	q.WithItems(func(q *gen.ItemQuery) {
		q.Order(item.ByPosition(), item.ByMatter()).Select(besides(item.Columns, item.FieldOutputsSealed)...)
	})
	q.Select(besides(casefile.Columns, casefile.FieldDraftSealed, casefile.FieldAnswersSealed, casefile.FieldPlanSealed, casefile.FieldSubmissionHash)...)
	return q
}

func besides(all []string, some ...string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(c string) bool { return slices.Contains(some, c) })
}

// warnCase writes the levels of a case's items that have changed, and says whether any has.
func (o *Office) warnCase(ctx context.Context, tx store.Tx, f *gen.CaseFile, department string, today workday.Day) (changed bool, err error) {
	if f.AcceptedOn == nil {
		return false, nil
	}
	noted := func(context.Context) error { return nil }
	if o.Figures != nil {
		noted = o.Figures(tx, f, f.Edges.Items)
	}
	worst := lifecycle.NoWarning
	for _, it := range f.Edges.Items {
		is := it.Warning
		if it.Department == department && !it.State.Ended() && !it.State.Stopped() {
			is = o.level(it, *f.AcceptedOn, today)
		}
		if is != it.Warning {
			changed = true
			if err := o.setWarning(ctx, tx, f, it, is); err != nil {
				return false, err
			}
		}
		if rank(is) > rank(worst) {
			worst = is
		}
	}
	if worst != f.Warning {
		changed = true
		if err := tx.Ent.CaseFile.UpdateOneID(f.ID).SetWarning(worst).Exec(ctx); err != nil {
			return false, fmt.Errorf("warning of a case: %w", err)
		}
	}
	if !changed {
		return false, nil
	}
	return true, noted(ctx)
}

func (o *Office) setWarning(ctx context.Context, tx store.Tx, f *gen.CaseFile, it *gen.Item, is lifecycle.Warning) error {
	if err := tx.Ent.Item.UpdateOneID(it.ID).SetWarning(is).Exec(ctx); err != nil {
		return fmt.Errorf("warning of an item: %w", err)
	}
	now := o.Now().UTC()
	err := journal.Write(ctx, tx, journal.Entry{
		CaseID: f.ID, ItemID: it.ID, Matter: it.Matter, Kind: "ITEM_WARNING", From: string(it.Warning), To: string(is),
		Reason: "承诺日期 " + it.DueOn.String() + "。", At: now,
	})
	switch {
	case err != nil:
		return err
	case is == lifecycle.Red:
		return o.overdue(ctx, tx, f, it)
	case it.Warning == lifecycle.Red:
		return o.Settle(ctx, tx, task.KindOVERDUE, it.ID, "期限已依法顺延。")
	}
	return nil
}

// overdue records that a promised day was not kept and makes a person see to it.
// An item is recorded once, however often its day moves.
func (o *Office) overdue(ctx context.Context, tx store.Tx, f *gen.CaseFile, it *gen.Item) error {
	rule, name := o.rules().Overdue, it.Matter
	if m := o.Catalog().Matter(it.Matter); m != nil {
		name = m.Name.Zh
	}
	known, err := tx.Ent.Violation.Query().Where(violation.CaseID(f.ID), violation.ItemID(it.ID), violation.KindEQ(violation.KindOVERDUE)).Exist(ctx)
	if err != nil {
		return fmt.Errorf("violations of an item: %w", err)
	}
	if !known {
		err := tx.Ent.Violation.Create().SetID(store.NewID()).SetCaseID(f.ID).SetItemID(it.ID).SetMatter(it.Matter).
			SetKind(violation.KindOVERDUE).SetOwner("department/" + it.Department).SetDepartment(it.Department).SetDivision(it.Division).
			SetLaw(rule.Law.Zh).SetWords("“" + name + "”承诺 " + it.DueOn.String() + " 前办结，逾期未办结。").SetAt(o.Now().UTC()).Exec(ctx)
		if err != nil {
			return fmt.Errorf("record a violation: %w", err)
		}
	}
	_, err = o.Raise(ctx, tx, Concern{
		Kind: task.KindOVERDUE, Subject: it.ID, CaseID: f.ID, ItemID: it.ID, Department: it.Department, Division: it.Division,
		Words:    "办件 " + f.Number + " 的“" + name + "”已超过承诺日期 " + it.DueOn.String() + "（红牌）。请尽快办结，并说明原因。",
		Workdays: rule.Workdays,
	})
	return err
}

func rank(w lifecycle.Warning) int {
	switch w {
	case lifecycle.Red:
		return 2
	case lifecycle.Yellow:
		return 1
	}
	return 0
}
