package store

import (
	"entgo.io/ent/dialect"
	"entgo.io/ent/dialect/sql"
)

// OneOf is true of rows whose column holds one of the values. On PostgreSQL the
// values are one array, so that lists of every length share one prepared
// statement; on SQLite they are spelt out. A single value is compared as such:
// PostgreSQL takes an array for ten values, finds its general plan dear and makes
// a new one each time, which costs more than the reading.
func OneOf[P ~func(*sql.Selector)](column string, values []string) P {
	return func(s *sql.Selector) {
		if len(values) == 1 {
			s.Where(sql.EQ(s.C(column), values[0]))
			return
		}
		if s.Dialect() == dialect.Postgres {
			s.Where(sql.P(func(b *sql.Builder) { b.Ident(s.C(column)).WriteString(" = ANY(").Arg(values).WriteByte(')') }))
			return
		}
		args := make([]any, len(values))
		for i, v := range values {
			args[i] = v
		}
		s.Where(sql.In(s.C(column), args...))
	}
}

// Align puts rows in the order of keys, the zero value where there is none. It
// is what a caller of many keys wants back: the same row at every place its key
// stands.
func Align[R any](keys []string, rows []R, key func(R) string) []R {
	by := make(map[string]R, len(rows))
	for _, r := range rows {
		by[key(r)] = r
	}
	out := make([]R, len(keys))
	for i, k := range keys {
		out[i] = by[k]
	}
	return out
}

// Group puts rows under their key, keeping their order.
func Group[R any](rows []R, key func(R) string) map[string][]R {
	by := make(map[string][]R)
	for _, r := range rows {
		by[key(r)] = append(by[key(r)], r)
	}
	return by
}
