package fault_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/fault"
)

func TestJoinTellsAFew(t *testing.T) {
	if err := fault.Join(nil, nil); err != nil {
		t.Error(err)
	}
	first := errors.New("the first")
	all := []error{nil, first}
	for range 3000 {
		all = append(all, errors.New("another"))
	}
	err := fault.Join(all...)
	if !errors.Is(err, first) || !strings.HasSuffix(err.Error(), "and 2996 more") || strings.Count(err.Error(), "\n") != 5 {
		t.Error(err)
	}
}
