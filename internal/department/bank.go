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
	to := PushPort(p.config.Catalog, p.config.Bank, p.config.Matter)
	rows, err := p.book.readers.QueryContext(ctx, `SELECT id, body FROM rolls WHERE handed_at IS NULL ORDER BY serial`)
	if err != nil {
		return time.Time{}, fmt.Errorf("rolls to hand on: %w", err)
	}
	waiting, err := texts(rows)
	if err != nil {
		return time.Time{}, err
	}
	for _, r := range waiting {
		roll, err := port.ReadBatch(r.body)
		if err != nil {
			return time.Time{}, fmt.Errorf("roll: %w", err)
		}
		roll.ID, roll.Again = r.id, true
		if _, err := p.next.Push(ctx, to.ID, roll); err != nil {
			return time.Time{}, err
		}
		err = p.book.write(ctx, func(tx *sql.Tx) error {
			_, err := tx.Exec(`UPDATE rolls SET handed_at = ? WHERE id = ?`, p.config.Now().UnixMilli(), r.id)
			return err
		})
		if err != nil {
			return time.Time{}, err
		}
	}
	return time.Time{}, nil
}

// entered is a roll or a payment as it stands in the book.
type entered struct {
	id   string
	body []byte
}

func texts(rows *sql.Rows) (all []entered, err error) {
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var e entered
		if err := rows.Scan(&e.id, &e.body); err != nil {
			return nil, fmt.Errorf("read the book: %w", err)
		}
		all = append(all, e)
	}
	return all, rows.Err()
}

// pay is the bank's work: it makes the payments that are due, and tells of those
// that it has not told of.
func (p *payer) pay(ctx context.Context) (time.Time, error) {
	now := time.Now().UnixMilli()
	rows, err := p.book.readers.QueryContext(ctx, `SELECT line, body FROM payments WHERE state = 'WAITING' AND due_at <= ? ORDER BY line`, now)
	if err != nil {
		return time.Time{}, fmt.Errorf("payments that are due: %w", err)
	}
	due, err := texts(rows)
	if err != nil {
		return time.Time{}, err
	}
	for _, e := range due {
		var l Payment
		if err := json.Unmarshal(e.body, &l); err != nil {
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
func (p *payer) settle(tx *sql.Tx, l Payment) error {
	state, reason := port.LinePaid, ""
	if p.config.Decide != nil {
		if s := p.config.Decide(l); s.Settled() {
			state = s
		}
	}
	if strings.HasSuffix(l.Account, WrongAccount) {
		state = port.LineReturned
	}
	if state == port.LineReturned {
		reason = "ACCOUNT_UNKNOWN"
	}
	done, err := tx.Exec(`UPDATE payments SET state = ?, reason = ?, day = ? WHERE line = ? AND state = 'WAITING'`,
		state, reason, workday.FromTime(p.config.Now()).String(), l.Line)
	if err != nil {
		return fmt.Errorf("pay: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n == 0 || state != port.LinePaid {
		return err
	}
	_, err = tx.Exec(`INSERT INTO transfers (line, account, fen) VALUES (?, ?, ?)`, l.Line, l.Account, l.Fen)
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
		port.Outcome
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

func (p *payer) call(ctx context.Context, to string, o port.Outcome) error {
	body, err := json.Marshal(port.Said(p.port, o))
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
