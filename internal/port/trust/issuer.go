package trust

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

const (
	tokenLife = 10 * time.Minute
	maxGrant  = 16 << 10 // bytes of a request for a token

	assertionSkew = time.Minute // clocks of clients differ
)

// issuer is a small authorization server for one client, and knows its tokens again.
type issuer struct {
	spec   OAuth
	path   string
	secret [sha256.Size]byte // sum of the client secret; or
	public jwk.Key           // private_key_jwt
	alg    jwa.SignatureAlgorithm
	now    func() time.Time
	seen   *once // IDs of assertions

	mu    sync.Mutex
	given map[[sha256.Size]byte]time.Time // sum of a token -> its end
}

func askToken(s Spec, now func() time.Time, seen *once) (guard, error) {
	u, err := url.Parse(s.OAuth.TokenURL)
	if err != nil || u.Path == "" {
		return nil, errors.New("tokenUrl has no path to give out tokens at")
	}
	i := &issuer{spec: s.OAuth, path: u.Path, now: now, seen: seen, given: map[[sha256.Size]byte]time.Time{}}
	var text []byte
	if s.Secret.set() {
		secret, bad := s.Secret.read()
		text, err = []byte(secret), bad
	} else {
		text, err = s.Public.read()
	}
	if err != nil {
		return nil, err
	}
	if s.OAuth.method() != keyJWT {
		i.secret = sha256.Sum256(text)
		return i, nil
	}
	key, alg, err := signingKey(text)
	if err != nil {
		return nil, err
	}
	i.alg = alg
	i.public, err = jwk.PublicKeyOf(key)
	return i, err
}

func (i *issuer) admits(r *http.Request) bool {
	sum := sha256.Sum256([]byte(bearerOf(r)))
	i.mu.Lock()
	defer i.mu.Unlock()
	until, given := i.given[sum]
	return given && i.now().Before(until)
}

// asked says whether a request is for a token.
func (i *issuer) asked(r *http.Request) bool {
	return r.Method == http.MethodPost && r.URL.Path == i.path
}

// answer gives a token, or says no as RFC 6749 section 5.2 wants it. Where several
// clients ask at one path it is false, and nothing written, for a client of another.
func (i *issuer) answer(w http.ResponseWriter, r *http.Request) bool {
	if r.PostForm == nil { // the first of several issuers reads it for all
		r.Body = http.MaxBytesReader(w, r.Body, maxGrant)
	}
	if err := r.ParseForm(); err != nil {
		refuse(w, http.StatusBadRequest, "invalid_request")
		return true
	}
	if i.client(r) != i.spec.Client {
		return false
	}
	switch scope := strings.Fields(r.PostForm.Get("scope")); {
	case !i.authenticates(r):
		refuse(w, http.StatusUnauthorized, "invalid_client")
	case r.PostForm.Get("grant_type") != "client_credentials":
		refuse(w, http.StatusBadRequest, "unsupported_grant_type")
	case slices.ContainsFunc(scope, func(s string) bool { return !slices.Contains(strings.Fields(i.spec.Scope), s) }):
		refuse(w, http.StatusBadRequest, "invalid_scope")
	default:
		reply(w, http.StatusOK, map[string]any{"access_token": i.give(), "token_type": "Bearer", "expires_in": int(tokenLife.Seconds())})
	}
	return true
}

// client is who the request says it comes from.
func (i *issuer) client(r *http.Request) string {
	if id, _, ok := r.BasicAuth(); ok {
		id, _ = url.QueryUnescape(id) // RFC 6749 section 2.3.1
		return id
	}
	return r.PostForm.Get("client_id")
}

// authenticates says whether the client is known by the one method agreed on.
func (i *issuer) authenticates(r *http.Request) bool {
	secret := ""
	switch i.spec.method() {
	case keyJWT:
		return r.PostForm.Get("client_assertion_type") == assertionType && i.asserted(r.PostForm.Get("client_assertion"))
	case secretPost:
		secret = r.PostForm.Get("client_secret")
	default:
		_, secret, _ = r.BasicAuth()
		secret, _ = url.QueryUnescape(secret)
	}
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], i.secret[:]) == 1
}

// asserted checks what RFC 7523 section 3 wants. An assertion may come once and hold
// no longer than the window.
func (i *issuer) asserted(text string) bool {
	now := i.now()
	token, err := jwt.ParseString(text, jwt.WithKey(i.alg, i.public), jwt.WithClock(jwt.ClockFunc(func() time.Time { return now })),
		jwt.WithIssuer(i.spec.Client), jwt.WithSubject(i.spec.Client), jwt.WithAudience(i.spec.TokenURL),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.JwtIDKey),
		jwt.WithAcceptableSkew(assertionSkew))
	if err != nil {
		return false
	}
	until, _ := token.Expiration()
	id, _ := token.JwtID()
	return inWindow(until, now) && i.seen.first("assertion "+i.spec.Client+" "+id, now)
}

// give makes a token and forgets those that have ended.
func (i *issuer) give() string {
	token, now := newNonce(), i.now()
	i.mu.Lock()
	defer i.mu.Unlock()
	for sum, until := range i.given {
		if !now.Before(until) {
			delete(i.given, sum)
		}
	}
	i.given[sha256.Sum256([]byte(token))] = now.Add(tokenLife)
	return token
}

func refuse(w http.ResponseWriter, status int, code string) {
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Basic")
	}
	reply(w, status, map[string]any{"error": code})
}

func reply(w http.ResponseWriter, status int, body map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store") // RFC 6749 section 5.1
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // a caller that has gone is not told
}
