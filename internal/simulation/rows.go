package simulation

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/task"
)

// rows are the record as it was after the last event.
type rows struct {
	cases  []*gen.CaseFile
	items  []*gen.Item
	owed   []*gen.Obligation
	pauses []*gen.Pause
	fresh  []*gen.Event // since the event before
	jobs   []job
	last   int64 // of the journal
}

func (r *rows) item(id string) *gen.Item {
	i := slices.IndexFunc(r.items, func(it *gen.Item) bool { return it.ID == id })
	if i < 0 {
		return nil
	}
	return r.items[i]
}

func (r *rows) file(id string) *gen.CaseFile {
	i := slices.IndexFunc(r.cases, func(c *gen.CaseFile) bool { return c.ID == id })
	if i < 0 {
		return nil
	}
	return r.cases[i]
}

// name is what the story calls a case or an item: IDs are not the same when a seed is told again.
func (w *world) name(id string) string {
	for i, c := range w.rows.cases {
		if c.ID == id {
			return fmt.Sprintf("c%d", i)
		}
	}
	if it := w.rows.item(id); it != nil {
		return w.name(it.CaseID) + "." + it.Matter
	}
	return "(unknown)"
}

// asked are the statements of a look at the record, prepared once: it is looked at
// after every event.
var asked = []string{
	`SELECT id, veteran_id, state, warning, catalog_version, accepted_on, due_on, returns, papers_saved, closed_at FROM case_files ORDER BY id`,
	`SELECT id, case_id, matter, department, after, state, withdrawing, due_on, round, warning, decided_by, result_no, decided_at FROM items ORDER BY case_id, position, matter`,
	`SELECT id, case_id, item_id, matter, kind, department, owed_by, word_by, ended_at, task_id FROM obligations ORDER BY id`,
	`SELECT item_id, from_day, to_day FROM pauses ORDER BY id`,
	`SELECT id, case_id, item_id, kind, actor_kind, actor, from_state, to_state FROM events WHERE id > $1 ORDER BY id`,
	`SELECT id, kind, arg FROM simulated_jobs ORDER BY id`,
}

// look prepares the statements.
func (l *Lab) look(ctx context.Context) error {
	db, done := l.Store.SQL()
	l.done = done
	for _, q := range asked {
		s, err := db.PrepareContext(ctx, q)
		if err != nil {
			return fmt.Errorf("%s: %w", q, err)
		}
		l.looks = append(l.looks, s)
	}
	if l.Store.Pool == nil {
		var err error
		if l.changes, err = db.PrepareContext(ctx, "SELECT total_changes()"); err != nil {
			return err
		}
	}
	return nil
}

// each runs a prepared look.
func (w *world) each(which int, f func(scan func(...any) error) error, args ...any) error {
	rows, err := w.lab.looks[which].QueryContext(w.ctx, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// read reads the record.
func (w *world) read() error {
	r := &w.rows
	*r = rows{last: r.last}
	var text []byte
	var item, matter, task, decider, number, from, to sql.NullString
	return errors.Join(
		w.each(0, func(scan func(...any) error) error {
			c := &gen.CaseFile{}
			r.cases = append(r.cases, c)
			return scan(&c.ID, &c.VeteranID, &c.State, &c.Warning, &c.CatalogVersion, &c.AcceptedOn, &c.DueOn, &c.Returns, &c.PapersSaved, &c.ClosedAt)
		}),
		w.each(1, func(scan func(...any) error) error {
			it := &gen.Item{}
			r.items = append(r.items, it)
			err := scan(&it.ID, &it.CaseID, &it.Matter, &it.Department, &text, &it.State, &it.Withdrawing, &it.DueOn, &it.Round, &it.Warning, &decider, &number, &it.DecidedAt)
			it.DecidedBy, it.ResultNo = decider.String, number.String
			if err == nil && len(text) > 0 {
				err = json.Unmarshal(text, &it.After)
			}
			return err
		}),
		w.each(2, func(scan func(...any) error) error {
			o := &gen.Obligation{}
			r.owed = append(r.owed, o)
			err := scan(&o.ID, &o.CaseID, &item, &matter, &o.Kind, &o.Department, &o.OwedBy, &o.WordBy, &o.EndedAt, &task)
			o.ItemID, o.Matter, o.TaskID = item.String, matter.String, task.String
			return err
		}),
		w.each(3, func(scan func(...any) error) error {
			p := &gen.Pause{}
			r.pauses = append(r.pauses, p)
			return scan(&p.ItemID, &p.FromDay, &p.ToDay)
		}),
		w.each(4, func(scan func(...any) error) error {
			e := &gen.Event{}
			r.fresh = append(r.fresh, e)
			err := scan(&e.ID, &e.CaseID, &item, &e.Kind, &e.ActorKind, &e.Actor, &from, &to)
			e.ItemID, e.FromState, e.ToState, r.last = item.String, from.String, to.String, e.ID
			return err
		}, r.last),
		w.each(5, func(scan func(...any) error) error {
			var j job
			err := scan(&j.id, &j.kind, &j.arg)
			r.jobs = append(r.jobs, j)
			return err
		}),
	)
}

// unchanged says whether nothing has been written since the last look. Only SQLite
// knows; elsewhere something may always have been.
func (w *world) unchanged() bool {
	if w.lab.Store.Pool != nil {
		return false
	}
	var n int64
	if err := w.lab.changes.QueryRowContext(w.ctx).Scan(&n); err != nil {
		w.fail("count changes: %v", err)
	}
	same := n == w.written
	w.written = n
	return same
}

// contradicted says whether somebody has been told to see to what a department
// has said against the record.
func (w *world) contradicted(itemID string) bool {
	there, err := w.lab.Store.Read.Task.Query().Where(task.KindEQ(task.KindCONTRADICTION), task.Subject(itemID)).Exist(w.ctx)
	if err != nil {
		w.fail("tasks: %v", err)
	}
	return there
}

// told counts what the veteran was told of a case.
func (w *world) told(caseID, kind string) int {
	n, err := w.lab.Store.Read.Notification.Query().Where(notification.CaseID(caseID), notification.Kind(kind)).Count(w.ctx)
	if err != nil {
		w.fail("notices: %v", err)
	}
	return n
}
