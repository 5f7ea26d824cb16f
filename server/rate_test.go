package server_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// priced is what a request costs, as its answer tells.
type priced struct {
	status  int
	headers http.Header
	reason  string
	cost    map[string]any // in the answer
}

func (k *talk) priced(as, query, extensions string) priced {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.public+"/graphql", strings.NewReader(fmt.Sprintf(`{"query":%q,"extensions":%s}`, query, extensions)))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if as != "" {
		r.Header.Set("Authorization", "Bearer "+k.token(as))
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Errors     []struct{ Extensions struct{ Reason string } }
		Extensions struct{ Cost map[string]any }
	}
	raw, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(raw, &answer); err != nil {
		k.t.Fatalf("%s: %v", raw, err)
	}
	out := priced{status: res.StatusCode, headers: res.Header, cost: answer.Extensions.Cost}
	if len(answer.Errors) > 0 {
		out.reason = answer.Errors[0].Extensions.Reason
	}
	return out
}

const large = `{ veterans(first: 100) { nodes { id name cases(first: 10) { nodes { id number state } } } } }`

// What an operation costs is told; who has asked for too much within a minute waits,
// and nobody else does.
func TestRate(t *testing.T) {
	var later atomic.Int64
	now := func() time.Time { return noon().Add(time.Duration(later.Load())) }
	k := open(t, storetest.SQLite(t), now, func(c *server.Config) { c.Rate = 25_000 })
	p := k.priced("clerk", `{ me { kind } }`, `{"cost": true}`)
	if p.headers.Get("X-Query-Cost") != "2" || p.headers.Get("RateLimit") != `"cost";r=24998;t=1` || p.headers.Get("RateLimit-Policy") != `"cost";q=25000;w=60` {
		t.Errorf("headers: %v", p.headers)
	}
	if want := map[string]any{"cost": 2.0, "most": 25000.0, "perMinute": 25000.0, "remaining": 24998.0}; fmt.Sprint(p.cost) != fmt.Sprint(want) {
		t.Errorf("in the answer: %v, want %v", p.cost, want)
	}
	if p := k.priced("clerk", `{ me { kind } }`, `{}`); p.cost != nil {
		t.Errorf("told without being asked: %v", p.cost)
	}
	n := 0
	for p = k.priced("clerk", large, `{}`); p.reason == ""; p = k.priced("clerk", large, `{}`) {
		if n++; n > 100 {
			t.Fatal("never too much")
		}
	}
	wait := p.headers.Get("Retry-After")
	if p.status != http.StatusTooManyRequests || p.reason != "RATE_EXCEEDED" || wait == "" {
		t.Errorf("after %d: %+v", n, p)
	}
	for _, other := range []string{"analyst", "supervisor"} {
		if p := k.priced(other, large, `{}`); p.reason == "RATE_EXCEEDED" {
			t.Errorf("%s waits for the clerk", other)
		}
	}
	if p := k.priced("", `{ me { kind } }`, `{}`); p.reason != "SIGN_IN" {
		t.Errorf("nobody: %s", p.reason)
	}
	seconds, err := time.ParseDuration(wait + "s")
	if err != nil {
		t.Fatal(err)
	}
	later.Add(int64(seconds))
	if p := k.priced("clerk", large, `{}`); p.reason != "" {
		t.Errorf("after the time that was told: %s", p.reason)
	}
}

// Without a bound the cost is told all the same.
func TestCostWithoutRate(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	if p := k.priced("clerk", large, `{"cost": true}`); p.headers.Get("X-Query-Cost") == "" || p.headers.Get("RateLimit") != "" || p.cost["remaining"] != nil {
		t.Errorf("%+v", p)
	}
}
