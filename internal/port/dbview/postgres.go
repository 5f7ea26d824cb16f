package dbview

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
	"github.com/jackc/pgx/v5/stdlib"

	"github.com/vetgraph/vetgraph/internal/port"
)

type postgres struct{}

func (postgres) open(u *url.URL, password string) (*sql.DB, error) {
	cfg, err := pgx.ParseConfig(u.String())
	if err != nil {
		return nil, errors.New("the address of its database cannot be understood")
	}
	if password != "" {
		cfg.Password = password
	}
	cfg.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		return dial(ctx, network, address, func() {}) // the driver passes errFlood on
	}
	cfg.BuildFrontend = func(r io.Reader, w io.Writer) *pgproto3.Frontend {
		f := pgproto3.NewFrontend(r, w)
		f.SetMaxBodyLen(maxAnswer) // before room is made for what is only announced
		return f
	}
	cfg.DefaultQueryExecMode = pgx.QueryExecModeDescribeExec // no named statements: a pooler may stand between
	return stdlib.OpenDB(*cfg, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.Exec(ctx, `SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY`)
		return err
	})), nil
}

func (postgres) prepare(context.Context, *sql.Conn) error { return nil }

func (postgres) limit(ctx context.Context, tx *sql.Tx, left time.Duration) error {
	_, err := tx.ExecContext(ctx, `SELECT set_config('statement_timeout', $1, true)`, strconv.FormatInt(left.Milliseconds(), 10))
	return err
}

// options: relations read one after the other are of one moment.
func (postgres) options() *sql.TxOptions {
	return &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead}
}

func (p postgres) columns(ctx context.Context, tx *sql.Tx, name string, exact bool) (relation, error) {
	if !exact {
		name = strings.ToLower(name)
	}
	parts := strings.Split(name, ".")
	for i := range parts {
		parts[i] = p.quote(parts[i])
	}
	r := relation{from: strings.Join(parts, ".")}
	rows, err := tx.QueryContext(ctx, `SELECT a.attname, upper(coalesce(b.typname, t.typname))
		FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid LEFT JOIN pg_type b ON b.oid = t.typbasetype AND t.typbasetype <> 0
		WHERE a.attrelid = to_regclass($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum`, r.from)
	if err != nil {
		return r, err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var c column
		if err := rows.Scan(&c.name, &c.typ); err != nil {
			return r, err
		}
		r.columns = append(r.columns, c)
	}
	return r, rows.Err()
}

func (postgres) quote(name string) string { return pgx.Identifier{name}.Sanitize() }

func (postgres) among(column string, keys []string) (string, []any) {
	return column + " = ANY($1)", []any{keys}
}

// fault goes by SQLSTATE. The server's words stay out: they may repeat a value.
func (postgres) fault(department string, err error) error {
	if _, long := errors.AsType[*pgproto3.ExceededMaxBodyLenErr](err); long {
		return port.Garbled(department).Because(errFlood)
	}
	said, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return nil
	}
	cause := errors.New("SQLSTATE " + port.Clean(said.Code))
	switch {
	case said.Code == "42P01", said.Code == "42703", said.Code == "3F000", said.Code == "42883":
		return port.Garbled(department).Because(errors.Join(errDrift, cause))
	case said.Code == "57014":
		return port.Silent(department).Because(cause)
	case strings.HasPrefix(said.Code, "53"), said.Code == "57P03":
		return port.Busy(department, time.Time{}).Because(cause)
	}
	return port.Failed(department).Because(cause)
}
