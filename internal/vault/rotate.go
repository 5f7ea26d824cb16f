package vault

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Adoption is how long after a rotation some hub may still seal with the key before:
// many times as long as hubs take to look at their keys file. Within it no old key is
// retired.
const Adoption = 10 * time.Minute

// Rotate answers the keys with a new current sealing key of a suite; the empty one
// is that of the key before. Old ones still open what they sealed. It fails when all
// 255 IDs are used.
func (k Keys) Rotate(suite Suite, now time.Time) (Keys, error) {
	k, id, err := k.Standby(suite)
	if err != nil {
		return Keys{}, err
	}
	return k.Use(id, now)
}

// Standby answers the keys with one more sealing key, and its ID, that opens and does
// not seal yet: for hubs that each have a copy of the keys file, so that all know the
// key before the first of them seals with it.
func (k Keys) Standby(suite Suite) (Keys, uint8, error) {
	last := k.Last
	for _, s := range k.Sealing {
		last = max(last, s.ID)
	}
	if last == 255 {
		return Keys{}, 0, errors.New("rotate keys: all 255 key IDs are used")
	}
	if suite == "" {
		suite = k.Suite()
	}
	k.Sealing = append(slices.Clone(k.Sealing), suite.sealingKey(last+1))
	return k, last + 1, nil
}

// Use answers the keys with another of its sealing keys as the current one.
func (k Keys) Use(id uint8, now time.Time) (Keys, error) {
	if !slices.ContainsFunc(k.Sealing, func(s SealingKey) bool { return s.ID == id }) {
		return Keys{}, fmt.Errorf("there is no sealing key %d", id)
	}
	if k.Current != id {
		k.Current, k.Since = id, now.UTC().Truncate(time.Second)
	}
	return k, nil
}

// Retire answers the keys without one. Nothing that it sealed opens any more, so the
// caller has made sure that there is nothing left (package rekey). The current key is
// never retired, and none within [Adoption] of the last rotation.
func (k Keys) Retire(id uint8, now time.Time) (Keys, error) {
	left := slices.DeleteFunc(slices.Clone(k.Sealing), func(s SealingKey) bool { return s.ID == id })
	switch {
	case len(left) == len(k.Sealing):
		return Keys{}, fmt.Errorf("there is no sealing key %d", id)
	case k.Current == id:
		return Keys{}, fmt.Errorf("sealing key %d is the current one", id)
	case now.Before(k.Since.Add(Adoption)):
		return Keys{}, fmt.Errorf("the keys were rotated within the last %v: some hub may still seal with the key before", Adoption)
	}
	k.Last = max(k.Last, id)
	k.Sealing = left
	return k, nil
}

// Suite is that of the current sealing key.
func (k Keys) Suite() Suite {
	for _, s := range k.Sealing {
		if s.ID == k.Current {
			return s.Suite.orAES()
		}
	}
	return AES256GCM
}

// sealingKey is a fresh key of the suite. One of AES says nothing of it, so that
// programs of before can read the file.
func (s Suite) sealingKey(id uint8) SealingKey {
	if s.orAES() == AES256GCM {
		s = ""
	}
	return SealingKey{ID: id, Suite: s, Key: fresh()[:suites[s.orAES()].size]}
}
