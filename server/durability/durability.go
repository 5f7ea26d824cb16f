// Package durability kills the hub at its worst moments and checks that it kept every promise.
//
// The hub runs as it does in production, the real program in a process of its
// own. Simulated departments, a sign-in service and applicants run here, and
// live on while the hub dies by SIGKILL: in the middle of a submission, of a
// delivery, of a callback, or of its own start. Afterwards [Run] lets it finish
// in peace and then reads the record and the departments' books:
//
//   - what was accepted is there, once, whole, and has come to its end;
//   - a department has done what it approved once, and nothing that the hub does
//     not know of;
//   - every move in the journal is lawful and follows from the one before;
//   - no work is forgotten in the queue.
//
// It belongs to tests and tools and is no part of the program.
package durability

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sync/errgroup"
)

// Config says what is killed, and how often. Program, Dir and Database are
// needed; the rest has a sensible zero value.
type Config struct {
	Program    string        // file of the built hub
	Dir        string        // an empty folder; the hub's log stays there
	Database   string        // "sqlite:PATH" or "postgres://…", empty: tables are made
	Kills      int           // default 50
	Seed       uint64        // decides moments and people; scheduling stays the machine's
	Applicants int           // who submit and follow cases side by side; default 8
	Patience   time.Duration // longest wait for a moment, after which the hub is killed anyway; default 2 s
	Settle     time.Duration // longest wait for the end of every case after the last kill; default 3 min
	Gateways   *Gateways     // two hubs behind these, of which one is killed at a time; nil: one hub
	Log        func(format string, args ...any)
}

func (c *Config) complete() error {
	if c.Program == "" || c.Dir == "" || c.Database == "" {
		return errors.New("durability: a program, a folder and a database are needed")
	}
	orElse(&c.Kills, 50)
	orElse(&c.Applicants, 8)
	orElse(&c.Patience, 2*time.Second)
	orElse(&c.Settle, 3*time.Minute)
	if c.Log == nil {
		c.Log = func(string, ...any) {}
	}
	return os.MkdirAll(c.Dir, 0o700)
}

func orElse[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Run kills the hub as often as it is told and reports what it found. An error
// means that the experiment itself could not be carried out; promises that were
// broken are in [Report.Broken].
func Run(ctx context.Context, c Config) (r *Report, err error) {
	if err := c.complete(); err != nil {
		return nil, err
	}
	start := time.Now()
	w, err := prepare(ctx, c)
	if err != nil {
		return nil, fmt.Errorf("durability: prepare: %w", err)
	}
	defer func() { err = errors.Join(err, w.close()) }()
	c.Log("seed %d: %d people, prepared in %.1f s", c.Seed, len(w.people), time.Since(start).Seconds())
	if err := w.live(ctx); err != nil {
		return nil, fmt.Errorf("durability: %w (log of the hub: %s)", err, w.hub.log)
	}
	r = w.report()
	r.Took = time.Since(start)
	if err := w.check(ctx, r); err != nil {
		return nil, fmt.Errorf("durability: check: %w", err)
	}
	return r, nil
}

// live lets the applicants go about their business while the hub dies again and
// again, and waits until all of it is over.
func (w *world) live(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer func() { // if one still runs
		for _, h := range w.hubs {
			_ = h.kill()
		}
	}()
	g, ctx := errgroup.WithContext(ctx)
	next, enough := make(chan int), make(chan struct{})
	g.Go(func() error {
		defer close(next)
		for i := range w.people {
			select {
			case next <- i:
			case <-enough:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	for n := range w.config.Applicants {
		dice := rand.New(rand.NewPCG(w.config.Seed, uint64(n)+2))
		g.Go(func() error {
			for i := range next {
				if err := w.handle(ctx, i, dice); err != nil {
					return err
				}
			}
			return nil
		})
	}
	g.Go(func() error {
		defer close(enough)
		return w.reap(ctx)
	})
	go func() { // once nobody new comes, what is under way has this long
		select {
		case <-enough:
			select {
			case <-time.After(w.config.Settle):
				cancel()
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
	}()
	if err := g.Wait(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	if len(w.fronts) > 1 {
		if err := w.same(context.WithoutCancel(ctx)); err != nil {
			return err
		}
	}
	return w.quiet(context.WithoutCancel(ctx))
}

// quiet waits until departments and queue have nothing left to do, and stops the
// hub in peace. What is not quiet in time is found by the check.
func (w *world) quiet(ctx context.Context) error {
	for end := time.Now().Add(w.config.Settle); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		unsent, err := w.fleet.Unsent(ctx)
		if err != nil {
			return err
		}
		left := 0
		for _, n := range unsent {
			left += n
		}
		busy, err := w.busyJobs(ctx)
		if err != nil {
			return err
		}
		if left+busy == 0 {
			break
		}
	}
	w.settled = time.Since(w.lastKill)
	var errs []error
	for _, h := range w.hubs {
		errs = append(errs, h.stop())
	}
	return errors.Join(errs...)
}

// LogFile is where the hub's log is, in the folder of an experiment.
func LogFile(dir string) string { return filepath.Join(dir, "hub.log") }
