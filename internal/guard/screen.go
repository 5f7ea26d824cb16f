package guard

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"entgo.io/ent"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// What people and departments say in their own words is not sealed: desks search it,
// and it says what was wrong. So it keeps no number by which a person is known.
var (
	spoken    = []string{"words", "reason", "outcome", "reply", "ended_reason"}
	numbered  = []string{"result_no", "receipt_no"} // a certificate's may be the person's own
	itemised  = "defects"
	looked    = "findings"
	told      = "facts" // of a notice, which may repeat words
	mutations = ent.OpCreate | ent.OpUpdate | ent.OpUpdateOne
)

// Writes sets the screen on a client: whatever room writes words, and wherever they
// came from, citizen numbers, mobile numbers and bank cards in them are masked.
func Writes(c *gen.Client) {
	c.Use(func(next ent.Mutator) ent.Mutator {
		return ent.MutateFunc(func(ctx context.Context, m ent.Mutation) (ent.Value, error) {
			if m.Op().Is(mutations) {
				if err := screen(m); err != nil {
					return nil, err
				}
			}
			return next.Mutate(ctx, m)
		})
	})
}

func screen(m ent.Mutation) error {
	today := workday.FromTime(time.Now())
	for _, name := range m.Fields() {
		was, ok := m.Field(name)
		if !ok {
			continue
		}
		now, ok := screened(name, was, today)
		if !ok {
			continue
		}
		if err := m.SetField(name, now); err != nil {
			return fmt.Errorf("screen %s of %s: %w", name, m.Type(), err)
		}
	}
	return nil
}

// screened is the value of a field without such numbers; false if it is to stay as it is.
func screened(name string, was any, today workday.Day) (any, bool) {
	switch value := was.(type) {
	case string:
		now := value
		if slices.Contains(spoken, name) {
			now = citizen.Screen(value, today)
		} else if slices.Contains(numbered, name) {
			now = citizen.ScreenNumbers(value, today)
		}
		return now, now != value
	case []lifecycle.Defect:
		return each(value, func(d *lifecycle.Defect) { d.Words, d.En = citizen.Screen(d.Words, today), citizen.Screen(d.En, today) }), name == itemised
	case []lifecycle.Finding:
		return each(value, func(f *lifecycle.Finding) { f.Zh, f.En = citizen.Screen(f.Zh, today), citizen.Screen(f.En, today) }), name == looked
	case map[string]string:
		facts := maps.Clone(value)
		for k, v := range facts {
			facts[k] = citizen.Screen(v, today)
		}
		return facts, name == told
	}
	return nil, false
}

// each is a copy in which every one is changed: the caller's are its own.
func each[T any](all []T, change func(*T)) []T {
	all = slices.Clone(all)
	for i := range all {
		change(&all[i])
	}
	return all
}
