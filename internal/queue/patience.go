package queue

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/riverqueue/river/rivertype"
)

// patience decides when a failed job is tried again: after one second, then
// twice as long each time up to five minutes, with a tenth of jitter so that a
// department that comes back is not met by everybody at once.
type patience struct{}

func (patience) NextRetry(job *rivertype.JobRow) time.Time {
	wait := min(time.Second<<min(max(len(job.Errors), 0), 9), 5*time.Minute)
	jitter := time.Duration(rand.Int64N(int64(wait) / 10))
	return time.Now().Add(wait + jitter)
}

// quiet keeps River's log to warnings: a department that is away is told by the
// worker, once.
type quiet struct{ slog.Handler }

func (q quiet) Enabled(ctx context.Context, l slog.Level) bool {
	return l >= slog.LevelWarn && q.Handler.Enabled(ctx, l)
}

func (q quiet) WithAttrs(a []slog.Attr) slog.Handler { return quiet{q.Handler.WithAttrs(a)} }

func (q quiet) WithGroup(name string) slog.Handler { return quiet{q.Handler.WithGroup(name)} }
