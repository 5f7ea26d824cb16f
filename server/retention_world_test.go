package server_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	tables "github.com/vetgraph/vetgraph/ent/gen/migrate"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// world is every row of every table, by table and ID, as the database has it.
type world map[string]map[string]map[string]any

func (k *talk) world() world {
	k.t.Helper()
	db, done := k.hub.Store.SQL()
	defer done()
	out := world{}
	for _, t := range tables.Tables {
		out[t.Name] = map[string]map[string]any{}
		rows, err := db.QueryContext(k.t.Context(), "SELECT * FROM "+t.Name)
		if err != nil {
			k.t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			k.t.Fatal(err)
		}
		for rows.Next() {
			values, to := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				to[i] = &values[i]
			}
			if err := rows.Scan(to...); err != nil {
				k.t.Fatal(err)
			}
			row := map[string]any{}
			for i, c := range columns {
				switch v := values[i].(type) {
				case nil:
				case []byte:
					row[c] = hex.EncodeToString(bytes.Clone(v))
				default:
					row[c] = v
				}
			}
			out[t.Name][fmt.Sprint(row["id"])] = row
		}
		if err := rows.Err(); err != nil {
			k.t.Fatal(err)
		}
		_ = rows.Close()
	}
	return out
}

// dayOf is the day in China of a time or day as a driver gives it.
func dayOf(t testing.TB, column string, v any) workday.Day {
	switch v := v.(type) {
	case time.Time:
		if v.Equal(v.Truncate(24*time.Hour)) && (column == "day" || strings.HasSuffix(column, "_on")) {
			v = v.Add(12 * time.Hour)
		}
		return workday.FromTime(v)
	case string:
		for _, form := range []string{time.RFC3339Nano, "2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.999999999-07:00"} {
			if at, err := time.Parse(form, v); err == nil {
				return workday.FromTime(at)
			}
		}
		if d, err := workday.ParseDay(v[:10]); err == nil {
			return d
		}
	}
	t.Fatalf("%s: %T %v is no time", column, v, v)
	return 0
}

// forget does to a world what the rules say, row by row and with none of the code that
// is tested. It answers how many rows each rule took, and how many each hold kept that
// would have gone otherwise.
func (w world) forget(t testing.TB, r *retention.Rules, now time.Time) (taken map[string]int64, held map[string]int) {
	taken, held = map[string]int64{}, map[string]int{}
	today := workday.FromTime(now)
	for _, term := range r.All() {
		var due []string
		for id, row := range w[term.Table()] {
			if !w.over(t, term, row, today) || w.referred(term, id) {
				continue
			}
			if by := w.holder(t, term, row, today); by != "" {
				held[by]++
				continue
			}
			due = append(due, id)
		}
		taken[term.Name] = int64(len(due))
		for _, id := range due {
			if term.Do == retention.Anonymous {
				for _, c := range term.Empties {
					delete(w[term.Table()][id], c)
				}
				continue
			}
			delete(w[term.Table()], id)
			for _, with := range term.With {
				maps.DeleteFunc(w[with], func(_ string, row map[string]any) bool { return row["case_id"] == id })
			}
		}
	}
	return taken, held
}

func (w world) over(t testing.TB, term *retention.Term, row map[string]any, today workday.Day) bool {
	for _, c := range term.Where {
		v, set := row[c.Column]
		if c.Is == "SET" && !set || c.Is == "UNSET" && set || len(c.In) > 0 && !slices.Contains(c.In, fmt.Sprint(v)) {
			return false
		}
	}
	column, ofCase := strings.CutPrefix(term.After.From, "case.")
	from := row
	if ofCase {
		from = w["case_files"][fmt.Sprint(row["case_id"])]
	}
	if from[column] == nil {
		return false
	}
	last := dayOf(t, column, from[column]).AddDays(term.After.Days).Time().AddDate(term.After.Years, 0, 0)
	if !last.Before(today.Time()) {
		return false
	}
	return term.Do == retention.Deleted || slices.ContainsFunc(term.Empties, func(c string) bool { return row[c] != nil })
}

