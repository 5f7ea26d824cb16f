package server_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// talk is a whole hub on a real socket, with its departments, and somebody to
// talk to it.
type talk struct {
	t      testing.TB
	hub    *server.Hub
	public string   // address
	sub    string   // address of the subgraph
	heroes []string // veterans' IDs
	tokens map[string]string
	saved  []string // of a script: $NAME, text
}

// open starts a hub with a small population. now is nil for the wall clock; with
// a clock that stands still the departments never decide.
func open(t testing.TB, database string, now func() time.Time, set ...func(*server.Config)) *talk {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := server.Config{
		Demo: true, Data: t.TempDir(), Database: database, Listen: l.Addr().String(), PublicURL: "http://" + l.Addr().String(),
		Closing: 17, Workers: 16, Veterans: 40, Seed: 1, WorkdayTakes: 20 * time.Millisecond, Now: now, Log: zerolog.New(zerolog.NewTestWriter(t)).Level(zerolog.ErrorLevel),
	}
	for _, f := range set {
		f(&c)
	}
	h, err := server.Open(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	k := &talk{t: t, hub: h, public: c.PublicURL, tokens: map[string]string{}}
	front := &http.Server{Handler: h.Handler(), ReadHeaderTimeout: time.Second}
	go func() { _ = front.Serve(l) }()
	back := httptest.NewServer(h.SubgraphHandler())
	k.sub = back.URL
	t.Cleanup(func() {
		back.Close()
		_ = front.Close()
		if err := h.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	at := time.Now
	if now != nil {
		at = now
	}
	for p := range population.Generate(c.Seed, len(population.Heroes()), workday.FromTime(at()), division.Builtin()) {
		k.heroes = append(k.heroes, h.Profile.VeteranID(p.Number))
	}
	return k
}

// token is a persona's: "veteran2" is hero 2, checked by face unless it says less, as
// "veteran2:BASIC"; "clerk@2307" is one who serves a division.
func (k *talk) token(as string) string {
	k.t.Helper()
	if as == "" || as == "nobody" {
		return ""
	}
	if k.tokens[as] == "" {
		q := url.Values{}
		name, place, _ := strings.Cut(as, "@")
		name, level, _ := strings.Cut(name, ":")
		if place != "" {
			q.Set("division", place)
		}
		var n int
		if _, err := fmt.Sscanf(name, "veteran%d", &n); err == nil {
			name = "veteran"
			q.Set("id", k.heroes[n])
			q.Set("assurance", cmp.Or(level, "FACE"))
		}
		q.Set("persona", name)
		res, err := http.Get(k.public + "/dev/token?" + q.Encode())
		if err != nil {
			k.t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		b, _ := io.ReadAll(res.Body)
		if res.StatusCode != http.StatusOK {
			k.t.Fatalf("token of %s: %s", as, b)
		}
		k.tokens[as] = strings.TrimSpace(string(b))
	}
	return k.tokens[as]
}

// ask sends one operation and returns status and body.
func (k *talk) ask(as, address, query string, variables map[string]any) (int, []byte) {
	k.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		k.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if tok := k.token(as); tok != "" {
		req.Header.Set("Authorization", "Bearer "+tok)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return res.StatusCode, b
}

// get asks at the public door and decodes data into to; any error fails the test.
func (k *talk) get(as, query string, variables map[string]any, to any) {
	k.t.Helper()
	_, b := k.ask(as, k.public+"/graphql", query, variables)
	var answer struct {
		Data   json.RawMessage
		Errors []json.RawMessage
	}
	if err := json.Unmarshal(b, &answer); err != nil || len(answer.Errors) > 0 {
		k.t.Fatalf("%s: %s", query, b)
	}
	if err := json.Unmarshal(answer.Data, to); err != nil {
		k.t.Fatal(err)
	}
}
