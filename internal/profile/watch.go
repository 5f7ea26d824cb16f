package profile

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Watcher is told before facts about people are written, in the same transaction,
// and after. As [Profile.Put] is the only place that writes them, it misses none.
type Watcher interface {
	Watch(ctx context.Context, tx store.Tx, ids []string) (after func(context.Context) error, err error)
}

// watched tells the watcher, if there is one, whose facts are about to be written.
// The people are locked first: what is seen before is then what this write changes.
func (p *Profile) watched(ctx context.Context, tx store.Tx, people []Person) (after func(context.Context) error, err error) {
	if p.Watch == nil {
		return func(context.Context) error { return nil }, nil
	}
	ids := make([]string, len(people))
	for i := range people {
		ids[i] = p.VeteranID(people[i].Number)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if err := lock(ctx, tx, ids); err != nil {
		return nil, err
	}
	return p.Watch.Watch(ctx, tx, ids)
}

// Shown answers for each veteran what fields of the graph show of them, by the name
// under which a column is asked for: a text that is another as soon as a value is
// another, a row more or less is there. It is compared and goes nowhere.
func (p *Profile) Shown(ctx context.Context, tx store.Tx, columns map[string]slice.Column, ids []string) (map[string]map[string]string, error) {
	out := make(map[string]map[string]string, len(ids))
	tables := map[string][]string{}
	for _, name := range slices.Sorted(maps.Keys(columns)) {
		table := columns[name].Table
		tables[table] = append(tables[table], name)
	}
	for _, table := range slices.Sorted(maps.Keys(tables)) {
		if err := p.shown(ctx, tx.Plain(), table, tables[table], columns, ids, out); err != nil {
			return nil, fmt.Errorf("what is shown of %s: %w", table, err)
		}
	}
	return out, nil
}

func (p *Profile) shown(ctx context.Context, db store.Plain, table string, names []string, columns map[string]slice.Column, ids []string, out map[string]map[string]string) error {
	whose, list, among := "veteran_id", any(ids), " = ANY($1)"
	if table == "veterans" {
		whose = "id"
	}
	if !db.Postgres() {
		text, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		list, among = string(text), " IN (SELECT value FROM json_each($1))"
	}
	query := "SELECT " + whose
	for _, name := range names {
		c := columns[name]
		if c.Sealed {
			query += ", " + c.Name
		} else {
			query += ", coalesce(CAST(" + c.Name + " AS text), '')"
		}
	}
	query += " FROM " + table + " WHERE " + whose + among + " ORDER BY " + whose + ", id"
	return db.Each(ctx, query, []any{list}, func(scan func(...any) error) error {
		var id string
		to, texts, sealed := []any{&id}, make([]string, len(names)), make([][]byte, len(names))
		for i, name := range names {
			if columns[name].Sealed {
				to = append(to, &sealed[i])
			} else {
				to = append(to, &texts[i])
			}
		}
		if err := scan(to...); err != nil {
			return err
		}
		if out[id] == nil {
			out[id] = map[string]string{}
		}
		for i, name := range names {
			value := texts[i]
			if c := columns[name]; c.Sealed {
				var err error
				if value, err = p.Open(table, c.Name, id, sealed[i]); err != nil {
					return err
				}
			}
			var b strings.Builder
			b.WriteString(out[id][name])
			b.WriteString(strconv.Itoa(len(value)))
			b.WriteByte(':')
			b.WriteString(value)
			out[id][name] = b.String()
		}
		return nil
	})
}