// referred says whether a row that would be deleted is referred to by one that stays.
func (w world) referred(term *retention.Term, id string) bool {
	if term.Do != retention.Deleted {
		return false
	}
	for _, table := range tables.Tables {
		for _, f := range table.ForeignKeys {
			if f.RefTable.Name != term.Table() || slices.Contains(term.With, table.Name) {
				continue
			}
			for _, row := range w[table.Name] {
				if row[f.Columns[0].Name] == id {
					return true
				}
			}
		}
	}
	return false
}

// holder is what keeps a row although its term is over, of what the rule names.
func (w world) holder(t testing.TB, term *retention.Term, row map[string]any, today workday.Day) string {
	file, person := row["case_id"], row["veteran_id"]
	if term.Table() == "case_files" {
		file = row["id"]
	}
	if person == nil && file != nil {
		person = w["case_files"][fmt.Sprint(file)]["veteran_id"]
	}
	some := func(table string, is func(map[string]any) bool) bool {
		for _, r := range w[table] {
			if is(r) {
				return true
			}
		}
		return false
	}
	_, hasFile := w.column(term.Table(), "case_id")
	byFile := hasFile || term.Table() == "case_files"
	for name, holds := range map[string]func() bool{
		"OPEN_CASE": func() bool {
			return some("case_files", func(c map[string]any) bool {
				of := c["id"] == file
				if !byFile {
					of = c["veteran_id"] == person
				}
				return of && slices.Contains([]string{"PRE_REVIEW", "SUBMITTED", "ACCEPTED", "IN_PROGRESS"}, fmt.Sprint(c["state"]))
			})
		},
		"OPEN_WORD": func() bool {
			return some("obligations", func(o map[string]any) bool { return o["case_id"] == file && o["ended_at"] == nil })
		},
		"OPEN_DISPUTE": func() bool {
			return some("disputes", func(d map[string]any) bool { return d["veteran_id"] == person && d["state"] == "OPEN" })
		},
		"OPEN_TASK": func() bool {
			return some("tasks", func(k map[string]any) bool {
				return k["state"] == "OPEN" && (k["subject"] == row["id"] || byFile && file != nil && k["case_id"] == file)
			})
		},
		"OPEN_MANDATE": func() bool {
			return some("mandates", func(m map[string]any) bool {
				return m["veteran_id"] == person && (m["state"] == "REQUESTED" || m["state"] == "ACTIVE") && dayOf(t, "day", m["until"]) >= today
			})
		},
	} {
		if slices.Contains(term.Unless, name) && holds() {
			return name
		}
	}
	return ""
}

func (w world) column(table, name string) (string, bool) {
	for _, t := range tables.Tables {
		if t.Name == table {
			for _, c := range t.Columns {
				if c.Name == name {
					return c.Name, true
				}
			}
		}
	}
	return "", false
}

// differs says where two worlds are not the same, at most a few places.
func (w world) differs(other world) (out []string) {
	for table, rows := range w {
		if table == "receipt_checkpoints" || table == "receipt_persons" { // the log signs its head, and files its leaves, when it likes
			continue
		}
		for id, row := range rows {
			if there, ok := other[table][id]; !ok {
				out = append(out, table+" "+id+" is gone")
			} else if !maps.EqualFunc(row, there, func(a, b any) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
				out = append(out, fmt.Sprintf("%s %s is another: %v, %v", table, id, slices.Sorted(maps.Keys(row)), slices.Sorted(maps.Keys(there))))
			}
		}
		for id := range other[table] {
			if rows[id] == nil {
				out = append(out, table+" "+id+" is still there")
			}
		}
	}
	slices.Sort(out)
	return out[:min(len(out), 12)]
}

// still stops all that runs by itself in a hub, so that what changes is what we do.
func (k *talk) still(ctx context.Context) {
	k.t.Helper()
	if err := k.hub.Queue.Stop(ctx); err != nil {
		k.t.Fatal(err)
	}
	if err := k.hub.Fleet.Close(); err != nil {
		k.t.Fatal(err)
	}
}
