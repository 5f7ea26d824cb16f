package simulation_test

import (
	"os"
	"strconv"
	"time"

	"testing"

	"github.com/vetgraph/vetgraph/internal/simulation"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

func TestTry(t *testing.T) {
	l, err := simulation.Open(t.Context(), storetest.SQLite(t))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	bad := map[string]int{}
	from, _ := strconv.Atoi(os.Getenv("FROM"))
	n, _ := strconv.Atoi(os.Getenv("N"))
	began := time.Now()
	for seed := uint64(from); seed < uint64(from+n); seed++ {
		r := l.Run(t.Context(), seed, simulation.Options{Thorough: true})
		if r.Failure != nil {
			if n == 1 {
				for _, line := range r.Trace {
					t.Log(line)
				}
			}
			t.Errorf("seed %d: %v", seed, r.Failure)
			bad[""]++
		}
		t.Log(seed, r.Events, r.Deaths, r.Faults, r.Days)
	}
	t.Log(len(bad), bad[""], time.Since(began)/time.Duration(n))
}
