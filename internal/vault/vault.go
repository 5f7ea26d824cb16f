// Package vault seals personal data at rest, so that a stolen disk or backup tells
// nothing without the keys.
//
// Sealing is AES-256-GCM (NIST SP 800-38D) with random nonces. Every seal is bound
// to a place, such as "veteran/citizen-number/" with the row's ID: moved to another
// row it does not open. What must be found by its value is indexed blindly by a
// keyed hash ([Vault.Index]): equal values are seen to be equal, nothing else is.
// [Vault.Sign] is for what leaves us and comes back: cursors, callbacks.
//
// What is not hidden: the length of a value, and who equals whom within an index.
// Random nonces bear about four thousand million seals per key; rotate before.
package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrUnknownKey says that data was sealed with a key that is not here.
	ErrUnknownKey = errors.New("sealed with a key that is not here")
	// ErrForged says that data was changed, cut, moved to another place or never sealed.
	ErrForged = errors.New("sealed data does not open here")
)

// Vault seals and opens. It is safe for use by many at once.
type Vault struct {
	current uint8
	ciphers [256]cipher.AEAD // by key ID; nil where there is no key
	index   []byte
	signing []byte
}

// New makes a vault of keys. It refuses unsound ones, all reasons joined.
func New(keys Keys) (*Vault, error) {
	if err := keys.check(); err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v := &Vault{current: keys.Current, index: slices.Clone(keys.Index), signing: slices.Clone(keys.Signing)}
	for _, s := range keys.Sealing {
		block, err := aes.NewCipher(s.Key)
		if err != nil {
			return nil, fmt.Errorf("open vault: sealing key %d: %w", s.ID, err)
		}
		if v.ciphers[s.ID], err = cipher.NewGCMWithRandomNonce(block); err != nil {
			return nil, fmt.Errorf("open vault: sealing key %d: %w", s.ID, err)
		}
	}
	return v, nil
}

// Overhead is how many bytes longer a sealed value is: key ID, nonce and tag.
const Overhead = 1 + 12 + 16

// Seal hides and protects a value. It answers the ID of the key (one byte), the
// nonce (12), and the value encrypted with its tag (16). Bind says where the value
// stands; only the same text opens it.
func (v *Vault) Seal(plain []byte, bind string) []byte {
	out := make([]byte, 1, Overhead+len(plain))
	out[0] = v.current
	return v.ciphers[v.current].Seal(out, nil, plain, place(v.current, bind)) //nolint:gosec // this cipher draws the nonce itself (NewGCMWithRandomNonce)
}

// Open answers the value that was sealed for a place. It fails with
// [ErrUnknownKey] or [ErrForged].
func (v *Vault) Open(sealed []byte, bind string) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrForged
	}
	id := sealed[0]
	if v.ciphers[id] == nil {
		return nil, fmt.Errorf("key %d: %w", id, ErrUnknownKey)
	}
	plain, err := v.ciphers[id].Open(nil, nil, sealed[1:], place(id, bind))
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// Stale tells whether a sealed value was sealed with an older key, and is to be
// sealed anew when next written.
func (v *Vault) Stale(sealed []byte) bool { return len(sealed) > 0 && sealed[0] != v.current }

// place is what is protected along with a value but not kept with it.
func place(id uint8, bind string) []byte { return append([]byte{id}, bind...) }

// Index is the blind index of a value: 32 bytes, the same for the same value and
// purpose, unlike for any other. Normalise the value first. Different purposes, such
// as "citizen-number" and "mobile", cannot be compared with each other.
func (v *Vault) Index(value, purpose string) []byte { return mac(v.index, purpose, []byte(value)) }

// Sign is a signature of 32 bytes that only this installation can make or check.
// The purpose keeps a message of one kind from passing for another.
func (v *Vault) Sign(purpose string, msg []byte) []byte { return mac(v.signing, purpose, msg) }

// Verify tells whether a signature is that of [Vault.Sign], in constant time.
func (v *Vault) Verify(purpose string, msg, signature []byte) bool {
	return hmac.Equal(signature, v.Sign(purpose, msg))
}

// SignWith signs with a secret both sides know, as [Keys.Callback] gives them to
// departments: HMAC-SHA-256 (RFC 2104) of the message as it is, 32 bytes.
func SignWith(secret, msg []byte) []byte {
	h := hmac.New(sha256.New, secret)
	_, _ = h.Write(msg) // a hash does not fail
	return h.Sum(nil)
}

// VerifyWith tells whether a signature is that of [SignWith], in constant time.
func VerifyWith(secret, msg, signature []byte) bool {
	return hmac.Equal(signature, SignWith(secret, msg))
}

// mac tells where the purpose ends by its length, so that no two pairs of purpose
// and message give the same bytes.
func mac(key []byte, purpose string, msg []byte) []byte {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(purpose)+len(msg)), uint64(len(purpose)))
	text = append(append(text, purpose...), msg...)
	return SignWith(key, text)
}
