// Package rekey seals what is in the record anew after a rotation of keys, while everybody works.
//
// It goes through the rows by their keys and replaces what an older key sealed, a few
// rows at a time: only where the bytes are still those that were read, so that whoever
// writes meanwhile wins, and only rows that nobody holds, so that nobody waits for us
// in a circle. What is done stands in the rows themselves. So a pass that is cut off is
// taken up by the next one, and two at once do each row once. Between batches it rests,
// the longer the busier the database is.
package rekey

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// Worker seals anew. Its fields are set before use and do not change.
type Worker struct {
	Store   *store.Store
	Vault   *vault.Vault
	Columns []vault.Column // of all rooms
	Log     zerolog.Logger

	Batch int     // rows in one transaction; default 200
	Share float64 // of the time that may be spent in transactions, at most 1, which is without rest; default 0.2

	// Rest waits between two batches; nil waits by the clock.
	Rest func(context.Context, time.Duration) error

	// Told is called after each batch, and once for each column that is begun with
	// no rows done; nil for nobody.
	Told func(Progress)
}

// Progress is how far a pass has come with one column.
type Progress struct {
	Table, Column string
	Rows          int   // sealed anew by the last batch
	Left          int64 // still to be done, as counted when the column was begun
}

// Result is what one pass did.
type Result struct {
	Rows    int64 // sealed anew
	Passed  int64 // over: somebody else held or changed them; the next pass looks again
	Damaged int64 // do not open with any key that is here, and are left as they are
}

// Clean tells whether the pass left nothing to do that can be done.
func (r Result) Clean() bool { return r.Rows == 0 && r.Passed == 0 }

// Left counts the sealed values in the record by the ID of the key that they need,
// all as of one moment.
func (w *Worker) Left(ctx context.Context) (map[uint8]int64, error) {
	all := map[uint8]int64{}
	err := w.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		for _, c := range w.Columns {
			query := fmt.Sprintf(`SELECT substr(%[1]s, 1, 1), count(*) FROM %[2]s WHERE length(%[1]s) > 0 GROUP BY 1`, c.Name, c.Table)
			err := p.Each(ctx, query, nil, func(scan func(...any) error) error {
				var id []byte
				var n int64
				if err := scan(&id, &n); err != nil {
					return err
				}
				all[id[0]] += n
				return nil
			})
			if err != nil {
				return fmt.Errorf("%s.%s: %w", c.Table, c.Name, err)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("count sealed values: %w", err)
	}
	return all, nil
}

// ErrNeeded says that rows still need a key.
var ErrNeeded = errors.New("there are values that only this key opens")

// Free tells whether no value needs the key of an ID any more; otherwise it fails
// with [ErrNeeded]. The caller has made sure that nobody seals with it.
func (w *Worker) Free(ctx context.Context, id uint8) error {
	left, err := w.Left(ctx)
	if err != nil {
		return err
	}
	if n := left[id]; n > 0 {
		return fmt.Errorf("key %d, %d values: %w", id, n, ErrNeeded)
	}
	return nil
}

// Pass goes through all columns once and seals anew what an older key sealed. When it
// fails, or is cut off, what it did stays done.
func (w *Worker) Pass(ctx context.Context) (r Result, err error) {
	pace := &pacer{share: w.Share, rest: w.Rest}
	for _, c := range w.Columns {
		if err := w.column(ctx, c, pace, &r); err != nil {
			return r, fmt.Errorf("seal %s.%s anew: %w", c.Table, c.Name, err)
		}
	}
	return r, nil
}

func (w *Worker) column(ctx context.Context, c vault.Column, pace *pacer, r *Result) error {
	left, err := w.stale(ctx, c)
	if err != nil || left == 0 {
		return err
	}
	log := w.Log.With().Str("table", c.Table).Str("column", c.Name).Logger()
	log.Info().Int64("rows", left).Uint8("key", w.Vault.Current()).Msg("sealing anew")
	w.tell(Progress{c.Table, c.Name, 0, left})
	spoken, begun := time.Now(), r.Rows
	for after := ""; ; {
		start := time.Now()
		rows, err := w.page(ctx, c, after)
		if err != nil || len(rows) == 0 {
			log.Info().Int64("rows", r.Rows-begun).Msg("sealed anew")
			return err
		}
		after = rows[len(rows)-1].id
		fresh := w.anew(c, rows, r)
		done, err := w.put(ctx, c, fresh)
		if err != nil {
			return err
		}
		r.Rows += done
		r.Passed += int64(len(fresh)) - done
		left = max(0, left-int64(len(rows)))
		w.tell(Progress{c.Table, c.Name, int(done), left})
		if time.Since(spoken) > 10*time.Second {
			spoken = time.Now()
			log.Info().Int64("rows", r.Rows-begun).Int64("left", left).Msg("sealing anew")
		}
		if err := pace.wait(ctx, len(rows), time.Since(start)); err != nil {
			return err
		}
	}
}

func (w *Worker) tell(p Progress) {
	if w.Told != nil {
		w.Told(p)
	}
}

// row is one sealed value, as it was read, and sealed anew.
type row struct {
	id       string
	of       []string
	old, new []byte
}

// stale counts the values of a column that another key than the current one sealed.
func (w *Worker) stale(ctx context.Context, c vault.Column) (n int64, err error) {
	query := fmt.Sprintf(`SELECT count(*) FROM %[2]s WHERE length(%[1]s) > 0 AND substr(%[1]s, 1, 1) <> $1`, c.Name, c.Table)
	err = w.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, query, []any{[]byte{w.Vault.Current()}}, func(scan func(...any) error) error { return scan(&n) })
	})
	return n, err
}

