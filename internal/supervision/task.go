package supervision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/ent/gen/violation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/journal"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// longestOutcome is how many characters may say what was done.
const longestOutcome = 1000

// TaskFilter narrows a page of tasks. Empty fields do not.
type TaskFilter struct {
	Mine     bool         // only those given to the viewer
	States   []task.State // open, if left out
	Kind     string
	Division string // a division and all below it
}

// Tasks returns up to first tasks that the viewer supervises, the nearest due
// first, after the cursor of another, and whether there are more. Faults: SIGN_IN,
// NOT_ALLOWED, TASK_KIND_UNKNOWN, DIVISION_UNKNOWN, CURSOR_MALFORMED.
func (o *Office) Tasks(ctx context.Context, f TaskFilter, first int, after string) ([]*gen.Task, bool, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, false, err
	}
	q := o.Store.Read.Task.Query().Order(task.ByDueOn(), task.ByID()).Limit(first + 1)
	if len(f.States) == 0 {
		f.States = []task.State{task.StateOPEN}
	}
	q.Where(task.StateIn(f.States...))
	if f.Mine {
		q.Where(task.Assignee(access.From(ctx).ID))
	}
	if f.Kind != "" {
		if task.KindValidator(task.Kind(f.Kind)) != nil {
			return nil, false, fault.New(fault.Invalid, "TASK_KIND_UNKNOWN", "没有这种督办任务。", "There is no such kind of task.").At("filter", "kind")
		}
		q.Where(task.KindEQ(task.Kind(f.Kind)))
	}
	if err := within(f.Division, func(lo, hi string) { q.Where(task.DivisionGTE(lo), task.DivisionLTE(hi)) }); err != nil {
		return nil, false, err
	}
	if after != "" {
		day, id, err := place(after)
		if err != nil {
			return nil, false, err
		}
		q.Where(task.Or(task.DueOnGT(day), task.And(task.DueOnEQ(day), task.IDGT(id))))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of tasks: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// Cursor is where a task stands in a page.
func Cursor(t *gen.Task) string { return t.DueOn.String() + ":" + t.ID }

func place(cursor string) (workday.Day, string, error) {
	text, id, _ := strings.Cut(cursor, ":")
	day, err := workday.ParseDay(text)
	if err != nil || id == "" {
		return 0, "", fault.New(fault.Invalid, "CURSOR_MALFORMED", "分页游标无效。", "This is no cursor of a page.").At("after")
	}
	return day, id, nil
}

// within narrows to a division, if one is given.
func within(code string, narrow func(lo, hi string)) error {
	if code == "" {
		return nil
	}
	if _, ok := division.Normalize(code); !ok {
		return fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("filter", "division")
	}
	narrow(division.Range(code))
	return nil
}

// ViolationFilter narrows a page of violations. Empty fields do not.
type ViolationFilter struct {
	Kind     string
	Division string // a division and all below it
}

// Violations returns up to first violations that the viewer supervises, the newest
// first, after the ID given, and whether there are more. Faults: SIGN_IN,
// NOT_ALLOWED, VIOLATION_KIND_UNKNOWN, DIVISION_UNKNOWN.
func (o *Office) Violations(ctx context.Context, f ViolationFilter, first int, after string) ([]*gen.Violation, bool, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, false, err
	}
	q := o.Store.Read.Violation.Query().Order(violation.ByID(sql.OrderDesc())).Limit(first + 1)
	if f.Kind != "" {
		if violation.KindValidator(violation.Kind(f.Kind)) != nil {
			return nil, false, fault.New(fault.Invalid, "VIOLATION_KIND_UNKNOWN", "没有这种违规记录。", "There is no such kind of violation.").At("filter", "kind")
		}
		q.Where(violation.KindEQ(violation.Kind(f.Kind)))
	}
	if err := within(f.Division, func(lo, hi string) { q.Where(violation.DivisionGTE(lo), violation.DivisionLTE(hi)) }); err != nil {
		return nil, false, err
	}
	if after != "" {
		q.Where(violation.IDLT(after))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of violations: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// Many returns tasks in the order asked, nil where the viewer may see none.
func (o *Office) Many(ctx context.Context, ids []string) ([]*gen.Task, error) {
	asked := slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return id == "" })
	if len(asked) == 0 {
		return make([]*gen.Task, len(ids)), nil
	}
	rows, err := o.Store.Read.Task.Query().Where(store.OneOf[predicate.Task](task.FieldID, asked)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("%d tasks: %w", len(asked), err)
	}
	return store.Align(ids, rows, func(t *gen.Task) string { return t.ID }), nil
}

