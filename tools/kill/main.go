// Command kill ends the hub by SIGKILL in the midst of its work, as often as it is told, and checks that nothing
// accepted was lost and no department acted twice.
//
//	go run ./tools/kill -n 1000
//	go run ./tools/kill -n 1000 -database postgres://USER@HOST/NAME
//
// In PostgreSQL it works in a schema of its own. What it leaves behind after a
// broken promise, database and log, is for whoever looks for the reason.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/server/durability"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "kill:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) (err error) {
	flags := flag.NewFlagSet("kill", flag.ContinueOnError)
	c := durability.Config{Log: func(format string, args ...any) { _, _ = fmt.Fprintf(out, format+"\n", args...) }}
	flags.IntVar(&c.Kills, "n", 1000, "how often the hub is killed")
	flags.Uint64Var(&c.Seed, "seed", rand.Uint64(), "decides people and moments")
	flags.IntVar(&c.Applicants, "applicants", 8, "who submit and follow cases side by side")
	flags.StringVar(&c.Database, "database", "sqlite", "sqlite, sqlite:PATH of a new file, or postgres://USER@HOST/NAME")
	flags.StringVar(&c.Program, "program", "", "a built hub; built from here if left out")
	flags.DurationVar(&c.Settle, "settle", 3*time.Minute, "longest wait for the end of every case after the last kill")
	keep := flags.Bool("keep", false, "keep database and log though no promise was broken")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if c.Dir, err = os.MkdirTemp("", "vetgraph-kill-"); err != nil {
		return err
	}
	tidy := []func() error{func() error { return os.RemoveAll(c.Dir) }}
	if c.Database == "sqlite" {
		c.Database = "sqlite:" + filepath.Join(c.Dir, "record.db")
	} else if !strings.HasPrefix(c.Database, "sqlite:") {
		var drop func() error
		if c.Database, drop, err = ownSchema(ctx, c.Database, c.Seed); err != nil {
			return err
		}
		tidy = append(tidy, drop)
	}
	if c.Program == "" {
		if c.Program, err = build(ctx, c.Dir); err != nil {
			return err
		}
	}
	r, err := durability.Run(ctx, c)
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintln(out, r)
	if len(r.Broken) > 0 {
		return fmt.Errorf("%d promises were broken; see %s", len(r.Broken), c.Dir)
	}
	if *keep {
		_, err = fmt.Fprintln(out, "kept:", c.Dir)
		return err
	}
	for _, f := range tidy {
		err = errors.Join(err, f())
	}
	return err
}

// build builds the hub.
func build(ctx context.Context, dir string) (string, error) {
	program := filepath.Join(dir, "vetgraph")
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, "github.com/vetgraph/vetgraph/server/vetgraph")
	cmd.Stderr = os.Stderr
	return program, cmd.Run()
}

// ownSchema makes a schema of our own in a PostgreSQL and returns its address
// and how to drop it.
func ownSchema(ctx context.Context, database string, seed uint64) (string, func() error, error) {
	name := fmt.Sprintf("kill_%d", seed)
	do := func(ctx context.Context, statement string) (err error) {
		conn, err := pgx.Connect(ctx, database)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, conn.Close(ctx)) }()
		_, err = conn.Exec(ctx, statement)
		return err
	}
	u, err := url.Parse(database)
	if err != nil {
		return "", nil, errors.New("the address of the database cannot be read") // it may hold a password
	}
	q := u.Query()
	q.Set("search_path", name)
	u.RawQuery = q.Encode()
	drop := func() error { return do(context.WithoutCancel(ctx), "drop schema "+name+" cascade") }
	return u.String(), drop, do(ctx, "create schema "+name)
}
