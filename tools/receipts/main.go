// Command receipts measures what it costs an answer that its reads are kept first.
//
// It opens the real hub in this process and asks it over a real socket, with the
// operations of tools/load, by turns of two seconds with and without receipts, so
// that whatever else the machine does falls on both. A turn with receipts is long enough
// that leaves are filed within it; what it leaves is filed at its end, and is its own
// too. Several rounds are compared, each
// by itself, and the medians told; CPU for each answer is told too, which a busy machine
// disturbs least. Nobody runs a hub without receipts: only this command can.
//
//	go run ./tools/receipts [-database postgres://…]
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/server"
)

type options struct {
	database, data string
	veterans       int
	clients        int
	seconds        int
	rounds         int
	turn           time.Duration
	only           string
}

func main() {
	var o options
	flag.StringVar(&o.database, "database", "", "postgres://…, of its own; default: SQLite in the data folder")
	flag.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "vetgraph-receipts"), "folder for keys, departments and SQLite")
	flag.IntVar(&o.veterans, "veterans", 2000, "synthetic people")
	flag.IntVar(&o.clients, "clients", 4, "asking at once")
	flag.IntVar(&o.seconds, "seconds", 8, "of one round of one operation, both sides together")
	flag.IntVar(&o.rounds, "rounds", 7, "of each operation")
	flag.StringVar(&o.only, "only", "", "operations whose file's name begins so")
	profile := flag.String("profile", "", "file for a CPU profile of all")
	flag.DurationVar(&o.turn, "turn", 2*time.Second, "how long each side has its turn")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			log.Fatal(err)
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			log.Fatal(err)
		}
		defer pprof.StopCPUProfile()
	}
	if err := run(context.Background(), o); err != nil {
		log.Fatal(err)
	}
}

// rig is the hub behind two sockets.
type rig struct {
	options
	hub       *server.Hub
	addresses [2][2]string // of people and routers; with receipts, without
	token     string
	ids       []string
	planned   []string // for whom there is a plan
}

func run(ctx context.Context, o options) error {
	if o.database == "" {
		o.database = "sqlite:" + filepath.Join(o.data, "vetgraph.db")
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return err
	}
	r := &rig{options: o}
	var err error
	r.hub, err = server.Open(ctx, server.Config{
		Demo: true, Data: o.data, Database: o.database, Veterans: o.veterans, Seed: 1, Closing: 17, Workers: 8, Rate: -1, Listen: "127.0.0.1:0",
		WorkdayTakes: 2 * time.Second, Inquire: time.Hour, Log: zerolog.New(os.Stderr).Level(zerolog.ErrorLevel),
	}, func(_, en string) { fmt.Fprintln(os.Stderr, en) })
	if err != nil {
		return err
	}
	defer func() { _ = r.hub.Close(context.WithoutCancel(ctx)) }()
	if err := r.hub.Queue.Stop(ctx); err != nil { // what is measured is reading
		return err
	}
	for side := range 2 {
		r.hub.Config.Unreceipted = side == 1
		for door, h := range []http.Handler{r.hub.Handler(), r.hub.SubgraphHandler()} {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			s := &http.Server{Handler: h, ReadHeaderTimeout: time.Second}
			defer func() { _ = s.Close() }()
			go func() { _ = s.Serve(l) }()
			r.addresses[side][door] = "http://" + l.Addr().String()
		}
	}
	res, err := http.Get(r.addresses[0][0] + "/dev/token?persona=clerk")
	if err != nil {
		return err
	}
	token, err := io.ReadAll(res.Body)
	_ = res.Body.Close()
	if err != nil {
		return err
	}
	r.token = string(bytes.TrimSpace(token))
	if r.ids, err = r.hub.Store.Read.Veteran.Query().IDs(access.AsMachine(ctx, "load")); err != nil {
		return err
	}
	fmt.Printf("%d people, %d clients, turns of %s, %d rounds of %d s for each operation, %s\n\n", len(r.ids), o.clients, o.turn, o.rounds, o.seconds, r.hub.Store.Dialect)
	fmt.Println("| operation | people in it | answers with / without | p50 ms with | without | growth | p99 ms with | without | growth | CPU ms with | without | growth |")
	fmt.Println("|--|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|")
	one := func(n int) any { return map[string]any{"id": r.ids[n%len(r.ids)]} }
	for _, op := range []struct {
		name, file, path string
		door, people     int
		variables        func(n int) any
	}{
		{"veteran, five domains", "veteran", "/graphql", 0, 1, one},
		{"plan of all matters", "plan", "/graphql", 0, 1, func(n int) any { return map[string]any{"id": r.planned[n%len(r.planned)]} }},
		{"page of 50", "page", "/graphql", 0, 50, func(int) any { return map[string]any{} }},
		{"100 `_entities`", "entities", "/subgraph", 1, 100, func(n int) any {
			list := make([]any, 100)
			for i := range list {
				list[i] = map[string]any{"__typename": "Veteran", "id": r.ids[(n*100+i)%len(r.ids)]}
			}
			return map[string]any{"representations": list}
		}},
	} {
		text, err := os.ReadFile(filepath.Join("tools", "load", "queries", op.file+".graphql"))
		if err != nil {
			return fmt.Errorf("run it where go.mod is: %w", err)
		}
		if op.file == "plan" && strings.HasPrefix(op.file, o.only) { // of those who have something to file
			if err := r.plannable(string(text)); err != nil {
				return err
			}
		}
		if !strings.HasPrefix(op.file, o.only) {
			continue
		}
		rounds, err := r.measure(op.door, op.path, string(text), op.variables)
		if err != nil {
			return err
		}
		fmt.Println(line(op.name, op.people, rounds))
	}
	return nil
}

