package progress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Rebuild sums the whole record anew; as of before, no answers can be had
// afterwards. It is for a record that was filled without [Board.Note]: by an
// import, by example cases, by an earlier version. Nobody waits for it: each
// county is summed in a transaction of its own from one view of the record, and
// takes with it the changes that this view shows; then cities and provinces are
// summed from their counties. Answers are right throughout, as far as they were
// before. Broken off, it is begun again by the next [Board.Fold] of a record that
// has never been summed.
func (b *Board) Rebuild(ctx context.Context) error {
	counties, err := b.counties(ctx)
	if err != nil {
		return fmt.Errorf("sum the record anew: %w", err)
	}
	for _, code := range counties {
		if err := b.apart(ctx, func(ctx context.Context, p store.Plain) error { return b.sumCounty(ctx, p, code) }); err != nil {
			return fmt.Errorf("sum county %s anew: %w", code, err)
		}
	}
	began := time.Now().UnixMicro()
	for _, level := range []int{1, 0} {
		for _, code := range prefixes(counties, widths[level]) {
			if err := b.apart(ctx, func(ctx context.Context, p store.Plain) error { return sumAbove(ctx, p, code, level) }); err != nil {
				return fmt.Errorf("sum %s anew: %w", code, err)
			}
		}
	}
	return b.apart(ctx, func(ctx context.Context, p store.Plain) error {
		from := "$1"
		if p.Postgres() {
			from = "greatest($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
		}
		_, err := p.Exec(ctx, "UPDATE standing_marks SET began = "+from+" WHERE id = 1", began)
		return err
	})
}

// counties are the codes, six digits, of all that have cases or had some when last summed.
func (b *Board) counties(ctx context.Context) (out []string, err error) {
	err = b.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		query := "SELECT DISTINCT substr(division, 1, 6) FROM case_files UNION SELECT DISTINCT substr(place, 1, 6) FROM standing_tallies WHERE grain = $1 ORDER BY 1"
		return p.Each(ctx, query, []any{grain(county, whole, false, false)}, func(scan func(...any) error) error {
			var code string
			err := scan(&code)
			out = append(out, code)
			return err
		})
	})
	return out, err
}

func prefixes(codes []string, width int) (out []string) {
	for _, code := range codes {
		out = append(out, code[:width])
	}
	return slices.Compact(out) // they are in order
}

const attempts = 5

// apart runs a part of the summing in a transaction that sees the record as of one
// moment, one fold at a time, again if somebody changed the same rows.
func (b *Board) apart(ctx context.Context, f func(context.Context, store.Plain) error) (err error) {
	for range attempts {
		err = b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			p := tx.Plain()
			if p.Postgres() {
				if _, err := p.Exec(ctx, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ"); err != nil {
					return err
				}
			}
			if err := fence(ctx, p); err != nil {
				return err
			}
			return f(ctx, p)
		})
		var said interface{ SQLState() string }
		if !errors.As(err, &said) || said.SQLState() != "40001" && said.SQLState() != "40P01" { // serialization failure, deadlock
			return err
		}
	}
	return err
}

// bounds are the first and the last division that begin with a code.
func bounds(code string) (lo, hi string) {
	return code + strings.Repeat("0", 12-len(code)), code + strings.Repeat("9", 12-len(code))
}

