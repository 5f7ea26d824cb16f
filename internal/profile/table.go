package profile

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"entgo.io/ent/dialect"

	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// table is how one table of facts is written in bulk: PostgreSQL takes columns as
// arrays, so that a thousand rows are one prepared statement with a parameter per
// column; SQLite takes row by row through a prepared statement. Neither meets a
// limit on parameters.
type table struct {
	name, kind string   // kind: short, in the IDs of its rows
	columns    []string // the first is the ID
	types      []string // on PostgreSQL
	sets, when string   // what a newer row does to the one of the same ID, and when it is newer
}

// factTable is a table of facts about a veteran. own lists "column type" after
// what every fact has. A fact gives way to one that is as new or newer.
func factTable(name, kind string, own ...string) *table {
	t := &table{name: name, kind: kind, when: "excluded.as_of >= " + name + ".as_of"}
	t.add("id text", "veteran_id text", "source text", "as_of timestamptz", "valid_until date", "basis text")
	t.add(own...)
	var sets []string
	for _, c := range t.columns[2:] {
		sets = append(sets, c+" = excluded."+c)
	}
	t.sets = strings.Join(sets, ", ")
	return t
}

func (t *table) add(columns ...string) {
	for _, c := range columns {
		name, kind, _ := strings.Cut(c, " ")
		t.columns, t.types = append(t.columns, name), append(t.types, kind)
	}
}

// upsert is the statement of a dialect.
func (t *table) upsert(d string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "INSERT INTO %s (%s) ", t.name, strings.Join(t.columns, ", "))
	if d == dialect.Postgres {
		b.WriteString("SELECT * FROM unnest(")
		for i, kind := range t.types {
			if i > 0 {
				b.WriteString(", ")
			}
			fmt.Fprintf(&b, "$%d::%s[]", i+1, kind)
		}
		b.WriteString(")")
	} else {
		b.WriteString("VALUES (?" + strings.Repeat(", ?", len(t.columns)-1) + ")")
	}
	fmt.Fprintf(&b, " ON CONFLICT (id) DO UPDATE SET %s WHERE %s", t.sets, t.when)
	return b.String()
}

// sheet is the rows that wait to be written to one table.
type sheet struct {
	*table
	rows [][]any
	at   map[string]int // row by ID: one statement may touch a row only once
}

// writer collects rows by table, in the order the tables were first used.
type writer struct {
	sheets []*sheet
	by     map[*table]*sheet
	err    error
}

func (w *writer) sheet(t *table) *sheet {
	s := w.by[t]
	if s == nil {
		s = &sheet{table: t, at: map[string]int{}}
		if w.by == nil {
			w.by = map[*table]*sheet{}
		}
		w.by[t] = s
		w.sheets = append(w.sheets, s)
	}
	return s
}

// row puts a row on its sheet. Of two with one ID the newer stays, the later if
// they are as old; asOf is the place of their time.
func (w *writer) row(t *table, asOf int, values ...any) {
	s := w.sheet(t)
	id := values[0].(string)
	if i, ok := s.at[id]; ok {
		if !values[asOf].(time.Time).Before(s.rows[i][asOf].(time.Time)) {
			s.rows[i] = values
		}
		return
	}
	s.at[id] = len(s.rows)
	s.rows = append(s.rows, values)
}

// fact puts a fact of a veteran on its sheet and answers its ID, which says whose
// fact it is, of which kind, and which of several.
func (w *writer) fact(t *table, veteran, which string, by fact.Provenance, own ...any) string {
	id := veteran + ":" + t.kind
	if which != "" {
		id += ":" + which
	}
	if by.Source == "" || by.AsOf.IsZero() {
		w.err = fmt.Errorf("%s: a fact without a source or a time", t.name)
		return id
	}
	w.row(t, 3, append([]any{id, veteran, by.Source, instant(by.AsOf), day(by.ValidUntil), by.Basis}, own...)...)
	return id
}

