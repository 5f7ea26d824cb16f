package receipt_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/receipt"
)

// Whatever stands in a leaf, what was written is what is read, and two leaves that
// differ differ in their bytes.
func TestLeafIsReadAsWritten(t *testing.T) {
	word := rapid.StringMatching(`[A-Za-z0-9./一-龥 ]{0,12}`)
	rapid.Check(t, func(t *rapid.T) {
		leaf := receipt.Leaf{
			At: time.UnixMilli(rapid.Int64Range(0, 4e12).Draw(t, "at")).UTC(), Answer: word.Draw(t, "answer"), Viewer: word.Draw(t, "viewer"), Kind: word.Draw(t, "kind"),
			Department: word.Draw(t, "department"), Slice: word.Draw(t, "slice"), Division: word.Draw(t, "division"), Person: word.Draw(t, "person"),
			Case: word.Draw(t, "case"), Purpose: word.Draw(t, "purpose"), Basis: word.Draw(t, "basis"), Article: word.Draw(t, "article"),
		}
		for _, f := range []string{"Background.political", "Disability.grade", "Veteran.citizenNumber"} {
			if rapid.Bool().Draw(t, f) {
				leaf.Fields = append(leaf.Fields, f)
			}
		}
		got, err := receipt.Parse(leaf.Bytes())
		if err != nil || !reflect.DeepEqual(got, leaf) {
			t.Fatalf("%q is read as %+v, %v", leaf.Bytes(), got, err)
		}
	})
}

func TestLeafTakesNothingElse(t *testing.T) {
	leaf := receipt.Leaf{At: time.UnixMilli(0), Person: "a", Fields: []string{"A.a", "B.b"}, Article: "第一条\n第二条"}
	good := string(leaf.Bytes())
	if _, err := receipt.Parse([]byte(good)); err != nil {
		t.Fatal(err)
	}
	if strings.Count(good, "\n") != 14 {
		t.Errorf("an article of two lines makes a leaf of %d", strings.Count(good, "\n"))
	}
	for name, bad := range map[string]string{
		"nothing":           "",
		"another form":      strings.Replace(good, "v1", "v2", 1),
		"a line more":       good + "x\n",
		"a line less":       strings.Replace(good, "case \n", "", 1),
		"lines exchanged":   strings.Replace(good, "purpose \nbasis ", "basis \npurpose ", 1),
		"another time":      strings.Replace(good, "00.000Z", "00Z", 1),
		"fields unsorted":   strings.Replace(good, "A.a B.b", "B.b A.a", 1),
		"blanks":            strings.Replace(good, "A.a B.b", "A.a  B.b", 1),
		"no end":            strings.TrimSuffix(good, "\n"),
		"carriage returns":  strings.ReplaceAll(good, "\n", "\r\n"),
		"another time zone": strings.Replace(good, "Z\n", "+08:00\n", 1),
	} {
		if _, err := receipt.Parse([]byte(bad)); err == nil {
			t.Errorf("%s: %q is taken for a leaf", name, bad)
		}
	}
}
