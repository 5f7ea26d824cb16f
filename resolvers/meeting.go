package resolvers

import (
	"context"
	"runtime"
	"sync"

	"github.com/vetgraph/vetgraph/internal/store"
)

// meeting is where the reads of one answer that are wanted at the same time come
// together, so that they travel to the database together. The fields of an answer
// are asked for by goroutines that start within microseconds of each other:
// whoever comes first waits until those who can run have run, and then takes along
// all who are there. Who comes while they are away goes with the next. No clock is
// asked: on a busy machine more come together, not fewer.
type meeting struct {
	mu      sync.Mutex
	busy    bool
	waiting []*guest
}

type guest struct {
	read func(context.Context) error
	told chan error
}

// patience is how often the first lets others run before it leaves.
const patience = 16

// read runs a read with others. All of them must be of one answer, and so of one
// viewer: the context of whoever came first is used for all.
func (m *meeting) read(ctx context.Context, f func(context.Context) error) error {
	g := &guest{read: f, told: make(chan error, 1)}
	m.mu.Lock()
	m.waiting = append(m.waiting, g)
	first := !m.busy
	m.busy = true
	m.mu.Unlock()
	if first {
		m.host(ctx)
	}
	return <-g.told
}

func (m *meeting) host(ctx context.Context) {
	for {
		for range patience {
			runtime.Gosched()
		}
		m.mu.Lock()
		all := m.waiting
		m.waiting, m.busy = nil, len(all) > 0
		m.mu.Unlock()
		if len(all) == 0 {
			return
		}
		serve(ctx, all)
	}
}

// serve tells every guest how their own read went; the rest of a round trip may
// fail too.
func serve(ctx context.Context, all []*guest) {
	if len(all) == 1 {
		all[0].told <- safely(ctx, all[0].read)
		return
	}
	own := make([]error, len(all))
	reads := make([]func(context.Context) error, len(all))
	for i, g := range all {
		reads[i] = func(ctx context.Context) error {
			own[i] = safely(ctx, g.read)
			return own[i]
		}
	}
	err := store.Together(ctx, reads...)
	for i, g := range all {
		if own[i] != nil {
			g.told <- own[i]
		} else {
			g.told <- err
		}
	}
}

// safely makes a panic an error: those who wait must be told something.
func safely(ctx context.Context, read func(context.Context) error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = Recover(ctx, p)
		}
	}()
	return read(ctx)
}

// joined is a read that meets with the others of the answer. Where there are no
// round trips to save there is no meeting.
func joined[V any](l *loaders, s *store.Store, read func(context.Context, []string) (V, error)) func(context.Context, []string) (V, error) {
	if s.Pool == nil {
		return read
	}
	return func(ctx context.Context, keys []string) (v V, err error) {
		err = l.meeting.read(ctx, func(ctx context.Context) error {
			v, err = read(ctx, keys)
			return err
		})
		return v, err
	}
}
