package server

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/slice"
)

// How partners' programs show who they are: OAuth 2.0 client credentials (RFC 6749,
// 4.4) with a private-key JWT (RFC 7523), with the certificate of their connection
// (RFC 8705), or with both where both are registered. Key and certificate stand in the
// slice's file, so the slice follows from the credential, and ends with it. A token
// that was given for a certificate is good on connections that show it, and no other.
const (
	tokenPath     = "/oauth/token" //nolint:gosec // a path
	partnerIssuer = "vetgraph-partner"
	partnerLife   = 10 * time.Minute // of a token
	assertionLife = 5 * time.Minute  // at most, of an assertion
	leeway        = 30 * time.Second // of clocks
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	mostAssertion = 8 << 10 // bytes
)

// clientToken answers POST /oauth/token.
func (h *Hub) clientToken(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Content-Type", mediaJSON)
	r.Body = http.MaxBytesReader(w, r.Body, 2*mostAssertion)
	if err := r.ParseForm(); err != nil || len(r.PostForm) == 0 {
		refuseClient(w, http.StatusBadRequest, "invalid_request", "the body is a form (application/x-www-form-urlencoded)")
		return
	}
	if r.PostForm.Get("grant_type") != "client_credentials" {
		refuseClient(w, http.StatusBadRequest, "unsupported_grant_type", "client_credentials alone")
		return
	}
	client, bound, err := h.shown(r.Context(), r.PostForm)
	if f := fault.Of(err); err != nil && f.Kind == fault.Internal {
		log := h.log("token")
		log.Error().Err(err).Msg("a client could not be let in")
		refuseClient(w, http.StatusServiceUnavailable, "temporarily_unavailable", "try again")
		return
	} else if err != nil {
		refused(r.Context(), f)
		refuseClient(w, http.StatusUnauthorized, "invalid_client", f.TextEn)
		return
	}
	token, err := partnerTokens{key: h.keys.TokenKey, now: h.Config.Now}.sign(client, bound)
	if err != nil {
		refuseClient(w, http.StatusServiceUnavailable, "temporarily_unavailable", "try again")
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"access_token": token, "token_type": "Bearer", "expires_in": int(partnerLife.Seconds())}) // nobody is left to tell
}

func refuseClient(w http.ResponseWriter, status int, code, why string) {
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": code, "error_description": why})
}

func assertionInvalid(why error) error {
	return fault.New(fault.SignedOut, "ASSERTION_INVALID", "客户端断言无效。", "This client assertion is not valid.").Because(why)
}

func certificateInvalid(why error) error {
	return fault.New(fault.SignedOut, "CERTIFICATE_INVALID", "客户端证书无效。", "This client certificate is not valid.").Because(why)
}

// shown is the client that has shown all that it is registered with, and the
// thumbprint of its certificate if that is part of it. Faults: SignedOut
// ASSERTION_INVALID, ASSERTION_SPENT, CERTIFICATE_INVALID.
func (h *Hub) shown(ctx context.Context, form url.Values) (id, bound string, err error) {
	text := form.Get("client_assertion")
	id = form.Get("client_id")
	if form.Has("client_assertion") || form.Has("client_assertion_type") {
		if form.Get("client_assertion_type") != assertionType {
			return "", "", assertionInvalid(errors.New("it is of another type"))
		}
		if id, err = saidBy(text); err != nil {
			return "", "", err
		}
	}
	s := h.Sharing.Slices.Of(id)
	if s == nil || form.Has("client_id") && form.Get("client_id") != id {
		return "", "", assertionInvalid(nil)
	}
	client := s.Client(id)
	if client.Certificate != (slice.Certificate{}) {
		if err := h.shows(ctx, client.Certificate); err != nil {
			return "", "", certificateInvalid(err)
		}
		bound = thumbprint(ctx)
	}
	if client.Key == nil {
		return id, bound, nil
	}
	return id, bound, h.asserted(ctx, client, text)
}

// saidBy is who an assertion says has signed it, which tells whose key must have.
func saidBy(text string) (string, error) {
	if text == "" || len(text) > mostAssertion {
		return "", assertionInvalid(nil)
	}
	said, err := jwt.ParseInsecure([]byte(text))
	if err != nil {
		return "", assertionInvalid(err)
	}
	id, _ := said.Issuer()
	return id, nil
}

