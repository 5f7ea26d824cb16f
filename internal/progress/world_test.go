package progress_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// world is a record in which cases live at random, each change noted as casework
// notes it.
type world struct {
	t     *testing.T
	ctx   context.Context
	s     *store.Store
	board *progress.Board
	r     *rand.Rand
	cases []string
	rated map[string]int // case and matter: grade
}

var places = []string{"230102001001", "230102001000", "230103002003", "230103000000", "230202001001", "230281104201", "232721100001"}

var offices = map[string]string{"M01": "VA", "M04": "PS", "M05": "PS", "M08": "HRSS", "M09": "HSA"}

var matters = []string{"M01", "M04", "M05", "M08", "M09"}

func newWorld(t *testing.T, s *store.Store, seed uint64) *world {
	w := &world{
		t: t, ctx: access.AsMachine(t.Context(), "test"), s: s, r: rand.New(rand.NewPCG(seed, 1)), rated: map[string]int{},
		board: &progress.Board{Store: s, Calendar: workday.Builtin},
	}
	w.tx(func(tx store.Tx) error {
		at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		return tx.Ent.Veteran.Create().SetID("v").SetSource("VA").SetAsOf(at).SetBasis("test").SetName("示例").SetCitizenSealed([]byte{1}).
			SetCitizenIndex([]byte{1}).SetBornOn(workday.Date(2000, 1, 1)).SetDivision(places[0]).SetCreatedAt(at).SetUpdatedAt(at).Exec(w.ctx)
	})
	return w
}

func (w *world) tx(f func(store.Tx) error) {
	w.t.Helper()
	if err := w.s.InTx(w.ctx, func(_ context.Context, tx store.Tx) error { return f(tx) }); err != nil {
		w.t.Fatal(err)
	}
}

// step lets something happen to some case.
func (w *world) step() {
	switch n := w.r.IntN(10); {
	case n < 3 || len(w.cases) == 0:
		w.begin()
	case n == 9:
		w.rate()
	default:
		w.move(w.cases[w.r.IntN(len(w.cases))])
	}
}

func (w *world) begin() {
	id := fmt.Sprintf("c%04d", len(w.cases))
	w.cases = append(w.cases, id)
	on := workday.Date(2024+w.r.IntN(3), time.Month(1+w.r.IntN(12)), 1+w.r.IntN(28))
	place := places[w.r.IntN(len(places))]
	channel := []casefile.Channel{casefile.ChannelWEB, casefile.ChannelAPP, casefile.ChannelWINDOW, casefile.ChannelAGENT}[w.r.IntN(4)]
	w.tx(func(tx store.Tx) error {
		c := tx.Ent.CaseFile.Create().SetID(id).SetNumber("N" + id).SetVeteranID("v").SetDivision(place).SetState(lifecycle.CaseInProgress).SetChannel(channel).
			SetCatalogVersion("test").SetMatters(matters).SetPapersSaved(w.r.IntN(18)).SetVisitsSaved(w.r.IntN(12)).
			SetCreatedAt(on.Time()).SetUpdatedAt(on.Time())
		if w.r.IntN(10) > 0 {
			c.SetAcceptedOn(on).SetDueOn(workday.Builtin().Due(on, 15).Day)
		} else {
			c.SetState(lifecycle.CaseSubmitted)
		}
		if err := c.Exec(w.ctx); err != nil {
			return err
		}
		for i, m := range matters {
			if i > 0 && w.r.IntN(3) == 0 {
				continue
			}
			err := tx.Ent.Item.Create().SetID(id + m).SetCaseID(id).SetVeteranID("v").SetDivision(place).SetMatter(m).SetDepartment(offices[m]).
				SetPosition(i).SetState(lifecycle.ItemReady).SetFinishDay(1 + i).SetDueOn(workday.Builtin().Due(on, 1+i).Day).Exec(w.ctx)
			if err != nil {
				return err
			}
		}
		return w.board.Note(w.ctx, tx, id, nil)
	})
}

// move changes one item, and ends the case with its last one.
func (w *world) move(id string) {
	w.tx(func(tx store.Tx) error {
		c := tx.Ent.CaseFile.GetX(w.ctx, id)
		items := tx.Ent.Item.Query().Where(item.CaseID(id)).Order(item.ByPosition()).AllX(w.ctx)
		before := w.board.Of(c, items)
		open := slices.DeleteFunc(slices.Clone(items), func(i *gen.Item) bool { return i.State.Ended() })
		if c.State.Ended() || c.AcceptedOn == nil || len(open) == 0 {
			return nil
		}
		it := open[w.r.IntN(len(open))]
		end := workday.Builtin().Due(*c.AcceptedOn, w.r.IntN(40)).Day.Time().Add(10 * time.Hour)
		to := []lifecycle.ItemState{lifecycle.ItemReceived, lifecycle.ItemCorrection, lifecycle.ItemApproved, lifecycle.ItemApproved, lifecycle.ItemRejected, lifecycle.ItemWithdrawn}[w.r.IntN(6)]
		u := it.Update().SetState(to).SetWarning([]lifecycle.Warning{lifecycle.NoWarning, lifecycle.Yellow, lifecycle.Red}[w.r.IntN(3)])
		if it.State == lifecycle.ItemCorrection {
			u.SetRound(it.Round + 1)
		}
		if to.Ended() {
			u.SetDecidedAt(end)
		}
		u.ExecX(w.ctx)
		if to.Ended() && len(open) == 1 {
			var states []lifecycle.ItemState
			for _, i := range tx.Ent.Item.Query().Where(item.CaseID(id)).AllX(w.ctx) {
				states = append(states, i.State)
			}
			if out, over := lifecycle.Outcome(states); over {
				c.Update().SetState(out).SetClosedAt(end).SetWarning(lifecycle.Red).ExecX(w.ctx)
			}
		}
		return w.board.Note(w.ctx, tx, id, before)
	})
}

func (w *world) rate() {
	w.tx(func(tx store.Tx) error {
		ended := tx.Ent.CaseFile.Query().Where(casefile.ClosedAtNotNil()).Order(casefile.ByID()).IDsX(w.ctx)
		if len(ended) == 0 {
			return nil
		}
		id := ended[w.r.IntN(len(ended))]
		it := tx.Ent.Item.Query().Where(item.CaseID(id)).Order(item.ByPosition()).FirstX(w.ctx)
		key, grade := id+it.Matter, 1+w.r.IntN(5)
		before := w.rated[key]
		round := 1
		if before > 0 {
			if tx.Ent.Rating.Query().CountX(w.ctx) > 0 && w.rated[key+"/2"] > 0 {
				return nil
			}
			round, w.rated[key+"/2"] = 2, 1
		}
		w.rated[key] = grade
		tx.Ent.Rating.Create().SetID(fmt.Sprint(key, round)).SetCaseID(id).SetVeteranID("v").SetMatter(it.Matter).SetDepartment(it.Department).
			SetDivision(it.Division).SetRound(round).SetGrade(grade).SetRatedAt(time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)).ExecX(w.ctx)
		return w.board.NoteRating(w.ctx, tx, id, it.Matter, before, grade)
	})
}
