package server

import (
	"reflect"
	"slices"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/access"
)

// rowsOf are types of the schema whose rows say whose they are, with their types in Go.
var rowsOf = map[string]reflect.Type{
	"Veteran": reflect.TypeFor[gen.Veteran](), "Case": reflect.TypeFor[gen.CaseFile](), "Item": reflect.TypeFor[gen.Item](), "Viewer": reflect.TypeFor[access.Viewer](),
	"Dispute": reflect.TypeFor[gen.Dispute](), "Subsidy": reflect.TypeFor[gen.Subsidy](), "IdentityCheck": reflect.TypeFor[gen.IdentityCheck](),
	"StartIdentityCheckPayload": reflect.TypeFor[model.StartIdentityCheckPayload](), "FinishIdentityCheckPayload": reflect.TypeFor[model.FinishIdentityCheckPayload](),
	"CorrectAccountPayload": reflect.TypeFor[model.CorrectAccountPayload](),
}

// saidInArguments are roots whose arguments say whose the answer is.
var saidInArguments = []string{"Query.plan"}

// No road through the schema leads to something sensitive of which it would not be
// known whose it is: such an answer would be refused, and it must not come to that.
func TestWhoseIsKnownOnEveryRoad(t *testing.T) {
	schema := described()
	for name, row := range rowsOf {
		b := bearerOf(row)
		known := b.person != nil || slices.ContainsFunc(b.inner, func(index []int) bool { return bearerOf(row.FieldByIndex(index).Type.Elem()).person != nil })
		if schema.Types[name] == nil || !known {
			t.Errorf("%s, %s in Go, does not say whose it is", name, row)
		}
	}
	found := 0
	seen := map[string]bool{}
	var walk func(d *ast.Definition, road string)
	walk = func(d *ast.Definition, road string) {
		if d == nil || d.Kind == ast.Scalar || d.Kind == ast.Enum || rowsOf[d.Name] != nil || seen[d.Name] {
			return // behind a row it is known
		}
		if seen[d.Name] = true; d.Kind == ast.Union || d.Kind == ast.Interface {
			for _, p := range schema.PossibleTypes[d.Name] {
				walk(p, road+" > "+p.Name)
			}
			return
		}
		for _, f := range d.Fields {
			at := d.Name + "." + f.Name
			if slices.Contains(saidInArguments, at) {
				continue
			}
			if _, is := marked().places[d.Name][f.Name]; is && rowsOf[f.Type.Name()] == nil {
				t.Errorf("%s > %s: nobody knows whose it is", road, at)
			}
			found++
			walk(schema.Types[f.Type.Name()], road+" > "+at)
		}
	}
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		walk(root, root.Name)
	}
	if found < 200 || len(marked().places) < 15 {
		t.Errorf("only %d fields were looked at, and %d types have marked ones", found, len(marked().places))
	}
}
