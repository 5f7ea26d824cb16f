// Package trust is how the hub and a department's system know each other on the wire, whatever kind of port speaks on it.
//
// A [Spec] says by which credential a caller is known: a bearer token, a signature
// under a shared secret (hmac) or an SM2 key (sm2), a token of an authorization
// server (oauth), or none; and on top of any of them by a certificate (mutual TLS).
// [Client] shows it with each request, [Server] asks for it. Both read the same Spec,
// each from its own side: TLS says what we show and whom we believe.
//
// Signatures are HTTP Message Signatures (RFC 9421) over method, authority, path,
// query, date and the digest of the body (RFC 9530), so a request cannot be changed,
// sent elsewhere or sent again. SM2 signs with SM3 and the user ID 1234567812345678
// (GM/T 0009), under the name sm2-sm3, which no registry of the IETF knows. All of
// this is software and no certified cryptographic module (GM/T 0028).
//
// Nothing here logs. No error quotes a secret, a token or what an authorization
// server said.
package trust

import (
	"encoding/json"
	"fmt"
	"net/url"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Spec is how two systems know each other. Its zero value asks for nothing and
// shows nothing. It may be compared and copied.
type Spec struct {
	Kind      string `yaml:"kind" json:"kind"`                               // bearer, hmac, sm2, oauth or none
	Key       string `yaml:"key,omitempty" json:"key,omitempty"`             // hmac, sm2: what both sides call the key
	Secret    Secret `yaml:"secret,omitempty" json:"secret,omitzero"`        // the token, shared secret, private key (PEM) or client secret
	Public    PEM    `yaml:"public,omitempty" json:"public,omitempty"`       // sm2, private_key_jwt: for the side that only verifies
	Authority string `yaml:"authority,omitempty" json:"authority,omitempty"` // hmac, sm2, of a server behind a gateway: host[:port] as callers write it
	OAuth     OAuth  `yaml:"oauth,omitempty" json:"oauth,omitzero"`
	TLS       TLS    `yaml:"tls,omitempty" json:"tls,omitzero"`
}

// OAuth is what only client credentials (RFC 6749 section 4.4) say.
type OAuth struct {
	TokenURL string `yaml:"tokenUrl" json:"tokenUrl"`
	Client   string `yaml:"client" json:"client"`                     // client ID
	Scope    string `yaml:"scope,omitempty" json:"scope,omitempty"`   // with blanks between several
	Method   string `yaml:"method,omitempty" json:"method,omitempty"` // client_secret_basic (the usual), client_secret_post, private_key_jwt (RFC 7523)
}

// TLS is what we show and whom we believe. Each of the three is a file, or PEM itself.
type TLS struct {
	CA          PEM    `yaml:"ca,omitempty" json:"ca,omitempty"`                   // who vouches for the other side; none: whom the system believes
	Certificate PEM    `yaml:"certificate,omitempty" json:"certificate,omitempty"` // ours, with what leads to the CA
	Key         PEM    `yaml:"key,omitempty" json:"key,omitempty"`                 // its private key
	Name        string `yaml:"name,omitempty" json:"name,omitempty"`               // what the other side's certificate is made out to; of a department none means the host of its address; the authorization server has the name of its own
}

// The kinds of credential.
const (
	None   = "none"
	Bearer = "bearer"
	HMAC   = "hmac"
	SM2    = "sm2"
	Grant  = "oauth"
)

// The ways to be known to an authorization server, as RFC 8414 names them.
const (
	secretBasic = "client_secret_basic"
	secretPost  = "client_secret_post"
	keyJWT      = "private_key_jwt"
)

// leastSecret is how many bytes a shared secret of hmac has at least: as many as its
// hash, RFC 2104 section 3.
const leastSecret = 32

// Parse reads a file that holds one Spec. Its error is [*catalog.Problems], every
// mistake at once. Files that it names are looked for from the folder of file on;
// they are read when the Spec is used.
func Parse(file string, data []byte) (Spec, error) {
	var s Spec
	strict := catalog.ReadStrict(file, data, &s)
	s.Check(strict, filepath.Dir(file))
	return s, strict.Err()
}

var (
	keyName = regexp.MustCompile(`^[A-Za-z0-9._:/-]{1,100}$`)
	envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
)

// wants is what a kind must say, and all that it may say.
var wants = map[string]struct{ key, secret, public, oauth bool }{
	None:   {},
	Bearer: {secret: true},
	HMAC:   {key: true, secret: true},
	SM2:    {key: true, secret: true, public: true},
	Grant:  {secret: true, public: true, oauth: true},
}

// Check reports every mistake in a Spec that was read as part of a file, and makes
// the files that it names relative to dir, the folder of that file. A Spec that the file left out is no mistake.
func (s *Spec) Check(strict *catalog.Strict, dir string) {
	if *s == (Spec{}) {
		return
	}
	w, known := wants[s.Kind]
	if !known {
		strict.Blame(&s.Kind, "a kind is none, bearer, hmac, sm2 or oauth")
	} else {
		s.needed(strict, w.key, s.Key != "", "key")
		s.needed(strict, w.oauth, s.OAuth != OAuth{}, "oauth")
		either := s.Secret.set() || w.public && s.Public != ""
		s.needed(strict, w.secret, either, "secret")
		if s.Public != "" && !w.public {
			strict.Blame(&s.Public, "kind %s has no public", s.Kind)
		}
		if s.Authority != "" && !w.key {
			strict.Blame(&s.Authority, "kind %s has no authority", s.Kind)
		}
	}
	if s.Key != "" && !keyName.MatchString(s.Key) {
		strict.Blame(&s.Key, "up to 100 letters, digits and . _ : / -")
	}
	s.Secret.check(strict, dir)
	s.Public.from(dir)
	if s.OAuth != (OAuth{}) {
		s.OAuth.check(strict, s)
	}
	s.TLS.check(strict, dir)
}

// needed reports what is missing at the Spec as a whole, for it has no place of its
// own, and what is there too much.
func (s *Spec) needed(strict *catalog.Strict, want, have bool, what string) {
	switch {
	case want && !have:
		strict.Blame(s, "kind %s wants %s", s.Kind, what)
	case !want && have:
		strict.Blame(s, "kind %s has no %s", s.Kind, what)
	}
}

func (o *OAuth) check(strict *catalog.Strict, s *Spec) {
	u, err := url.Parse(o.TokenURL)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
		strict.Blame(&o.TokenURL, "an absolute http(s) address")
	} else if u.Scheme == "http" && s.TLS != (TLS{}) {
		strict.Blame(&o.TokenURL, "certificates are agreed on, and the address is not https")
	}
	switch o.method() {
	case secretBasic, secretPost:
		if s.Public != "" {
			strict.Blame(&s.Public, "method %s has no public", o.method())
		}
		if !s.Secret.set() && s.Public != "" {
			strict.Blame(s, "method %s wants secret", o.method())
		}
	case keyJWT:
	default:
		strict.Blame(&o.Method, "a method is client_secret_basic, client_secret_post or private_key_jwt")
	}
}

func (o *OAuth) method() string {
	if o.Method == "" {
		return secretBasic
	}
	return o.Method
}

func (t *TLS) check(strict *catalog.Strict, dir string) {
	if (t.Certificate == "") != (t.Key == "") {
		strict.Blame(t, "certificate and key go together")
	}
	t.CA.from(dir)
	t.Certificate.from(dir)
	t.Key.from(dir)
}

// String tells kind and key, no secret.
func (s Spec) String() string {
	words := []string{s.Kind}
	if s.Kind == "" {
		words[0] = None
	}
	if s.Key != "" {
		words = append(words, s.Key)
	}
	if s.OAuth.Client != "" {
		words = append(words, s.OAuth.Client)
	}
	if s.TLS != (TLS{}) {
		words = append(words, "tls")
	}
	return strings.Join(words, " ")
}

// GoString tells as much as [Spec.String].
func (s Spec) GoString() string { return fmt.Sprintf("trust.Spec{%s}", s.String()) }

// MarshalJSON tells where secrets are, never what they are: what it writes cannot
// be read again.
func (s Spec) MarshalJSON() ([]byte, error) {
	type plain Spec // without this method
	return json.Marshal(plain(s))
}
