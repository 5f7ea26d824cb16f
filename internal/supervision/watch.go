package supervision

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// page is how many obligations or cases one transaction handles.
const page = 50

// Watch looks after one department: words that are late get a named person, tasks
// whose word has come are closed, and warnings follow the calendar. It is a round
// (internal/queue), one for each department, and may be repeated at will: what is
// done is not done twice. One case that fails does not stop the others.
func (o *Office) Watch(ctx context.Context, department string) error {
	ctx = access.AsMachine(ctx, "supervision")
	return errors.Join(o.escalate(ctx, department), o.release(ctx, department), o.warn(ctx, department))
}

// late are the words of a department that are overdue and that nobody has. What
// the applicant owes is not supervised: the law says what follows from it, and
// casework does that. So it does with an acceptance that nobody speaks about,
// which is deemed given (行政许可法 32); only if that fails, somebody must look.
func (o *Office) late(department string) []predicate.Obligation {
	now := o.Now().UTC()
	return []predicate.Obligation{
		obligation.EndedAtIsNil(), obligation.Department(department), obligation.WordByLTE(now),
		obligation.OwedByNEQ(obligation.OwedByAPPLICANT),
		obligation.Or(obligation.KindNEQ(obligation.KindACCEPTANCE), obligation.WordByLTE(now.Add(-o.rules().Silence.Grace()/2))),
		untasked,
	}
}

// untasked is true of an obligation without an open task.
func untasked(s *sql.Selector) {
	t := sql.Table(task.Table)
	s.Where(sql.Not(sql.Exists(sql.Select(t.C(task.FieldID)).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C(task.FieldID), s.C(obligation.FieldTaskID)), sql.EQ(t.C(task.FieldState), task.StateOPEN))))))
}

// escalate gives late words to the people whom the roster names.
func (o *Office) escalate(ctx context.Context, department string) error {
	var failed []error
	for after := ""; ; {
		rows, err := o.Store.Read.Obligation.Query().Where(o.late(department)...).Where(obligation.IDGT(after)).
			Order(obligation.ByID()).Limit(page).All(store.Anew(ctx))
		if err != nil {
			return fault.Join(append(failed, fmt.Errorf("late words: %w", err))...)
		}
		if len(rows) == 0 {
			return fault.Join(failed...)
		}
		failed = append(failed, each(rows, func(q *gen.Obligation) string { return q.ID }, func(rows []*gen.Obligation) error {
			return o.handAll(ctx, department, rows)
		}))
		after = rows[len(rows)-1].ID
	}
}

// handAll gives some late words to people, in one transaction.
func (o *Office) handAll(ctx context.Context, department string, rows []*gen.Obligation) error {
	ids, cases := make([]string, len(rows)), make([]string, len(rows))
	for i, q := range rows {
		ids[i], cases[i] = q.ID, q.CaseID
	}
	err := o.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := lock(ctx, tx, cases); err != nil {
			return err
		}
		still, err := tx.Ent.Obligation.Query().Where(o.late(department)...).Where(obligation.IDIn(ids...)).WithCase(lean).Order(obligation.ByID()).All(ctx)
		if err != nil {
			return fmt.Errorf("late words: %w", err)
		}
		for _, q := range still {
			if err := o.hand(ctx, tx, q); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		o.changed(cases)
	}
	return err
}

func lean(q *gen.CaseFileQuery) {
	q.Select(casefile.FieldID, casefile.FieldNumber, casefile.FieldVeteranID, casefile.FieldDivision)
}

