package supervision

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Why something is a silence, a closed list.
const (
	LateWithoutOwner      = "LATE_WITHOUT_OWNER"      // a word is late, and nobody has it
	ItemWithoutObligation = "ITEM_WITHOUT_OBLIGATION" // an item is open, and nobody owes a word about it
	CaseWithoutObligation = "CASE_WITHOUT_OBLIGATION" // a case waits for acceptance, and nobody owes a word about it
	EndNotTold            = "END_NOT_TOLD"            // a case has ended, and the veteran was not told
	TaskNotTold           = "TASK_NOT_TOLD"           // a person has a late word, and the veteran was not told
)

// Silence is one place where a word is owed that nobody has.
type Silence struct {
	Reason                     string
	CaseID, Matter, Department string // matter and department are empty for a whole case
	Since                      time.Time
}

// Report is what is silent.
type Report struct {
	Silences []Silence     // the oldest first
	Total    int           // of them, also those beyond the first
	Oldest   time.Duration // since the oldest open obligation was last heard of, owned or not
	AsOf     time.Time
}

// ends are how long after its end a case is still looked at for whether its
// veteran was told. What was told stays told, and every case is looked at many
// times in so long.
const ends = 60 * 24 * time.Hour

// Silences looks for words owed that nobody has, as far as the viewer supervises;
// there must be none at any instant. It answers the first of them and their
// number. Faults: SIGN_IN, NOT_ALLOWED.
func (o *Office) Silences(ctx context.Context, first int) (*Report, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, err
	}
	now := o.Now().UTC()
	r := &Report{AsOf: now}
	counts := make([]int, 5)
	err := store.Together(ctx,
		func(ctx context.Context) error { return o.oldest(ctx, r) },
		func(ctx context.Context) (err error) { counts[0], err = o.lateWithoutOwner(ctx, r, first); return err },
		func(ctx context.Context) (err error) {
			counts[1], err = o.itemWithoutObligation(ctx, r, first)
			return err
		},
		func(ctx context.Context) (err error) {
			counts[2], err = o.caseWithoutObligation(ctx, r, first)
			return err
		},
		func(ctx context.Context) (err error) { counts[3], err = o.endNotTold(ctx, r, first); return err },
		func(ctx context.Context) (err error) { counts[4], err = o.taskNotTold(ctx, r, first); return err },
	)
	if err != nil {
		return nil, fmt.Errorf("silences: %w", err)
	}
	for _, n := range counts {
		r.Total += n
	}
	slices.SortStableFunc(r.Silences, func(a, b Silence) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.CaseID, b.CaseID), cmp.Compare(a.Matter, b.Matter), cmp.Compare(a.Reason, b.Reason))
	})
	r.Silences = r.Silences[:min(first, len(r.Silences))]
	return r, nil
}

func (o *Office) oldest(ctx context.Context, r *Report) error {
	q, err := o.Store.Read.Obligation.Query().Where(obligation.EndedAtIsNil()).Order(obligation.ByHeardAt()).Select(obligation.FieldHeardAt).First(ctx)
	if gen.IsNotFound(err) {
		return nil
	} else if err != nil {
		return err
	}
	r.Oldest = max(0, r.AsOf.Sub(q.HeardAt))
	return nil
}

// some reads the first of what a query finds and counts the rest, if there is more.
func some[R any](ctx context.Context, first int, read func(context.Context, int) ([]R, error), count func(context.Context) (int, error), add func(R)) (int, error) {
	rows, err := read(ctx, first+1)
	if err != nil {
		return 0, err
	}
	for _, row := range rows {
		add(row)
	}
	if len(rows) <= first {
		return len(rows), nil
	}
	return count(ctx)
}

func (o *Office) lateWithoutOwner(ctx context.Context, r *Report, first int) (int, error) {
	q := o.Store.Read.Obligation.Query().Where(obligation.EndedAtIsNil(), obligation.WordByLT(r.AsOf.Add(-o.rules().Silence.Grace())), untasked)
	return some(ctx, first,
		func(ctx context.Context, n int) ([]*gen.Obligation, error) {
			return q.Clone().Order(obligation.ByWordBy(), obligation.ByID()).Limit(n).All(ctx)
		}, q.Clone().Count,
		func(q *gen.Obligation) {
			r.Silences = append(r.Silences, Silence{LateWithoutOwner, q.CaseID, q.Matter, q.Department, q.WordBy})
		})
}

func (o *Office) itemWithoutObligation(ctx context.Context, r *Report, first int) (int, error) {
	q := o.Store.Read.Item.Query().Where(unended, handled, unowed[predicate.Item](obligation.FieldItemID, item.FieldID))
	return some(ctx, first,
		func(ctx context.Context, n int) ([]*gen.Item, error) {
			return q.Clone().WithCase(func(q *gen.CaseFileQuery) { q.Select(casefile.FieldID, casefile.FieldUpdatedAt) }).
				Order(item.ByID()).Limit(n).Select(besides(item.Columns, item.FieldOutputsSealed)...).All(ctx)
		}, q.Clone().Count,
		func(it *gen.Item) {
			since := r.AsOf
			if it.Edges.Case != nil {
				since = it.Edges.Case.UpdatedAt
			}
			r.Silences = append(r.Silences, Silence{ItemWithoutObligation, it.CaseID, it.Matter, it.Department, since})
		})
}

