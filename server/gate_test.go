package server_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// What cannot be read is refused in the shape of GraphQL, typed, and not repeated.
func TestGate(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	const secret = "230102199803150011"
	deep := "{ divisions { " + strings.Repeat("parent { ", 20) + "code" + strings.Repeat(" }", 22)
	for name, c := range map[string]struct {
		method, query, kind, body string
		status                    int
		reason                    string
	}{
		"not JSON":             {"POST", "", "application/json", `{"query": "` + secret, 400, "BODY_MALFORMED"},
		"a list":               {"POST", "", "application/json", `[{"query":"{me{id}}"}]`, 400, "BODY_MALFORMED"},
		"a number for a query": {"POST", "", "application/json", `{"query": 5}`, 400, "BODY_MALFORMED"},
		"variables no object":  {"POST", "", "application/json", `{"query":"{me{id}}","variables":["` + secret + `"]}`, 400, "BODY_MALFORMED"},
		"two texts":            {"POST", "", "application/json", `{"query":"{me{id}}"}{"query":"{me{id}}"}`, 400, "BODY_MALFORMED"},
		"nothing":              {"POST", "", "application/json", ``, 400, "BODY_MALFORMED"},
		"no query":             {"POST", "", "application/json", `{}`, 400, "DOCUMENT_MISSING"},
		"too large":            {"POST", "", "application/json", `{"query":"` + strings.Repeat(" ", 1<<20) + `"}`, 413, "BODY_TOO_LARGE"},
		"a form":               {"POST", "", "application/x-www-form-urlencoded", `query={me{id}}`, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"multipart":            {"POST", "", "multipart/form-data; boundary=x", `--x--`, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"no media type":        {"POST", "", "", `{"query":"{me{id}}"}`, 415, "MEDIA_TYPE_UNSUPPORTED"},
		"another method":       {"DELETE", "", "application/json", ``, 405, "METHOD_NOT_ALLOWED"},
		"GET without a query":  {"GET", "", "", ``, 400, "DOCUMENT_MISSING"},
		"GET of a mutation":    {"GET", `mutation { submitCase(input: {idempotencyKey: "x", veteranId: "x", answers: []}) { replayed } }`, "", ``, 405, "METHOD_NOT_ALLOWED"},
		"malformed document":   {"POST", "", "application/json", `{"query":"{ me { "}`, 200, "DOCUMENT_MALFORMED"},
		"unknown field":        {"POST", "", "application/json", `{"query":"{ me { password } }"}`, 200, "DOCUMENT_INVALID"},
		"for routers only":     {"POST", "", "application/json", `{"query":"{ _service { sdl } }"}`, 200, "DOCUMENT_INVALID"},
		"entities of routers":  {"POST", "", "application/json", `{"query":"{ _entities(representations: []) { __typename } }"}`, 200, "DOCUMENT_INVALID"},
		"too deep":             {"POST", "", "application/json", fmt.Sprintf(`{"query":%q}`, deep), 200, "TOO_DEEP"},
		"too costly": {"POST", "", "application/json", `{"query":"{ veterans(first: 100) { nodes { cases(first: 100) { nodes { items { after { code } } } } } } }"}`,
			200, "TOO_COSTLY"},
		"too many tokens": {"POST", "", "application/json", `{"query":"{ me {` + strings.Repeat(" id", 16_000) + `} }"}`, 200, "DOCUMENT_MALFORMED"},
	} {
		t.Run(name, func(t *testing.T) {
			target := "/graphql"
			if c.query != "" {
				target += "?query=" + url.QueryEscape(c.query)
			}
			r := httptest.NewRequest(c.method, target, strings.NewReader(c.body))
			if c.kind != "" {
				r.Header.Set("Content-Type", c.kind)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			var answer struct {
				Errors []struct {
					Message    string
					Extensions struct{ Code, Reason string }
				}
			}
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Errors) == 0 {
				t.Fatalf("%d, not GraphQL: %s", w.Code, w.Body)
			}
			e := answer.Errors[0]
			if w.Code != c.status || c.reason != "" && (e.Extensions.Reason != c.reason || e.Extensions.Code == "") {
				t.Errorf("%d %+v, want %d %s", w.Code, e, c.status, c.reason)
			}
			if strings.Contains(w.Body.String(), secret) {
				t.Error("the answer repeats what was sent")
			}
		})
	}
}

// Some clients mention events in every request; only those who ask for them
// first get them.
func TestEventsFirst(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	for accept, want := range map[string]string{
		"text/event-stream":                   "text/event-stream",
		"application/json, text/event-stream": "application/json",
		"application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed": "application/graphql-response+json",
		"": "application/json",
	} {
		r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ __typename }"}`))
		r.Header.Set("Content-Type", "application/json")
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); !strings.HasPrefix(w.Header().Get("Content-Type"), want) {
			t.Errorf("%q got %q", accept, w.Header().Get("Content-Type"))
		}
	}
}

