// Package lookup asks departments what they hold of people right now, each department once for everybody who is asked about.
//
// A department that does not answer is a gap with a name, never a missing
// person; the others' answers are complete. The time for all is bounded.
package lookup

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// Desk asks.
type Desk struct {
	Profile     *profile.Profile
	Catalog     func() *catalog.Catalog
	Departments interface {
		Get(code string) port.Department
		Departments() []string
	}
	Patience  time.Duration                         // longest wait for all departments together; 0 means 700 ms
	Freshness func(department string) time.Duration // how old a department's facts may be, in calendar time; nil: as its look-ups say
	Keeper    *Keeper                               // writes what was answered into the mirror; nil: nobody does

	opened   atomic.Pointer[book]
	silences silences
	inflight inflight
}

// Key names one question: a person and a department.
type Key struct{ Veteran, Department string }

// Answer is what a department says of a person. Silence is set if it did not answer.
type Answer struct {
	Record      port.Record
	At          time.Time // when it answered, or was found silent; zero if it was not asked
	Silence     *fault.Fault
	SilentSince time.Time // of a silence: the first since its last answer
}

// CodesFor lists the departments that a viewer may ask: an officer their own.
func (d *Desk) CodesFor(v *access.Viewer) []string {
	codes := d.Codes()
	if v != nil && v.Kind == access.Officer {
		return slices.DeleteFunc(codes, func(c string) bool { return c != v.Department })
	}
	return codes
}

// Codes lists the departments that can be asked, in order of code.
func (d *Desk) Codes() []string {
	var out []string
	for _, code := range d.Departments.Departments() {
		if len(d.ports(code)) > 0 {
			out = append(out, code)
		}
	}
	return out
}

// Many asks every department named in keys once, side by side, and answers each
// key in order. Persons the viewer may not see are answered as not known.
func (d *Desk) Many(ctx context.Context, keys []Key) ([]Answer, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	may := d.within(access.From(ctx))
	for _, k := range keys {
		if !slices.Contains(may, k.Department) {
			return nil, access.NotAllowed()
		}
	}
	persons, err := d.persons(ctx, keys)
	if err != nil {
		return nil, err
	}
	byDepartment := map[string][]int{}
	for i, k := range keys {
		byDepartment[k.Department] = append(byDepartment[k.Department], i)
	}
	out := make([]Answer, len(keys))
	var wg sync.WaitGroup
	for code, at := range byDepartment {
		wg.Go(func() { d.ask(ctx, code, keys, at, persons, out) })
	}
	wg.Wait()
	d.note(ctx, keys, func(veteran string) bool { return persons[veteran] != nil }, out)
	return out, nil
}

// Ask asks one department about one person: what it holds, by field and fact ID.
// Nothing, if it does not know them; its fault, if it does not answer.
func (d *Desk) Ask(ctx context.Context, veteranID, department string) (catalog.Facts, error) {
	out, err := d.Many(ctx, []Key{{veteranID, department}})
	if err != nil {
		return nil, err
	}
	if out[0].Silence != nil {
		return nil, out[0].Silence
	}
	return out[0].Record.Facts, nil
}

// persons reads the people asked about, those the viewer may see.
func (d *Desk) persons(ctx context.Context, keys []Key) (map[string]*gen.Veteran, error) {
	by := map[string]*gen.Veteran{}
	var ids []string
	for _, k := range keys {
		if _, ok := by[k.Veteran]; !ok {
			by[k.Veteran], ids = nil, append(ids, k.Veteran)
		}
	}
	vs, err := d.Profile.GetMany(ctx, ids)
	if err != nil {
		return nil, err
	}
	for i, v := range vs {
		by[ids[i]] = v
	}
	return by, nil
}

// ask puts one department's answers at their places of out.
func (d *Desk) ask(ctx context.Context, code string, keys []Key, at []int, persons map[string]*gen.Veteran, out []Answer) {
	budget := d.Patience
	if budget == 0 {
		budget = patience
	}
	ctx, cancel := context.WithTimeout(ctx, budget)
	defer cancel()
	var questions []port.Question
	place := map[string][]int{}
	for _, i := range at {
		v := persons[keys[i].Veteran]
		if v == nil {
			continue
		}
		if place[v.ID] == nil {
			number, err := d.Profile.Number(v)
			if err != nil {
				out[i].Silence = fault.Of(err)
				continue
			}
			questions = append(questions, port.Question{Ref: v.ID, CitizenNumber: number, Lookups: d.ports(code)})
		}
		place[v.ID] = append(place[v.ID], i)
	}
	if len(questions) == 0 {
		return
	}
	records, silences := d.inflight.ask(ctx, budget, code, d.Departments.Get(code), questions)
	for n, q := range questions {
		for _, i := range place[q.Ref] {
			out[i].Record, out[i].Silence = records[n], silences[n]
		}
	}
}
