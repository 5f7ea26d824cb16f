package retention

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Keeper does what the rules say. Its fields are set before use and do not change.
type Keeper struct {
	Store *store.Store
	Rules *Rules // nil: those that ship
	Now   func() time.Time
	Log   zerolog.Logger
	Batch int // rows in one transaction; default 200

	// Going is told, in the transaction, which rows of a table are about to be
	// deleted, by table; what it answers is called once they are. Sums that count
	// them are kept right so.
	Going map[string]func(ctx context.Context, tx store.Tx, ids []string) (gone func(context.Context) error, err error)

	// Told is called after each batch that took something; nil for nobody.
	Told func(t *Term, rows int64)
}

// Due is how many rows of a term are over.
type Due struct {
	Term *Term
	Rows int64
}

const (
	batch = 200    // rows in one transaction
	ahead = 10_000 // that are looked for in one go: what is due is found by going through a table
)

func (k *Keeper) rules() (*Rules, error) {
	if k.Rules != nil {
		return k.Rules, nil
	}
	return Builtin()
}

// Check counts what a round would take now, all as of one moment, and takes nothing.
func (k *Keeper) Check(ctx context.Context) (all []Due, err error) {
	r, err := k.rules()
	if err != nil {
		return nil, err
	}
	err = k.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		all = nil
		for _, t := range r.All() {
			d := Due{Term: t}
			where, args := t.due(k.Now())
			query := fmt.Sprintf("SELECT count(*) FROM %s t WHERE %s", t.table, where)
			if err := p.Each(ctx, query, args, func(scan func(...any) error) error { return scan(&d.Rows) }); err != nil {
				return fmt.Errorf("what is due of %s: %w", t.Name, err)
			}
			all = append(all, d)
		}
		return nil
	})
	return all, err
}

// Round takes everything that is due, a batch in each transaction, and tells how many
// rows went by each rule it came to. It is a round (internal/queue): cut off, it is
// taken up by the next.
func (k *Keeper) Round(ctx context.Context) (all []Due, err error) {
	r, err := k.rules()
	if err != nil {
		return nil, err
	}
	ctx = access.AsMachine(ctx, "retention")
	for _, t := range r.All() {
		rows, err := k.term(ctx, t)
		all = append(all, Due{t, rows})
		if rows > 0 {
			k.Log.Info().Str("rule", t.Name).Str("table", t.table).Str("done", t.Do).Int64("rows", rows).Msg("what need not be kept is gone")
		}
		if err != nil {
			return all, fmt.Errorf("retention of %s: %w", t.Name, err)
		}
	}
	return all, nil
}

// term takes all that is due of one term, and tells how many rows that were, also when
// it fails.
func (k *Keeper) term(ctx context.Context, t *Term) (rows int64, err error) {
	for last := ""; ; {
		due, err := k.after(ctx, t, last)
		if err != nil || len(due) == 0 {
			return rows, err
		}
		last = due[len(due)-1]
		for ids := range slices.Chunk(due, cmp.Or(k.Batch, batch)) {
			began := time.Now()
			n, err := k.take(ctx, t, ids)
			if err != nil {
				return rows, err
			}
			rows += n
			if k.Told != nil && n > 0 {
				k.Told(t, n)
			}
			if err := rest(ctx, time.Since(began)); err != nil {
				return rows, err
			}
		}
	}
}

// rest waits after a batch for as long as it took, so that who works meanwhile has at
// least half of the database.
func rest(ctx context.Context, took time.Duration) error {
	timer := time.NewTimer(min(took, time.Second))
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// after are the next rows of a term that are due, in the order of their IDs.
func (k *Keeper) after(ctx context.Context, t *Term, last string) (ids []string, err error) {
	where, args := t.due(k.Now())
	query := fmt.Sprintf("SELECT t.id FROM %s t WHERE %s AND t.id > $3 ORDER BY t.id LIMIT %d", t.table, where, ahead)
	err = k.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) (err error) {
		ids, err = texts(ctx, p, query, append(args, last))
		return err
	})
	return ids, err
}

// take does to rows what the term says, as far as it is still over for them: somebody
// may have taken them up since they were found.
func (k *Keeper) take(ctx context.Context, t *Term, found []string) (n int64, err error) {
	all, err := json.Marshal(found)
	if err != nil {
		return 0, err
	}
	err = k.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		p := tx.Plain()
		where, args := t.due(k.Now())
		query := "SELECT t.id FROM " + t.table + " t WHERE " + among(p, "t.id", "$3") + " AND " + where + " ORDER BY t.id"
		if p.Postgres() {
			query += " FOR UPDATE OF t SKIP LOCKED" // who works with a row goes first; the next round looks again
		}
		ids, err := texts(ctx, p, query, append(args, string(all)))
		if n = int64(len(ids)); err != nil || n == 0 {
			return err
		}
		list, err := json.Marshal(ids)
		if err != nil {
			return err
		}
		if t.Do == Anonymous {
			return k.empty(ctx, p, t, string(list))
		}
		return k.remove(ctx, tx, t, ids, string(list))
	})
	return n, err
}

// texts is what a query of one column finds.
func texts(ctx context.Context, p store.Plain, query string, args []any) (out []string, err error) {
	err = p.Each(ctx, query, args, func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		out = append(out, s)
		return err
	})
	return out, err
}

// among is true of a column whose value is in a list of texts, a parameter with JSON.
func among(p store.Plain, column, list string) string {
	if p.Postgres() {
		return column + " = ANY (ARRAY(SELECT json_array_elements_text(" + list + "::json)))"
	}
	return column + " IN (SELECT value FROM json_each(" + list + "))"
}

func (k *Keeper) empty(ctx context.Context, p store.Plain, t *Term, list string) error {
	set := ""
	for i, c := range t.Empties {
		if i > 0 {
			set += ", "
		}
		set += c + " = NULL"
	}
	_, err := p.Exec(ctx, "UPDATE "+t.table+" SET "+set+" WHERE "+among(p, "id", "$1"), list)
	return err
}

func (k *Keeper) remove(ctx context.Context, tx store.Tx, t *Term, ids []string, list string) error {
	gone := func(context.Context) error { return nil }
	if going := k.Going[t.table]; going != nil {
		var err error
		if gone, err = going(ctx, tx, ids); err != nil {
			return err
		}
	}
	p := tx.Plain()
	for _, with := range t.With {
		if _, err := p.Exec(ctx, "DELETE FROM "+with+" WHERE "+among(p, "case_id", "$1"), list); err != nil {
			return fmt.Errorf("with its %s: %w", with, err)
		}
	}
	if _, err := p.Exec(ctx, "DELETE FROM "+t.table+" WHERE "+among(p, "id", "$1"), list); err != nil {
		return err
	}
	return gone(ctx)
}
