package store_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A record of the first release, with cases under way, is brought up to date:
// about every open item somebody owes a word, and clocks that stand say so.
func TestUpgrade(t *testing.T) {
	storetest.EachAt(t, 1, func(t *testing.T, s *store.Store) {
		db, done := s.SQL()
		defer done()
		run := func(q string) {
			if s.Pool == nil {
				q = strings.NewReplacer("::json", "", "now()", "CURRENT_TIMESTAMP || '+00:00'").Replace(q)
			}
			if _, err := db.ExecContext(t.Context(), q); err != nil {
				t.Fatalf("%s: %v", q, err)
			}
		}
		run(`INSERT INTO veterans (id, name, citizen_sealed, citizen_index, born_on, division, sex, synthetic, source, as_of, basis, created_at, updated_at)
			VALUES ('v', '某', 'x', 'x', '1999-03-05', '230102000000', '1', true, 'PS', now(), 'x', now(), now())`)
		run(`INSERT INTO case_files (id, number, veteran_id, division, state, catalog_version, matters, plan_days, accepted_on, due_on, submitted_at, created_at, updated_at)
			VALUES ('c', 'N', 'v', '230102000000', 'IN_PROGRESS', 'x', '[]'::json, 15, '2026-11-02', '2026-11-23', now(), now(), now())`)
		for i, state := range []string{"WAITING", "READY", "DISPATCHED", "RECEIVED", "CORRECTION", "SUSPENDED", "APPROVED", "WITHDRAWN"} {
			run(`INSERT INTO items (id, case_id, veteran_id, division, matter, department, position, state, finish_day, due_on, words, sequence)
				VALUES ('i-` + state + `', 'c', 'v', '230102000000', 'M` + string(rune('A'+i)) + `', 'VA', 1, '` + state + `', 3, '2026-11-05', '', 0)`)
		}
		if _, err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		checkUpgraded(access.AsMachine(t.Context(), "test"), t, s)
		if n, err := s.Migrate(t.Context()); n != 0 || err != nil {
			t.Errorf("again: %d steps, %v", n, err)
		}
	})
}

func checkUpgraded(ctx context.Context, t *testing.T, s *store.Store) {
	t.Helper()
	owed := map[string]string{}
	for _, o := range s.Read.Obligation.Query().AllX(ctx) {
		owed[strings.TrimPrefix(o.ItemID, "i-")] = string(o.OwedBy)
		if end := time.Date(2026, 11, 5, 16, 0, 0, 0, time.UTC); o.ItemID == "i-RECEIVED" && !o.WordBy.Equal(end) {
			t.Errorf("a word is owed by %s, want %s: the end of the promised day in China", o.WordBy, end)
		}
	}
	for _, state := range lifecycle.ItemState("").Values() {
		it := lifecycle.ItemState(state)
		if _, ok := owed[state]; ok == it.Ended() {
			t.Errorf("%s: ended %v, a word owed %v", state, it.Ended(), ok)
		}
	}
	if owed["CORRECTION"] != "APPLICANT" || owed["READY"] != "HUB" || owed["RECEIVED"] != "DEPARTMENT" {
		t.Errorf("who owes it: %v", owed)
	}
	if n, m := s.Read.Pause.Query().CountX(ctx), s.Read.Correction.Query().CountX(ctx); n != 2 || m != 1 {
		t.Errorf("%d pauses and %d returns, want 2 and 1", n, m)
	}
	for _, p := range s.Read.Pause.Query().AllX(ctx) {
		if p.FromDay.Year() < 2026 || p.ToDay != nil {
			t.Errorf("%+v", p)
		}
	}
}
