package filedrop

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"
)

func TestWhatIsTooOldIsSweptAway(t *testing.T) {
	now := time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)
	dir := t.TempDir()
	f := newFolder("MIL", directory{dir}, ".", sheetFormat{}, func() time.Time { return now })
	if err := f.prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	const day = 24 * time.Hour
	left := map[string]bool{} // by path: whether it stays
	put := func(folder, name string, modified time.Time, stays bool) {
		file := filepath.Join(dir, folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, modified, modified); err != nil {
			t.Fatal(err)
		}
		left[filepath.Join(folder, name)] = stays
	}
	named := func(kind string, age time.Duration) string {
		return titled(now.Add(-age), kind, newRequest()[:24], newRequest(), "csv").name
	}
	put("in", named(deliver, 90*day), now, true)
	put("in", named(withdraw, 90*day), now, true)
	put("in", named(status, 2*day), now, false)
	put("in", named(lookup, time.Hour), now, true)
	put("in", ".half.part", now.Add(-2*day), false)
	put("in", ".being-written.part", now, true)
	put("in", "README.txt", now.Add(-90*day), true)
	put("out", named(slips, 31*day), now, false)
	put("out", named(slips, 29*day), now, true)
	put("done/20261101", named(slips, 22*day), now, true)
	put("done/20261001", named(records, 53*day), now, false)
	for range 2 {
		if err := f.sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for name, stays := range left {
		if _, err := os.Stat(filepath.Join(dir, name)); (err == nil) != stays {
			t.Errorf("%s: %v, want that it stays: %t", name, err, stays)
		}
	}
	days, err := f.place.folders(t.Context(), "done")
	if want := []string{"20261101", "20261123"}; err != nil || !slices.Equal(days, want) {
		t.Errorf("days %v, %v, want %v", days, err, want)
	}
}

func TestNamesOfFiles(t *testing.T) {
	at := time.Date(2026, time.November, 23, 17, 0, 0, 5, time.FixedZone("", 8*3600))
	made := titled(at, deliver, newRequest()[:24], newRequest(), "csv")
	read, ok := parseTitle(made.name)
	if !ok || !read.at.Equal(at) || read.request != made.request || read.subject != made.subject || !read.isRequest() {
		t.Errorf("%+v, %t", read, ok)
	}
	for _, name := range []string{"", "." + made.name + ".part", "../" + made.name, made.name + "~", made.name[1:]} {
		if _, ok := parseTitle(name); ok {
			t.Errorf("%q is taken for one of ours", name)
		}
	}
}
