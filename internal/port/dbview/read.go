package dbview

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// relation is a table or view as the database has it.
type relation struct {
	from    string // its name in statements
	columns []column
}

type column struct{ name, typ string }

// column finds a column as written, else in another case if only one is like it.
func (r relation) column(name string) (column, bool) {
	if i := slices.IndexFunc(r.columns, func(c column) bool { return c.name == name }); i >= 0 {
		return r.columns[i], true
	}
	var like []column
	for _, c := range r.columns {
		if strings.EqualFold(c.name, name) {
			like = append(like, c)
		}
	}
	if len(like) == 1 {
		return like[0], true
	}
	return column{}, false
}

// reader is one read-only transaction.
type reader struct {
	line *Line
	tx   *sql.Tx
	size int // bytes read so far
}

// row is what a relation holds under one key.
type row struct {
	key    string
	asOf   time.Time
	values map[string]any // by the name asked for, as port.Names reads them
	raw    map[string]cell
}

// cell is a value as the driver gives it.
type cell struct {
	typ   string
	value any
}

// errDrift is a table or column that is not there as agreed.
var errDrift = errors.New("the table is not as agreed")

// errFlood is an answer longer than anybody can want.
var errFlood = fmt.Errorf("the answer is longer than %d bytes", maxAnswer)

// reading makes one call: a connection, a read-only transaction, and the end of both.
// Errors are faults of the department.
func (l *Line) reading(ctx context.Context, do func(*reader) error) error {
	err := l.read(ctx, do)
	if err == nil {
		return nil
	}
	err = l.fault(ctx, err)
	if errors.Is(err, errDrift) {
		l.mu.Lock()
		clear(l.known) // it may have been mended since it was described
		l.mu.Unlock()
	}
	return err
}

func (l *Line) read(ctx context.Context, do func(*reader) error) error {
	conn, err := l.db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	if err := l.engine.prepare(ctx, conn); err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, l.engine.options())
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }() // there is nothing to commit
	if end, ok := ctx.Deadline(); ok {
		if err := l.engine.limit(ctx, tx, max(time.Until(end), time.Millisecond)); err != nil {
			return err
		}
	}
	return do(&reader{line: l, tx: tx})
}

// fault is what an error means to callers. What drivers say stays out of it where
// it may repeat a value; see the engines.
func (l *Line) fault(ctx context.Context, err error) error {
	if f := l.engine.fault(l.department, err); f != nil {
		return f
	}
	_, network := errors.AsType[net.Error](err)
	switch {
	case errors.Is(err, errFlood), errors.Is(err, errDrift), errors.Is(err, errUnreadable):
		return port.Garbled(l.department).Because(err)
	case ctx.Err() != nil:
		return port.Silent(l.department).Because(ctx.Err())
	case network, errors.Is(err, context.DeadlineExceeded), errors.Is(err, net.ErrClosed), broken(err):
		return port.Silent(l.department).Because(errors.New("no connection to the database"))
	}
	return port.Failed(l.department).Because(errors.New("the database has failed"))
}

// relation describes a table, once.
func (r *reader) relation(ctx context.Context, name string) (relation, error) {
	l := r.line
	l.mu.Lock()
	known, ok := l.known[name]
	l.mu.Unlock()
	if ok {
		return known, nil
	}
	for _, exact := range []bool{true, false} {
		found, err := l.engine.columns(ctx, r.tx, name, exact)
		if err != nil {
			return relation{}, err
		}
		if len(found.columns) > 0 {
			l.mu.Lock()
			l.known[name] = found
			l.mu.Unlock()
			return found, nil
		}
	}
	return relation{}, fmt.Errorf("%w: there is no relation %s, or it may not be read", errDrift, name)
}

