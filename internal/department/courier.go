package department

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	bagSize      = 64 // callbacks under way at once
	firstPause   = 250 * time.Millisecond
	longestPause = 30 * time.Second
)

// letter is a callback on its way.
type letter struct {
	item     string
	sequence int64
	attempts int
	url      string
	body     []byte
	err      error
}

// announce writes the callback that tells how an item now stands. An item
// without an address is asked about, not told.
func (o *office) announce(tx *sql.Tx, id string) error {
	m, err := message(o, tx.QueryRow(`SELECT `+messageColumns+` FROM items WHERE id = ?`, id))
	if err != nil {
		return err
	}
	body, err := json.Marshal(m)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	return o.keepNotice(tx, m, body)
}

// keepNotice puts a callback into the courier's book, for now or for later.
func (o *office) keepNotice(tx *sql.Tx, m port.Message, body []byte) error {
	at := o.now()
	if odds := o.trouble.get().Odds; o.odd(odds.LateCallback, "late", m.Item, 0) {
		at = at.Add(odds.LateBy)
	}
	_, err := tx.Exec(`INSERT INTO notices (item, sequence, body, next_at) SELECT id, ?, ?, ? FROM items WHERE id = ? AND callback <> ''`,
		m.Sequence, body, at.UnixMilli(), m.Item)
	if err != nil {
		return fmt.Errorf("keep callback: %w", err)
	}
	return nil
}

// courier sends callbacks until each is confirmed with 2xx, over any number of
// processes. It may say a thing twice: a confirmation can be lost.
func (o *office) courier() {
	for {
		next, err := o.round()
		if err != nil && o.ctx.Err() == nil {
			o.config.Log.Error().Err(err).Str("department", o.code).Msg("department could not call back")
			next = o.now().Add(time.Second)
		}
		if !o.sleep(o.courierBell, next) {
			return
		}
	}
}

// round sends what is due and returns when the next callback is; zero if none waits.
func (o *office) round() (time.Time, error) {
	for {
		f := o.trouble.get()
		if f.Silent || f.NoCallbacks {
			return time.Time{}, nil // SetFault rings when that is over
		}
		bag, next, err := o.bag(f.ShuffledCallbacks)
		if err != nil || len(bag) == 0 {
			return next, err
		}
		var sending sync.WaitGroup
		for i := range bag {
			sending.Go(func() {
				bag[i].err = o.send(bag[i])
				if twice := f.DuplicateCallbacks || o.odd(f.Odds.DoubleCallback, "double", bag[i].item, 0); twice && bag[i].err == nil {
					bag[i].err = o.send(bag[i])
				}
			})
		}
		sending.Wait()
		if err := o.settle(bag); err != nil {
			return time.Time{}, err
		}
	}
}

// bag takes due callbacks, one for each item: the oldest, or for a shuffling
// department the newest of an item that is decided.
func (o *office) bag(shuffled bool) ([]letter, time.Time, error) {
	now := o.now().UnixMilli()
	order := `NOT EXISTS (SELECT 1 FROM notices m WHERE m.item = n.item AND m.sequence < n.sequence AND m.next_at IS NOT NULL)`
	if shuffled {
		order = `i.next_at IS NULL AND NOT EXISTS (SELECT 1 FROM notices m WHERE m.item = n.item AND m.sequence > n.sequence AND m.next_at IS NOT NULL)`
	}
	rows, err := o.book.readers.QueryContext(o.ctx, `SELECT n.item, n.sequence, n.attempts, i.callback, n.body FROM notices n JOIN items i ON i.id = n.item
		WHERE n.next_at <= ? AND `+order+` ORDER BY n.next_at, n.item LIMIT ?`, now, bagSize)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("due callbacks: %w", err)
	}
	bag, err := letters(rows)
	if err != nil || len(bag) > 0 {
		return bag, time.Time{}, err
	}
	var next sql.NullInt64
	err = o.book.readers.QueryRowContext(o.ctx, `SELECT min(next_at) FROM notices WHERE next_at > ?`, now).Scan(&next)
	if err != nil || !next.Valid {
		return nil, time.Time{}, err
	}
	return nil, fromMillis(next.Int64), nil
}

func letters(rows *sql.Rows) ([]letter, error) {
	defer func() { _ = rows.Close() }()
	var bag []letter
	for rows.Next() {
		var l letter
		if err := rows.Scan(&l.item, &l.sequence, &l.attempts, &l.url, &l.body); err != nil {
			return nil, fmt.Errorf("due callbacks: %w", err)
		}
		bag = append(bag, l)
	}
	return bag, rows.Err()
}

func (o *office) send(l letter) error {
	ctx, cancel := context.WithTimeout(o.ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, l.url, bytes.NewReader(l.body))
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(port.SignatureHeader, port.SignCallback([]byte(o.secrets.Callback), l.body, o.now()))
	res, err := o.config.Callbacks.Do(req)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // lets the connection be used again
	_ = res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return errors.New("callback not confirmed: " + res.Status)
	}
	return nil
}

// settle notes what was confirmed and when to try the rest again.
func (o *office) settle(bag []letter) error {
	now := o.now()
	return o.book.write(o.ctx, func(tx *sql.Tx) error {
		for _, l := range bag {
			var next sql.NullInt64
			if l.err != nil {
				next = sql.NullInt64{Int64: now.Add(pause(l.attempts)).UnixMilli(), Valid: true}
			}
			if _, err := tx.Exec(`UPDATE notices SET attempts = attempts + 1, next_at = ? WHERE item = ? AND sequence = ?`, next, l.item, l.sequence); err != nil {
				return fmt.Errorf("settle callback: %w", err)
			}
		}
		return nil
	})
}

// pause doubles from a quarter of a second to half a minute.
func pause(attempts int) time.Duration {
	return min(firstPause<<min(attempts, 10), longestPause)
}

// Unsent counts the callbacks that nobody has confirmed yet, by department.
func (f *Fleet) Unsent(ctx context.Context) (map[string]int, error) {
	unsent := map[string]int{}
	for code, o := range f.offices {
		var n int
		if err := o.book.readers.QueryRowContext(ctx, `SELECT count(*) FROM notices WHERE next_at IS NOT NULL`).Scan(&n); err != nil {
			return nil, fmt.Errorf("department %s: %w", code, err)
		}
		unsent[code] = n
	}
	return unsent, nil
}
