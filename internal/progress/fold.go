package progress

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Kept is how many calendar days back an answer may be asked for to the
// microsecond; before that, as of the end of a day.
const Kept = 35

const (
	batch  = 20_000     // changes folded in one transaction
	fencer = 7_305_1163 // key of the lock on PostgreSQL that makes folds take turns
)

// Fold adds the changes made since the last time into the sums and tells how many
// there were. Run it every half minute or so: without it answers are as right, but
// add up more and more changes. Several hubs may run it at once; they take turns.
// A record that has never been summed is summed whole, see [Board.Rebuild].
func (b *Board) Fold(ctx context.Context) (int, error) {
	began, err := b.began(ctx)
	if err != nil {
		return 0, err
	}
	if began == 0 {
		return 0, b.Rebuild(ctx)
	}
	folded := 0
	for {
		n := 0
		err := b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			n, err = fold(ctx, tx.Plain())
			return err
		})
		if err != nil {
			return folded, fmt.Errorf("fold changes: %w", err)
		}
		if folded += n; n < batch {
			return folded, b.compact(ctx)
		}
	}
}

func (b *Board) began(ctx context.Context) (began int64, err error) {
	err = b.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		began, _, err = marks(ctx, p)
		return err
	})
	return began, err
}

// marks are since when changes are recorded and until when they are compacted.
func marks(ctx context.Context, p store.Plain) (began, compacted int64, err error) {
	err = p.Each(ctx, "SELECT began, compacted FROM standing_marks WHERE id = 1", nil, func(scan func(...any) error) error {
		return scan(&began, &compacted)
	})
	return began, compacted, err
}

// fence lets one fold at a time through, until its transaction ends. The table is
// locked first, for that takes no snapshot: a transaction that repeats its reads
// sees what the fold before it has written. The other lock tells who folds.
func fence(ctx context.Context, p store.Plain) error {
	if !p.Postgres() {
		return nil
	}
	if _, err := p.Exec(ctx, "LOCK TABLE standing_marks IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return err
	}
	_, err := p.Exec(ctx, "SELECT pg_advisory_xact_lock($1)", int64(fencer))
	return err
}

// fold moves a batch of changes into the sums and the history.
func fold(ctx context.Context, p store.Plain) (int, error) {
	if err := fence(ctx, p); err != nil {
		return 0, err
	}
	moved, err := take(ctx, p, "standing_changes", "id IN (SELECT id FROM standing_changes ORDER BY id LIMIT $1)", batch)
	if err != nil || len(moved) == 0 {
		return 0, err
	}
	if err := insert(ctx, p, "standing_history", append([]string{"id", "at"}, columns...), moved); err != nil {
		return 0, err
	}
	return len(moved), put(ctx, p, spread(piled(moved), 0, township), true)
}

// piled are changes as the finest cells.
func piled(moved []entry) heap {
	h := heap{}
	for i := range moved {
		s := moved[i].standing()
		h.pile(&s, moved[i].N)
	}
	return h
}

// take removes changes from a table and returns them in order of their IDs.
func take(ctx context.Context, p store.Plain, table, where string, args ...any) ([]entry, error) {
	query := "DELETE FROM " + table + " WHERE " + where + " RETURNING id, at"
	for _, c := range columns {
		query += ", " + c
	}
	var out []entry
	err := p.Each(ctx, query, args, func(scan func(...any) error) error {
		var e entry
		err := e.scan(scan)
		out = append(out, e)
		return err
	})
	slices.SortFunc(out, func(a, b entry) int { return int(a.ID - b.ID) })
	return out, err
}

// tally is a cell as it goes over the wire.
type tally struct {
	Cell       string `json:"cell"`
	Grain      int    `json:"grain"`
	Place      string `json:"place"`
	Period     string `json:"period"`
	Kind       string `json:"kind"`
	Matter     string `json:"matter"`
	Department string `json:"department"`
	Channel    string `json:"channel"`
	CaseState  string `json:"case_state"`
	State      string `json:"state"`
	Warning    string `json:"warning"`
	Lead       bool   `json:"lead"`
	N          int    `json:"n"`
	OnTime     int    `json:"on_time"`
	Returns    int    `json:"returns"`
	Papers     int    `json:"papers"`
	Visits     int    `json:"visits"`
	Days       string `json:"days"` // hexadecimal
}

const (
	tallyColumns = "cell, grain, place, period, kind, matter, department, channel, case_state, state, warning, lead, n, on_time, returns, papers, visits"
	tallyTypes   = "cell text, grain int, place text, period text, kind text, matter text, department text, channel text, case_state text, state text, warning text, lead bool, n bigint, on_time bigint, returns bigint, papers bigint, visits bigint, days text"
	tallyLite    = "value->>'cell', value->>'grain', value->>'place', value->>'period', value->>'kind', value->>'matter', value->>'department', value->>'channel', value->>'case_state', value->>'state', value->>'warning', value->>'lead', value->>'n', value->>'on_time', value->>'returns', value->>'papers', value->>'visits'"
	tallyReplace = " ON CONFLICT (cell) DO UPDATE SET n = excluded.n, on_time = excluded.on_time, returns = excluded.returns, papers = excluded.papers, visits = excluded.visits, days = excluded.days"
)

