package trust

import (
	"context"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
	"golang.org/x/sync/singleflight"
)

const (
	fetchTimeout  = 10 * time.Second
	earlier       = 30 * time.Second // a token is not used so shortly before its end
	assertionLife = 2 * time.Minute
	assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" // RFC 7523 section 2.2
)

// tokens carries requests with an access token, which it fetches for all callers at once.
type tokens struct {
	spec   OAuth
	secret string       // or
	assert *assertion   // private_key_jwt
	fetch  *http.Client // to the authorization server
	base   http.RoundTripper
	now    func() time.Time

	flight singleflight.Group
	mu     sync.Mutex
	token  string
	until  time.Time // zero: nobody said; it is used until it is refused
}

func showToken(s Spec, base *http.Transport, now func() time.Time) (http.RoundTripper, error) {
	toServer := base.Clone()
	toServer.TLSClientConfig.ServerName = "" // TLS.Name is the department's
	t := &tokens{spec: s.OAuth, base: base, now: now, fetch: &http.Client{
		Transport: toServer, Timeout: fetchTimeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	secret, err := s.Secret.read()
	if err != nil {
		return nil, err
	}
	if s.OAuth.method() != keyJWT {
		t.secret = secret
		return t, nil
	}
	key, alg, err := signingKey([]byte(secret))
	if err != nil {
		return nil, err
	}
	t.assert = &assertion{key, alg}
	return t, nil
}

// RoundTrip implements [http.RoundTripper]. A 401 to a token that was at hand makes it
// fetch another, once: the server may have forgotten it before its time.
func (t *tokens) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := takeBody(req)
	if err != nil {
		return nil, fmt.Errorf("read what is to be sent: %w", err)
	}
	token, fresh, err := t.get(req.Context(), "")
	if err != nil {
		return t.refused(req, err)
	}
	res, err := t.base.RoundTrip(withToken(withBody(req, body), token))
	if err != nil || res.StatusCode != http.StatusUnauthorized || fresh {
		return res, err
	}
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10)) // so that the connection can be used again
	_ = res.Body.Close()
	if token, _, err = t.get(req.Context(), token); err != nil {
		return t.refused(req, err)
	}
	return t.base.RoundTrip(withToken(withBody(req, body), token))
}

// get is a token other than the one refused. fresh says that it was fetched just now.
// Callers that need one at the same time wait for the same fetch, each as long as its
// own context lets it.
func (t *tokens) get(ctx context.Context, refused string) (token string, fresh bool, err error) {
	if token := t.held(refused); token != "" {
		return token, false, nil
	}
	done := t.flight.DoChan("", func() (any, error) {
		if token := t.held(refused); token != "" { // the flight before this one has brought it
			return token, nil
		}
		// The fetch belongs to all who wait, not to the first of them.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), fetchTimeout)
		defer cancel()
		return t.bring(ctx)
	})
	select {
	case <-ctx.Done():
		return "", false, ctx.Err()
	case got := <-done:
		token, _ := got.Val.(string)
		return token, true, got.Err
	}
}

// held is the token at hand, if it is still good and not the one refused.
func (t *tokens) held(refused string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token == refused || !t.until.IsZero() && !t.now().Before(t.until) {
		return ""
	}
	return t.token
}

func (t *tokens) bring(ctx context.Context) (string, error) {
	config := clientcredentials.Config{
		ClientID: t.spec.Client, ClientSecret: t.secret, TokenURL: t.spec.TokenURL,
		Scopes: strings.Fields(t.spec.Scope), AuthStyle: oauth2.AuthStyleInHeader,
	}
	if t.spec.method() != secretBasic {
		config.AuthStyle = oauth2.AuthStyleInParams
	}
	if t.assert != nil {
		signed, err := t.assert.sign(t.spec, t.now())
		if err != nil {
			return "", err
		}
		config.EndpointParams = url.Values{"client_assertion_type": {assertionType}, "client_assertion": {signed}}
	}
	asked := t.now()
	got, err := config.Token(context.WithValue(ctx, oauth2.HTTPClient, t.fetch))
	if err != nil {
		return "", err
	}
	if err := plainToken(got.AccessToken); err != nil || !strings.EqualFold(got.Type(), "Bearer") {
		return "", errors.New("the authorization server gives no bearer token")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.token, t.until = got.AccessToken, time.Time{}
	if !got.Expiry.IsZero() { // counted by the library from the machine's clock, which need not be ours
		life := time.Until(got.Expiry).Round(time.Second)
		t.until = asked.Add(life - min(earlier, life/2))
	}
	return t.token, nil
}

// refused turns the authorization server's no into the answer that a refused
// credential gets everywhere; other errors are told without what the server wrote.
func (t *tokens) refused(req *http.Request, err error) (*http.Response, error) {
	no, ok := errors.AsType[*oauth2.RetrieveError](err)
	if !ok {
		return nil, fmt.Errorf("fetch a token: %w", err)
	}
	code := no.Response.StatusCode
	switch code {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden:
		return &http.Response{
			Status: "401 " + http.StatusText(http.StatusUnauthorized), StatusCode: http.StatusUnauthorized,
			Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: http.NoBody, Request: req,
		}, nil
	}
	return nil, fmt.Errorf("fetch a token: the authorization server answers %d", code)
}

// assertion is how we sign who we are for private_key_jwt.
type assertion struct {
	key jwk.Key
	alg jwa.SignatureAlgorithm
}

// sign makes the assertion of RFC 7523 section 3.
func (a *assertion) sign(o OAuth, now time.Time) (string, error) {
	token, err := jwt.NewBuilder().Issuer(o.Client).Subject(o.Client).Audience([]string{o.TokenURL}).
		IssuedAt(now).Expiration(now.Add(assertionLife)).JwtID(newNonce()).Build()
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(a.alg, a.key))
	if err != nil {
		return "", fmt.Errorf("client assertion: %w", err)
	}
	return string(signed), nil
}

// signingKey reads a key, public or private, and tells the algorithm that goes with it.
func signingKey(text []byte) (jwk.Key, jwa.SignatureAlgorithm, error) {
	bad := errors.New("private_key_jwt wants an RSA, P-256 or Ed25519 key in PEM")
	key, err := jwk.ParseKey(text, jwk.WithPEM(true))
	if err != nil {
		return nil, jwa.SignatureAlgorithm{}, bad // the library's words may quote the text
	}
	public, err := jwk.PublicRawKeyOf(key)
	if err != nil {
		return nil, jwa.SignatureAlgorithm{}, bad
	}
	switch public := public.(type) {
	case *rsa.PublicKey:
		return key, jwa.RS256(), nil
	case *ecdsa.PublicKey:
		if public.Curve == elliptic.P256() {
			return key, jwa.ES256(), nil
		}
	case ed25519.PublicKey:
		return key, jwa.EdDSA(), nil
	}
	return nil, jwa.SignatureAlgorithm{}, bad
}
