package queue_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

type greet struct {
	Name string `json:"name"`
}

func (greet) Kind() string { return "greet" }

type greeter struct {
	river.WorkerDefaults[greet]
	heard chan string
}

func (g *greeter) Work(_ context.Context, j *river.Job[greet]) error {
	g.heard <- j.Args.Name
	return nil
}

// A job exists if and only if its transaction commits, on both databases.
func TestInsertWithTransaction(t *testing.T) {
	boom := errors.New("boom")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		if err := queue.Migrate(ctx, s); err != nil {
			t.Fatal(err)
		}
		workers, g := river.NewWorkers(), &greeter{heard: make(chan string, 8)}
		river.AddWorker(workers, g)
		q, err := queue.Open(s, workers, queue.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for name, fail := range map[string]error{"kept": nil, "lost": boom} {
			err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				return errors.Join(q.Insert(ctx, tx, greet{name}), fail)
			})
			if !errors.Is(err, fail) {
				t.Fatal(err)
			}
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		select {
		case name := <-g.heard:
			if name != "kept" {
				t.Errorf("worked %q", name)
			}
		case <-time.After(20 * time.Second):
			t.Error("the job was not worked")
		}
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
		if len(g.heard) > 0 {
			t.Errorf("also worked %q", <-g.heard)
		}
	})
}
