package department_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// patient is the built-in catalogue with ports that give up after a time-out.
func patient(tb testing.TB, timeout time.Duration) *catalog.Catalog {
	tb.Helper()
	builtin, err := catalog.Builtin()
	if err != nil {
		tb.Fatal(err)
	}
	c := inJSON(builtin)
	for _, p := range c.Ports {
		p.TimeoutMS = int(timeout / time.Millisecond)
	}
	return c
}

// inJSON is a catalogue of its own in which all ports speak JSON: each suite says for
// itself which kind it is about.
func inJSON(builtin *catalog.Catalog) *catalog.Catalog {
	c := *builtin
	c.Ports = slices.Clone(c.Ports)
	for i, p := range c.Ports {
		q := *p
		if q.Kind != restjson.Kind && q.Operation != "PUSH" {
			q.Kind, q.Path, q.Soap, q.File, q.Table, q.GraphQL = restjson.Kind, "", nil, nil, nil, nil
		}
		c.Ports[i] = &q
	}
	return &c
}

func start(tb testing.TB, c department.Config) *department.Fleet {
	tb.Helper()
	if c.Catalog == nil {
		c.Catalog = patient(tb, 10*time.Second)
	}
	if c.Dir == "" {
		c.Dir = tb.TempDir()
	}
	f, err := department.Start(tb.Context(), c)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := f.Close(); err != nil {
			tb.Error(err)
		}
	})
	return f
}

func registry(tb testing.TB, c *catalog.Catalog, ends map[string]port.Endpoint) *port.Registry {
	tb.Helper()
	return registryAt(tb, c, ends, time.Now)
}

func registryAt(tb testing.TB, c *catalog.Catalog, ends map[string]port.Endpoint, now func() time.Time) *port.Registry {
	tb.Helper()
	r, err := port.NewRegistry(c, ends, kinds.All(), now)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// veteran makes the n-th synthetic person, a man or a woman of thirty or so.
func veteran(n int) citizen.Number {
	return citizen.Make("230102", workday.Date(1996, time.March, 5)+workday.Day(n/1000), n%1000)
}

// matterOf is the first matter that a department leads.
func matterOf(c *catalog.Catalog, code string) *catalog.Matter {
	for _, m := range c.Matters {
		if m.Lead == code {
			return m
		}
	}
	return nil
}

// answers fills every field that a matter asks with something of its type.
func answers(c *catalog.Catalog, matter string) map[string]any {
	all := map[string]any{}
	for _, m := range c.Matters {
		if m.Code != matter {
			continue
		}
		for _, id := range m.Asks {
			all[id] = sample(c, id)
		}
	}
	return all
}

func sample(c *catalog.Catalog, id string) any {
	switch port.NamesOf(c, "").Type(id) {
	case "bool":
		return true
	case "int":
		return int64(24)
	case "decimal", "money":
		return 4500.5
	case "date":
		return "2026-09-01"
	case "list":
		return []string{"01"}
	}
	return "值-" + id
}

func delivery(c *catalog.Catalog, matter, item, callback string) port.Delivery {
	return port.Delivery{
		ItemID: item, CaseNumber: "case-of-" + item, Matter: matter, Answers: answers(c, matter),
		Materials: []string{"MAT01"}, Callback: callback, Applicant: veteran(7),
	}
}

// hub is where callbacks go.
type hub struct {
	*httptest.Server
	registry *port.Registry
	mu       sync.Mutex
	got      []port.Answer
	refuse   int // this many callbacks are answered with 503 first
	arrived  chan struct{}
}

func newHub(tb testing.TB) *hub {
	tb.Helper()
	h := &hub{arrived: make(chan struct{}, 10000)}
	h.Server = httptest.NewServer(http.HandlerFunc(h.serve))
	tb.Cleanup(h.Close)
	return h
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "read", http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse > 0 {
		h.refuse--
		http.Error(w, "later", http.StatusServiceUnavailable)
		return
	}
	a, err := h.registry.Callback(r.URL.Query().Get("department"), r.Header.Get(port.SignatureHeader), body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	h.got = append(h.got, a)
	h.arrived <- struct{}{}
}

func (h *hub) address(code string) string { return h.URL + "/?department=" + code }

// await returns everything heard once there are n callbacks.
func (h *hub) await(tb testing.TB, n int) []port.Answer {
	tb.Helper()
	for {
		h.mu.Lock()
		got := slices.Clone(h.got)
		h.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-h.arrived:
		case <-time.After(30 * time.Second):
			text, _ := json.Marshal(got)
			tb.Fatalf("heard %d callbacks, want %d: %s", len(got), n, text)
		}
	}
}
