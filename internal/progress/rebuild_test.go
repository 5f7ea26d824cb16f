package progress_test

import (
	"context"
	"sync"
	"testing"

	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// TestRebuildStopsNobody sums the record anew, again and again, while cases are
// changed and answers are asked for: no case is missing from any answer, no writer
// fails, the past since the last time stays as it was told, and in the end the
// figures are those of the rows.
func TestRebuildStopsNobody(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 13)
		for range 12 {
			w.begin()
		}
		fold(w) // the record begins
		ctx, stop := context.WithCancel(w.ctx)
		var writers sync.WaitGroup
		for n := range 3 {
			writers.Go(func() {
				for i := n; ctx.Err() == nil; i++ {
					id := w.cases[i%len(w.cases)]
					err := s.InTx(w.ctx, func(ctx context.Context, tx store.Tx) error {
						if err := tx.LockCase(ctx, id); err != nil {
							return err
						}
						c, err := tx.Ent.CaseFile.Get(ctx, id)
						if err != nil {
							return err
						}
						before := w.board.Of(c, c.QueryItems().AllX(ctx))
						if err := c.Update().SetReturns(c.Returns + 1).Exec(ctx); err != nil {
							return err
						}
						return w.board.Note(ctx, tx, id, before)
					})
					if err != nil {
						t.Error(err)
						return
					}
				}
			})
		}
		writers.Go(func() {
			for ctx.Err() == nil {
				for _, q := range []progress.Question{{}, {By: []progress.Dimension{progress.ByDivision}, Level: "COUNTY"}} {
					st, err := w.board.Statistics(w.ctx, q)
					if err != nil {
						t.Error(err)
						return
					}
					sum := 0
					for _, r := range st.Rows {
						sum += r.Cases.Count
					}
					if st.Total.Cases.Count != len(w.cases) || sum != len(w.cases) {
						t.Errorf("%d cases together, %d by group, of %d", st.Total.Cases.Count, sum, len(w.cases))
						return
					}
				}
			}
		})
		for range 4 {
			if err := w.board.Rebuild(w.ctx); err != nil {
				t.Error(err)
			}
		}
		var past []*progress.Statistics
		for range 5 {
			past = append(past, w.ask(w.ctx, progress.Question{}))
			fold(w)
		}
		stop()
		writers.Wait()
		began := int64(w.number("SELECT began FROM standing_marks"))
		for _, p := range past {
			if p.AsOf.UnixMicro() < began {
				continue // somebody was writing since before the end of the summing
			}
			if got := text(w.ask(w.ctx, progress.Question{AsOf: &p.AsOf})); got != text(p) {
				t.Errorf("as of %v\n got %s\nwant %s", p.AsOf, got, text(p))
			}
		}
		for n, q := range questions() {
			if got, want := flat(w.ask(w.ctx, q)), w.count(q); got != want {
				t.Fatalf("question %d\n got %s\nwant %s", n, got, want)
			}
		}
	})
}
