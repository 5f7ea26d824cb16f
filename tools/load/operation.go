package main

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"reflect"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"github.com/vetgraph/vetgraph/internal/store"
)

//go:embed queries
var queries embed.FS

// operation is something that both sides answer.
type operation struct {
	name    string
	sides   []*side
	prepare func(context.Context) error
	differs bool // two answers are never the same, for what they make is new
}

// side is one of the two.
type side struct {
	name    string
	address string
	path    string
	token   string
	tokens  []string // of those who ask one after another, each for themself; nil: all have the token above
	handler http.Handler
	body    func(seed int64) ([]byte, error)
	count   func(context.Context) (context.Context, func() int64)
	pool    *pgxpool.Pool // to ask PostgreSQL for its processes
	asked   atomic.Int64
}

func (s *side) next() ([]byte, error) {
	seed := s.asked.Add(1)
	body, err := s.body(seed)
	if err != nil {
		return nil, err
	}
	return post(s.address, s.path, s.as(seed), body), nil
}

// as is the token of who asks.
func (s *side) as(seed int64) string {
	if s.tokens == nil {
		return s.token
	}
	return s.tokens[seed-1]
}

// operations in the order they are measured: those that write come last.
func (r *rig) operations(ctx context.Context) ([]*operation, error) {
	answers, err := r.answers(ctx)
	if err != nil {
		return nil, err
	}
	id := func(seed int64) string { return pick(r.ids, seed) }
	one := func(seed int64) any { return map[string]any{"id": id(seed)} }
	page := func(seed int64) any { return map[string]any{"after": id(seed)} }
	filer := func(seed int64) any { return map[string]any{"id": pick(r.filers, seed)} }
	submit, err := r.submission(answers)
	if err != nil {
		return nil, err
	}
	return []*operation{
		r.operation("veteran", one), r.operation("page", page), r.operation("entities", r.representations),
		r.operation("plan", filer), r.operation("plan_screen", filer).oursAlone(), submit,
	}, nil
}

// oursAlone leaves the peer out, which answers whole plans only.
func (op *operation) oursAlone() *operation {
	op.sides = op.sides[:1]
	return op
}

func pick(of []string, seed int64) string {
	return of[rand.New(rand.NewPCG(uint64(seed), 7)).IntN(len(of))] //nolint:gosec // any spread will do
}

// entities in one request.
const entities = 1000

func (r *rig) representations(seed int64) any {
	var all []any
	at := rand.New(rand.NewPCG(uint64(seed), 7)).IntN(len(r.ids)) //nolint:gosec // any spread will do
	for i := range entities {
		all = append(all, map[string]any{"__typename": "Veteran", "id": r.ids[(at+i)%len(r.ids)]})
	}
	return map[string]any{"representations": all}
}

// operation asks both sides with the same variables; the peer needs no document.
func (r *rig) operation(name string, variables func(seed int64) any) *operation {
	query, err := queries.ReadFile("queries/" + name + ".graphql")
	op := &operation{name: name, prepare: func(context.Context) error { return err }}
	ours := &side{name: "hub", address: r.ours, path: "/graphql", token: r.token, handler: r.hub.Handler(), count: counted, pool: r.hub.Store.Pool,
		body: func(seed int64) ([]byte, error) {
			return json.Marshal(map[string]any{"query": string(query), "variables": variables(seed)})
		}}
	if name == "entities" {
		ours.address, ours.path, ours.handler = r.router, "/subgraph", r.hub.SubgraphHandler()
	}
	op.sides = append(op.sides, ours)
	if r.peer != nil {
		op.sides = append(op.sides, &side{name: "peer", address: r.theirs, path: "/" + name, token: r.token, handler: r.peer.handler(), count: r.peer.counted, pool: r.hub.Store.Pool,
			body: func(seed int64) ([]byte, error) { return json.Marshal(variables(seed)) }})
	}
	return op
}

