package division

import (
	"strings"
	"testing"
)

func TestParseRefuses(t *testing.T) {
	const province, city = "230000000000,黑龙江省,province,\n", "230100000000,哈尔滨市,city,230000000000\n"
	for name, text := range map[string]string{
		"another header":     "name,code\n" + province,
		"the wrong order":    header + "\n" + city + province,
		"a repeated row":     header + "\n" + province + province,
		"an orphan":          header + "\n" + province + "230102000000,道里区,county,230100000000\n",
		"the wrong parent":   header + "\n" + province + city + "230202000000,龙沙区,county,230100000000\n",
		"the wrong level":    header + "\n" + province + strings.Replace(city, "city", "county", 1),
		"an unknown level":   header + "\n" + province + strings.Replace(city, "city", "town", 1),
		"a short code":       header + "\n230000,黑龙江省,province,\n",
		"something after it": header + "\n" + province + strings.Replace(city, "\n", ",x\n", 1),
		"an empty line":      header + "\n" + province + "\n",
	} {
		if _, err := parse(text); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if tree, err := parse(header + "\r\n" + strings.ReplaceAll(province+city, "\n", "\r\n")); err != nil || len(tree.all) != 2 {
		t.Errorf("lines of Windows: %v", err)
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load(rows); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet(b *testing.B) {
	tree := Builtin()
	for b.Loop() {
		tree.Get("230102001")
	}
}

func BenchmarkFind(b *testing.B) {
	tree := Builtin()
	for b.Loop() {
		tree.Find("兆麟", "", 10)
	}
}
