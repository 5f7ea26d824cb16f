package population

import (
	"fmt"

	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// On what the facts of the registers rest.
const (
	onRoll       = "退役军人保障法 8; 退役士兵移交数据"
	onSettlement = "退役军人安置条例 5"
	onSharing    = "国务院令第716号 7"
)

func (d *draw) identity(q *profile.Person, k sketch) {
	ps := d.said("PS", 1+d.r.IntN(min(k.leftDaysAgo, 20)), onSharing)
	q.Identity = profile.Identity{Provenance: ps, Name: k.name, Sex: k.sex, Ethnicity: k.ethnicity}
	if d.r.Float64() < 0.7 { // of the others the register knows more than we do
		q.Identity.Marital = marital(q)
	}
	q.Background = &profile.Background{Provenance: d.said("VA", k.leftDaysAgo, onRoll), Education: k.education, Political: pick(d.r, "01", "01", "03", "03", "13")}
	home := profile.Household{Provenance: ps, Kind: profile.Prior, State: profile.Cancelled, Division: k.home.Code, Address: d.address(k.home.Code), PoliceStation: k.home.Name + "派出所"}
	if d.s.Cancelled.of(d.r) || d.i < len(heroes) {
		home.CancelledOn = ptr(d.enlisted(k).AddDays(-10)) // 户口登记条例 11
	} else {
		home.State = profile.Registered
	}
	q.Households = []profile.Household{home}
	q.IDCard = d.card(ps, k)
	if d.r.Float64() < 0.8 {
		q.Contact = &profile.Contact{Provenance: d.said("VA", k.leftDaysAgo, onRoll), Mobile: Mobile(d.i), Division: k.home.Code, Address: home.Address}
	}
}

// card draws the identity card: most of those without a valid one handed theirs in
// on enlistment, the others let it expire.
func (d *draw) card(ps fact.Provenance, k sketch) *profile.IDCard {
	switch {
	case k.validCard && d.asOf.Year()-k.born.Year() > 46:
		return &profile.IDCard{Provenance: ps, State: "VALID", LongTerm: true}
	case k.validCard:
		return &profile.IDCard{Provenance: ps, State: "VALID", ValidTo: ptr(d.asOf.AddDays(200 + d.r.IntN(6000)))}
	case d.i >= len(heroes) && oneIn(d.r, 6):
		return &profile.IDCard{Provenance: ps, State: "EXPIRED", ValidTo: ptr(d.asOf.AddDays(-30 - d.r.IntN(900)))}
	}
	return &profile.IDCard{Provenance: ps, State: profile.None}
}

// address is a place to live within a township: in one of its villages or
// communities, at a house number.
func (d *draw) address(township string) string {
	place := township
	if villages := d.land.tree.Children(township); len(villages) > 0 {
		place = villages[d.r.IntN(len(villages))].Code
	}
	return fmt.Sprintf("%s%d号", d.land.tree.FullName(place), 1+d.r.IntN(200))
}

func (d *draw) service(q *profile.Person, k sketch) {
	left := d.asOf.AddDays(-k.leftDaysAgo)
	roll, va := d.said("UNIT", k.leftDaysAgo-4, onRoll), d.said("VA", k.leftDaysAgo-4, onSettlement)
	branch := pick(d.r, "ARMY", "ARMY", "ARMY", "ARMY", "ARMY", "PAP", "PAP", "NAVY", "AIRFORCE", "ROCKET")
	q.ServicePeriods = []profile.ServicePeriod{{Provenance: roll, EnlistedOn: d.enlisted(k), LeftOn: &left, EnlistDivision: county(k.home.Code), Branch: branch,
		Unit: fmt.Sprintf("00%03d部队", d.r.IntN(1000)), Specialty: pick(d.r, "步兵", "通信", "汽车驾驶", "炊事", "卫生", "工程机械", "雷达", "文书"), Combat: ptr(k.nature == "WAR")}}
	q.Ranks = d.ranks(roll, k)
	if k.award != "" {
		q.Awards = append(q.Awards, profile.Award{Provenance: roll, Level: k.award, AwardedOn: ptr(left.AddDays(-200 - d.r.IntN(300)))})
	}
	if d.r.Float64() < 0.12 {
		q.Awards = append(q.Awards, profile.Award{Provenance: roll, Level: "MERIT_3", AwardedOn: ptr(left.AddDays(-30 - d.r.IntN(365)))})
	}
	q.Discharge = &profile.Discharge{Provenance: roll, DischargedOn: left, Category: k.category, Reason: reason(k), CertType: certificate(k.category, branch),
		CertNo: fmt.Sprintf("测退字第%d%06d号", left.Year(), d.i), Letter: fmt.Sprintf("测行介〔%d〕%06d号", left.Year(), d.i),
		Reserve: ptr(k.category != "OFFICER" && k.grade == "" && d.r.Float64() < 0.4)}
	q.Settlement = &profile.Settlement{Provenance: va, Mode: k.mode, Division: k.settledAt, RelocationReason: k.ground}
	q.Disability = &profile.Disability{Provenance: va}
	if k.grade != "" {
		q.Disability = &profile.Disability{Provenance: roll, Grade: k.grade, Nature: k.nature, CertNo: fmt.Sprintf("测军残%06d", d.i), Authority: "部队残疾等级评定机关"}
		q.PensionRelation = &profile.PensionRelation{Provenance: va, State: "WITH_ARMY", Grade: k.grade}
	}
}

// ranks are the last two ranks that years of service bring.
func (d *draw) ranks(by fact.Provenance, k sketch) []profile.Rank {
	ladder := []soldiersRank{{"2LT", 0}, {"1LT", 3}, {"CPT", 6}, {"MAJ", 10}, {"LTC", 14}, {"COL", 19}, {"SCOL", 27}}
	if k.category != "OFFICER" {
		ladder = d.s.soldiersRanks()
	}
	var held []profile.Rank
	for _, rank := range ladder {
		if rank.from < k.years && (k.category != "CONSCRIPT" || rank.from < 2) {
			held = append(held, profile.Rank{Provenance: by, Rank: rank.code, HeldFrom: ptr(addYears(d.enlisted(k), rank.from))})
		}
	}
	return held[max(0, len(held)-2):]
}

func addYears(d workday.Day, n int) workday.Day {
	y, m, day := d.Time().Date()
	return workday.Date(y+n, m, day)
}

func reason(k sketch) string {
	switch k.mode {
	case "STATE_SUPPORT":
		return "DISABILITY"
	case "RETIREMENT":
		return "AGE_LIMIT"
	case "CAREER_TRANSFER":
		return "ESTABLISHMENT"
	}
	return "TERM_EXPIRED"
}

// certificate is the type of discharge certificate of a category and branch.
func certificate(category, branch string) string {
	types := map[string][2]string{"OFFICER": {"01", "04"}, "CONSCRIPT": {"02", "05"}, "NCO": {"03", "06"}}
	if branch == "PAP" {
		return types[category][1]
	}
	return types[category][0]
}

func (d *draw) insurance(q *profile.Person, k sketch) {
	roll := q.Discharge.Provenance
	hrss, hsa := d.said("HRSS", k.leftDaysAgo-6, onSharing), d.said("HSA", k.leftDaysAgo-6, onSharing)
	if k.mode != "RETIREMENT" && k.mode != "STATE_SUPPORT" {
		months := 12 * k.years
		q.ArmyRelations = []profile.ArmyRelation{
			{Provenance: roll, Kind: profile.Pension, VoucherNo: fmt.Sprintf("测养%08d", d.i), Months: months, AmountFen: int64(months) * int64(160_000+d.r.IntN(60_000))},
			{Provenance: roll, Kind: profile.Medical, VoucherNo: fmt.Sprintf("测医%08d", d.i), AmountFen: int64(months) * int64(8_000+d.r.IntN(4_000))},
		}
		if k.category != "CONSCRIPT" {
			q.ArmyRelations = append(q.ArmyRelations, profile.ArmyRelation{Provenance: roll, Kind: profile.Annuity, VoucherNo: fmt.Sprintf("测年%08d", d.i), AmountFen: int64(months) * int64(50_000+d.r.IntN(20_000))})
		}
	}
	q.Enrolments = []profile.Enrolment{
		{Provenance: hrss, Branch: profile.Social, State: profile.None},
		d.before(hrss, profile.Pension, k, 12),
	}
	if d.r.Float64() < 0.75 { // of the others the agency knows more than we do
		q.Enrolments = append(q.Enrolments, d.before(hsa, profile.Medical, k, 60))
	}
	q.SocialSecurityCard = &profile.SocialSecurityCard{Provenance: hrss, State: profile.None}
	q.Employment = &profile.Employment{Provenance: hrss, Status: "70", Since: ptr(d.asOf.AddDays(-k.leftDaysAgo))}
}

// before draws membership of a residents' scheme before service.
func (d *draw) before(by fact.Provenance, branch string, k sketch, percent int) profile.Enrolment {
	e := profile.Enrolment{Provenance: by, Branch: branch, State: profile.None, BeforeService: true}
	if d.r.IntN(100) < percent {
		e.State, e.Scheme, e.Division = "SUSPENDED", "RESIDENT", county(k.home.Code)
	}
	return e
}
