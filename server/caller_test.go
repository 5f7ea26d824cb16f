package server_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// club is a partner that lets everybody read and leaves it to the graph who may.
const club = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable", "@authenticated", "@requiresScopes", "@policy"])
type Query {
  openEvening: String
  members: String @authenticated
  accounts: String @requiresScopes(scopes: [["club:read", "club:money"], ["club:all"]])
  entry: String @policy(policies: [["case.submit"]])
  host: Veteran
}
type Mutation { join: String @authenticated visit: String }
type Veteran @key(fields: "id") { id: ID! table: String }
`

// clubs answers what it is asked, field by field, and remembers the questions.
type clubs struct {
	mu    sync.Mutex
	asked []string
}

// ServeHTTP implements http.Handler.
func (c *clubs) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var q struct{ Query string }
	err := json.NewDecoder(r.Body).Decode(&q)
	doc, perr := parser.ParseQuery(&ast.Source{Input: q.Query})
	if err != nil || perr != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	c.asked = append(c.asked, q.Query)
	c.mu.Unlock()
	data := map[string]any{}
	for _, s := range doc.Operations[0].SelectionSet {
		if f, ok := s.(*ast.Field); ok {
			data[f.Alias] = "the club's " + f.Name
			if f.Name == "host" {
				data[f.Alias] = map[string]any{"__typename": "Veteran", "id": "1", "table": "window"}
			}
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
}

func (c *clubs) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := strings.Join(c.asked, "\n")
	c.asked = nil
	return out
}

// clubGraph composes the club with the parts, and says where the file is.
func clubGraph(t *testing.T, parts ...string) string {
	t.Helper()
	dir := t.TempDir()
	sdl, out := filepath.Join(dir, "club.graphqls"), filepath.Join(dir, "graph.graphql")
	if err := os.WriteFile(sdl, []byte(club), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := run(append(append([]string{"compose"}, parts...), "club=http://127.0.0.1:1/="+sdl, "--out", out)...); status != 0 {
		t.Fatal(errs)
	}
	return out
}

// What a partner marks is kept by the hub's gateway: it knows who asks.
func TestRulesOfAPartner(t *testing.T) {
	t.Parallel()
	c := &clubs{}
	s := httptest.NewServer(c)
	defer s.Close()
	settings := filepath.Join(t.TempDir(), "subgraphs.yaml")
	if err := os.WriteFile(settings, []byte("club: { url: '"+s.URL+"' }\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	graph := clubGraph(t, "hub")
	k := open(t, storetest.SQLite(t), noon, func(o *server.Config) { o.Supergraph, o.Subgraphs = graph, settings })
	for _, test := range []struct{ as, ask, want, refused string }{
		{"nobody", `{ openEvening members }`, `{"openEvening":"the club's openEvening","members":null}`, "SIGN_IN"},
		{"clerk", `{ members }`, `{"members":"the club's members"}`, ""},
		{"clerk", `{ openEvening accounts }`, `{"openEvening":"the club's openEvening","accounts":null}`, "FIELD_NOT_ALLOWED"},
		{"nobody", `{ entry }`, `{"entry":null}`, "SIGN_IN"},
		{"analyst", `{ entry }`, `{"entry":null}`, "FIELD_NOT_ALLOWED"}, // an analyst submits nothing
		{"veteran0", `{ entry }`, `{"entry":"the club's entry"}`, ""},
		{"nobody", `mutation { join visit }`, `{"join":null,"visit":"the club's visit"}`, "SIGN_IN"},
		{"nobody", `{ host { table } }`, `{"host":null}`, "SIGN_IN"}, // a person, by the hub's word
		{"clerk", `{ host { table } }`, `{"host":{"table":"window"}}`, ""},
	} {
		t.Run(test.as+" "+test.ask, func(t *testing.T) {
			_, body := k.ask(test.as, k.public+"/graphql", test.ask, nil)
			want(t, body, test.want, test.refused)
			asked := c.take()
			for field := range strings.FieldsSeq("members accounts entry join host") {
				if strings.Contains(asked, field) && strings.Contains(test.want, `"`+field+`":null`) && !strings.Contains(asked, "_refused_optional_"+field) {
					t.Errorf("the club was asked for %s: %s", field, asked)
				}
			}
		})
	}
}

func want(t *testing.T, body []byte, data, reason string) {
	t.Helper()
	var a struct {
		Data   json.RawMessage
		Errors []struct{ Extensions struct{ Reason string } }
	}
	if err := json.Unmarshal(body, &a); err != nil || string(a.Data) != data || (reason != "") != (len(a.Errors) > 0) ||
		slices.ContainsFunc(a.Errors, func(e struct{ Extensions struct{ Reason string } }) bool { return e.Extensions.Reason != reason }) {
		t.Errorf("got %s, want %s %s", body, data, reason)
	}
}

// A gateway without a hub holds a graph to its rules by the tokens of an issuer, or does
// not begin.
func TestRulesWithoutAHub(t *testing.T) {
	t.Parallel()
	c := &clubs{}
	s := httptest.NewServer(c)
	defer s.Close()
	issuer, stranger := newSignIn(t), newSignIn(t)
	graph := clubGraph(t)
	args := []string{"gateway", "--supergraph", graph, "--subgraph", "club=" + s.URL, "--at"}
	if status, _, errs := run(append(args, "127.0.0.1:0")...); status == 0 || !strings.Contains(errs, "@authenticated on Query.members") || !strings.Contains(errs, "@policy on Query.entry") {
		t.Errorf("it began, and knows nobody: %d %s", status, errs)
	}
	if status, _, errs := run(append(args, "127.0.0.1:0", "--oidc-issuer", issuer.url, "--oidc-audience", "hub")...); status == 0 || !strings.Contains(errs, "@policy on Query.entry") || strings.Contains(errs, "members") {
		t.Errorf("it began, and knows no policy: %d %s", status, errs)
	}
	if status, _, errs := run(append(args, "127.0.0.1:0", "--oidc-issuer", issuer.url)...); status == 0 || !strings.Contains(errs, "--oidc-audience") {
		t.Errorf("it began, and would believe a token that is for others: %d %s", status, errs)
	}
	without, err := os.ReadFile(graph)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(graph, []byte(strings.ReplaceAll(string(without), `@policy(policies: [["case.submit"]])`, "")), 0o600); err != nil {
		t.Fatal(err)
	}
	at := startGateway(t, append(args, "127.0.0.1:0", "--oidc-issuer", issuer.url, "--oidc-audience", "hub"))
	ask := func(token, query string) (int, []byte) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, at, strings.NewReader(`{"query":"`+query+`"}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, body
	}
	for name, test := range map[string]struct {
		token, ask string
		status     int
		want       string
		refused    string
	}{
		"nobody":           {"", `{ openEvening members }`, 200, `{"openEvening":"the club's openEvening","members":null}`, "SIGN_IN"},
		"a holder":         {issuer.token(nil), `{ members accounts }`, 200, `{"members":"the club's members","accounts":null}`, "FIELD_NOT_ALLOWED"},
		"both scopes":      {issuer.token(map[string]any{"scope": "openid club:money club:read"}), `{ accounts }`, 200, `{"accounts":"the club's accounts"}`, ""},
		"the other scope":  {issuer.token(map[string]any{"scp": []string{"club:all"}}), `{ accounts }`, 200, `{"accounts":"the club's accounts"}`, ""},
		"signed by others": {stranger.token(map[string]any{"iss": issuer.url, "scope": "club:all"}), `{ openEvening }`, 401, "", "TOKEN_INVALID"},
		"expired":          {issuer.token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), `{ openEvening }`, 401, "", "TOKEN_EXPIRED"},
	} {
		t.Run(name, func(t *testing.T) {
			status, body := ask(test.token, test.ask)
			if status != test.status {
				t.Errorf("%d %s", status, body)
			}
			want(t, body, test.want, test.refused)
		})
	}
}

// startGateway runs the program, and says where it answers.
func startGateway(t *testing.T, args []string) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "vetgraph")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./vetgraph").CombinedOutput(); err != nil {
		t.Fatal(string(out))
	}
	c := exec.Command(program, args...)
	says, err := c.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Process.Kill()
		_ = c.Wait()
	})
	for lines := bufio.NewScanner(says); lines.Scan(); {
		if _, at, ok := strings.Cut(lines.Text(), "The gateway answers at "); ok {
			return "http://" + at
		}
	}
	t.Fatal("the gateway does not begin")
	return ""
}
