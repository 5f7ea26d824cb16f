package population

import (
	"fmt"

	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// settle makes somebody who has it all behind them: registered, insured, paid, at
// work. Days count from leaving the forces and keep the order the matters have.
func (d *draw) settle(q *profile.Person, k sketch) {
	left := d.asOf.AddDays(-k.leftDaysAgo)
	after := func(days int) *workday.Day { return ptr(left.AddDays(days)) }
	said := func(source string, days int) fact.Provenance { return d.said(source, k.leftDaysAgo-days, onSharing) }
	home := k.home.Code
	if k.ground != "" {
		places := d.land.tree.Children(k.settledAt)
		home = places[d.r.IntN(len(places))].Code
	}
	ps := said("PS", 30)
	q.Households = append(q.Households, profile.Household{Provenance: ps, Kind: profile.Current, State: profile.Registered,
		Division: home, Address: d.address(home), RegisteredOn: after(25)})
	if q.IDCard.State != "VALID" {
		q.IDCard = &profile.IDCard{Provenance: said("PS", 45), State: "VALID", ValidTo: ptr(addYears(left.AddDays(40), 20))}
	}
	if len(q.ArmyRelations) > 0 {
		d.insure(q, k, after)
	}
	hrss := said("HRSS", 50)
	q.SocialSecurityCard = &profile.SocialSecurityCard{Provenance: hrss, State: profile.Active, Bank: pick(d.r, "ICBC", "ABC", "PSBC", "CCB"), IssuedOn: after(48)}
	q.PreferentialCard = &profile.PreferentialCard{Provenance: said("VA", 60), State: profile.Active, Bank: pick(d.r, "ICBC", "ABC", "PSBC", "CEB"), IssuedOn: after(55)}
	if q.PensionRelation != nil {
		q.PensionRelation = &profile.PensionRelation{Provenance: said("VA", 60), State: "RECEIVED", Grade: k.grade, ReceivedOn: after(45)}
	}
	d.work(q, k, after)
}

// insure makes the person a member where they settle, with what the army handed over.
func (d *draw) insure(q *profile.Person, k sketch, after func(int) *workday.Day) {
	hrss, hsa := d.said("HRSS", k.leftDaysAgo-50, onSharing), d.said("HSA", k.leftDaysAgo-50, onSharing)
	e := q.Enrolments[1:] // without the word that there is none
	q.Enrolments = append([]profile.Enrolment{
		{Provenance: hrss, Branch: profile.Social, Division: k.settledAt, State: profile.Active, Since: after(32)},
		{Provenance: hrss, Branch: profile.Pension, Scheme: "EMPLOYEE", Division: k.settledAt, State: profile.Active, Since: after(32)},
		{Provenance: hsa, Branch: profile.Medical, Scheme: "EMPLOYEE", Division: k.settledAt, State: profile.Active, Since: after(32)},
	}, e...)
	for i := range q.ArmyRelations {
		a := &q.ArmyRelations[i]
		a.Transferred, a.TransferredOn, a.Provenance = true, after(47), hrss
		if a.Kind == profile.Medical {
			a.Provenance = hsa
		}
	}
}

// taught is how many hours the invented schools teach a trade.
var taught = map[string]int{"DRIVER": 80, "ELECTRICIAN": 120, "WELDER": 160, "UAV": 100, "FIRE": 60, "IT": 200, "ECOMMERCE": 80}

// work is guidance, training, the subsidy and a living.
func (d *draw) work(q *profile.Person, k sketch, after func(int) *workday.Day) {
	va := d.said("VA", k.leftDaysAgo-90, onSharing)
	q.Employment = &profile.Employment{Provenance: d.said("HRSS", k.leftDaysAgo-100, onSharing), Status: pick(d.r, "24", "24", "51", "54", "70"), Since: after(95)}
	if k.mode == "SELF_EMPLOYMENT" {
		years := form.ServiceYears(q.ServicePeriods[0].EnlistedOn, q.Discharge.DischargedOn)
		q.EconomicSubsidy = &profile.EconomicSubsidy{Provenance: va, AmountFen: subsidy(k.category, years), Years: years, State: "PAID", ApprovedOn: after(45), PaidOn: after(60)}
	}
	if q.Settlement.Mode == "JOB_PLACEMENT" || k.mode == "STATE_SUPPORT" || k.mode == "RETIREMENT" || k.mode == "CAREER_TRANSFER" {
		return
	}
	if d.r.Float64() < 0.7 {
		q.Guidances = []profile.Guidance{{Provenance: va, Kind: pick(d.r, "JOB", "JOB", "STARTUP"), HeldOn: *after(35), Outcome: pick(d.r, "推荐岗位", "参加招聘会", "制定创业计划")}}
	}
	if d.r.Float64() < 0.5 {
		trade := pick(d.r, "DRIVER", "ELECTRICIAN", "WELDER", "UAV", "FIRE", "IT", "ECOMMERCE")
		q.Trainings = []profile.Training{{Provenance: va, Trade: trade, Hours: taught[trade],
			Institution: fmt.Sprintf("测试职业技术学校第%d分校", 1+d.r.IntN(9)), State: "COMPLETED", BeganOn: after(50), EndedOn: after(85)}}
		q.TrainingSubsidies = []profile.TrainingSubsidy{{Provenance: d.said("HRSS", k.leftDaysAgo-100, onSharing), AmountFen: int64(pick(d.r, 1200, 1800, 2400)) * 100, State: "PAID", PaidOn: after(98)}}
	}
}

// subsidy is the local one-off subsidy in fen by the arithmetic other provinces
// publish: 4,500 yuan a year for conscripts; 9,000 for an NCO's first two years
// and a fifth of it more for each further one. Heilongjiang's amounts were not found.
func subsidy(category string, years float64) int64 {
	if category == "CONSCRIPT" {
		return int64(450_000 * years)
	}
	return int64(900_000 * (1 + (years-2)*0.2))
}
