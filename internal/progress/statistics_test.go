package progress_test

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/progress"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// questions are of every kind that an analyst asks.
func questions() []progress.Question {
	jan, jul, mid := workday.Date(2025, 1, 1), workday.Date(2026, 7, 1), workday.Date(2025, 6, 15)
	return []progress.Question{
		{},
		{Division: "230100000000"},
		{Division: "230102001000"},
		{Division: "230102000000", By: []progress.Dimension{progress.ByDivision}},
		{Division: "230102000000", By: []progress.Dimension{progress.ByDivision, progress.ByMatter}},
		{Division: "230102000000", By: []progress.Dimension{progress.ByDivision, progress.ByMonth}, AcceptedFrom: &jan},
		{Division: "230102000000", By: []progress.Dimension{progress.ByDivision}, Matter: "M05", AcceptedBefore: &jul},
		{Division: "230102000000", By: []progress.Dimension{progress.ByDivision, progress.ByChannel}},
		{Division: "230102001000", By: []progress.Dimension{progress.ByDivision, progress.ByState}},
		{By: []progress.Dimension{progress.ByDivision}},
		{By: []progress.Dimension{progress.ByDivision, progress.ByMonth}, Level: "COUNTY"},
		{By: []progress.Dimension{progress.ByMatter}},
		{By: []progress.Dimension{progress.ByDepartment, progress.ByItemState}},
		{By: []progress.Dimension{progress.ByState, progress.ByChannel}},
		{By: []progress.Dimension{progress.ByWarning}},
		{By: []progress.Dimension{progress.ByMatter, progress.ByWarning}},
		{Matter: "M05", By: []progress.Dimension{progress.ByDivision}},
		{Department: "PS"},
		{States: []lifecycle.CaseState{lifecycle.CaseCompleted, lifecycle.CaseRejected}},
		{Channels: []string{"WEB", "APP"}, By: []progress.Dimension{progress.ByMonth}},
		{Warnings: []lifecycle.Warning{lifecycle.Red}},
		{AcceptedFrom: &jan, AcceptedBefore: &jul},
		{AcceptedFrom: &jul, By: []progress.Dimension{progress.ByMonth}},
		{AcceptedBefore: &jan},
		{Division: "230103000000", AcceptedFrom: &mid},
	}
}

// TestStatistics lets cases live and compares every answer with one counted row
// by row, while changes are folded or not, and asks for the past again.
func TestStatistics(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		w := newWorld(t, s, 7)
		type told struct {
			q    progress.Question
			text string
		}
		var past []told
		for i := range 240 {
			w.step()
			if i%29 == 0 {
				fold(w)
			}
			if i%40 != 39 {
				continue
			}
			for n, q := range questions() {
				got := w.ask(w.ctx, q)
				if got, want := flat(got), w.count(q); got != want {
					t.Fatalf("step %d, question %d\n got %s\nwant %s", i, n, got, want)
				}
				q.AsOf = &got.AsOf
				past = append(past, told{q, text(got)})
			}
		}
		fold(w)
		for i, p := range past {
			if got := text(w.ask(w.ctx, p.q)); got != p.text {
				t.Fatalf("as of %v, question %d\n got %s\nwant %s", p.q.AsOf, i, got, p.text)
			}
		}
		if err := w.board.Rebuild(w.ctx); err != nil {
			t.Fatal(err)
		}
		for n, q := range questions() {
			if got, want := flat(w.ask(w.ctx, q)), w.count(q); got != want {
				t.Fatalf("summed anew, question %d\n got %s\nwant %s", n, got, want)
			}
		}
	})
}

func fold(w *world) {
	w.t.Helper()
	if _, err := w.board.Fold(w.ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) ask(ctx context.Context, q progress.Question) *progress.Statistics {
	w.t.Helper()
	st, err := w.board.Statistics(ctx, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return st
}

func text(v ...any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}