// rows reads what a table holds under the keys: one statement for up to a thousand.
func (r *reader) rows(ctx context.Context, t catalog.Table, names, keys []string) ([]row, error) {
	from, err := r.relation(ctx, t.Relation)
	if err != nil {
		return nil, err
	}
	s, err := r.statement(from, t, names)
	if err != nil {
		return nil, err
	}
	var all []row
	seen := make(map[string]bool, len(keys))
	for some := range slices.Chunk(keys, atOnce) {
		if all, err = r.query(ctx, s, some, seen, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// statement is a SELECT without its condition.
type statement struct {
	text  string
	key   string   // the key column, quoted
	names []string // of the values, in order
	types []string // of all columns selected
	asOf  bool     // whether the last column says how old a row is
}

func (r *reader) statement(from relation, t catalog.Table, names []string) (statement, error) {
	s := statement{names: names, asOf: t.AsOf != ""}
	wanted := append([]string{t.Key}, names...)
	if s.asOf {
		wanted = append(wanted, t.AsOf)
	}
	list := make([]string, len(wanted))
	for i, name := range wanted {
		c, ok := from.column(name)
		if !ok {
			return s, fmt.Errorf("%w: relation %s has no column %s", errDrift, t.Relation, name)
		}
		list[i] = "v." + r.line.engine.quote(c.name) // behind v. SQLite cannot take it for a text
		s.types = append(s.types, c.typ)
	}
	s.key = list[0]
	s.text = "SELECT " + strings.Join(list, ", ") + " FROM " + from.from + " AS v WHERE "
	return s, nil
}

func (r *reader) query(ctx context.Context, s statement, keys []string, seen map[string]bool, into []row) ([]row, error) {
	condition, args := r.line.engine.among(s.key, keys)
	rows, err := r.tx.QueryContext(ctx, s.text+condition, args...)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	cells := make([]any, len(s.types))
	into = slices.Grow(into, len(keys))
	places := make([]any, len(cells))
	for i := range cells {
		places[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		if r.size += sizeOf(cells); r.size > maxAnswer {
			return nil, errFlood
		}
		row, err := s.row(cells)
		if err != nil {
			return nil, err
		}
		if seen[row.key] {
			return nil, fmt.Errorf("%w: two rows under one key", errUnreadable)
		}
		seen[row.key] = true
		into = append(into, row)
	}
	return into, rows.Err()
}

// row reads one row; the key first, how old it is last.
func (s statement) row(cells []any) (row, error) {
	key, err := value(s.types[0], cells[0])
	text, ok := key.(string)
	if err != nil || !ok {
		return row{}, fmt.Errorf("%w: the key is not text", errUnreadable)
	}
	r := row{key: plainKey(text), values: make(map[string]any, len(s.names)), raw: make(map[string]cell, len(s.names))}
	for i, name := range s.names {
		r.raw[name] = cell{s.types[i+1], cells[i+1]}
		if r.values[name], err = value(s.types[i+1], cells[i+1]); err != nil {
			return row{}, fmt.Errorf("%w: column %s: %w", errUnreadable, name, err)
		}
	}
	if last := len(cells) - 1; s.asOf {
		if r.asOf, err = moment(s.types[last], cells[last]); err != nil {
			return row{}, fmt.Errorf("%w: its date: %w", errUnreadable, err)
		}
	}
	return r, nil
}

func sizeOf(cells []any) (n int) {
	for _, c := range cells {
		switch v := c.(type) {
		case string:
			n += len(v)
		case []byte:
			n += len(v)
		}
		n += 16
	}
	return n
}

// Check says all that is not as the ports have it: relations and columns that are
// missing. It reads nobody's row. An error of kind Unavailable means that the
// database did not say.
func (l *Line) Check(ctx context.Context) error {
	var mistakes []error
	err := l.reading(ctx, func(r *reader) error {
		l.mu.Lock()
		clear(l.known)
		l.mu.Unlock()
		for _, id := range sorted(l.ports) {
			p := l.ports[id]
			from, err := r.relation(ctx, p.Table.Relation)
			if errors.Is(err, errDrift) {
				mistakes = append(mistakes, port.Mismatch{Port: id, Err: fmt.Errorf("there is no relation %s, or it may not be read", p.Table.Relation)})
				continue
			} else if err != nil {
				return err
			}
			for _, name := range columnsOf(p) {
				if _, ok := from.column(name); !ok {
					mistakes = append(mistakes, port.Mismatch{Port: id, Err: fmt.Errorf("%s has no column %s", p.Table.Relation, name)})
				}
			}
		}
		return nil
	})
	return errors.Join(append(mistakes, err)...)
}

// columnsOf lists the columns that a port needs.
func columnsOf(p *catalog.Port) []string {
	names := []string{p.Table.Key}
	if p.Table.AsOf != "" {
		names = append(names, p.Table.AsOf)
	}
	if p.Operation == "STATUS" {
		return append(names, progressNeeds...)
	}
	for _, field := range sorted(p.Answers) {
		names = append(names, p.Answers[field])
	}
	return names
}
