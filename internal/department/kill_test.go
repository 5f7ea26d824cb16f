package department_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	childDir     = "VETGRAPH_TEST_DEPARTMENTS"
	childReturns = "VETGRAPH_TEST_RETURNS" // share of the items that are returned
)

// TestMain lets the test's own program be the departments' process.
func TestMain(m *testing.M) {
	dir := os.Getenv(childDir)
	if dir == "" {
		os.Exit(m.Run())
	}
	c, err := catalog.Builtin()
	if err == nil {
		share, _ := strconv.ParseFloat(os.Getenv(childReturns), 64) // none if it is not set
		err = department.Run(context.Background(), department.Config{Catalog: inJSON(c), Dir: dir, WorkdayTakes: 10 * time.Millisecond, Rates: department.Rates{Return: share}},
			func(ends map[string]port.Endpoint) { _ = json.NewEncoder(os.Stdout).Encode(ends) })
	}
	_, _ = fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// life starts the departments in a process of their own.
func life(t *testing.T, dir string, env ...string) (map[string]port.Endpoint, *exec.Cmd) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), childDir+"="+dir), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadBytes('\n')
	must(t, err)
	var ends map[string]port.Endpoint
	must(t, json.Unmarshal(line, &ends))
	return ends, cmd
}

// TestKill takes the power from the departments in the midst of their work, time
// and again. Whatever they gave a receipt for is done, exactly once, and told.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	const lives, perLife = 4, 40
	c, dir, h := patient(t, 5*time.Second), t.TempDir(), newHub(t)
	receipts := sync.Map{}
	var sent []port.Delivery
	for i := range lives * perLife {
		m := c.Matters[i%len(c.Matters)]
		sent = append(sent, delivery(c, m.Code, fmt.Sprintf("%s-%d", m.Code, i), h.address(m.Lead)))
	}
	lead := func(d port.Delivery) string { return c.Matter(d.Matter).Lead }
	for n := range lives {
		ends, cmd := life(t, dir)
		r := registry(t, c, ends)
		h.mu.Lock()
		h.registry = r
		h.mu.Unlock()
		var all sync.WaitGroup
		var done atomic.Int64
		enough := make(chan struct{})
		for _, d := range sent[n*perLife : (n+1)*perLife] {
			all.Go(func() {
				receipt, err := r.Get(lead(d)).Deliver(t.Context(), d)
				if err == nil {
					receipts.Store(d.ItemID, receipt)
				}
				if done.Add(1) == perLife/2 {
					close(enough)
				}
			})
		}
		<-enough
		must(t, cmd.Process.Kill()) // SIGKILL
		_ = cmd.Wait()
		all.Wait()
	}
	ends, cmd := life(t, dir)
	r := registry(t, c, ends)
	h.mu.Lock()
	h.registry = r
	h.mu.Unlock()
	acknowledged := 0
	for _, d := range sent {
		receipt, err := r.Get(lead(d)).Deliver(t.Context(), d)
		must(t, err)
		if before, ok := receipts.Load(d.ItemID); ok {
			acknowledged++
			if before != receipt {
				t.Errorf("%s: receipt %v, before the power failed %v", d.ItemID, receipt, before)
			}
		}
	}
	approvals := func() map[string]bool {
		h.mu.Lock()
		defer h.mu.Unlock()
		told := map[string]bool{}
		for _, a := range h.got {
			if a.State == port.Approved {
				told[a.ItemID] = true
			}
		}
		return told
	}
	for heard := 0; len(approvals()) < len(sent); heard++ {
		h.await(t, heard)
	}
	must(t, cmd.Process.Kill())
	_ = cmd.Wait()
	acts, err := department.ActsIn(t.Context(), c, dir)
	must(t, err)
	for _, d := range sent {
		if acts[d.ItemID] != 1 {
			t.Errorf("%s was done %d times", d.ItemID, acts[d.ItemID])
		}
	}
	if acknowledged == 0 {
		t.Error("no receipt was given before any failure: nothing was tested")
	}
	t.Logf("%d items, %d of them acknowledged before a kill, %d acts", len(sent), acknowledged, len(acts))
}
