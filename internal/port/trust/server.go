package trust

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// maxBody is how many bytes the body of a signed request has at most; it is read as a
// whole before anybody behind us sees it, and only after its signature is found good.
const maxBody = 32 << 20

// guard asks callers for one kind of credential.
type guard interface {
	// admits says whether the request shows it. It may replace the request's body
	// by one that can be read again.
	admits(r *http.Request) bool
}

// guards is the other side of shows.
var guards = map[string]func(s Spec, now func() time.Time, seen *once) (guard, error){
	"":     admitAll,
	None:   admitAll,
	Bearer: askBearer,
	HMAC:   askSignature,
	SM2:    askSignature,
	Grant:  askToken,
}

// Server lets pass who shows what one of the Specs asks for; several stand beside each
// other while a key is being changed, or where callers differ. Who does not gets 401
// and no reason. A Spec whose TLS names a CA asks for a certificate too, which the
// listener has to verify ([ServerTLS]), and for TLS.Name in it if that says one.
//
// For oauth it is the authorization server as well: it answers POST at the path of
// tokenUrl, and knows the tokens that it gave out itself since it was made. Like the
// nonces of requests they are remembered by one process.
func Server(now func() time.Time, specs ...Spec) (func(http.Handler) http.Handler, error) {
	gates := make([]*gate, len(specs))
	seen := new(once) // of all: what passes one gate must not come back to another of the same key
	var bad []error
	for i, s := range specs {
		open, known := guards[s.Kind]
		if !known {
			bad = append(bad, fmt.Errorf("trust: there is no kind %q", s.Kind))
			continue
		}
		g, err := open(s, now, seen)
		if err != nil {
			bad = append(bad, fmt.Errorf("trust %s: %w", s, err))
		}
		gates[i] = &gate{spec: s, guard: g}
	}
	if len(specs) == 0 {
		bad = append(bad, errors.New("trust: nobody could ever pass"))
	}
	if err := errors.Join(bad...); err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			for _, g := range gates {
				if i, ok := g.guard.(*issuer); ok && i.asked(r) && g.certified(r) && i.answer(w, r) {
					return
				}
			}
			for _, g := range gates {
				if g.certified(r) && g.guard.admits(r) {
					next.ServeHTTP(w, r)
					return
				}
			}
			unauthorized(w, gates)
		})
	}, nil
}

func unauthorized(w http.ResponseWriter, gates []*gate) {
	scheme := "Bearer"
	if _, signed := suites[gates[0].spec.Kind]; signed {
		scheme = "Signature"
	}
	w.Header().Set("WWW-Authenticate", scheme) // RFC 9110 section 11.6.1 wants one
	w.WriteHeader(http.StatusUnauthorized)
}

// gate is one Spec with what it asks for.
type gate struct {
	spec  Spec
	guard guard
}

// certified says whether the caller's certificate is what the Spec wants. That it
// stands in VerifiedChains means that the listener has found it good.
func (g *gate) certified(r *http.Request) bool {
	if g.spec.TLS.CA == "" {
		return true
	}
	if r.TLS == nil || len(r.TLS.VerifiedChains) == 0 {
		return false
	}
	name := g.spec.TLS.Name
	return name == "" || r.TLS.VerifiedChains[0][0].VerifyHostname(name) == nil
}

type all struct{}

func (all) admits(*http.Request) bool { return true }

func admitAll(Spec, func() time.Time, *once) (guard, error) { return all{}, nil }

// bearer wants one token. Sums are compared, so that time tells nothing, not even how long it is.
type bearer [sha256.Size]byte

func askBearer(s Spec, _ func() time.Time, _ *once) (guard, error) {
	token, err := s.Secret.read()
	if err != nil {
		return nil, err
	}
	return bearer(sha256.Sum256([]byte(token))), nil
}

func (b bearer) admits(r *http.Request) bool {
	sum := sha256.Sum256([]byte(bearerOf(r)))
	return subtle.ConstantTimeCompare(sum[:], b[:]) == 1
}

// bearerOf is the token of a request, empty if there is none or more than one.
func bearerOf(r *http.Request) string {
	values := r.Header.Values("Authorization")
	if len(values) != 1 {
		return ""
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return token
}

// verifier wants a signature of one key.
type verifier struct {
	suite
	keys
	keyID     string
	authority string
	now       func() time.Time
	seen      *once
}

func askSignature(s Spec, now func() time.Time, seen *once) (guard, error) {
	with := suites[s.Kind]
	k, err := with.open(s)
	if err != nil {
		return nil, err
	}
	return &verifier{suite: with, keys: k, keyID: s.Key, authority: s.Authority, now: now, seen: seen}, nil
}

func (v *verifier) admits(r *http.Request) bool {
	all, err := signatures(r.Header)
	if err != nil {
		return false
	}
	for _, s := range all {
		if s.keyID == v.keyID && s.algorithm == v.algorithm {
			return v.good(r, &s) // of two by one key the first counts
		}
	}
	return false
}

// good looks at the signature before it reads the body, and remembers the nonce only
// of what is good in all else: nobody can use up the nonces of others.
func (v *verifier) good(r *http.Request, s *signature) bool {
	now := v.now()
	date, err := http.ParseTime(r.Header.Get("Date"))
	if err != nil || !inWindow(date, now) || !inWindow(time.Unix(s.created, 0), now) || s.expires != 0 && s.expires < now.Unix() {
		return false
	}
	if !s.coversAll() || s.nonce == "" || len(s.nonce) > 100 {
		return false
	}
	base, err := s.base(received(r, v.authority))
	if err != nil || !v.verify([]byte(base), s.bytes) {
		return false
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	r.Body = io.NopCloser(io.MultiReader(bytes.NewReader(body), r.Body)) // whole again, for whoever reads it next
	if err != nil || len(body) > maxBody || !v.fits(r.Header, body) {
		return false
	}
	return v.seen.first(v.algorithm+" "+v.keyID+" "+s.nonce, now)
}
