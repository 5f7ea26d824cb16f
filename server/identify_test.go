package server_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/server"
)

// signIn is an OpenID Connect issuer with real keys.
type signIn struct {
	t   *testing.T
	url string
	key *ecdsa.PrivateKey
}

func newSignIn(t *testing.T) *signIn {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	i := &signIn{t: t, key: key}
	public, err := jwk.Import(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{jwk.KeyIDKey: "k1", jwk.AlgorithmKey: jwa.ES256()} {
		if err := public.Set(name, v); err != nil {
			t.Fatal(err)
		}
	}
	set := jwk.NewSet()
	if err := set.AddKey(public); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"issuer": i.url, "jwks_uri": i.url + "/keys", "authorization_endpoint": i.url + "/a", "token_endpoint": i.url + "/t",
			"id_token_signing_alg_values_supported": []string{"ES256"}})
	})
	mux.HandleFunc("/keys", func(w http.ResponseWriter, _ *http.Request) { _ = json.NewEncoder(w).Encode(set) })
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	i.url = s.URL
	return i
}

// token signs claims; change replaces or, with nil, removes some.
func (i *signIn) token(change map[string]any, sign ...jwt.SignOption) string {
	i.t.Helper()
	all := map[string]any{"iss": i.url, "aud": "hub", "sub": "u-1", "exp": time.Now().Add(time.Hour).Unix(), "iat": time.Now().Unix(), "vetgraph_kind": "OPERATOR"}
	for k, v := range change {
		if all[k] = v; v == nil {
			delete(all, k)
		}
	}
	b := jwt.NewBuilder()
	for k, v := range all {
		b = b.Claim(k, v)
	}
	token, err := b.Build()
	if err != nil {
		i.t.Fatal(err)
	}
	if sign == nil {
		headers := jws.NewHeaders()
		if err := headers.Set(jws.KeyIDKey, "k1"); err != nil {
			i.t.Fatal(err)
		}
		sign = []jwt.SignOption{jwt.WithKey(jwa.ES256(), i.key, jws.WithProtectedHeaders(headers))}
	}
	out, err := jwt.Sign(token, sign...)
	if err != nil {
		i.t.Fatal(err)
	}
	return string(out)
}

// production opens a hub as it runs in earnest, without departments.
func production(t *testing.T, issuer string) *server.Hub {
	t.Helper()
	dir, database := t.TempDir(), storetest.SQLite(t)
	keys := filepath.Join(dir, "keys.json")
	if err := vault.SaveFile(keys, vault.Generate()); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := run("migrate", "--database="+database); status != 0 {
		t.Fatal(errs)
	}
	h, err := server.Open(t.Context(), server.Config{
		Data: dir, Database: database, Keys: keys, Listen: "127.0.0.1:0", Closing: 17, Workers: 4,
		OIDCIssuer: issuer, OIDCAudience: "hub", Endpoints: write(t, "ends.json", `{"PS": {"url": "http://127.0.0.1:1/v1", "token": "x"}}`),
		Roster:    write(t, "roster.yaml", `entries: [{department: "*", division: "230000000000", account: chief, name: 督办}]`),
		ClaimKind: "vetgraph_kind", ClaimVeteran: "vetgraph_veteran", ClaimDepartment: "vetgraph_department", ClaimDivision: "vetgraph_division",
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close(t.Context()) })
	return h
}

// me asks who is asking and answers status, kind and reason.
func me(h http.Handler, header string) (status int, kind, reason string) {
	r := httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`{"query":"{ me { kind } }"}`))
	r.Header.Set("Content-Type", "application/json")
	if header != "" {
		r.Header.Set("Authorization", header)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var answer struct {
		Data   *struct{ Me *struct{ Kind string } }
		Errors []struct{ Extensions struct{ Code, Reason string } }
	}
	if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
		return w.Code, "", "NOT_GRAPHQL " + w.Body.String()
	}
	if len(answer.Errors) > 0 {
		return w.Code, "", answer.Errors[0].Extensions.Reason
	}
	return w.Code, answer.Data.Me.Kind, ""
}

