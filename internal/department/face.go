package department

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
)

// faceTicketLives is how long a check can be made at the page.
const faceTicketLives = 10 * time.Minute

// The played police look at nobody: whoever has the page says themself whether the
// comparison would have come out well. What is answered is what the real ones
// would: a state, a number, a level, and the page as long as it can be used.

// compared answers a question about a face comparison and begins it the first time
// its reference is heard of.
func (o *office) compared(ctx context.Context, ref string, key []byte) (map[string]any, error) {
	var ticket, number, state string
	var until int64
	now := o.now()
	err := o.book.write(ctx, func(tx *sql.Tx) error {
		err := tx.QueryRow(`SELECT ticket, number, state, until FROM faces WHERE ref = ? AND person = ?`, ref, key).Scan(&ticket, &number, &state, &until)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		var n int64
		if err := tx.QueryRow(`SELECT count(*) FROM faces`).Scan(&n); err != nil {
			return err
		}
		ticket, number, state = rand.Text(), fmt.Sprintf("RL%s%06d", civil(now).Format("20060102"), n+1), "PENDING"
		until = now.Add(faceTicketLives).UnixMilli()
		_, err = tx.Exec(`INSERT INTO faces (ref, person, ticket, number, state, until) VALUES (?, ?, ?, ?, ?, ?)`, ref, key, ticket, number, state, until)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("face comparison: %w", err)
	}
	if state == "PENDING" && now.UnixMilli() > until {
		state = "FAILED" // nobody came
	}
	said := map[string]any{"identityCheckState": state, "identityCheckReference": number, "identityCheckUntil": fromMillis(until).Format(time.RFC3339)}
	switch state {
	case "PENDING":
		said["identityCheckPage"] = o.config.FacePage + "?" + url.Values{"ticket": {ticket}}.Encode()
	case "PASSED":
		said["identityCheckLevel"] = "FACE"
	}
	return said, nil
}

// Compare ends the face comparison that a ticket stands for, as if the person had
// sat there, or somebody else.
func (f *Fleet) Compare(ctx context.Context, ticket string, same bool) error {
	state := map[bool]string{true: "PASSED", false: "FAILED"}[same]
	for _, code := range f.codes {
		o := f.offices[code]
		var n int64
		err := o.book.write(ctx, func(tx *sql.Tx) error {
			done, err := tx.Exec(`UPDATE faces SET state = ? WHERE ticket = ? AND state = 'PENDING' AND until >= ?`, state, ticket, o.now().UnixMilli())
			if err != nil {
				return err
			}
			n, err = done.RowsAffected()
			return err
		})
		if err != nil {
			return fmt.Errorf("face comparison: %w", err)
		}
		if n > 0 {
			return nil
		}
	}
	return &port.Refusal{Reason: "TICKET"}
}

// FacePage is the played police's own page, to which the hub sends people.
func (f *Fleet) FacePage() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Cache-Control", "no-store")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; form-action 'self'; frame-ancestors 'none'")
		if r.Method != http.MethodPost {
			_, _ = w.Write([]byte(faceAsk)) // a reader who has gone needs no page
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, 4<<10)
		if err := f.Compare(r.Context(), r.URL.Query().Get("ticket"), r.PostFormValue("same") == "yes"); err != nil {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(faceOver))
			return
		}
		_, _ = w.Write([]byte(faceDone))
	})
}

const faceHead = `<!doctype html><html lang="zh"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>人脸核验（示例） Face check (played)</title>
<h1>人脸核验（示例） Face check (played)</h1>`

const (
	faceAsk = faceHead + `<p>这是示例公安机关的页面，不使用摄像头，不采集任何人脸信息。请选择比对会得出的结果。</p>
<p>This page belongs to the played police. No camera is used and no face is taken. Choose how the comparison comes out.</p>
<form method="post"><button name="same" value="yes">是本人 It is the person</button> <button name="same" value="no">不是本人 It is not</button></form></html>`
	faceDone = faceHead + `<p>已完成，请返回原页面。 Done; please go back to where you came from.</p></html>`
	faceOver = faceHead + `<p>凭据无效或已过期，请重新发起。 This ticket is not valid any more; please begin again.</p></html>`
)