func (o *Office) caseWithoutObligation(ctx context.Context, r *Report, first int) (int, error) {
	q := o.Store.Read.CaseFile.Query().Where(casefile.StateEQ(lifecycle.CaseSubmitted), unowed[predicate.CaseFile](obligation.FieldCaseID, casefile.FieldID))
	return o.cases(ctx, r, first, q, CaseWithoutObligation, func(c *gen.CaseFile) *time.Time { return c.SubmittedAt })
}

func (o *Office) endNotTold(ctx context.Context, r *Report, first int) (int, error) {
	q := o.Store.Read.CaseFile.Query().Where(casefile.ClosedAtGT(r.AsOf.Add(-ends)), casefile.SubmittedAtNotNil(), func(s *sql.Selector) {
		owed, t := sql.Table(obligation.Table), sql.Table(notification.Table)
		// A case that ended before there were obligations has none, and no notices.
		s.Where(sql.Exists(sql.Select(owed.C(obligation.FieldID)).From(owed).Where(sql.ColumnsEQ(owed.C(obligation.FieldCaseID), s.C(casefile.FieldID)))))
		s.Where(sql.Not(sql.Exists(sql.Select(t.C(notification.FieldID)).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C(notification.FieldCaseID), s.C(casefile.FieldID)),
			sql.P(func(b *sql.Builder) {
				b.Ident(t.C(notification.FieldKind)).WriteString(" = 'CASE_' || ").Ident(s.C(casefile.FieldState))
			}))))))
	})
	return o.cases(ctx, r, first, q, EndNotTold, func(c *gen.CaseFile) *time.Time { return c.ClosedAt })
}

func (o *Office) cases(ctx context.Context, r *Report, first int, q *gen.CaseFileQuery, reason string, since func(*gen.CaseFile) *time.Time) (int, error) {
	return some(ctx, first,
		func(ctx context.Context, n int) ([]*gen.CaseFile, error) {
			return q.Clone().Order(casefile.ByClosedAt(), casefile.ByID()).Limit(n).
				Select(casefile.FieldID, casefile.FieldClosedAt, casefile.FieldSubmittedAt, casefile.FieldCreatedAt).All(ctx)
		}, q.Clone().Count,
		func(c *gen.CaseFile) {
			at := c.CreatedAt
			if t := since(c); t != nil {
				at = *t
			}
			r.Silences = append(r.Silences, Silence{Reason: reason, CaseID: c.ID, Since: at})
		})
}

func (o *Office) taskNotTold(ctx context.Context, r *Report, first int) (int, error) {
	q := o.Store.Read.Task.Query().Where(task.KindEQ(task.KindSILENCE), task.StateEQ(task.StateOPEN), func(s *sql.Selector) {
		t := sql.Table(notification.Table)
		s.Where(sql.Not(sql.Exists(sql.Select(t.C(notification.FieldID)).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C(notification.FieldCaseID), s.C(task.FieldCaseID)), sql.EQ(t.C(notification.FieldKind), "SILENCE_ESCALATED"),
			sql.Or(sql.ColumnsEQ(t.C(notification.FieldItemID), s.C(task.FieldItemID)), sql.IsNull(s.C(task.FieldItemID))))))))
	})
	return some(ctx, first,
		func(ctx context.Context, n int) ([]*gen.Task, error) {
			return q.Clone().Order(task.ByOpenedAt(), task.ByID()).Limit(n).All(ctx)
		}, q.Clone().Count,
		func(t *gen.Task) {
			r.Silences = append(r.Silences, Silence{TaskNotTold, t.CaseID, "", t.Department, t.OpenedAt})
		})
}

// unended is true of an item that has not ended. The states are spelt out, in the
// words of the index of open items, or a prepared statement would not know it.
func unended(s *sql.Selector) {
	s.Where(sql.P(func(b *sql.Builder) {
		b.Ident(s.C(item.FieldState)).WriteString(" IN ('" + strings.Join(open(), "', '") + "')")
	}))
}

// open are the states of items that have not ended.
func open() (all []string) {
	for _, s := range lifecycle.ItemState("").Values() {
		if !lifecycle.ItemState(s).Ended() {
			all = append(all, s)
		}
	}
	return all
}

// handled is true of an item whose case has been accepted and has not ended.
func handled(s *sql.Selector) {
	t := sql.Table(casefile.Table)
	s.Where(sql.Exists(sql.Select(t.C(casefile.FieldID)).From(t).Where(sql.And(
		sql.ColumnsEQ(t.C(casefile.FieldID), s.C(item.FieldCaseID)),
		sql.In(t.C(casefile.FieldState), string(lifecycle.CaseAccepted), string(lifecycle.CaseInProgress))))))
}

// unowed is true of a row that no open obligation names.
func unowed[P ~func(*sql.Selector)](column, key string) P {
	return func(s *sql.Selector) {
		t := sql.Table(obligation.Table)
		s.Where(sql.Not(sql.Exists(sql.Select(t.C(obligation.FieldID)).From(t).Where(sql.And(
			sql.ColumnsEQ(t.C(column), s.C(key)), sql.IsNull(t.C(obligation.FieldEndedAt)))))))
	}
}