func TestIssuer(t *testing.T) {
	i := newSignIn(t)
	stranger := newSignIn(t)
	h := production(t, i.url).Handler()
	place := map[string]any{"vetgraph_division": "230100"}
	with := func(kind string, more map[string]any) map[string]any {
		all := map[string]any{"vetgraph_kind": kind}
		for k, v := range more {
			all[k] = v
		}
		return all
	}
	for name, c := range map[string]struct {
		token        string
		status       int
		kind, reason string
	}{
		"operator":                     {i.token(nil), 200, "OPERATOR", ""},
		"veteran":                      {i.token(with("VETERAN", map[string]any{"vetgraph_veteran": "v1"})), 200, "VETERAN", ""},
		"clerk of a city":              {i.token(with("clerk", place)), 200, "CLERK", ""},
		"officer":                      {i.token(with("OFFICER", map[string]any{"vetgraph_division": "230100", "vetgraph_department": "PS"})), 200, "OFFICER", ""},
		"audience among several":       {i.token(map[string]any{"aud": []string{"other", "hub"}}), 200, "OPERATOR", ""},
		"nobody becomes the hub":       {i.token(with("MACHINE", place)), 403, "", "VIEWER_UNKNOWN"},
		"unknown kind":                 {i.token(with("EMPEROR", place)), 403, "", "VIEWER_UNKNOWN"},
		"no kind":                      {i.token(with("", nil)), 403, "", "VIEWER_UNKNOWN"},
		"veteran without an ID":        {i.token(with("VETERAN", nil)), 403, "", "VIEWER_UNKNOWN"},
		"clerk without a division":     {i.token(with("CLERK", nil)), 403, "", "VIEWER_UNKNOWN"},
		"clerk of another province":    {i.token(with("CLERK", map[string]any{"vetgraph_division": "440100"})), 403, "", "VIEWER_UNKNOWN"},
		"officer of an external party": {i.token(with("OFFICER", map[string]any{"vetgraph_division": "23", "vetgraph_department": "BANK"})), 403, "", "VIEWER_UNKNOWN"},
		"no subject":                   {i.token(map[string]any{"sub": nil}), 403, "", "VIEWER_UNKNOWN"},
		"expired":                      {i.token(map[string]any{"exp": time.Now().Add(-time.Hour).Unix()}), 401, "", "TOKEN_EXPIRED"},
		"never expires":                {i.token(map[string]any{"exp": nil}), 401, "", "TOKEN_EXPIRED"},
		"another audience":             {i.token(map[string]any{"aud": "shop"}), 401, "", "TOKEN_INVALID"},
		"no audience":                  {i.token(map[string]any{"aud": nil}), 401, "", "TOKEN_INVALID"},
		"another issuer":               {i.token(map[string]any{"iss": stranger.url}), 401, "", "TOKEN_INVALID"},
		"signed by a stranger":         {stranger.token(map[string]any{"iss": i.url}), 401, "", "TOKEN_INVALID"},
		"shared secret":                {i.token(nil, jwt.WithKey(jwa.HS256(), []byte("0123456789abcdef0123456789abcdef"))), 401, "", "TOKEN_INVALID"},
		"not signed":                   {i.token(nil, jwt.WithInsecureNoSignature()), 401, "", "TOKEN_INVALID"},
		"not a token":                  {"abc", 401, "", "TOKEN_INVALID"},
		"huge":                         {strings.Repeat("a", 20<<10), 401, "", "TOKEN_INVALID"},
	} {
		t.Run(name, func(t *testing.T) {
			status, kind, reason := me(h, "Bearer "+c.token)
			if status != c.status || kind != c.kind || reason != c.reason {
				t.Errorf("%d %q %q, want %d %q %q", status, kind, reason, c.status, c.kind, c.reason)
			}
		})
	}
	if status, _, reason := me(h, ""); status != 200 || reason != "SIGN_IN" {
		t.Errorf("nobody: %d %s", status, reason)
	}
	if status, _, reason := me(h, "Basic dXNlcjpwYXNz"); status != 401 || reason != "TOKEN_INVALID" {
		t.Errorf("another scheme: %d %s", status, reason)
	}
}

// An issuer that is away is a reason to wait; nobody gets in meanwhile, and
// nothing of the demonstration is there.
func TestIssuerSilent(t *testing.T) {
	h := production(t, "http://127.0.0.1:1").Handler()
	if status, _, reason := me(h, "Bearer abc"); status != 503 || reason != "ISSUER_SILENT" {
		t.Errorf("%d %s", status, reason)
	}
	for _, path := range []string{"/dev/token?persona=clerk", "/dev/personas", "/graphiql", "/page/page.js"} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest(http.MethodGet, path, nil)
		r.RemoteAddr, r.Host = "127.0.0.1:9", "127.0.0.1:8080"
		if h.ServeHTTP(w, r); w.Code != http.StatusNotFound {
			t.Errorf("%s answers %d in production", path, w.Code)
		}
	}
}

// Personas are for this machine, under its own name.
func TestPersonas(t *testing.T) {
	h := open(t, storetest.SQLite(t), noon).hub.Handler()
	get := func(persona, remote, host, origin string) (int, string) {
		r := httptest.NewRequest(http.MethodGet, "/dev/token?"+persona, nil)
		r.RemoteAddr, r.Host = remote, host
		if origin != "" {
			r.Header.Set("Origin", origin)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	here, name := "127.0.0.1:50000", "127.0.0.1:8080"
	for persona, kind := range map[string]string{
		"veteran": "VETERAN", "clerk": "CLERK", "officer-ps": "OFFICER", "officer-mil": "OFFICER", "analyst": "ANALYST",
		"partner-bank": "", "operator": "OPERATOR", "auditor": "AUDITOR",
	} {
		status, token := get("persona="+persona, here, name, "")
		if status != 200 {
			t.Errorf("%s: %d %s", persona, status, token)
			continue
		}
		if _, got, reason := me(h, "Bearer "+token); got != kind || kind == "" && reason != "SLICE_NONE" {
			t.Errorf("%s is %q %s", persona, got, reason)
		}
	}
	for what, c := range map[string][4]string{
		"another machine":           {"persona=clerk", "192.0.2.7:1", name, ""},
		"a name pointed at us":      {"persona=clerk", here, "evil.example.org", ""},
		"a page from elsewhere":     {"persona=clerk", here, name, "https://evil.example.org"},
		"no such persona":           {"persona=machine", here, name, ""},
		"a partner with odd name":   {"persona=partner-" + url.QueryEscape("../x"), here, name, ""},
		"a division far away":       {"persona=clerk&division=440100", here, name, ""},
		"a division that is no one": {"persona=clerk&division=x", here, name, ""},
	} {
		if status, body := get(c[0], c[1], c[2], c[3]); status < 400 || status >= 500 {
			t.Errorf("%s: %d %s", what, status, body)
		}
	}
	if status, _ := get("persona=clerk", here, "localhost:8080", "http://localhost:8080"); status != 200 {
		t.Error("our own page is refused")
	}
}
