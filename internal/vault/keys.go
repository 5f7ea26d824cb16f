package vault

import (
	"bytes"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// keySize is the length of every key but sealing keys, in bytes: what HMAC of 32
// bytes and signers take. Sealing keys are as long as their suite says.
const keySize = 32

// Keys is all the secrets of one installation. Losing them loses the sealed data;
// printing them prints nothing of them.
type Keys struct {
	Current  uint8        `json:"current"`         // ID of the sealing key that new data gets
	Since    time.Time    `json:"since,omitzero"`  // when it became the current one; unknown for the first
	Last     uint8        `json:"last,omitempty"`  // highest ID ever given, if that key is gone
	Sealing  []SealingKey `json:"sealing"`         // the current one, and others that still open what they sealed
	Digest   Digest       `json:"digest,omitzero"` // of Index and Signing; empty: HMAC-SHA-256
	Index    []byte       `json:"index"`           // blind indexes; cannot be replaced without indexing everything anew
	Signing  []byte       `json:"signing"`         // cursors and our own messages to ourselves
	Calling  []byte       `json:"calling"`         // what the departments' callback secrets are derived from
	TokenKey []byte       `json:"token"`           // tokens of the demo's own sign-in

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
	ID    uint8  `json:"id"`             // first byte of everything it seals; never given twice
	Suite Suite  `json:"suite,omitzero"` // empty: AES-256-GCM
	Key   []byte `json:"key"`
}

// Generate makes fresh keys that seal by AES-256-GCM.
func Generate() Keys { return GenerateFor("") }

// GenerateFor makes fresh keys that seal by a suite, and index by the digest that
// goes with it. The suite can be changed later ([Keys.Rotate]), the digest cannot.
func GenerateFor(suite Suite) Keys {
	k := Keys{
		Current: 1,
		Sealing: []SealingKey{suite.sealingKey(1)},
		Index:   fresh(), Signing: fresh(), Calling: fresh(), TokenKey: fresh(),
	}
	if d := suites[suite.orAES()].digest; d != SHA256 {
		k.Digest = d
	}
	return k.WithSigners()
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
		found = append(found, sound(key.name, key.key, keySize))
	}
	seen := map[uint8]bool{}
	for _, s := range k.Sealing {
		if it, ok := suites[s.Suite.orAES()]; !ok {
			found = append(found, fmt.Errorf("sealing key %d is for a suite that there is not", s.ID))
		} else {
			found = append(found, sound(fmt.Sprintf("sealing key %d", s.ID), s.Key, it.size))
		}
		if s.ID == 0 || seen[s.ID] {
			found = append(found, fmt.Errorf("sealing key ID %d is 0 or given twice", s.ID))
		}
		seen[s.ID] = true
	}
	for i, s := range k.Signers {
		found = append(found, sound(fmt.Sprintf("signer %d", i+1), s.Private, keySize))
		if s.Suite == "" {
			found = append(found, fmt.Errorf("signer %d has no suite", i+1))
		}
	}
	if !seen[k.Current] {
		found = append(found, fmt.Errorf("there is no current sealing key %d", k.Current))
	}
	if digests[k.Digest.orSHA256()] == nil {
		found = append(found, errors.New("the index is by a digest that there is not"))
	}
	return errors.Join(found...)
}

func sound(name string, key []byte, size int) error {
	if len(key) != size || bytes.Equal(key, make([]byte, size)) {
		return fmt.Errorf("%s is not a key of %d bytes", name, size)
	}
	return nil
}

// holds tells whether all that other could open, recognise or sign, k can too, but
// for what one sealing key sealed (0: none).
func (k Keys) holds(other Keys, but uint8) bool {
	for _, s := range other.Sealing {
		if s.ID != but && !slices.ContainsFunc(k.Sealing, func(mine SealingKey) bool {
			return mine.ID == s.ID && mine.Suite.orAES() == s.Suite.orAES() && bytes.Equal(mine.Key, s.Key)
		}) {
			return false
		}
	}
	for _, s := range other.Signers {
		if !slices.ContainsFunc(k.Signers, func(mine SignerKey) bool { return mine.Suite == s.Suite && bytes.Equal(mine.Private, s.Private) }) {
			return false
		}
	}
	return bytes.Equal(k.Index, other.Index) && k.Digest.orSHA256() == other.Digest.orSHA256()
}

// Format prints that there are keys, whatever the verb.
func (k Keys) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%d sealing keys, current %d, %s", len(k.Sealing), k.Current, k.Suite())
}

// Format prints the key's ID, whatever the verb.
func (s SealingKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "sealing key %d, %s", s.ID, s.Suite.orAES())
}

// Format prints the signer's suite, whatever the verb.
func (s SignerKey) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "%s signer", s.Suite)
}
