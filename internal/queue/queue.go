// Package queue carries work that must happen after a transaction, and happens even if the hub dies right after it.
//
// It is River on the record's own database: a job is inserted in the same
// transaction as the rows it is about, and worked later, at least once.
package queue

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/vetgraph/vetgraph/internal/store"
)

// Options say how jobs are worked. The zero value is fit for production.
type Options struct {
	Workers  int            // jobs worked at once; default 32
	Timeout  time.Duration  // longest a job may run; default 30 s
	Rescue   time.Duration  // when a job of a hub that died is taken up again, if no hub starts before; default 2 × Timeout
	Poll     time.Duration  // how often SQLite is asked for jobs; default 100 ms (PostgreSQL notifies)
	Lanes    map[string]int // queues of their own for jobs that ask for them (InsertOpts), and how many of each are worked at once
	Periodic []*river.PeriodicJob
	Rounds   []Round
	Tracer   trace.Tracer // nil: jobs are not traced
	Log      zerolog.Logger
}

// Queue is the queue of one database.
type Queue struct {
	pg   *river.Client[pgx.Tx]
	lite *river.Client[*sql.Tx]

	store *store.Store
	works bool      // and not only inserts
	life  *pgx.Conn // PostgreSQL only: holds the lock that shows that we live
}

// Open makes a queue on a store whose tables [Migrate] has made. Without
// workers it only inserts.
func Open(s *store.Store, workers *river.Workers, o Options) (*Queue, error) {
	if err := o.install(workers); err != nil {
		return nil, err
	}
	q, cfg := &Queue{store: s, works: workers != nil}, config(workers, o)
	var err error
	if s.Pool != nil {
		q.pg, err = river.NewClient(riverpgxv5.New(s.Pool), cfg)
	} else {
		cfg.FetchPollInterval, cfg.FetchCooldown = o.Poll, o.Poll
		q.lite, err = river.NewClient(riversqlite.New(s.Writer), cfg)
	}
	if err != nil {
		return nil, fmt.Errorf("queue: %w", err)
	}
	return q, nil
}

func config(workers *river.Workers, o Options) *river.Config {
	orElse(&o.Workers, 32)
	orElse(&o.Timeout, 30*time.Second)
	orElse(&o.Rescue, 2*o.Timeout)
	orElse(&o.Poll, 100*time.Millisecond)
	cfg := &river.Config{
		JobTimeout:           o.Timeout,
		RescueStuckJobsAfter: o.Rescue,
		RetryPolicy:          patience{},
		MaxAttempts:          1 << 14, // a department may be away for weeks; nothing is given up
		PeriodicJobs:         o.Periodic,
		Logger:               slog.New(quiet{zerolog.NewSlogHandler(o.Log.With().Str("part", "queue").Logger())}),
	}
	if o.Tracer != nil {
		cfg.Middleware = []rivertype.Middleware{&traced{tracer: o.Tracer}}
	}
	if workers != nil {
		cfg.Workers = workers
		cfg.Queues = map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: o.Workers}}
		for name, workers := range o.Lanes {
			cfg.Queues[name] = river.QueueConfig{MaxWorkers: workers}
		}
	}
	return cfg
}

func orElse[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}

// Insert adds jobs within a transaction; they exist if and only if it commits.
func (q *Queue) Insert(ctx context.Context, tx store.Tx, jobs ...river.JobArgs) error {
	if len(jobs) == 0 {
		return nil
	}
	params := make([]river.InsertManyParams, len(jobs))
	for i, j := range jobs {
		params[i].Args = j
	}
	store.Statement(ctx)
	var err error
	if q.pg != nil {
		_, err = q.pg.InsertManyFastTx(ctx, tx.PG, params)
	} else {
		_, err = q.lite.InsertManyFastTx(ctx, tx.SQL, params)
	}
	if err != nil {
		return fmt.Errorf("queue %d jobs: %w", len(jobs), err)
	}
	return nil
}

// Start begins to work jobs, those first that a hub has left behind which was killed.
func (q *Queue) Start(ctx context.Context) error {
	if q.works {
		if err := q.takeOver(ctx); err != nil {
			return fmt.Errorf("take over what others left behind: %w", err)
		}
	}
	if q.pg != nil {
		return q.pg.Start(ctx)
	}
	return q.lite.Start(ctx)
}

// Stop lets running jobs end and takes no more.
func (q *Queue) Stop(ctx context.Context) error {
	if q.pg == nil {
		return q.lite.Stop(ctx)
	}
	err := q.pg.Stop(ctx)
	if q.life != nil {
		err = errors.Join(err, q.life.Close(context.WithoutCancel(ctx)))
	}
	return err
}

// Migrate brings the queue's own tables up to date.
func Migrate(ctx context.Context, s *store.Store) error {
	var err error
	if s.Pool != nil {
		err = migrate(ctx, func() (*rivermigrate.Migrator[pgx.Tx], error) { return rivermigrate.New(riverpgxv5.New(s.Pool), nil) })
	} else {
		err = migrate(ctx, func() (*rivermigrate.Migrator[*sql.Tx], error) {
			return rivermigrate.New(riversqlite.New(s.Writer), nil)
		})
	}
	if err != nil {
		return fmt.Errorf("migrate the queue: %w", err)
	}
	return nil
}

func migrate[TTx any](ctx context.Context, open func() (*rivermigrate.Migrator[TTx], error)) error {
	m, err := open()
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}
