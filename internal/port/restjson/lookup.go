package restjson

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"slices"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

// round is the part of a lookup that can go in one call: one path, one batch.
type round struct {
	port    *catalog.Port
	persons []Person
}

// Lookup implements [port.Department].
func (d *department) Lookup(ctx context.Context, questions []port.Question) ([]port.Record, error) {
	rounds, err := d.rounds(questions)
	if err != nil {
		return nil, fmt.Errorf("lookup at %s: %w", d.department, err)
	}
	found := make([]map[string]Record, len(rounds))
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(sideBySide)
	for i, r := range rounds {
		g.Go(func() (err error) {
			found[i], err = d.ask(ctx, r)
			return err
		})
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("lookup of %d persons: %w", len(questions), err)
	}
	records := make([]port.Record, len(questions))
	for i, q := range questions {
		if records[i], err = d.record(q, found); err != nil {
			return nil, fmt.Errorf("lookup of %d persons: %w", len(questions), port.Garbled(d.department).Because(err))
		}
	}
	return records, nil
}

// rounds sorts questions into calls: lookups that share a path go together, for
// as many persons as the smallest batch among them allows.
func (d *department) rounds(questions []port.Question) ([]round, error) {
	var byPath []*round
	refs := make(map[string]bool, len(questions))
	for _, q := range questions {
		if refs[q.Ref] {
			return nil, errors.New("a ref occurs twice") // the answers could not be told apart
		}
		refs[q.Ref] = true
		for _, id := range q.Lookups {
			p := d.names.LookupPort(id)
			if p == nil {
				return nil, fmt.Errorf("it has no lookup %s", id)
			}
			i := slices.IndexFunc(byPath, func(r *round) bool { return r.port.Path == p.Path })
			if i < 0 {
				i, byPath = len(byPath), append(byPath, &round{port: p})
			}
			byPath[i].add(q, p)
		}
	}
	var rounds []round
	for _, r := range byPath {
		for persons := range chunks(r.persons, r.port.Batch) {
			rounds = append(rounds, round{r.port, persons})
		}
	}
	return rounds, nil
}

func (r *round) add(q port.Question, p *catalog.Port) {
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
func (d *department) ask(ctx context.Context, r round) (map[string]Record, error) {
	var answer LookupAnswer
	if err := d.call(ctx, http.MethodPost, Path(r.port, LookupPath), timeout(r.port), LookupQuestion{Questions: r.persons}, &answer); err != nil {
		return nil, d.asFault(err)
	}
	records := make(map[string]Record, len(answer.Records))
	for _, rec := range answer.Records {
		if _, twice := records[rec.Ref]; twice {
			return nil, port.Garbled(d.department).Because(errors.New("two records for one ref"))
		}
		records[rec.Ref] = rec
	}
	for _, p := range r.persons {
		rec, ok := records[p.Ref]
		if !ok || (rec.Known && rec.AsOf.IsZero()) {
			return nil, port.Garbled(d.department).Because(errors.New("a record is missing or has no date"))
		}
	}
	return records, nil
}

// record puts together what all calls found of one person. Where two lookups
// answer the same field, the one named first in the question counts; the record
// is as old as its oldest part.
func (d *department) record(q port.Question, found []map[string]Record) (port.Record, error) {
	record := port.Record{Ref: q.Ref, Facts: catalog.Facts{}}
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
			facts, err := d.names.Facts(id, f[q.Ref].Lookups[id])
			if err != nil {
				return port.Record{}, err
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

// chunks cuts a list into pieces of at most n; a port without a batch takes one.
func chunks[T any](list []T, n int) iter.Seq[[]T] { return slices.Chunk(list, max(n, 1)) }
