package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/server"
)

// peer answers the operations the way one would write each by hand, for itself:
// net/http, pgx, one round trip where that can be, no GraphQL, no ent. It reads
// tokens, keeps to the clerk's division or the person, opens what is sealed and masks it. It
// is the measure, not an offer: it knows five questions.
type peer struct {
	pool    *pgxpool.Pool
	hub     *server.Hub // its keys, catalogue and calendar
	key     []byte
	catalog *catalog.Catalog
}

func newPeer(ctx context.Context, hub *server.Hub, database string) (*peer, error) {
	keys, err := vault.LoadFile(hub.Config.Keys)
	if err != nil {
		return nil, err
	}
	cfg, err := pgxpool.ParseConfig(database)
	if err != nil {
		return nil, err
	}
	cfg.MaxConns = max(cfg.MaxConns, 16) // as many as the hub has
	cfg.ConnConfig.RuntimeParams["timezone"] = "UTC"
	cfg.ConnConfig.Tracer = counter{}
	p := &peer{hub: hub, key: keys.TokenKey}
	if p.catalog, err = catalog.Builtin(); err != nil {
		return nil, err
	}
	p.pool, err = pgxpool.NewWithConfig(ctx, cfg)
	return p, err
}

// span is the division that the one who asks serves, as a range of codes, or the
// one person who asks.
type span struct{ lo, hi, self string }

func (p *peer) handler() http.Handler {
	mux := http.NewServeMux()
	for path, answer := range map[string]func(context.Context, io.Writer, span, []byte) error{
		"/veteran": p.veteran, "/page": p.page, "/entities": p.entities, "/plan": p.plan, "/submit": p.submit,
	} {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) {
			where, err := p.identify(r.Header.Get("Authorization"))
			if err != nil {
				http.Error(w, err.Error(), http.StatusUnauthorized)
				return
			}
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
			var out bytes.Buffer
			if err == nil {
				err = answer(r.Context(), &out, where, body)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write(out.Bytes()) // nobody is left to tell
		})
	}
	return mux
}

var errToken = errors.New("the token is not valid")

// identify checks a token as the demonstration signs them, with no more than that takes.
func (p *peer) identify(header string) (span, error) {
	token, _ := strings.CutPrefix(header, "Bearer ")
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return span{}, errToken
	}
	mac := hmac.New(sha256.New, p.key)
	mac.Write([]byte(token[:len(parts[0])+1+len(parts[1])]))
	signature, err := base64.RawURLEncoding.DecodeString(parts[2])
	if err != nil || !hmac.Equal(mac.Sum(nil), signature) {
		return span{}, errToken
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Kind     string `json:"kind"`
		Veteran  string `json:"veteran"`
		Division string `json:"division"`
		Expires  int64  `json:"exp"`
	}
	if err != nil || json.Unmarshal(body, &claims) != nil || time.Now().Unix() >= claims.Expires {
		return span{}, errToken
	}
	switch claims.Kind {
	case "CLERK":
		lo, hi := division.Range(claims.Division)
		return span{lo: lo, hi: hi}, nil
	case "VETERAN":
		return span{self: claims.Veteran}, nil
	}
	return span{}, errToken
}

// place is a division in an answer.
type place struct {
	Code string `json:"code"`
	Name string `json:"name"`
}

func (p *peer) place(code string) *place {
	d, ok := p.hub.Divisions.Get(code)
	if !ok {
		return nil
	}
	return &place{d.Code, d.Name}
}

// counter counts statements where a count is asked for.
type counter struct{}

type countKey struct{}

func (p *peer) counted(ctx context.Context) (context.Context, func() int64) {
	n := new(atomic.Int64)
	return context.WithValue(ctx, countKey{}, n), n.Load
}

func (counter) one(ctx context.Context, sql string) {
	if n, ok := ctx.Value(countKey{}).(*atomic.Int64); ok && sql != "begin" && sql != "commit" { // nor does the hub count these
		n.Add(1)
	}
}

// TraceQueryStart implements pgx.QueryTracer.
func (c counter) TraceQueryStart(ctx context.Context, _ *pgx.Conn, d pgx.TraceQueryStartData) context.Context {
	c.one(ctx, d.SQL)
	return ctx
}

// TraceQueryEnd implements pgx.QueryTracer.
func (counter) TraceQueryEnd(context.Context, *pgx.Conn, pgx.TraceQueryEndData) {}

// TraceBatchStart implements pgx.BatchTracer.
func (counter) TraceBatchStart(ctx context.Context, _ *pgx.Conn, _ pgx.TraceBatchStartData) context.Context {
	return ctx
}

// TraceBatchQuery implements pgx.BatchTracer.
func (c counter) TraceBatchQuery(ctx context.Context, _ *pgx.Conn, d pgx.TraceBatchQueryData) {
	c.one(ctx, d.SQL)
}

// TraceBatchEnd implements pgx.BatchTracer.
func (counter) TraceBatchEnd(context.Context, *pgx.Conn, pgx.TraceBatchEndData) {}

// send runs a batch in one round trip.
func (p *peer) send(ctx context.Context, b *pgx.Batch) error {
	if err := p.pool.SendBatch(ctx, b).Close(); err != nil {
		return fmt.Errorf("batch: %w", err)
	}
	return nil
}
