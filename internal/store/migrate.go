package store

import (
	"context"
	"database/sql"
	"fmt"
	"io/fs"

	"entgo.io/ent/dialect"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/vetgraph/vetgraph/ent/migrations"
)

// Migrate brings the tables of the record up to date and tells how many steps
// that took. Two hubs that start at once do not step on each other: PostgreSQL
// holds an advisory lock, SQLite has one writer.
func (s *Store) Migrate(ctx context.Context) (steps int, err error) {
	p, done, err := s.migrations()
	if err != nil {
		return 0, err
	}
	defer done()
	ran, err := p.Up(ctx)
	if err != nil {
		return len(ran), fmt.Errorf("migrate: %w", err)
	}
	return len(ran), nil
}

// MigrateTo is Migrate up to a step, by its number, for what must start from an
// older record.
func (s *Store) MigrateTo(ctx context.Context, step int64) error {
	p, done, err := s.migrations()
	if err != nil {
		return err
	}
	defer done()
	if _, err := p.UpTo(ctx, step); err != nil {
		return fmt.Errorf("migrate to step %d: %w", step, err)
	}
	return nil
}

// Pending says whether there are steps that Migrate has not taken.
func (s *Store) Pending(ctx context.Context) (bool, error) {
	p, done, err := s.migrations()
	if err != nil {
		return false, err
	}
	defer done()
	return p.HasPending(ctx)
}

func (s *Store) migrations() (*goose.Provider, func(), error) {
	db, done, opts, kind := s.Writer, func() {}, []goose.ProviderOption(nil), goose.DialectSQLite3
	if s.Dialect == dialect.Postgres {
		locker, err := lock.NewPostgresSessionLocker()
		if err != nil {
			return nil, nil, fmt.Errorf("migration lock: %w", err)
		}
		db, kind = stdlib.OpenDBFromPool(s.Pool), goose.DialectPostgres
		done = func() { _ = db.Close() }
		opts = append(opts, goose.WithSessionLocker(locker))
	}
	files, err := fs.Sub(migrations.Files, folder(s.Dialect))
	if err != nil {
		return nil, nil, err
	}
	p, err := goose.NewProvider(kind, db, files, opts...)
	if err != nil {
		return nil, nil, fmt.Errorf("migrations: %w", err)
	}
	return p, done, nil
}

func folder(d string) string {
	if d == dialect.Postgres {
		return "postgres"
	}
	return "sqlite"
}

// SQL is a plain handle on the database, for tools that need one. It bypasses
// the guard: nothing that serves a request may use it.
func (s *Store) SQL() (*sql.DB, func()) {
	if s.Pool == nil {
		return s.Writer, func() {}
	}
	db := stdlib.OpenDBFromPool(s.Pool)
	return db, func() { _ = db.Close() }
}
