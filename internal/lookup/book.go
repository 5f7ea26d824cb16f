package lookup

import (
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// book is what the ports of a catalogue say about look-ups. It does not change.
type book struct {
	of       *catalog.Catalog
	vouching map[string][]string      // by element: the departments whose look-ups tell it
	fresh    map[string]time.Duration // by department: how old its facts may be, in calendar time, as the strictest of its look-ups says
	lookups  map[string][]string      // by department: the IDs of its look-ups
}

// book is the one of the catalogue in force.
func (d *Desk) book() *book {
	c := d.Catalog()
	if b := d.opened.Load(); b != nil && b.of == c {
		return b
	}
	b := &book{of: c, vouching: map[string][]string{}, fresh: map[string]time.Duration{}, lookups: map[string][]string{}}
	for _, p := range c.Ports {
		if p.Operation != "LOOKUP" || p.OnDemand {
			continue
		}
		if may, ok := b.fresh[p.Department]; !ok || p.Fresh() < may {
			b.fresh[p.Department] = p.Fresh()
		}
		b.lookups[p.Department] = append(b.lookups[p.Department], p.ID)
		for id := range p.Answers {
			if !slices.Contains(b.vouching[id], p.Department) {
				b.vouching[id] = append(b.vouching[id], p.Department)
			}
		}
	}
	d.opened.Store(b)
	return b
}

// freshness is how old a department's facts may be, in calendar time.
func (d *Desk) freshness(code string) time.Duration {
	if d.Freshness != nil {
		return d.Freshness(code)
	}
	if may, ok := d.book().fresh[code]; ok {
		return may
	}
	return freshness
}

// ports lists the look-ups of a department.
func (d *Desk) ports(department string) []string { return d.book().lookups[department] }
