package catalog_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func TestArchive(t *testing.T) {
	packed, err := catalog.Archive(catalog.BuiltinFiles())
	if err != nil {
		t.Fatal(err)
	}
	again, err := catalog.Archive(catalog.BuiltinFiles())
	if err != nil || !bytes.Equal(packed, again) {
		t.Fatalf("two archives differ: %v", err)
	}
	files, err := catalog.OpenArchive(packed)
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	if c.Version != builtin(t).Version {
		t.Errorf("version %s became %s", builtin(t).Version, c.Version)
	}
	t.Logf("%d bytes", len(packed))
}

func TestArchiveOfNonsense(t *testing.T) {
	if _, err := catalog.Archive(fstest.MapFS{"catalog.yaml": {Data: []byte("meta: 1")}}); err == nil {
		t.Error("a broken catalogue was archived")
	}
	for name, archive := range map[string][]byte{
		"nothing":         nil,
		"no gzip":         []byte("catalog"),
		"no tar":          squeeze([]byte(strings.Repeat("x", 2000))),
		"a path outside":  tarball(t, "../catalog.yaml", "x", 1),
		"an unknown file": tarball(t, "catalog.sh", "x", 1),
		"the same twice":  tarball(t, "catalog.yaml", "x", 2),
		"a bomb":          tarball(t, "catalog.yaml", strings.Repeat("x", 2<<20), 1),
		"many bombs":      tarball(t, "matters/%d.yaml", strings.Repeat("x", 1<<20), 40),
	} {
		if _, err := catalog.OpenArchive(archive); err == nil {
			t.Errorf("%s was opened", name)
		}
	}
}

func squeeze(data []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(data)
	_ = w.Close()
	return out.Bytes()
}

// tarball holds n files of equal content; their names are made of a pattern.
func tarball(t *testing.T, pattern, content string, n int) []byte {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for i := range n {
		name := pattern
		if strings.Contains(pattern, "%") {
			name = fmt.Sprintf(pattern, i)
		}
		if err := w.WriteHeader(&tar.Header{Name: name, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return squeeze(out.Bytes())
}

func FuzzOpenArchive(f *testing.F) {
	packed, err := catalog.Archive(catalog.BuiltinFiles())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(packed)
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, archive []byte) {
		if files, err := catalog.OpenArchive(archive); err == nil && files == nil {
			t.Error("neither files nor an error")
		}
	})
}
