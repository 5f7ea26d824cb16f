package server_test

import (
	"bytes"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// resealing names the environment variable that makes this test program a vetgraph
// with the arguments in it, a line each.
const resealing = "VETGRAPH_TEST_RESEALING"

// TestResealingProcess is the process that the test below kills.
func TestResealingProcess(t *testing.T) {
	args := os.Getenv(resealing)
	if args == "" {
		t.Skip("is begun by TestResealIsKilled")
	}
	if status := server.Main(strings.Split(args, "\n"), os.Stdout, os.Stderr); status != 0 {
		t.Fatal(status)
	}
}

// vetgraph keys reseal is killed with SIGKILL in the middle, again and again, beside a
// hub that answers all the while. Nothing is lost, and the last run does the rest.
func TestResealIsKilled(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			database := address(t)
			k := open(t, database, nil)
			k.lives()
			if err := k.hub.Queue.Stop(t.Context()); err != nil { // or the hub would do it by itself
				t.Fatal(err)
			}
			before, ctx := k.told(), access.AsMachine(t.Context(), "test")
			config := []string{"--data=" + k.hub.Config.Data, "--database=" + database, "--log-level=warn"}
			if status, _, errs := run(append([]string{"keys", "rotate", "--cipher=sm4"}, config...)...); status != 0 {
				t.Fatal(errs)
			}
			count := func() (old, fresh int64) {
				left, err := k.hub.Resealer().Left(ctx)
				if err != nil {
					t.Fatal(err)
				}
				return left[1], left[2]
			}
			for range 3 {
				old, fresh := count()
				if old == 0 {
					t.Fatal("nothing is left to be killed in the middle of")
				}
				kill(t, append([]string{"keys", "reseal", "--share=0.002"}, config...), func() bool {
					_, now := count()
					return now > fresh
				})
				if after := k.told(); !bytes.Equal(after, before) {
					t.Errorf("other answers after the kill:\n%s\n%s", before, after)
				}
			}
			if status, out, errs := run(append([]string{"keys", "reseal", "--share=1"}, config...)...); status != 0 {
				t.Fatal(out, errs)
			}
			if old, fresh := count(); old != 0 || fresh == 0 {
				t.Errorf("%d are left, %d are done", old, fresh)
			}
			if after := k.told(); !bytes.Equal(after, before) {
				t.Error("other answers in the end")
			}
		})
	}
}

// kill begins a vetgraph and kills it as soon as it has done something.
func kill(t *testing.T, args []string, done func() bool) {
	t.Helper()
	p := exec.Command(os.Args[0], "-test.run=^TestResealingProcess$", "-test.timeout=1m")
	p.Env = append(os.Environ(), resealing+"="+strings.Join(args, "\n"))
	var out bytes.Buffer
	p.Stdout, p.Stderr = &out, &out
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- p.Wait() }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			t.Fatalf("it ended by itself: %v\n%s", err, out.String())
		case <-tick.C:
			if !done() {
				continue
			}
		}
		if err := p.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := <-ended; err == nil {
			t.Error("it was not killed")
		}
		return
	}
}
