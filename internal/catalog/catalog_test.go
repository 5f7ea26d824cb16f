package catalog_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

func TestBuiltin(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for what, n := range map[string][2]int{
		"matters":    {len(c.Matters), 13},
		"fields":     {len(c.Fields), 80},
		"materials":  {len(c.Materials), 20},
		"code lists": {len(c.Codes), 29},
		"ports":      {len(c.Ports), 103},
	} {
		if n[0] != n[1] {
			t.Errorf("%s: %d, want %d", what, n[0], n[1])
		}
	}
}
