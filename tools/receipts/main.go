// Command receipts measures what it costs an answer that its reads are kept first.
//
// It opens the real hub in this process and asks it over a real socket, with the
// operations of tools/load, by turns of half a second with and without receipts, so
// that whatever else the machine does falls on both. A request counts for the turn
// in which it began. Nobody runs a hub without receipts: only this command can.
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
	"slices"
	"sync"
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
	turn           time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.database, "database", "", "postgres://…, of its own; default: SQLite in the data folder")
	flag.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "vetgraph-receipts"), "folder for keys, departments and SQLite")
	flag.IntVar(&o.veterans, "veterans", 2000, "synthetic people")
	flag.IntVar(&o.clients, "clients", 4, "asking at once")
	flag.IntVar(&o.seconds, "seconds", 20, "for each operation, both sides together")
	flag.DurationVar(&o.turn, "turn", 500*time.Millisecond, "how long each side has its turn")
	flag.Parse()
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
	fmt.Printf("%d people, %d clients, turns of %s, %d s for each operation, %s\n\n", len(r.ids), o.clients, o.turn, o.seconds, r.hub.Store.Dialect)
	fmt.Println("| operation | people in it | answers with / without | p50 ms with | without | growth | p99 ms with | without | growth |")
	fmt.Println("|--|--:|--:|--:|--:|--:|--:|--:|--:|")
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
		if op.file == "plan" { // of those who have something to file
			if err := r.plannable(string(text)); err != nil {
				return err
			}
		}
		took, err := r.measure(op.door, op.path, string(text), op.variables)
		if err != nil {
			return err
		}
		with, without := took[0], took[1]
		fmt.Printf("| %s | %d | %d / %d | %.2f | %.2f | %+.0f %% | %.2f | %.2f | %+.0f %% |\n", op.name, op.people, len(with), len(without),
			at(with, 50), at(without, 50), 100*(at(with, 50)/at(without, 50)-1), at(with, 99), at(without, 99), 100*(at(with, 99)/at(without, 99)-1))
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

// measure answers how long requests took, in milliseconds, with receipts and without.
func (r *rig) measure(door int, path, query string, variables func(int) any) (took [2][]float64, err error) {
	begin, warm := time.Now(), 2*time.Second
	end := begin.Add(warm + time.Duration(r.seconds)*time.Second)
	var mu sync.Mutex
	var wg sync.WaitGroup
	for c := range r.clients {
		wg.Go(func() {
			client := &http.Client{Transport: &http.Transport{}}
			for n := c; time.Now().Before(end); n += r.clients {
				since := time.Now()
				side := int(since.Sub(begin)/r.turn) % 2
				e := r.ask(client, r.addresses[side][door]+path, query, variables(n))
				ms := float64(time.Since(since).Microseconds()) / 1000
				mu.Lock()
				if e != nil {
					err = e
				} else if since.Sub(begin) > warm {
					took[side] = append(took[side], ms)
				}
				mu.Unlock()
				if e != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	for i := range took {
		slices.Sort(took[i])
	}
	return took, err
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
