package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/server/durability"
)

// gateways that are compared, and how each is started.
var gateways = []struct {
	name  string
	start func(r *rig, port string) []string
}{
	{"vetgraph", func(r *rig, port string) []string {
		return []string{r.vetgraph, "gateway", "--supergraph", r.supergraph, "--at", "127.0.0.1:" + port, "--log-level", "error"}
	}},
	{"apollo", func(r *rig, port string) []string {
		return []string{"node", "tools/npm/gateways/apollo.mjs", r.supergraph, port}
	}},
	{"hive", func(r *rig, port string) []string {
		return []string{"node", "tools/npm/gateways/hive.mjs", r.supergraph, port}
	}},
}

// queries that are asked: of one subgraph, of both, and of both where one has to be
// asked before the other.
var queries = []struct {
	name, text string
	variables  map[string]any
}{
	{"one person of one subgraph", `query One($id: ID!) { person(id: $id) { id name home { city } } }`, map[string]any{"id": "7"}},
	{"one person of both", `query Both($id: ID!) { person(id: $id) { id name home { city } visits { at window minutes } } }`, map[string]any{"id": "7"}},
	{"50 people of both", `query Page($first: Int!) { people(first: $first) { id name home { city } far visits { at window minutes } } }`, map[string]any{"first": 50}},
}

// figures are what one query came to.
type figures struct {
	rate     float64       // answers a second
	p50, p99 time.Duration // from question to answer
	work     time.Duration // processor time of the gateway for one answer
	memory   int64         // bytes that the gateway holds at the end
}

func (f figures) better(g figures) figures {
	return figures{rate: max(f.rate, g.rate), p50: min(f.p50, g.p50), p99: min(f.p99, g.p99), work: min(f.work, g.work), memory: min(f.memory, g.memory)}
}

// turn starts a gateway, asks it each query, and ends it.
func (r *rig) turn(ctx context.Context, g struct {
	name  string
	start func(r *rig, port string) []string
}) ([]figures, error) {
	at, release, err := durability.Address(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = release() }()
	_, port, _ := strings.Cut(at, ":")
	command := g.start(r, port)
	p, err := begin(ctx, command[0], command[1:]...)
	if err != nil {
		return nil, err
	}
	defer p.kill()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: r.options.connections, DisableCompression: true}, Timeout: 10 * time.Second}
	defer client.CloseIdleConnections()
	address := "http://127.0.0.1:" + port + "/graphql"
	var all []figures
	for _, q := range queries {
		body, err := json.Marshal(map[string]any{"query": q.text, "variables": q.variables})
		if err != nil {
			return nil, err
		}
		if err := awaited(ctx, client, address, body); err != nil {
			return nil, fmt.Errorf("%s: %w\n%s", q.name, err, p.said())
		}
		if _, err := r.ask(ctx, client, address, body, r.options.seconds/2); err != nil { // warm
			return nil, err
		}
		before, _, err := p.used()
		if err != nil {
			return nil, err
		}
		took, err := r.ask(ctx, client, address, body, r.options.seconds)
		if err != nil {
			return nil, err
		}
		after, memory, err := p.used()
		if err != nil {
			return nil, err
		}
		slices.Sort(took)
		n := len(took)
		all = append(all, figures{rate: float64(n) / r.options.seconds.Seconds(), p50: took[n/2], p99: took[n*99/100], work: (after - before) / time.Duration(n), memory: memory})
	}
	return all, nil
}

// ask asks over many connections for a while, and returns how long each answer took.
func (r *rig) ask(ctx context.Context, client *http.Client, address string, body []byte, long time.Duration) ([]time.Duration, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var mu sync.Mutex
	var all []time.Duration
	var asking sync.WaitGroup
	end := time.Now().Add(long)
	for range r.options.connections {
		asking.Go(func() {
			var mine []time.Duration
			for ctx.Err() == nil && time.Now().Before(end) {
				start := time.Now()
				if _, err := once(ctx, client, address, body); err != nil {
					cancel(err)
					return
				}
				mine = append(mine, time.Since(start))
			}
			mu.Lock()
			all = append(all, mine...)
			mu.Unlock()
		})
	}
	asking.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, err
	}
	if len(all) == 0 {
		return nil, errors.New("no answer")
	}
	return all, nil
}

// once asks once; an answer with errors is none.
func once(ctx context.Context, client *http.Client, address string, body []byte) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	res, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		return nil, err
	}
	if res.StatusCode != http.StatusOK || bytes.Contains(got, []byte(`"errors"`)) {
		return nil, fmt.Errorf("status %d: %.300s", res.StatusCode, got)
	}
	return got, nil
}

// awaited asks until there is an answer, for half a minute at most.
func awaited(ctx context.Context, client *http.Client, address string, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		got, err := once(ctx, client, address, body)
		if err == nil {
			if !bytes.Contains(got, []byte("Person ")) {
				return fmt.Errorf("it answers something else: %.300s", got)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(50 * time.Millisecond):
		}
	}
}
