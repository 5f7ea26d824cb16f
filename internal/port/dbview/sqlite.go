package dbview

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"strings"
	"time"

	sqlitedriver "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/vetgraph/vetgraph/internal/port"
)

// sqlite is for files of departments that are played. It knows no schemas: a point is
// part of a name.
type sqlite struct{}

func (sqlite) open(u *url.URL, _ string) (*sql.DB, error) {
	if u.Host != "" || u.Path == "" || u.RawQuery != "" || u.User != nil {
		return nil, errors.New("the address of its database is not sqlite:///path/of/a/file")
	}
	file := url.URL{Scheme: "file", OmitHost: true, Path: u.Path}
	return sql.Open("sqlite", file.String()+"?mode=ro&_pragma=query_only(1)&_pragma=busy_timeout(2000)")
}

func (sqlite) prepare(_ context.Context, c *sql.Conn) error {
	_, err := sqlitedriver.Limit(c, codes.SQLITE_LIMIT_LENGTH, maxAnswer)
	return err
}

// limit has nothing to do: a statement ends with its context.
func (sqlite) limit(context.Context, *sql.Tx, time.Duration) error { return nil }

func (sqlite) options() *sql.TxOptions { return &sql.TxOptions{ReadOnly: true} }

func (s sqlite) columns(ctx context.Context, tx *sql.Tx, name string, _ bool) (relation, error) {
	r := relation{from: s.quote(name)}
	rows, err := tx.QueryContext(ctx, `SELECT name, upper(type) FROM pragma_table_info(?)`, name)
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

func (sqlite) quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func (sqlite) among(column string, keys []string) (string, []any) {
	return (*mySQL)(nil).among(column, keys)
}

// fault goes by the result code, without its extension.
func (sqlite) fault(department string, err error) error {
	said, ok := errors.AsType[*sqlitedriver.Error](err)
	if !ok {
		return nil
	}
	cause := errors.New("the file: " + port.Clean(sqlitedriver.ErrorCodeString[said.Code()&0xff]))
	switch said.Code() & 0xff {
	case codes.SQLITE_BUSY, codes.SQLITE_LOCKED:
		return port.Busy(department, time.Time{}).Because(cause)
	case codes.SQLITE_CANTOPEN, codes.SQLITE_INTERRUPT:
		return port.Silent(department).Because(cause)
	case codes.SQLITE_TOOBIG:
		return port.Garbled(department).Because(errFlood)
	case codes.SQLITE_NOTADB, codes.SQLITE_CORRUPT, codes.SQLITE_FORMAT:
		return port.Garbled(department).Because(cause)
	case codes.SQLITE_ERROR:
		if text := said.Error(); strings.Contains(text, "no such table") || strings.Contains(text, "no such column") {
			return port.Garbled(department).Because(errDrift)
		}
	}
	return port.Failed(department).Because(cause)
}
