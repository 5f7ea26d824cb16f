package department

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// door takes rolls and answers questions, for who shows the token.
func (p *payer) door() http.Handler {
	ports := http.StripPrefix(basePath, restjson.Serve([]*catalog.Port{p.port}, p, nil))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown := []byte(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
		switch f := p.trouble.get(); {
		case subtle.ConstantTimeCompare(shown, []byte(p.token)) != 1:
			http.Error(w, "token", http.StatusUnauthorized)
		case f.Silent:
			_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the caller hangs up
			<-r.Context().Done()
		case f.Busy > 0:
			w.Header().Set("Retry-After", strconv.Itoa(int((f.Busy+time.Second-1)/time.Second)))
			w.WriteHeader(http.StatusTooManyRequests)
		case p.trouble.fails(f.ErrorRate):
			w.WriteHeader(http.StatusInternalServerError)
		case f.Garbled:
			w.Header().Set("Content-Type", restjson.MediaType)
			_, _ = io.WriteString(w, `{"item": "`)
		case f.Oversized:
			w.Header().Set("Content-Type", restjson.MediaType)
			_, _ = w.Write(bytes.Repeat([]byte(" "), 16<<20))
		case f.LoseAnswer:
			ports.ServeHTTP(nowhere{http.Header{}}, r)
			panic(http.ErrAbortHandler)
		default:
			ports.ServeHTTP(w, r)
		}
	})
}

// openDrop takes up the exchange of files, beside the books.
func (p *payer) openDrop() error {
	dir, err := filesDir(p.config.Dir, p.code)
	if err == nil {
		err = os.MkdirAll(dir, 0o700)
	}
	if err == nil {
		p.files = (&url.URL{Scheme: "file", Path: filepath.ToSlash(dir)}).String()
		p.drop, err = filedrop.Serve(dir, []*catalog.Port{p.port}, p, p.manner, p.config.Now)
	}
	if err != nil {
		return fmt.Errorf("folder for files: %w", err)
	}
	return nil
}

// manner misbehaves over files as door does over HTTP.
func (p *payer) manner(string, bool) filedrop.Manner {
	f := p.trouble.get()
	return filedrop.Manner{
		Silent: f.Silent, Busy: f.Busy, Failed: p.trouble.fails(f.ErrorRate), Garbled: f.Garbled, Oversized: f.Oversized, Torn: f.Torn, Lost: f.LoseAnswer,
	}
}

// onlyPaid refuses what has to do with items: who pays has none.
var onlyPaid = &port.Refusal{Reason: "NO_ITEMS"}

// Take implements [port.Counterpart].
func (p *payer) Take(context.Context, port.Item) (port.Slip, error) { return port.Slip{}, onlyPaid }

// Tell implements [port.Counterpart].
func (p *payer) Tell(context.Context, []string) ([]port.Message, error) { return nil, onlyPaid }

// TakeBack implements [port.Counterpart].
func (p *payer) TakeBack(context.Context, string) (port.Message, error) {
	return port.Message{}, onlyPaid
}

// Find implements [port.Counterpart].
func (p *payer) Find(context.Context, []port.Person) ([]port.Found, error) { return nil, onlyPaid }

// TakeBatch implements [port.Payer]: it keeps a roll before it answers. The same
// again is the same receipt, whatever the order of its lines and wherever the
// answers go.
func (p *payer) TakeBatch(ctx context.Context, b port.Batch) (port.Slip, error) {
	ours, err := port.Heard(p.port, b)
	if err != nil || ours.Check() != nil {
		return port.Slip{}, &port.Refusal{Reason: "MALFORMED"}
	}
	body, digest, err := written(ours)
	if err != nil {
		return port.Slip{}, err
	}
	var serial, at int64
	other := false
	err = p.book.write(ctx, func(tx *sql.Tx) error {
		put, err := tx.Exec(`INSERT INTO rolls (id, digest, body, received_at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`, b.ID, digest, body, p.config.Now().UnixMilli())
		if err != nil {
			return err
		}
		var had []byte
		if err := tx.QueryRow(`SELECT serial, digest, received_at FROM rolls WHERE id = ?`, b.ID).Scan(&serial, &had, &at); err != nil {
			return err
		}
		other = string(had) != string(digest)
		if n, err := put.RowsAffected(); err != nil || n == 0 || p.next != nil {
			return err
		}
		return p.enter(tx, ours)
	})
	if err == nil && other {
		err = &port.Refusal{Reason: port.BatchPushedOtherwise}
	}
	if err != nil {
		return port.Slip{}, err
	}
	ring(p.bell)
	return port.Slip{Item: b.ID, Number: fmt.Sprintf("%s-%06d", p.code, serial), ReceivedAt: fromMillis(at)}, nil
}

// written is a roll as the book keeps it, and what is equal for equal content.
func written(b port.Batch) (body, digest []byte, err error) {
	slices.SortFunc(b.Lines, func(x, y port.Entry) int { return strings.Compare(x.Line, y.Line) })
	if body, err = json.Marshal(b); err != nil {
		return nil, nil, fmt.Errorf("roll: %w", err)
	}
	b.Callback = ""
	plain, err := json.Marshal(b)
	if err != nil {
		return nil, nil, fmt.Errorf("roll: %w", err)
	}
	sum := sha256.Sum256(plain)
	return body, sum[:], nil
}

// enter notes the payments of a roll, each under its own ID for good.
func (p *payer) enter(tx *sql.Tx, b port.Batch) error {
	for _, l := range b.Lines {
		text := func(ours string) string { s, _ := l.Fields[ours].(string); return s }
		fen, _ := l.Fields[catalog.LineAmount].(int64)
		body, err := json.Marshal(Payment{Line: l.Line, Holder: text("bankAccountName"), Bank: text("bankName"), Account: text("bankAccountNo"), Fen: fen})
		if err != nil {
			return err
		}
		_, err = tx.Exec(`INSERT INTO payments (line, roll, body, callback, due_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (line) DO NOTHING`,
			l.Line, b.ID, body, b.Callback, time.Now().Add(p.config.Takes).UnixMilli())
		if err != nil {
			return err
		}
	}
	return nil
}

// TellLines implements [port.Payer].
func (p *payer) TellLines(ctx context.Context, lines []string) (all []port.Entry, err error) {
	for _, id := range lines {
		o, err := outcome(p.book.readers.QueryRowContext(ctx, `SELECT line, state, reason, day FROM payments WHERE line = ?`, id))
		if errors.Is(err, sql.ErrNoRows) {
			continue
		} else if err != nil {
			return nil, err
		}
		all = append(all, port.Said(p.port, o))
	}
	return all, nil
}

func outcome(row interface{ Scan(...any) error }) (o port.Outcome, err error) {
	var day string
	if err := row.Scan(&o.Line, &o.State, &o.Reason, &day); err != nil {
		return o, err
	}
	if day != "" {
		o.On, err = workday.ParseDay(day)
	}
	return o, err
}
