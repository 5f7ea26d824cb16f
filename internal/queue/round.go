package queue

import (
	"context"
	"fmt"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
)

// Round is work that is done again and again, by one hub at a time: looking for
// what has fallen due, folding figures. Give each department or table a round of
// its own where the failure of one must not hold up the others.
type Round struct {
	Name  string        // unique; it stands in the journal as the machine's account
	Every time.Duration // from one start to the next; a round that is still going is not doubled

	// Do does the work once, as the machine. It may be cut off and done again, so
	// it commits as it goes. Its error is logged, and the next round begins afresh.
	Do func(context.Context) error
}

// longestRound is how long a round may take before it is cut off; the next goes on.
const longestRound = 10 * time.Minute

// turn is the job that does a round once.
type turn struct {
	Name string `json:"name"`
}

// Kind implements river.JobArgs.
func (turn) Kind() string { return "round" }

// InsertOpts keep a round from standing in the queue twice, whichever hub leads.
func (turn) InsertOpts() river.InsertOpts {
	return river.InsertOpts{MaxAttempts: 1, UniqueOpts: river.UniqueOpts{ByArgs: true, ByState: []rivertype.JobState{
		rivertype.JobStateAvailable, rivertype.JobStatePending, rivertype.JobStateRunning, rivertype.JobStateScheduled, rivertype.JobStateRetryable,
	}}}
}

// rounder works the rounds.
type rounder struct {
	river.WorkerDefaults[turn]
	rounds map[string]Round
	log    zerolog.Logger
}

// Timeout implements river.Worker.
func (*rounder) Timeout(*river.Job[turn]) time.Duration { return longestRound }

// Work does one round. A job is never tried again: the next round does that.
func (r *rounder) Work(ctx context.Context, job *river.Job[turn]) error {
	round, ok := r.rounds[job.Args.Name]
	if !ok {
		return nil // of another version of this program
	}
	defer func() {
		if p := recover(); p != nil {
			r.log.Error().Str("round", round.Name).Str("panic", fmt.Sprintf("%T", p)).Msg("a round broke off; the next begins afresh")
		}
	}()
	if err := round.Do(access.AsMachine(ctx, round.Name)); err != nil {
		r.log.Error().Err(err).Str("round", round.Name).Msg("a round failed; the next begins afresh")
	}
	return nil
}

// install adds rounds to what a queue works and starts by the clock.
func (o *Options) install(workers *river.Workers) error {
	if workers == nil || len(o.Rounds) == 0 {
		return nil
	}
	r := &rounder{rounds: map[string]Round{}, log: o.Log.With().Str("part", "rounds").Logger()}
	o.Periodic = append([]*river.PeriodicJob(nil), o.Periodic...)
	for _, round := range o.Rounds {
		if _, twice := r.rounds[round.Name]; twice || round.Name == "" || round.Every < time.Second || round.Do == nil {
			return fmt.Errorf("queue: round %q needs a name of its own, a second or more, and something to do", round.Name)
		}
		r.rounds[round.Name] = round
		o.Periodic = append(o.Periodic, river.NewPeriodicJob(river.PeriodicInterval(round.Every),
			func() (river.JobArgs, *river.InsertOpts) { return turn{Name: round.Name}, nil }, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return river.AddWorkerSafely(workers, r)
}
