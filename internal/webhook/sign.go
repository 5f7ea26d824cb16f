package webhook

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strings"
)

// How messages are signed: Standard Webhooks, over "id.timestamp.body". v1 is
// HMAC-SHA256 by a secret that both sides know, v1a Ed25519 by a key of which the
// partner has the public half and so could not sign itself.
const (
	secretPrefix  = "whsec_"
	privatePrefix = "whsk_"
	publicPrefix  = "whpk_"
)

// signer makes one signature, with the name of its kind before it.
type signer func(signed []byte) string

// open reads a key. It is never quoted.
func open(key string) (signer, error) {
	kind, text := "", ""
	for _, prefix := range []string{secretPrefix, privatePrefix} {
		if rest, ok := strings.CutPrefix(key, prefix); ok {
			kind, text = prefix, rest
		}
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	switch {
	case kind == secretPrefix && err == nil && len(raw) >= 24 && len(raw) <= 64:
		return func(signed []byte) string {
			mac := hmac.New(sha256.New, raw)
			mac.Write(signed)
			return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
		}, nil
	case kind == privatePrefix && err == nil && (len(raw) == ed25519.SeedSize || len(raw) == ed25519.PrivateKeySize):
		private := ed25519.NewKeyFromSeed(raw[:ed25519.SeedSize]) // the other half follows from it
		return func(signed []byte) string {
			return "v1a," + base64.StdEncoding.EncodeToString(ed25519.Sign(private, signed))
		}, nil
	}
	return nil, errors.New("a key is whsec_ and base64 of 24 to 64 bytes, or whsk_ and base64 of an Ed25519 key")
}

func signature(signers []signer, id, stamp string, body []byte) string {
	signed := append([]byte(id+"."+stamp+"."), body...)
	all := make([]string, len(signers))
	for i, sign := range signers {
		all[i] = sign(signed)
	}
	return strings.Join(all, " ")
}

// Generate makes a key, and what the partner is given of it: of a secret the secret
// itself, of an Ed25519 key the public half.
func Generate(symmetric bool) (key, partners string) {
	if symmetric {
		raw := make([]byte, 32)
		_, _ = rand.Read(raw) // never fails
		key = secretPrefix + base64.StdEncoding.EncodeToString(raw)
		return key, key
	}
	public, private, _ := ed25519.GenerateKey(rand.Reader) // never fails
	return privatePrefix + base64.StdEncoding.EncodeToString(private), publicPrefix + base64.StdEncoding.EncodeToString(public)
}
