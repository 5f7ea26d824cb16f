package server_test

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server/durability"
)

// Killed fifty times in the midst of submissions, deliveries and callbacks, the
// hub has lost nothing that it accepted, and no department has acted twice. For
// a thousand times: go run ./tools/kill.
func TestKilledHubKeepsItsPromises(t *testing.T) {
	t.Parallel()
	kills := 30
	if testing.Short() {
		kills = 8
	}
	program := filepath.Join(t.TempDir(), "vetgraph")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./vetgraph").CombinedOutput(); err != nil {
		t.Fatalf("build the hub: %v\n%s", err, out)
	}
	for _, on := range []struct {
		name     string
		database func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.PostgreSQL}} {
		t.Run(on.name, func(t *testing.T) {
			t.Parallel()
			c := durability.Config{Program: program, Dir: t.TempDir(), Database: on.database(t), Kills: kills, Seed: rand.Uint64(), Log: t.Logf}
			r, err := durability.Run(t.Context(), c)
			if err != nil {
				t.Error(err)
			} else if t.Log(r); len(r.Broken) > 0 {
				t.Errorf("%d promises were broken; to try again: go run ./tools/kill -n %d -seed %d", len(r.Broken), r.Kills, r.Seed)
			} else if r.Acknowledged < kills/4 || r.Approved == 0 || kills >= 50 && r.Absorbed == 0 {
				t.Error("hardly anything happened between the kills: nothing was proved")
			}
			if log, lerr := os.ReadFile(durability.LogFile(c.Dir)); t.Failed() && lerr == nil {
				t.Logf("the end of the hub's log:\n%s", log[max(0, len(log)-4000):])
			}
		})
	}
}
