// Package population invents veterans to show, test and measure with: nobody in it is real.
//
// The same seed gives the same people, byte for byte, whatever their number: the
// first hundred of a thousand are the hundred. The first few ([Heroes]) and three
// further on ([Disagreements]) are the same under every seed. Everybody is marked
// synthetic; numbers come from ranges that nobody is given ([Mobile],
// [BankAccount], units beginning with 00).
// Shares follow distributions.json, where each says how sure it is; most are
// assumptions. One thing is bent on purpose: a fifth of the people left the forces
// within four weeks, so that there are always people within their time limits.
package population

import (
	"context"
	"fmt"
	"hash/fnv"
	"iter"
	"math/rand/v2"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Generate draws n people as they are on a day, the heroes first.
func Generate(seed uint64, n int, asOf workday.Day, divisions *division.Tree) iter.Seq[profile.Person] {
	return func(yield func(profile.Person) bool) {
		land := survey(divisions)
		given := make(map[string]bool, n) // numbers
		for i := range n {
			d := &draw{i: i, asOf: asOf, land: land, s: spreads(), given: given}
			if !yield(d.one(seed)) {
				return
			}
		}
	}
}

// one draws the person whose turn it is. Heroes, and those of whom departments say
// different things, do not depend on the seed.
func (d *draw) one(seed uint64) profile.Person {
	if h, ok := fixed(d.i); ok {
		d.r = rand.New(rand.NewPCG(0, uint64(d.i)))
		return d.hero(h)
	}
	d.r = rand.New(rand.NewPCG(seed, uint64(d.i)))
	return d.person()
}

// perCommit is how many people are written in one transaction.
const perCommit = 500

// Write generates n people as of the profile's today and writes them. Progress,
// if there is one, is told how many are done. Writing the same seed on the same
// day again changes nothing; people of an interrupted write are completed.
func Write(ctx context.Context, p *profile.Profile, seed uint64, n int, progress func(done int)) error {
	g, ctx := errgroup.WithContext(ctx)
	chunks := make(chan []profile.Person, 1)
	g.Go(func() error { // drawing goes on while the last chunk is written
		defer close(chunks)
		for chunk := range batches(Generate(seed, n, workday.FromTime(p.Now()), p.Divisions), perCommit) {
			select {
			case chunks <- chunk:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		done := 0
		for chunk := range chunks {
			err := p.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
				_, err := p.Put(ctx, tx, chunk)
				return err
			})
			if err != nil {
				return fmt.Errorf("write the population: %w", err)
			}
			if done += len(chunk); progress != nil {
				progress(done)
			}
		}
		return nil
	})
	return g.Wait()
}

// batches cuts a sequence into slices of up to size.
func batches[T any](all iter.Seq[T], size int) iter.Seq[[]T] {
	return func(yield func([]T) bool) {
		chunk := make([]T, 0, size)
		for v := range all {
			if chunk = append(chunk, v); len(chunk) == size {
				if !yield(chunk) {
					return
				}
				chunk = make([]T, 0, size)
			}
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}

// Mobile is the mobile number of person i, of the range 199 0000 0000 to 9999 that
// this program keeps to for tests. There are ten thousand of them.
func Mobile(i int) string { return fmt.Sprintf("1990000%04d", i%10_000) }

// BankAccount is a card number for person i that passes the Luhn check and belongs
// to no bank: issuers beginning with 9 are national (ISO/IEC 7812), and 999 is no
// country.
func BankAccount(i int) string {
	digits := fmt.Sprintf("999000%012d", i)
	sum := 0
	for k, c := range digits { // nineteen with the check digit: every odd place from the left is doubled
		v := int(c - '0')
		if k%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return fmt.Sprintf("%s%d", digits, (10-sum%10)%10)
}

// surveyed is the places people come from, by city.
type surveyed struct {
	tree      *division.Tree
	townships map[string][]division.Division // by city's four digits; of counties that GB/T 2260 lists
}

func survey(t *division.Tree) *surveyed {
	s := &surveyed{tree: t, townships: map[string][]division.Division{}}
	for _, d := range t.All() {
		if county, ok := t.Get(d.Parent); d.Level == division.Township && ok && !county.Statistical {
			s.townships[d.Code[:4]] = append(s.townships[d.Code[:4]], d)
		}
	}
	return s
}

// own is a source of chance that belongs to a person for as long as their number
// does, for what a register holds of them and the profile does not.
func own(q *profile.Person) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(q.Number.Reveal())) // a hash does not fail
	return rand.New(rand.NewPCG(h.Sum64(), 1))
}

func pick[T any](r *rand.Rand, of ...T) T { return of[r.IntN(len(of))] }

func oneIn(r *rand.Rand, n int) bool { return r.IntN(n) == 0 }

func ptr[T any](v T) *T { return &v }
