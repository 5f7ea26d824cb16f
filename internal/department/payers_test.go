package department_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
)

// TestPaymentsConformance runs the suite of payments with the played bank over real
// HTTP.
func TestPaymentsConformance(t *testing.T) {
	porttest.RunPush(t, func(t *testing.T, timeout time.Duration) porttest.Payer { return payerOf(t, patient(t, timeout)) })
}

// TestPaymentsConformanceOfFiles runs it with a bank that takes files, as banks do.
func TestPaymentsConformanceOfFiles(t *testing.T) {
	for name, f := range map[string]catalog.File{
		"CSV in UTF-8":       {Format: "csv", Encoding: "utf-8"},
		"fixed width in GBK": {Format: "fixed", Encoding: "gbk", Widths: map[string]int{"SKRHM": 60, "_line": 100}},
	} {
		t.Run(name, func(t *testing.T) {
			porttest.RunPush(t, func(t *testing.T, timeout time.Duration) porttest.Payer {
				c := patient(t, timeout)
				said, p := f, department.PushPort(c, "BANK", "M02")
				p.Kind, p.Path, p.Ask, p.File = filedrop.Kind, "", "", &said
				return payerOf(t, c)
			})
		})
	}
}

// payerOf opens the bank as a hub meets it.
func payerOf(t *testing.T, c *catalog.Catalog) porttest.Payer {
	const code, matter = "BANK", "M02"
	config := department.PayersConfig{Dir: t.TempDir(), Catalog: c, Matter: matter}
	var mu sync.Mutex
	var payers *department.Payers
	var ports *port.Registry
	var heard []port.Outcome
	begin := func() {
		p, err := department.StartPayers(t.Context(), config)
		must(t, err)
		mu.Lock()
		defer mu.Unlock()
		payers, ports = p, registry(t, c, p.Endpoints())
	}
	now := func() (*department.Payers, *port.Registry) {
		mu.Lock()
		defer mu.Unlock()
		return payers, ports
	}
	begin()
	id := department.PushPort(c, code, matter).ID
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		_, ports := now()
		var o port.Outcome
		if err == nil {
			o, err = ports.OutcomeCallback(id, r.Header.Get(port.SignatureHeader), body)
		}
		if err != nil {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, o)
	}))
	t.Cleanup(func() {
		p, _ := now()
		must(t, p.Close())
		hub.Close()
	})
	faults := map[porttest.Trouble]department.Fault{
		porttest.Silence: {Silent: true}, porttest.Garbage: {Garbled: true}, porttest.Flood: {Oversized: true},
		porttest.Failure: {ErrorRate: 1}, porttest.Busy: {Busy: 7 * time.Second}, porttest.LostAnswer: {LoseAnswer: true},
	}
	return porttest.Payer{
		Code: code, Callback: hub.URL, Wrong: "62000000" + department.WrongAccount, Patience: 7 * time.Second,
		Push: func(ctx context.Context, b port.Batch) (port.Receipt, error) {
			_, ports := now()
			return ports.Push(ctx, id, b)
		},
		Outcomes: func(ctx context.Context, lines []string) (map[string]port.Outcome, error) {
			_, ports := now()
			return ports.Outcomes(ctx, id, lines)
		},
		Heard: func() []port.Outcome {
			mu.Lock()
			defer mu.Unlock()
			return slices.Clone(heard)
		},
		Restart: func() {
			p, _ := now()
			must(t, p.Close())
			begin()
		},
		Transfers: func() map[string]int {
			p, _ := now()
			all, err := p.Transfers(t.Context())
			must(t, err)
			return all
		},
		Set: func(trouble porttest.Trouble) {
			p, _ := now()
			p.SetFault(code, faults[trouble])
		},
	}
}
