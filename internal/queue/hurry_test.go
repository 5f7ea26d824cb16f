package queue_test

import (
	"context"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// sleeper puts its first attempt off for an hour.
type sleeper struct {
	river.WorkerDefaults[greet]
	slept, heard chan string
}

func (w *sleeper) Work(_ context.Context, j *river.Job[greet]) error {
	if len(w.slept) < cap(w.slept) {
		w.slept <- j.Args.Name
		return river.JobSnooze(time.Hour)
	}
	w.heard <- j.Args.Name
	return nil
}

// A job that was put off is worked at once when it is hurried, once, and others are
// left to sleep.
func TestHurry(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		if err := queue.Migrate(ctx, s); err != nil {
			t.Fatal(err)
		}
		w := &sleeper{slept: make(chan string, 2), heard: make(chan string, 8)}
		workers := river.NewWorkers()
		river.AddWorker(workers, w)
		q, err := queue.Open(s, workers, queue.Options{Poll: 10 * time.Millisecond})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		defer func() { _ = q.Stop(context.WithoutCancel(ctx)) }()
		insert(t, s, q, "one")
		insert(t, s, q, "other")
		for sleeping := 0; sleeping < 2; {
			db, done := s.SQL()
			if err := db.QueryRowContext(ctx, `SELECT count(*) FROM river_job WHERE state = 'scheduled'`).Scan(&sleeping); err != nil {
				t.Fatal(err)
			}
			done()
		}
		var there map[string]bool
		err = s.InTx(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			there, err = q.Hurry(ctx, tx, greet{}, "name", []string{"one", "nobody"})
			return err
		})
		if err != nil || !slices.Equal(slices.Sorted(maps.Keys(there)), []string{"one"}) {
			t.Fatal(there, err)
		}
		select {
		case name := <-w.heard:
			if name != "one" {
				t.Errorf("worked %q", name)
			}
		case <-time.After(20 * time.Second):
			t.Fatal("it sleeps on")
		}
		if len(w.heard) > 0 {
			t.Errorf("also worked %q", <-w.heard)
		}
	})
}
