package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
)

// keySize is the length of every key, in bytes: AES-256 and HMAC-SHA-256.
const keySize = 32

// Keys is all the secrets of one installation. Losing them loses the sealed data;
// printing them prints nothing of them.
type Keys struct {
	Current  uint8        `json:"current"` // ID of the sealing key that new data gets
	Sealing  []SealingKey `json:"sealing"` // the current one, and older ones that still open what they sealed
	Index    []byte       `json:"index"`   // blind indexes; cannot be replaced without indexing everything anew
	Signing  []byte       `json:"signing"` // cursors and our own messages to ourselves
	Calling  []byte       `json:"calling"` // what the departments' callback secrets are derived from
	TokenKey []byte       `json:"token"`   // tokens of the demo's own sign-in
}

// SealingKey is one version of the key that data at rest is sealed with.
type SealingKey struct {
	ID  uint8  `json:"id"` // first byte of everything it seals; never given twice
	Key []byte `json:"key"`
}

// Generate makes fresh keys.
func Generate() Keys {
	return Keys{
		Current: 1,
		Sealing: []SealingKey{{ID: 1, Key: fresh()}},
		Index:   fresh(), Signing: fresh(), Calling: fresh(), TokenKey: fresh(),
	}
}

// fresh is a new key; crypto/rand ends the program rather than fail.
func fresh() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	return key
}

// Rotate answers the keys with a new current sealing key. Old ones still open what
// they sealed. It fails when all 255 IDs are used.
func (k Keys) Rotate() (Keys, error) {
	last := uint8(0)
	for _, s := range k.Sealing {
		last = max(last, s.ID)
	}
	if last == 255 {
		return Keys{}, errors.New("rotate keys: all 255 key IDs are used")
	}
	k.Sealing = append(slices.Clone(k.Sealing), SealingKey{ID: last + 1, Key: fresh()})
	k.Current = last + 1
	return k, nil
}

// Callback is the secret that a department signs its callbacks with, derived from
// its code (HKDF, RFC 5869): 32 bytes, different for each. It needs no keeping.
func (k Keys) Callback(department string) []byte {
	secret, err := hkdf.Key(sha256.New, k.Calling, nil, "vetgraph callback "+department, keySize)
	if err != nil {
		panic(err) // only for lengths no hash can give
	}
	return secret
}

// check answers everything that is wrong with the keys; it names them and does not
// quote them.
func (k Keys) check() error {
	var found []error
	for _, key := range []struct {
		name string
		key  []byte
	}{{"index", k.Index}, {"signing", k.Signing}, {"calling", k.Calling}, {"token", k.TokenKey}} {
		found = append(found, sound(key.name, key.key))
	}
	seen := map[uint8]bool{}
	for _, s := range k.Sealing {
		found = append(found, sound(fmt.Sprintf("sealing key %d", s.ID), s.Key))
		if s.ID == 0 || seen[s.ID] {
			found = append(found, fmt.Errorf("sealing key ID %d is 0 or given twice", s.ID))
		}
		seen[s.ID] = true
	}
	if !seen[k.Current] {
		found = append(found, fmt.Errorf("there is no current sealing key %d", k.Current))
	}
	return errors.Join(found...)
}

func sound(name string, key []byte) error {
	if len(key) != keySize || bytes.Equal(key, make([]byte, keySize)) {
		return fmt.Errorf("%s is not a key of %d bytes", name, keySize)
	}
	return nil
}

// holds tells whether all that other could open or recognise, k can too.
func (k Keys) holds(other Keys) bool {
	for _, s := range other.Sealing {
		if !slices.ContainsFunc(k.Sealing, func(mine SealingKey) bool {
			return mine.ID == s.ID && bytes.Equal(mine.Key, s.Key)
		}) {
			return false
		}
	}
	return bytes.Equal(k.Index, other.Index)
}

// Format prints that there are keys, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%d sealing keys, current %d", len(k.Sealing), k.Current)
}

// Format prints the key's ID, whatever the verb.
func (s SealingKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sealing key %d", s.ID)
}
