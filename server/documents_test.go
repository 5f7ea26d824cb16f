package server_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

const whoAmI, whatIsThere = "query WhoAmI { me { kind } }", "{ matters { code } }"

func digest(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// post sends a body as somebody and returns what an answer comes to: the name of
// its first field or the reason of its first error.
func (k *talk) post(token, body string) string {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, k.public+"/graphql", strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	return k.comesTo(r, token)
}

func (k *talk) comesTo(r *http.Request, token string) string {
	k.t.Helper()
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	var answer struct {
		Data   map[string]any
		Errors []struct {
			Message    string
			Extensions struct{ Code, Reason string }
		}
	}
	raw, _ := io.ReadAll(res.Body)
	if err := json.Unmarshal(raw, &answer); err != nil {
		k.t.Fatalf("%s: %v", raw, err)
	}
	if len(answer.Errors) > 0 {
		return answer.Errors[0].Extensions.Reason
	}
	for name := range answer.Data {
		return name
	}
	return string(raw)
}

func named(text, with string) string {
	return fmt.Sprintf(`{%s"extensions":{"persistedQuery":{"version":1,"sha256Hash":%q}}}`, with, digest(text))
}

// A client names a document by its hash, sends it once where that is not enough,
// and names it from then on.
func TestDocumentsByHash(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	text := fmt.Sprintf(`"query":%q,`, whatIsThere)
	large := whatIsThere + strings.Repeat(" ", 17<<10)
	for i, c := range []struct{ body, want string }{
		{named(whatIsThere, ""), "PERSISTED_QUERY_NOT_FOUND"},
		{named(whoAmI, text), "DOCUMENT_HASH"},
		{named(whatIsThere, ""), "PERSISTED_QUERY_NOT_FOUND"},
		{named(whatIsThere, text), "matters"},
		{named(whatIsThere, ""), "matters"},
		{`{"documentId":"` + digest(whatIsThere) + `"}`, "matters"},
		{`{"documentId":"sha256:` + digest(whatIsThere) + `","extensions":{"a":1}}`, "matters"},
		{`{"documentId":"../../etc/passwd"}`, "DOCUMENT_HASH"},
		{`{"documentId":"` + digest(whoAmI) + `"}`, "PERSISTED_QUERY_NOT_FOUND"},
		{`{"documentId":5}`, "BODY_MALFORMED"},
		{`{"extensions":{"persistedQuery":5}}`, "DOCUMENT_HASH"},
		{`{"extensions":{"persistedQuery":{"version":1,"sha256Hash":"` + strings.ToUpper(digest(whatIsThere)) + `"}}}`, "DOCUMENT_HASH"},
		{`{"extensions":{"persistedQuery":null}}`, "DOCUMENT_MISSING"},
		// What no screen has is run and not remembered.
		{named(large, fmt.Sprintf(`"query":%q,`, large)), "matters"},
		{named(large, ""), "PERSISTED_QUERY_NOT_FOUND"},
	} {
		if got := k.post(k.token("clerk"), c.body); got != c.want {
			t.Errorf("%d: %.120s: %s, want %s", i, c.body, got, c.want)
		}
	}
	q := url.Values{"extensions": {`{"persistedQuery":{"version":1,"sha256Hash":"` + digest(whatIsThere) + `"}}`}}
	for _, query := range []string{q.Encode(), "documentId=" + digest(whatIsThere)} {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, k.public+"/graphql?"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		if got := k.comesTo(r, k.token("clerk")); got != "matters" {
			t.Errorf("GET %s: %s", query, got)
		}
	}
}

func manifest(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "manifest.json")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A token that is confined to registered documents runs those, by text or by hash,
// and nothing else, not even the schema; where only those are run, nobody but
// operators runs others.
func TestTrustedDocuments(t *testing.T) {
	t.Parallel()
	file := manifest(t, fmt.Sprintf(`{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":%q,"body":%q,"name":"WhoAmI","type":"query"}]}`,
		digest(whoAmI), whoAmI))
	for mode, only := range map[string]bool{"by token": false, "everybody": true} {
		t.Run(mode, func(t *testing.T) {
			k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Documents, c.TrustedOnly = []string{file}, only })
			_, confined := k.fetch("", "/dev/token?persona=clerk&documents=trusted")
			token := map[string]string{"confined": strings.TrimSpace(string(confined)), "clerk": k.token("clerk"), "operator": k.token("operator"), "nobody": ""}
			free := map[bool]string{true: "DOCUMENT_UNTRUSTED", false: "matters"}[only]
			for _, c := range []struct{ as, body, want string }{
				{"confined", `{"query":"` + whoAmI + `"}`, "me"},
				{"confined", named(whoAmI, ""), "me"},
				{"confined", named(whoAmI, `"query":"`+whoAmI+`",`), "me"},
				{"confined", named(whoAmI, `"query":"`+whatIsThere+`",`), "DOCUMENT_UNTRUSTED"},
				{"confined", named(whatIsThere, `"query":"`+whatIsThere+`",`), "DOCUMENT_UNTRUSTED"},
				{"confined", named(whatIsThere, ""), "DOCUMENT_UNTRUSTED"},
				{"confined", `{"query":"{ __schema { types { name } } }"}`, "DOCUMENT_UNTRUSTED"},
				{"confined", `{"query":"` + whoAmI + ` "}`, "DOCUMENT_UNTRUSTED"},
				{"clerk", `{"query":"` + whatIsThere + `"}`, free},
				{"nobody", `{"query":"` + whatIsThere + `"}`, map[bool]string{true: free, false: "SIGN_IN"}[only]},
				{"nobody", named(whoAmI, ""), "SIGN_IN"},
				{"operator", `{"query":"` + whatIsThere + `"}`, "matters"},
			} {
				if got := k.post(token[c.as], c.body); got != c.want {
					t.Errorf("as %s: %s: %s, want %s", c.as, c.body, got, c.want)
				}
			}
		})
	}
}

// A manifest with mistakes stops the start, and every one of them is told.
func TestManifestMistakes(t *testing.T) {
	c := demo(t.TempDir(), 12)
	c.Documents = []string{
		manifest(t, `{"`+digest(whoAmI)+`": "`+whatIsThere+`", "`+digest("{ secrets }")+`": "{ secrets }"}`),
		manifest(t, `[]`),
		manifest(t, `{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}`),
		filepath.Join(t.TempDir(), "none.json"),
	}
	_, err := server.Open(t.Context(), c, nil)
	for _, want := range []string{"is not the SHA-256", "secrets", "no object of hash and text", "no such file"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among: %v", want, err)
		}
	}
	c.Documents, c.TrustedOnly = nil, true
	if _, err := server.Open(t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), "--trusted-only") {
		t.Errorf("trusted documents only, of none: %v", err)
	}
}