// counted counts the hub's statements.
func counted(ctx context.Context) (context.Context, func() int64) {
	c := new(store.Counter)
	return store.WithCounter(ctx, c), c.Count
}

// answer asks a side without a socket, and counts.
func (s *side) answer(ctx context.Context, seed int64) ([]byte, int64, error) {
	body, err := s.body(seed)
	if err != nil {
		return nil, 0, err
	}
	ctx, count := s.count(ctx)
	w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodPost, "http://"+s.address+s.path, bytes.NewReader(body)).WithContext(ctx)
	q.Header.Set("Content-Type", "application/json")
	q.Header.Set("Authorization", "Bearer "+s.as(seed))
	s.handler.ServeHTTP(w, q)
	if w.Code != http.StatusOK || bytes.HasPrefix(w.Body.Bytes(), []byte(`{"errors"`)) {
		return nil, 0, fmt.Errorf("%s: %d %.600s", s.name, w.Code, w.Body)
	}
	return w.Body.Bytes(), count(), nil
}

// compare holds that both sides answer the same.
func (op *operation) compare(ctx context.Context) error {
	if op.differs || len(op.sides) < 2 {
		return nil
	}
	for seed := range int64(40) {
		var got [2]any
		for i, s := range op.sides {
			body, _, err := s.answer(ctx, seed)
			if err != nil {
				return err
			}
			if err := json.Unmarshal(body, &got[i]); err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			got[i] = instants(got[i])
		}
		if where := difference("", got[0], got[1]); where != "" {
			return errors.New("the answers differ: " + where)
		}
	}
	return nil
}

// instants makes texts comparable that are the same moment written in two ways.
func instants(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			v[k] = instants(e)
		}
	case []any:
		for i, e := range v {
			v[i] = instants(e)
		}
	case string:
		if t, err := time.Parse(time.RFC3339Nano, v); err == nil {
			return t.UTC().String()
		}
	}
	return v
}

// difference is the first place where two values are not the same.
func difference(at string, a, b any) string {
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok && len(x) == len(y) {
			for k := range x {
				if d := difference(at+"."+k, x[k], y[k]); d != "" {
					return d
				}
			}
			return ""
		}
	case []any:
		if y, ok := b.([]any); ok && len(x) == len(y) {
			for i := range x {
				if d := difference(fmt.Sprintf("%s[%d]", at, i), x[i], y[i]); d != "" {
					return d
				}
			}
			return ""
		}
	}
	if reflect.DeepEqual(a, b) {
		return ""
	}
	return fmt.Sprintf("%s: %.200v and %.200v", at, a, b)
}

// measure lets the sides take turns, with all clients and with one.
func (op *operation) measure(ctx context.Context, o options) ([]*result, error) {
	results := make([]*result, len(op.sides))
	for i, s := range op.sides {
		results[i] = &result{side: s.name}
		const looks = 5
		for range looks {
			_, n, err := s.answer(ctx, s.asked.Add(1))
			if err != nil {
				return nil, err
			}
			results[i].statements += float64(n) / looks
		}
		if err := new(sample).turn(ctx, s.address, o.clients, o.slice()/2, s.next); err != nil { // warm up
			return nil, err
		}
	}
	for range turns {
		for i, s := range op.sides {
			if err := results[i].alone.turn(ctx, s.address, 1, o.slice()/4, s.next); err != nil {
				return nil, err
			}
		}
	}
	for range turns {
		for i, s := range op.sides {
			from := cpu(ctx, s.pool)
			if err := results[i].many.turn(ctx, s.address, o.clients, o.slice(), s.next); err != nil {
				return nil, err
			}
			results[i].worked.add(from, cpu(ctx, s.pool))
		}
	}
	return results, nil
}

// alone runs our side only, for the profiler.
func (op *operation) alone(ctx context.Context, o options) error {
	s := op.sides[0]
	return new(sample).turn(ctx, s.address, o.clients, time.Duration(o.seconds*float64(time.Second)), s.next)
}