// plannable keeps a few people for whom there is a plan.
func (r *rig) plannable(query string) error {
	var some []string
	for _, id := range r.ids {
		if r.ask(http.DefaultClient, r.addresses[1][0]+"/graphql", query, map[string]any{"id": id}) == nil {
			some = append(some, id)
		}
		if len(some) == 20 {
			break
		}
	}
	if len(some) == 0 {
		return errors.New("nobody has anything to file")
	}
	r.planned = some
	return nil
}

// taken is what the answers of one side took in one round.
type taken struct {
	ms  []float64     // each answer, sorted
	cpu time.Duration // of this process: hub and clients; not PostgreSQL's
}

// measure answers what requests took, round by round, with receipts and without. Each
// turn waits for its last answer, so that what it took is its own; turns go with,
// without, without, with.
func (r *rig) measure(door int, path, query string, variables func(int) any) ([][2]taken, error) {
	clients := make([]*http.Client, r.clients)
	for i := range clients {
		clients[i] = &http.Client{Transport: &http.Transport{}}
		defer clients[i].CloseIdleConnections()
	}
	var rounds [][2]taken
	n := 0
	for round := range r.rounds + 1 { // the first is to warm up
		var sides [2]taken
		turns := max(2, int(time.Duration(r.seconds)*time.Second/r.turn)/2*2)
		if round == 0 {
			turns = 4
		}
		for turn := range turns {
			side := (turn + turn/2 + round) % 2
			got, err := r.take(clients, side, r.addresses[side][door]+path, query, func(i int) any { return variables(n + i) })
			if err != nil {
				return nil, err
			}
			n += len(got.ms)
			sides[side].ms, sides[side].cpu = append(sides[side].ms, got.ms...), sides[side].cpu+got.cpu
		}
		if round > 0 {
			slices.Sort(sides[0].ms)
			slices.Sort(sides[1].ms)
			rounds = append(rounds, sides)
		}
	}
	return rounds, nil
}

// take has one turn of a side.
func (r *rig) take(clients []*http.Client, side int, address, query string, variables func(int) any) (t taken, err error) {
	before, end := cpu(), time.Now().Add(r.turn)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c, client := range clients {
		wg.Go(func() {
			for n := c; time.Now().Before(end); n += len(clients) {
				since := time.Now()
				e := r.ask(client, address, query, variables(n))
				mu.Lock()
				t.ms = append(t.ms, float64(time.Since(since).Microseconds())/1000)
				err = errors.Join(err, e)
				mu.Unlock()
				if e != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if side == 0 {
		err = errors.Join(err, r.hub.Receipts.File(context.Background()))
	}
	t.cpu = cpu() - before
	return t, err
}

// cpu is what this process has reckoned so far.
func cpu() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// line is a row of the table: medians over the rounds, and how much each grows, which
// is the median of what it grew in each round.
func line(name string, people int, rounds [][2]taken) string {
	var out strings.Builder
	answers := [2]int{}
	for _, r := range rounds {
		answers[0], answers[1] = answers[0]+len(r[0].ms), answers[1]+len(r[1].ms)
	}
	_, _ = fmt.Fprintf(&out, "| %s | %d | %d / %d |", name, people, answers[0], answers[1])
	for _, of := range []func(taken) float64{
		func(t taken) float64 { return at(t.ms, 50) },
		func(t taken) float64 { return at(t.ms, 99) },
		func(t taken) float64 { return float64(t.cpu.Microseconds()) / 1000 / float64(max(1, len(t.ms))) },
	} {
		var with, without, growth []float64
		for _, r := range rounds {
			a, b := of(r[0]), of(r[1])
			with, without, growth = append(with, a), append(without, b), append(growth, 100*(a/b-1))
		}
		_, _ = fmt.Fprintf(&out, " %.2f | %.2f | %+.0f %% |", median(with), median(without), median(growth))
	}
	return out.String()
}

func median(of []float64) float64 {
	slices.Sort(of)
	return at(of, 50)
}

func (r *rig) ask(client *http.Client, address, query string, variables any) error {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		return err
	}
	req, err := http.NewRequest(http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+r.token)
	res, err := client.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || bytes.Contains(answer, []byte(`"errors"`))) {
		err = fmt.Errorf("%s: %.300s", address, answer)
	}
	return err
}

// at is a percentile of sorted times.
func at(took []float64, percent int) float64 {
	if len(took) == 0 {
		return 0
	}
	return took[min(len(took)-1, len(took)*percent/100)]
}
