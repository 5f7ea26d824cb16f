package simulation

import (
	"context"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// some is how many seeds the tests live through; tools/simulate takes thousands.
const some = 100

func open(t *testing.T, address string) *Lab {
	t.Helper()
	l, err := Open(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

func report(t *testing.T, r *Result) {
	t.Helper()
	for _, line := range r.Trace {
		t.Log(line)
	}
	t.Errorf("seed %d: %v (again: go run ./tools/simulate -from %d -seeds 1 -v)", r.Seed, r.Failure, r.Seed)
}

// Whatever goes wrong, nothing is lost, nothing is done twice, somebody owes the
// next word, every date is explained, figures are right, and cases end.
func TestSeeds(t *testing.T) {
	began := time.Now()
	var next, events, deaths, faults atomic.Int64
	var failed atomic.Bool
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		l := open(t, storetest.SQLite(t))
		all.Go(func() {
			for !failed.Load() {
				seed := next.Add(1) - 1
				if seed >= some {
					return
				}
				r := l.Run(t.Context(), uint64(seed), Options{})
				events.Add(int64(r.Events))
				deaths.Add(int64(r.Deaths))
				faults.Add(int64(r.Faults))
				if r.Failure != nil && !failed.Swap(true) {
					report(t, r)
				}
			}
		})
	}
	all.Wait()
	t.Logf("%d seeds, %d events, %d deaths, %d faults in %s", some, events.Load(), deaths.Load(), faults.Load(), time.Since(began).Round(time.Second))
}

// On PostgreSQL the same holds.
func TestSeedsPostgres(t *testing.T) {
	l := open(t, storetest.PostgreSQL(t))
	for seed := range uint64(5) {
		if r := l.Run(t.Context(), seed, Options{}); r.Failure != nil {
			report(t, r)
		}
	}
}

// The same seed tells the same story, in another record and after other seeds, and
// whether one looks closely or not.
func TestSameSeedSameStory(t *testing.T) {
	a, b := open(t, storetest.SQLite(t)), open(t, storetest.SQLite(t))
	for seed := range uint64(6) {
		one := a.Run(t.Context(), seed, Options{})
		b.Run(t.Context(), seed+1000, Options{})
		two := b.Run(t.Context(), seed, Options{Thorough: true})
		if !slices.Equal(one.Trace, two.Trace) {
			i := 0
			for i < min(len(one.Trace), len(two.Trace))-1 && one.Trace[i] == two.Trace[i] {
				i++
			}
			t.Errorf("seed %d is told otherwise:\n%s\n%s", seed, one.Trace[i], two.Trace[i])
		}
	}
}

// What is broken on purpose is found: the checks are no decoration.
func TestPlanted(t *testing.T) {
	exec := func(t *testing.T, w *world, query string, args ...any) bool {
		n := int64(0)
		err := w.lab.Store.InTx(w.ctx, func(ctx context.Context, tx store.Tx) (err error) {
			n, err = tx.Plain().Exec(ctx, query, args...)
			return err
		})
		if err != nil {
			t.Error(err)
		}
		return n > 0
	}
	open := "state NOT IN ('APPROVED','REJECTED','BLOCKED','DELIVERED','WITHDRAWN','TERMINATED')"
	for _, tt := range []struct {
		name, want string
		plant      func(t *testing.T, w *world) bool // until it says that it has broken something
	}{
		{"a job is lost", "everybody behaved", func(t *testing.T, w *world) bool {
			if !exec(t, w, "DELETE FROM simulated_jobs WHERE kind = 'dispatch'") {
				return false
			}
			w.life++ // whatever was on the agenda of it goes with it
			w.catchUp()
			w.rows.jobs = nil
			return true
		}},
		{"an approval is written twice", "but was APPROVED", func(t *testing.T, w *world) bool {
			return exec(t, w, "INSERT INTO events (case_id, item_id, matter, kind, actor_kind, actor, from_state, to_state, at) SELECT case_id, item_id, matter, kind, actor_kind, actor, from_state, to_state, at FROM events WHERE kind = 'ITEM_APPROVED' LIMIT 1")
		}},
		{"an item is done twice", "was done 2 times", func(_ *testing.T, w *world) bool {
			for _, code := range w.codes {
				for _, id := range w.system(code).order {
					if b := w.system(code).books[id]; b.acts == 1 {
						b.acts++
						return true
					}
				}
			}
			return false
		}},
		{"nobody owes a result", "open obligations", func(t *testing.T, w *world) bool {
			return exec(t, w, "UPDATE obligations SET ended_at = opened_at WHERE kind = 'RESULT' AND ended_at IS NULL")
		}},
		{"a promised day is wrong", "its clock explains", func(t *testing.T, w *world) bool {
			return exec(t, w, "UPDATE items SET due_on = '2026-01-01' WHERE "+open+" AND state NOT IN ('CORRECTION','SUSPENDED')")
		}},
		{"a figure is off by one", "figures by", func(t *testing.T, w *world) bool {
			return exec(t, w, "UPDATE standing_changes SET n = n + 1 WHERE id = (SELECT max(id) FROM standing_changes WHERE kind = 'ITEM' AND n > 0)")
		}},
		{"the end is not told", "END_NOT_TOLD", func(t *testing.T, w *world) bool {
			return exec(t, w, "DELETE FROM notifications WHERE kind IN ('CASE_COMPLETED','CASE_PARTIALLY_COMPLETED','CASE_REJECTED','CASE_WITHDRAWN','CASE_TERMINATED')")
		}},
		{"a state changes behind the journal", "DISPATCHED", func(t *testing.T, w *world) bool {
			return exec(t, w, "UPDATE items SET state = 'RECEIVED' WHERE state = 'DISPATCHED'")
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l := openLab(t)
			for seed := range uint64(12) {
				planted := false
				r := l.Run(t.Context(), seed, Options{Thorough: tt.want != "everybody behaved", sabotage: func(_ context.Context, w *world) {
					planted = planted || tt.plant(t, w)
				}})
				if !planted {
					continue // this seed gave no occasion
				}
				if r.Failure == nil {
					continue // and this one has healed it, as a lost job whose item was taken back
				}
				if !strings.Contains(r.Failure.Error(), tt.want) {
					t.Errorf("found otherwise: %v", r.Failure)
				}
				return
			}
			t.Error("not found")
		})
	}
}

func openLab(t *testing.T) *Lab { return open(t, storetest.SQLite(t)) }
