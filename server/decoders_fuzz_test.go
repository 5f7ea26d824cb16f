package server

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

// FuzzBody: whatever comes as a body is a request that can be decoded, or a fault with a reason.
func FuzzBody(f *testing.F) {
	for _, s := range []string{`{"query":"{ me { kind } }"}`, `{"documentId":"sha256:00","extensions":null}`, `{"query":"a","variables":{"n":1e9}}`, `[]`, "\ufeff{}"} {
		f.Add([]byte(s), "application/json")
	}
	f.Fuzz(func(t *testing.T, body []byte, kind string) {
		r := httptest.NewRequest(http.MethodPost, "/graphql", bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		status, fault := readBody(httptest.NewRecorder(), r)
		if fault != nil {
			if fault.Reason == "" || status < 400 || status > 499 {
				t.Errorf("%d %v", status, fault)
			}
			return
		}
		if _, err := (overHTTP{}).params(r); err != nil {
			t.Errorf("the gate let pass what nobody can read: %v", err)
		}
	})
}

// FuzzAddress: what comes by GET is read or refused; media reads any header.
func FuzzAddress(f *testing.F) {
	f.Add("query=%7Bme%7Bkind%7D%7D&variables={}", "application/json;q=0.5, */*")
	f.Add("documentId=sha256:00&extensions={}", "application/graphql-response+json")
	f.Fuzz(func(t *testing.T, query, accept string) {
		r := &http.Request{Method: http.MethodGet, URL: &url.URL{RawQuery: query}, Header: http.Header{"Accept": {accept}}}
		_, _ = overHTTP{get: true}.params(r)
		if m := media(r); m != mediaJSON && m != mediaGraphQL {
			t.Errorf("it is answered as %q", m)
		}
	})
}

// FuzzNamed: a document named by its hash is that text or a fault, and no other text.
func FuzzNamed(f *testing.F) {
	const text = "{ me { kind } }"
	f.Add("", hashOf(text), false)
	f.Add(text, "", true)
	d := &documents{trusted: map[string]string{hashOf(text): text}, sent: lru.New[string](10)}
	f.Fuzz(func(t *testing.T, query, hash string, only bool) {
		d := &documents{trusted: d.trusted, sent: d.sent, only: only}
		got, fault := d.find(context.Background(), query, map[string]any{"persistedQuery": map[string]any{"sha256Hash": hash}})
		switch {
		case fault != nil:
			if fault.Reason == "" {
				t.Error("a fault without a reason")
			}
		case only && got != text:
			t.Errorf("%q may be run by trusted documents only", got)
		case hashOf(got) != hash:
			t.Errorf("%q is not the text of %q", got, hash)
		}
	})
}

// FuzzGuard: what fieldLimit lets pass, everything behind it walks and ends.
func FuzzGuard(f *testing.F) {
	for _, s := range []string{
		"{ me { kind } }", "{ veterans(first: 100) { nodes { cases { nodes { id } } } } }", "{ __schema { types { fields { name } } } }",
		"query($n: Int = 5) { cases(first: $n) { nodes { ...c } } } fragment c on Case { id ...c }", "{ me { ... @defer { kind } } }",
		"subscription { caseProgress(id: \"x\") { __typename } }", `{ _entities(representations: [{__typename: "Matter", code: "M01"}]) { __typename } }`,
	} {
		f.Add(s, "n", "100")
	}
	schema := described()
	limit := fieldLimit{lru.New[*ast.QueryDocument](10)}
	cost := &costLimit{most: maxCost, schema: schema, tariff: tariffOf(schema), looks: looksAt(schema)}
	standard := rules.NewDefaultRules()
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if len(text) > 4<<10 || limit.MutateOperationParameters(ctx, &graphql.RawParams{Query: text}) != nil {
			return
		}
		doc, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
		if err != nil || len(validator.ValidateWithRules(schema, doc, standard)) > 0 {
			return
		}
		for _, o := range doc.Operations {
			vars, err := validator.VariableValues(schema, o, map[string]any{name: value})
			if err != nil {
				continue
			}
			op := &graphql.OperationContext{Doc: doc, Operation: o, Variables: vars}
			for _, e := range []*gqlerror.Error{
				atOnce{}.MutateOperationContext(ctx, op), references{}.MutateOperationContext(ctx, op), depthLimit(maxDepth).MutateOperationContext(ctx, op), cost.MutateOperationContext(ctx, op),
			} {
				if e != nil && e.Extensions["reason"] == "" {
					t.Errorf("refused without a reason: %v", e)
				}
			}
			if n := cost.of(o.SelectionSet, vars); n < 0 {
				t.Errorf("it costs %d", n)
			}
		}
	})
}

// FuzzHeader: the header Authorization holds a token or not; scopes are read of anything.
func FuzzHeader(f *testing.F) {
	f.Add("Bearer a.e30.b")
	f.Add("bearer  eyJhbGciOiJub25lIn0.eyJzY29wZSI6ImEgYiJ9.")
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range scopes(header) {
			if s == "" && strings.TrimSpace(header) == "" {
				t.Error("a scope of nothing")
			}
		}
		_, token, _ := strings.Cut(header, " ")
		if (partnerTokens{key: []byte("k")}).ours(token) {
			if _, err := (partnerTokens{key: []byte("another key of thirty-two bytes"), now: time.Now}).identify(context.Background(), token); err == nil {
				t.Error("nobody signed this")
			}
		}
	})
}
