package server

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	tables "github.com/vetgraph/vetgraph/ent/gen/migrate"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// What the tests outside look at.
var (
	CopyTables    = copyTables
	CopySealed    = copySealed
	SealedColumns = sealedColumns
)

// Every table that has a person or a case in it is in the copy, or it is said why
// not; so is every value that is kept sealed. What says where is not older than the
// record, and what is asked fits the schema.
func TestCopyHasAll(t *testing.T) {
	t.Parallel()
	d := copyDocuments()
	if len(d.wrong) > 0 {
		t.Errorf("fields that cannot be asked: %s", d.wrong)
	}
	types := map[string]bool{}
	for coordinate := range d.labels {
		name, _, _ := strings.Cut(coordinate, ".")
		types[name] = true
	}
	var known []string
	for _, table := range tables.Tables {
		known = append(known, table.Name)
		personal := table.Name == "veterans"
		for _, c := range table.Columns {
			personal = personal || slices.Contains([]string{"veteran_id", "case_id", "subsidy_id", "person"}, c.Name)
		}
		switch where := copyTables[table.Name]; {
		case personal && where == "":
			t.Errorf("%s has a person or a case in it, and nothing says where it is in a person's copy, or why not", table.Name)
		case !personal && where != "":
			t.Errorf("%s has nobody in it", table.Name)
		case where != "" && !strings.HasPrefix(where, "- ") && !types[where]:
			t.Errorf("%s should be at %s, which is not in the copy", table.Name, where)
		}
	}
	for table := range copyTables {
		if !slices.Contains(known, table) && table != "announcements" {
			t.Errorf("there is no table %s", table)
		}
	}
	parts := map[string]bool{}
	for _, part := range copyOpened {
		parts[copySealed[part.column]] = true
		if d.labels[part.read] == "" {
			t.Errorf("%s is read as %s, which is no field of the copy", part.column, part.read)
		}
	}
	for _, c := range sealedColumns() {
		where := copySealed[c.Table+"."+c.Name]
		if where == "" || !strings.HasPrefix(where, "- ") && d.labels[where] == "" && !parts[where] {
			t.Errorf("%s.%s should be at %q, which is not in the copy", c.Table, c.Name, where)
		}
	}
	for name := range copySealed {
		if !slices.ContainsFunc(sealedColumns(), func(c vault.Column) bool { return c.Table+"."+c.Name == name }) {
			t.Errorf("there is no sealed column %s", name)
		}
	}
	schema := publicSchema()
	for coordinate := range copyLeaves {
		name, field, _ := strings.Cut(coordinate, ".")
		if of := schema.Types[name]; of == nil || of.Fields.ForName(field) == nil {
			t.Errorf("there is no field %s to leave out", coordinate)
		}
	}
	for coordinate, label := range d.labels {
		if !chinese.MatchString(label) {
			t.Errorf("%s is called %q", coordinate, label)
		}
	}
	if len(d.labels) < 300 {
		t.Error(fmt.Sprint(len(d.labels), " fields are too few"))
	}
}
