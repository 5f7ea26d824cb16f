package vault

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

// FileService holds key-encryption keys in a file of their own. Keep it on another
// medium than the keys file and the database, such as a mount of the system's secret
// store that is there in memory only: who copies the one shall not get the other.
type FileService struct {
	Path  string
	Suite Suite // of keys that are made; empty: AES-256-GCM
}

// kekFile is what the file holds.
type kekFile struct {
	Current string `json:"current"`
	Keys    []kek  `json:"keys"`
}

type kek struct {
	ID    string `json:"id"`
	Suite Suite  `json:"suite"`
	Key   []byte `json:"key"`
}

// Format prints the key's ID, whatever the verb.
func (k kek) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "key-encryption key %s", k.ID) }

// Current implements [KeyService]. It makes the file, with a first key, if there is
// none: so a keys file of before gets its key-encryption key.
func (s *FileService) Current(context.Context) (string, error) {
	file, err := s.read()
	if errors.Is(err, fs.ErrNotExist) {
		file = kekFile{}.with(s.Suite)
		if err = s.write(file, true); errors.Is(err, ErrKeysInUse) { // another was first
			file, err = s.read()
		}
	}
	if err != nil {
		return "", fmt.Errorf("key-encryption key: %w", err)
	}
	return file.Current, nil
}

// Wrap implements [KeyService].
func (s *FileService) Wrap(_ context.Context, id string, key []byte, place string) ([]byte, error) {
	k, err := s.key(id)
	if err != nil {
		return nil, err
	}
	aead, err := k.Suite.aead(k.Key)
	if err != nil {
		return nil, err
	}
	return aead.Seal(nil, nil, key, wrapPlace(id, place)), nil //nolint:gosec // this cipher draws the nonce itself
}

// Unwrap implements [KeyService].
func (s *FileService) Unwrap(_ context.Context, id string, wrapped []byte, place string) ([]byte, error) {
	k, err := s.key(id)
	if err != nil {
		return nil, err
	}
	aead, err := k.Suite.aead(k.Key)
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, wrapped, wrapPlace(id, place))
	if err != nil {
		return nil, ErrForged
	}
	return key, nil
}

// Renew implements [Renewer].
func (s *FileService) Renew(context.Context) (string, error) {
	file, err := s.read()
	if err != nil {
		return "", fmt.Errorf("renew the key-encryption key: %w", err)
	}
	file = file.with(s.Suite)
	return file.Current, s.write(file, false)
}

// Forget implements [Renewer].
func (s *FileService) Forget(context.Context) error {
	file, err := s.read()
	if err != nil {
		return fmt.Errorf("forget key-encryption keys: %w", err)
	}
	file.Keys = slices.DeleteFunc(file.Keys, func(k kek) bool { return k.ID != file.Current })
	return s.write(file, false)
}

// with is the file with one more key, the current one. Without a suite it is of that
// of the one before.
func (f kekFile) with(suite Suite) kekFile {
	for _, k := range f.Keys {
		if suite == "" && k.ID == f.Current {
			suite = k.Suite
		}
	}
	suite = suite.orAES()
	id := make([]byte, 6)
	_, _ = rand.Read(id) // it ends the program rather than fail
	f.Current = "kek-" + hex.EncodeToString(id)
	f.Keys = append(slices.Clone(f.Keys), kek{f.Current, suite, fresh()[:suites[suite].size]})
	return f
}

func (s *FileService) key(id string) (kek, error) {
	file, err := s.read()
	if errors.Is(err, fs.ErrNotExist) { // not as if there were no keys, or fresh ones would be made
		return kek{}, fmt.Errorf("key-encryption key %s should be in %s, which is not there: %w", id, s.Path, ErrUnknownKey)
	} else if err != nil {
		return kek{}, fmt.Errorf("key-encryption key: %w", err)
	}
	for _, k := range file.Keys {
		if k.ID == id {
			return k, nil
		}
	}
	return kek{}, fmt.Errorf("key-encryption key %s: %w", id, ErrUnknownKey)
}

func (s *FileService) read() (file kekFile, err error) {
	text, err := readPrivate(s.Path)
	if err != nil {
		return file, err
	}
	if err := strict(text, &file); err != nil {
		return file, fmt.Errorf("%s: %w", s.Path, err)
	}
	return file, file.check()
}

func (f kekFile) check() error {
	var found []error
	seen := map[string]bool{}
	for _, k := range f.Keys {
		it, ok := suites[k.Suite]
		if !ok {
			found = append(found, fmt.Errorf("%v is for a suite that there is not", k))
			continue
		}
		found = append(found, sound(fmt.Sprint(k), k.Key, it.size))
		if k.ID == "" || seen[k.ID] {
			found = append(found, fmt.Errorf("%v has no ID, or that of another", k))
		}
		seen[k.ID] = true
	}
	if !seen[f.Current] {
		found = append(found, errors.New("there is no current key-encryption key"))
	}
	return errors.Join(found...)
}

func (s *FileService) write(file kekFile, first bool) error {
	text, err := json.MarshalIndent(file, "", "  ")
	if err != nil {
		return err
	}
	if err := put(s.Path, append(text, '\n'), first); err != nil {
		return fmt.Errorf("write key-encryption keys: %w", err)
	}
	return nil
}

func wrapPlace(id, place string) []byte { return []byte(id + "\x00" + place) }
