package queue_test

import (
	"context"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// slow works until it is let go.
type slow struct {
	river.WorkerDefaults[greet]
	heard, release chan string
}

func (w *slow) Work(_ context.Context, j *river.Job[greet]) error {
	w.heard <- j.Args.Name
	if j.Args.Name == "long" {
		<-w.release
	}
	return nil
}

func (w *slow) open(t *testing.T, s *store.Store) *queue.Queue {
	t.Helper()
	workers := river.NewWorkers()
	river.AddWorker(workers, w)
	q, err := queue.Open(s, workers, queue.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func (w *slow) hear(t *testing.T, want string) {
	t.Helper()
	select {
	case name := <-w.heard:
		if name != want {
			t.Errorf("worked %q, want %q", name, want)
		}
	case <-time.After(20 * time.Second):
		t.Fatalf("%q was not worked", want)
	}
}

func insert(t *testing.T, s *store.Store, q *queue.Queue, name string) {
	t.Helper()
	if err := s.InTx(access.AsMachine(t.Context(), "test"), func(ctx context.Context, tx store.Tx) error { return q.Insert(ctx, tx, greet{name}) }); err != nil {
		t.Fatal(err)
	}
}

// A job that ran when its hub was killed is worked as soon as a hub starts.
func TestStartTakesOverFromTheDead(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		if err := queue.Migrate(ctx, s); err != nil {
			t.Fatal(err)
		}
		w := &slow{heard: make(chan string, 8)}
		q := w.open(t, s)
		insert(t, s, q, "left behind")
		db, done := s.SQL()
		defer done()
		died, leads := `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = now(), attempted_by = ARRAY['the dead']`,
			`INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (now(), now() + interval '1 hour', 'the dead')`
		if s.Pool == nil {
			died = `UPDATE river_job SET state = 'running', attempt = 1, attempted_at = CURRENT_TIMESTAMP, attempted_by = jsonb('["the dead"]')`
			leads = `INSERT INTO river_leader (elected_at, expires_at, leader_id) VALUES (CURRENT_TIMESTAMP, datetime('now', '+1 hour'), 'the dead')`
		}
		for _, text := range []string{died, leads} {
			if _, err := db.ExecContext(ctx, text); err != nil {
				t.Fatal(err)
			}
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		w.hear(t, "left behind")
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// What a living hub works on stays with it when another one starts.
func TestStartLeavesTheLivingAlone(t *testing.T) {
	ctx := access.AsMachine(t.Context(), "test")
	s := storetest.Open(t, storetest.PostgreSQL(t))
	if err := queue.Migrate(ctx, s); err != nil {
		t.Fatal(err)
	}
	w := &slow{heard: make(chan string, 8), release: make(chan string)}
	first, second := w.open(t, s), w.open(t, s)
	if err := first.Start(ctx); err != nil {
		t.Fatal(err)
	}
	insert(t, s, first, "long")
	w.hear(t, "long")
	if err := second.Start(ctx); err != nil {
		t.Fatal(err)
	}
	insert(t, s, second, "short")
	w.hear(t, "short") // and not "long" again
	close(w.release)
	for _, q := range []*queue.Queue{first, second} {
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	}
	if len(w.heard) > 0 {
		t.Errorf("also worked %q", <-w.heard)
	}
}
