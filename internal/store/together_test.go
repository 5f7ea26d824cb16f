package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen/division"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// Reads that are sent together get their own answers, also those that ask twice
// or not at all, in and outside of a transaction.
func TestTogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			for _, id := range []string{"a", "b", "c"} {
				if err := tx.Ent.Division.Create().SetID(id).SetName("name of " + id).SetLevel("province").Exec(ctx); err != nil {
					return err
				}
			}
			return reads(ctx, t, tx.Ent.Division.Query().Count, func(id string) func(context.Context) (string, error) {
				return tx.Ent.Division.Query().Where(division.ID(id)).Select(division.FieldName).String
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		err = reads(ctx, t, s.Read.Division.Query().Count, func(id string) func(context.Context) (string, error) {
			return s.Read.Division.Query().Where(division.ID(id)).Select(division.FieldName).String
		})
		if err != nil {
			t.Error(err)
		}
	})
}

func reads(ctx context.Context, t *testing.T, count func(context.Context) (int, error), name func(id string) func(context.Context) (string, error)) error {
	t.Helper()
	var got []string
	read := func(ids ...string) func(context.Context) error {
		return func(ctx context.Context) error {
			for _, id := range ids {
				n, err := name(id)(ctx)
				if err != nil {
					return err
				}
				got = append(got, n)
			}
			return nil
		}
	}
	n := 0
	err := store.Together(ctx, read("a"), read("b", "c"), read(), func(ctx context.Context) (err error) {
		n, err = count(ctx)
		return err
	})
	slices.Sort(got)
	if want := []string{"name of a", "name of b", "name of c"}; !slices.Equal(got, want) || n != 3 {
		t.Errorf("got %q and %d", got, n)
	}
	return err
}

// The first error is told, the other reads end, and the connection is fit for
// more.
func TestTogetherFails(t *testing.T) {
	boom := errors.New("boom")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		count := func(ctx context.Context) error { _, err := s.Read.Division.Query().Count(ctx); return err }
		for range 50 { // more than the pool has connections
			err := store.Together(ctx, count, func(ctx context.Context) error { return errors.Join(count(ctx), boom) }, count)
			if !errors.Is(err, boom) {
				t.Fatal(err)
			}
		}
		over, cancel := context.WithCancel(ctx)
		cancel()
		if err := store.Together(over, count, count); err == nil {
			t.Error("read although nobody waits any more")
		}
		if err := store.Together(t.Context(), count, count); err == nil {
			t.Error("answered without a viewer")
		}
		func() {
			defer func() { _ = recover() }()
			_ = store.Together(ctx, count, func(ctx context.Context) error { _ = count(ctx); panic(boom) }, count)
			t.Error("a panic was lost")
		}()
		if err := count(ctx); err != nil {
			t.Error(err)
		}
	})
}
