// Package vault seals personal data at rest, so that a stolen disk or backup tells
// nothing without the keys.
//
// Sealing is AES-256-GCM (NIST SP 800-38D) or SM4-GCM (GB/T 32907, RFC 8998), as the
// sealing key says, with random nonces. Every seal is bound to a place, such as
// "veteran/citizen-number/" with the row's ID: moved to another row it does not open.
// What must be found by its value is indexed blindly by a keyed hash
// ([Vault.Index]): equal values are seen to be equal, nothing else is.
// [Vault.Sign] is for what leaves us and comes back: cursors, callbacks.
//
// Keys at rest are wrapped by a key-encryption key that a [KeyService] holds: whoever
// gets the keys file alone has nothing. A sealing key is replaced while everybody
// works: [Keys.Rotate] makes another the current one, older ones go on opening, rows
// are sealed anew (package rekey) and the old key is retired.
//
// What is not hidden: the length of a value, and who equals whom within an index.
// Random nonces bear about four thousand million seals per key; rotate before.
// This is a software library and no certified cryptographic module: docs/operations.md
// says what that means.
package vault

import (
	"crypto/cipher"
	"crypto/hmac"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"
)

var (
	// ErrUnknownKey says that data was sealed with a key that is not here.
	ErrUnknownKey = errors.New("sealed with a key that is not here")
	// ErrForged says that data was changed, cut, moved to another place or never sealed.
	ErrForged = errors.New("sealed data does not open here")
	// ErrOtherKeys says that keys are of another installation.
	ErrOtherKeys = errors.New("these are the keys of another installation")
)

// Vault seals and opens. It is safe for use by many at once.
type Vault struct {
	ready    atomic.Pointer[ready]
	follower atomic.Pointer[follower]
}

// ready is a set of keys, ready for use. It never changes; another takes its place.
type ready struct {
	current uint8
	ciphers [256]cipher.AEAD // by key ID; nil where there is no key
	index   []byte
	signing []byte
	digest  Digest
	since   time.Time
}

// New makes a vault of keys. It refuses unsound ones, all reasons joined.
func New(keys Keys) (*Vault, error) {
	r, err := prepare(keys)
	if err != nil {
		return nil, fmt.Errorf("open vault: %w", err)
	}
	v := &Vault{}
	v.ready.Store(r)
	return v, nil
}

func prepare(keys Keys) (*ready, error) {
	if err := keys.check(); err != nil {
		return nil, err
	}
	r := &ready{current: keys.Current, index: slices.Clone(keys.Index), signing: slices.Clone(keys.Signing), digest: keys.Digest, since: keys.Since}
	for _, s := range keys.Sealing {
		var err error
		if r.ciphers[s.ID], err = s.Suite.aead(s.Key); err != nil {
			return nil, fmt.Errorf("sealing key %d: %w", s.ID, err)
		}
	}
	return r, nil
}

// Adopt goes on with other keys of the same installation, such as those after a
// rotation. What is being sealed or opened meanwhile goes on with one or the other.
// It fails with [ErrOtherKeys] for keys by which nobody would be found any more.
func (v *Vault) Adopt(keys Keys) error {
	r, err := prepare(keys)
	if err != nil {
		return fmt.Errorf("adopt keys: %w", err)
	}
	for {
		old := v.ready.Load()
		if !hmac.Equal(old.index, r.index) || !hmac.Equal(old.signing, r.signing) || old.digest.orSHA256() != r.digest.orSHA256() {
			return fmt.Errorf("adopt keys: %w", ErrOtherKeys)
		}
		if v.ready.CompareAndSwap(old, r) {
			return nil
		}
	}
}

// Current is the ID of the key that seals.
func (v *Vault) Current() uint8 { return v.ready.Load().current }

// Since is when the key that seals became the current one; zero if nobody has ever
// rotated.
func (v *Vault) Since() time.Time { return v.ready.Load().since }

