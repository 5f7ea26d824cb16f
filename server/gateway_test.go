package server_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

const (
	joins = `query($id: ID!) { veteran(id: $id) { id name concessionStanding { entitled code permit } concessions { code division { name } } concessionsTaken { concession { code } } } }`
	takes = `mutation($in: TakeUpConcessionInput!) { takeUpConcession(input: $in) { again taken { number concession { code holders } } veteran { id name concessionsTaken { concession { code } } } } }`
)

// What is the hub's and what is the partner's come as one answer, to those who may
// see the person, and to nobody else.
func TestOneGraphOfHubAndPartner(t *testing.T) {
	t.Parallel()
	k, p := together(t, noon)
	id := k.holder()
	var seen struct {
		Veteran struct {
			ID, Name           string
			ConcessionStanding struct {
				Entitled     bool
				Code, Permit string
			}
			Concessions []struct {
				Code     string
				Division struct{ Name string }
			}
			ConcessionsTaken []any
		}
	}
	k.get("holder", joins, map[string]any{"id": id}, &seen)
	v := seen.Veteran
	if v.ID != id || v.Name == "" || !v.ConcessionStanding.Entitled || v.ConcessionStanding.Code != "VALID" || len(v.Concessions) < 3 ||
		v.Concessions[0].Code != "harbin-bus" || v.Concessions[0].Division.Name != "哈尔滨市" || len(v.ConcessionsTaken) != 0 {
		t.Errorf("%+v", v)
	}
	t.Run("a mutation of the partner's, and then what the hub says of the person", func(t *testing.T) {
		var done struct {
			TakeUpConcession struct {
				Again bool
				Taken struct {
					Concession struct {
						Code    string
						Holders int
					}
				}
				Veteran struct {
					ID, Name         string
					ConcessionsTaken []struct{ Concession struct{ Code string } }
				}
			}
		}
		k.get("holder", takes, map[string]any{"in": map[string]any{"key": "gateway-001", "concession": "sun-island", "permit": v.ConcessionStanding.Permit}}, &done)
		d := done.TakeUpConcession
		if d.Again || d.Taken.Concession.Code != "sun-island" || d.Taken.Concession.Holders != 1 || d.Veteran.ID != id || d.Veteran.Name != v.Name ||
			len(d.Veteran.ConcessionsTaken) != 1 {
			t.Errorf("%+v", d)
		}
	})
	t.Run("a stranger sees nothing, of either", func(t *testing.T) {
		for _, as := range []string{"veteran1", "nobody", "officer-ps"} {
			_, got := k.ask(as, k.public+"/graphql", joins, map[string]any{"id": id})
			if !bytes.Contains(got, []byte(`"data":null`)) || bytes.Contains(got, []byte("permit")) || bytes.Contains(got, []byte(v.Name)) {
				t.Errorf("%s: %s", as, got)
			}
		}
	})
	t.Run("a token that is none is refused as ever", func(t *testing.T) {
		k.tokens["forger"] = "nonsense"
		status, got := k.ask("forger", k.public+"/graphql", `{ concessions { code } }`, nil)
		if status != http.StatusUnauthorized || !bytes.Contains(got, []byte(`"reason":"TOKEN_INVALID"`)) {
			t.Errorf("%d %s", status, got)
		}
	})
	t.Run("limits and faults are the hub's", func(t *testing.T) {
		for reason, query := range map[string]string{
			"TOO_COSTLY":              `{ veterans(first: 100) { nodes { cases(first: 100) { nodes { items { id } timeline { id } } } } } }`,
			"DOCUMENT_INVALID":        `{ nothing }`,
			"INCREMENTAL_UNSUPPORTED": `{ ... @defer { __typename } }`,
		} {
			if _, got := k.ask("clerk", k.public+"/graphql", query, nil); !bytes.Contains(got, []byte(`"reason":"`+reason+`"`)) {
				t.Errorf("%s: %s", reason, got)
			}
		}
	})
	t.Run("without the partner what is the hub's stands", func(t *testing.T) {
		p.stop()
		_, got := k.ask("holder", k.public+"/graphql", `query($id: ID!) { veteran(id: $id) { name } concession(code: "sun-island") { code } }`, map[string]any{"id": id})
		if !bytes.Contains(got, []byte(`"data":{"veteran":{"name":"`+v.Name+`"},"concession":null}`)) || !bytes.Contains(got, []byte(`"reason":"SUBGRAPH_SILENT"`)) ||
			!bytes.Contains(got, []byte(`"subgraph":"concessions"`)) || bytes.Contains(got, []byte("127.0.0.1")) {
			t.Errorf("%s", got)
		}
	})
}

