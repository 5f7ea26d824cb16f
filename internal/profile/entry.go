package profile

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// What follows enters one value each. A fact is first taken over as the record
// has it, so that what the department did not mention stays.

// text enters a text; nil is the empty one.
func (e *entry) text(v any, to *string) bool {
	s, ok := v.(string)
	if ok || v == nil {
		*to = s
	}
	return ok || v == nil
}

// must enters a text that cannot be empty.
func (e *entry) must(v any, to *string) bool {
	s, _ := v.(string)
	return s != "" && e.text(s, to)
}

// take is the fact to enter into: the one under way, else the record's, else a
// new one.
func take[F any](now **F, was *F) *F {
	if *now == nil {
		*now = new(F)
		if was != nil {
			**now = *was
		}
	}
	return *now
}

// takeOf is take for one of a list.
func takeOf[F any](now *[]F, was []F, which func(F) bool, fresh F) *F {
	i := slices.IndexFunc(*now, which)
	if i < 0 {
		if k := slices.IndexFunc(was, which); k >= 0 {
			fresh = was[k]
		}
		*now, i = append(*now, fresh), len(*now)
	}
	return &(*now)[i]
}

func (e *entry) identity() *Identity {
	e.now.Identity.Provenance = e.by
	return &e.now.Identity
}

func (e *entry) background() *Background {
	f := take(&e.now.Background, e.was.Background)
	f.Provenance = e.by
	return f
}

func (e *entry) disability() *Disability {
	f := take(&e.now.Disability, e.was.Disability)
	f.Provenance = e.by
	return f
}

func (e *entry) household(kind string) *Household {
	f := takeOf(&e.now.Households, e.was.Households, func(f Household) bool { return f.Kind == kind }, Household{Kind: kind, State: Cancelled})
	f.Provenance = e.by
	return f
}

// newHousehold enters the address registered, in the place of settlement unless
// the record knows better.
func (e *entry) newHousehold(v any) bool {
	if v == nil {
		return true // not registered yet is no entry
	}
	f := e.household(Current)
	if f.State != Registered {
		f.State, f.Division = Registered, e.was.Division
		on := workday.FromTime(e.by.AsOf)
		f.RegisteredOn = &on
	}
	return e.must(v, &f.Address)
}

// hasHousehold enters whether there is a household where the person settles.
func (e *entry) hasHousehold(v any) bool {
	has, ok := v.(bool)
	if !ok {
		return v == nil
	}
	f := e.household(Current)
	switch {
	case !has:
		f.State = Cancelled
	case f.State != Registered || !e.was.settlesIn(f.Division):
		f.State, f.Division = Registered, e.was.Division
	}
	return true
}

// cancelled enters the day the prior household was cancelled; nil says it never was.
func (e *entry) cancelled(v any) bool {
	f := e.household(Prior)
	if v == nil {
		f.State, f.CancelledOn = Registered, nil
		return true
	}
	f.State = Cancelled
	return date(v, &f.CancelledOn)
}

// idCard enters until when the card holds; nil says there is none.
func (e *entry) idCard(v any) bool {
	f := take(&e.now.IDCard, e.was.IDCard)
	*f = IDCard{Provenance: e.by, State: "VALID"}
	switch v {
	case nil:
		f.State = None
		return true
	case LongTerm:
		f.LongTerm = true
		return true
	}
	if !date(v, &f.ValidTo) {
		return false
	}
	if *f.ValidTo < workday.FromTime(e.by.AsOf) {
		f.State = "EXPIRED"
	}
	return true
}

// enrolment is the one of a branch, before service or now, in the state that a
// value about it means: nil says there is none.
func (e *entry) enrolment(v any, branch string, before bool) *Enrolment {
	f := takeOf(&e.now.Enrolments, e.was.Enrolments, func(f Enrolment) bool { return f.Branch == branch && f.BeforeService == before },
		Enrolment{Branch: branch, BeforeService: before})
	f.Provenance = e.by
	switch {
	case v == nil:
		f.State = None
	case before:
		f.State = "SUSPENDED" // while in the forces
	default:
		f.State = Active
	}
	return f
}

func (e *entry) socialCard(v any) bool {
	has, ok := v.(bool)
	if !ok {
		return v == nil
	}
	f := take(&e.now.SocialSecurityCard, e.was.SocialSecurityCard)
	f.Provenance = e.by
	switch {
	case !has:
		f.State = None
	case f.State != "MAKING":
		f.State = Active
	}
	return true
}

func (e *entry) employment(v any) bool {
	if v == nil {
		return true
	}
	f := take(&e.now.Employment, e.was.Employment)
	f.Provenance = e.by
	return e.must(v, &f.Status)
}

func date(v any, to **workday.Day) bool {
	s, _ := v.(string)
	d, err := workday.ParseDay(s)
	if err != nil {
		return false
	}
	*to = &d
	return true
}
