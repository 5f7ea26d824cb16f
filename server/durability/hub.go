package durability

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

// hub is the program under test, alive or dead.
type hub struct {
	program  string
	args     []string
	database string // not an argument: everybody can read those, and it may hold a password
	address  string
	log      string

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{} // closed when the process has ended
}

// start begins a life of the hub.
func (h *hub) start() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd != nil { // it lives
		return nil
	}
	out, err := os.OpenFile(h.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("log of the hub: %w", err)
	}
	defer func() { _ = out.Close() }() // the child has its own
	cmd := exec.Command(h.program, h.args...)
	cmd.Stdout, cmd.Stderr = out, out
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(e string) bool { return strings.HasPrefix(e, "VETGRAPH_") }), "VETGRAPH_DATABASE="+h.database)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the hub: %w", err)
	}
	gone := make(chan struct{})
	go func() {
		_ = cmd.Wait() // killed, mostly
		close(gone)
	}()
	h.cmd, h.gone = cmd, gone
	return nil
}

// errDied says that the hub ended though nobody had killed it.
var errDied = errors.New("the hub ended by itself")

// ready waits until the hub serves.
func (h *hub) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+h.address+"/readyz", nil)
		if err != nil {
			return err
		}
		if res, err := http.DefaultClient.Do(req); err == nil {
			_ = res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-h.gone:
			return errDied
		case <-ctx.Done():
			return fmt.Errorf("the hub is not ready: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// died says whether the process has ended.
func (h *hub) died() bool {
	select {
	case <-h.gone:
		return true
	default:
		return false
	}
}

// kill ends the hub at once: SIGKILL, nothing is flushed or told.
func (h *hub) kill() error { return h.end(func(p *os.Process) error { return p.Kill() }) }

// stop asks the hub to finish what it is doing and end.
func (h *hub) stop() error {
	return h.end(func(p *os.Process) error { return p.Signal(syscall.SIGTERM) })
}

func (h *hub) end(how func(*os.Process) error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.cmd == nil {
		return nil
	}
	if err := how(h.cmd.Process); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end the hub: %w", err)
	}
	<-h.gone
	h.cmd = nil
	return nil
}
