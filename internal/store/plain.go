package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Plain runs statements that ent has no words for, in one transaction. It knows
// no viewer: whoever uses it asks for rights first, and reads no more than sums.
// Parameters are written $1, $2 … for both databases.
type Plain struct {
	pg   pgx.Tx
	lite *sql.Tx
}

// Plain is the transaction as plain statements.
func (tx Tx) Plain() Plain { return Plain{tx.PG, tx.SQL} }

// Postgres says whether the database is PostgreSQL.
func (p Plain) Postgres() bool { return p.pg != nil }

// Snapshot runs reads that all see the record as of one moment.
func (s *Store) Snapshot(ctx context.Context, f func(context.Context, Plain) error) (err error) {
	if s.Pool != nil {
		tx, err := s.Pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
		if err != nil {
			return fmt.Errorf("begin to read: %w", err)
		}
		defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }() // nothing was written
		return f(ctx, Plain{pg: tx})
	}
	tx, err := s.readers.BeginTx(ctx, nil)
	if err != nil {
		return fmt.Errorf("begin to read: %w", err)
	}
	defer func() { _ = tx.Rollback() }()
	return f(ctx, Plain{lite: tx})
}

// Each runs a query and hands every row to f, which scans it; see [Anew].
func (p Plain) Each(ctx context.Context, query string, args []any, f func(scan func(...any) error) error) error {
	if err := burn(ctx); err != nil {
		return err
	}
	Statement(ctx)
	if p.pg != nil {
		if anew(ctx) {
			args = append([]any{pgx.QueryExecModeCacheDescribe}, args...)
		}
		rows, err := p.pg.Query(ctx, query, args...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			if err := f(rows.Scan); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	rows, err := p.lite.QueryContext(ctx, lite(query), args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := f(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Exec runs a statement and tells how many rows it changed.
func (p Plain) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	if err := burn(ctx); err != nil {
		return 0, err
	}
	Statement(ctx)
	if p.pg != nil {
		tag, err := p.pg.Exec(ctx, query, args...)
		return tag.RowsAffected(), err
	}
	r, err := p.lite.ExecContext(ctx, lite(query), args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// lite writes parameters as SQLite does.
func lite(query string) string { return strings.ReplaceAll(query, "$", "?") }
