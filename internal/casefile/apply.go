package casefile

import (
	"context"
	"fmt"

	"entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/words"
)

var desc = sql.OrderDesc()

func itemNotFound() error {
	return fault.New(fault.NotFound, "ITEM_NOT_FOUND", "没有找到这个事项办件。", "There is no such item.")
}

// asDepartment is a context in which a department's own system speaks.
func asDepartment(ctx context.Context, code string) context.Context {
	return access.With(ctx, &access.Viewer{ID: systemOf(code), Kind: access.Machine})
}

func systemOf(code string) string { return "department/" + code }

// Apply takes a department's word about an item, from a callback or from a
// question of ours, whichever comes first. It may come twice, late or out of
// order: an item that has ended, and a word older than the last one, change
// nothing. When an item ends, those that waited for it are sent or blocked, and
// when the last one ends so does the case. A decision against the one there is
// becomes a task of a named person. Faults: ITEM_NOT_FOUND, also for an item of
// another department.
func (d *Desk) Apply(ctx context.Context, department string, a port.Answer) error {
	ctx = asDepartment(ctx, department)
	it, err := d.Store.Read.Item.Get(ctx, a.ItemID)
	if gen.IsNotFound(err) || err == nil && it.Department != department {
		return itemNotFound()
	} else if err != nil {
		return fmt.Errorf("item: %w", err)
	}
	if oldNews(it, a) {
		return nil
	}
	return d.handle(ctx, it.CaseID, func(ctx context.Context, w *work) error {
		it := w.item(a.ItemID)
		if it == nil || oldNews(it, a) {
			return nil
		}
		return w.answer(ctx, it, a)
	})
}

// oldNews says whether an answer can tell nothing new about an item.
func oldNews(it *gen.Item, a port.Answer) bool {
	if a.Sequence <= it.Sequence && it.Sequence > 0 {
		return true
	}
	if it.State.Ended() { // only what contradicts the end, or shows that the department goes on, matters
		return a.State.Decided() && (a.State == port.Approved) == it.State.Granted() && it.State != lifecycle.ItemWithdrawn && it.State != lifecycle.ItemTerminated ||
			a.State == port.Withdrawn
	}
	return !a.State.Decided() && a.State != port.Returned && a.State != port.Withdrawn && it.State == lifecycle.ItemReceived && !it.Withdrawing
}

// answer applies what a department says of an item.
func (w *work) answer(ctx context.Context, it *gen.Item, a port.Answer) error {
	it.Sequence = a.Sequence
	if it.State.Ended() {
		return w.late(ctx, it, a)
	}
	switch a.State {
	case port.Approved, port.Rejected:
		return w.decide(ctx, it, decision{granted: a.State == port.Approved, number: a.Number, words: a.Words, outputs: a.Outputs, at: a})
	case port.Returned:
		return w.giveBack(ctx, it, defects(a.Faults), a.Words)
	case port.Withdrawn:
		return w.move(it, lifecycle.ItemWithdrawn, a.Words)
	}
	if it.State == lifecycle.ItemReady || it.State == lifecycle.ItemDispatched { // it works on it, so it has it
		return w.move(it, lifecycle.ItemReceived, "")
	}
	return nil // returned or suspended at our desk: its system has not noticed yet
}

// late takes a word about an item that has ended otherwise. What ended stays; a
// decision against it is looked at by a person, and a department that goes on with
// what was taken back is told again.
func (w *work) late(ctx context.Context, it *gen.Item, a port.Answer) error {
	if !a.State.Decided() {
		if a.State != port.Withdrawn {
			w.recall = append(w.recall, it.ID)
		}
		return nil
	}
	w.note(it, "ITEM_CONTRADICTED", "", "", "部门系统的结论与已有结论不一致："+string(a.State))
	return w.raise(ctx, supervision.Concern{
		Kind: task.KindCONTRADICTION, Subject: it.ID, ItemID: it.ID, Department: it.Department,
		Words:    fmt.Sprintf("事项 %s 已为 %s，部门系统又答复 %s，请核实。", it.Matter, it.State, a.State),
		Workdays: w.desk.limits().Contradiction.Workdays,
	})
}

func (w *work) raise(ctx context.Context, c supervision.Concern) error {
	if w.desk.Office == nil {
		return nil
	}
	c.CaseID, c.Division = w.file.ID, w.file.Division
	_, err := w.desk.Office.Raise(ctx, w.tx, c)
	return err
}

// decision is how an item is decided.
type decision struct {
	granted       bool
	number, words string
	outputs       catalog.Facts
	at            port.Answer // of a department's system; zero for an officer at our desk
}

func (w *work) decide(ctx context.Context, it *gen.Item, x decision) error {
	to := lifecycle.ItemRejected
	if x.granted {
		to = lifecycle.ItemApproved
	}
	if err := w.move(it, to, x.words); err != nil {
		return err
	}
	it.Words, it.DecidedBy = words.Clip(x.words, 1000), access.From(ctx).ID
	if x.number != "" {
		it.ResultNo = words.Clip(x.number, 80)
	}
	if !x.at.DecidedOn.IsZero() {
		on := x.at.DecidedOn.UTC()
		it.DecidedAt = &on
	}
	if !x.granted || len(x.outputs) == 0 {
		return nil
	}
	return w.keep(ctx, it, x.outputs)
}

// keep writes what a result tells: sealed beside the item, as input of later
// items, and into the profile with the department as its source.
func (w *work) keep(ctx context.Context, it *gen.Item, outputs catalog.Facts) error {
	sealed, err := w.desk.seal(outputs, bindOutputs(it.ID))
	if err != nil {
		return fmt.Errorf("outputs of %s: %w", it.Matter, err)
	}
	it.OutputsSealed = sealed
	cat, err := w.desk.Shelf.Get(ctx, w.file.CatalogVersion)
	if err != nil {
		return err
	}
	return w.desk.Profile.Record(all(ctx), w.tx, it.VeteranID, outputs, fact.Provenance{
		Source: it.Department, AsOf: *it.DecidedAt, Basis: resultBasis(cat, it.Matter),
	})
}

func resultBasis(c *catalog.Catalog, matter string) string {
	if m := c.Matter(matter); m != nil {
		return m.Name.Zh + "办理结果"
	}
	return "办理结果"
}

// defects are a department's, in the record's words.
func defects(from []port.Defect) []lifecycle.Defect {
	out := make([]lifecycle.Defect, 0, len(from))
	for _, x := range from {
		out = append(out, lifecycle.Defect{Field: x.Field, Material: x.Material, Words: words.Clip(x.Words, 300)})
	}
	return out
}
