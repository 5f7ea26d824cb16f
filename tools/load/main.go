// Command load measures the hub: requests a second, how long they take, and how many statements they cost.
//
// It opens the real hub in this process, with its data and its simulated
// departments, behind a real socket of this machine, and sends it the operations
// of queries/. On PostgreSQL a second server answers the same JSON from the same
// database in hand-written SQL: it says how fast it could be. The two take turns,
// so that whatever else the machine does falls on both.
//
//	go run ./tools/load -database postgres://vetgraph@127.0.0.1/vetgraph_load
//
// The data folder and the database keep what was made for the measurement, so
// that the next run starts at once. Use a database of its own.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"runtime/pprof"
	"strings"
	"time"
)

// options are the command line.
type options struct {
	database string
	data     string
	veterans int
	seconds  float64
	clients  int
	only     string
	profile  string
}

func main() {
	var o options
	flag.StringVar(&o.database, "database", "", "postgres://… or sqlite:PATH; default: SQLite in the data folder")
	flag.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "vetgraph-load"), "folder for keys, departments and SQLite")
	flag.IntVar(&o.veterans, "veterans", 5000, "synthetic veterans, the first time")
	flag.Float64Var(&o.seconds, "seconds", 5, "how long each operation runs on each side")
	flag.IntVar(&o.clients, "clients", 8, "clients at once, each on a connection of its own")
	flag.StringVar(&o.only, "only", "", "operations, separated by commas: veteran page entities plan submit")
	flag.StringVar(&o.profile, "cpuprofile", "", "write a CPU profile of our side alone to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "load:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	r, err := open(ctx, o)
	if err != nil {
		return err
	}
	defer func() {
		if e := r.close(); err == nil {
			err = e
		}
	}()
	fmt.Printf("%s, %d CPUs, %s, %d clients, %.0f s for each operation and side\n\n", runtime.Version(), runtime.NumCPU(), r.hub.Store.Dialect, o.clients, o.seconds)
	ops, err := r.operations(ctx)
	if err != nil {
		return err
	}
	t := newTable(os.Stdout)
	for _, op := range ops {
		if o.only != "" && !strings.Contains(","+o.only+",", ","+op.name+",") {
			continue
		}
		if err := op.prepare(ctx); err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		if err := op.compare(ctx); err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		if o.profile != "" {
			if err := profiled(o, func() error { return op.alone(ctx, o) }); err != nil {
				return err
			}
			continue
		}
		results, err := op.measure(ctx, o)
		if err != nil {
			return fmt.Errorf("%s: %w", op.name, err)
		}
		t.add(op.name, results)
	}
	return nil
}

// profiled runs f under the CPU profiler.
func profiled(o options, f func() error) (err error) {
	file, err := os.Create(o.profile)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	if err := pprof.StartCPUProfile(file); err != nil {
		return err
	}
	defer pprof.StopCPUProfile()
	return f()
}

// slice is how long one side runs before the other has its turn.
func (o options) slice() time.Duration {
	return time.Duration(o.seconds / turns * float64(time.Second))
}

// turns each side has of each operation.
const turns = 5
