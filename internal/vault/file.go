package vault

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// ErrKeysInUse says that a keys file holds keys which the new ones do not have:
// replacing it would lose what they sealed.
var ErrKeysInUse = errors.New("the keys file holds keys that would be lost")

// maxFile is far above any real keys file.
const maxFile = 1 << 20

// LoadFile reads keys. It refuses a file that others than its owner and group may
// read or that its group may change, unknown names and unsound keys. A missing file
// is an [fs.ErrNotExist].
func LoadFile(path string) (Keys, error) {
	f, err := os.Open(path)
	if err != nil {
		return Keys{}, fmt.Errorf("load keys: %w", err)
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return Keys{}, fmt.Errorf("load keys: %w", err)
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 {
		return Keys{}, fmt.Errorf("load keys: %s has mode %04o; only its owner may change and only its group may read it (chmod 600)", path, mode)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return Keys{}, fmt.Errorf("load keys: %w", err)
	}
	keys, err := decode(text)
	if err != nil {
		return Keys{}, fmt.Errorf("load keys from %s: %w", path, err)
	}
	return keys, nil
}

func decode(text []byte) (Keys, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var keys Keys
	if err := dec.Decode(&keys); err != nil {
		return Keys{}, errors.New("the file is no JSON of keys") // the decoder's own words may quote one
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return Keys{}, errors.New("something follows the keys")
	}
	return keys, keys.check()
}

// SaveFile writes keys for their owner alone (0600), whole or not at all, and on
// the disk when it returns. A file that is there is replaced only by keys that
// open all that it could, as those of [Keys.Rotate] do; otherwise [ErrKeysInUse].
// Two processes that make the first file at once get one winner.
func SaveFile(path string, keys Keys) error {
	if err := keys.check(); err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	text, err := json.MarshalIndent(keys, "", "  ")
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	old, err := LoadFile(path)
	first := errors.Is(err, fs.ErrNotExist)
	if err != nil && !first {
		return fmt.Errorf("save keys: look at those there: %w", err)
	}
	if !first && !keys.holds(old) {
		return fmt.Errorf("save keys to %s: %w", path, ErrKeysInUse)
	}
	if err := put(path, append(text, '\n'), first); err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// put writes beside the file first. A link, unlike a rename, refuses to replace.
func put(path string, text []byte, first bool) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".keys-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(f.Name()) }()
	_, err = f.Write(text)
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	if first {
		if err = os.Link(f.Name(), path); errors.Is(err, fs.ErrExist) {
			return ErrKeysInUse
		}
	} else {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return err
	}
	return syncDir(filepath.Dir(path))
}

// syncDir makes the name durable, not only the bytes.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