// Holds are the IDs of all keys that open, sorted.
func (v *Vault) Holds() []uint8 {
	var ids []uint8
	for id, c := range v.ready.Load().ciphers {
		if c != nil {
			ids = append(ids, uint8(id))
		}
	}
	return ids
}

// Overhead is how many bytes longer a sealed value is: key ID, nonce and tag. It is
// the same for every suite.
const Overhead = 1 + 12 + 16

// Seal hides and protects a value. It answers the ID of the key (one byte), the
// nonce (12), and the value encrypted with its tag (16). Bind says where the value
// stands; only the same text opens it.
func (v *Vault) Seal(plain []byte, bind string) []byte {
	r := v.ready.Load()
	out := make([]byte, 1, Overhead+len(plain))
	out[0] = r.current
	return r.ciphers[r.current].Seal(out, nil, plain, place(r.current, bind)) //nolint:gosec // this cipher draws the nonce itself
}

// Open answers the value that was sealed for a place. It fails with
// [ErrUnknownKey] or [ErrForged]. A key that is not here is looked for where the
// keys come from, if that is known ([Vault.Follow]): another hub may have got it first.
func (v *Vault) Open(sealed []byte, bind string) ([]byte, error) {
	if len(sealed) < Overhead {
		return nil, ErrForged
	}
	id := sealed[0]
	c := v.ready.Load().ciphers[id]
	if c == nil && v.look(id) {
		c = v.ready.Load().ciphers[id]
	}
	if c == nil {
		return nil, fmt.Errorf("key %d: %w", id, ErrUnknownKey)
	}
	plain, err := c.Open(nil, nil, sealed[1:], place(id, bind))
	if err != nil {
		return nil, ErrForged
	}
	return plain, nil
}

// Stale tells whether a sealed value was sealed with an older key, and is to be
// sealed anew.
func (v *Vault) Stale(sealed []byte) bool {
	return len(sealed) > 0 && sealed[0] != v.ready.Load().current
}

// place is what is protected along with a value but not kept with it.
func place(id uint8, bind string) []byte { return append([]byte{id}, bind...) }

// Index is the blind index of a value: 32 bytes, the same for the same value and
// purpose, unlike for any other. Normalise the value first. Different purposes, such
// as "citizen-number" and "mobile", cannot be compared with each other.
func (v *Vault) Index(value, purpose string) []byte {
	r := v.ready.Load()
	return r.mac(r.index, purpose, []byte(value))
}

// Sign is a signature of 32 bytes that only this installation can make or check.
// The purpose keeps a message of one kind from passing for another.
func (v *Vault) Sign(purpose string, msg []byte) []byte {
	r := v.ready.Load()
	return r.mac(r.signing, purpose, msg)
}

// Verify tells whether a signature is that of [Vault.Sign], in constant time.
func (v *Vault) Verify(purpose string, msg, signature []byte) bool {
	return hmac.Equal(signature, v.Sign(purpose, msg))
}

// SignWith signs with a secret both sides know, as [Keys.Callback] gives them to
// departments: HMAC-SHA-256 (RFC 2104) of the message as it is, 32 bytes. It is what
// departments were told, whatever suite seals here.
func SignWith(secret, msg []byte) []byte { return SHA256.hmac(secret, msg) }

// VerifyWith tells whether a signature is that of [SignWith], in constant time.
func VerifyWith(secret, msg, signature []byte) bool {
	return hmac.Equal(signature, SignWith(secret, msg))
}

// mac tells where the purpose ends by its length, so that no two pairs of purpose
// and message give the same bytes.
func (r *ready) mac(key []byte, purpose string, msg []byte) []byte {
	text := binary.BigEndian.AppendUint64(make([]byte, 0, 8+len(purpose)+len(msg)), uint64(len(purpose)))
	text = append(append(text, purpose...), msg...)
	return r.digest.hmac(key, text)
}
