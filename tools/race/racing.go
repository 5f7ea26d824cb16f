package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// booker is what races: the diary, or one with a bug planted.
type booker interface {
	Book(ctx context.Context, caseID, slot, key string) (*gen.Appointment, error)
	Move(ctx context.Context, id, slot string) (*gen.Appointment, error)
	Cancel(ctx context.Context, id string) (*gen.Appointment, error)
}

// known is what racers know of a case: the place last acknowledged.
type known struct{ id, key, slot string }

// race lets racers do so many operations at once on the rig's cases. at makes the
// booker whose clock stands at a moment.
func (r *rig) race(ctx context.Context, racers, total int, seed uint64, at func(now time.Time) booker) []operation {
	ops, began := make([]operation, total), time.Now()
	last := make([]atomic.Pointer[known], len(r.cases))
	var next atomic.Int64
	var all sync.WaitGroup
	for range racers {
		all.Go(func() {
			for n := int(next.Add(1)) - 1; n < total; n = int(next.Add(1)) - 1 {
				dice := rand.New(rand.NewPCG(seed, uint64(n)))
				who := dice.IntN(len(r.cases))
				o := r.choose(dice, n, who, last[who].Load())
				b := at(noon.Add(time.Duration(n) * time.Microsecond))
				as := access.With(ctx, &access.Viewer{ID: "race", Kind: access.Veteran, Self: veteran(who)})
				o.invoked = int64(time.Since(began))
				a, err := o.do(as, b)
				o.returned = int64(time.Since(began))
				o.told(a, err)
				if o.reason == "" && o.kind == book {
					last[who].Store(&known{o.result, o.key, o.slot})
				}
				ops[n] = o
			}
		})
	}
	all.Wait()
	return ops
}

// choose draws what is done next: mostly bookings, moves and cancellations that
// make sense, and some that were sent twice, come late, or want too much.
func (r *rig) choose(dice *rand.Rand, n, who int, k *known) operation {
	o := operation{n: n, kind: book, caseID: r.cases[who], slot: r.slots[dice.IntN(len(r.slots))], key: fmt.Sprintf("key-%08d", n)}
	if k == nil {
		return o
	}
	switch p := dice.IntN(100); {
	case p < 5: // sent again
		o.key, o.slot = k.key, k.slot
	case p < 7: // the key of another booking
		o.key = k.key
	case p < 40: // perhaps it was cancelled meanwhile
	case p < 80:
		o.kind, o.appointment, o.key = move, k.id, ""
	default:
		o.kind, o.appointment, o.key, o.slot = cancel, k.id, "", ""
	}
	return o
}

func (o *operation) do(ctx context.Context, b booker) (*gen.Appointment, error) {
	switch o.kind {
	case move:
		return b.Move(ctx, o.appointment, o.slot)
	case cancel:
		return b.Cancel(ctx, o.appointment)
	}
	return b.Book(ctx, o.caseID, o.slot, o.key)
}

// told notes the answer.
func (o *operation) told(a *gen.Appointment, err error) {
	f := new(fault.Fault)
	switch {
	case errors.As(err, &f):
		o.reason = f.Reason
	case err != nil:
		o.reason = err.Error()
	default:
		o.result = a.ID
	}
}
