package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// Table is one table as a copy of the whole database names it.
type Table struct {
	Name    string   `json:"name"`
	Columns []string `json:"columns"`
	Rows    int64    `json:"rows"`
}

// Step is the number of the migration that the tables stand at.
func (s *Store) Step(ctx context.Context) (int64, error) {
	p, done, err := s.migrations()
	if err != nil {
		return 0, err
	}
	defer done()
	return p.GetDBVersion(ctx)
}

// CopyTo writes the whole of an SQLite database into a file that is not there yet,
// as of one moment, while others read and write.
func (s *Store) CopyTo(ctx context.Context, path string) error {
	if s.Writer == nil {
		return errors.New("only SQLite is one file")
	}
	if _, err := s.Writer.ExecContext(ctx, "VACUUM INTO ?", path); err != nil {
		return fmt.Errorf("copy the database: %w", err)
	}
	return nil
}

// Tables are all tables whose rows outlive the server, of the record and of the
// queue, each behind those that its rows refer to. They are not counted.
func (p Plain) Tables(ctx context.Context) ([]Table, error) {
	query := `SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY m.name, c.cid`
	if p.Postgres() {
		query = `SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
			WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind = 'r' AND c.relpersistence = 'p' AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
			ORDER BY c.relname, a.attnum`
	}
	var all []Table
	err := p.Each(ctx, query, nil, func(scan func(...any) error) error {
		var table, column string
		if err := scan(&table, &column); err != nil {
			return err
		}
		if n := len(all); n == 0 || all[n-1].Name != table {
			all = append(all, Table{Name: table})
		}
		last := &all[len(all)-1]
		last.Columns = append(last.Columns, column)
		return nil
	})
	if err != nil || !p.Postgres() {
		return all, err
	}
	return p.inOrder(ctx, all)
}

// inOrder puts tables behind those that they refer to.
func (p Plain) inOrder(ctx context.Context, all []Table) ([]Table, error) {
	needs := map[string]map[string]bool{}
	err := p.Each(ctx, `SELECT f.relname::text, t.relname::text FROM pg_constraint c JOIN pg_class f ON f.oid = c.conrelid JOIN pg_class t ON t.oid = c.confrelid
		WHERE c.contype = 'f' AND c.connamespace = current_schema()::regnamespace AND c.conrelid <> c.confrelid`, nil, func(scan func(...any) error) error {
		var from, to string
		if err := scan(&from, &to); err != nil {
			return err
		}
		if needs[from] == nil {
			needs[from] = map[string]bool{}
		}
		needs[from][to] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	var out []Table
	for len(all) > 0 {
		i := slices.IndexFunc(all, func(t Table) bool {
			return !slices.ContainsFunc(all, func(o Table) bool { return needs[t.Name][o.Name] })
		})
		if i < 0 {
			return nil, errors.New("tables refer to each other in a circle")
		}
		out, all = append(out, all[i]), slices.Delete(all, i, i+1)
	}
	return out, nil
}

// Count is the number of rows of a table.
func (p Plain) Count(ctx context.Context, table string) (n int64, err error) {
	err = p.Each(ctx, "SELECT count(*) FROM "+pgx.Identifier{table}.Sanitize(), nil, func(scan func(...any) error) error { return scan(&n) })
	return n, err
}

// CopyOut writes a table's rows as PostgreSQL's COPY does, in text, and counts them.
func (p Plain) CopyOut(ctx context.Context, t Table, w io.Writer) (int64, error) {
	tag, err := p.pg.Conn().PgConn().CopyTo(ctx, w, "COPY "+t.sql()+" TO STDOUT")
	if err != nil {
		return 0, fmt.Errorf("copy %s: %w", t.Name, err)
	}
	return tag.RowsAffected(), nil
}

// CopyIn replaces what migrations have left in a table by rows that [Plain.CopyOut]
// wrote, and lets its own numbers go on behind them.
func (p Plain) CopyIn(ctx context.Context, t Table, r io.Reader) (int64, error) {
	if _, err := p.Exec(ctx, "DELETE FROM "+pgx.Identifier{t.Name}.Sanitize()); err != nil {
		return 0, err
	}
	tag, err := p.pg.Conn().PgConn().CopyFrom(ctx, r, "COPY "+t.sql()+" FROM STDIN")
	if err != nil {
		return 0, fmt.Errorf("fill %s: %w", t.Name, err)
	}
	table := pgx.Identifier{t.Name}.Sanitize()
	for _, c := range t.Columns {
		var sequence *string
		if err := p.pg.QueryRow(ctx, "SELECT pg_get_serial_sequence($1, $2)", table, c).Scan(&sequence); err != nil {
			return 0, err
		}
		if sequence == nil {
			continue
		}
		if _, err := p.Exec(ctx, "SELECT setval($1::regclass, coalesce(max("+pgx.Identifier{c}.Sanitize()+"), 0) + 1, false) FROM "+table, *sequence); err != nil {
			return 0, err
		}
	}
	return tag.RowsAffected(), nil
}

// sql names the table and its columns.
func (t Table) sql() string {
	columns := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		columns[i] = pgx.Identifier{c}.Sanitize()
	}
	return pgx.Identifier{t.Name}.Sanitize() + " (" + strings.Join(columns, ", ") + ")"
}
