package queue

import (
	"context"
	"encoding/json"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	api "go.opentelemetry.io/otel/trace"

	"github.com/vetgraph/vetgraph/internal/trace"
)

// packed is the key of a job's metadata under which the trace of who queued it stands.
const packed = "traceparent"

// traced lets the work of a job stand in the trace of the request that queued it,
// however much later that is.
type traced struct {
	river.MiddlewareDefaults
	tracer api.Tracer
}

// InsertMany implements rivertype.JobInsertMiddleware.
func (*traced) InsertMany(ctx context.Context, jobs []*rivertype.JobInsertParams, insert func(context.Context) ([]*rivertype.JobInsertResult, error)) ([]*rivertype.JobInsertResult, error) {
	if from := trace.Pack(ctx); from != "" {
		for _, j := range jobs {
			var told map[string]any
			if len(j.Metadata) > 0 && json.Unmarshal(j.Metadata, &told) != nil {
				continue // not an object: leave it as it is
			}
			if told == nil {
				told = map[string]any{}
			}
			told[packed] = from
			if text, err := json.Marshal(told); err == nil {
				j.Metadata = text
			}
		}
	}
	return insert(ctx)
}

// Work implements rivertype.WorkerMiddleware.
func (t *traced) Work(ctx context.Context, job *rivertype.JobRow, do func(context.Context) error) error {
	var told struct {
		From string `json:"traceparent"`
	}
	if json.Unmarshal(job.Metadata, &told) == nil && told.From != "" {
		ctx = trace.Unpack(ctx, told.From)
	}
	ctx, span := trace.Start(trace.With(ctx, t.tracer), "job "+job.Kind, trace.Worker, trace.Job.String(job.Kind), trace.Attempt.Int(job.Attempt))
	err := do(ctx)
	span.End(err)
	return err
}
