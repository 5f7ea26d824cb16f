package port

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// round is the part of a lookup that can go in one call: one line and path, one batch.
type round struct {
	port    *catalog.Port
	line    Line
	persons []Person
}

// Lookup implements [Department].
func (c *client) Lookup(ctx context.Context, questions []Question) ([]Record, error) {
	rounds, err := c.rounds(questions)
	if err != nil {
		return nil, fmt.Errorf("lookup at %s: %w", c.department, err)
	}
	found := make([]map[string]Found, len(rounds))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for i, r := range rounds {
		g.Go(func() (err error) {
			found[i], err = c.ask(ctx, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("lookup of %d persons: %w", len(questions), err)
	}
	records := make([]Record, len(questions))
	for i, q := range questions {
		if records[i], err = c.record(q, found); err != nil {
			return nil, fmt.Errorf("lookup of %d persons: %w", len(questions), Garbled(c.department).Because(err))
		}
	}
	return records, nil
}

// rounds sorts questions into calls: lookups that share a line and a path go
// together, for as many persons as the smallest batch among them allows.
func (c *client) rounds(questions []Question) ([]round, error) {
	var places []*round
	refs := make(map[string]bool, len(questions))
	for _, q := range questions {
		if refs[q.Ref] {
			return nil, errors.New("a ref occurs twice") // the answers could not be told apart
		}
		refs[q.Ref] = true
		for _, id := range q.Lookups {
			p := c.names.LookupPort(id)
			if p == nil {
				return nil, fmt.Errorf("it has no lookup %s", id)
			}
			if err := c.doors[id].gate.stopped(); err != nil {
				return nil, err // a part left out would pass for a person without it
			}
			line := c.doors[id].line
			i := slices.IndexFunc(places, func(r *round) bool { return r.line == line && r.port.Path == p.Path })
			if i < 0 {
				i, places = len(places), append(places, &round{port: p, line: line})
			}
			places[i].add(q, p)
		}
	}
	var rounds []round
	for _, r := range places {
		for persons := range chunks(r.persons, r.port.Batch) {
			rounds = append(rounds, round{r.port, r.line, persons})
		}
	}
	return rounds, nil
}

func (r *round) add(q Question, p *catalog.Port) {
	if p.Batch < r.port.Batch {
		r.port = p
	}
	if last := len(r.persons) - 1; last < 0 || r.persons[last].Ref != q.Ref {
		r.persons = append(r.persons, Person{Ref: q.Ref, CitizenNumber: q.CitizenNumber.Reveal()})
	}
	last := &r.persons[len(r.persons)-1]
	if !slices.Contains(last.Lookups, p.ID) {
		last.Lookups = append(last.Lookups, p.ID)
	}
}

// ask makes one call and insists on one record for each person asked about: a
// person left out is a garbled answer, not an unknown person.
func (c *client) ask(ctx context.Context, r round) (map[string]Found, error) {
	records := make(map[string]Found, len(r.persons))
	return records, c.through(ctx, r.port, func(ctx context.Context, l Line) error {
		clear(records)
		all, err := l.Lookup(ctx, r.port, r.persons)
		if err != nil {
			return err
		}
		for _, rec := range all {
			if _, twice := records[rec.Ref]; twice {
				return Garbled(c.department).Because(errors.New("two records for one ref"))
			}
			records[rec.Ref] = rec
		}
		for _, p := range r.persons {
			rec, ok := records[p.Ref]
			if !ok || (rec.Known && rec.AsOf.IsZero()) {
				return Garbled(c.department).Because(errors.New("a record is missing or has no date"))
			}
		}
		return nil
	})
}

// record puts together what all calls found of one person. Where two lookups
// answer the same field, the one named first in the question counts; the record
// is as old as its oldest part.
func (c *client) record(q Question, found []map[string]Found) (Record, error) {
	record := Record{Ref: q.Ref, Facts: catalog.Facts{}}
	for _, f := range found {
		r, ok := f[q.Ref]
		if !ok || !r.Known {
			continue
		}
		if !record.Known || r.AsOf.Before(record.AsOf) {
			record.AsOf = r.AsOf
		}
		record.Known = true
	}
	for _, id := range q.Lookups {
		for _, f := range found {
			facts, err := c.names.Facts(id, f[q.Ref].Lookups[id])
			if err != nil {
				return Record{}, err
			}
			for field, v := range facts {
				if _, said := record.Facts[field]; !said {
					record.Facts[field] = v
				}
			}
		}
	}
	if !record.Known {
		record.Facts = nil
	}
	return record, nil
}
