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

// A round goes on after it failed and after it panicked, and is done as the machine.
func TestRounds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		if err := queue.Migrate(ctx, s); err != nil {
			t.Fatal(err)
		}
		turns, times := make(chan string, 64), 0
		round := func(name string, do func() error) queue.Round {
			return queue.Round{Name: name, Every: time.Second, Do: func(ctx context.Context) error {
				if v := access.From(ctx); v == nil || v.Kind != access.Machine || v.ID != name {
					t.Errorf("round %s is done as %+v", name, v)
				}
				turns <- name
				return do()
			}}
		}
		q, err := queue.Open(s, river.NewWorkers(), queue.Options{Rounds: []queue.Round{
			round("fails", func() error {
				if times++; times%2 == 0 {
					panic("now and then")
				}
				return errors.New("always")
			}),
			round("works", func() error { return nil }),
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := q.Start(ctx); err != nil {
			t.Fatal(err)
		}
		seen := map[string]int{}
		for limit := time.After(40 * time.Second); seen["fails"] < 3 || seen["works"] < 3; {
			select {
			case name := <-turns:
				seen[name]++
			case <-limit:
				t.Fatalf("rounds done: %v", seen)
			}
		}
		if err := q.Stop(ctx); err != nil {
			t.Error(err)
		}
	})
}

// Two rounds of one name, or one without anything to do, are mistakes.
func TestRoundsRefused(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	do := func(context.Context) error { return nil }
	for name, rounds := range map[string][]queue.Round{
		"a name twice": {{Name: "a", Every: time.Second, Do: do}, {Name: "a", Every: time.Second, Do: do}},
		"no name":      {{Every: time.Second, Do: do}},
		"too often":    {{Name: "a", Every: time.Millisecond, Do: do}},
		"nothing":      {{Name: "a", Every: time.Second}},
	} {
		if _, err := queue.Open(s, river.NewWorkers(), queue.Options{Rounds: rounds}); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
