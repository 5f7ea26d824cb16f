package store

import (
	"context"
	"sync/atomic"

	"entgo.io/ent/dialect"
)

// Counter counts the statements that one context sends to the record, so that
// an N+1 shows as a number.
type Counter struct{ n atomic.Int64 }

// Count is the number of statements so far.
func (c *Counter) Count() int64 { return c.n.Load() }

type counterKey struct{}

// WithCounter returns a context whose statements c counts.
func WithCounter(ctx context.Context, c *Counter) context.Context {
	return context.WithValue(ctx, counterKey{}, c)
}

// Statement counts one statement that does not go through ent.
func Statement(ctx context.Context) {
	if c, _ := ctx.Value(counterKey{}).(*Counter); c != nil {
		c.n.Add(1)
	}
}

type counted struct{ dialect.Driver }

func (d counted) Exec(ctx context.Context, query string, args, v any) error {
	if err := burn(ctx); err != nil {
		return err
	}
	Statement(ctx)
	return d.Driver.Exec(ctx, query, args, v)
}

func (d counted) Query(ctx context.Context, query string, args, v any) error {
	if err := burn(ctx); err != nil {
		return err
	}
	Statement(ctx)
	return d.Driver.Query(ctx, query, args, v)
}