// asserted tells whether a client has signed an assertion, now and for us.
func (h *Hub) asserted(ctx context.Context, client *slice.Client, text string) error {
	id := client.ID
	keys, err := keysOf(client)
	if err != nil {
		return fmt.Errorf("key of client %s: %w", id, err)
	}
	now := h.Config.Now()
	token, err := jwt.Parse([]byte(text), jwt.WithKeySet(keys, jws.WithInferAlgorithmFromKey(true), jws.WithRequireKid(false)), jwt.WithIssuer(id), jwt.WithSubject(id),
		jwt.WithAudience(h.tokenURL()), jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithRequiredClaim(jwt.JwtIDKey),
		jwt.WithClock(jwt.ClockFunc(h.Config.Now)), jwt.WithAcceptableSkew(leeway))
	if err != nil {
		return assertionInvalid(err)
	}
	until, _ := token.Expiration()
	if until.After(now.Add(assertionLife + leeway)) {
		return assertionInvalid(errors.New("it is good for too long"))
	}
	jti, _ := token.JwtID()
	if jti == "" {
		return assertionInvalid(errors.New("it has no number"))
	}
	return h.Sharing.Redeem(ctx, id, jti, until.Add(leeway))
}

// tokenURL is what an assertion names as its audience.
func (h *Hub) tokenURL() string { return h.address() + tokenPath }

// keysOf is a client's key as a set of one. Shared secrets have no place in it.
func keysOf(c *slice.Client) (jwk.Set, error) {
	text, err := json.Marshal(c.Key)
	if err != nil {
		return nil, err
	}
	key, err := jwk.ParseKey(text)
	if err != nil {
		return nil, errors.New("it is not a sound JWK") // and is not quoted
	}
	if private, err := jwk.IsPrivateKey(key); err != nil || private {
		return nil, errors.New("it is not a public key")
	}
	set := jwk.NewSet()
	return set, set.AddKey(key)
}

// partnerTokens signs and reads the tokens that partners get here.
type partnerTokens struct {
	key []byte
	now func() time.Time
}

// thumbprintClaim is where a token says of which certificate it is (RFC 8705, 3.1).
const thumbprintClaim = "x5t#S256"

// sign makes a token; bound is the thumbprint of the certificate that it is good with,
// "" for any or none.
func (p partnerTokens) sign(client, bound string) (string, error) {
	now := p.now()
	b := jwt.NewBuilder().Issuer(partnerIssuer).Subject(client).IssuedAt(now).Expiration(now.Add(partnerLife)).JwtID(rand.Text())
	if bound != "" {
		b.Claim("cnf", map[string]string{thumbprintClaim: bound})
	}
	token, err := b.Build()
	if err != nil {
		return "", fmt.Errorf("build a token: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.HS256(), p.key))
	return string(signed), err
}

// ours tells whether a token says that it is one of these.
func (partnerTokens) ours(text string) bool {
	token, err := jwt.ParseInsecure([]byte(text))
	if err != nil {
		return false
	}
	issuer, _ := token.Issuer()
	return issuer == partnerIssuer
}

// identify implements identifier.
func (p partnerTokens) identify(ctx context.Context, text string) (*access.Viewer, error) {
	token, err := jwt.ParseString(text, jwt.WithKey(jwa.HS256(), p.key), jwt.WithIssuer(partnerIssuer),
		jwt.WithRequiredClaim(jwt.ExpirationKey), jwt.WithClock(jwt.ClockFunc(p.now)))
	if errors.Is(err, jwt.TokenExpiredError()) {
		return nil, tokenExpired().Because(err)
	} else if err != nil {
		return nil, tokenInvalid().Because(err)
	}
	if token.Has("cnf") {
		var cnf map[string]any
		if err := token.Get("cnf", &cnf); err != nil {
			return nil, tokenInvalid().Because(err)
		}
		if bound, _ := cnf[thumbprintClaim].(string); bound == "" || bound != thumbprint(ctx) {
			return nil, fault.New(fault.SignedOut, "TOKEN_BOUND", "此凭证须与申请时的客户端证书一同使用。", "This token is good only with the certificate that it was given for.")
		}
	}
	client, _ := token.Subject()
	return &access.Viewer{ID: client, Kind: access.Partner}, nil
}
