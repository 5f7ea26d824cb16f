package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"entgo.io/ent/dialect"
	entsql "entgo.io/ent/dialect/sql"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// pgDriver lets ent speak pgx without database/sql between them: statements are
// prepared once per connection, and a transaction can be shared with the queue.
type pgDriver struct{ q querier }

// querier is a pool or a transaction.
type querier interface {
	Exec(ctx context.Context, query string, args ...any) (pgconn.CommandTag, error)
	Query(ctx context.Context, query string, args ...any) (pgx.Rows, error)
	SendBatch(ctx context.Context, b *pgx.Batch) pgx.BatchResults
}

func (d pgDriver) Dialect() string { return dialect.Postgres }

func (d pgDriver) Close() error { return nil }

// Tx is asked for by ent only outside InTx, where nobody writes.
func (d pgDriver) Tx(context.Context) (dialect.Tx, error) {
	return nil, fmt.Errorf("a transaction is opened by InTx alone")
}

func (d pgDriver) Exec(ctx context.Context, query string, args, v any) error {
	argv, err := arguments(args)
	if err != nil {
		return err
	}
	tag, err := d.q.Exec(ctx, query, argv...)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		return nil
	case *sql.Result:
		*v = affected(tag.RowsAffected())
		return nil
	default:
		return fmt.Errorf("result of type %T", v)
	}
}

func (d pgDriver) Query(ctx context.Context, query string, args, v any) error {
	argv, err := arguments(args)
	if err != nil {
		return err
	}
	to, ok := v.(*entsql.Rows)
	if !ok {
		return fmt.Errorf("rows of type %T", v)
	}
	if anew(ctx) {
		argv = append([]any{pgx.QueryExecModeCacheDescribe}, argv...)
	}
	rows, sent, err := together(ctx, d.q, query, argv)
	if !sent {
		rows, err = d.q.Query(ctx, query, argv...)
	}
	if err != nil {
		return err
	}
	*to = entsql.Rows{ColumnScanner: scanner{rows}}
	return nil
}

func arguments(args any) ([]any, error) {
	argv, ok := args.([]any)
	if !ok {
		return nil, fmt.Errorf("arguments of type %T", args)
	}
	return argv, nil
}

// scanner shows pgx's rows as ent wants to see them.
type scanner struct{ pgx.Rows }

func (s scanner) Close() error { s.Rows.Close(); return s.Err() }

func (s scanner) Columns() ([]string, error) {
	fields := s.FieldDescriptions()
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.Name
	}
	return names, nil
}

func (s scanner) ColumnTypes() ([]*sql.ColumnType, error) {
	return nil, fmt.Errorf("column types are not told")
}

// Scan takes the one kind of target that ent uses and pgx does not know.
func (s scanner) Scan(dest ...any) error {
	for i, d := range dest {
		if v, ok := d.(*driver.Value); ok {
			dest[i] = (*any)(v)
		}
	}
	return s.Rows.Scan(dest...)
}

func (s scanner) NextResultSet() bool { return false }

// affected is the number of rows a statement changed. PostgreSQL has no last insert ID.
type affected int64

func (n affected) RowsAffected() (int64, error) { return int64(n), nil }

func (n affected) LastInsertId() (int64, error) {
	return 0, fmt.Errorf("PostgreSQL tells no last insert ID")
}
