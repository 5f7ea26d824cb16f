package trust

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"hash"
	"net/http"
	"time"

	"github.com/dunglas/httpsfv"
	"github.com/emmansun/gmsm/sm3"
)

// suite is an algorithm of signatures with the digest that goes with it.
type suite struct {
	algorithm string
	digest    string // as Content-Digest calls it
	hash      func() hash.Hash
	open      func(Spec) (keys, error)
}

// keys sign and verify for one Spec. sign is nil where only the public key is known.
type keys struct {
	sign   func(base []byte) ([]byte, error)
	verify func(base, signature []byte) bool
}

// suites by kind. SM2 goes with SM3 throughout, so that nothing rests on another hash;
// its two names are not registered anywhere.
var suites = map[string]suite{
	HMAC: {"hmac-sha256", "sha-256", sha256.New, openHMAC},
	SM2:  {"sm2-sm3", "sm3", sm3.New, openSM2},
}

func openHMAC(s Spec) (keys, error) {
	secret, err := s.Secret.read()
	if err != nil {
		return keys{}, err
	}
	if len(secret) < leastSecret {
		return keys{}, fmt.Errorf("the secret of hmac has fewer than %d bytes", leastSecret)
	}
	return hmacKeys([]byte(secret)), nil
}

func hmacKeys(secret []byte) keys {
	sum := func(base []byte) []byte {
		h := hmac.New(sha256.New, secret)
		h.Write(base)
		return h.Sum(nil)
	}
	return keys{
		sign:   func(base []byte) ([]byte, error) { return sum(base), nil },
		verify: func(base, signature []byte) bool { return hmac.Equal(sum(base), signature) },
	}
}

// contentDigest is the header's value for a body, RFC 9530. An empty body has one too.
func (s suite) contentDigest(body []byte) (string, error) {
	d := httpsfv.NewDictionary()
	d.Add(s.digest, httpsfv.NewItem(s.sum(body)))
	return httpsfv.Marshal(d)
}

func (s suite) sum(body []byte) []byte {
	h := s.hash()
	h.Write(body)
	return h.Sum(nil)
}

// fits says whether the header holds our digest of this body. Digests of other names
// are somebody else's.
func (s suite) fits(h http.Header, body []byte) bool {
	d, err := dictionary(h, headerDigest)
	if err != nil {
		return false
	}
	said, ok := binary(d, s.digest)
	return ok && hmac.Equal(said, s.sum(body))
}

// signer adds a signature to each request.
type signer struct {
	suite
	keys
	keyID string
	base  http.RoundTripper
	now   func() time.Time
}

func showSignature(s Spec, base *http.Transport, now func() time.Time) (http.RoundTripper, error) {
	with := suites[s.Kind]
	k, err := with.open(s)
	if err != nil {
		return nil, err
	}
	if k.sign == nil {
		return nil, errors.New("who signs needs the private key")
	}
	return &signer{suite: with, keys: k, keyID: s.Key, base: base, now: now}, nil
}

// RoundTrip implements [http.RoundTripper]. Where a connection breaks after a GET was
// sent, the transport below sends the same again; a server that has seen the first
// then answers 401, and the caller tries again as after any failure.
func (s *signer) RoundTrip(req *http.Request) (*http.Response, error) {
	body, err := takeBody(req)
	if err != nil {
		return nil, fmt.Errorf("read what is to be signed: %w", err)
	}
	out := withBody(req, body)
	if err := s.add(out, body); err != nil {
		return nil, fmt.Errorf("sign a request: %w", err)
	}
	return s.base.RoundTrip(out)
}

// add writes date, digest and signature into the request.
func (s *signer) add(req *http.Request, body []byte) error {
	at := s.now()
	digest, err := s.contentDigest(body)
	if err != nil {
		return err
	}
	req.Header.Set("Date", at.UTC().Format(http.TimeFormat))
	req.Header.Set(headerDigest, digest)
	once, err := newSignature(s.keyID, s.algorithm, newNonce(), at)
	if err != nil {
		return err
	}
	base, err := once.base(sent(req))
	if err != nil {
		return err
	}
	if once.bytes, err = s.sign([]byte(base)); err != nil {
		return err
	}
	return once.put(req.Header)
}

// newNonce is 128 random bits. crypto/rand does not fail.
func newNonce() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}
