package backup

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
)

// mostManifest bounds a manifest, in bytes.
const mostManifest = 4 << 20

// ErrDamaged is what is wrong with a file that is not as it was written.
var ErrDamaged = errors.New("the backup is damaged or cut off (备份文件已损坏或不完整)")

// pack writes manifest and parts into one file, which stands at its name only when
// all of it is on the disk.
func (m *Manifest) pack(folder, path string) (err error) {
	body, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	whole := filepath.Join(folder, "whole.tar")
	f, err := os.OpenFile(whole, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	sum := sha256.New()
	w := tar.NewWriter(io.MultiWriter(f, sum))
	put := func(name string, size int64, r io.Reader) error {
		if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o600, Size: size, ModTime: m.Made}); err != nil {
			return err
		}
		_, err := io.Copy(w, r)
		return err
	}
	err = put("manifest.json", int64(len(body)), bytes.NewReader(body))
	for _, p := range m.Parts {
		if err != nil {
			break
		}
		err = putFile(put, filepath.Join(folder, p.Name), p)
	}
	if err == nil {
		err = w.Close()
	}
	if err == nil {
		_, err = f.Write(sum.Sum(nil))
	}
	if err == nil {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("write the archive: %w", err)
	}
	// Link, not rename: a file that has come to be there meanwhile is not overwritten.
	if err := os.Link(whole, path); err != nil {
		return fmt.Errorf("put the archive in its place: %w", err)
	}
	return syncFolder(filepath.Dir(path))
}

func putFile(put func(string, int64, io.Reader) error, path string, p Part) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(put(p.Name, p.Bytes, f), f.Close(), os.Remove(path))
}

func syncFolder(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// archive is a backup whose every byte has been checked.
type archive struct {
	Manifest
	file *os.File
	size int64 // without the sum behind it
}

// open checks the whole file, then reads its manifest.
func open(path string) (*archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open the backup: %w", err)
	}
	a := &archive{file: f}
	if err := a.check(); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return a, nil
}

// check holds the file against its sum, and its parts against the manifest.
func (a *archive) check() error {
	info, err := a.file.Stat()
	if err != nil {
		return err
	}
	if a.size = info.Size() - sha256.Size; a.size < 0 {
		return ErrDamaged
	}
	sum, want := sha256.New(), make([]byte, sha256.Size)
	if _, err := io.Copy(sum, io.NewSectionReader(a.file, 0, a.size)); err != nil {
		return fmt.Errorf("read the backup: %w", err)
	}
	if _, err := a.file.ReadAt(want, a.size); err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the backup: %w", err)
	}
	if subtle.ConstantTimeCompare(sum.Sum(nil), want) == 0 {
		return ErrDamaged
	}
	r := tar.NewReader(io.NewSectionReader(a.file, 0, a.size))
	if h, err := r.Next(); err != nil || h.Name != "manifest.json" || h.Size > mostManifest {
		return fmt.Errorf("no manifest: %w", ErrDamaged)
	}
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&a.Manifest); err != nil || a.Format != Format {
		return fmt.Errorf("its manifest is of another program or version (%q): %w", a.Format, ErrDamaged)
	}
	for _, t := range a.Tables {
		if a.Dialect == postgres && !slices.ContainsFunc(a.Parts, func(p Part) bool { return p.Name == t.Name+".copy.gz" }) {
			return fmt.Errorf("%s is listed and not there: %w", t.Name, ErrDamaged)
		}
	}
	return a.each(func(p Part, r io.Reader) error {
		sum := sha256.New()
		n, err := io.Copy(sum, r)
		if err != nil || n != p.Bytes || hex.EncodeToString(sum.Sum(nil)) != p.SHA256 {
			return fmt.Errorf("%s is not as the manifest says: %w", p.Name, ErrDamaged)
		}
		return nil
	})
}

// each hands over the parts, as they stand, in the order of the manifest.
func (a *archive) each(f func(Part, io.Reader) error) error {
	r := tar.NewReader(io.NewSectionReader(a.file, 0, a.size))
	if _, err := r.Next(); err != nil { // the manifest
		return err
	}
	for _, p := range a.Parts {
		h, err := r.Next()
		if err != nil || h.Name != p.Name {
			return fmt.Errorf("%s is missing: %w", p.Name, ErrDamaged)
		}
		if err := f(p, r); err != nil {
			return err
		}
	}
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("more parts than the manifest lists: %w", ErrDamaged)
	}
	return nil
}
