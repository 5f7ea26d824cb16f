package resolvers

import (
	"context"
	"sync"

	"github.com/vikstrous/dataloadgen"
)

// cohort is the keys that an answer is known to hold so far, in the order met.
type cohort struct {
	mu   sync.Mutex
	seen map[string]bool
	keys []string
}

func (c *cohort) add(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if !c.seen[key] {
		c.seen[key], c.keys = true, append(c.keys, key)
	}
}

// note is add, where there may be none.
func (c *cohort) note(key string) {
	if key != "" {
		c.add(key)
	}
}

// since are the keys met after the first n.
func (c *cohort) since(n int) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.keys[n:len(c.keys):len(c.keys)]
}

// batch is a loader that does not guess by the clock who will ask next: with the
// first key it reads the whole cohort, which the answer is going to ask one by
// one. Those who come meanwhile wait for that read. The number of reads is thus
// that of the lists in a question, whatever their length or the load of the machine.
type batch[K comparable, V any] struct {
	loader *dataloadgen.Loader[K, V]
	read   func(context.Context, []K) ([]V, error)
	more   func(n int) []K // of the cohort, after the first n

	mu    sync.Mutex
	ahead int // of the cohort
	seen  map[K]bool
	err   error
}

// get answers keys in their order.
func (b *batch[K, V]) get(ctx context.Context, keys []K) ([]V, error) {
	if err := b.fetch(ctx, keys); err != nil {
		return nil, err
	}
	return b.loader.LoadAll(ctx, keys)
}

// fetch reads what is new among keys and in the cohort.
func (b *batch[K, V]) fetch(ctx context.Context, keys []K) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return b.err // for the whole answer: asking again would only fail again
	}
	var fresh []K
	take := func(keys []K) {
		for _, k := range keys {
			if !b.seen[k] {
				b.seen[k], fresh = true, append(fresh, k)
			}
		}
	}
	take(keys)
	if len(fresh) == 0 {
		return nil
	}
	cohort := b.more(b.ahead)
	b.ahead += len(cohort)
	take(cohort)
	values, err := b.read(ctx, fresh)
	if err != nil {
		b.err = err
		return err
	}
	for i, k := range fresh {
		b.loader.Prime(k, values[i])
	}
	return nil
}

// of answers one key.
func (b *batch[K, V]) of(ctx context.Context, key K) (v V, err error) {
	values, err := b.get(ctx, []K{key})
	if err != nil {
		return v, err
	}
	return values[0], nil
}

// opened is what a batch holds of one key that is opened only for who asks; the
// zero value, if it holds nothing.
func opened[V any](ctx context.Context, b *batch[string, func() (V, error)], key string) (v V, err error) {
	open, err := b.of(ctx, key)
	if err != nil || open == nil {
		return v, err
	}
	return open()
}

// aligned loads from a read that answers in the order of the keys.
func aligned[K comparable, V any](c *cohort, read func(context.Context, []K) ([]V, error)) *batch[K, V] {
	b := &batch[K, V]{read: read, more: func(int) []K { return nil }, seen: map[K]bool{}}
	if c != nil {
		if more, ok := any(c.since).(func(int) []K); ok {
			b.more = more
		}
	}
	b.loader = dataloadgen.NewLoader(func(ctx context.Context, keys []K) ([]V, []error) {
		values, err := read(ctx, keys)
		if err != nil {
			return nil, []error{err}
		}
		return values, nil
	})
	return b
}

// mapped loads from a read that answers by key; a key without an answer has none.
func mapped[K comparable, V any](c *cohort, read func(context.Context, []K) (map[K]V, error)) *batch[K, V] {
	return aligned(c, func(ctx context.Context, keys []K) ([]V, error) {
		by, err := read(ctx, keys)
		if err != nil {
			return nil, err
		}
		out := make([]V, len(keys))
		for i, k := range keys {
			out[i] = by[k]
		}
		return out, nil
	})
}
