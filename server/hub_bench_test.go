package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// bench is a small hub on SQLite, asked without a socket. The figures that count
// come from tools/load; these compare one change with the next and keep its
// questions valid.
type bench struct {
	hub   *server.Hub
	token string
	ids   []string
}

func newBench(b *testing.B) *bench {
	b.Helper()
	hub, err := server.Open(b.Context(), server.Config{
		Demo: true, Data: b.TempDir(), Veterans: 120, Seed: 1, Closing: 17, Workers: 4,
		Listen: "127.0.0.1:0", WorkdayTakes: time.Minute, Inquire: time.Hour,
	}, nil)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := hub.Close(context.Background()); err != nil {
			b.Error(err)
		}
	})
	w, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dev/token?persona=clerk", nil)
	q.RemoteAddr = "127.0.0.1:1"
	hub.Handler().ServeHTTP(w, q)
	ids, err := hub.Store.Read.Veteran.Query().IDs(access.AsMachine(b.Context(), "bench"))
	if err != nil {
		b.Fatal(err)
	}
	return &bench{hub, strings.TrimSpace(w.Body.String()), ids}
}

// ask runs one of the questions of tools/load, and reports its statements.
func (r *bench) ask(b *testing.B, name string, variables map[string]any) {
	b.Helper()
	document, err := os.ReadFile("../tools/load/queries/" + name + ".graphql")
	if err != nil {
		b.Fatal(err)
	}
	body, err := json.Marshal(map[string]any{"query": string(document), "variables": variables})
	if err != nil {
		b.Fatal(err)
	}
	handler, path := r.hub.Handler(), "/graphql"
	if name == "entities" {
		handler, path = r.hub.SubgraphHandler(), "/subgraph"
	}
	count := new(store.Counter)
	b.Run(name, func(b *testing.B) {
		b.ReportAllocs()
		before, asked := count.Count(), 0
		for b.Loop() {
			q := httptest.NewRequest(http.MethodPost, path, bytes.NewReader(body)).WithContext(store.WithCounter(b.Context(), count))
			q.Header.Set("Content-Type", "application/json")
			q.Header.Set("Authorization", "Bearer "+r.token)
			w := httptest.NewRecorder()
			handler.ServeHTTP(w, q)
			if w.Code != http.StatusOK || strings.HasPrefix(w.Body.String(), `{"errors"`) {
				b.Fatalf("%d %.500s", w.Code, w.Body)
			}
			asked++
		}
		b.ReportMetric(float64(count.Count()-before)/float64(asked), "statements/op")
	})
}

func BenchmarkAsk(b *testing.B) {
	r := newBench(b)
	hero := r.hub.Profile.VeteranID(firstPerson(r.hub))
	r.ask(b, "veteran", map[string]any{"id": hero})
	r.ask(b, "page", map[string]any{"after": ""})
	var all []any
	for i := range 1000 {
		all = append(all, map[string]any{"__typename": "Veteran", "id": r.ids[i%len(r.ids)]})
	}
	r.ask(b, "entities", map[string]any{"representations": all})
	r.ask(b, "plan", map[string]any{"id": hero})
}

// firstPerson has all thirteen matters before them.
func firstPerson(h *server.Hub) (n citizen.Number) {
	for q := range population.Generate(1, 1, workday.FromTime(time.Now()), h.Divisions) {
		n = q.Number
	}
	return n
}
