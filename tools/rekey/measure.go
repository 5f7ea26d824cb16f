package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/rekey"
	"github.com/vetgraph/vetgraph/server"
)

// question is what a desk asks for when somebody comes to it.
const question = `query($id: ID!) { veteran(id: $id) { id name citizenNumber identity { contact { mobile } householdEntries { kind state division { name } } }
	serviceHistory { discharge { dischargedOn category } } insurance { enrolments { branch state } } benefits { preferentialCard { state } } } }`

// seen is how long the reads of one side took.
type seen struct {
	mu   sync.Mutex
	took []time.Duration
	bad  int
}

func (s *seen) add(d time.Duration, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.took = append(s.took, d)
	if !ok {
		s.bad++
	}
}

func (s *seen) at(share float64) time.Duration {
	return s.took[min(len(s.took)-1, int(share*float64(len(s.took))))]
}

func measure(ctx context.Context, h *server.Hub, ids []string, o options) error {
	ask, end, err := reader(h, ids)
	if err != nil {
		return err
	}
	defer end()
	for range 300 { // connections, prepared statements, caches
		ask()
	}
	var on atomic.Bool
	w := h.Resealer()
	w.Share, w.Batch = o.share, o.batch
	var rows atomic.Int64
	var work time.Duration
	begun := time.Time{}
	w.Told = func(p rekey.Progress) { rows.Add(int64(p.Rows)) }
	w.Rest = func(ctx context.Context, d time.Duration) error {
		work += time.Since(begun)
		defer func() { begun = time.Now() }()
		for {
			if err := pause(ctx, d); err != nil || on.Load() {
				return err
			}
			d = 5 * time.Millisecond
		}
	}
	ctx, stop := context.WithTimeout(ctx, o.most)
	defer stop()
	ended := make(chan error, 1)
	go func() {
		begun = time.Now()
		ended <- seal(ctx, w)
	}()
	with, without := &seen{}, &seen{}
	var group sync.WaitGroup
	start, tick := time.Now(), time.NewTicker(time.Second/time.Duration(o.rate))
	defer tick.Stop()
	for done := false; !done; {
		var due time.Time
		select {
		case err = <-ended:
			done = true
			continue
		case due = <-tick.C:
		}
		at, side := due.Sub(start)%(o.off+o.turn), without
		if on.Store(at >= o.off); at >= o.off {
			at, side = at-o.off, with
		}
		if at < 200*time.Millisecond {
			continue // what was begun in the last turn is still under way
		}
		group.Go(func() { ok := ask(); side.add(time.Since(due), ok) })
	}
	group.Wait()
	if errors.Is(err, context.DeadlineExceeded) {
		fmt.Printf("stopped after %v\n", o.most)
		err = nil
	}
	report(with, without, rows.Load(), time.Duration(float64(time.Since(start))*o.turn.Seconds()/(o.turn+o.off).Seconds()), work)
	left, lerr := h.Resealer().Left(context.WithoutCancel(ctx))
	fmt.Printf("values by key: %v\n", left)
	return errors.Join(err, lerr)
}

// seal passes until nothing is left.
func seal(ctx context.Context, w *rekey.Worker) error {
	for {
		r, err := w.Pass(ctx)
		if err != nil || r.Clean() {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

func report(with, without *seen, rows int64, turns, work time.Duration) {
	slices.Sort(with.took)
	slices.Sort(without.took)
	if len(with.took) == 0 || len(without.took) == 0 {
		return
	}
	fmt.Printf("%d values sealed anew in turns of %v together, %.0f a second, %v of that in transactions\n", rows, turns.Round(time.Second), float64(rows)/turns.Seconds(), work.Round(time.Second))
	fmt.Printf("| | reads | failed | p50 ms | p90 ms | p99 ms | p99.9 ms |\n|--|--:|--:|--:|--:|--:|--:|\n")
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	for name, s := range map[string]*seen{"while sealing anew": with, "without": without} {
		fmt.Printf("| %s | %d | %d | %.2f | %.2f | %.2f | %.2f |\n", name, len(s.took), s.bad, ms(s.at(.5)), ms(s.at(.9)), ms(s.at(.99)), ms(s.at(.999)))
	}
	fmt.Printf("p99 ratio %.3f, p50 ratio %.3f\n", float64(with.at(.99))/float64(without.at(.99)), float64(with.at(.5))/float64(without.at(.5)))
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		fmt.Printf("load average %s", load)
	}
}

// reader is a way to ask the hub for anybody, over a socket, as a clerk of the province.
func reader(h *server.Hub, ids []string) (ask func() bool, end func(), err error) {
	rec, q := httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "http://127.0.0.1/dev/token?persona=clerk", nil)
	q.RemoteAddr = "127.0.0.1:1"
	h.Handler().ServeHTTP(rec, q)
	if rec.Code != http.StatusOK {
		return nil, nil, fmt.Errorf("token: %s", rec.Body)
	}
	token := strings.TrimSpace(rec.Body.String())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, nil, err
	}
	s := &http.Server{Handler: h.Handler(), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = s.Serve(l) }()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}, Timeout: 30 * time.Second}
	return func() bool {
		body, _ := json.Marshal(map[string]any{"query": question, "variables": map[string]string{"id": ids[rand.IntN(len(ids))]}})
		r, err := http.NewRequest(http.MethodPost, "http://"+l.Addr().String()+"/graphql", bytes.NewReader(body))
		if err != nil {
			return false
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/json")
		res, err := client.Do(r)
		if err != nil {
			return false
		}
		text, err := io.ReadAll(res.Body)
		_ = res.Body.Close()
		if err == nil && !bytes.HasPrefix(text, []byte(`{"data":{"veteran":{"id"`)) {
			once.Do(func() {
				fmt.Fprintf(os.Stderr, "an answer without what was asked for: %d bytes, status %d\n", len(text), res.StatusCode)
			})
			return false
		}
		return err == nil
	}, func() { _ = s.Close() }, nil
}

var once sync.Once
