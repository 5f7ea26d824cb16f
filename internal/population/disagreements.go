package population

import (
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// apart is the place of the first of whom departments disagree: behind the few whom
// a small population consists of.
const apart = 60

// disagreement is a fixed person of whom departments say different things, so that
// a conflict can be seen. They have no case when the demonstration begins.
type disagreement struct {
	hero
	department string // whose register says otherwise
	field      string
	says       func(*profile.Person) any
}

var disagreements = []disagreement{
	{hero{catalog.Text{Zh: "兵役机关记的退役时间晚两天", En: "The conscription office has the discharge two days later"}, sketch{
		category: "CONSCRIPT", mode: "SELF_EMPLOYMENT", years: 2, leftDaysAgo: 33, sex: "1", ethnicity: "01",
		name: "赵立新", born: workday.Date(2003, time.May, 12), education: "60"}, "230103001000"},
		"MIL", "dischargeDate", func(q *profile.Person) any { return q.Discharge.DischargedOn.AddDays(2).String() }},
	{hero{catalog.Text{Zh: "兵役机关记的入伍时间早一个月", En: "The conscription office has the enlistment a month earlier"}, sketch{
		category: "NCO", mode: "SELF_EMPLOYMENT", years: 5, leftDaysAgo: 33, sex: "2", ethnicity: "01",
		name: "孙海燕", born: workday.Date(2002, time.September, 3), education: "30"}, "230202001000"},
		"MIL", "enlistDate", func(q *profile.Person) any { return q.ServicePeriods[0].EnlistedOn.AddDays(-30).String() }},
	{hero{catalog.Text{Zh: "人社登记为失业，退役军人事务部门回访时已在岗", En: "Registered as out of work, at work when veterans affairs called"}, sketch{
		category: "NCO", mode: "SELF_EMPLOYMENT", years: 6, leftDaysAgo: 33, sex: "1", ethnicity: "01",
		name: "周文斌", born: workday.Date(2001, time.February, 17), education: "30"}, "231002001000"},
		"HRSS", "employmentStatus", func(*profile.Person) any { return "70" }},
}

// Disagreements says of which people of a population, by place, departments say
// different things, and what about.
func Disagreements() map[int]catalog.Text {
	out := map[int]catalog.Text{}
	for i, x := range disagreements {
		out[apart+i] = x.title
	}
	return out
}

// fixed is the person at a place, if it is one who is the same under every seed.
func fixed(place int) (hero, bool) {
	switch {
	case place < len(heroes):
		return heroes[place], true
	case place >= apart && place < apart+len(disagreements):
		return disagreements[place-apart].hero, true
	}
	return hero{}, false
}

// toldOtherwise enters into the profile what its sources say of those who are at
// work by one register alone.
func (d *draw) toldOtherwise(q *profile.Person) {
	for _, x := range disagreements {
		if x.field == "employmentStatus" && x.is(q) {
			q.Employment = &profile.Employment{Provenance: d.said("VA", 5, onSharing), Status: "24", Since: q.Employment.Since}
		}
	}
}

// is recognises the person.
func (x *disagreement) is(q *profile.Person) bool {
	return q.Identity.Name == x.sketch.name && q.Number.BirthDate() == x.sketch.born && strings.HasPrefix(q.Number.Reveal(), x.home[:6])
}
