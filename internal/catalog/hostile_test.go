package catalog_test

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func TestLoadHostile(t *testing.T) {
	large := fstest.MapFS{"catalog.yaml": {Data: []byte(strings.Repeat("#", 1<<20+1))}}
	many := fstest.MapFS{}
	for i := range 2001 {
		many[fmt.Sprintf("matters/%04d.yaml", i)] = &fstest.MapFile{Data: []byte("x")}
	}
	heavy := fstest.MapFS{}
	for i := range 17 {
		heavy[fmt.Sprintf("codes/c%02d.yaml", i)] = &fstest.MapFile{Data: []byte(strings.Repeat("#", 1<<20))}
	}
	deep := small(t)
	deep["sources.yaml"] = &fstest.MapFile{Data: []byte("LAW: " + strings.Repeat("[", 100_000))}
	for name, x := range map[string]struct {
		files fstest.MapFS
		want  string
	}{
		"a large file":         {large, "catalog.yaml: is larger than 1048576 bytes"},
		"very many files":      {many, "more than 2000 files"},
		"very much in all":     {heavy, "more than 16777216 bytes in all"},
		"very deep nesting":    {deep, "sources.yaml"},
		"nothing at all":       {fstest.MapFS{}, "catalog.yaml: is missing"},
		"a folder named so":    {fstest.MapFS{"catalog.yaml/x": {}}, "catalog.yaml"},
		"text that is no UTF8": {fstest.MapFS{"catalog.yaml": {Data: []byte{0xff, 0xfe, 0xfd}}}, "catalog.yaml"},
	} {
		_, err := catalog.Load(x.files)
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: %.300v, want %s", name, err, x.want)
		}
	}
}

// The version follows the bytes and nothing else.
func TestVersion(t *testing.T) {
	files := small(t)
	first, err := catalog.Load(files)
	if err != nil {
		t.Fatal(err)
	}
	files[".DS_Store"] = &fstest.MapFile{Data: []byte("x")}
	files["README.md"] = &fstest.MapFile{Data: []byte("x")}
	same, err := catalog.Load(files)
	if err != nil || same.Version != first.Version {
		t.Errorf("%v %v: files that are not read changed the version", same, err)
	}
	files["sources.yaml"] = &fstest.MapFile{Data: append(files["sources.yaml"].Data, '\n')}
	other, err := catalog.Load(files)
	if err != nil || other.Version == first.Version {
		t.Errorf("%v %v: another byte and still the same version", other, err)
	}
}

// FuzzLoad replaces one file of a good catalogue by anything.
func FuzzLoad(f *testing.F) {
	for name, file := range small(f) {
		f.Add(name, file.Data)
	}
	f.Add("sources.yaml", []byte("a: &a [*a]"))
	f.Add("matters/A1-report.yaml", []byte("<<: *x"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if !fs.ValidPath(name) || name == "." { // no file system has such a file
			return
		}
		files := small(t)
		files[name] = &fstest.MapFile{Data: data}
		c, err := catalog.Load(files)
		if (c == nil) == (err == nil) {
			t.Fatal("a catalogue or an error, one of the two")
		}
		var p *catalog.Problems
		if err != nil && (!errors.As(err, &p) || len(*p) == 0) {
			t.Fatalf("an error without problems: %v", err)
		}
		if c != nil {
			c.Totals()
			c.Differences()
		}
	})
}

// FuzzCompile reads any text as a rule and asks it about a person of whom
// something, nothing and the absence of everything is known.
func FuzzCompile(f *testing.F) {
	c := builtin(f)
	for _, m := range c.Matters {
		for _, cond := range m.Eligibility.Conditions {
			f.Add(cond.When)
		}
	}
	f.Add(`awards.all(a, a.matches("(a*)*b"))`)
	f.Fuzz(func(t *testing.T, text string) {
		rule, err := c.Compile(text)
		if err != nil {
			return
		}
		absent := catalog.Facts{}
		for _, name := range rule.Fields() {
			absent[name] = nil
		}
		for _, facts := range []catalog.Facts{{}, absent, {"today": "2026-11-23", "personnelCategory": "NCO"}} {
			if v, err := rule.Eval(facts); err != nil && v != catalog.Unknown {
				t.Errorf("%v with the error %v", v, err)
			}
		}
	})
}