// page reads the next values that another key sealed, in the order of their rows' keys.
func (w *Worker) page(ctx context.Context, c vault.Column, after string) (rows []row, err error) {
	query := fmt.Sprintf(`SELECT id, %[1]s, %[3]s FROM %[2]s WHERE id > $1 AND length(%[1]s) > 0 AND substr(%[1]s, 1, 1) <> $2 ORDER BY id LIMIT $3`,
		c.Name, c.Table, strings.Join(c.Of, ", "))
	args := []any{after, []byte{w.Vault.Current()}, w.batch()}
	err = w.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, query, args, func(scan func(...any) error) error {
			r := row{of: make([]string, len(c.Of))}
			to := []any{&r.id, &r.old}
			for i := range r.of {
				to = append(to, &r.of[i])
			}
			if err := scan(to...); err != nil {
				return err
			}
			r.old = slices.Clone(r.old)
			rows = append(rows, r)
			return nil
		})
	})
	return rows, err
}

func (w *Worker) batch() int {
	if w.Batch > 0 {
		return w.Batch
	}
	return 200
}

// anew opens and seals. What does not open is told to whoever runs us, by the row's ID.
func (w *Worker) anew(c vault.Column, rows []row, r *Result) []row {
	var fresh []row
	for _, one := range rows {
		bind := c.Bind(one.of)
		plain, err := w.Vault.Open(one.old, bind)
		if err != nil {
			r.Damaged++
			w.Log.Error().Err(err).Str("table", c.Table).Str("column", c.Name).Str("row", one.id).Msg("a sealed value does not open; it is left as it is")
			continue
		}
		one.new = w.Vault.Seal(plain, bind)
		clear(plain)
		fresh = append(fresh, one)
	}
	return fresh
}

// put writes what was sealed anew where the old bytes still stand, and tells how
// many rows that were. On PostgreSQL it takes only rows that nobody holds.
func (w *Worker) put(ctx context.Context, c vault.Column, rows []row) (done int64, err error) {
	if len(rows) == 0 {
		return 0, nil
	}
	err = w.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		p := tx.Plain()
		done = 0
		if p.Postgres() {
			ids, olds, news := make([]string, len(rows)), make([][]byte, len(rows)), make([][]byte, len(rows))
			for i, r := range rows {
				ids[i], olds[i], news[i] = r.id, r.old, r.new
			}
			done, err = p.Exec(ctx, fmt.Sprintf(`WITH free AS MATERIALIZED (SELECT id FROM %[2]s WHERE id = ANY($1::text[]) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
				UPDATE %[2]s t SET %[1]s = v.fresh FROM unnest($1::text[], $2::bytea[], $3::bytea[]) AS v(id, old, fresh), free
				WHERE free.id = v.id AND t.id = v.id AND t.%[1]s = v.old`, c.Name, c.Table), ids, olds, news)
			return err
		}
		for _, r := range rows {
			n, err := p.Exec(ctx, fmt.Sprintf(`UPDATE %[2]s SET %[1]s = $1 WHERE id = $2 AND %[1]s = $3`, c.Name, c.Table), r.new, r.id, r.old)
			if err != nil {
				return err
			}
			done += n
		}
		return nil
	})
	return done, err
}

// Keys are the IDs in what [Worker.Left] counts, sorted.
func Keys(left map[uint8]int64) []uint8 { return slices.Sorted(maps.Keys(left)) }
