package catalog

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"testing/fstest"
)

// Archive packs the files of a catalogue, so that a case can keep the very
// catalogue it was planned with. Equal files give equal bytes. The catalogue
// must load: an archive that could not be read back is of no use.
func Archive(fsys fs.FS) ([]byte, error) {
	if _, err := Load(fsys); err != nil {
		return nil, fmt.Errorf("archive a catalogue: %w", err)
	}
	l := newLoader()
	sources := l.read(fsys)
	if len(l.problems) > 0 { // changed since it was loaded
		return nil, fmt.Errorf("archive a catalogue: %w", &l.problems)
	}
	var out bytes.Buffer
	packed, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, fmt.Errorf("archive a catalogue: %w", err)
	}
	w := tar.NewWriter(packed)
	for _, s := range sources {
		head := &tar.Header{Name: s.name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(s.data)), Format: tar.FormatPAX}
		if err := w.WriteHeader(head); err != nil {
			return nil, fmt.Errorf("archive %s: %w", s.name, err)
		}
		if _, err := w.Write(s.data); err != nil {
			return nil, fmt.Errorf("archive %s: %w", s.name, err)
		}
	}
	if err := errors.Join(w.Close(), packed.Close()); err != nil {
		return nil, fmt.Errorf("archive a catalogue: %w", err)
	}
	return out.Bytes(), nil
}

// OpenArchive gives the files of an archive, to [Load] them. It takes no more
// memory than a catalogue may have, whatever the archive claims to hold.
func OpenArchive(archive []byte) (fs.FS, error) {
	unpacked, err := gzip.NewReader(bytes.NewReader(archive))
	if err != nil {
		return nil, fmt.Errorf("open a catalogue's archive: %w", err)
	}
	files := fstest.MapFS{}
	r, total := tar.NewReader(io.LimitReader(unpacked, 2*maxTotalBytes)), 0
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files, nil
		}
		if err != nil {
			return nil, fmt.Errorf("open a catalogue's archive: %w", err)
		}
		if head.Typeflag != tar.TypeReg || !layout.MatchString(head.Name) || files[head.Name] != nil || len(files) == maxFiles {
			return nil, errors.New("open a catalogue's archive: it holds something else than a catalogue's files")
		}
		data, err := io.ReadAll(io.LimitReader(r, maxFileBytes+1))
		if total += len(data); err == nil && (len(data) > maxFileBytes || total > maxTotalBytes) {
			err = errors.New("it is too large")
		}
		if err != nil {
			return nil, fmt.Errorf("open a catalogue's archive: %w", err)
		}
		files[head.Name] = &fstest.MapFile{Data: data, Mode: 0o444}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
