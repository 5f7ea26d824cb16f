package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// wrappedVersion is what a keys file says whose keys are wrapped. One of before says
// no version and holds keys as they are.
const wrappedVersion = 2

// wrappedFile is [Keys] at rest: what is no secret as it is, each key wrapped.
type wrappedFile struct {
	Version  int              `json:"version"`
	Current  uint8            `json:"current"`
	Since    time.Time        `json:"since,omitzero"`
	Last     uint8            `json:"last,omitempty"`
	Sealing  []wrappedSealing `json:"sealing"`
	Digest   Digest           `json:"digest,omitzero"`
	Index    envelope         `json:"index"`
	Signing  envelope         `json:"signing"`
	Calling  envelope         `json:"calling"`
	TokenKey envelope         `json:"token"`
	Signers  []wrappedSigner  `json:"signers,omitempty"`
}

type wrappedSealing struct {
	ID    uint8 `json:"id"`
	Suite Suite `json:"suite"`
	envelope
}

type wrappedSigner struct {
	Suite string `json:"suite"`
	envelope
}

// envelope is a key that is wrapped, and with what.
type envelope struct {
	KEK     string `json:"kek"`
	Wrapped []byte `json:"wrapped"`
}

// wrapping walks the keys of a file, in one direction or the other, and keeps the
// first failure.
type wrapping struct {
	ctx     context.Context // it lives as long as one call
	service KeyService
	kek     string
	err     error
}

func (w *wrapping) wrap(key []byte, place string) (e envelope) {
	if w.err != nil {
		return e
	}
	e.KEK = w.kek
	if e.Wrapped, w.err = w.service.Wrap(w.ctx, w.kek, key, place); w.err != nil {
		w.err = fmt.Errorf("wrap %s: %w", place, w.err)
	}
	return e
}

func (w *wrapping) unwrap(e envelope, place string) (key []byte) {
	if w.err != nil {
		return nil
	}
	if key, w.err = w.service.Unwrap(w.ctx, e.KEK, e.Wrapped, place); w.err != nil {
		w.err = fmt.Errorf("unwrap %s: %w", place, w.err)
	}
	return key
}

// The places that keys are wrapped for: none passes for another, nor for one of
// another suite, and blind indexes are by the digest they were made with.
func placeOfSealing(id uint8, s Suite) string {
	return fmt.Sprintf("vetgraph/sealing/%d/%s", id, s.orAES())
}
func placeOfSigner(suite string) string    { return "vetgraph/signer/" + suite }
func placeOf(name string, d Digest) string { return "vetgraph/" + name + "/" + string(d.orSHA256()) }

// wrapped is the text of a file with these keys.
func wrapped(ctx context.Context, keys Keys, service KeyService) ([]byte, error) {
	kek, err := service.Current(ctx)
	if err != nil {
		return nil, err
	}
	w := &wrapping{ctx: ctx, service: service, kek: kek}
	f := wrappedFile{Version: wrappedVersion, Current: keys.Current, Since: keys.Since, Last: keys.Last, Digest: keys.Digest}
	for _, s := range keys.Sealing {
		f.Sealing = append(f.Sealing, wrappedSealing{s.ID, s.Suite.orAES(), w.wrap(s.Key, placeOfSealing(s.ID, s.Suite))})
	}
	for _, s := range keys.Signers {
		f.Signers = append(f.Signers, wrappedSigner{s.Suite, w.wrap(s.Private, placeOfSigner(s.Suite))})
	}
	f.Index, f.Signing = w.wrap(keys.Index, placeOf("index", keys.Digest)), w.wrap(keys.Signing, placeOf("signing", keys.Digest))
	f.Calling, f.TokenKey = w.wrap(keys.Calling, placeOf("calling", "")), w.wrap(keys.TokenKey, placeOf("token", ""))
	if w.err != nil {
		return nil, w.err
	}
	text, err := json.MarshalIndent(f, "", "  ")
	return append(text, '\n'), err
}

// unwrapped is the keys in the text of a file of either version, and whether they
// were wrapped.
func unwrapped(ctx context.Context, text []byte, service KeyService) (keys Keys, was bool, err error) {
	var head struct {
		Version int `json:"version"`
	}
	if json.Unmarshal(text, &head) != nil {
		return Keys{}, false, errNoKeys
	}
	switch head.Version {
	case 0:
		if err := strict(text, &keys); err != nil {
			return Keys{}, false, err
		}
		return keys, false, keys.check()
	case wrappedVersion:
		keys, err := unwrap(ctx, text, service)
		return keys, true, err
	}
	return Keys{}, false, errors.New("the keys file was made by a newer program")
}

func unwrap(ctx context.Context, text []byte, service KeyService) (Keys, error) {
	var f wrappedFile
	if err := strict(text, &f); err != nil {
		return Keys{}, err
	}
	w := &wrapping{ctx: ctx, service: service}
	keys := Keys{Current: f.Current, Since: f.Since, Last: f.Last, Digest: f.Digest}
	for _, s := range f.Sealing {
		k := SealingKey{ID: s.ID, Suite: s.Suite, Key: w.unwrap(s.envelope, placeOfSealing(s.ID, s.Suite))}
		if s.Suite == AES256GCM {
			k.Suite = "" // as fresh keys say it
		}
		keys.Sealing = append(keys.Sealing, k)
	}
	for _, s := range f.Signers {
		keys.Signers = append(keys.Signers, SignerKey{s.Suite, w.unwrap(s.envelope, placeOfSigner(s.Suite))})
	}
	keys.Index, keys.Signing = w.unwrap(f.Index, placeOf("index", f.Digest)), w.unwrap(f.Signing, placeOf("signing", f.Digest))
	keys.Calling, keys.TokenKey = w.unwrap(f.Calling, placeOf("calling", "")), w.unwrap(f.TokenKey, placeOf("token", ""))
	if w.err != nil {
		return Keys{}, w.err
	}
	return keys, keys.check()
}
