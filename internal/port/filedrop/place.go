package filedrop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"time"
)

// place is where files are exchanged, a directory here or elsewhere. Names are
// relative to it, with slashes. What is not there is fs.ErrNotExist.
type place interface {
	// list gives the ordinary files of a folder.
	list(ctx context.Context, folder string) ([]entry, error)
	exists(ctx context.Context, name string) (bool, error)
	// read gives a whole file, or its first most bytes and one more.
	read(ctx context.Context, name string, most int64) ([]byte, error)
	// write makes a file under its name when it is whole and on disk, not before.
	write(ctx context.Context, name string, data []byte) error
	move(ctx context.Context, from, to string) error
	remove(ctx context.Context, name string) error
	mkdir(ctx context.Context, folder string) error
	// folders lists what folders are in a folder.
	folders(ctx context.Context, folder string) ([]string, error)
	// pace is how long to wait between looks, at first and at most.
	pace() (first, most time.Duration)
}

// entry is one file of a listing.
type entry struct {
	name     string
	size     int64
	modified time.Time
}

// temporary is a file's name while it is being written.
func temporary(name string) string { return path.Join(path.Dir(name), "."+path.Base(name)+".part") }

// directory is a place on a file system of this machine, however it is mounted.
type directory struct{ base string }

func (d directory) pace() (first, most time.Duration) {
	return 4 * time.Millisecond, 250 * time.Millisecond
}

// within does something below the base, and never outside: a link that leads
// away is an error.
func (d directory) within(ctx context.Context, do func(*os.Root) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	root, err := os.OpenRoot(d.base)
	if err != nil {
		return err
	}
	return errors.Join(do(root), root.Close())
}

func (d directory) list(ctx context.Context, folder string) ([]entry, error) {
	var all []entry
	return all, d.within(ctx, func(root *os.Root) error {
		found, err := fs.ReadDir(root.FS(), folder)
		for _, e := range found {
			if !e.Type().IsRegular() {
				continue
			}
			if info, err := e.Info(); err == nil { // else it has just gone
				all = append(all, entry{e.Name(), info.Size(), info.ModTime()})
			}
		}
		return err
	})
}

func (d directory) folders(ctx context.Context, folder string) ([]string, error) {
	var all []string
	return all, d.within(ctx, func(root *os.Root) error {
		found, err := fs.ReadDir(root.FS(), folder)
		for _, e := range found {
			if e.IsDir() {
				all = append(all, e.Name())
			}
		}
		return err
	})
}

func (d directory) exists(ctx context.Context, name string) (there bool, err error) {
	err = d.within(ctx, func(root *os.Root) error {
		_, err := root.Lstat(filepath.FromSlash(name))
		there = err == nil
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
	return there, err
}

func (d directory) read(ctx context.Context, name string, most int64) (data []byte, err error) {
	err = d.within(ctx, func(root *os.Root) error {
		f, err := root.Open(filepath.FromSlash(name))
		if err != nil {
			return err
		}
		data, err = io.ReadAll(io.LimitReader(f, most+1))
		return errors.Join(err, f.Close())
	})
	return data, err
}

func (d directory) write(ctx context.Context, name string, data []byte) error {
	return d.within(ctx, func(root *os.Root) error {
		part := filepath.FromSlash(temporary(name))
		f, err := root.OpenFile(part, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o660) // the other side reads as another user of the same group
		if err != nil {
			return err
		}
		_, err = f.Write(data)
		if err == nil {
			err = f.Sync()
		}
		if err = errors.Join(err, f.Close()); err == nil {
			err = root.Rename(part, filepath.FromSlash(name))
		}
		if err != nil {
			return errors.Join(err, root.Remove(part))
		}
		folder, err := root.Open(filepath.FromSlash(path.Dir(name)))
		if err != nil {
			return err
		}
		return errors.Join(folder.Sync(), folder.Close()) // only now is the name on disk too
	})
}

func (d directory) move(ctx context.Context, from, to string) error {
	return d.within(ctx, func(root *os.Root) error { return root.Rename(filepath.FromSlash(from), filepath.FromSlash(to)) })
}

func (d directory) remove(ctx context.Context, name string) error {
	return d.within(ctx, func(root *os.Root) error { return root.Remove(filepath.FromSlash(name)) })
}

func (d directory) mkdir(ctx context.Context, folder string) error {
	return d.within(ctx, func(root *os.Root) error {
		if err := root.MkdirAll(filepath.FromSlash(folder), 0o770); err != nil {
			return fmt.Errorf("make %s: %w", folder, err)
		}
		return nil
	})
}
