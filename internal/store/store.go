// Package store opens the record's database, brings its tables up to date and runs transactions.
//
// There are two kinds: SQLite, embedded, with one writer and a pool of readers,
// and PostgreSQL, spoken to with pgx. Nothing above this room knows which.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/guard"
)

// Store is one open database.
type Store struct {
	Dialect string      // dialect.SQLite or dialect.Postgres
	Read    *gen.Client // every read outside a transaction; guarded

	Pool   *pgxpool.Pool // PostgreSQL only
	Writer *sql.DB       // SQLite only: the one connection that writes

	readers *sql.DB
}

// Open opens "sqlite:PATH" or "postgres://…". It does not touch tables; see
// [Store.Migrate]. conns bounds the open connections of readers (SQLite) or of
// the pool (PostgreSQL); 0 takes the default.
func Open(ctx context.Context, database string, conns int) (*Store, error) {
	switch {
	case strings.HasPrefix(database, "sqlite:"):
		return openSQLite(ctx, strings.TrimPrefix(database, "sqlite:"), conns)
	case strings.HasPrefix(database, "postgres://"), strings.HasPrefix(database, "postgresql://"):
		return openPostgres(ctx, database, conns)
	}
	return nil, errors.New(`a database is "sqlite:PATH" or "postgres://USER@HOST/NAME"`)
}

func openSQLite(ctx context.Context, path string, conns int) (*Store, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, fmt.Errorf("folder of the database: %w", err)
	}
	dsn := func(more ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)", "cache_size(-16384)",
		}, more...), "_time_format": {"sqlite"}}
		if len(more) == 0 {
			q.Set("_txlock", "immediate")
		}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	w := openPrepared(dsn())
	w.SetMaxOpenConns(1)
	if err := w.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("open %s: %w", path, err), w.Close())
	}
	r := openPrepared(dsn("query_only(1)"))
	if conns == 0 {
		conns = 4
	}
	r.SetMaxOpenConns(conns)
	r.SetMaxIdleConns(conns)
	s := &Store{Dialect: dialect.SQLite, Writer: w, readers: r}
	s.Read = client(counted{entsql.OpenDB(dialect.SQLite, r)})
	return s, nil
}

func openPostgres(ctx context.Context, database string, conns int) (*Store, error) {
	cfg, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, errors.New("the PostgreSQL address cannot be read") // pgx would repeat it, password and all
	}
	if conns > 0 {
		cfg.MaxConns = int32(min(conns, 1000))
	} else {
		cfg.MaxConns = max(cfg.MaxConns, 16)
	}
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("open PostgreSQL: %w", err)
	}
	if err := pool.Ping(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("reach PostgreSQL: %w", err)
	}
	s := &Store{Dialect: dialect.Postgres, Pool: pool}
	s.Read = client(counted{pgDriver{pool}})
	return s, nil
}

// client is an ent client with the guard on.
func client(d dialect.Driver) *gen.Client {
	c := gen.NewClient(gen.Driver(d))
	guard.Reads(c)
	guard.Writes(c)
	return c
}

// Close closes all connections.
func (s *Store) Close() error {
	if s.Pool != nil {
		s.Pool.Close()
		return nil
	}
	return errors.Join(s.readers.Close(), s.Writer.Close())
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if s.Pool != nil {
		return s.Pool.Ping(ctx)
	}
	return s.readers.PingContext(ctx)
}

// Tx is one transaction seen two ways: as ent entities, and as the handle that
// the queue needs to enqueue within it.
type Tx struct {
	Ent *gen.Client
	PG  pgx.Tx  // PostgreSQL only
	SQL *sql.Tx // SQLite only
}

// InTx runs f in a transaction: commit if f succeeds, roll back if it fails or
// panics. It is the only code that commits. Entities read through tx die with
// it; let IDs out, not entities.
func (s *Store) InTx(ctx context.Context, f func(context.Context, Tx) error) (err error) {
	return s.inTx(ctx, true, f)
}

// InPlain is [Store.InTx] for plain statements alone: a client of ent with its guard
// takes longer to make than a small transaction takes.
func (s *Store) InPlain(ctx context.Context, f func(context.Context, Plain) error) error {
	return s.inTx(ctx, false, func(ctx context.Context, tx Tx) error { return f(ctx, tx.Plain()) })
}

func (s *Store) inTx(ctx context.Context, entities bool, f func(context.Context, Tx) error) (err error) {
	tx, end, err := s.begin(ctx, entities)
	if err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	committed := false
	defer func() {
		if !committed {
			err = errors.Join(err, end(false))
		}
	}()
	if err := f(ctx, tx); err != nil {
		return err
	}
	if err := burn(ctx); err != nil {
		return err
	}
	committed = true
	if err := end(true); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	return burn(ctx)
}

func (s *Store) begin(ctx context.Context, entities bool) (Tx, func(commit bool) error, error) {
	if s.Pool != nil {
		tx, err := s.Pool.Begin(ctx)
		if err != nil {
			return Tx{}, nil, err
		}
		end := func(commit bool) error {
			if commit {
				return tx.Commit(ctx)
			}
			// The caller may have gone; the rollback must still happen.
			if err := tx.Rollback(context.WithoutCancel(ctx)); !errors.Is(err, pgx.ErrTxClosed) {
				return err
			}
			return nil
		}
		t := Tx{PG: tx}
		if entities {
			t.Ent = client(within{counted{pgDriver{tx}}})
		}
		return t, end, nil
	}
	tx, err := s.Writer.BeginTx(ctx, nil)
	if err != nil {
		return Tx{}, nil, err
	}
	end := func(commit bool) error {
		if commit {
			return tx.Commit()
		}
		if err := tx.Rollback(); !errors.Is(err, sql.ErrTxDone) {
			return err
		}
		return nil
	}
	t := Tx{SQL: tx}
	if entities {
		t.Ent = client(within{counted{entsql.NewDriver(dialect.SQLite, entsql.Conn{ExecQuerier: tx})}})
	}
	return t, end, nil
}

// within is an ent driver on a transaction that is already open. Ent opens one
// of its own for updates with edges; here that is the one we are in.
type within struct{ dialect.Driver }

func (d within) Tx(context.Context) (dialect.Tx, error) { return dialect.NopTx(d.Driver), nil }

func (d within) Close() error { return nil }

// Roomy gives the writer memory for a long import, so that random pages of large
// indexes stay at hand, and lets it carry a longer log before pages are copied
// back: a page changed by twenty transactions is then copied once. Every commit
// is still on disk when it returns. PostgreSQL needs no telling.
func (s *Store) Roomy(ctx context.Context) error {
	if s.Pool != nil {
		return nil
	}
	if _, err := s.Writer.ExecContext(ctx, "PRAGMA cache_size = -262144; PRAGMA wal_autocheckpoint = 32768"); err != nil { // KiB; pages
		return fmt.Errorf("memory for the writer: %w", err)
	}
	return nil
}
