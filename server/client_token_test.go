package server_test

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// bureau is a folder with one slice, whose client has a key.
func bureau(t *testing.T, change ...string) (folder string, key ed25519.PrivateKey) {
	t.Helper()
	public, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../internal/slice/slices/insurance.yaml")
	if err != nil {
		t.Fatal(err)
	}
	client := fmt.Sprintf("clients: [{id: bureau.1, key: {kty: OKP, crv: Ed25519, x: %s}}]", base64.RawURLEncoding.EncodeToString(public))
	changed := strings.NewReplacer(append([]string{"clients: []", client}, change...)...).Replace(string(text))
	folder = t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "insurance.yaml"), []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, key
}

// A client shows who it is with its key, gets a token for a short while, and reads its
// slice; whatever is wrong with what it shows is refused.
func TestPartnersShowTheirKey(t *testing.T) {
	folder, key := bureau(t)
	clock := &struct {
		sync.Mutex
		now time.Time
	}{now: time.Now().Truncate(time.Second)}
	now := func() time.Time { clock.Lock(); defer clock.Unlock(); return clock.now }
	k := open(t, storetest.SQLite(t), now, func(c *server.Config) { c.Slices = folder })
	const id = "bureau.1"
	_, stranger, _ := ed25519.GenerateKey(rand.Reader)
	signed := func(with any, change func(*jwt.Builder)) string {
		b := jwt.NewBuilder().Issuer(id).Subject(id).Audience([]string{k.public + "/oauth/token"}).IssuedAt(now()).Expiration(now().Add(time.Minute)).JwtID(rand.Text())
		if change != nil {
			change(b)
		}
		token, err := b.Build()
		if err != nil {
			t.Fatal(err)
		}
		alg := jwt.WithKey(jwa.EdDSA(), with)
		if _, secret := with.([]byte); secret {
			alg = jwt.WithKey(jwa.HS256(), with)
		}
		text, err := jwt.Sign(token, alg)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	redeem := func(assertion string, change ...string) (int, string) {
		form := url.Values{"grant_type": {"client_credentials"}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}, "client_assertion": {assertion}}
		for i := 0; i+1 < len(change); i += 2 {
			form.Set(change[i], change[i+1])
		}
		status, headers, answer := k.send(http.MethodPost, k.public+"/oauth/token", form.Encode(), map[string]string{"Content-Type": "application/x-www-form-urlencoded"})
		if headers.Get("Cache-Control") != "no-store" {
			t.Error("an answer with a token may be kept")
		}
		return status, answer
	}
	good := signed(key, nil)
	status, answer := redeem(good)
	var token struct {
		AccessToken string `json:"access_token"`
		ExpiresIn   int    `json:"expires_in"`
	}
	if err := json.Unmarshal([]byte(answer), &token); err != nil || status != 200 || token.ExpiresIn != 600 {
		t.Fatalf("%d %s", status, answer)
	}
	const query = `{veterans(first: 1) {nodes {id}}}`
	if status, answer := k.asPartner(token.AccessToken, "INSURANCE_TAKEOVER", query); status != 200 || strings.Contains(answer, "errors") {
		t.Errorf("%d %s", status, answer)
	}
	public, _ := key.Public().(ed25519.PublicKey)
	for what, assertion := range map[string]string{
		"the same again":         good,
		"another's key":          signed(stranger, nil),
		"the public key as HMAC": signed([]byte(public), nil),
		"no signature":           strings.Join(strings.Split(signed(key, nil), ".")[:2], ".") + ".",
		"somebody unknown":       signed(key, func(b *jwt.Builder) { b.Issuer("nobody.1").Subject("nobody.1") }),
		"for somebody else":      signed(key, func(b *jwt.Builder) { b.Subject("other.1") }),
		"another audience":       signed(key, func(b *jwt.Builder) { b.Audience([]string{"https://elsewhere/oauth/token"}) }),
		"too old":                signed(key, func(b *jwt.Builder) { b.Expiration(now().Add(-time.Minute)) }),
		"good for too long":      signed(key, func(b *jwt.Builder) { b.Expiration(now().Add(time.Hour)) }),
		"not yet":                signed(key, func(b *jwt.Builder) { b.NotBefore(now().Add(time.Hour)) }),
		"without a number":       signed(key, func(b *jwt.Builder) { b.JwtID("") }),
		"nonsense":               "a.b.c",
		"nothing":                "",
		"enormous":               strings.Repeat("a", 20_000),
	} {
		if status, answer := redeem(assertion); status != 401 && status != 400 || strings.Contains(answer, "access_token") || !strings.Contains(answer, "invalid_") {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	for what, change := range map[string][]string{
		"another grant":  {"grant_type", "password"},
		"another way":    {"client_assertion_type", "basic"},
		"another client": {"client_id", "other.1"},
	} {
		if status, answer := redeem(signed(key, nil), change...); status == 200 || strings.Contains(answer, "access_token") {
			t.Errorf("%s: %d %s", what, status, answer)
		}
	}
	clock.Lock()
	clock.now = clock.now.Add(11 * time.Minute)
	clock.Unlock()
	if status, answer := k.asPartner(token.AccessToken, "INSURANCE_TAKEOVER", query); status != 401 || !strings.Contains(answer, "TOKEN_EXPIRED") {
		t.Errorf("an old token: %d %s", status, answer)
	}
}
