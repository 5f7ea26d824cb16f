package store

import (
	"context"
	"errors"
)

// ErrDead is what a statement answers after the death of its process, as a [Fuse]
// plays it.
var ErrDead = errors.New("the process has died here")

// Fuse lets a process die at a chosen step, to prove that nothing is lost by it:
// a context that carries one counts its statements and, before and after each
// commit, two steps more. The step at which nothing is left fails, and so does
// every one after it, as far as the record can tell: what was not committed is
// rolled back, what was committed stays.
type Fuse struct {
	Left  int  // steps until it dies
	Blown bool // it has died
}

type fuseKey struct{}

// WithFuse returns a context that dies by f.
func WithFuse(ctx context.Context, f *Fuse) context.Context {
	return context.WithValue(ctx, fuseKey{}, f)
}

// Dead says whether the process of a context has died.
func Dead(ctx context.Context) bool {
	f, _ := ctx.Value(fuseKey{}).(*Fuse)
	return f != nil && f.Blown
}

// burn is one step of a process.
func burn(ctx context.Context) error {
	f, _ := ctx.Value(fuseKey{}).(*Fuse)
	if f == nil {
		return nil
	}
	if f.Left--; f.Left < 0 {
		f.Blown = true
		return ErrDead
	}
	return nil
}
