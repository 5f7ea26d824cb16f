package progress

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Note writes down what a transaction has done to a case: call it last, once all
// rows are written. before is what [Board.Of] said of the rows as they were read,
// nil for a new case. It reads the rows as they are now, and also writes on those
// that have just ended how many working days they took.
func (b *Board) Note(ctx context.Context, tx store.Tx, caseID string, before Standings) error {
	p, c := tx.Plain(), b.Calendar()
	after := Standings{}
	err := cases(ctx, p, "c.id = $1", []any{caseID}, false, func(f *file) error {
		if err := f.keep(ctx, p, c); err != nil {
			return err
		}
		f.count(c, after, 1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("where a case stands: %w", err)
	}
	for s, n := range before {
		after.add(s, -n)
	}
	return write(ctx, p, after)
}

// NoteNew writes down how cases stand that a transaction has just written whole,
// with their items and ratings: many at once, as examples and imports make them.
func (b *Board) NoteNew(ctx context.Context, tx store.Tx, caseIDs []string) error {
	if len(caseIDs) == 0 {
		return nil
	}
	text, err := json.Marshal(caseIDs)
	if err != nil {
		return err
	}
	p, c := tx.Plain(), b.Calendar()
	where := "c.id IN (SELECT value FROM json_each($1))"
	if p.Postgres() {
		where = "c.id = ANY (ARRAY(SELECT json_array_elements_text($1::json)))"
	}
	now := Standings{}
	var files, items []lasted
	err = cases(ctx, p, where, []any{string(text)}, true, func(f *file) error {
		own, parts := f.lasted(c)
		files, items = append(files, own...), append(items, parts...)
		f.count(c, now, 1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("where %d new cases stand: %w", len(caseIDs), err)
	}
	return errors.Join(lastedAll(ctx, p, "case_files", files), lastedAll(ctx, p, "items", items), write(ctx, p, now))
}

// NoteRating writes down that an item got a grade from 1 to 5; before is the
// grade that it replaces, 0 if none. Call it in the transaction that writes the
// rating. Only the last rating of an item is counted.
func (b *Board) NoteRating(ctx context.Context, tx store.Tx, caseID, matter string, before, after int) error {
	p, change := tx.Plain(), Standings{}
	err := cases(ctx, p, "c.id = $1", []any{caseID}, false, func(f *file) error {
		for _, i := range f.items {
			if i.matter != matter {
				continue
			}
			if before > 0 {
				change.add(f.rated(matter, i.department, before), -1)
			}
			if after > 0 {
				change.add(f.rated(matter, i.department, after), 1)
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("a rated item: %w", err)
	}
	return write(ctx, p, change)
}

// keep writes on a case and its items that have just ended how long they took.
func (f *file) keep(ctx context.Context, p store.Plain, c *workday.Calendar) error {
	if used, onTime := f.took(c); used != nil && f.workdays == nil {
		if _, err := p.Exec(ctx, "UPDATE case_files SET workdays = $2, on_time = $3 WHERE id = $1", f.id, *used, onTime); err != nil {
			return err
		}
		f.workdays, f.onTime = used, &onTime
	}
	for i := range f.items {
		it := &f.items[i]
		if used, onTime := f.tookItem(c, *it); used != nil && it.workdays == nil {
			if _, err := p.Exec(ctx, "UPDATE items SET workdays = $2, on_time = $3 WHERE id = $1", it.id, *used, onTime); err != nil {
				return err
			}
			it.workdays, it.onTime = used, &onTime
		}
	}
	return nil
}

// entry is a change as it goes over the wire: one JSON text for all, so that every
// number of changes is the same prepared statement.
type entry struct {
	ID         int64  `json:"id,omitempty"`
	At         int64  `json:"at,omitempty"` // microseconds since 1970 by the database's clock
	Kind       string `json:"kind"`
	Division   string `json:"division"`
	Matter     string `json:"matter"`
	Department string `json:"department"`
	Channel    string `json:"channel"`
	Accepted   int    `json:"accepted"` // days since 1970-01-01
	CaseState  string `json:"case_state"`
	State      string `json:"state"`
	Warning    string `json:"warning"`
	Lead       bool   `json:"lead"`
	Used       int    `json:"used"`
	OnTime     bool   `json:"on_time"`
	Returns    int    `json:"returns"`
	Papers     int    `json:"papers"`
	Visits     int    `json:"visits"`
	N          int    `json:"n"`
}

// columns of a change, behind its id and time.
var columns = []string{
	"kind", "division", "matter", "department", "channel", "accepted", "case_state", "state", "warning", "lead", "used", "on_time", "returns", "papers", "visits", "n",
}

func entryOf(s standing, n int) entry {
	return entry{
		Kind: s.kind, Division: s.division, Matter: s.matter, Department: s.department, Channel: s.channel, Accepted: int(s.accepted),
		CaseState: s.caseState, State: s.state, Warning: s.warning, Lead: s.lead, Used: s.used, OnTime: s.onTime,
		Returns: s.returns, Papers: s.papers, Visits: s.visits, N: n,
	}
}

func (e *entry) standing() standing {
	return standing{
		kind: e.Kind, division: e.Division, matter: e.Matter, department: e.Department, channel: e.Channel, accepted: workday.Day(e.Accepted),
		caseState: e.CaseState, state: e.State, warning: e.Warning, lead: e.Lead, used: e.Used, onTime: e.OnTime,
		returns: e.Returns, papers: e.Papers, visits: e.Visits,
	}
}

// scan reads a change: its time and the columns.
func (e *entry) scan(scan func(...any) error) error {
	return scan(&e.ID, &e.At, &e.Kind, &e.Division, &e.Matter, &e.Department, &e.Channel, &e.Accepted, &e.CaseState, &e.State, &e.Warning,
		&e.Lead, &e.Used, &e.OnTime, &e.Returns, &e.Papers, &e.Visits, &e.N)
}

// write inserts changes. PostgreSQL stamps them by its own clock, the one that all
// hubs share; on SQLite, with one writer, the time of each transaction is later
// than that of the one before.
func write(ctx context.Context, p store.Plain, changes Standings) error {
	if len(changes) == 0 {
		return nil
	}
	var at int64
	if !p.Postgres() {
		err := p.Each(ctx, "SELECT max(coalesce((SELECT max(at) FROM standing_changes), 0), coalesce((SELECT max(at) FROM standing_history), 0))", nil,
			func(scan func(...any) error) error { return scan(&at) })
		if err != nil {
			return fmt.Errorf("the last change: %w", err)
		}
		at = max(at+1, time.Now().UnixMicro())
	}
	entries := make([]entry, 0, len(changes))
	for _, s := range slices.SortedFunc(maps.Keys(changes), byPlace) {
		e := entryOf(s, changes[s])
		e.At = at
		entries = append(entries, e)
	}
	own := columns
	if at > 0 {
		own = append([]string{"at"}, columns...)
	}
	return insert(ctx, p, "standing_changes", own, entries)
}

// byPlace puts standings in an order, so that equal changes make equal bytes.
func byPlace(a, b standing) int {
	return cmp.Or(strings.Compare(a.kind, b.kind), strings.Compare(a.matter, b.matter), strings.Compare(a.state, b.state), cmp.Compare(a.used, b.used))
}

// types of a change's columns on PostgreSQL, where they are not text.
var types = map[string]string{
	"id": "bigint", "at": "bigint", "accepted": "int", "lead": "bool", "used": "int", "on_time": "bool", "returns": "int", "papers": "int", "visits": "int", "n": "int",
}

// insert adds rows to a table of changes.
func insert(ctx context.Context, p store.Plain, table string, own []string, rows []entry) error {
	for some := range slices.Chunk(rows, 5000) {
		text, err := json.Marshal(some)
		if err != nil {
			return err
		}
		query := "INSERT INTO " + table + " (" + strings.Join(own, ", ") + ") SELECT "
		if p.Postgres() {
			if table == "standing_changes" { // asked once for all rows: no instant lies between the standing left and the one taken
				query = "INSERT INTO " + table + " (at, " + strings.Join(own, ", ") + ") SELECT (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint), "
			}
			query += strings.Join(own, ", ") + " FROM json_to_recordset($1::json) AS x (" + typed(own) + ")"
		} else {
			query += "value->>'" + strings.Join(own, "', value->>'") + "' FROM json_each($1)"
		}
		if _, err := p.Exec(ctx, query, string(text)); err != nil {
			return fmt.Errorf("write changes: %w", err)
		}
	}
	return nil
}

func typed(own []string) string {
	out := make([]string, len(own))
	for i, c := range own {
		t := types[c]
		if t == "" {
			t = "text"
		}
		out[i] = c + " " + t
	}
	return strings.Join(out, ", ")
}
