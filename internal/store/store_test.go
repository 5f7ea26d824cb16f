package store_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	entsql "entgo.io/ent/dialect/sql"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// The versioned steps make exactly the tables that ent/schema describes.
func TestMigrationsMatchSchema(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		db, done := s.SQL()
		defer done()
		var ddl bytes.Buffer
		if err := gen.NewClient(gen.Driver(entsql.OpenDB(s.Dialect, db))).Schema.WriteTo(t.Context(), &ddl); err != nil {
			t.Fatal(err)
		}
		if left := strings.TrimSpace(ddl.String()); left != "" {
			t.Errorf("a migration is missing; go run ./tools/migration NAME would write:\n%s", left)
		}
		if n, err := s.Migrate(t.Context()); n != 0 || err != nil {
			t.Errorf("a second Migrate took %d steps, %v", n, err)
		}
		if pending, err := s.Pending(t.Context()); pending || err != nil {
			t.Errorf("pending %v, %v", pending, err)
		}
	})
}

func add(ctx context.Context, tx store.Tx, id string, until *workday.Day) error {
	return tx.Ent.Veteran.Create().SetID(id).SetName("某").SetCitizenSealed([]byte(id)).SetCitizenIndex([]byte(id)).
		SetBornOn(workday.Date(1999, 3, 5)).SetDivision("230102000000").SetNillableValidUntil(until).
		SetSource("PS").SetAsOf(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)).SetBasis("居民身份证法").
		SetCreatedAt(time.Now().UTC()).SetUpdatedAt(time.Now().UTC()).Exec(ctx)
}

func TestInTx(t *testing.T) {
	boom := errors.New("boom")
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		count := func() int { return s.Read.Veteran.Query().CountX(ctx) }
		if err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return add(ctx, tx, "v1", nil) }); err != nil {
			t.Fatal(err)
		}
		err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			if err := add(ctx, tx, "v2", nil); err != nil {
				return err
			}
			return boom
		})
		if !errors.Is(err, boom) || count() != 1 {
			t.Errorf("a failed transaction left %d rows, %v", count(), err)
		}
		func() {
			defer func() { _ = recover() }()
			_ = s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				if err := add(ctx, tx, "v3", nil); err != nil {
					t.Error(err)
				}
				panic("no")
			})
		}()
		if count() != 1 {
			t.Errorf("a panic left %d rows", count())
		}
	})
}

// What goes in comes out, on both databases: civil dates, times, bytes, lists.
func TestRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := access.AsMachine(t.Context(), "test")
		until := workday.Date(2046, 2, 28)
		if err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return add(ctx, tx, "v1", &until) }); err != nil {
			t.Fatal(err)
		}
		v, err := s.Read.Veteran.Get(ctx, "v1")
		if err != nil {
			t.Fatal(err)
		}
		if v.BornOn != workday.Date(1999, 3, 5) || v.ValidUntil == nil || *v.ValidUntil != until {
			t.Errorf("days: %v %v", v.BornOn, v.ValidUntil)
		}
		if !v.AsOf.Equal(time.Date(2026, 11, 23, 1, 2, 3, 0, time.UTC)) || string(v.CitizenIndex) != "v1" {
			t.Errorf("time %v, bytes %q", v.AsOf, v.CitizenIndex)
		}
		if p := v.Provenance(); p.Source != "PS" || p.Basis != "居民身份证法" {
			t.Errorf("provenance %+v", p)
		}
	})
}

func TestNobodyReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		_, err := s.Read.Veteran.Query().Count(t.Context())
		if f := fault.Of(err); f.Kind != fault.SignedOut {
			t.Errorf("without a viewer: %v", err)
		}
	})
}

func TestCounter(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		var c store.Counter
		ctx := store.WithCounter(access.AsMachine(t.Context(), "test"), &c)
		s.Read.Veteran.Query().CountX(ctx)
		s.Read.Item.Query().AllX(ctx)
		if c.Count() != 2 {
			t.Errorf("counted %d statements, want 2", c.Count())
		}
	})
}

func TestOpenRefuses(t *testing.T) {
	for _, address := range []string{"", "mysql://x", "postgres://%zz", "record.db"} {
		if s, err := store.Open(t.Context(), address, 0); err == nil {
			_ = s.Close()
			t.Errorf("%q was opened", address)
		}
	}
	_, err := store.Open(t.Context(), "postgres://me:secret@127.0.0.1:1/x%zz", 0)
	if err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("the error tells the password: %v", err)
	}
}
