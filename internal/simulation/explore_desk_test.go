package simulation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

// deed does a verb at the real desk.
func (w *world) deed(name string, it *gen.Item) error {
	b := w.book(it)
	officer := access.With(w.ctx, &access.Viewer{ID: "officer", Kind: access.Officer, Department: it.Department, Division: province})
	person := access.With(w.ctx, w.people[0].viewer())
	word := func(s port.State) port.Answer {
		b.said.Sequence++
		return port.Answer{ItemID: it.ID, Matter: it.Matter, State: s, Number: "N", Words: "理由", DecidedOn: w.now, Sequence: b.said.Sequence}
	}
	switch name {
	case "sent":
		return w.desk.Sent(w.ctx, it.ID, "DEPARTMENT_SILENT")
	case "received":
		return w.desk.Received(w.ctx, it.ID, it.Round, port.Receipt{ItemID: it.ID, Number: "R", ReceivedAt: w.now})
	case "approved", "rejected", "returned", "let go":
		return w.desk.Apply(w.ctx, it.Department, word(map[string]port.State{"approved": port.Approved, "rejected": port.Rejected, "returned": port.Returned, "let go": port.Withdrawn}[name]))
	case "officer returns":
		c, err := w.desk.Shelf.Get(w.ctx, w.rows.file(it.CaseID).CatalogVersion)
		if err != nil {
			return err
		}
		asks := c.Matter(it.Matter).Asks
		field := asks[slices.IndexFunc(asks, func(f string) bool { return typed[f] != nil })]
		return w.desk.Return(officer, it.ID, []lifecycle.Defect{{Field: field, Words: "请更正"}}, "")
	case "officer suspends":
		return w.desk.Suspend(officer, it.ID, "等待鉴定", "《行政许可法》第四十五条")
	case "officer resumes":
		return w.desk.Resume(officer, it.ID, "")
	case "officer grants", "officer refuses":
		return w.desk.Decide(officer, it.ID, name == "officer grants", "", "理由")
	case "supplement":
		return w.supplement(person, it)
	case "withdraw":
		return w.desk.WithdrawItem(person, it.ID, "")
	case "recall heard":
		return w.desk.Recalled(w.ctx, it.ID, word(port.Withdrawn), false)
	case "recall too late":
		return w.desk.Recalled(w.ctx, it.ID, word(port.Approved), true)
	case "lapse":
		err := w.lab.Store.InTx(w.ctx, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Obligation.UpdateOneID(w.owedOf(it)).SetWordBy(w.now.Add(-time.Second)).Exec(ctx)
		})
		if it.State != lifecycle.ItemCorrection {
			return nil
		}
		if err == nil {
			err = w.desk.Lapse(w.ctx)
		}
		return err
	}
	return fmt.Errorf("nobody knows how to do %q", name)
}

func (w *world) owedOf(it *gen.Item) string {
	i := slices.IndexFunc(w.rows.owed, func(o *gen.Obligation) bool { return o.ItemID == it.ID })
	return w.rows.owed[i].ID
}

func (w *world) book(it *gen.Item) *book {
	s := w.system(it.Department)
	if s.books[it.ID] == nil {
		s.books[it.ID] = &book{item: it.ID}
	}
	return s.books[it.ID]
}

func (w *world) supplement(ctx context.Context, it *gen.Item) error {
	rows, err := w.desk.Corrections(w.ctx, []string{it.ID})
	if err != nil {
		return err
	}
	s := casefile.Supplement{ItemID: it.ID}
	if n := len(rows[it.ID]); n > 0 {
		for _, x := range rows[it.ID][n-1].Defects {
			s.Answers = append(s.Answers, form.Answer{Field: x.Field, Value: typed[x.Field]})
		}
	}
	problems, err := w.desk.Supplement(ctx, s)
	if err == nil && len(problems) > 0 {
		err = fmt.Errorf("problems: %+v", problems)
	}
	return err
}