// put writes cells: added to what is there, or as they are.
func put(ctx context.Context, p store.Plain, net heap, adding bool) error {
	keys := make(map[cell]string, len(net))
	for c := range net {
		keys[c] = c.key()
	}
	order := slices.SortedFunc(maps.Keys(net), func(a, b cell) int {
		if keys[a] < keys[b] {
			return -1
		}
		return 1
	})
	for some := range slices.Chunk(order, 5000) {
		if adding {
			if err := addKept(ctx, p, some, keys, net); err != nil {
				return err
			}
		}
		rows := make([]tally, len(some))
		for i, c := range some {
			t := net[c]
			rows[i] = tally{
				Cell: keys[c], Grain: c.grain, Place: c.place, Period: c.period, Kind: c.kind, Matter: c.matter, Department: c.department,
				Channel: c.channel, CaseState: c.caseState, State: c.state, Warning: c.warning, Lead: c.lead,
				N: t.n, OnTime: t.onTime, Returns: t.returns, Papers: t.papers, Visits: t.visits, Days: hex.EncodeToString(t.days.pack()),
			}
		}
		text, err := json.Marshal(rows)
		if err != nil {
			return err
		}
		query := "INSERT INTO standing_tallies (" + tallyColumns + ", days) SELECT "
		if p.Postgres() {
			query += tallyColumns + ", decode(days, 'hex') FROM json_to_recordset($1::json) AS x (" + tallyTypes + ")" + tallyReplace
		} else {
			query += tallyLite + ", unhex(value->>'days') FROM json_each($1) WHERE true" + tallyReplace
		}
		if _, err := p.Exec(ctx, query, string(text)); err != nil {
			return fmt.Errorf("write sums: %w", err)
		}
	}
	return nil
}

// addKept adds to cells what the table holds of them already.
func addKept(ctx context.Context, p store.Plain, some []cell, keys map[cell]string, net heap) error {
	names, by := make([]string, len(some)), make(map[string]*sums, len(some))
	for i, c := range some {
		names[i], by[keys[c]] = keys[c], net[c]
	}
	text, err := json.Marshal(names)
	if err != nil {
		return err
	}
	query := "SELECT cell, n, on_time, returns, papers, visits, days FROM standing_tallies WHERE cell "
	if p.Postgres() {
		query += "= ANY (ARRAY(SELECT json_array_elements_text($1::json)))"
	} else {
		query += "IN (SELECT value FROM json_each($1))"
	}
	return p.Each(ctx, query, []any{string(text)}, func(scan func(...any) error) error {
		var name string
		old, packed := sums{}, []byte(nil)
		if err := scan(&name, &old.n, &old.onTime, &old.returns, &old.papers, &old.visits, &packed); err != nil {
			return err
		}
		if err := old.days.unpack(packed); err != nil {
			return err
		}
		by[name].merge(&old)
		return nil
	})
}

// compact nets the changes of each calendar day that is longer ago than [Kept]:
// of a case that came and went within it nothing is left. What is left is dated
// with the day's last microsecond.
func (b *Board) compact(ctx context.Context) error {
	for {
		more := false
		err := b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) (err error) {
			more, err = compactDay(ctx, tx.Plain())
			return err
		})
		if err != nil {
			return fmt.Errorf("compact changes: %w", err)
		}
		if !more {
			return nil
		}
	}
}

func compactDay(ctx context.Context, p store.Plain) (more bool, err error) {
	if err := fence(ctx, p); err != nil {
		return false, err
	}
	_, compacted, err := marks(ctx, p)
	if err != nil {
		return false, err
	}
	var first, last *int64
	err = p.Each(ctx, "SELECT min(at), (SELECT max(at) FROM standing_history) FROM standing_history WHERE at > $1", []any{compacted}, func(scan func(...any) error) error {
		return scan(&first, &last)
	})
	if err != nil || first == nil || last == nil {
		return false, err
	}
	end := lastOf(*first)
	if workday.FromTime(time.UnixMicro(end)).AddDays(Kept) >= workday.FromTime(time.UnixMicro(*last)) {
		return false, nil
	}
	moved, err := take(ctx, p, "standing_history", "at > $1 AND at <= $2", compacted, end)
	if err != nil {
		return false, err
	}
	_, err = p.Exec(ctx, "UPDATE standing_marks SET compacted = $1 WHERE id = 1", end)
	return true, errors.Join(err, insert(ctx, p, "standing_history", append([]string{"id", "at"}, columns...), netted(moved, end)))
}

// netted are changes of one day, those that cancel each other taken out.
func netted(moved []entry, at int64) []entry {
	sum := Standings{}
	for i := range moved {
		sum.add(moved[i].standing(), moved[i].N)
	}
	out := make([]entry, 0, len(sum))
	for i := range moved { // in their order, each under the ID of its first
		s := moved[i].standing()
		if n, left := sum[s]; left {
			e := entryOf(s, n)
			e.ID, e.At = moved[i].ID, at
			out = append(out, e)
			delete(sum, s)
		}
	}
	return out
}

// lastOf is the last microsecond of the calendar day, in China, of an instant.
func lastOf(at int64) int64 {
	return workday.FromTime(time.UnixMicro(at)).AddDays(1).Time().UnixMicro() - 1
}
