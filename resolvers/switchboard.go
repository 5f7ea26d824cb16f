package resolvers

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

// ordered is a port after an order about it.
func (r *Resolver) ordered(id string, err error) (*model.PortPayload, error) {
	if err != nil {
		return nil, err
	}
	return &model.PortPayload{Port: r.Catalogue().Port(id)}, nil
}

// running is how a port fares, as the schema says it.
func running(s *switchboard.Running) *model.PortRunning {
	out := &model.PortRunning{
		State: s.State, Since: orNever(s.Since), Live: s.Live, Calls: s.Calls, Failures: s.Failures, TurnedAway: s.TurnedAway, Retried: s.Retried,
		LastSuccess: orNever(s.LastSuccess), LastFailure: orNever(s.LastFailure), LastReason: orNil(s.LastReason),
		Waiting: s.Waiting, OldestWaiting: orNever(s.Oldest), MaintenanceFrom: orNever(s.Closes), MaintenanceUntil: orNever(s.Ends),
		CertificateUntil: orNever(s.Certificate), Hold: s.Hold,
	}
	if s.Calls > 0 {
		p50, p99 := milliseconds(s.P50), milliseconds(s.P99)
		out.ErrorRate, out.P50Ms, out.P99Ms = &s.ErrorRate, &p50, &p99
	}
	return out
}

func milliseconds(d time.Duration) float64 {
	return float64(d.Round(time.Microsecond)) / float64(time.Millisecond)
}

// orNone is nil for zero.
func orNone(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// orNever is nil for the zero time.
func orNever(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	utc := t.UTC()
	return &utc
}

// playedFaults are the faults that are being played, by target.
func (r *Resolver) playedFaults(ctx context.Context) ([]*model.PlayedFault, error) {
	played, err := r.Stage.Played(ctx)
	if err != nil {
		return nil, err
	}
	all := make([]*model.PlayedFault, 0, len(played))
	for _, target := range slices.Sorted(maps.Keys(played)) {
		f := &model.PlayedFault{Target: target}
		if kind := model.PlayedFaultKind(played[target]); kind.IsValid() {
			f.Fault = &kind
		}
		all = append(all, f)
	}
	return all, nil
}
