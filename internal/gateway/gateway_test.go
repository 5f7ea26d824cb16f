package gateway_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

const join = `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.3", for: EXECUTION) { query: Query }
enum join__Graph { A @join__graph(name: "a", url: "http://127.0.0.1:1/a") B @join__graph(name: "b", url: "http://127.0.0.1:1/b") }
`

const people = join + `
type Query @join__type(graph: A) @join__type(graph: B) { person(id: ID!): Person @join__field(graph: A) }
type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  name: String! @join__field(graph: A)
  seen: String @join__field(graph: B)
}`

// answering is a subgraph that answers what f says.
func answering(f func(r *http.Request, body string) string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, f(r, string(body)))
	})
}

var named = answering(func(*http.Request, string) string {
	return `{"data":{"person":{"__typename":"Person","id":"1","name":"N"}}}`
})

func open(t *testing.T, o gateway.Options) *gateway.Gateway {
	t.Helper()
	g, err := gateway.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func ask(g *gateway.Gateway, query, token string) string {
	return told(g.Ask(context.Background(), gateway.Request{Query: query, Header: http.Header{"Authorization": {token}}}))
}

// told is an answer as a client reads it.
func told(a gateway.Answer) string {
	switch {
	case a.Errors == nil:
		return `{"data":` + string(a.Data) + `}`
	case a.Data == nil:
		return `{"errors":` + string(a.Errors) + `}`
	}
	return `{"errors":` + string(a.Errors) + `,"data":` + string(a.Data) + `}`
}

const both = `{ person(id: "1") { name seen } }`

func TestPartsOfTheAnswerStandWhenOneSubgraphDoesNot(t *testing.T) {
	for name, b := range map[string]gateway.Subgraph{
		"down":    {URL: "http://127.0.0.1:1/"},
		"garbage": {Handler: answering(func(*http.Request, string) string { return "<html>" })},
		"too large": {Most: 100, Handler: answering(func(*http.Request, string) string {
			return `{"data":{"_entities":[{"seen":"` + strings.Repeat("x", 200) + `"}]}}`
		})},
		"breaks": {Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("b") })},
	} {
		t.Run(name, func(t *testing.T) {
			g := open(t, gateway.Options{Supergraph: people, Subgraphs: map[string]gateway.Subgraph{"a": {Handler: named}, "b": b}})
			got := ask(g, both, "")
			if !strings.Contains(got, `"data":{"person":{"name":"N","seen":null}}`) || !strings.Contains(got, `"reason":"SUBGRAPH_SILENT"`) ||
				!strings.Contains(got, `"subgraph":"b"`) || strings.Contains(got, "127.0.0.1") {
				t.Error(got)
			}
		})
	}
}

func TestErrorsOfAPartnerCarryNoTraceAndNoAddress(t *testing.T) {
	g := open(t, gateway.Options{Supergraph: people, Subgraphs: map[string]gateway.Subgraph{"a": {Handler: named}, "b": {Handler: answering(
		func(*http.Request, string) string {
			return `{"data":{"_entities":[null]},"errors":[{"message":"see http://inside/x\n at line 1","extensions":{"code":"OOPS","stacktrace":["secret"]}}]}`
		})}}})
	got := ask(g, both, "")
	if !strings.Contains(got, `"code":"OOPS"`) || strings.Contains(got, "inside") || strings.Contains(got, "secret") || strings.Contains(got, "line 1") {
		t.Error(got)
	}
}

func TestNoViewerGetsWhatWasAskedForAnother(t *testing.T) {
	echo := answering(func(r *http.Request, _ string) string {
		return `{"data":{"_entities":[{"__typename":"Person","seen":"` + r.Header.Get("Authorization") + `"}]}}`
	})
	g := open(t, gateway.Options{Supergraph: people, Subgraphs: map[string]gateway.Subgraph{
		"a": {Handler: answering(func(r *http.Request, _ string) string {
			if r.Header.Get("Authorization") != "" {
				return `{"errors":[{"message":"a token came that was not meant for a"}]}`
			}
			return `{"data":{"person":{"__typename":"Person","id":"1","name":"N"}}}`
		})},
		"b": {Handler: echo, Pass: []string{"Authorization"}}}})
	var all sync.WaitGroup
	for i := range 200 {
		all.Go(func() {
			token := fmt.Sprintf("token-%d", i%2)
			if got := ask(g, both, token); got != `{"data":{"person":{"name":"N","seen":"`+token+`"}}}` {
				t.Errorf("%s got %s", token, got)
			}
		})
	}
	all.Wait()
}

