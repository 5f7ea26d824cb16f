package server

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// role is one synthetic person and, for some, the case they have.
type role struct {
	person profile.Person
	story  *casefile.Story // nil for none
}

// cast draws the demonstration's people and decides who has which case. The same
// birth gives the same cast.
func (h *Hub) cast(b birth) ([]role, error) {
	var all []role
	i := 0
	for q := range population.Generate(b.Seed, b.Veterans, workday.FromTime(b.At), h.Divisions) {
		r := role{person: q}
		if i >= len(population.Heroes()) {
			story, err := h.story(&r.person, i, b)
			if err != nil {
				return nil, fmt.Errorf("person %d: %w", i, err)
			}
			r.story = story
		}
		all = append(all, r)
		i++
	}
	return all, nil
}

// story is a person's case, or nil. A case that granted something has left its
// trace in the person.
func (h *Hub) story(q *profile.Person, i int, b birth) (*casefile.Story, error) {
	r := rand.New(rand.NewPCG(b.Seed, uint64(i)<<8|3))
	left := q.Discharge.DischargedOn
	settled := slices.ContainsFunc(q.Households, func(e profile.Household) bool { return e.Kind == profile.Current })
	then := *q
	var fate casefile.Fate
	var at time.Time
	switch ago := int(workday.FromTime(b.At) - left); {
	case settled && r.Float64() < 0.4:
		then = unsettled(q)
		at = office(left.AddDays(18+r.IntN(3)), r)
		fate = pastFate(r)
		if fate.Rejects != "" {
			q.Guidances, q.Trainings, q.TrainingSubsidies = nil, nil, nil
		}
	case !settled && ago >= 3 && ago <= 28 && r.Float64() < 0.55:
		at = office(left.AddDays(1+r.IntN(ago-1)), r)
		if fate = presentFate(r); recent(fate.Ends) || fate.Away != "" {
			at = b.At.Add(-time.Duration(20+r.IntN(1200)) * time.Minute)
		}
	case !settled && ago > 40 && r.Float64() < 0.2:
		at = office(left.AddDays(5+r.IntN(20)), r)
		fate = unhappyFate(r)
	default:
		return nil, nil
	}
	story, err := h.tell(&then, q, i, at, fate, b)
	if story != nil && !settled {
		h.trace(q, story)
	}
	return story, err
}

// office is a moment of a day on which people file, mostly in daytime.
func office(on workday.Day, r *rand.Rand) time.Time {
	return on.Time().Add(8*time.Hour + time.Duration(r.IntN(12*3600))*time.Second)
}

// pastFate is how a case went of somebody who has everything now: only training,
// on which nothing else waits, may have been refused or taken back.
func pastFate(r *rand.Rand) casefile.Fate {
	f := casefile.Fate{Handed: r.IntN(2) == 0, Commits: r.IntN(6) == 0, Gap: r.IntN(12) == 0}
	switch x := r.IntN(100); {
	case x < 8:
		f.Rejects = "M03"
	case x < 12:
		f.Withdraws = "M03"
	case x < 22:
		f.Late = true
	case x < 36:
		f.Returns, f.Answered, f.Again = []string{"M04", "M05", "M08", "M10", "M12"}[r.IntN(5)], true, r.IntN(4) == 0
	case x < 42:
		f.Pauses, f.Answered = []string{"M07", "M10"}[r.IntN(2)], true
	}
	return f
}

// presentFate is how a case stands of somebody who has just come home.
func presentFate(r *rand.Rand) casefile.Fate {
	f := casefile.Fate{Handed: true, Commits: r.IntN(6) == 0}
	switch x := r.IntN(100); {
	case x < 5:
		return casefile.Fate{Ends: lifecycle.CaseDraft, Reviewed: r.IntN(2) == 0}
	case x < 9:
		return casefile.Fate{Ends: lifecycle.CasePreReview}
	case x < 13:
		return casefile.Fate{Ends: lifecycle.CaseReturned}
	case x < 18:
		return casefile.Fate{Ends: lifecycle.CaseSubmitted, Gap: true}
	case x < 21:
		return casefile.Fate{Ends: lifecycle.CaseNotAccepted, Gap: true}
	case x < 25:
		return casefile.Fate{Ends: lifecycle.CaseWithdrawn}
	case x < 34: // stands returned, soon or late in the chain
		f.Returns = []string{"M01", "M04", "M05", "M08", "M11", "M12"}[r.IntN(6)]
	case x < 38:
		f.Returns, f.Answered, f.Again = []string{"M01", "M04", "M11"}[r.IntN(3)], true, r.IntN(2) == 0
	case x < 45:
		f.Pauses = []string{"M02", "M07", "M10"}[r.IntN(3)]
	case x < 49:
		f.Late = true
	case x < 52:
		f.Away = []string{"M01", "M11"}[r.IntN(2)]
	case x < 58:
		f.Gap = true
	case x < 60:
		f.Withdraws = "M11"
	case x < 65:
		f.Silent = []string{"M01", "M04", "M11"}[r.IntN(3)]
	}
	return f
}

