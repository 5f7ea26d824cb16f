package server_test

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
	"github.com/vetgraph/vetgraph/server/durability"
)

// Two hubs on one PostgreSQL, with our own gateway, Apollo's and Hive's before them:
// the same questions have the same answers, and while one hub after the other is
// killed every request succeeds when it is sent again, no case is lost or done twice,
// and subscriptions that break are taken up without a gap.
func TestTwoHubsBehindGateways(t *testing.T) {
	t.Parallel()
	needNode(t, "tools/npm")
	database := storetest.PostgreSQL(t)
	dir := t.TempDir()
	hub, partner := filepath.Join(dir, "vetgraph"), filepath.Join(dir, "concessions")
	for program, of := range map[string]string{hub: "./vetgraph", partner: "../docs/examples/concessions"} {
		if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", program, of).CombinedOutput(); err != nil {
			t.Fatalf("build %s: %v\n%s", of, err, out)
		}
	}
	supergraph, err := filepath.Abs(released)
	if err != nil {
		t.Fatal(err)
	}
	open := filepath.Join(dir, "open.graphql")
	var errs bytes.Buffer
	if status := server.Main([]string{"compose", "--without-authorization", "--out", open, "../graph/supergraph.yaml"}, io.Discard, &errs); status != 0 {
		t.Fatal(errs.String())
	}
	c := durability.Config{Program: hub, Dir: t.TempDir(), Database: database, Kills: 6, Applicants: 6, Seed: 5, Log: t.Logf,
		Gateways: &durability.Gateways{Supergraph: supergraph, Open: open, Partner: partner, Scripts: "../tools/npm/gateways"}}
	r, err := durability.Run(t.Context(), c)
	if err != nil {
		t.Error(err)
	} else if t.Log(r); len(r.Broken) > 0 {
		t.Errorf("%d promises were broken: %v", len(r.Broken), r.Broken[0])
	} else if r.Acknowledged < 6 || r.Approved == 0 || r.Compared == 0 || r.Resumed == 0 {
		t.Errorf("nothing was proved: %+v", r)
	}
	for _, name := range []string{"hub.log", "beside.log"} {
		if log, lerr := os.ReadFile(filepath.Join(c.Dir, name)); t.Failed() && lerr == nil {
			t.Logf("the end of %s:\n%s", name, log[max(0, len(log)-3000):])
		}
	}
}
