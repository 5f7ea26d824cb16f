// Command faults lets every port of the catalogue meet every fault that departments' systems have, in a hub with all its parts, and checks that everything ends as it should.
//
//	go run ./tools/faults                       every fault at every port: a quarter of an hour
//	go run ./tools/faults -sample 1             one port of each operation
//	go run ./tools/faults -faults RESET,DRIP -ports ps.household
//	go run ./tools/faults -calm                 what a fault at one port costs the others
//
// A cell is one fault at one port. A veteran files a case that needs the port, the
// port misbehaves until that has been felt, then it behaves, and the case must end:
// granted or taken back, the same in the record and in the department's books, done
// once and journaled once. A look-up must answer the truth or say that it cannot.
// Nobody may be believed who is not the department.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
)

type options struct {
	faults, ports []string
	sample        int
	database      string
	calm          bool
	seconds       float64
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		_, _ = fmt.Fprintln(os.Stderr, "faults:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	var o options
	var faults, ports string
	flags := flag.NewFlagSet("faults", flag.ContinueOnError)
	flags.StringVar(&faults, "faults", "", "these faults only, by name: "+strings.Join(department.FaultNames(), ", "))
	flags.StringVar(&ports, "ports", "", "these ports only, by the beginning of their ID")
	flags.IntVar(&o.sample, "sample", 0, "so many ports of each operation; 0: all")
	flags.StringVar(&o.database, "database", "", "postgres://… with an empty schema; left out, SQLite in a temporary folder")
	flags.BoolVar(&o.calm, "calm", false, "measure what a fault at one port costs the others, instead")
	flags.Float64Var(&o.seconds, "seconds", 8, "with -calm: how long each fault is on")
	if err := flags.Parse(args); err != nil {
		return err
	}
	o.faults, o.ports = list(faults), list(ports)
	if len(o.faults) == 0 {
		o.faults = department.FaultNames()
	}
	for _, name := range o.faults {
		if _, err := department.Named(name); err != nil {
			return err
		}
	}
	r, err := open(ctx, o)
	if err != nil {
		return err
	}
	if o.calm {
		err = r.calm(ctx, o, out)
	} else {
		err = r.matrix(ctx, o, out)
	}
	return cmp.Or(err, r.close())
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ' ' })
}

// matrix plays every cell and prints what became of them.
func (r *rig) matrix(ctx context.Context, o options, out io.Writer) error {
	began := time.Now()
	cells := r.cells(o)
	r.play(ctx, cells)
	report(out, o.faults, cells)
	var bad []string
	played, forged, taken := 0, int64(0), int64(0)
	for _, c := range cells {
		if c.unseen == "" {
			played++
		}
		if c.err != nil {
			bad = append(bad, fmt.Sprintf("%s at %s: %v", c.fault, c.port.ID, c.err))
		}
	}
	for _, counts := range r.hub.Fleet.Counters() {
		forged, taken = forged+counts["FORGED"], taken+counts["FORGERY_TAKEN"]
	}
	if taken > 0 {
		bad = append(bad, fmt.Sprintf("%d forged callbacks were believed", taken))
	}
	silent, err := r.silences(ctx)
	if err != nil {
		return err
	}
	bad = append(bad, silent...)
	_, _ = fmt.Fprintf(out, "%d cells: %d played, %d where the fault cannot be; %d forged callbacks, %d believed; %.0f s\n",
		len(cells), played, len(cells)-played, forged, taken, time.Since(began).Seconds())
	if len(bad) > 0 {
		slices.Sort(bad)
		return fmt.Errorf("%d did not end as they should:\n%s", len(bad), strings.Join(bad, "\n"))
	}
	return ctx.Err()
}

// report prints a line for each port and a column for each fault: seconds until the
// end, ✗ for a wrong one, · where the fault cannot be.
func report(out io.Writer, faults []string, cells []*cell) {
	w := tabwriter.NewWriter(out, 0, 4, 1, ' ', 0)
	_, _ = fmt.Fprint(w, "port")
	for i, f := range faults {
		_, _ = fmt.Fprintf(w, "\t%c", 'a'+i)
		defer func() { _, _ = fmt.Fprintf(out, "%c %s\n", 'a'+i, f) }()
	}
	_, _ = fmt.Fprintln(w)
	for row := range slices.Chunk(cells, len(faults)) {
		_, _ = fmt.Fprint(w, row[0].port.ID)
		for _, c := range row {
			switch {
			case c.unseen != "":
				_, _ = fmt.Fprint(w, "\t·")
			case c.err != nil:
				_, _ = fmt.Fprint(w, "\t✗")
			default:
				_, _ = fmt.Fprintf(w, "\t%.1f", c.took.Seconds())
			}
		}
		_, _ = fmt.Fprintln(w)
	}
	_ = w.Flush()
}