// Routers show their secret, if there is one, and read _service; who asks is
// still the person.
func TestSubgraph(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.SubgraphSecret = "routers" })
	ask := func(secret string) (int, string) {
		r := httptest.NewRequest(http.MethodPost, "/subgraph", strings.NewReader(`{"query":"{ _service { sdl } }"}`))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Vetgraph-Router-Secret", secret)
		w := httptest.NewRecorder()
		k.hub.SubgraphHandler().ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	if status, body := ask("routers"); status != 200 || !strings.Contains(body, "@key") {
		t.Errorf("%d %.200s", status, body)
	}
	if status, body := ask("guess"); status != 401 || !strings.Contains(body, "ROUTER_SECRET") {
		t.Errorf("%d %.200s", status, body)
	}
}

func TestSchemaText(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/schema.graphql", nil))
	for _, no := range []string{"_service", "_entities", "_Any", "@key", "@shareable", "@link", "scalar FieldSet"} {
		if strings.Contains(w.Body.String(), no) {
			t.Errorf("the public schema tells of %s", no)
		}
	}
	for _, yes := range []string{"type Veteran", "caseProgress", "submitCase"} {
		if !strings.Contains(w.Body.String(), yes) {
			t.Errorf("the public schema lacks %s", yes)
		}
	}
}

// A websocket is refused to pages from elsewhere and to bad tokens.
func TestWebSocketDoors(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Origins = []string{"https://portal.example.org"} })
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	dial := func(origin string) (*websocket.Conn, error) {
		o := &websocket.DialOptions{Subprotocols: []string{"graphql-transport-ws"}, HTTPHeader: http.Header{}}
		if origin != "" {
			o.HTTPHeader.Set("Origin", origin)
		}
		ws, _, err := websocket.Dial(ctx, strings.Replace(k.public, "http", "ws", 1)+"/graphql", o)
		return ws, err
	}
	if _, err := dial("https://evil.example.org"); err == nil {
		t.Error("a page from elsewhere was let in")
	}
	for payload, want := range map[string]string{`{"Authorization":"Bearer nonsense"}`: "", `{"authorization":"Bearer ` + k.token("clerk") + `"}`: "connection_ack", `{}`: "connection_ack"} {
		ws, err := dial("https://portal.example.org")
		if err != nil {
			t.Fatal(err)
		}
		if err := wsjson.Write(ctx, ws, map[string]any{"type": "connection_init", "payload": json.RawMessage(payload)}); err != nil {
			t.Fatal(err)
		}
		var got struct{ Type string }
		err = wsjson.Read(ctx, ws, &got)
		if want != "" && (err != nil || got.Type != want) || want == "" && got.Type == "connection_ack" {
			t.Errorf("%s: %q %v", payload, got.Type, err)
		}
		_ = ws.CloseNow()
	}
}

// Another origin reads nothing unless it is named.
func TestOrigins(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Origins = []string{"https://portal.example.org"} }).hub.Handler()
	for origin, want := range map[string]string{"https://portal.example.org": "https://portal.example.org", "https://evil.example.org": "", "null": ""} {
		r := httptest.NewRequest(http.MethodOptions, "/graphql", nil)
		r.Header.Set("Origin", origin)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Header().Get("Access-Control-Allow-Origin") != want {
			t.Errorf("%s is allowed %q", origin, w.Header().Get("Access-Control-Allow-Origin"))
		}
	}
}

func TestMetrics(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	var out any
	k.get("veteran0", `{ me { id } }`, nil, &out)
	w := httptest.NewRecorder()
	k.hub.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	body, _ := io.ReadAll(w.Body)
	for _, want := range []string{`vetgraph_graphql_answers_total{outcome="ok",type="query"}`, `vetgraph_http_requests_total{route="graphql",status="200"}`,
		"vetgraph_items{", "vetgraph_db_connections{", "vetgraph_oldest_silence_seconds ", "vetgraph_silences 0", "go_goroutines"} {
		if !strings.Contains(string(body), want) {
			t.Errorf("no %s", want)
		}
	}
	if strings.Contains(string(body), k.heroes[0]) {
		t.Error("a person is in the metrics")
	}
}
