package tools

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// TestSchemaSpeaksBothLanguages asks of every type, field, input, enum value and
// scalar a description in Chinese and in English: the schema is the first page of
// documentation that a portal's author reads.
func TestSchemaSpeaksBothLanguages(t *testing.T) {
	files, err := filepath.Glob("../graph/schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	for _, file := range append(files, "../docs/examples/concessions/schema.graphqls", "../docs/examples/courses/schema.graphqls") {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, perr := parser.ParseSchema(&ast.Source{Name: filepath.Base(file), Input: string(body)})
		if perr != nil {
			t.Fatal(perr)
		}
		for _, d := range doc.Definitions {
			if d.Name != "Query" && d.Name != "Mutation" && d.Name != "Subscription" {
				described(t, file, d.Name, d.Description)
			}
			members(t, file, d)
		}
		for _, d := range doc.Extensions {
			members(t, file, d)
		}
	}
}

func members(t *testing.T, file string, d *ast.Definition) {
	for _, f := range d.Fields {
		described(t, file, d.Name+"."+f.Name, f.Description)
	}
	for _, v := range d.EnumValues {
		described(t, file, d.Name+"."+v.Name, v.Description)
	}
}

func described(t *testing.T, file, name, text string) {
	t.Helper()
	chinese := strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) })
	english := 0
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsLetter(r) }) {
		english = max(english, len(w))
	}
	if !chinese || english < 2 {
		t.Errorf("%s: %s is not described in Chinese and English: %q", filepath.Base(file), name, text)
	}
}
