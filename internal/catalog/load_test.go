package catalog_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/tools/txtar"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

var update = flag.Bool("update", false, "rewrite the wanted problems of testdata/broken")

// small is testdata/small.txtar as files.
func small(t testing.TB) fstest.MapFS {
	t.Helper()
	a, err := txtar.ParseFile("testdata/small.txtar")
	if err != nil {
		t.Fatal(err)
	}
	files := fstest.MapFS{}
	for _, f := range a.Files {
		files[f.Name] = &fstest.MapFile{Data: f.Data}
	}
	return files
}

func TestLoadSmall(t *testing.T) {
	c, err := catalog.Load(small(t))
	if err != nil {
		t.Fatal(err)
	}
	if got := c.Totals(); got.Before.Days != 5 || got.After.Days != 2 || got.After.Materials != 2 || len(c.Differences()) != 0 {
		t.Errorf("totals %+v, differences %v", got, c.Differences())
	}
	if n := c.Matter("household").Materials.Needs; len(n) != 2 || len(n[0].AnyOf) != 2 || n[1].AnyOf[0] != "P2" {
		t.Errorf("needs %v", n)
	}
}

// TestLoadBroken changes the small catalogue as each case says: a section named
// "edit FILE" is a diff without line numbers, any other section replaces or adds
// a file, an empty one removes it. Section "want" is every problem, in order.
func TestLoadBroken(t *testing.T) {
	cases, err := filepath.Glob("testdata/broken/*.txtar")
	if err != nil || len(cases) == 0 {
		t.Fatal("no cases", err)
	}
	for _, path := range cases {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			files, want := small(t), (*txtar.File)(nil)
			for i, f := range a.Files {
				name, isEdit := strings.CutPrefix(f.Name, "edit ")
				switch {
				case f.Name == "want":
					want = &a.Files[i]
				case isEdit:
					files[name] = &fstest.MapFile{Data: edit(t, string(files[name].Data), string(f.Data))}
				case len(f.Data) == 0:
					delete(files, name)
				default:
					files[name] = &fstest.MapFile{Data: f.Data}
				}
			}
			got := problems(t, files)
			if *update {
				want.Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if got != string(want.Data) {
				t.Errorf("got\n%swant\n%s", got, want.Data)
			}
			if again := problems(t, files); again != got {
				t.Errorf("a second load says\n%s", again)
			}
		})
	}
}

func problems(t *testing.T, files fstest.MapFS) string {
	t.Helper()
	c, err := catalog.Load(files)
	var p *catalog.Problems
	if !errors.As(err, &p) {
		t.Fatalf("no problems: %v", err)
	}
	if c != nil {
		t.Error("a broken catalogue was handed out")
	}
	return p.Error() + "\n"
}

// edit replaces each run of "-" lines, which must be there, by the "+" lines after it.
func edit(t *testing.T, text, diff string) []byte {
	t.Helper()
	var old, new []string
	apply := func() {
		if len(old) == 0 {
			return
		}
		was := strings.Join(old, "\n") + "\n"
		if !strings.Contains(text, was) {
			t.Fatalf("nothing to edit: %q", was)
		}
		is := ""
		if len(new) > 0 {
			is = strings.Join(new, "\n") + "\n"
		}
		text = strings.Replace(text, was, is, 1)
		old, new = nil, nil
	}
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		if rest, ok := strings.CutPrefix(line, "-"); ok {
			if len(new) > 0 {
				apply()
			}
			old = append(old, rest)
		} else if rest, ok := strings.CutPrefix(line, "+"); ok {
			new = append(new, rest)
		} else {
			apply()
		}
	}
	apply()
	return []byte(text)
}
