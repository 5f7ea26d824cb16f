package retention

import (
	"context"
	"encoding/json"
	"fmt"
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

const batch = 200

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

// Round takes everything that is due, a batch in each transaction. It is a round
// (internal/queue): cut off, it is taken up by the next.
func (k *Keeper) Round(ctx context.Context) (all []Due, err error) {
	r, err := k.rules()
	if err != nil {
		return nil, err
	}
	ctx = access.AsMachine(ctx, "retention")
	for _, t := range r.All() {
		d := Due{Term: t}
		for last := ""; ; {
			ids, err := k.batch(ctx, t, last)
			if err != nil {
				return all, fmt.Errorf("retention of %s: %w", t.Name, err)
			}
			if len(ids) == 0 {
				break
			}
			d.Rows += int64(len(ids))
			last = ids[len(ids)-1]
			if k.Told != nil {
				k.Told(t, int64(len(ids)))
			}
		}
		all = append(all, d)
		if d.Rows > 0 {
			k.Log.Info().Str("rule", t.Name).Str("table", t.table).Str("done", t.Do).Int64("rows", d.Rows).Msg("what need not be kept is gone")
		}
	}
	return all, nil
}

// batch takes the next rows of a term, and answers which.
func (k *Keeper) batch(ctx context.Context, t *Term, last string) (ids []string, err error) {
	most := k.Batch
	if most == 0 {
		most = batch
	}
	err = k.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		ids = nil
		p := tx.Plain()
		where, args := t.due(k.Now())
		query := t.query(where, most)
		if p.Postgres() {
			query += " FOR UPDATE OF t SKIP LOCKED" // who works with a row goes first; the next round looks again
		}
		err := p.Each(ctx, query, append(args, last), func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		})
		if err != nil || len(ids) == 0 {
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
	return ids, err
}

// among is true of a column whose value is in a list of texts, written as JSON in $1.
func among(p store.Plain, column string) string {
	if p.Postgres() {
		return column + " = ANY (ARRAY(SELECT json_array_elements_text($1::json)))"
	}
	return column + " IN (SELECT value FROM json_each($1))"
}

func (k *Keeper) empty(ctx context.Context, p store.Plain, t *Term, list string) error {
	set := ""
	for i, c := range t.Empties {
		if i > 0 {
			set += ", "
		}
		set += c + " = NULL"
	}
	_, err := p.Exec(ctx, "UPDATE "+t.table+" SET "+set+" WHERE "+among(p, "id"), list)
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
		if _, err := p.Exec(ctx, "DELETE FROM "+with+" WHERE "+among(p, "case_id"), list); err != nil {
			return fmt.Errorf("with its %s: %w", with, err)
		}
	}
	if _, err := p.Exec(ctx, "DELETE FROM "+t.table+" WHERE "+among(p, "id"), list); err != nil {
		return err
	}
	return gone(ctx)
}
