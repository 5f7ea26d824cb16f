// Command standing measures what an analyst waits for: grouped figures and filtered lists of a million cases.
//
//	go run ./tools/standing -database postgres://vetgraph@127.0.0.1/vetgraph_standing
//
// The first time it fills the database with invented cases, thirteen items each,
// of nobody, sums them, and tells how long that took. Then it asks the rooms
// themselves, without HTTP around them, one question after the other. Use a
// database of its own; a superuser must own it, for rows are filled in without
// looking up the veterans that they do not have.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func main() {
	database := flag.String("database", "", "postgres://… of a database that may be filled")
	cases := flag.Int("cases", 1_000_000, "cases, the first time")
	times := flag.Int("times", 31, "how often each question is asked")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *database, *cases, *times); err != nil {
		fmt.Fprintln(os.Stderr, "standing:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, database string, cases, times int) (err error) {
	s, err := store.Open(ctx, database, 0)
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	if s.Pool == nil {
		return fmt.Errorf("only a PostgreSQL is measured")
	}
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	desk := &casefile.Desk{Store: s, Calendar: workday.Builtin}
	if err := prepare(ctx, s, desk.Board(), cases); err != nil {
		return err
	}
	ctx = access.With(ctx, &access.Viewer{ID: "standing", Kind: access.Analyst, Division: "230000000000"})
	fmt.Println("\n| figures | rows | p50 ms | p95 ms |\n|--|--:|--:|--:|")
	for _, a := range figures {
		err := measure(a.name, times, func() (int, error) {
			st, err := desk.Board().Statistics(ctx, a.Question)
			if err != nil {
				return 0, err
			}
			return len(st.Rows), nil
		})
		if err != nil {
			return err
		}
	}
	fmt.Println("\n| list, first 50 | rows | p50 ms | p95 ms |\n|--|--:|--:|--:|")
	for _, a := range lists {
		err := measure(a.name, times, func() (int, error) {
			rows, _, err := desk.Page(ctx, a.Filter, 50, a.after)
			return len(rows), err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// measure prints a line of the table. The first two times warm the caches and are
// not counted.
func measure(name string, times int, f func() (int, error)) error {
	var took []time.Duration
	rows := 0
	for i := range times + 2 {
		start := time.Now()
		n, err := f()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if rows = n; i >= 2 {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	fmt.Printf("| %s | %d | %.1f | %.1f |\n", name, rows, ms(took[len(took)/2]), ms(took[len(took)*95/100]))
	return nil
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
