package store_test

import (
	"context"
	"errors"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A process that dies at any step leaves all of a transaction or nothing of it,
// and all of it only if it died after the commit.
func TestFuse(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rows := func() int { return s.Read.Division.Query().CountX(access.AsMachine(t.Context(), "test")) }
		for steps := range 6 {
			before, fuse := rows(), &store.Fuse{Left: steps}
			ctx := store.WithFuse(access.AsMachine(t.Context(), "test"), fuse)
			err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				for _, n := range []string{"a", "b"} {
					id := string(rune('0'+steps)) + n
					if err := tx.Ent.Division.Create().SetID(id).SetName(id).SetLevel("village").Exec(ctx); err != nil {
						return err
					}
				}
				return nil
			})
			dies := steps < 4 // two statements, before the commit, after it
			if errors.Is(err, store.ErrDead) != dies || store.Dead(ctx) != dies {
				t.Errorf("after %d steps: %v, dead %v", steps, err, store.Dead(ctx))
			}
			if got, want := rows()-before, map[bool]int{true: 2}[steps >= 3]; got != want {
				t.Errorf("after %d steps: %d rows written, want %d", steps, got, want)
			}
			if _, err := s.Read.Division.Query().Count(ctx); store.Dead(ctx) != errors.Is(err, store.ErrDead) {
				t.Errorf("after %d steps the dead read on: %v", steps, err)
			}
		}
	})
}
