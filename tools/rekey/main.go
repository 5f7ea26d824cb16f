// Command rekey measures what sealing everything anew costs those who read meanwhile.
//
// It opens the real hub in this process on a PostgreSQL of its own, fills it until so
// many sealed values are there, rotates the keys and seals anew as hubs do, while
// clients ask for veterans over a real socket at a steady rate. Sealing anew is on and
// off by turns of a few seconds, so that whatever else the machine does falls on both,
// and each request counts for the turn in which it was due. A request's time begins
// when it was due, not when a client was free to send it.
//
//	go run ./tools/rekey -database postgres://vetgraph@127.0.0.1/vetgraph_rekey
//
// The database and the data folder stay for the next run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

type options struct {
	database string
	data     string
	rows     int64
	rate     int
	turn     time.Duration
	off      time.Duration
	share    float64
	batch    int
	most     time.Duration
}

func main() {
	var o options
	flag.StringVar(&o.database, "database", "", "postgres://…, of its own")
	flag.StringVar(&o.data, "data", filepath.Join(os.TempDir(), "vetgraph-rekey"), "folder for keys and departments")
	flag.Int64Var(&o.rows, "rows", 1_000_000, "sealed values that are there at least")
	flag.IntVar(&o.rate, "rate", 60, "reads a second")
	flag.DurationVar(&o.turn, "turn", 6*time.Second, "how long sealing anew is on")
	flag.DurationVar(&o.off, "off", 2*time.Second, "how long it then is off")
	flag.Float64Var(&o.share, "share", 0, "of the time that sealing anew may take; 0: as hubs do")
	flag.IntVar(&o.batch, "batch", 0, "rows in a transaction; 0: as hubs do")
	flag.DurationVar(&o.most, "most", time.Hour, "stop measuring after so long")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, o); err != nil {
		fmt.Fprintln(os.Stderr, "rekey:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o options) (err error) {
	if o.database == "" {
		return errors.New("-database is needed")
	}
	if err := os.MkdirAll(o.data, 0o700); err != nil {
		return err
	}
	h, err := server.Open(ctx, server.Config{
		Demo: true, Data: o.data, Database: o.database, Veterans: 2000, Seed: 1, Closing: 17, Workers: 32, Listen: "127.0.0.1:0",
		WorkdayTakes: 2 * time.Second, Inquire: time.Hour, Log: zerolog.New(os.Stderr).Level(zerolog.ErrorLevel),
	}, func(_, en string) { fmt.Fprintln(os.Stderr, en) })
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, h.Close(context.WithoutCancel(ctx))) }()
	if err := h.Queue.Stop(ctx); err != nil { // only what we do is measured
		return err
	}
	ctx = access.AsMachine(ctx, "rekey")
	ids, err := fill(ctx, h, o.rows)
	if err != nil {
		return err
	}
	before, err := rotate(ctx, h, o.data)
	if err != nil {
		return err
	}
	fmt.Printf("%s, %d CPUs, %d sealed values, key %d -> %d, %d reads a second\n", runtime.Version(), runtime.NumCPU(), before, h.Vault.Current()-1, h.Vault.Current(), o.rate)
	return measure(ctx, h, ids, o)
}

// fill puts people into the record until there are so many sealed values.
func fill(ctx context.Context, h *server.Hub, rows int64) ([]string, error) {
	const step = 1000
	people := make([]profile.Person, 0, step)
	left, err := count(ctx, h)
	if err != nil {
		return nil, err
	}
	known, err := h.Store.Read.Veteran.Query().Count(ctx)
	if err != nil {
		return nil, err
	}
	put := func() error {
		err := h.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := h.Profile.Put(ctx, tx, people)
			return err
		})
		people = people[:0]
		return err
	}
	if left < rows {
		fmt.Fprintf(os.Stderr, "%d sealed values of %d people; making more…\n", left, known)
		for q := range population.Generate(2, 250_000, workday.Date(2026, time.November, 2), h.Divisions) {
			if people = append(people, q); len(people) < step {
				continue
			}
			if err := put(); err != nil {
				return nil, err
			}
			if known += step; known%(20*step) < step {
				if left, err = count(ctx, h); err != nil || left >= rows {
					break
				}
			}
		}
		if err != nil {
			return nil, err
		}
		db, done := h.Store.SQL()
		defer done()
		if _, err := db.ExecContext(ctx, "VACUUM ANALYZE"); err != nil {
			return nil, err
		}
	}
	return h.Store.Read.Veteran.Query().IDs(ctx)
}

func count(ctx context.Context, h *server.Hub) (n int64, err error) {
	left, err := h.Resealer().Left(ctx)
	for _, rows := range left {
		n += rows
	}
	return n, err
}

// rotate makes another key, to and fro between the suites, and tells how many values
// are then to be sealed anew.
func rotate(ctx context.Context, h *server.Hub, data string) (int64, error) {
	_, err := vault.FileAt(filepath.Join(data, "keys.json")).Change(ctx, func(k vault.Keys) (vault.Keys, error) {
		next := vault.SM4GCM
		if k.Suite() == next {
			next = vault.AES256GCM
		}
		return k.Rotate(next, time.Now())
	})
	if err != nil {
		return 0, err
	}
	if _, err := h.Vault.Refresh(ctx); err != nil {
		return 0, err
	}
	return count(ctx, h)
}
