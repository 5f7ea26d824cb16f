package division_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/division"
)

func TestBuiltinIsComplete(t *testing.T) {
	tree := division.Builtin()
	count, statistical := map[division.Level]int{}, 0
	for _, d := range tree.All() {
		count[d.Level]++
		if d.Statistical {
			statistical++
		}
		if parent, ok := tree.Get(d.Parent); d.Level != division.Province && (!ok || parent.Code != d.Parent) {
			t.Errorf("%s %s has no parent", d.Code, d.Name)
		}
		if d.Name == "" || len(d.Code) != 12 {
			t.Errorf("%q %q", d.Code, d.Name)
		}
	}
	for level, want := range map[division.Level]int{division.Province: 1, division.City: 13, division.County: 126, division.Township: 1703, division.Village: 13877} {
		if count[level] != want {
			t.Errorf("%d of level %s, want %d", count[level], level, want)
		}
	}
	if len(tree.All()) != 15720 || statistical != 5 {
		t.Errorf("%d rows, %d statistical", len(tree.All()), statistical)
	}
}

func TestStatisticalUnits(t *testing.T) {
	for code, name := range map[string]string{"230671": "高新", "232761": "加格达奇区", "232762": "松岭区", "232763": "新林区", "232764": "呼中区"} {
		d, ok := division.Builtin().Get(code)
		if !ok || !d.Statistical || !strings.Contains(d.Name, name) {
			t.Errorf("%s: %+v", code, d)
		}
	}
}

func TestCodes(t *testing.T) {
	for _, c := range []struct{ code, normal, prefix, lo, hi string }{
		{"230000", "230000000000", "23", "230000000000", "239999999999"},
		{"23", "230000000000", "23", "230000000000", "239999999999"},
		{"230100000000", "230100000000", "2301", "230100000000", "230199999999"},
		{"230102", "230102000000", "230102", "230102000000", "230102999999"},
		{"230102001", "230102001000", "230102001", "230102001000", "230102001999"},
		{"230102001001", "230102001001", "230102001001", "230102001001", "230102001001"},
		{"", "", "", "999999999999", "000000000000"},
		{"2301021", "", "", "999999999999", "000000000000"},
		{"23010x", "", "", "999999999999", "000000000000"},
		{"000000000000", "", "", "999999999999", "000000000000"},
		{"230102' OR 1", "", "", "999999999999", "000000000000"},
	} {
		normal, ok := division.Normalize(c.code)
		lo, hi := division.Range(c.code)
		if normal != c.normal || ok != (c.normal != "") || division.Prefix(c.code) != c.prefix || lo != c.lo || hi != c.hi {
			t.Errorf("%q: %q %t %q %q %q", c.code, normal, ok, division.Prefix(c.code), lo, hi)
		}
	}
}

func TestWithin(t *testing.T) {
	for _, c := range []struct {
		code, ancestor string
		want           bool
	}{
		{"230102001000", "230102", true},
		{"230102001000", "230000", true},
		{"230102", "230102000000", true},
		{"230102", "230103", false},
		{"230100", "230102", false},
		{"110105", "230000", false},
		{"110105", "110000", true},
		{"230102", "", false},
		{"", "230000", false},
		{"", "", false},
	} {
		if got := division.Within(c.code, c.ancestor); got != c.want {
			t.Errorf("Within(%q, %q) = %t", c.code, c.ancestor, got)
		}
	}
}

// Three ways to say "below" agree: the path, the range of codes, and Within.
func TestBelowIsARangeOfCodes(t *testing.T) {
	tree := division.Builtin()
	rapid.Check(t, func(t *rapid.T) {
		a, b := rapid.SampledFrom(tree.All()).Draw(t, "a"), rapid.SampledFrom(tree.All()).Draw(t, "b")
		if rapid.Bool().Draw(t, "related") {
			b = rapid.SampledFrom(tree.Path(a.Code)).Draw(t, "above")
		}
		inPath := false
		for _, d := range tree.Path(a.Code) {
			inPath = inPath || d == b
		}
		lo, hi := division.Range(b.Code)
		if within := division.Within(a.Code, b.Code); within != inPath || within != (lo <= a.Code && a.Code <= hi) {
			t.Fatalf("%s below %s: path %t, within %t, range %s to %s", a.Code, b.Code, inPath, within, lo, hi)
		}
	})
}

func TestChildren(t *testing.T) {
	tree := division.Builtin()
	for code, want := range map[string]int{"230000": 13, "230100": 18, "232700": 7, "230102001001": 0, "110000": 0, "x": 0} {
		if got := len(tree.Children(code)); got != want {
			t.Errorf("%s has %d children, want %d", code, got, want)
		}
	}
	total := 1
	for _, d := range tree.All() {
		last := ""
		for _, c := range tree.Children(d.Code) {
			if c.Parent != d.Code || c.Code <= last {
				t.Fatalf("%s among the children of %s", c.Code, d.Code)
			}
			last = c.Code
			total++
		}
	}
	if total != len(tree.All()) {
		t.Errorf("%d are somebody's child", total)
	}
}

func TestPath(t *testing.T) {
	tree := division.Builtin()
	if got := tree.FullName("230102001"); got != "黑龙江省哈尔滨市道里区兆麟街道" {
		t.Errorf("got %s", got)
	}
	if tree.Path("110000") != nil || tree.FullName("") != "" || tree.Known("2301") != true || tree.Known("230102999") {
		t.Error("places that are not there")
	}
}

func TestFind(t *testing.T) {
	tree := division.Builtin()
	for _, c := range []struct {
		text  string
		level division.Level
		limit int
		first string
	}{
		{"哈尔滨市", "", 5, "230100000000"},
		{"哈尔滨", "", 5, "230100000000"},
		{"道里区", division.County, 5, "230102000000"},
		{"道里 兆麟", "", 5, "230102001000"},
		{"230102", "", 5, "230102000000"},
		{"哈尔滨 兆麟街道", division.Township, 1, "230102001000"},
	} {
		got := tree.Find(c.text, c.level, c.limit)
		if len(got) == 0 || len(got) > c.limit || got[0].Code != c.first {
			t.Errorf("Find(%q, %q, %d) = %v", c.text, c.level, c.limit, got)
		}
		for _, d := range got {
			if c.level != "" && d.Level != c.level {
				t.Errorf("%v is no %s", d, c.level)
			}
		}
	}
	if len(tree.Find("  ", "", 5)) != 0 || len(tree.Find("村", division.Village, 0)) != 20 || len(tree.Find("北京", "", 5)) > 5 {
		t.Error("limits")
	}
}

func FuzzCodes(f *testing.F) {
	f.Add("230102")
	f.Add("230102001001")
	f.Fuzz(func(t *testing.T, code string) {
		normal, ok := division.Normalize(code)
		if !ok {
			if division.Prefix(code) != "" || division.Within(code, "23") || division.Builtin().Known(code) {
				t.Fatalf("%q is half a code", code)
			}
			return
		}
		lo, hi := division.Range(code)
		if len(normal) != 12 || lo > normal || normal > hi || !division.Within(code, code) || !strings.HasPrefix(normal, division.Prefix(code)) {
			t.Fatalf("%q", code)
		}
	})
}
