package lookup

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
)

const (
	backlog   = 20_000           // answers that may wait; beyond that the mirror just stays older
	perCommit = 200              // answers written in one transaction: others wait for the writer, too
	longest   = 30 * time.Second // for one transaction
)

// Keeper writes what departments answered into the mirror, behind the answer: who
// asks never waits for it, and its failure costs nothing but age. Whoever makes
// one closes it before the record is.
type Keeper struct {
	Profile *profile.Profile
	Log     zerolog.Logger

	mu     sync.Mutex
	queue  []profile.Heard
	idle   chan struct{} // closed once all is written; nil while nothing is to be
	closed bool
}

// Keep takes answers to be written. It does not wait.
func (k *Keeper) Keep(heard []profile.Heard) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if room := backlog - len(k.queue); len(heard) > room {
		k.Log.Warn().Int("answers", len(heard)-room).Msg("the mirror is behind; these answers are not kept")
		heard = heard[:room]
	}
	if k.closed || len(heard) == 0 {
		return
	}
	k.queue = append(k.queue, heard...)
	if k.idle == nil {
		k.idle = make(chan struct{})
		go k.work(k.idle)
	}
}

// work writes until nothing is left.
func (k *Keeper) work(idle chan struct{}) {
	defer close(idle)
	for some := k.next(); some != nil; some = k.next() {
		if err := k.write(some); err != nil {
			k.Log.Warn().Err(err).Int("answers", len(some)).Msg("the mirror was not written; the next look-up says it again")
		}
	}
}

// next takes the next answers to write. With the last of them the work ends.
func (k *Keeper) next() []profile.Heard {
	k.mu.Lock()
	defer k.mu.Unlock()
	if len(k.queue) == 0 {
		k.queue, k.idle = nil, nil
		return nil
	}
	some := k.queue[:min(perCommit, len(k.queue))]
	k.queue = k.queue[len(some):]
	return some
}

func (k *Keeper) write(heard []profile.Heard) error {
	ctx, cancel := context.WithTimeout(access.AsMachine(context.Background(), "mirror"), longest)
	defer cancel()
	return k.Profile.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error { return k.Profile.Mirror(ctx, tx, heard) })
}

// Wait returns once all that was taken so far is written, or given up.
func (k *Keeper) Wait(ctx context.Context) error {
	k.mu.Lock()
	idle := k.idle
	k.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("write the mirror: %w", ctx.Err())
	}
}

// Close takes no more and waits for what was taken.
func (k *Keeper) Close(ctx context.Context) error {
	k.mu.Lock()
	k.closed = true
	k.mu.Unlock()
	return k.Wait(ctx)
}
