package durability

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"
)

// moment is a kind of thing that happens, after which the hub may be killed.
type moment string

const (
	starting  moment = "starting"     // the process was begun
	anytime   moment = "any time"     // nothing in particular
	sent      moment = "submit"       // an applicant sent a submission
	receiving moment = "acknowledged" // an applicant got a case number
	delivery  moment = "delivery"     // an item is on its way to a department
	receipt   moment = "receipt"      // a department's receipt is on its way back
	callback  moment = "callback"     // a department calls back
	confirmed moment = "confirmed"    // the hub has confirmed a callback
)

// chances are the moments to die in, the likelier the more often listed.
var chances = []moment{
	starting, anytime, anytime, sent, sent, sent, sent, receiving, receiving,
	delivery, delivery, delivery, receipt, receipt, callback, callback, callback, confirmed,
}

// moments tells who waits of what happens.
type moments struct {
	mu   sync.Mutex
	of   moment
	left int
	come chan struct{}
}

// happen notes that something happened.
func (m *moments) happen(what moment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.of != what || m.left == 0 {
		return
	}
	if m.left--; m.left == 0 {
		close(m.come)
	}
}

// await returns a channel that is closed when something has happened n times.
func (m *moments) await(what moment, n int) <-chan struct{} {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.of, m.left, m.come = what, n, make(chan struct{})
	return m.come
}

// reap starts the hub and kills it, time and again, and leaves it running.
func (w *world) reap(ctx context.Context) error {
	dice := rand.New(rand.NewPCG(w.config.Seed, 1))
	lasted := 500 * time.Millisecond // the last start
	for n := range w.config.Kills {
		what := chances[dice.IntN(len(chances))]
		begun := time.Now()
		if err := w.others(ctx, n); err != nil {
			return fmt.Errorf("life %d: %w", n+1, err)
		}
		if err := w.hub.start(); err != nil {
			return err
		}
		if what == starting {
			pause(ctx, time.Duration(dice.Float64()*1.2*float64(lasted)))
		} else {
			if err := w.hub.ready(ctx); err != nil {
				return fmt.Errorf("life %d: %w", n+1, err)
			}
			lasted = time.Since(begun)
			w.starts = append(w.starts, lasted)
			what = w.await(ctx, what, dice)
		}
		if w.hub.died() && what != starting {
			return fmt.Errorf("life %d: %w", n+1, errDied)
		}
		if err := w.hub.kill(); err != nil {
			return err
		}
		w.killed[what]++
		if (n+1)%50 == 0 {
			w.config.Log("%d kills, %d cases acknowledged", n+1, w.acknowledged())
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	w.lastKill = time.Now()
	if err := w.others(ctx, w.config.Kills); err != nil {
		return fmt.Errorf("the last life: %w", err)
	}
	if err := w.hub.start(); err != nil {
		return err
	}
	if err := w.hub.ready(ctx); err != nil {
		return fmt.Errorf("the last life: %w", err)
	}
	return nil
}

// others sees to it that every hub but the one that dies next is there.
func (w *world) others(ctx context.Context, n int) error {
	w.hub = w.hubs[n%len(w.hubs)]
	for _, h := range w.hubs {
		if h == w.hub {
			continue
		}
		if err := h.start(); err != nil {
			return err
		}
		if err := h.ready(ctx); err != nil {
			return err
		}
	}
	return nil
}

// await waits for a moment to die in, and a little longer: most often a few
// milliseconds, in which a transaction is written, sometimes longer. It returns
// the moment, which is any time when the one waited for did not come.
func (w *world) await(ctx context.Context, what moment, dice *rand.Rand) moment {
	after := time.Duration(dice.Float64() * float64(8*time.Millisecond))
	if dice.IntN(3) == 0 {
		after = time.Duration(dice.Float64() * float64(80*time.Millisecond))
	}
	if what == anytime {
		pause(ctx, time.Duration(dice.Float64()*float64(w.config.Patience)/3))
		return what
	}
	// Waiting for a later one lets a life last long enough to get work done.
	times := 1 + dice.IntN(3)
	if what == delivery || what == receipt || what == callback || what == confirmed {
		times = 1 + dice.IntN(40)
	}
	select {
	case <-w.moments.await(what, times):
		pause(ctx, after)
		return what
	case <-time.After(w.config.Patience):
		return anytime
	case <-ctx.Done():
		return anytime
	}
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