// An operation is one, however many questions it becomes: one ID, one count.
func TestWhatIsAskedOfOneGraphIsCountedOnce(t *testing.T) {
	k, _ := together(t, noon)
	id := k.holder()
	before := k.counted()
	for range 3 {
		k.get("holder", joins, map[string]any{"id": id}, new(any))
	}
	after := k.counted()
	for name, want := range map[string]int{
		`vetgraph_graphql_answers_total{outcome="ok",type="query"}`:                3,
		`vetgraph_graphql_fields_total{field="Veteran.concessions"}`:               3,
		`vetgraph_graphql_fields_total{field="Query.veteran"}`:                     3,
		`vetgraph_http_requests_total{route="graphql",status="200"}`:               3,
		`vetgraph_graphql_answers_total{outcome="GRAPHQL_FAILED",type="query"}`:    0,
		`vetgraph_graphql_fields_total{field="Query._entities"}`:                   0,
		`vetgraph_graphql_fields_total{field="PreferentialCard.issuedOn"}`:         0,
		`vetgraph_graphql_answers_total{outcome="GRAPHQL_VALIDATION",type="none"}`: 0,
	} {
		if got := after[name] - before[name]; got != want {
			t.Errorf("%s: %d more, want %d", name, got, want)
		}
	}
}

var counter = regexp.MustCompile(`(?m)^(vetgraph_\S+\{.*\}) (\d+)$`)

// counted reads the meters.
func (k *talk) counted() map[string]int {
	k.t.Helper()
	w := httptest.NewRecorder()
	k.hub.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	out := map[string]int{}
	for _, m := range counter.FindAllStringSubmatch(w.Body.String(), -1) {
		var n int
		if err := json.Unmarshal([]byte(m[2]), &n); err != nil {
			k.t.Fatal(err)
		}
		out[m[1]] = n
	}
	return out
}

// Every transport, by the programs of others, with a supergraph behind it.
func TestOneGraphForClients(t *testing.T) {
	t.Parallel()
	t.Run("GraphQL over HTTP", func(t *testing.T) {
		k, _ := together(t, noon)
		node(t, "clients/http.mjs", k.public+"/graphql")
	})
	for course, now := range map[string]func() time.Time{"ends": nil, "going-on": noon} {
		t.Run(course, func(t *testing.T) {
			k, _ := together(t, now)
			id := k.submit("veteran0", 0, "clients-001")
			t.Run("graphql-ws", func(t *testing.T) {
				node(t, "clients/websocket.mjs", k.public+"/graphql", k.token("veteran0"), id, course)
			})
			t.Run("graphql-sse", func(t *testing.T) {
				node(t, "clients/events.mjs", k.public+"/graphql", k.token("veteran0"), id, course)
			})
		})
	}
}

