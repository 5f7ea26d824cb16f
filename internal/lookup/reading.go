package lookup

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Reading is how fresh somebody wants to read.
type Reading string

// The readings, a closed list.
const (
	FromMirror Reading = "MIRROR"    // what the record holds; nobody is asked
	Refreshed  Reading = "REFRESHED" // departments are asked for what is older than their facts may be
	Live       Reading = "LIVE"      // every department that vouches for what is read is asked now
)

// Freshness is how a word compares with how old its department's facts may be.
type Freshness string

// The degrees, a closed list.
const (
	Fresh   Freshness = "FRESH"
	Stale   Freshness = "STALE"   // older than that
	Expired Freshness = "EXPIRED" // the source itself said that it holds no longer
)

// The figures where nobody says otherwise. All are calendar time.
const (
	patience  = 700 * time.Millisecond // for all departments together
	freshness = 24 * time.Hour         // how old a department's facts may be
	again     = 30 * time.Second       // when to ask a silent department again, if it does not say
)

// Element is what can be answered about one element of one person.
type Element struct {
	profile.Finding           // without words if nobody has said anything
	Freshness       Freshness // of the oldest word; empty without one
	Gap             *Gap      // a department that vouches for it was asked and did not answer
}

// Gap is a department that was asked and is silent.
type Gap struct {
	Department string
	Since      time.Time // its first silence after its last answer, as this hub knows
	RetryAt    time.Time // when asking again makes sense
	Reason     string    // of the fault, e.g. DEPARTMENT_SILENT
}

// Due lists whom to ask about whom, so that elements can be read as fresh as
// wanted. Nobody is asked about people or by viewers beyond what they may: an
// officer reaches their own department.
func (d *Desk) Due(ctx context.Context, how Reading, elements []string, people []*profile.Rows) ([]Key, error) {
	if how != Refreshed && how != Live {
		return nil, nil
	}
	vouching, may := d.book().vouching, d.within(access.From(ctx))
	var keys []Key
	for _, r := range people {
		if r == nil {
			continue
		}
		var known *profile.Findings
		if how == Refreshed {
			var err error
			if known, err = d.Profile.Findings(r); err != nil {
				return nil, err
			}
		}
		wanted := map[string]bool{}
		for _, id := range elements {
			for _, code := range vouching[id] {
				if !wanted[code] && slices.Contains(may, code) && (known == nil || d.old(known, id, code)) {
					wanted[code] = true
				}
			}
		}
		for _, code := range slices.Sorted(maps.Keys(wanted)) {
			keys = append(keys, Key{r.Veteran.ID, code})
		}
	}
	return keys, nil
}

// old says whether a department's word about an element is older than its facts
// may be, or missing although it was not asked lately.
func (d *Desk) old(known *profile.Findings, id, code string) bool {
	heard := known.Answered[code]
	for _, w := range known.By[id].Words {
		if d.Profile.Voice(w.Source) == code && w.HeardAt.After(heard) {
			heard = w.HeardAt
		}
	}
	return d.Profile.Now().Sub(heard) > d.freshness(code)
}

// within lists the departments with look-ups that a viewer may ask, connected or
// not: one that is not is a gap like any other.
func (d *Desk) within(v *access.Viewer) []string {
	var out []string
	for _, dep := range d.Catalog().Departments {
		if len(d.ports(dep.Code)) > 0 && (v == nil || v.Kind != access.Officer || v.Department == dep.Code) {
			out = append(out, dep.Code)
		}
	}
	return out
}

// Elements puts together what the record and those who were just asked say of a
// person, by element. Answers are by department.
func (d *Desk) Elements(r *profile.Rows, answers map[string]Answer, elements []string) (map[string]Element, error) {
	var heard []profile.Heard
	for _, code := range slices.Sorted(maps.Keys(answers)) {
		if a := answers[code]; a.Silence == nil {
			heard = append(heard, a.heard(Key{r.Veteran.ID, code}))
		}
	}
	known, err := d.Profile.Findings(r, heard...)
	if err != nil {
		return nil, err
	}
	vouching, out := d.book().vouching, make(map[string]Element, len(elements))
	for _, id := range elements {
		e := Element{Finding: known.By[id]}
		for _, w := range e.Words {
			e.Freshness = older(e.Freshness, d.FreshnessOf(w))
		}
		e.Gap = d.gap(id, vouching[id], answers)
		out[id] = e
	}
	return out, nil
}

// gap is the silence that matters most for an element: that of its owner, else of
// the first who should have said something.
func (d *Desk) gap(id string, vouching []string, answers map[string]Answer) *Gap {
	owner := ""
	if dep := profile.Owner(d.Catalog(), id); dep != nil {
		owner = dep.Code
	}
	var gap *Gap
	for _, code := range vouching {
		a, asked := answers[code]
		if !asked || a.Silence == nil || gap != nil && code != owner {
			continue
		}
		gap = &Gap{Department: code, Since: a.SilentSince, RetryAt: a.Silence.RetryAt, Reason: a.Silence.Reason}
		if gap.RetryAt.IsZero() {
			gap.RetryAt = a.At.Add(again)
		}
	}
	return gap
}

// FreshnessOf compares a word with how old its department's facts may be: since
// the department last said so, be its own time of the fact as old as it may.
func (d *Desk) FreshnessOf(w profile.Word) Freshness {
	now := d.Profile.Now()
	switch {
	case w.ValidUntil != nil && *w.ValidUntil < workday.FromTime(now):
		return Expired
	case now.Sub(w.HeardAt) > d.freshness(d.Profile.Voice(w.Source)):
		return Stale
	}
	return Fresh
}

// older is the lesser of two degrees; empty is none.
func older(a, b Freshness) Freshness {
	order := []Freshness{"", Fresh, Stale, Expired}
	if slices.Index(order, a) > slices.Index(order, b) {
		return a
	}
	return b
}

// heard is an answer as the profile takes it.
func (a *Answer) heard(k Key) profile.Heard {
	return profile.Heard{VeteranID: k.Veteran, Department: k.Department, Known: a.Record.Known, AsOf: a.Record.AsOf, At: a.At, Facts: a.Record.Facts}
}

// note completes answers with when they came and since when who is silent has been
// so, and gives what was said to the keeper.
func (d *Desk) note(ctx context.Context, keys []Key, known func(veteran string) bool, out []Answer) {
	now := d.Profile.Now()
	var heard []profile.Heard
	for i, k := range keys {
		a := &out[i]
		if !known(k.Veteran) {
			continue // answered as not known, without asking anybody
		}
		a.At = now
		if ctx.Err() == nil { // else it is not the department that is silent
			a.SilentSince = d.silences.note(k.Department, a.Silence, now)
		}
		if a.Silence != nil && a.SilentSince.IsZero() {
			a.SilentSince = now
		}
		if a.Silence == nil {
			heard = append(heard, a.heard(k))
		}
	}
	if d.Keeper != nil {
		d.Keeper.Keep(heard)
	}
}

// silences remembers since when departments are silent.
type silences struct {
	mu    sync.Mutex
	since map[string]time.Time
}

// note takes an answer or a silence, and tells since when the department has been
// silent.
func (s *silences) note(code string, silence *fault.Fault, now time.Time) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if silence == nil {
		delete(s.since, code)
		return time.Time{}
	}
	if silence.Kind != fault.Unavailable {
		return now // ours, or a no: the department speaks
	}
	if s.since == nil {
		s.since = map[string]time.Time{}
	}
	if _, ok := s.since[code]; !ok {
		s.since[code] = now
	}
	return s.since[code]
}
