// Command simulate lives through the life of cases with everything going wrong that can, seed by seed, and tells the story of each that does not hold (internal/simulation).
//
//	go run ./tools/simulate -seeds 10000             so many seeds on SQLite, one worker for each processor
//	go run ./tools/simulate -from 1284 -seeds 1 -v   one seed, told as it happens, with every check after every event
//	go run ./tools/simulate -minutes 60              for an hour
//	go run ./tools/simulate -database postgres://…   in an empty schema of that database, with one worker
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/simulation"
)

func main() {
	seeds := flag.Uint64("seeds", 1000, "how many seeds")
	from := flag.Uint64("from", 0, "the first seed")
	minutes := flag.Float64("minutes", 0, "go on for so many minutes instead, by the clock")
	database := flag.String("database", "", "postgres://… with an empty schema; left out, SQLite in a temporary folder")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "how many seeds at once, each with a record of its own")
	verbose := flag.Bool("v", false, "tell every event, and check everything after each")
	flag.Parse()
	if err := run(*from, *seeds, *minutes, *database, *workers, *verbose); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(from, seeds uint64, minutes float64, database string, workers int, verbose bool) error {
	folder, err := os.MkdirTemp("", "simulate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	if database != "" || verbose {
		workers = 1
	}
	var next, events, deaths, faults, failed atomic.Uint64
	var stop time.Time
	if minutes > 0 {
		stop, seeds = time.Now().Add(time.Duration(minutes*float64(time.Minute))), 1<<62
	}
	began := time.Now()
	var all sync.WaitGroup
	var first sync.Once
	var trouble error
	for i := range workers {
		all.Go(func() {
			address := database
			if address == "" {
				address = "sqlite:" + filepath.Join(folder, fmt.Sprintf("%d.db", i))
			}
			err := work(address, verbose, func() (uint64, bool) {
				n := next.Add(1) - 1
				return from + n, n < seeds && (stop.IsZero() || time.Now().Before(stop))
			}, func(r *simulation.Result) {
				events.Add(uint64(r.Events))
				deaths.Add(uint64(r.Deaths))
				faults.Add(uint64(r.Faults))
				if r.Failure != nil {
					failed.Add(1)
					first.Do(func() {
						for _, line := range r.Trace {
							if !verbose {
								fmt.Println(line)
							}
						}
					})
					fmt.Printf("seed %d: %v\n", r.Seed, r.Failure)
				}
			})
			if err != nil {
				first.Do(func() { trouble = err })
			}
		})
	}
	all.Wait()
	took := time.Since(began)
	n := min(next.Load(), seeds)
	fmt.Printf("%d seeds in %s (%.1f a second): %d events, %d deaths of the hub, %d faults on the way, %d seeds failed\n",
		n, took.Round(time.Second), float64(n)/took.Seconds(), events.Load(), deaths.Load(), faults.Load(), failed.Load())
	if trouble == nil && failed.Load() > 0 {
		return fmt.Errorf("%d seeds failed", failed.Load())
	}
	return trouble
}

func work(address string, verbose bool, next func() (uint64, bool), done func(*simulation.Result)) error {
	ctx := context.Background()
	l, err := simulation.Open(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = l.Close() }()
	o := simulation.Options{Thorough: verbose}
	if verbose {
		o.Verbose = os.Stdout
	}
	for seed, more := next(); more; seed, more = next() {
		done(l.Run(ctx, seed, o))
	}
	return nil
}
