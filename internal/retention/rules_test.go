package retention_test

import (
	"testing"

	"github.com/vetgraph/vetgraph/internal/retention"
)

func TestBuiltin(t *testing.T) {
	r, err := retention.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	t.Log(len(r.Tables), len(r.All()))
}
