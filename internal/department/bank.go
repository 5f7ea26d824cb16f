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
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/push"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// again is how soon a payer looks once more at what did not work.
const again = 100 * time.Millisecond

// rounds does the payer's work whenever there is some, until the end. do answers
// when there will be more; zero if only a bell can tell.
func (p *payer) rounds(do func(context.Context) (time.Time, error)) {
	for {
		next, err := do(p.ctx)
		if err != nil && p.ctx.Err() == nil {
			next = time.Now().Add(again)
		}
		if next.IsZero() {
			next = time.Now().Add(time.Hour)
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-p.ctx.Done():
			timer.Stop()
			return
		case <-p.bell:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// handOn is the finance department's work: each roll goes to the bank, again and
// again until the bank has it.
func (p *payer) handOn(ctx context.Context) (time.Time, error) {
	if p.trouble.get().Silent {
		return time.Time{}, nil
	}
	rows, err := p.book.readers.QueryContext(ctx, `SELECT body FROM rolls WHERE handed_at IS NULL ORDER BY serial`)
	if err != nil {
		return time.Time{}, fmt.Errorf("rolls to hand on: %w", err)
	}
	bodies, err := texts(rows)
	if err != nil {
		return time.Time{}, err
	}
	for _, body := range bodies {
		var roll push.Roll
		if err := json.Unmarshal(body, &roll); err != nil {
			return time.Time{}, fmt.Errorf("roll: %w", err)
		}
		if _, err := p.next.Push(ctx, roll); err != nil {
			return time.Time{}, err
		}
		err := p.book.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE rolls SET handed_at = ? WHERE id = ?`, p.config.Now().UnixMilli(), roll.ID)
			return err
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}

func texts(rows *sql.Rows) (all [][]byte, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			return nil, fmt.Errorf("read the book: %w", err)
		}
		all = append(all, b)
	}
	return all, rows.Err()
}

// pay is the bank's work: it makes the payments that are due, and tells of those
// that it has not told of.
func (p *payer) pay(ctx context.Context) (time.Time, error) {
	now := time.Now().UnixMilli()
	rows, err := p.book.readers.QueryContext(ctx, `SELECT body FROM payments WHERE state = 'WAITING' AND due_at <= ? ORDER BY line`, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("payments that are due: %w", err)
	}
	due, err := texts(rows)
	if err != nil {
		return time.Time{}, err
	}
	for _, body := range due {
		var l push.Line
		if err := json.Unmarshal(body, &l); err != nil {
			return time.Time{}, fmt.Errorf("payment: %w", err)
		}
		if err := p.book.write(ctx, func(tx *sql.Tx) error { return p.settle(tx, l) }); err != nil {
			return time.Time{}, err
		}
	}
	if err := p.announce(ctx); err != nil {
		return time.Time{}, err
	}
	var next sql.NullInt64
	if err := p.book.readers.QueryRowContext(ctx, `SELECT min(due_at) FROM payments WHERE state = 'WAITING'`).Scan(&next); err != nil || !next.Valid {
		return time.Time{}, err
	}
	return fromMillis(next.Int64), nil
}

// settle pays a line or sends its money back, with the transfer in one transaction.
func (p *payer) settle(tx *sql.Tx, l push.Line) error {
	state, reason := push.Paid, ""
	if p.config.Decide != nil {
		if s := p.config.Decide(l); s.Settled() {
			state = s
		}
	}
	if strings.HasSuffix(l.Account, WrongAccount) {
		state = push.Returned
	}
	if state == push.Returned {
		reason = "ACCOUNT_UNKNOWN"
	}
	done, err := tx.Exec(`UPDATE payments SET state = ?, reason = ?, day = ? WHERE line = ? AND state = 'WAITING'`,
		state, reason, workday.FromTime(p.config.Now()).String(), l.ID)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 || state != push.Paid {
		return err
	}
	_, err = tx.Exec(`INSERT INTO transfers (line, account, fen) VALUES (?, ?, ?)`, l.ID, l.Account, l.AmountFen)
	return err
}

// announce tells of every line that has ended until the hub confirms. A
// confirmation can be lost, so a thing may be told twice.
func (p *payer) announce(ctx context.Context) error {
	f := p.trouble.get()
	if f.NoCallbacks || f.Silent {
		return nil
	}
	rows, err := p.book.readers.QueryContext(ctx, `SELECT line, state, reason, day, callback FROM payments WHERE state <> 'WAITING' AND told_at IS NULL AND callback <> '' ORDER BY line LIMIT 1000`)
	if err != nil {
		return fmt.Errorf("what is to be told: %w", err)
	}
	type call struct {
		push.Outcome
		to string
	}
	var calls []call
	for rows.Next() {
		var c call
		var day string
		if err := rows.Scan(&c.Line, &c.State, &c.Reason, &day, &c.to); err != nil {
			return errors.Join(fmt.Errorf("what is to be told: %w", err), rows.Close())
		}
		if c.On, err = workday.ParseDay(day); err != nil {
			return errors.Join(err, rows.Close())
		}
		calls = append(calls, c)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return err
	}
	for _, c := range calls {
		times := 1
		if f.DuplicateCallbacks {
			times = 2
		}
		for range times {
			if err := p.call(ctx, c.to, c.Outcome); err != nil {
				return err
			}
		}
		err := p.book.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE payments SET told_at = ? WHERE line = ?`, time.Now().UnixMilli(), c.Line)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (p *payer) call(ctx context.Context, to string, o push.Outcome) error {
	body, err := json.Marshal(o)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(port.SignatureHeader, port.SignCallback([]byte(p.secret), body, p.config.Now()))
	res, err := p.config.Callbacks.Do(req)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	_ = res.Body.Close()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return errors.New("callback not confirmed: " + res.Status)
	}
	return nil
}