// hand gives one late word to a person, and tells the veteran who has it now: the
// office, not the name.
func (o *Office) hand(ctx context.Context, tx store.Tx, q *gen.Obligation) error {
	file, rule := q.Edges.Case, o.rules().Silence
	id, err := o.Raise(ctx, tx, Concern{
		Kind: task.KindSILENCE, Subject: q.ID, CaseID: q.CaseID, ItemID: q.ItemID, Department: q.Department, Division: q.Division,
		Words:    o.wanted(q, file.Number),
		Workdays: rule.Workdays,
	})
	if err != nil {
		return err
	}
	if err := tx.Ent.Obligation.UpdateOneID(q.ID).SetTaskID(id).Exec(ctx); err != nil {
		return fmt.Errorf("note who has a late word: %w", err)
	}
	now := o.Now().UTC()
	office := o.Roster.Find(q.Department, q.Division).Office(o.Catalog())
	err = journal.Write(ctx, tx, journal.Entry{
		CaseID: q.CaseID, ItemID: q.ItemID, Matter: q.Matter, Kind: "OBLIGATION_ESCALATED", From: string(q.OwedBy), To: "PERSON",
		Reason: "逾期未答复，转" + office + "督办。", At: now,
	})
	if err != nil || o.Tell == nil {
		return err
	}
	due := o.Calendar().Due(workday.FromTime(now), rule.Workdays).Day
	return o.Tell.Tell(ctx, tx, notify.Notice{
		VeteranID: file.VeteranID, CaseID: q.CaseID, ItemID: q.ItemID, Matter: q.Matter, Division: q.Division, Kind: "SILENCE_ESCALATED",
		Facts: map[string]string{"number": file.Number, "department": q.Department, "words": office, "due": due.String()},
	})
}

// wanted says what the named person is to do.
func (o *Office) wanted(q *gen.Obligation, number string) string {
	what := "办件 " + number
	if m := o.Catalog().Matter(q.Matter); m != nil {
		what += " 的“" + m.Name.Zh + "”"
	}
	return what + "应于 " + workday.FromTime(q.WordBy.Add(-time.Second)).String() + " 前有答复，至今没有。请核实并把办理情况或结果录入系统，同时告知本人。"
}

// release closes the tasks of words that have come.
func (o *Office) release(ctx context.Context, department string) error {
	now := o.Now().UTC()
	over := func(s *sql.Selector) {
		t := sql.Table(obligation.Table)
		s.Where(sql.Not(sql.Exists(sql.Select(t.C(obligation.FieldID)).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C(obligation.FieldID), s.C(task.FieldSubject)),
			sql.IsNull(t.C(obligation.FieldEndedAt)), sql.LTE(t.C(obligation.FieldWordBy), now))))))
	}
	ended := func(s *sql.Selector) {
		t := sql.Table(item.Table)
		s.Where(sql.Exists(sql.Select(t.C(item.FieldID)).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C(item.FieldID), s.C(task.FieldSubject)), sql.NotIn(t.C(item.FieldState), anys(open())...)))))
	}
	done := map[task.Kind]predicate.Task{task.KindSILENCE: over, task.KindOVERDUE: ended}
	words := map[task.Kind]string{task.KindSILENCE: "已有答复。", task.KindOVERDUE: "事项已办结，超期另有记录。"}
	return o.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		for _, kind := range []task.Kind{task.KindSILENCE, task.KindOVERDUE} {
			err := tx.Ent.Task.Update().Where(task.KindEQ(kind), task.Department(department), task.StateEQ(task.StateOPEN), done[kind]).
				SetState(task.StateDONE).SetDoneAt(now).SetDoneBy(machine).SetOutcome(words[kind]).Exec(ctx)
			if err != nil {
				return fmt.Errorf("close tasks that are settled: %w", err)
			}
		}
		return nil
	})
}

// each does something with a page of rows. If that fails it is tried again row by
// row, so that one bad row holds up nobody else.
func each[R any](rows []R, id func(R) string, do func([]R) error) error {
	err := do(rows)
	if err == nil {
		return nil
	}
	if len(rows) == 1 {
		return fmt.Errorf("%s: %w", id(rows[0]), err)
	}
	var failed []error
	for _, r := range rows {
		failed = append(failed, each([]R{r}, id, do))
	}
	return fault.Join(failed...)
}

func anys(texts []string) []any {
	out := make([]any, len(texts))
	for i, t := range texts {
		out[i] = t
	}
	return out
}

// lock locks cases, always in the same order, so that two who want the same wait
// for each other instead of forever.
func lock(ctx context.Context, tx store.Tx, cases []string) error {
	slices.Sort(cases)
	for _, id := range slices.Compact(cases) {
		if err := tx.LockCase(ctx, id); err != nil {
			return err
		}
	}
	return nil
}
