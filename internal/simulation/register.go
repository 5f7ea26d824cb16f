package simulation

import (
	"context"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store"
)

// standings are what a department may say of a person before an item is sent: that
// it may go, in one way or the other, or that something is to be done first.
var standings = []string{"NONE", "ACTIVE_HERE", "SUSPENDED", "ACTIVE_ELSEWHERE"}

// Lookup implements [port.Department] for what is asked before an item is sent. A
// department may say something else each time; once everybody behaves, nothing
// stands in the way.
func (s *system) Lookup(ctx context.Context, questions []port.Question) ([]port.Record, error) {
	w := s.w
	if store.Dead(ctx) || w.astray(w.mood.lost) {
		return nil, w.wrong(port.Silent(s.code), "%s does not say how things stand", s.code)
	}
	out := make([]port.Record, len(questions))
	for i, q := range questions {
		said := standings[0]
		if !w.calm {
			said = pick(w.r, standings)
		}
		w.tell("%s says %s of %s", s.code, said, w.name(q.Ref))
		out[i] = port.Record{Ref: q.Ref, Known: true, AsOf: w.now, Facts: catalog.Facts{"medicalEnrolmentStatus": said}}
	}
	return out, nil
}
