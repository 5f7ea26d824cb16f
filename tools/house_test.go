package tools

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// longest is how many lines a hand-written Go file may have. A longer one holds
// two thoughts: give the second a file of its own.
const longest = 400

// generated are the folders in which nobody writes by hand.
var generated = []string{"ent/gen", "graph/exec", "docs/examples/concessions/exec", "server/testdata/features/exec"}

// aloneGenerated are generated files that gqlgen wants beside what their SDL binds to.
var aloneGenerated = []string{"graph/model/unbound_gen.go", "graph/model/federation_keys.go"}

var codeGenerated = regexp.MustCompile(`(?m)^// Code generated .*DO NOT EDIT\.$`)

// tree hands every text file of ours to f, with its path as the repository writes it.
func tree(t *testing.T, f func(name string, body []byte)) {
	t.Helper()
	root := os.DirFS("..")
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if base := path.Base(name); name != "." && (base == "node_modules" || strings.HasPrefix(base, ".") && base != ".ci") {
				return fs.SkipDir
			}
			return nil
		}
		info, err := d.Info()
		if err != nil || !info.Mode().IsRegular() || info.Size() > 4<<20 {
			return err
		}
		body, err := fs.ReadFile(root, name)
		if err == nil && utf8.Valid(body) {
			f(name, body)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// isGenerated says whether a path lies where only generators write.
func isGenerated(name string) bool {
	return slices.Contains(aloneGenerated, name) || below(name, strings.Join(generated, " "))
}

func TestGeneratedFoldersHoldOnlyGeneratedFiles(t *testing.T) {
	tree(t, func(name string, body []byte) {
		switch says := codeGenerated.Match(body[:min(len(body), 2000)]); {
		case isGenerated(name) && !says:
			t.Errorf("%s stands among generated files and is not one", name)
		case !isGenerated(name) && strings.HasSuffix(name, ".go") && says:
			t.Errorf("%s is generated and stands among ours", name)
		}
	})
}

func TestFilesReadAsOneThought(t *testing.T) {
	tree(t, func(name string, body []byte) {
		if !strings.HasSuffix(name, ".go") || isGenerated(name) {
			return
		}
		if n := strings.Count(string(body), "\n"); n > longest {
			t.Errorf("%s has %d lines, more than %d: give the second thought a file of its own", name, n, longest)
		}
	})
}

func TestPackagesSayWhatTheyAre(t *testing.T) {
	type comment struct{ pkg, text string }
	said := map[string][]comment{}
	tree(t, func(name string, body []byte) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || isGenerated(name) {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, body, parser.ParseComments|parser.PackageClauseOnly)
		if err != nil {
			t.Error(err)
			return
		}
		dir := path.Dir(name)
		said[dir] = append(said[dir], comment{f.Name.Name, f.Doc.Text()})
	})
	for dir, files := range said {
		var texts []string
		for _, c := range files {
			if c.text != "" {
				texts = append(texts, c.text)
			}
		}
		want := "Package " + files[0].pkg + " "
		if files[0].pkg == "main" {
			want = "Command " + path.Base(dir) + " "
		}
		if len(texts) != 1 {
			t.Errorf("%s has %d package comments, not one", dir, len(texts))
		} else if !strings.HasPrefix(texts[0], want) {
			t.Errorf("%s: its comment begins with %q, not with %q", dir, strings.SplitN(texts[0], "\n", 2)[0], want)
		}
	}
}

func TestNoRoomIsCalledAfterNothing(t *testing.T) {
	tree(t, func(name string, _ []byte) {
		for _, part := range strings.Split(path.Dir(name), "/") {
			switch part {
			case "util", "utils", "common", "helper", "helpers", "types", "pkg", "misc", "base":
				t.Errorf("%s: %q says nothing about what is in it", name, part)
			}
		}
	})
}

var (
	// leftOver are words of work that was put off. A thing worth doing is an issue.
	leftOver = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|XX` + `X|HA` + `CK)\b`)
	// machinePath is a place on somebody's own machine.
	machinePath = regexp.MustCompile(`(^|[\s"'(=:` + "`" + `])(/(work|root|tmp|home|Users)/[A-Za-z0-9._-]+|[A-Z]:\\)`)
)

func TestNothingIsLeftLyingAbout(t *testing.T) {
	tree(t, func(name string, body []byte) {
		if isGenerated(name) || name == "go.sum" || name == "LICENSE" {
			return
		}
		for i, line := range strings.Split(string(body), "\n") {
			if leftOver.MatchString(line) {
				t.Errorf("%s:%d: work that was put off: %s", name, i+1, strings.TrimSpace(line))
			}
			if machinePath.MatchString(line) {
				t.Errorf("%s:%d: a path of one machine: %s", name, i+1, strings.TrimSpace(line))
			}
		}
	})
}

// TestNoHiddenStart: what a package does, it does when it is called.
func TestNoHiddenStart(t *testing.T) {
	tree(t, func(name string, body []byte) {
		if !strings.HasSuffix(name, ".go") || isGenerated(name) {
			return
		}
		f, err := parser.ParseFile(token.NewFileSet(), name, body, parser.SkipObjectResolution)
		if err != nil {
			t.Error(err)
			return
		}
		for _, d := range f.Decls {
			if fn, ok := d.(*ast.FuncDecl); ok && fn.Recv == nil && fn.Name.Name == "init" {
				t.Errorf("%s has func init: call it by its name", name)
			}
		}
	})
}
