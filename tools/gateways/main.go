// Command gateways measures our gateway beside others: the same supergraph, the same queries, the same subgraphs, the same machine.
//
//	go run ./tools/gateways                      ours, Apollo's gateway, Hive's engine
//	go run ./tools/gateways -only vetgraph -for 20s -connections 64
//
// Two subgraphs run in processes of their own and answer by what they are asked. Each
// gateway in turn is a fresh process, is warmed up, and is then asked over as many
// connections as named. Beside answers per second stands the processor time that the
// gateway alone spent on an answer, which neither the subgraphs nor whoever asks change.
// The gateways take turns, and of all turns each gateway's best counts.
// Those of others need Node.js and npm ci in tools/npm.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

type options struct {
	only        []string
	seconds     time.Duration
	turns       int
	connections int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if err != nil {
		_, _ = fmt.Fprintf(os.Stderr, "gateways: %v\n", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 2 && args[0] == "subgraph" {
		return serveSubgraph(ctx, args[1], out)
	}
	var o options
	flags := flag.NewFlagSet("gateways", flag.ContinueOnError)
	only := flags.String("only", "", "names of gateways, separated by commas")
	flags.DurationVar(&o.seconds, "for", 5*time.Second, "how long each query is asked, each turn")
	flags.IntVar(&o.turns, "turns", 3, "turns of all gateways")
	flags.IntVar(&o.connections, "connections", 16, "requests at once")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if *only != "" {
		o.only = strings.Split(*only, ",")
	}
	folder, err := os.MkdirTemp("", "gateways")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }()
	r := &rig{folder: folder, options: o}
	defer r.stop()
	if err := r.start(ctx); err != nil {
		return err
	}
	all, err := r.measure(ctx)
	if err != nil {
		return err
	}
	report(out, all, o)
	return nil
}

// rig is the subgraphs under way and the supergraph of them.
type rig struct {
	folder     string
	options    options
	supergraph string // file
	vetgraph   string // program
	running    []*process
}

func (r *rig) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	r.vetgraph, r.supergraph = filepath.Join(r.folder, "vetgraph"), filepath.Join(r.folder, "supergraph.graphql")
	if err := complete(ctx, "go", "build", "-o", r.vetgraph, "./server/vetgraph"); err != nil {
		return err
	}
	parts := []string{"compose", "--out", r.supergraph}
	for _, name := range []string{"people", "visits"} {
		p, err := begin(ctx, self, "subgraph", name)
		if err != nil {
			return err
		}
		r.running = append(r.running, p)
		address, err := p.line(ctx)
		if err != nil {
			return fmt.Errorf("subgraph %s: %w", name, err)
		}
		file := filepath.Join(r.folder, name+".graphqls")
		if err := os.WriteFile(file, []byte(federation+schemas[name]), 0o600); err != nil {
			return err
		}
		parts = append(parts, name+"="+address+"="+file)
	}
	return complete(ctx, r.vetgraph, parts...)
}

func (r *rig) stop() {
	for _, p := range r.running {
		p.kill()
	}
}

// measure lets the gateways take turns.
func (r *rig) measure(ctx context.Context) (map[string][]figures, error) {
	all := map[string][]figures{}
	for turn := range r.options.turns {
		for _, g := range gateways {
			if len(r.options.only) > 0 && !slices.Contains(r.options.only, g.name) {
				continue
			}
			got, err := r.turn(ctx, g)
			if err != nil {
				return nil, fmt.Errorf("%s, turn %d: %w", g.name, turn+1, err)
			}
			best, ok := all[g.name]
			if !ok {
				all[g.name] = got
				continue
			}
			for i := range best {
				best[i] = best[i].better(got[i])
			}
		}
	}
	return all, nil
}

func report(out io.Writer, all map[string][]figures, o options) {
	_, _ = fmt.Fprintf(out, "%s, %d processors, %s; %d connections, %s each, best of %d turns\n\n", model(), runtime.NumCPU(), runtime.Version(), o.connections, o.seconds, o.turns)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintln(w, "query\tgateway\tanswers/s\tp50\tp99\tprocessor/answer\tmemory\tours is")
	for i, q := range queries {
		for _, g := range gateways {
			f, ok := all[g.name]
			if !ok {
				continue
			}
			than := ""
			if ours, ok := all["vetgraph"]; ok && g.name != "vetgraph" {
				than = fmt.Sprintf("%.1f× as fast, %.1f× as cheap", ours[i].rate/f[i].rate, float64(f[i].work)/float64(ours[i].work))
			}
			_, _ = fmt.Fprintf(w, "%s\t%s\t%.0f\t%s\t%s\t%s\t%d MB\t%s\n", q.name, g.name, f[i].rate, short(f[i].p50), short(f[i].p99), short(f[i].work), f[i].memory>>20, than)
		}
	}
	_ = w.Flush()
}

func short(d time.Duration) string { return fmt.Sprintf("%.2f ms", float64(d.Microseconds())/1000) }

// model names the processor, if the system tells it.
func model() string {
	text, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(text)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}
