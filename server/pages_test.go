package server_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// GraphiQL is what its makers published: the checksums of the files as they were
// taken from the npm registry, packed by gzip -9n.
func TestGraphiQLFiles(t *testing.T) {
	for name, want := range map[string]string{
		"graphiql.css.gz": "ad86ab33a3025c0bba6386069402d59ba8da0c35c231753f114c18566bd8ac16", // graphiql 3.9.0 graphiql.min.css
		"graphiql.js.gz":  "edb2e1a2f6f24eec274c75898a4df7cb7430413c3478dd77e118dfdd7a4b55e5", // graphiql 3.9.0 graphiql.min.js
		"react-dom.js.gz": "e8dfc1d3d2ac69518fbc29ba5dc5799f7ed43a7ec189c82bc9c5cd5e424f6a95", // react-dom 18.3.1 umd/react-dom.production.min.js
		"react.js.gz":     "3f6165c6704e98b7d0b64a088e6dc50e72591bd52026c7e873d8fcb8845d5ab1", // react 18.3.1 umd/react.production.min.js
	} {
		body, err := os.ReadFile("graphiql/" + name)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(body)
		if got := hex.EncodeToString(sum[:]); got != want {
			t.Errorf("%s was changed: %s", name, got)
		}
	}
	licences, err := os.ReadFile("graphiql/LICENSES.txt")
	if err != nil || strings.Count(string(licences), "MIT License") < 1 {
		t.Error("the licences are missing")
	}
}

var (
	loads     = regexp.MustCompile(`(?:src|href)="([^"]*)"`)
	elsewhere = regexp.MustCompile(`(?:https?:)?//[a-z0-9.-]+\.[a-z]{2,}`)
)

// Pages load from here alone, whatever a browser would let them.
func TestPages(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for _, page := range []string{"/", "/start", "/graphiql"} {
		w := get(page)
		policy := w.Header().Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"} {
			if w.Code != 200 || !strings.Contains(policy, want) {
				t.Errorf("%s: %d %s", page, w.Code, policy)
			}
		}
		if strings.Contains(policy, "unsafe-eval") || strings.Contains(policy, "script-src 'self' 'unsafe-inline'") || strings.Contains(policy, "http") {
			t.Errorf("%s allows too much: %s", page, policy)
		}
		if found := elsewhere.FindString(w.Body.String()); found != "" {
			t.Errorf("%s names %s", page, found)
		}
		if !strings.Contains(w.Body.String(), `lang="zh-CN"`) {
			t.Errorf("%s does not say its language", page)
		}
		for _, m := range loads.FindAllStringSubmatch(w.Body.String(), -1) {
			if strings.HasPrefix(m[1], "data:") {
				continue
			}
			if a := get(m[1]); a.Code != 200 || a.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s needs %s: %d", page, m[1], a.Code)
			}
		}
	}
	for _, own := range []string{"/page/page.js", "/page/page.css", "/page/graphiql.js", "/page/graphiql.css"} {
		if found := elsewhere.FindString(get(own).Body.String()); found != "" {
			t.Errorf("%s names %s", own, found)
		}
	}
	if w := get("/page/../config.go"); w.Code == 200 {
		t.Error("a file that is no page is served")
	}
	w := get("/graphiql/graphiql.js")
	r, err := gzip.NewReader(bytes.NewReader(w.Body.Bytes()))
	if err != nil || w.Header().Get("Content-Encoding") != "gzip" {
		t.Fatalf("%v %v", err, w.Header())
	}
	if body, err := io.ReadAll(r); err != nil || !bytes.Contains(body, []byte("GraphiQL")) {
		t.Errorf("GraphiQL does not unpack: %v", err)
	}
}

// What the page submits is taken, for each of the people it offers, and the
// figures it shows are those that were published.
func TestExampleAnswers(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	r := httptest.NewRequest(http.MethodGet, "/dev/personas", nil)
	r.RemoteAddr, r.Host = "127.0.0.1:1", "127.0.0.1:8080"
	w := httptest.NewRecorder()
	k.hub.Handler().ServeHTTP(w, r)
	var offer struct {
		Heroes []struct {
			ID      string
			Answers []any
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &offer); err != nil || len(offer.Heroes) != len(k.heroes) {
		t.Fatalf("%v %s", err, w.Body)
	}
	for i, hero := range offer.Heroes {
		var out struct {
			SubmitCase struct {
				Case     *struct{ ID string }
				Problems []any
			}
		}
		k.get(fmt.Sprintf("veteran%d", i), `mutation($i: SubmitCaseInput!) { submitCase(input: $i) { case { id } problems { field reason } } }`,
			map[string]any{"i": map[string]any{"idempotencyKey": "example-" + hero.ID, "veteranId": hero.ID, "answers": hero.Answers}}, &out)
		if out.SubmitCase.Case == nil {
			t.Errorf("hero %d: %v", i, out.SubmitCase.Problems)
		}
	}
}
