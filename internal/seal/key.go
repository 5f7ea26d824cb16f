package seal

import (
	"bytes"
	"crypto/sha256"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Key is a public key: who has it can check, and cannot seal.
type Key struct {
	ID     string `json:"keyId"` // the first 8 bytes of SHA-256 of Public, 16 hexadecimal digits
	Suite  Suite  `json:"suite"`
	Public []byte `json:"publicKey"` // SubjectPublicKeyInfo (RFC 5280), DER
	raw    []byte
}

// info is a SubjectPublicKeyInfo.
type info struct {
	Algorithm struct {
		Name  asn1.ObjectIdentifier
		Curve asn1.ObjectIdentifier `asn1:"optional"`
	}
	Key asn1.BitString
}

func newKey(name Suite, raw []byte) (Key, error) {
	var i info
	i.Algorithm.Name, i.Algorithm.Curve = suites[name].oid, suites[name].curve
	i.Key = asn1.BitString{Bytes: raw, BitLength: 8 * len(raw)}
	der, err := asn1.Marshal(i)
	if err != nil {
		return Key{}, fmt.Errorf("write a public key: %w", err)
	}
	sum := sha256.Sum256(der)
	return Key{ID: hex.EncodeToString(sum[:8]), Suite: name, Public: der, raw: raw}, nil
}

// read checks a key that came from a file: its ID follows from its bytes.
func (k Key) read() (Key, error) {
	s, ok := suites[k.Suite]
	if !ok {
		return Key{}, fmt.Errorf("key %q: there is no suite %q", k.ID, k.Suite)
	}
	var i info
	rest, err := asn1.Unmarshal(k.Public, &i)
	if err != nil || len(rest) > 0 || i.Key.BitLength != 8*len(i.Key.Bytes) || s.read(i.Key.Bytes) != nil {
		return Key{}, fmt.Errorf("key %q is not a public key of suite %s", k.ID, k.Suite)
	}
	again, err := newKey(k.Suite, i.Key.Bytes)
	if err != nil {
		return Key{}, err
	}
	if !bytes.Equal(again.Public, k.Public) {
		return Key{}, fmt.Errorf("key %q is not written as suite %s writes it", k.ID, k.Suite)
	}
	if again.ID != k.ID {
		return Key{}, fmt.Errorf("key %q has the ID %s", k.ID, again.ID)
	}
	return again, nil
}

// Ring is the public keys of one hub, by ID: the current ones, and older ones
// whose sheets are still about.
type Ring map[string]Key

// NewRing makes a ring of keys.
func NewRing(keys ...Key) Ring {
	r := Ring{}
	for _, k := range keys {
		r[k.ID] = k
	}
	return r
}

// document is a ring as it is published.
type document struct {
	Keys []Key `json:"keys"`
}

// JSON is the ring as /.well-known/vetgraph-keys and vetgraph keys public give it,
// in order of suite and ID.
func (r Ring) JSON() ([]byte, error) {
	d := document{Keys: []Key{}}
	for _, k := range r {
		d.Keys = append(d.Keys, k)
	}
	slices.SortFunc(d.Keys, func(a, b Key) int { return strings.Compare(string(a.Suite)+a.ID, string(b.Suite)+b.ID) })
	body, err := json.MarshalIndent(d, "", "  ")
	return append(body, '\n'), err
}

// ParseRing reads what [Ring.JSON] writes. It refuses unknown names and answers
// all that is wrong with the keys, joined.
func ParseRing(body []byte) (Ring, error) {
	var d document
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		return nil, fmt.Errorf("this is no file of public keys: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the public keys")
	}
	r := Ring{}
	var wrong []error
	for _, k := range d.Keys {
		k, err := k.read()
		if _, twice := r[k.ID]; twice && err == nil {
			err = fmt.Errorf("key %q is there twice", k.ID)
		}
		if err != nil {
			wrong = append(wrong, err)
			continue
		}
		r[k.ID] = k
	}
	if len(d.Keys) == 0 {
		wrong = append(wrong, errors.New("there are no public keys in it"))
	}
	return r, errors.Join(wrong...)
}

// check tells whether a signature, as [Signer.signature] spells it, is that of a
// key of the ring over msg. Suite and key ID are under the signature too.
func (r Ring) check(name, id, signature string, msg []byte) (Key, error) {
	raw, err := encoding.DecodeString(signature)
	if err != nil || len(raw) != signatureSize {
		return Key{}, fmt.Errorf("%w: its signature is not one", ErrMalformed)
	}
	k, ok := r[id]
	if !ok {
		return Key{}, fmt.Errorf("key %q: %w", id, ErrUnknownKey)
	}
	if string(k.Suite) != name || !suites[k.Suite].verify(k.raw, msg, raw) {
		return Key{}, ErrForged
	}
	return k, nil
}
