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

	// Signers are the private keys of the electronic seal (电子签章) on feedback sheets.
	// The last of a suite seals; older ones stay, so that what they sealed can be
	// checked with the public keys we publish. A file of before may have none.
	Signers []SignerKey `json:"signers,omitempty"`
}

// SignerKey is a private key of the electronic seal.
type SignerKey struct {
	Suite   string `json:"suite"` // ED25519 or SM2, as package seal names them
	Private []byte `json:"key"`   // the seed of RFC 8032, or SM2's number d, big-endian
}

// signerSuites are those that fresh keys have a signer of.
var signerSuites = []string{"ED25519", "SM2"}

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
	}.WithSigners()
}

// WithSigners answers the keys with a fresh signer of each suite that they have
// none of. A file of before is completed so.
func (k Keys) WithSigners() Keys {
	k.Signers = slices.Clone(k.Signers)
	for _, suite := range signerSuites {
		if _, ok := k.Signer(suite); !ok {
			k.Signers = append(k.Signers, SignerKey{Suite: suite, Private: scalar()})
		}
	}
	return k
}

// Complete tells whether there is a signer of each suite.
func (k Keys) Complete() bool { return len(k.WithSigners().Signers) == len(k.Signers) }

// Signer is the private key that seals by a suite, false if there is none.
func (k Keys) Signer(suite string) ([]byte, bool) {
	for _, s := range slices.Backward(k.Signers) {
		if s.Suite == suite {
			return s.Private, true
		}
	}
	return nil, false
}

// fresh is a new key; crypto/rand ends the program rather than fail.
func fresh() []byte {
	key := make([]byte, keySize)
	_, _ = rand.Read(key)
	return key
}

// scalar is a key that is below the order of SM2's curve, FFFFFFFE…, and so a
// private key of either suite.
func scalar() []byte {
	for {
		if key := fresh(); key[0] != 0xff {
			return key
		}
	}
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
	for i, s := range k.Signers {
		found = append(found, sound(fmt.Sprintf("signer %d", i+1), s.Private))
		if s.Suite == "" {
			found = append(found, fmt.Errorf("signer %d has no suite", i+1))
		}
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

// holds tells whether all that other could open, recognise or sign, k can too.
func (k Keys) holds(other Keys) bool {
	for _, s := range other.Sealing {
		if !slices.ContainsFunc(k.Sealing, func(mine SealingKey) bool {
			return mine.ID == s.ID && bytes.Equal(mine.Key, s.Key)
		}) {
			return false
		}
	}
	for _, s := range other.Signers {
		if !slices.ContainsFunc(k.Signers, func(mine SignerKey) bool { return mine.Suite == s.Suite && bytes.Equal(mine.Private, s.Private) }) {
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

// Format prints the signer's suite, whatever the verb.
func (s SignerKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s signer", s.Suite)
}
