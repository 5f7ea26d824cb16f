package resolvers

import (
	"context"
	"time"

	"github.com/vetgraph/vetgraph/graph/model"
)

// look is how often a follower looks though nobody rang: another replica may
// have written.
const look = time.Second

// follow sends a case as it stands and again after each change, until it is over
// or the caller goes away. Each message reads the journal from where the last
// one ended, so nothing is told twice and nothing is left out.
func (r *Resolver) follow(ctx context.Context, id string) (<-chan *model.CaseProgress, error) {
	if _, err := r.Desk.Get(ctx, id); err != nil {
		return nil, err
	}
	rung, stop := r.Desk.Bell.Listen(id)
	out := make(chan *model.CaseProgress, 1)
	go func() {
		defer close(out)
		defer stop()
		tick := time.NewTicker(look)
		defer tick.Stop()
		for last, started := int64(0), false; ; started = true {
			p, err := r.progress(ctx, id, last)
			if err != nil {
				return // the caller has gone, or may no longer see it
			}
			if len(p.Entries) > 0 || !started {
				if len(p.Entries) > 0 {
					last = p.Entries[len(p.Entries)-1].ID
				}
				select {
				case out <- p:
				case <-ctx.Done():
					return
				}
				if p.Over {
					return
				}
			}
			select {
			case <-rung:
			case <-tick.C:
			case <-ctx.Done():
				return
			}
		}
	}()
	return out, nil
}

// progress reads the journal first and the case after it, so that the case is
// never older than what is told of it; a case that has ended is told whole.
func (r *Resolver) progress(ctx context.Context, id string, last int64) (*model.CaseProgress, error) {
	entries, err := r.Desk.After(ctx, id, last)
	if err != nil {
		return nil, err
	}
	c, err := r.Desk.Get(ctx, id)
	if err != nil {
		return nil, err
	}
	if c.State.Ended() { // it may have ended after the journal was read, and nobody looks again
		if entries, err = r.Desk.After(ctx, id, last); err != nil {
			return nil, err
		}
	}
	items, err := r.Desk.Items(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	p := &model.CaseProgress{Case: c, Entries: entries, Total: len(items[id]), Over: c.State.Ended()}
	for _, it := range items[id] {
		if it.State.Ended() {
			p.Ended++
		}
	}
	return p, nil
}
