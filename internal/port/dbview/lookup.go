package dbview

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// question is what one call reads from one table.
type question struct {
	table   catalog.Table
	columns []string         // by the department's names, each once
	persons map[string][]int // places of the persons asked about, by key
}

func (q *question) keys() []string {
	keys := make([]string, 0, len(q.persons))
	for k := range q.persons {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

// Lookup implements [port.Line]: one statement for each relation, all of one moment
// where the database can.
func (l *Line) Lookup(ctx context.Context, _ *catalog.Port, persons []port.Person) ([]port.Found, error) {
	questions, err := l.questions(persons)
	if err != nil {
		return nil, err
	}
	found := make([]port.Found, len(persons))
	for i, p := range persons {
		found[i].Ref = p.Ref
	}
	asked := l.now()
	err = l.reading(ctx, func(r *reader) error {
		for _, q := range questions {
			rows, err := r.rows(ctx, q.table, q.columns, q.keys())
			if err != nil {
				return err
			}
			for _, row := range rows {
				if row.asOf.IsZero() && q.table.AsOf == "" {
					row.asOf = asked
				}
				for _, i := range q.persons[row.key] {
					l.tell(&found[i], persons[i], q.table, row)
				}
			}
		}
		return nil
	})
	return found, err
}

// tell puts a row into what is found of a person: of each lookup its own columns,
// and the age of the oldest row.
func (l *Line) tell(f *port.Found, p port.Person, t catalog.Table, row row) {
	if !f.Known || row.asOf.Before(f.AsOf) {
		f.AsOf = row.asOf
	}
	f.Known = true
	for _, id := range p.Lookups {
		asked := l.ports[id]
		if *asked.Table != t {
			continue
		}
		values := make(map[string]any, len(asked.Answers))
		for _, name := range asked.Answers {
			values[name] = row.values[name]
		}
		if f.Lookups == nil {
			f.Lookups = make(map[string]map[string]any, len(p.Lookups))
		}
		f.Lookups[id] = values
	}
}

// questions sorts what is asked by table, in the order asked.
func (l *Line) questions(persons []port.Person) ([]*question, error) {
	var list []*question
	by := map[catalog.Table]*question{}
	for i, p := range persons {
		key := plainKey(p.CitizenNumber)
		for _, id := range p.Lookups {
			asked := l.ports[id]
			if asked == nil || asked.Operation != "LOOKUP" {
				return nil, errors.New("a lookup that does not go through this database")
			}
			q := by[*asked.Table]
			if q == nil {
				q = &question{table: *asked.Table, persons: map[string][]int{}}
				by[q.table], list = q, append(list, q)
			}
			if !slices.Contains(q.persons[key], i) {
				q.persons[key] = append(q.persons[key], i)
			}
			for _, name := range asked.Answers {
				if !slices.Contains(q.columns, name) {
					q.columns = append(q.columns, name)
				}
			}
		}
	}
	for _, q := range list {
		slices.Sort(q.columns) // the same statement each time
	}
	return list, nil
}

// plainKey makes equal what databases hold equal: blanks at the end of CHAR, and the
// last letter of a citizen number in small or large.
func plainKey(s string) string { return strings.ToUpper(strings.TrimSpace(s)) }

// The columns of a table with the progress of items.
var (
	progressNeeds = []string{"matter", "state", "sequence"}
	progressMay   = []string{"number", "words", "decided_at", "due_at", "outputs", "faults"}
)

// Status implements [port.Line].
func (l *Line) Status(ctx context.Context, p *catalog.Port, items []string) ([]port.Message, error) {
	var said []port.Message
	err := l.reading(ctx, func(r *reader) error {
		columns := slices.Clone(progressNeeds)
		there, err := r.relation(ctx, p.Table.Relation)
		if err != nil {
			return err
		}
		for _, name := range progressMay {
			if _, ok := there.column(name); ok {
				columns = append(columns, name)
			}
		}
		asked := make(map[string]string, len(items)) // as the key is compared -> as asked
		for _, id := range items {
			asked[plainKey(id)] = id
		}
		rows, err := r.rows(ctx, *p.Table, columns, items)
		if err != nil {
			return err
		}
		for _, row := range rows {
			m, err := message(asked[row.key], row)
			if err != nil {
				return port.Garbled(l.department).Because(err)
			}
			said = append(said, m)
		}
		return nil
	})
	return said, err
}

// message reads a row as its columns are agreed.
func message(item string, r row) (m port.Message, err error) {
	m.Item = item
	var state string
	text := map[string]*string{"matter": &m.Matter, "state": &state, "number": &m.Number, "words": &m.Words}
	for name, into := range text {
		if v, there := r.values[name]; there && v != nil {
			s, ok := v.(string)
			if !ok {
				return m, errors.New("column " + name + ": not text")
			}
			*into = s
		}
	}
	m.State = port.State(state)
	if m.Sequence, err = whole(r.values["sequence"]); err != nil {
		return m, errors.New("column sequence: not a whole number")
	}
	for name, into := range map[string]*time.Time{"decided_at": &m.DecidedAt, "due_at": &m.DueAt} {
		if *into, err = moment(r.raw[name].typ, r.raw[name].value); err != nil {
			return m, errors.New("column " + name + ": not a time")
		}
	}
	for name, into := range map[string]any{"outputs": &m.Outputs, "faults": &m.Faults} {
		if err := document(r.raw[name].value, into); err != nil {
			return m, errors.New("column " + name + ": not the agreed JSON")
		}
	}
	return m, nil
}
