package vault

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

var (
	// ErrKeysInUse says that a keys file holds keys which the new ones do not have:
	// replacing it would lose what they sealed.
	ErrKeysInUse = errors.New("the keys file holds keys that would be lost")

	errNoKeys = errors.New("the file is no JSON of keys") // the decoder's own words may quote one
)

// maxFile is far above any real keys file.
const maxFile = 1 << 20

// File is a keys file, whose keys a key service has wrapped.
type File struct {
	Path    string
	Service KeyService
}

// FileAt is the keys file at a path, with its key-encryption key beside it
// ([ServiceBeside]).
func FileAt(path string) File {
	return File{path, &FileService{Path: strings.TrimPrefix(ServiceBeside(path), "file:")}}
}

// LoadFile reads the keys of [FileAt].
func LoadFile(path string) (Keys, error) { return FileAt(path).Load(context.Background()) }

// SaveFile writes the keys of [FileAt].
func SaveFile(path string, keys Keys) error { return FileAt(path).Save(context.Background(), keys) }

// Load reads keys. It refuses a file that others than its owner and group may
// read or that its group may change, unknown names and unsound keys. A missing file
// is an [fs.ErrNotExist]. A file of before, with keys that are not wrapped, opens too.
func (f File) Load(ctx context.Context) (Keys, error) {
	keys, _, err := f.load(ctx)
	return keys, err
}

// Wrapped tells whether the keys in the file are wrapped; those of before are not.
func (f File) Wrapped(ctx context.Context) (bool, error) {
	_, was, err := f.load(ctx)
	return was, err
}

func (f File) load(ctx context.Context) (keys Keys, wrapped bool, err error) {
	for range 2 { // its key-encryption key may be replaced between one look and the other
		text, rerr := readPrivate(f.Path)
		if rerr != nil {
			return Keys{}, false, fmt.Errorf("load keys: %w", rerr)
		}
		if keys, wrapped, err = unwrapped(ctx, text, f.Service); err == nil {
			return keys, wrapped, nil
		} else if !errors.Is(err, ErrUnknownKey) {
			break
		}
	}
	return Keys{}, false, fmt.Errorf("load keys from %s: %w", f.Path, err)
}

// Save writes keys for their owner alone (0600), wrapped, whole or not at all, and on
// the disk when it returns. A file that is there is replaced only by keys that
// open all that it could, as those of [Keys.Rotate] do; otherwise [ErrKeysInUse].
// Two processes that make the first file at once get one winner.
func (f File) Save(ctx context.Context, keys Keys) error {
	return f.save(ctx, keys, 0)
}

// Change reads the keys, lets f change them and saves them, while no other process
// does. It answers the new ones.
func (f File) Change(ctx context.Context, change func(Keys) (Keys, error)) (keys Keys, err error) {
	return f.change(ctx, change, 0)
}

// Retire takes a sealing key out of the file; see [Keys.Retire].
func (f File) Retire(ctx context.Context, id uint8, now time.Time) (Keys, error) {
	return f.change(ctx, func(k Keys) (Keys, error) { return k.Retire(id, now) }, id)
}

// Rewrap wraps all keys anew with the key service's current key. Where the service's
// keys are ours to replace it gets a fresh one first, and the old ones are dropped.
func (f File) Rewrap(ctx context.Context) (err error) {
	renewer, ours := f.Service.(Renewer)
	if ours {
		if _, err := f.Service.Current(ctx); err != nil { // a file of before has none
			return err
		}
		if _, err := renewer.Renew(ctx); err != nil {
			return err
		}
	}
	if _, err := f.Change(ctx, func(k Keys) (Keys, error) { return k, nil }); err != nil {
		return err
	}
	if ours {
		return renewer.Forget(ctx)
	}
	return nil
}

func (f File) change(ctx context.Context, change func(Keys) (Keys, error), but uint8) (keys Keys, err error) {
	unlock, err := lock(filepath.Dir(f.Path))
	if err != nil {
		return Keys{}, fmt.Errorf("change keys: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if keys, err = f.Load(ctx); err != nil {
		return Keys{}, err
	}
	if keys, err = change(keys); err != nil {
		return Keys{}, err
	}
	return keys, f.save(ctx, keys, but)
}

// save writes keys that may do without one sealing key of those that are there.
func (f File) save(ctx context.Context, keys Keys, but uint8) error {
	if err := keys.check(); err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	old, err := f.Load(ctx)
	first := errors.Is(err, fs.ErrNotExist)
	if err != nil && !first {
		return fmt.Errorf("save keys: look at those there: %w", err)
	}
	if !first && !keys.holds(old, but) {
		return fmt.Errorf("save keys to %s: %w", f.Path, ErrKeysInUse)
	}
	text, err := wrapped(ctx, keys, f.Service)
	if err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	if err := put(f.Path, text, first); err != nil {
		return fmt.Errorf("save keys: %w", err)
	}
	return nil
}

// readPrivate reads a small file that is for its owner, and at most for its group to
// read.
func readPrivate(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if mode := info.Mode().Perm(); mode&0o027 != 0 {
		return nil, fmt.Errorf("%s has mode %04o; only its owner may change and only its group may read it (chmod 600)", path, mode)
	}
	return io.ReadAll(io.LimitReader(f, maxFile))
}

// strict reads one JSON value and nothing else, without unknown names.
func strict(text []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if dec.Decode(to) != nil {
		return errNoKeys
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("something follows the keys")
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
