package vault

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"hash"
	"maps"
	"slices"

	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// Suite is a cipher that sealing keys are for. Each key says its own, so that data
// sealed by one opens beside data sealed by another.
type Suite string

const (
	// AES256GCM is AES with keys of 256 bits in GCM (NIST SP 800-38D). A sealing key
	// that says nothing is of this suite.
	AES256GCM Suite = "AES-256-GCM"
	// SM4GCM is SM4 (GB/T 32907) in GCM, as RFC 8998 uses it.
	SM4GCM Suite = "SM4-GCM"
)

// Digest is the hash under the keyed hashes of blind indexes and of messages to
// ourselves (HMAC, RFC 2104). It belongs to the index key and stays with it: with
// another every index would have to be made anew, and so the IDs of people.
type Digest string

const (
	// SHA256 is HMAC-SHA-256. Keys that say nothing are of this digest.
	SHA256 Digest = "HMAC-SHA-256"
	// SM3 is HMAC-SM3 (GB/T 32905).
	SM3 Digest = "HMAC-SM3"
)

// suites is what there is, and what a fresh installation of each gets.
var suites = map[Suite]struct {
	name   string // on the command line
	size   int    // of a key, in bytes
	digest Digest // that goes with it
	open   func(key []byte) (cipher.AEAD, error)
}{
	AES256GCM: {"aes", 32, SHA256, func(key []byte) (cipher.AEAD, error) {
		block, err := aes.NewCipher(key)
		if err != nil {
			return nil, err
		}
		return cipher.NewGCMWithRandomNonce(block)
	}},
	SM4GCM: {"sm4", 16, SM3, func(key []byte) (cipher.AEAD, error) {
		block, err := sm4.NewCipher(key)
		if err != nil {
			return nil, err
		}
		gcm, err := cipher.NewGCM(block)
		return drawing{gcm}, err
	}},
}

var digests = map[Digest]func() hash.Hash{SHA256: sha256.New, SM3: sm3.New}

// SuiteNamed is the suite of a name on the command line: aes or sm4. The empty
// name is the empty suite, which is AES-256-GCM.
func SuiteNamed(name string) (Suite, error) {
	if name == "" {
		return "", nil
	}
	for s, it := range suites {
		if it.name == name {
			return s, nil
		}
	}
	return "", fmt.Errorf("there is no cipher %q, only %q", name, SuiteNames())
}

// SuiteNames are the names of all suites on the command line, sorted.
func SuiteNames() []string {
	var names []string
	for s := range maps.Values(suites) {
		names = append(names, s.name)
	}
	slices.Sort(names)
	return names
}

// orAES is the suite that an older file means.
func (s Suite) orAES() Suite {
	if s == "" {
		return AES256GCM
	}
	return s
}

func (d Digest) orSHA256() Digest {
	if d == "" {
		return SHA256
	}
	return d
}

// aead opens a key of the suite. The cipher draws a nonce for each seal and writes
// it before what it seals.
func (s Suite) aead(key []byte) (cipher.AEAD, error) {
	it, ok := suites[s.orAES()]
	if !ok {
		return nil, fmt.Errorf("no suite %q", s)
	}
	return it.open(key)
}

// hmac is HMAC by the digest: 32 bytes.
func (d Digest) hmac(key, msg []byte) []byte {
	h := hmac.New(digests[d.orSHA256()], key)
	_, _ = h.Write(msg) // a hash does not fail
	return h.Sum(nil)
}

// drawing is a GCM that draws its nonces, as cipher.NewGCMWithRandomNonce does for
// AES alone.
type drawing struct{ cipher.AEAD }

// NonceSize implements cipher.AEAD: the caller gives none.
func (drawing) NonceSize() int { return 0 }

// Overhead implements cipher.AEAD.
func (d drawing) Overhead() int { return d.AEAD.NonceSize() + d.AEAD.Overhead() }

// Seal implements cipher.AEAD.
func (d drawing) Seal(dst, _, plain, data []byte) []byte {
	nonce := make([]byte, d.AEAD.NonceSize())
	_, _ = rand.Read(nonce) // it ends the program rather than fail
	return d.AEAD.Seal(append(dst, nonce...), nonce, plain, data)
}

// Open implements cipher.AEAD.
func (d drawing) Open(dst, _, sealed, data []byte) ([]byte, error) {
	n := d.AEAD.NonceSize()
	if len(sealed) < n {
		return nil, ErrForged
	}
	return d.AEAD.Open(dst, sealed[:n], sealed[n:], data)
}
