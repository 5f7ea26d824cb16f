package store

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/jackc/pgx/v5"
)

// Together runs reads that do not need each other's answers. On PostgreSQL their
// statements go to the server in one round trip and on one connection; on SQLite,
// which has no round trips, they run one after the other. The reads run in turn,
// never at once, so they may share what they fill. It answers their first error.
//
// It makes no difference to a read: it gets the context that it is to use.
func Together(ctx context.Context, reads ...func(context.Context) error) error {
	errs := make([]error, len(reads))
	var waiting []*ask
	defer func() {
		for _, a := range waiting { // of reads that were left standing by a panic or an error
			a.stop()
		}
	}()
	for i, read := range reads {
		a := &ask{}
		// A read is a coroutine: it runs until it asks the database, stands still
		// while the others do, and goes on when its answer is there.
		next, stop := iter.Pull(func(yield func(struct{}) bool) {
			a.yield = yield
			errs[i] = read(context.WithValue(ctx, askKey{}, a))
		})
		a.next, a.stop = next, stop
		waiting = append(waiting, a)
	}
	for _, a := range waiting {
		_, a.asked = a.next()
	}
	for {
		waiting = asking(waiting)
		if len(waiting) == 0 {
			break
		}
		if err := answer(ctx, waiting); err != nil {
			errs = append(errs, err)
		}
	}
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// ask is one read and the statement it waits for.
type ask struct {
	next  func() (struct{}, bool)
	stop  func()
	yield func(struct{}) bool

	asked bool // stands still, with a statement
	on    querier
	query string
	args  []any
	rows  pgx.Rows
	err   error
}

type askKey struct{}

// errLeft is what a read gets that is not gone on with.
var errLeft = errors.New("the reads beside this one have failed")

// together is the way of a statement that is sent with others; ok is false if it
// is to go on its own.
func together(ctx context.Context, q querier, query string, args []any) (rows pgx.Rows, ok bool, err error) {
	a, _ := ctx.Value(askKey{}).(*ask)
	if a == nil || anew(ctx) { // a batch has one way for all its statements
		return nil, false, nil
	}
	a.on, a.query, a.args = q, query, args
	if !a.yield(struct{}{}) {
		return nil, true, errLeft
	}
	return a.rows, true, a.err
}

func asking(all []*ask) []*ask {
	var still []*ask
	for _, a := range all {
		if a.asked {
			still = append(still, a)
		}
	}
	return still
}

// answer sends the statements of all who wait on the same connection or pool as
// the first, and lets each of them go on in turn.
func answer(ctx context.Context, waiting []*ask) (err error) {
	var b pgx.Batch
	var turn []*ask
	for _, a := range waiting {
		if a.on == waiting[0].on {
			b.Queue(a.query, a.args...)
			turn = append(turn, a)
		}
	}
	results := turn[0].on.SendBatch(ctx, &b)
	defer func() {
		if e := results.Close(); e != nil && err == nil {
			err = fmt.Errorf("read together: %w", e)
		}
	}()
	for _, a := range turn {
		a.rows, a.err = results.Query()
		_, a.asked = a.next()
		a.rows.Close() // or the next one's answer could not be read
	}
	return nil
}