// sumCounty sums a county's cases as this transaction sees them. The changes that
// it sees are in that sum; they are history for the county and are added to what
// lies above, as by a fold.
func (b *Board) sumCounty(ctx context.Context, p store.Plain, code string) error {
	lo, hi := bounds(code)
	moved, err := take(ctx, p, "standing_changes", "division >= $1 AND division <= $2", lo, hi)
	if err != nil {
		return err
	}
	if err := insert(ctx, p, "standing_history", append([]string{"id", "at"}, columns...), moved); err != nil {
		return err
	}
	if err := put(ctx, p, spread(piled(moved), 0, county-1), true); err != nil {
		return err
	}
	finest, own, calendar := heap{}, Standings{}, b.Calendar()
	var files, items []lasted
	err = cases(ctx, p, "c.division >= $1 AND c.division <= $2", []any{lo, hi}, true, func(f *file) error {
		whole, parts := f.lasted(calendar)
		files, items = append(files, whole...), append(items, parts...)
		clear(own)
		f.count(calendar, own, 1)
		for s, n := range own {
			finest.pile(&s, n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := replace(ctx, p, code, county, township, spread(finest, county, township)); err != nil {
		return err
	}
	return errors.Join(lastedAll(ctx, p, "case_files", files), lastedAll(ctx, p, "items", items))
}

// sumAbove sums a city from its counties, or a province from its cities.
func sumAbove(ctx context.Context, p store.Plain, code string, level int) error {
	lo, hi := bounds(code)
	finest := heap{}
	query := "SELECT grain, place, period, kind, matter, department, channel, case_state, state, warning, lead, n, on_time, returns, papers, visits, days FROM standing_tallies" +
		" WHERE (grain = $1 OR grain = $2 AND kind = $3) AND place >= $4 AND place <= $5"
	args := []any{grain(level+1, months, true, true), grain(level+1, months, false, true), ofCase, lo, hi}
	err := p.Each(ctx, query, args, func(scan func(...any) error) error {
		var c cell
		var t sums
		var packed []byte
		err := scan(&c.grain, &c.place, &c.period, &c.kind, &c.matter, &c.department, &c.channel, &c.caseState, &c.state, &c.warning, &c.lead,
			&t.n, &t.onTime, &t.returns, &t.papers, &t.visits, &packed)
		if err != nil {
			return err
		}
		if err := t.days.unpack(packed); err != nil {
			return err
		}
		finest.at(c).merge(&t)
		return nil
	})
	if err != nil {
		return err
	}
	return replace(ctx, p, code, level, level, spread(finest, level, level))
}

// replace puts sums of a place in the stead of those there are, on levels from top to bottom.
func replace(ctx context.Context, p store.Plain, code string, top, bottom int, by heap) error {
	var of []string
	for g := top * grains; g < (bottom+1)*grains; g++ {
		of = append(of, strconv.Itoa(g))
	}
	lo, hi := bounds(code)
	if _, err := p.Exec(ctx, "DELETE FROM standing_tallies WHERE grain IN ("+strings.Join(of, ", ")+") AND place >= $1 AND place <= $2", lo, hi); err != nil {
		return fmt.Errorf("forget sums: %w", err)
	}
	return put(ctx, p, by, false)
}

// lasted is how long something took that ended before this was written down.
type lasted struct {
	ID       string `json:"id"`
	Workdays int    `json:"workdays"`
	OnTime   bool   `json:"on_time"`
}

// lasted is how long a case and those of its items took of which it is not written yet.
func (f *file) lasted(c *workday.Calendar) (files, items []lasted) {
	if used, onTime := f.took(c); used != nil && f.workdays == nil {
		files = append(files, lasted{f.id, *used, onTime})
	}
	for _, i := range f.items {
		if used, onTime := f.tookItem(c, i); used != nil && i.workdays == nil {
			items = append(items, lasted{i.id, *used, onTime})
		}
	}
	return files, items
}

func lastedAll(ctx context.Context, p store.Plain, table string, all []lasted) error {
	if len(all) == 0 {
		return nil
	}
	text, err := json.Marshal(all)
	if err != nil {
		return err
	}
	from := "json_to_recordset($1::json) AS x (id text, workdays bigint, on_time bool)"
	if !p.Postgres() {
		from = "(SELECT value->>'id' AS id, value->>'workdays' AS workdays, value->>'on_time' AS on_time FROM json_each($1)) AS x"
	}
	if _, err := p.Exec(ctx, "UPDATE "+table+" SET workdays = x.workdays, on_time = x.on_time FROM "+from+" WHERE x.id = "+table+".id", string(text)); err != nil {
		return fmt.Errorf("how long %s took: %w", table, err)
	}
	return nil
}
