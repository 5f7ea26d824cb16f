// Command race lets many people race for few places at a window and proves that nobody was given what another had.
//
//	go run ./tools/race                                             # SQLite in a temporary folder
//	go run ./tools/race -database 'postgres://…/empty' -operations 100000
//
// It books, moves and cancels through the same room as the hub, on a real record,
// writes down when each call was made and answered, and then checks calls, journal
// and rows against each other. It ends with 1 if anything is wrong.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/store"
)

func main() {
	database := flag.String("database", "", "an empty database; a temporary SQLite file if left out")
	operations := flag.Int("operations", 100_000, "how many bookings, moves and cancellations")
	racers := flag.Int("racers", 32, "how many at once")
	cases := flag.Int("cases", 400, "how many people")
	slots := flag.Int("slots", 60, "how many half hours they want, of four places each")
	seed := flag.Uint64("seed", 1, "another seed, other wishes")
	flag.Parse()
	if err := run(context.Background(), *database, *operations, *racers, *cases, *slots, *seed); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, database string, operations, racers, cases, slots int, seed uint64) error {
	if database == "" {
		dir, err := os.MkdirTemp("", "race")
		if err != nil {
			return err
		}
		defer func() { _ = os.RemoveAll(dir) }()
		database = "sqlite:" + filepath.Join(dir, "race.db")
	}
	s, err := store.Open(ctx, database, 0)
	if err != nil {
		return err
	}
	defer func() { _ = s.Close() }()
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	r, err := prepare(ctx, s, cases, slots)
	if err != nil {
		return err
	}
	began := time.Now()
	ops := r.race(ctx, racers, operations, seed, func(now time.Time) booker { d := *r.diary; d.Now = func() time.Time { return now }; return &d })
	took := time.Since(began)
	h, err := r.end(ctx, ops)
	if err != nil {
		return err
	}
	began = time.Now()
	problems := check(h)
	report(h, took, time.Since(began))
	for _, p := range problems[:min(20, len(problems))] {
		fmt.Println(p)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%d things that cannot be", len(problems))
	}
	fmt.Println("no slot overfull, no case with two places, every acknowledgement true, every move one step, every refusal just")
	return nil
}

// report prints what was done and how long it took.
func report(h *history, took, checked time.Duration) {
	count, waits := map[string]int{}, make([]int64, len(h.operations))
	for i, o := range h.operations {
		count[o.kind+" "+cmp.Or(o.reason, "done")]++
		waits[i] = o.returned - o.invoked
	}
	slices.Sort(waits)
	fmt.Printf("%d operations in %.1f s, %.0f/s, p50 %.1f ms, p99 %.1f ms; %d entries in the journal; checked in %.1f s\n",
		len(h.operations), took.Seconds(), float64(len(h.operations))/took.Seconds(),
		float64(waits[len(waits)/2])/1e6, float64(waits[len(waits)*99/100])/1e6, len(h.journal), checked.Seconds())
	for _, k := range sortedKeys(count) {
		fmt.Printf("  %7d %s\n", count[k], k)
	}
}

func sortedKeys(m map[string]int) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
