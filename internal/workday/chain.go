package workday

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Stretch is the time of one matter in a chain: so many working days, begun when
// all it waits for are due. Days of 0 or less take no time.
type Stretch struct {
	Matter string
	Days   int      // working days
	After  []string // matters it waits for
	Pauses []Pause  // its own; those of the matters before it reach it by their deadlines
}

// Chain reckons the deadlines of matters that wait for one another. A matter begins
// when all it waits for are due, on the day of acceptance if it waits for none, and
// runs its working days; its own pauses add theirs, only while it runs, and one
// begun on its last day moves that day and all that follows, by the rule of
// [Calendar.DueWithPauses]. Without pauses that is Due(accepted, the sum of the days
// along the longest way to it).
//
// The ledger of each deadline goes from acceptance along the way that decides:
// through the matter before it that is due last, of several due together the one
// with the later code. Steps name their matter, and START stands again where a
// matter follows. [Due.Open] speaks of that way too; Provisional speaks of every
// matter waited for.
//
// Two stretches of one matter, a matter waited for that is not there and circles
// are errors of the caller, all told at once.
func (c *Calendar) Chain(accepted Day, stretches []Stretch) (map[string]Due, error) {
	order, err := sequence(stretches)
	if err != nil {
		return nil, fmt.Errorf("chain of deadlines: %w", err)
	}
	ledgers := make(map[string]*ledger, len(order))
	dues := make(map[string]Due, len(order))
	for _, s := range order {
		l := c.open(s.Matter, accepted)
		if len(s.After) > 0 {
			l = decisive(s.After, ledgers).follow(s.Matter)
		}
		for _, m := range s.After {
			l.doubted = l.doubted || ledgers[m].provisional || ledgers[m].doubted
		}
		l.run(s.Days, s.Pauses)
		ledgers[s.Matter], dues[s.Matter] = l, l.close()
	}
	return dues, nil
}

// decisive is the ledger of the matter that is due last, the later code of several.
func decisive(matters []string, ledgers map[string]*ledger) *ledger {
	var last *ledger
	for _, m := range matters {
		if l := ledgers[m]; last == nil || l.at > last.at || l.at == last.at && m > last.matter {
			last = l
		}
	}
	return last
}

// sequence sorts stretches so that each comes after those it waits for.
func sequence(stretches []Stretch) ([]Stretch, error) {
	var wrong []error
	known, placed := map[string]bool{}, map[string]bool{}
	for _, s := range stretches {
		if known[s.Matter] {
			wrong = append(wrong, fmt.Errorf("matter %q is given twice", s.Matter))
		}
		known[s.Matter] = true
	}
	for _, s := range stretches {
		for _, m := range s.After {
			if !known[m] {
				wrong = append(wrong, fmt.Errorf("matter %q waits for %q, which is not there", s.Matter, m))
			}
		}
	}
	if wrong != nil {
		return nil, errors.Join(wrong...)
	}
	var order []Stretch
	for left := slices.Clone(stretches); len(left) > 0; {
		i := slices.IndexFunc(left, func(s Stretch) bool {
			return !slices.ContainsFunc(s.After, func(m string) bool { return !placed[m] })
		})
		if i < 0 {
			return nil, fmt.Errorf("matters wait for one another in a circle, or behind one: %s", codes(left))
		}
		placed[left[i].Matter] = true
		order, left = append(order, left[i]), slices.Delete(left, i, i+1)
	}
	return order, nil
}

func codes(stretches []Stretch) string {
	var names []string
	for _, s := range stretches {
		names = append(names, s.Matter)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
