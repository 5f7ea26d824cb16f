package tools

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
)

// classes are what a field can be, by @tag: whoever cuts a graph for a partner cuts
// along them. What may hold one value or another carries both.
var classes = []string{
	"public",      // law, catalogue, divisions, and the words of enums
	"operational", // ports, desks, statistics, supervision
	"personal",    // people's ordinary data
	"sensitive",   // numbers, accounts, health, politics, faces
	"military",    // what the catalogue calls MILITARY_RESTRICTED
}

// TestEveryFieldHasAClass asks for a tag that is known on every field, input, enum and
// scalar. A field of others' (@external) is theirs to tag.
func TestEveryFieldHasAClass(t *testing.T) {
	files, err := filepath.Glob("../graph/schema/*.graphqls")
	if err != nil || len(files) == 0 {
		t.Fatalf("no schema: %v", err)
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, perr := parser.ParseSchema(&ast.Source{Name: filepath.Base(file), Input: string(body)})
		if perr != nil {
			t.Fatal(perr)
		}
		for _, d := range slices.Concat(doc.Definitions, doc.Extensions) {
			switch d.Kind {
			case ast.Enum, ast.Scalar:
				classed(t, file, d.Name, d.Directives)
			default:
				for _, f := range d.Fields {
					classed(t, file, d.Name+"."+f.Name, f.Directives)
					sizedByArgument(t, file, d.Name+"."+f.Name, f)
				}
			}
		}
	}
}

func classed(t *testing.T, file, name string, on ast.DirectiveList) {
	t.Helper()
	if on.ForName("external") != nil {
		return
	}
	tags := on.ForNames("tag")
	if len(tags) == 0 {
		t.Errorf("%s: %s has no @tag", filepath.Base(file), name)
	}
	for _, tag := range tags {
		if class := tag.Arguments.ForName("name"); class == nil || !slices.Contains(classes, class.Value.Raw) {
			t.Errorf("%s: %s has a tag that is none of %v", filepath.Base(file), name, classes)
		}
	}
}

// sizedByArgument asks for @listSize wherever somebody says how many rows they want.
func sizedByArgument(t *testing.T, file, name string, f *ast.FieldDefinition) {
	t.Helper()
	first := f.Arguments.ForName("first")
	if first == nil {
		return
	}
	size := f.Directives.ForName("listSize")
	if size == nil {
		t.Errorf("%s: %s has pages and no @listSize: it would cost as much as one row", filepath.Base(file), name)
		return
	}
	if size.Arguments.ForName("assumedSize") != nil && first.DefaultValue != nil {
		t.Errorf("%s: %s has pages of %s; Cosmo's composer refuses an assumedSize beside that", filepath.Base(file), name, first.DefaultValue.Raw)
	}
}
