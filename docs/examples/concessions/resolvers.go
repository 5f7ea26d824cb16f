package main

import (
	"context"

	"github.com/vetgraph/vetgraph/docs/examples/concessions/exec"
)

// resolver answers the schema's fields from the service.
type resolver struct{ *service }

type (
	queryResolver        struct{ *service }
	mutationResolver     struct{ *service }
	subscriptionResolver struct{ *service }
	entityResolver       struct{ *service }
	concessionResolver   struct{ *service }
)

// Query implements exec.ResolverRoot.
func (r *resolver) Query() exec.QueryResolver { return queryResolver{r.service} }

// Mutation implements exec.ResolverRoot.
func (r *resolver) Mutation() exec.MutationResolver { return mutationResolver{r.service} }

// Subscription implements exec.ResolverRoot.
func (r *resolver) Subscription() exec.SubscriptionResolver { return subscriptionResolver{r.service} }

// Entity implements exec.ResolverRoot.
func (r *resolver) Entity() exec.EntityResolver { return entityResolver{r.service} }

// Concession implements exec.ResolverRoot.
func (r *resolver) Concession() exec.ConcessionResolver { return concessionResolver{r.service} }

// Concessions implements exec.QueryResolver.
func (r queryResolver) Concessions(_ context.Context, division *string) ([]*exec.Concession, error) {
	if division == nil {
		return r.offer.all, nil
	}
	return r.offer.within(*division), nil
}

// Concession implements exec.QueryResolver.
func (r queryResolver) Concession(_ context.Context, code string) (*exec.Concession, error) {
	return r.offer.byCode[code], nil
}

// Holders implements exec.ConcessionResolver.
func (r concessionResolver) Holders(_ context.Context, c *exec.Concession) (int, error) {
	return r.register.held(c.Code), nil
}

// FindConcession implements exec.EntityResolver: all that a router asks about in one
// request come at once, and are answered in the same order.
func (r entityResolver) FindConcession(_ context.Context, reps []*exec.ConcessionRepresentation) ([]*exec.Concession, error) {
	out := make([]*exec.Concession, len(reps))
	for i, rep := range reps {
		if rep.Code != nil {
			out[i] = r.offer.byCode[*rep.Code]
		}
	}
	return out, nil
}

// FindVeteran implements exec.EntityResolver. Whoever is named here is there: the
// router has had the ID from the hub, which decides who may see whom.
func (r entityResolver) FindVeteran(_ context.Context, reps []*exec.VeteranRepresentation) ([]*exec.Veteran, error) {
	out := make([]*exec.Veteran, len(reps))
	for i, rep := range reps {
		if rep.ID != nil {
			out[i] = r.veteran(*rep.ID, rep.Benefits)
		}
	}
	return out, nil
}

// TakeUpConcession implements exec.MutationResolver.
func (r mutationResolver) TakeUpConcession(_ context.Context, input exec.TakeUpConcessionInput) (*exec.TakeUpConcessionPayload, error) {
	now := r.now()
	veteran, err := r.permits.holder(input.Permit, now)
	if err != nil {
		return nil, err
	}
	if n := len(input.Key); n < 8 || n > 100 {
		return nil, &refusal{"BAD_USER_INPUT", "KEY_MALFORMED", "键为 8 到 100 个字节。", "A key has 8 to 100 bytes."}
	}
	c := r.offer.byCode[input.Concession]
	if c == nil || !usable(c, today(now)) {
		return nil, &refusal{"NOT_FOUND", "CONCESSION_NOT_FOUND", "没有这项优惠，或者现在不能用。", "There is no such concession, or not now."}
	}
	done, again, err := r.register.take(taking{At: now.UTC(), Veteran: veteran, Concession: c.Code, Key: input.Key})
	if err != nil {
		return nil, err
	}
	return &exec.TakeUpConcessionPayload{Taken: takenOf(done, c), Again: again, Veteran: &exec.Veteran{ID: veteran, ConcessionsTaken: r.taken(veteran)}}, nil
}

// ConcessionTaken implements exec.SubscriptionResolver. It remembers its place in the
// register and reads on from there, so a slow listener misses nothing.
func (r subscriptionResolver) ConcessionTaken(ctx context.Context, concession *string, after *int) (<-chan *exec.ConcessionTaking, error) {
	place := r.register.last()
	if after != nil {
		place = *after
	}
	out := make(chan *exec.ConcessionTaking)
	go func() {
		defer close(out)
		for {
			lines, bell := r.register.after(place)
			for _, t := range lines {
				place = t.sequence
				c := r.offer.byCode[t.Concession]
				if c == nil || concession != nil && *concession != c.Code {
					continue
				}
				select {
				case out <- &exec.ConcessionTaking{Sequence: t.sequence, Concession: c, TakenAt: t.At}:
				case <-ctx.Done():
					return
				}
			}
			select {
			case <-bell:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}
