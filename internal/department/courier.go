package department

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
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
	matter   string
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
	if o.resultFault(m.Matter).HalfCommit {
		return nil
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
	if odds := o.resultFault(m.Matter).Odds; o.odd(odds.LateCallback, "late", m.Item, 0) {
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

// resultFault is how the callbacks of a matter misbehave.
func (o *office) resultFault(matter string) Fault { return o.trouble.of(o.life("RESULT", matter)) }

// speaks says whether a department that misbehaves so calls back at all.
func (o *office) speaks(f Fault) bool { return !f.Silent && !f.NoCallbacks }

// matterList lists the matters whose callbacks misbehave in some way, for SQL.
func (o *office) matterList(so func(Fault) bool) string {
	list := []byte{'['}
	for code := range o.matters {
		if so(o.resultFault(code)) {
			list = append(strconv.AppendQuote(list, code), ',')
		}
	}
	return string(append(bytes.TrimSuffix(list, []byte{','}), ']'))
}

// round sends what is due and returns when the next callback is; zero if none waits.
func (o *office) round() (time.Time, error) {
	for {
		bag, next, err := o.bag()
		if err != nil || len(bag) == 0 {
			return next, err
		}
		var sending sync.WaitGroup
		for i := range bag {
			sending.Go(func() {
				f := o.resultFault(bag[i].matter)
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

// bag takes due callbacks, one for each item: the oldest, or where they are shuffled
// the newest of an item that is decided. Those that nobody sends wait until SetFault
// rings.
func (o *office) bag() ([]letter, time.Time, error) {
	now := o.now().UnixMilli()
	silent := o.matterList(func(f Fault) bool { return !o.speaks(f) })
	shuffled := o.matterList(func(f Fault) bool { return f.ShuffledCallbacks })
	const said = `i.matter NOT IN (SELECT value FROM json_each(?))`
	rows, err := o.book.readers.QueryContext(o.ctx, `SELECT n.item, i.matter, n.sequence, n.attempts, i.callback, n.body FROM notices n JOIN items i ON i.id = n.item
		WHERE n.next_at <= ? AND `+said+` AND CASE WHEN i.matter IN (SELECT value FROM json_each(?))
			THEN i.next_at IS NULL AND NOT EXISTS (SELECT 1 FROM notices m WHERE m.item = n.item AND m.sequence > n.sequence AND m.next_at IS NOT NULL)
			ELSE NOT EXISTS (SELECT 1 FROM notices m WHERE m.item = n.item AND m.sequence < n.sequence AND m.next_at IS NOT NULL) END
		ORDER BY n.next_at, n.item LIMIT ?`, now, silent, shuffled, bagSize)
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("due callbacks: %w", err)
	}
	bag, err := letters(rows)
	if err != nil || len(bag) > 0 {
		return bag, time.Time{}, err
	}
	var next sql.NullInt64
	err = o.book.readers.QueryRowContext(o.ctx, `SELECT min(n.next_at) FROM notices n JOIN items i ON i.id = n.item WHERE n.next_at > ? AND `+said, now, silent).Scan(&next)
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
		if err := rows.Scan(&l.item, &l.matter, &l.sequence, &l.attempts, &l.url, &l.body); err != nil {
			return nil, fmt.Errorf("due callbacks: %w", err)
		}
		bag = append(bag, l)
	}
	return bag, rows.Err()
}

// send posts a callback, as its port misbehaves.
func (o *office) send(l letter) error {
	f := o.resultFault(l.matter)
	if f.Forged {
		o.forge(l)
	}
	defer o.counts.add("CALLBACK "+l.matter, 1)
	body := l.body
	switch {
	case f.Garbled:
		body = body[:len(body)/2]
	case f.Mixed:
		body = mixed(body)
	case f.Drift:
		body = drifted(body)
	}
	status, err := o.post(l.url, port.SignCallback([]byte(o.secrets.Callback), body, o.now()), f.carries(body))
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	if status < 200 || status > 299 {
		return fmt.Errorf("callback not confirmed: %d", status)
	}
	return nil
}

// post sends one callback and tells the status that it was answered with.
func (o *office) post(url, signature string, body io.Reader) (int, error) {
	ctx, cancel := context.WithTimeout(o.ctx, 10*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, body)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	if signature != "" {
		req.Header.Set(port.SignatureHeader, signature)
	}
	res, err := o.config.Callbacks.Do(req)
	if err != nil {
		return 0, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // lets the connection be used again
	return res.StatusCode, res.Body.Close()
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
