package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// FuzzIDs: whatever is sent for an ID, a cursor, a code or a number, by whomever, through
// the real doors, is found, not found or malformed; it is never our fault, and nothing of
// anybody comes for what nobody was named by.
func FuzzIDs(f *testing.F) {
	k := open(f, storetest.SQLite(f), noon, func(c *server.Config) { c.Rate, c.Veterans = -1, 10 })
	if err := k.hub.Queue.Stop(f.Context()); err != nil {
		f.Fatal(err)
	}
	public, routers := k.hub.Handler(), k.hub.SubgraphHandler()
	tokens := []string{k.token("veteran0"), k.token("clerk"), k.token("officer-ps"), k.token("supervisor"), k.token("auditor")}
	const pages = `query($x: String, $id: ID!) {
		veterans(first: 2, after: $x) { nodes { id } } cases(first: 2, after: $x) { nodes { id } } items(first: 2, after: $x) { nodes { id } }
		disputes(first: 2, after: $x) { nodes { id } } tasks(first: 2, after: $x) { nodes { id } } violations(first: 2, after: $x) { nodes { id } }
		subsidyRolls(first: 2, after: $x) { nodes { id } } case(id: $id) { number } }`
	questions := []string{
		pages,
		`query($x: String, $id: ID!) { me { veteran { readReceipts(first: 2, after: $x) { nodes { id } } } } veteran(id: $id) { name } }`,
		`mutation($x: String!, $id: ID!) { confirmMandate(input: {mandateId: $id, code: $x}) { mandate { id } } }`,
		`query($x: ID!, $id: ID!) { division(code: $x) { code } codeList(id: $id) { id } }`,
		`query($id: ID!) { _entities(representations: [{__typename: "Case", number: $id}, {__typename: "Veteran", id: $id}, {__typename: "Division", code: $id}]) { __typename } }`,
	}
	f.Add(uint8(0), uint8(0), "2026-11-24/x", "01932b5c-0000-7000-8000-000000000001")
	f.Add(uint8(1), uint8(0), "17", k.heroes[1])
	f.Add(uint8(2), uint8(0), "vetgraph:mandate:x:123456", "x")
	f.Add(uint8(3), uint8(1), "230102001000", "sex")
	f.Add(uint8(4), uint8(2), "", "\x00")
	f.Add(uint8(5), uint8(0), "9223372036854775808", "..%2f")
	f.Fuzz(func(t *testing.T, which, who uint8, x, id string) {
		answered := httptest.NewRecorder()
		var r *http.Request
		door := public
		if n := int(which) % (len(questions) + 2); n < len(questions) {
			body, err := json.Marshal(map[string]any{"query": questions[n], "variables": map[string]any{"x": x, "id": id}})
			if err != nil {
				return
			}
			r = httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
			if strings.Contains(questions[n], "_entities") {
				door, r.URL.Path = routers, "/subgraph"
			}
			r.Header.Set("Content-Type", "application/json")
		} else {
			path := []string{"/receipts/proof/", "/sheets/"}[n-len(questions)]
			r = httptest.NewRequest(http.MethodGet, path+url.PathEscape(x), nil)
		}
		r.Header.Set("Authorization", "Bearer "+tokens[int(who)%len(tokens)])
		door.ServeHTTP(answered, r)
		if text := answered.Body.String(); answered.Code >= 500 && answered.Code != http.StatusServiceUnavailable || strings.Contains(text, `"code":"INTERNAL`) || strings.Contains(text, "panic") {
			t.Errorf("%q, %q: %d %.400s", x, id, answered.Code, text)
		}
	})
}
