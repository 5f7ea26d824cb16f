package durability

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jwt"
)

const audience = "vetgraph"

// issuer is a sign-in service: OpenID Connect discovery, one key, tokens.
type issuer struct {
	url  string
	key  jwk.Key
	keys jwk.Set
}

func newIssuer() (*issuer, error) {
	secret, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	key, err := jwk.Import(secret)
	if err != nil {
		return nil, err
	}
	for name, value := range map[string]any{jwk.KeyIDKey: "1", jwk.AlgorithmKey: jwa.ES256()} {
		if err := key.Set(name, value); err != nil {
			return nil, err
		}
	}
	public, err := key.PublicKey()
	if err != nil {
		return nil, err
	}
	i := &issuer{key: key, keys: jwk.NewSet()}
	return i, i.keys.AddKey(public)
}

// ServeHTTP answers discovery and keys.
func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body any = i.keys
	if r.URL.Path == "/.well-known/openid-configuration" {
		body = map[string]any{
			"issuer": i.url, "jwks_uri": i.url + "/keys", "authorization_endpoint": i.url + "/authorize", "token_endpoint": i.url + "/token",
			"response_types_supported": []string{"code"}, "subject_types_supported": []string{"public"}, "id_token_signing_alg_values_supported": []string{"ES256"},
		}
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // a caller who was killed needs no answer
}

// veteran is a token of a veteran, good for a day.
func (i *issuer) veteran(id string) (string, error) {
	now := time.Now()
	token, err := jwt.NewBuilder().Issuer(i.url).Audience([]string{audience}).Subject("veteran/"+id).IssuedAt(now).Expiration(now.Add(24*time.Hour)).
		Claim("vetgraph_kind", "VETERAN").Claim("vetgraph_veteran", id).Build()
	if err != nil {
		return "", fmt.Errorf("token: %w", err)
	}
	signed, err := jwt.Sign(token, jwt.WithKey(jwa.ES256(), i.key))
	return string(signed), err
}