// Each subgraph gets what belongs to it, and nothing of the caller's that it was not meant to.
func TestHeaders(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]http.Header{}
	keep := func(name string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			seen[name] = r.Header.Clone()
			mu.Unlock()
			next.ServeHTTP(w, r)
		})
	}
	s := httptest.NewServer(keep("b", joining))
	defer s.Close()
	g := open(t, gateway.Options{Supergraph: people, Subgraphs: map[string]gateway.Subgraph{
		"a": {Handler: keep("a", named), Pass: []string{"x-client-name"}, Send: http.Header{"Vetgraph-Router-Secret": {"of a"}}},
		"b": {URL: s.URL, Send: http.Header{"Vetgraph-Router-Secret": {"of b"}}},
	}})
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	g.Ask(t.Context(), gateway.Request{Query: both, Header: http.Header{"Authorization": {"Bearer x"}, "Cookie": {"x"}, "Vetgraph-Router-Secret": {"guessed"},
		"X-Client-Name": {"portal"}, "X-Request-Id": {"id"}, "Traceparent": {parent}}})
	for name, want := range map[string]map[string]string{
		"a": {"Authorization": "", "Cookie": "", "Vetgraph-Router-Secret": "of a", "X-Client-Name": "portal", "X-Request-Id": "id", "Traceparent": parent},
		"b": {"Authorization": "", "Cookie": "", "Vetgraph-Router-Secret": "of b", "X-Client-Name": "", "X-Request-Id": "id", "Traceparent": parent},
	} {
		for header, text := range want {
			if got := seen[name].Get(header); got != text {
				t.Errorf("%s got %s %q, want %q", name, header, got, text)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	g := open(t, gateway.Options{Supergraph: people, Limits: gateway.Limits{Depth: 2, Fields: 50, Aliases: 3}})
	bomb := `{ ...a } fragment a on Query { ...b ...b ...b ...b } fragment b on Query { ...c ...c ...c ...c } fragment c on Query { x:__typename y:__typename ...d } fragment d on Query { __typename }`
	for want, query := range map[string]string{
		"DOCUMENT_MALFORMED":      `{ person`,
		"DOCUMENT_INVALID":        `{ nothing }`,
		"INCREMENTAL_UNSUPPORTED": `{ ... @defer { __typename } }`,
		"INTROSPECTION_CLOSED":    `{ __schema { types { name } } }`,
		"TOO_DEEP":                `{ person(id: 1) { seen { x } } }`,
		"TOO_MANY_FIELDS":         bomb,
		"OPERATION_UNCLEAR":       `query a { __typename } query b { __typename }`,
	} {
		if got := ask(g, query, ""); !strings.Contains(got, `"reason":"`+want+`"`) {
			t.Errorf("%s: %s", want, got)
		}
	}
}

func TestMistakesOfASupergraphAreToldTogether(t *testing.T) {
	_, err := gateway.New(t.Context(), gateway.Options{Supergraph: join + `
type Query @join__type(graph: A) { a: Missing  b: Int @join__field(graph: C)  c: T @join__field(graph: A, contextArguments: []) }
type T @join__type(graph: A, key: "id x") { id: ID! @join__field(graph: B) n: Int @join__field(graph: A, requires: "{") }`})
	if err == nil {
		t.Fatal("no mistake was found")
	}
	for _, want := range []string{"Missing does not exist", `no subgraph "C"`, "@fromContext", "T.x, which does not exist", "not in that subgraph", `requires "{"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told:\n%v", want, err)
		}
	}
}

func FuzzSupergraph(f *testing.F) {
	f.Add(people)
	f.Add(join)
	f.Add(strings.ReplaceAll(people, "v0.3", "v0.1"))
	f.Fuzz(func(t *testing.T, sdl string) { // it says no or makes a gateway, and never falls over
		_, _ = gateway.New(t.Context(), gateway.Options{Supergraph: sdl})
	})
}
