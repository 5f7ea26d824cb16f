// Package storetest opens empty, migrated databases for tests: a real SQLite file and, where one is given, a real PostgreSQL.
package storetest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/internal/store"
)

// Postgres names the environment variable with the address of a PostgreSQL that
// tests may fill with schemas of their own.
const Postgres = "VETGRAPH_TEST_POSTGRES"

// Each runs a test on every kind of database. Without a PostgreSQL it runs on
// SQLite alone, and fails if CI says that one must be there.
func Each(t *testing.T, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, Open(t, SQLite(t))) })
	t.Run("postgres", func(t *testing.T) { f(t, Open(t, PostgreSQL(t))) })
}

// EachAt is Each with the tables as they were after a step of the migrations.
func EachAt(t *testing.T, step int64, f func(t *testing.T, s *store.Store)) {
	t.Helper()
	for name, address := range map[string]func(testing.TB) string{"sqlite": SQLite, "postgres": PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			s := open(t, address(t))
			if err := s.MigrateTo(t.Context(), step); err != nil {
				t.Fatal(err)
			}
			f(t, s)
		})
	}
}

func open(t testing.TB, address string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), address, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// Open opens and migrates a database and closes it when the test ends.
func Open(t testing.TB, address string) *store.Store {
	t.Helper()
	s := open(t, address)
	if _, err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s
}

// SQLite is the address of a file that does not exist yet.
func SQLite(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "record.db") }

var schemas atomic.Int64

// PostgreSQL is the address of an empty schema, dropped when the test ends. It
// skips the test when no server is given, and fails it if CI is true.
func PostgreSQL(t testing.TB) string {
	t.Helper()
	address := os.Getenv(Postgres)
	if address == "" {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI needs a PostgreSQL: set %s", Postgres)
		}
		t.Skipf("no PostgreSQL: set %s", Postgres)
	}
	name := fmt.Sprintf("t%d_%d_%d", os.Getpid(), time.Now().UnixNano()%1e9, schemas.Add(1))
	do(t, address, "create schema "+name)
	t.Cleanup(func() { do(t, address, "drop schema "+name+" cascade") })
	sep := "?"
	if strings.Contains(address, "?") {
		sep = "&"
	}
	return address + sep + url.Values{"search_path": {name}}.Encode()
}

func do(t testing.TB, address, statement string) {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	c, err := pgx.Connect(ctx, address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close(ctx) }()
	if _, err := c.Exec(ctx, statement); err != nil {
		t.Fatal(err)
	}
}