// Task returns one task the viewer may see. Faults: TASK_NOT_FOUND.
func (o *Office) Task(ctx context.Context, id string) (*gen.Task, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, err
	}
	rows, err := o.Many(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if rows[0] == nil {
		return nil, noTask()
	}
	return rows[0], nil
}

func noTask() error {
	return fault.New(fault.NotFound, "TASK_NOT_FOUND", "没有找到这项督办任务。", "There is no such task.")
}

// Close says what was done about a task, which is over then. It is for an officer
// of its department or whoever supervises its division. A word that is owed stays
// owed: the task of a silence ends with the word, not before. Faults:
// OUTCOME_MISSING, OUTCOME_TOO_LONG, TASK_NOT_FOUND, TASK_DONE, TASK_STILL_OWED.
func (o *Office) Close(ctx context.Context, id, outcome string) error {
	if err := access.Require(ctx, access.CloseTask); err != nil {
		return err
	}
	outcome = strings.TrimSpace(outcome)
	switch n := utf8.RuneCountInString(outcome); {
	case n == 0:
		return fault.New(fault.Invalid, "OUTCOME_MISSING", "请写明做了什么、结果如何。", "Say what was done and what came of it.").At("input", "outcome")
	case n > longestOutcome:
		return fault.Newf(fault.Invalid, "OUTCOME_TOO_LONG", "办结说明最多 %[1]d 个字。", "At most %[1]d characters.", longestOutcome).At("input", "outcome")
	}
	return o.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		t, err := tx.Ent.Task.Query().Where(task.ID(id)).Only(ctx)
		if gen.IsNotFound(err) {
			return noTask()
		} else if err != nil {
			return fmt.Errorf("task: %w", err)
		}
		if err := o.stillOwed(ctx, tx, t); err != nil {
			return err
		}
		now := o.Now().UTC()
		n, err := tx.Ent.Task.Update().Where(task.ID(id), task.StateEQ(task.StateOPEN)).
			SetState(task.StateDONE).SetDoneAt(now).SetDoneBy(access.From(ctx).ID).SetOutcome(outcome).Save(ctx)
		if err != nil {
			return fmt.Errorf("close a task: %w", err)
		}
		if n == 0 {
			return fault.New(fault.Conflict, "TASK_DONE", "这项督办任务已经办结。", "This task is done already.")
		}
		if t.CaseID == "" {
			return nil
		}
		// What was done stays with the task: it is said to those who supervise, and
		// the journal is read by the veteran too.
		return journal.Write(ctx, tx, journal.Entry{CaseID: t.CaseID, Kind: "TASK_CLOSED", From: string(task.StateOPEN), To: string(task.StateDONE), Reason: string(t.Kind), At: now})
	})
}

// stillOwed is the fault of closing the task of a word that has not come.
func (o *Office) stillOwed(ctx context.Context, tx store.Tx, t *gen.Task) error {
	if t.Kind != task.KindSILENCE || t.State != task.StateOPEN {
		return nil
	}
	owed, err := tx.Ent.Obligation.Query().Where(obligation.ID(t.Subject), obligation.EndedAtIsNil(), obligation.WordByLTE(o.Now().UTC())).
		Exist(access.AsMachine(ctx, "supervision"))
	if err != nil {
		return fmt.Errorf("the word of a task: %w", err)
	}
	if owed {
		return fault.New(fault.Conflict, "TASK_STILL_OWED", "答复还没有到：请先取得答复并录入，任务随之办结。", "The word has not come: get it and enter it, and the task ends by itself.")
	}
	return nil
}
