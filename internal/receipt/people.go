package receipt

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// fileEvery is how long a leaf lies before it is filed under its person. The longer,
// the more leaves of one page of the index are written with it, and the more leaves
// somebody who asks for their reads looks through.
const fileEvery = time.Second

// filedAtOnce bounds one commit of filing, which answers that wait for the one writer
// of SQLite wait for too.
const filedAtOnce = 1000

// file files leaves under their people, a moment after they were added, until the log
// is closed. It goes on where whoever filed last has stopped.
func (l *Log) file() {
	defer close(l.filed)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-l.stopped
		cancel()
	}()
	wait := time.NewTimer(0) // another process may have left some
	defer wait.Stop()
	for {
		select {
		case <-l.stopped:
			return
		case <-wait.C:
		}
		if err := l.File(ctx); err != nil && ctx.Err() == nil {
			l.Log.Error().Err(err).Msg("file the log of reads under its people")
		}
		select {
		case <-l.stopped:
			return
		case <-l.grown:
			wait.Reset(fileEvery)
		}
	}
}

// hasGrown tells the one who files that there is something to do.
func (l *Log) hasGrown() {
	select {
	case l.grown <- struct{}{}:
	default:
	}
}

// File files what there is under its people, in small commits. A log does so by
// itself; whoever asks for reads need not wait for it.
func (l *Log) File(ctx context.Context) error {
	ctx = access.AsMachine(ctx, machine)
	for {
		n, err := l.fileSome(ctx)
		if err != nil {
			return fmt.Errorf("file leaves: %w", err)
		}
		if n < filedAtOnce {
			return nil
		}
	}
}

// filing is the number of the lock of PostgreSQL that who files holds, so that two
// hubs do not do the same.
const filing = 0x7265636569707473

// fileSome files the next leaves, sorted by person as their index is.
func (l *Log) fileSome(ctx context.Context) (n int64, err error) {
	if some, err := l.unfiled(ctx); err != nil || !some {
		return 0, err
	}
	err = l.Store.InPlain(ctx, func(ctx context.Context, p store.Plain) error {
		if p.Postgres() {
			if _, err := p.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, int64(filing)); err != nil {
				return err
			}
		}
		next, err := firstUnfiled(ctx, p)
		if err != nil {
			return err
		}
		n, err = p.Exec(ctx, `INSERT INTO receipt_persons (id, person) SELECT id, person FROM receipts WHERE id >= $1 AND id < $2 ORDER BY person, id`, next, next+filedAtOnce)
		return err
	})
	return n, err
}

// unfiled says whether there is anything to do, without a turn of the one writer.
func (l *Log) unfiled(ctx context.Context) (some bool, err error) {
	err = l.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		next, err := firstUnfiled(ctx, p)
		if err != nil {
			return err
		}
		return p.Each(ctx, `SELECT id FROM receipts WHERE id >= $1 ORDER BY id LIMIT 1`, []any{next}, func(scan func(...any) error) error {
			some = true
			var id int64
			return scan(&id)
		})
	})
	return some, err
}

// firstUnfiled is the number of the first leaf behind those that are filed. Leaves are
// filed in their order and never taken out, so the last row says how far it has come,
// and comes and goes with what it speaks of.
func firstUnfiled(ctx context.Context, p store.Plain) (next int64, err error) {
	err = p.Each(ctx, `SELECT COALESCE(MAX(id), -1) + 1 FROM receipt_persons`, nil, func(scan func(...any) error) error { return scan(&next) })
	return next, err
}

// kept is a leaf as it lies in the table.
type kept struct {
	id   int64
	body []byte
}

// of reads some of a person's leaves before one, the newest first: those that are not
// filed yet among all leaves, the others by their person.
func (l *Log) of(ctx context.Context, person []byte, before int64, w Wish) (rows []kept, err error) {
	from, to := int64(math.MinInt64), int64(math.MaxInt64)
	if !w.From.IsZero() {
		from = w.From.UnixMilli()
	}
	if !w.To.IsZero() {
		to = w.To.UnixMilli()
	}
	err = l.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) error {
		next, err := firstUnfiled(ctx, p)
		if err != nil {
			return err
		}
		add := func(scan func(...any) error) error {
			var k kept
			err := scan(&k.id, &k.body)
			rows = append(rows, k)
			return err
		}
		if before > next {
			err := p.Each(ctx, `SELECT id, body FROM receipts WHERE id >= $1 AND id < $2 AND person = $3 AND at >= $4 AND at < $5 ORDER BY id DESC LIMIT $6`,
				[]any{next, before, person, from, to, chunk}, add)
			if err != nil || len(rows) == chunk {
				return err
			}
		}
		return p.Each(ctx, `SELECT r.id, r.body FROM receipt_persons p JOIN receipts r ON r.id = p.id
			WHERE p.person = $1 AND p.id < $2 AND r.person = $1 AND r.at >= $3 AND r.at < $4 ORDER BY p.id DESC LIMIT $5`,
			[]any{person, min(before, next), from, to, chunk - len(rows)}, add)
	})
	return rows, err
}
