package progress

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Rebuild sums the whole record anew, county by county, and forgets what was
// recorded of changes: answers can be had as of now and later, not before. It is
// for a record that was filled without [Board.Note]: by an import, by example
// cases, by an earlier version. Whoever changes a case waits until it is done,
// minutes for a million of them (docs/analysts.md): not for office hours.
func (b *Board) Rebuild(ctx context.Context) error {
	err := b.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		p := tx.Plain()
		if err := fence(ctx, p); err != nil {
			return err
		}
		if p.Postgres() {
			if _, err := p.Exec(ctx, "LOCK TABLE standing_changes IN EXCLUSIVE MODE"); err != nil {
				return err
			}
		}
		for _, t := range []string{"standing_changes", "standing_history", "standing_tallies"} {
			if _, err := p.Exec(ctx, "DELETE FROM "+t); err != nil {
				return err
			}
		}
		if err := b.sumAll(ctx, p); err != nil {
			return err
		}
		began := "$1"
		if p.Postgres() {
			began = "greatest($1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint)"
		}
		_, err := p.Exec(ctx, "UPDATE standing_marks SET began = "+began+", compacted = 0 WHERE id = 1", time.Now().UnixMicro())
		return err
	})
	if err != nil {
		return fmt.Errorf("sum the record anew: %w", err)
	}
	return nil
}

// sumAll sums county after county, so that memory holds one county's cells and
// those of the levels above.
func (b *Board) sumAll(ctx context.Context, p store.Plain) error {
	var counties []string
	err := p.Each(ctx, "SELECT DISTINCT substr(division, 1, 6) FROM case_files ORDER BY 1", nil, func(scan func(...any) error) error {
		var code string
		err := scan(&code)
		counties = append(counties, code)
		return err
	})
	if err != nil {
		return fmt.Errorf("counties: %w", err)
	}
	above := map[cell]*sums{}
	for _, code := range counties {
		own := map[cell]*sums{}
		if err := b.sumCounty(ctx, p, code, own); err != nil {
			return fmt.Errorf("county %s: %w", code, err)
		}
		for c, t := range own {
			if c.grain/8 == len(summed)-1 {
				continue
			}
			if above[c] == nil {
				above[c] = &sums{}
			}
			above[c].merge(t)
			delete(own, c)
		}
		if err := put(ctx, p, own, false); err != nil {
			return err
		}
	}
	return put(ctx, p, above, false)
}

func (b *Board) sumCounty(ctx context.Context, p store.Plain, code string, to map[cell]*sums) error {
	lo, hi := division.Range(code + "000000")
	if code[2:] == "0000" || code[4:] == "00" { // a case of the province or city itself
		hi = code + "999999"
	}
	now, own, calendar := Standings{}, Standings{}, b.Calendar()
	var files, items []lasted
	err := cases(ctx, p, "c.division >= $1 AND c.division <= $2", []any{lo, hi}, true, func(f *file) error {
		whole, parts := f.lasted(calendar)
		files, items = append(files, whole...), append(items, parts...)
		clear(own)
		f.count(calendar, own, 1)
		for s, n := range own {
			now.add(s.coarse(), n)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for s, n := range now {
		count(to, &s, n)
	}
	return errors.Join(lastedAll(ctx, p, "case_files", files), lastedAll(ctx, p, "items", items))
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
