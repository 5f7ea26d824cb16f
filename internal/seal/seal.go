// Package seal puts an electronic seal (电子签章) on a feedback sheet, so that anybody can check it without asking us.
//
// What is sealed is one line of text, small enough for a QR code ([Sheet] says what
// stands in it): states, days and result numbers, never a name or a citizen number.
// A saved page is sealed as a whole besides ([Signer.SealPage]). Whoever holds the
// public keys ([Ring]) checks both on a machine without a network.
//
// Two suites: ED25519 (RFC 8032) and SM2 with SM3 (GB/T 32918.2, GB/T 32905, user ID
// 1234567812345678). Both are software. This is no certified cryptographic module
// (GM/T 0028) and no seal system of GB/T 38540: where the law asks for a certified
// one, it has to stand behind [Signer].
package seal

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/asn1"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"math/big"
	"slices"

	"github.com/emmansun/gmsm/ecdh"
	"github.com/emmansun/gmsm/sm2"
)

var (
	// ErrMalformed says that a text or page does not have the form of a sealed one.
	ErrMalformed = errors.New("not a sealed feedback sheet")
	// ErrUnknownKey says that the key is not in the ring, so nothing can be told.
	ErrUnknownKey = errors.New("sealed with a key that is not here")
	// ErrForged says that what was sealed was changed, or never was by that key.
	ErrForged = errors.New("the seal does not belong to this content")
	// ErrTooLong says that a sheet has more lines than a QR code bears.
	ErrTooLong = errors.New("the sheet fits no QR code")
)

// Suite names a way to sign, as configuration, keys and sealed texts write it.
type Suite string

// The suites. Each is a line of the table below.
const (
	Ed25519 Suite = "ED25519"
	SM2     Suite = "SM2"
)

// Both suites sign with 64 bytes.
const signatureSize = 64

// suite is how one suite works.
type suite struct {
	open   func(private []byte) (sign func(msg []byte) ([]byte, error), public []byte, err error)
	read   func(public []byte) error // whether these bytes are a public key
	verify func(public, msg, signature []byte) bool
	oid    asn1.ObjectIdentifier // of the key's algorithm in a SubjectPublicKeyInfo
	curve  asn1.ObjectIdentifier // its parameter; nil for none
}

var suites = map[Suite]suite{
	Ed25519: {
		open: openEd25519,
		read: func(public []byte) error {
			if len(public) != ed25519.PublicKeySize {
				return errors.New("no Ed25519 public key")
			}
			return nil
		},
		verify: func(public, msg, signature []byte) bool { return ed25519.Verify(public, msg, signature) },
		oid:    asn1.ObjectIdentifier{1, 3, 101, 112},
	},
	SM2: {
		open: openSM2,
		read: func(public []byte) error {
			_, err := ecdh.P256().NewPublicKey(public)
			return err
		},
		verify: verifySM2,
		oid:    asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1},
		curve:  asn1.ObjectIdentifier{1, 2, 156, 10197, 1, 301},
	},
}

// Suites lists all suites in order of name.
func Suites() []Suite { return slices.Sorted(maps.Keys(suites)) }

// Signer seals with one private key. It is safe for use by many at once.
type Signer struct {
	key  Key
	sign func(msg []byte) ([]byte, error)
}

// NewSigner makes a signer of a private key of 32 bytes: the seed of RFC 8032, or
// SM2's number d, big-endian. Its error does not quote the key.
func NewSigner(name Suite, private []byte) (*Signer, error) {
	s, ok := suites[name]
	if !ok {
		return nil, fmt.Errorf("there is no suite %q", name)
	}
	sign, public, err := s.open(private)
	if err != nil {
		return nil, fmt.Errorf("private key of suite %s: %w", name, err)
	}
	key, err := newKey(name, public)
	return &Signer{key: key, sign: sign}, err
}

// Key is the public key that checks what this signer seals.
func (s *Signer) Key() Key { return s.key }

// signature is base64 (RFC 4648, alphabet for URLs, no padding) of what was signed.
func (s *Signer) signature(msg []byte) (string, error) {
	raw, err := s.sign(msg)
	if err != nil {
		return "", fmt.Errorf("sign with key %s: %w", s.key.ID, err)
	}
	return encoding.EncodeToString(raw), nil
}

// encoding is strict: a signature has one spelling.
var encoding = base64.RawURLEncoding.Strict()

func openEd25519(private []byte) (func([]byte) ([]byte, error), []byte, error) {
	if len(private) != ed25519.SeedSize {
		return nil, nil, fmt.Errorf("it has not %d bytes", ed25519.SeedSize)
	}
	key := ed25519.NewKeyFromSeed(private)
	public, _ := key.Public().(ed25519.PublicKey)
	return func(msg []byte) ([]byte, error) { return ed25519.Sign(key, msg), nil }, public, nil
}

func openSM2(private []byte) (func([]byte) ([]byte, error), []byte, error) {
	key, err := sm2.NewPrivateKey(private)
	if err != nil {
		return nil, nil, errors.New("it is not a number of 32 bytes from 1 to n-2")
	}
	public, err := sm2.PublicKeyToECDH(&key.PublicKey)
	if err != nil {
		return nil, nil, errors.New("its public key is not on the curve")
	}
	options := sm2.NewSM2SignerOption(true, nil) // nil: the default user ID
	return func(msg []byte) ([]byte, error) {
		der, err := key.Sign(rand.Reader, msg, options)
		if err != nil {
			return nil, err
		}
		var pair struct{ R, S *big.Int }
		if _, err := asn1.Unmarshal(der, &pair); err != nil {
			return nil, err
		}
		raw := make([]byte, signatureSize)
		pair.R.FillBytes(raw[:32])
		pair.S.FillBytes(raw[32:])
		return raw, nil
	}, public.Bytes(), nil
}

func verifySM2(public, msg, signature []byte) bool {
	key, err := sm2.NewPublicKey(public)
	if err != nil || len(signature) != signatureSize {
		return false
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])})
	return err == nil && sm2.VerifyASN1WithSM2(key, nil, msg, der)
}