// unhappyFate is how a case ended of somebody who has not got everything.
func unhappyFate(r *rand.Rand) casefile.Fate {
	switch r.IntN(7) {
	case 0:
		return casefile.Fate{Rejects: "M01"}
	case 1:
		return casefile.Fate{Returns: "M04"} // never answered: it lapsed
	case 2:
		return casefile.Fate{Ends: lifecycle.CaseWithdrawn}
	case 3:
		return casefile.Fate{Ends: lifecycle.CaseNotAccepted, Gap: true}
	case 4:
		return casefile.Fate{Rejects: "M05", Late: r.IntN(2) == 0}
	case 5:
		return casefile.Fate{Returns: "M01"} // nothing was granted: the whole case lapsed
	}
	return casefile.Fate{Rejects: "M04"}
}

// recent says of a state that a case does not stand in it for long.
func recent(s lifecycle.CaseState) bool {
	return s == lifecycle.CaseDraft || s == lifecycle.CasePreReview || s == lifecycle.CaseReturned || s == lifecycle.CaseSubmitted
}

// tell plans a case as the person was then, fills in the form and lets it go its way.
func (h *Hub) tell(then, now *profile.Person, i int, at time.Time, fate casefile.Fate, b birth) (*casefile.Story, error) {
	if at.After(b.At) {
		at = b.At.Add(-time.Minute)
	}
	facts := then.Elements()
	for id, k := range facts {
		if k.AsOf.After(at) {
			k.AsOf = at.Add(-time.Hour).UTC()
			facts[id] = k
		}
	}
	p, err := plan.Compile(plan.Input{Catalog: h.catalog, Calendar: h.Calendar(), Facts: facts, AcceptedOn: h.Calendar().AcceptedOn(at, h.Config.Closing), Now: at})
	if fault.Of(err).Kind == fault.Invalid && err != nil { // nothing to file: no case
		return nil, nil
	} else if err != nil {
		return nil, err
	}
	said := answers(h.catalog, h.Divisions, then, i, p.Form)
	typed, problems := form.Validate(p.Form, said, form.Against{Divisions: h.Divisions})
	if len(problems) > 0 {
		return nil, fmt.Errorf("the example answer to %s is not taken: %s", problems[0].Field, problems[0].Reason)
	}
	id := h.Profile.VeteranID(now.Number)
	story := h.Cases.Tell(casefile.Example{
		VeteranID: id, Division: now.Division, Account: "demo/veteran/" + id, Clerk: []string{"", "", "", "demo/clerk"}[i%4],
		Plan: p, Typed: said, Answers: typed, Submitted: at,
		Channel: []string{"WEB", "WEB", "APP", "WINDOW"}[i%4], Fate: fate, Seed: b.Seed<<32 | uint64(i),
	}, b.At)
	return story, story.Err()
}

// unsettled is a person as they were before everything was settled: the inverse
// of what the population does to those who have it behind them.
func unsettled(q *profile.Person) profile.Person {
	then := *q
	then.Households = slices.DeleteFunc(slices.Clone(q.Households), func(e profile.Household) bool { return e.Kind == profile.Current })
	if q.IDCard != nil {
		card := profile.IDCard{Provenance: q.IDCard.Provenance, State: profile.None}
		then.IDCard = &card
	}
	then.Enrolments = slices.DeleteFunc(slices.Clone(q.Enrolments), func(e profile.Enrolment) bool { return !e.BeforeService })
	then.SocialSecurityCard = nil
	then.PreferentialCard, then.EconomicSubsidy = nil, nil
	then.Guidances, then.Trainings, then.TrainingSubsidies = nil, nil, nil
	then.ArmyRelations = slices.Clone(q.ArmyRelations)
	for i := range then.ArmyRelations {
		then.ArmyRelations[i].Transferred, then.ArmyRelations[i].TransferredOn = false, nil
	}
	if q.PensionRelation != nil {
		relation := *q.PensionRelation
		relation.State, relation.ReceivedOn = "WITH_ARMY", nil
		then.PensionRelation = &relation
	}
	return then
}

// trace enters into the profile what a case's results say, as the desk does when
// they come in.
func (h *Hub) trace(q *profile.Person, story *casefile.Story) {
	home := home(h.Divisions, q.Division)
	for _, it := range story.Items() {
		if !it.State.Granted() {
			continue
		}
		by := fact.Provenance{Source: it.Department, AsOf: it.DecidedAt.UTC(), Basis: h.catalog.Matter(it.Matter).Name.Zh + "办理结果"}
		on := workday.FromTime(it.DecidedAt)
		switch it.Matter {
		case "M04":
			q.Households = append(slices.Clone(q.Households), profile.Household{Provenance: by, Kind: profile.Current, State: profile.Registered,
				Division: home.Code, Address: h.Divisions.FullName(home.Code) + "示例路1号", RegisteredOn: &on})
		case "M05":
			until := workday.Date(on.Year()+20, on.Time().In(workday.Zone()).Month(), min(on.Time().In(workday.Zone()).Day(), 28))
			q.IDCard = &profile.IDCard{Provenance: by, State: "VALID", ValidTo: &until}
		case "M06":
			q.Enrolments = slices.DeleteFunc(slices.Clone(q.Enrolments), func(e profile.Enrolment) bool { return e.Branch == profile.Social && !e.BeforeService })
			q.Enrolments = append(q.Enrolments, profile.Enrolment{Provenance: by, Branch: profile.Social, Division: q.Division, State: profile.Active, Since: &on})
		}
	}
}
