package main

import (
	"time"

	"github.com/vetgraph/vetgraph/docs/examples/concessions/exec"
)

// What follows from the facts around a card and is no state of it.
const (
	noCard       = "NO_CARD"
	notYetIssued = "NOT_YET_ISSUED"
)

// china is where days begin and end; it has had no summer time since 1991.
var china = time.FixedZone("Asia/Shanghai", 8*60*60)

func today(now time.Time) string { return now.In(china).Format(time.DateOnly) }

// cardState is the state of what the hub told us of a person's card.
func cardState(b *exec.BenefitsRepresentation, day string) string {
	if b == nil || b.PreferentialCard == nil || b.PreferentialCard.State == nil {
		return noCard
	}
	c := b.PreferentialCard
	if *c.State == exec.PreferentialCardStateActive && c.IssuedOn != nil && *c.IssuedOn > day {
		return notYetIssued
	}
	return c.State.String()
}

// veteran answers what was asked about one person. A router that asks only for what
// was taken up sends no benefits; what follows from them is not read then.
func (s *service) veteran(id string, benefits *exec.BenefitsRepresentation) *exec.Veteran {
	now := s.now()
	state := cardState(benefits, today(now))
	means := s.offer.cards[state]
	v := &exec.Veteran{ID: id, Concessions: []*exec.Concession{}, ConcessionsTaken: s.taken(id),
		ConcessionStanding: &exec.ConcessionStanding{Entitled: means.Entitled, Code: codeOf(state), Reason: means.Reason.text()}}
	if means.Entitled {
		permit := s.permits.issue(id, now)
		v.ConcessionStanding.Permit, v.Concessions = &permit, s.offer.on(today(now))
	}
	return v
}

// codeOf is the reason's code: an active card is a valid one.
func codeOf(state string) string {
	if state == exec.PreferentialCardStateActive.String() {
		return "VALID"
	}
	return state
}

func (s *service) taken(veteran string) []*exec.TakenConcession {
	out := []*exec.TakenConcession{}
	for _, t := range s.register.of(veteran) {
		if c := s.offer.byCode[t.Concession]; c != nil { // one that is offered no more has gone from the list
			out = append(out, takenOf(t, c))
		}
	}
	return out
}

func takenOf(t taking, c *exec.Concession) *exec.TakenConcession {
	return &exec.TakenConcession{Number: t.number(), Concession: c, TakenAt: t.At}
}
