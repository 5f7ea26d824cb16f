package main

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
)

// cells lists what is to be played: for each port, a cell for each fault.
func (r *rig) cells(o options) (all []*cell) {
	for _, p := range r.ports(o) {
		for _, f := range o.faults {
			all = append(all, &cell{fault: f, port: p, unseen: department.Unseen(f, p)})
		}
	}
	return all
}

// ports are those that are asked for; of a sample so many of each operation, of
// another matter each, so that they can be played side by side.
func (r *rig) ports(o options) (all []*catalog.Port) {
	by := map[string][]*catalog.Port{}
	for _, p := range r.hub.Resolver.Catalogue().Ports {
		if p.Operation == "PUSH" || len(o.ports) > 0 && !slices.ContainsFunc(o.ports, func(s string) bool { return strings.HasPrefix(p.ID, s) }) {
			continue
		}
		by[p.Operation] = append(by[p.Operation], p)
		all = append(all, p)
	}
	if o.sample == 0 {
		return all
	}
	all = nil
	for i, operation := range slices.Sorted(maps.Keys(by)) {
		ports := by[operation]
		for n := range min(o.sample, len(ports)) {
			all = append(all, ports[(i*o.sample+n)%len(ports)])
		}
	}
	return all
}

// play plays the cells side by side: one after the other what has to do with the
// same matter or lookup, and after all others what befalls a whole department. Those
// who file bear with somebody else's fault at the same department; a question cannot.
func (r *rig) play(ctx context.Context, cells []*cell) {
	whole := func(c *cell) bool { return c.fault == department.ExpiredCertificate }
	asked := func(c *cell) bool { return c.port.Operation == "LOOKUP" }
	for _, act := range []struct {
		in  func(*cell) bool
		key func(*cell) string
	}{
		{func(c *cell) bool { return !whole(c) }, func(c *cell) string { return cmp.Or(c.port.Matter, c.port.ID) }},
		{func(c *cell) bool { return whole(c) && !asked(c) }, func(c *cell) string { return c.port.Matter }},
		{func(c *cell) bool { return whole(c) && asked(c) }, func(c *cell) string { return c.port.Department }},
	} {
		lines := map[string][]*cell{}
		for _, c := range cells {
			if c.unseen == "" && act.in(c) {
				lines[act.key(c)] = append(lines[act.key(c)], c)
			}
		}
		var all sync.WaitGroup
		places := make(chan struct{}, abreast)
		for _, line := range lines {
			all.Go(func() {
				for _, c := range line {
					places <- struct{}{}
					start := time.Now()
					limited, cancel := context.WithTimeout(access.AsMachine(ctx, "faults"), patience)
					if c.port.Operation == "LOOKUP" {
						c.err = r.lookUp(limited, c)
					} else {
						c.err = r.live(limited, c)
					}
					cancel()
					c.took = time.Since(start)
					<-places
				}
			})
		}
		all.Wait()
	}
}
