package catalog

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// The bounds of a catalogue, wide for any honest one.
const (
	maxFileBytes  = 1 << 20
	maxTotalBytes = 16 << 20
	maxFiles      = 2000
)

// layout is where files may stand; every other file is a mistake, for a rule in
// a file that nobody reads is worse than none. Names beginning with a dot and a
// README.md beside catalog.yaml are left alone.
var layout = regexp.MustCompile(`^(catalog|sources|departments|materials)\.yaml$|^(codes|fields|matters|ports)/[^/]+\.yaml$`)

var folders = map[string]bool{".": true, "codes": true, "fields": true, "matters": true, "ports": true}

const outside = "does not belong here; a catalogue is catalog.yaml, sources.yaml, departments.yaml, materials.yaml and codes/, fields/, matters/, ports/ with .yaml files"

// source is one file as read.
type source struct {
	name string
	data []byte
}

// read collects the files of the layout in the order of their names.
func (l *loader) read(fsys fs.FS) (sources []source) {
	total := 0
	err := fs.WalkDir(fsys, ".", func(name string, e fs.DirEntry, err error) error {
		l.file = name
		base := path.Base(name)
		switch {
		case err != nil:
			return err
		case name != "." && strings.HasPrefix(base, "."):
			if e.IsDir() {
				return fs.SkipDir
			}
			return nil
		case e.IsDir() && !folders[name]:
			l.whole(outside)
			return fs.SkipDir // whatever lies below, it may be a whole disk
		case e.IsDir(), name == "README.md":
			return nil
		case !layout.MatchString(name):
			l.whole(outside)
			return nil
		case len(sources) == maxFiles:
			return fmt.Errorf("more than %d files", maxFiles)
		}
		data, err := readFile(fsys, name)
		if err != nil {
			l.whole("%v", err)
			l.lost[part(name)] = true
			return nil
		}
		if total += len(data); total > maxTotalBytes {
			return fmt.Errorf("more than %d bytes in all", maxTotalBytes)
		}
		sources = append(sources, source{name, data})
		return nil
	})
	if err != nil {
		l.whole("%v", err)
		return nil
	}
	for _, name := range []string{"catalog.yaml", "departments.yaml", "materials.yaml", "sources.yaml"} {
		if !slices.ContainsFunc(sources, func(s source) bool { return s.name == name }) {
			l.file = name
			l.whole("is missing")
			l.lost[part(name)] = true
		}
	}
	return sources
}

// whole reports a mistake of the present file as such.
func (l *loader) whole(format string, args ...any) {
	l.problems = append(l.problems, Problem{File: l.file, Text: fmt.Sprintf(format, args...)})
}

func readFile(fsys fs.FS, name string) ([]byte, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	data, err := io.ReadAll(io.LimitReader(f, maxFileBytes+1))
	if err == nil && len(data) > maxFileBytes {
		err = fmt.Errorf("is larger than %d bytes", maxFileBytes)
	}
	return data, err
}

// fingerprint is the same for equal bytes under equal names, wherever they lie.
func fingerprint(sources []source) string {
	h := sha256.New()
	for _, s := range sources {
		_, _ = fmt.Fprintf(h, "%s\x00%d\x00%s", s.name, len(s.data), s.data)
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

// part is the folder a file stands in, or its own name without the ending.
func part(name string) string {
	dir, base, nested := strings.Cut(name, "/")
	if nested && base != "" {
		return dir
	}
	return strings.TrimSuffix(name, ".yaml")
}
