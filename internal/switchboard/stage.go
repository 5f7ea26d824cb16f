package switchboard

import (
	"context"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// Players play departments, and can misbehave.
type Players interface {
	// Play makes a department or a port misbehave as the name says; "" ends it.
	Play(target, fault string) error
	// Played are the faults that are on, by department code or port ID.
	Played() map[string]string
}

// Stage is where departments are played. Without Players, as in production, nothing
// can be played.
type Stage struct {
	Players Players
	Log     zerolog.Logger
}

// Play makes a department or a port misbehave, or behave again where fault is empty.
// Faults: FORBIDDEN to all but operators, NOTHING_PLAYED, FAULT_UNPLAYABLE.
func (s *Stage) Play(ctx context.Context, target, name string) error {
	if err := access.Require(ctx, access.OperatePorts); err != nil {
		return err
	}
	if s.Players == nil {
		return fault.New(fault.Conflict, "NOTHING_PLAYED", "本系统接入的是真实部门，不能模拟故障。", "The departments here are real; no faults are played.")
	}
	if err := s.Players.Play(target, name); err != nil {
		return fault.New(fault.Invalid, "FAULT_UNPLAYABLE",
			"没有这个模拟的部门或端口，或者这种故障不会出现在它那里。", "There is no such simulated department or port, or this fault cannot be there.").Because(err)
	}
	s.Log.Info().Str("target", target).Str("fault", name).Str("by", access.From(ctx).ID).Msg("a fault is played")
	return nil
}

// Played are the faults that are on, by department code or port ID. Fault: FORBIDDEN.
func (s *Stage) Played(ctx context.Context) (map[string]string, error) {
	if err := access.Require(ctx, access.WatchPorts); err != nil || s.Players == nil {
		return nil, err
	}
	return s.Players.Played(), nil
}