// Each message of a subscription is joined with what others know of it.
func TestMessagesOfOneGraphAreJoined(t *testing.T) {
	k, _ := together(t, noon)
	id := k.holder()
	events := func(query string, variables map[string]any) func() string {
		body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.public+"/graphql", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Accept", "text/event-stream")
		r.Header.Set("Authorization", "Bearer "+k.token("holder"))
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = res.Body.Close() })
		lines := bufio.NewScanner(res.Body)
		return func() string {
			for lines.Scan() {
				if data, ok := strings.CutPrefix(lines.Text(), "data: "); ok && data != "" {
					return data
				}
			}
			t.Fatalf("the stream ended: %v", lines.Err())
			return ""
		}
	}
	t.Run("the partner's, with names of the hub's", func(t *testing.T) {
		next := events(`subscription { concessionTaken(after: 0) { sequence concession { code division { name } } } }`, nil)
		var seen struct {
			Veteran struct{ ConcessionStanding struct{ Permit string } }
		}
		k.get("holder", joins, map[string]any{"id": id}, &seen)
		for i, code := range []string{"harbin-bus", "sun-island"} {
			k.get("holder", takes, map[string]any{"in": map[string]any{"key": "gateway-00" + code, "concession": code, "permit": seen.Veteran.ConcessionStanding.Permit}}, new(any))
			want := map[string]string{"harbin-bus": "哈尔滨市", "sun-island": "道里区"}[code]
			if got := next(); !strings.Contains(got, `"code":"`+code+`"`) || !strings.Contains(got, want) {
				t.Errorf("message %d: %s", i, got)
			}
		}
	})
	t.Run("the hub's, with concessions of the partner's", func(t *testing.T) {
		id := k.submit("veteran0", 0, "clients-002")
		k.tokens["holder"] = k.token("veteran0")
		next := events(`subscription($id: ID!) { caseProgress(id: $id) { case { state veteran { name concessionStanding { code } } } } }`, map[string]any{"id": id})
		if got := next(); !strings.Contains(got, `"concessionStanding":{"code":"NO_CARD"}`) {
			t.Error(got)
		}
	})
}

// Every conversation goes with a supergraph as it goes without, to the last letter.
func TestConversationsOfOneGraph(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/script/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			t.Parallel()
			a, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			k := open(t, storetest.SQLite(t), moment(t, a), unwatched, func(c *server.Config) { c.Supergraph = released })
			converse(t, k, a, file, false)
		})
	}
}

// A document of the manifests may ask partners too.
func TestTrustedDocumentsOfOneGraph(t *testing.T) {
	file := filepath.Join(t.TempDir(), "documents.json")
	const text = `{ concession(code: "sun-island") { code } }`
	sum := sha256.Sum256([]byte(text))
	manifest, err := json.Marshal(map[string]string{hex.EncodeToString(sum[:]): text})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, manifest, 0o600); err != nil {
		t.Fatal(err)
	}
	k, _ := together(t, noon, func(c *server.Config) { c.Documents, c.TrustedOnly = []string{file}, true })
	if _, got := k.ask("nobody", k.public+"/graphql", text, nil); string(got) != `{"data":{"concession":{"code":"sun-island"}}}` {
		t.Errorf("%s", got)
	}
	if _, got := k.ask("nobody", k.public+"/graphql", `{ concessions { code } }`, nil); !bytes.Contains(got, []byte("DOCUMENT_UNTRUSTED")) {
		t.Errorf("%s", got)
	}
}

func TestMistakesOfSubgraphSettingsAreToldTogether(t *testing.T) {
	file := filepath.Join(t.TempDir(), "subgraphs.yaml")
	if err := os.WriteFile(file, []byte(`
concessions: { url: "ftp://x", secret: "s3cret-words", secretFile: "none", timeout: 9m, most: -1, pass: ["a b", "Cookie"] }
nobody: { url: "http://127.0.0.1:1" }
`), 0o600); err != nil {
		t.Fatal(err)
	}
	c := server.Config{Demo: true, Data: t.TempDir(), Database: storetest.SQLite(t), Listen: "127.0.0.1:0", Closing: 17, Workers: 1, Veterans: 10,
		Supergraph: released, Subgraphs: file}
	_, err := server.Open(context.Background(), c, nil)
	if err == nil {
		t.Fatal("no mistake was found")
	}
	for _, want := range []string{"concessions: url", "say it once", "secretFile names", "timeout", "most", "pass lists", "pass cannot name Cookie", "nobody: the supergraph has no such"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "s3cret") {
		t.Errorf("it tells a secret: %v", err)
	}
}
