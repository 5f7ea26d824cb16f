package simulation

import (
	"context"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/ent/gen/pause"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/store"
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

// read reads the record.
func (w *world) read() (err error) {
	c, r := w.lab.Store.Read, &w.rows
	if r.cases, err = c.CaseFile.Query().Select(lean...).Order(casefile.ByID()).All(w.ctx); err != nil {
		return err
	}
	if r.items, err = c.Item.Query().Order(item.ByCaseID(), item.ByPosition(), item.ByMatter()).All(w.ctx); err != nil {
		return err
	}
	if r.owed, err = c.Obligation.Query().Order(obligation.ByID()).All(w.ctx); err != nil {
		return err
	}
	if r.pauses, err = c.Pause.Query().Order(pause.ByID()).All(w.ctx); err != nil {
		return err
	}
	if r.fresh, err = c.Event.Query().Where(event.IDGT(r.last)).Order(event.ByID()).All(w.ctx); err != nil {
		return err
	}
	if n := len(r.fresh); n > 0 {
		r.last = r.fresh[n-1].ID
	}
	r.jobs = r.jobs[:0]
	return w.lab.Store.Snapshot(w.ctx, func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, "SELECT id, kind, arg FROM simulated_jobs ORDER BY id", nil, func(scan func(...any) error) error {
			var j job
			err := scan(&j.id, &j.kind, &j.arg)
			r.jobs = append(r.jobs, j)
			return err
		})
	})
}

var lean = []string{
	casefile.FieldID, casefile.FieldNumber, casefile.FieldVeteranID, casefile.FieldDivision, casefile.FieldState, casefile.FieldWarning,
	casefile.FieldChannel, casefile.FieldCatalogVersion, casefile.FieldPlanDays, casefile.FieldAcceptedOn, casefile.FieldDueOn,
	casefile.FieldReturns, casefile.FieldPapersSaved, casefile.FieldVisitsSaved, casefile.FieldSubmittedAt, casefile.FieldClosedAt,
	casefile.FieldWorkdays, casefile.FieldOnTime, casefile.FieldCreatedAt, casefile.FieldUpdatedAt,
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