// flush writes the sheets and answers how many rows were new or changed.
func (w *writer) flush(ctx context.Context, tx store.Tx) (written int, err error) {
	if w.err != nil {
		return 0, w.err
	}
	for _, s := range w.sheets {
		n, err := s.write(ctx, tx)
		if err != nil {
			return written, fmt.Errorf("write %s: %w", s.name, err)
		}
		written += n
	}
	return written, nil
}

func (s *sheet) write(ctx context.Context, tx store.Tx) (int, error) {
	// In the order of the index, neighbours go to the same page, and two writers of
	// the same people wait for each other instead of deadlocking.
	slices.SortFunc(s.rows, func(a, b []any) int { return strings.Compare(a[0].(string), b[0].(string)) })
	if tx.PG == nil {
		return each(ctx, tx.SQL, s.upsert(dialect.SQLite), s.rows)
	}
	columns := make([]any, len(s.columns))
	for c := range columns {
		values := make([]any, len(s.rows))
		for r, row := range s.rows {
			values[r] = row[c]
			if d, ok := row[c].(workday.Day); ok {
				values[r] = d.Time() // a time's date goes over the wire as it is
			}
		}
		columns[c] = values
	}
	store.Statement(ctx)
	tag, err := tx.PG.Exec(ctx, s.upsert(dialect.Postgres), columns...)
	return int(tag.RowsAffected()), err
}

// each runs one statement for every row on SQLite.
func each(ctx context.Context, tx *sql.Tx, statement string, rows [][]any) (affected int, err error) {
	store.Statement(ctx)
	st, err := tx.PrepareContext(ctx, statement)
	if err != nil {
		return 0, err
	}
	defer func() { _ = st.Close() }()
	for _, row := range rows {
		r, err := st.ExecContext(ctx, row...)
		if err != nil {
			return affected, err
		}
		n, err := r.RowsAffected()
		if err != nil {
			return affected, err
		}
		affected += int(n)
	}
	return affected, nil
}

// withdrawal takes back what a source said of a veteran and says no more.
type withdrawal struct {
	veteran, source string
	asOf            time.Time
	keep            []string // IDs of the rows it still says
}

func withdraw(ctx context.Context, tx store.Tx, t *table, of []withdrawal) (int, error) {
	if len(of) == 0 {
		return 0, nil
	}
	var veterans, sources, keep []string
	var times []time.Time
	rows := make([][]any, len(of))
	for i, w := range of {
		ids, err := json.Marshal(append([]string{}, w.keep...))
		if err != nil {
			return 0, err
		}
		rows[i] = []any{w.veteran, w.source, w.asOf, string(ids)}
		veterans, sources, times, keep = append(veterans, w.veteran), append(sources, w.source), append(times, w.asOf), append(keep, w.keep...)
	}
	if tx.PG == nil {
		return each(ctx, tx.SQL, "DELETE FROM "+t.name+
			" WHERE veteran_id = ? AND source = ? AND as_of <= ? AND id NOT IN (SELECT value FROM json_each(?))", rows)
	}
	store.Statement(ctx)
	tag, err := tx.PG.Exec(ctx, "DELETE FROM "+t.name+" t USING unnest($1::text[], $2::text[], $3::timestamptz[]) AS n (veteran_id, source, as_of)"+
		" WHERE t.veteran_id = n.veteran_id AND t.source = n.source AND t.as_of <= n.as_of AND NOT t.id = ANY ($4::text[])",
		veterans, sources, times, append([]string{}, keep...))
	return int(tag.RowsAffected()), err
}

// instant is a time as both databases keep it.
func instant(t time.Time) time.Time { return t.UTC().Truncate(time.Microsecond) }

// text is a string of an optional column: empty is NULL.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// day is a date of an optional column.
func day(d *workday.Day) any { return some(d) }

// some is a value of an optional column.
func some[T any](v *T) any {
	if v == nil {
		return nil
	}
	return *v
}
