package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	pace    = 5 * time.Millisecond // between two questions
	control = "(no fault)"

	slice = time.Second // calm and fault take turns, so that both meet the same machine
)

// calm measures what a fault at the look-ups of one department costs those of the
// others: the 99th percentile of their answers in slices with the fault and in
// slices without, turn by turn, at the same rate. The department that misbehaves is
// asked all the while. The first row is the measurement's own noise: no fault in
// either slice.
func (r *rig) calm(ctx context.Context, o options, out io.Writer) error {
	lookups := map[string][]string{} // by department
	for _, p := range r.hub.Resolver.Catalogue().Ports {
		if p.Operation == "LOOKUP" {
			lookups[p.Department] = append(lookups[p.Department], p.ID)
		}
	}
	const bad = "VA"
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	_, _ = fmt.Fprintf(w, "fault at %s\tothers' p99 without\twith\tratio\tp50 without\twith\tquestions\n", bad)
	var allWith, allWithout []time.Duration
	row := func(name string, without, with []time.Duration) {
		a, b := share(without, 99), share(with, 99)
		_, _ = fmt.Fprintf(w, "%s\t%v\t%v\t%.2f\t%v\t%v\t%d\n", name, a, b, float64(b)/float64(a), share(without, 50), share(with, 50), len(with)+len(without))
	}
	for _, name := range append([]string{control}, o.faults...) {
		var fault department.Fault
		if name != control {
			var err error
			if fault, err = department.Named(name); err != nil {
				return err
			}
			if department.Unseen(name, r.port(lookups[bad][0])) != "" {
				continue
			}
		}
		without, with, err := r.turns(ctx, o, lookups, bad, fault)
		if err != nil {
			return err
		}
		row(name, without, with)
		if name != control {
			allWithout, allWith = append(allWithout, without...), append(allWith, with...)
		}
	}
	row("all of them", allWithout, allWith)
	return w.Flush()
}

// turns loads the look-ups in slices without the fault and with it, and answers how
// long the others' answers took in both.
func (r *rig) turns(ctx context.Context, o options, lookups map[string][]string, bad string, fault department.Fault) (without, with []time.Duration, err error) {
	for i := range max(2, 2*int(o.seconds/2)) {
		now, into := department.Fault{}, &without
		if i%2 == 1 {
			now, into = fault, &with
		}
		if err := r.hub.Fleet.SetFault(bad, now); err != nil {
			return nil, nil, err
		}
		*into = append(*into, r.load(ctx, lookups, bad)...)
	}
	if err := r.hub.Fleet.SetFault(bad, department.Fault{}); err != nil {
		return nil, nil, err
	}
	for _, id := range lookups[bad] {
		r.hub.Registry.Gate(id).Release()
	}
	return without, with, nil
}

func (r *rig) port(id string) *catalog.Port { return r.hub.Resolver.Catalogue().Port(id) }

// load asks for a slice of time and answers how long the other departments took.
func (r *rig) load(ctx context.Context, lookups map[string][]string, bad string) []time.Duration {
	var all sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	codes := slices.Sorted(func(yield func(string) bool) {
		for code := range lookups {
			if !yield(code) {
				return
			}
		}
	})
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tick := time.NewTicker(pace)
	defer tick.Stop()
	for n, end := 0, time.Now().Add(slice); time.Now().Before(end); n++ {
		<-tick.C
		code, person := codes[n%len(codes)], r.people[n%len(r.people)]
		work := func() {
			start := time.Now()
			_, err := r.hub.Registry.Get(code).Lookup(ctx, []port.Question{{Ref: person.id, CitizenNumber: person.number, Lookups: lookups[code]}})
			if code == bad || err != nil {
				return
			}
			mu.Lock()
			took = append(took, time.Since(start))
			mu.Unlock()
		}
		if code == bad {
			go work() // nobody waits for it
		} else {
			all.Go(work)
		}
	}
	all.Wait()
	return took
}

// share is the percentile of some times.
func share(all []time.Duration, percent int) time.Duration {
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	return all[len(all)*percent/100].Round(time.Microsecond)
}
