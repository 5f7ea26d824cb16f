package profile

import (
	"slices"

	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// LongTerm stands where a date would, for an identity card without end.
const LongTerm = "长期"

// Elements tells what the rows of one veteran say of the catalogue's data elements
// and derived facts, by their ID; see [Person.Elements]. What sources disagree
// about is not among them ([Profile.Findings] has it). Values that are sealed in
// the record are in plain: masking them is for whoever shows them.
func (p *Profile) Elements(r *Rows) (map[string]form.Known, error) {
	if len(r.Sayings) == 0 { // one word for everything
		q, err := p.Person(r)
		if err != nil {
			return nil, err
		}
		return q.Elements(), nil
	}
	f, err := p.Findings(r)
	if err != nil {
		return nil, err
	}
	return f.Known(), nil
}

// Elements tells what is known of the person by the ID of data elements and
// derived facts, each with its source. Days are texts like 2026-09-01, money is
// in yuan, codes are as in the lists. What a source says there is none of is
// absent; what nobody has said has no entry, and what only the applicant types
// (intentions, accounts, hosts, signatures) is never kept here.
func (q *Person) Elements() map[string]form.Known {
	t := teller{}
	q.tellIdentity(t)
	q.tellHousehold(t)
	q.tellService(t)
	q.tellDischarge(t)
	q.tellInsurance(t)
	q.tellMoney(t)
	return t
}

type teller map[string]form.Known

// tell enters a value; an empty text or list says nothing.
func (t teller) tell(id string, by fact.Provenance, value any) {
	switch v := value.(type) {
	case string:
		if v == "" {
			return
		}
	case []string:
		if len(v) == 0 {
			return
		}
	case *workday.Day:
		if v == nil {
			return
		}
		value = v.String()
	case *bool:
		if v == nil {
			return
		}
		value = *v
	}
	t[id] = form.Known{Value: value, Source: by.Source, AsOf: by.AsOf, ValidUntil: by.ValidUntil, Basis: by.Basis}
}

// none enters that the source says there is none.
func (t teller) none(by fact.Provenance, ids ...string) {
	for _, id := range ids {
		t[id] = form.Known{Absent: true, Source: by.Source, AsOf: by.AsOf, ValidUntil: by.ValidUntil, Basis: by.Basis}
	}
}

// tellOrNone enters a text, or that there is none if it is empty.
func (t teller) tellOrNone(id string, by fact.Provenance, value string) {
	t.none(by, id)
	t.tell(id, by, value)
}

func (q *Person) tellIdentity(t teller) {
	by := q.Identity.Provenance
	t.tell("name", by, q.Identity.Name)
	t.tell("ethnicity", by, q.Identity.Ethnicity)
	t.tell("maritalStatus", by, q.Identity.Marital)
	if q.Number != "" {
		sex := q.Identity.Sex
		if sex == "" {
			sex = q.Number.Sex()
		}
		t.tell("citizenId", by, q.Number.Reveal())
		t.tell("gender", by, sex)
		t.tell("birthDate", by, q.Number.BirthDate().String())
	}
	if f := q.Background; f != nil {
		t.tell("education", f.Provenance, f.Education)
		t.tell("politicalStatus", f.Provenance, f.Political)
	}
	if f := q.Contact; f != nil {
		t.tell("mobile", f.Provenance, f.Mobile)
		t.tell("currentDivision", f.Provenance, f.Division)
		t.tell("currentAddress", f.Provenance, f.Address)
	}
	switch f := q.IDCard; {
	case f == nil:
	case f.State == None || f.State == "LOST":
		t.none(f.Provenance, "idValidTo")
	case f.LongTerm:
		t.tell("idValidTo", f.Provenance, LongTerm)
	default:
		t.tell("idValidTo", f.Provenance, f.ValidTo)
	}
}

func (q *Person) tellHousehold(t teller) {
	for _, f := range q.Households {
		switch {
		case f.Kind == Prior:
			t.tell("priorHukouDivision", f.Provenance, f.Division)
			t.tell("priorHukouAddress", f.Provenance, f.Address)
			t.tell("targetPoliceStation", f.Provenance, f.PoliceStation)
			if f.State == Registered { // never cancelled: 户口登记条例 11 was not applied
				t.none(f.Provenance, "hukouCancelDate")
			}
			t.tell("hukouCancelDate", f.Provenance, f.CancelledOn)
		case f.State == Registered:
			t.tell("hukouAddress", f.Provenance, f.Address)
		}
	}
	// A present entry decides; only without one does it matter that the prior was never cancelled.
	var last *Household
	for i, f := range q.Households {
		if last == nil || f.Kind == Current {
			last = &q.Households[i]
		}
	}
	if last != nil {
		t.tell("hasLocalHukou", last.Provenance, last.State == Registered && q.settlesIn(last.Division))
	}
}

// settlesIn tells whether a place lies in the county of settlement.
func (q *Person) settlesIn(place string) bool {
	to := q.Division
	if q.Settlement != nil {
		to = q.Settlement.Division
	}
	const county = 6 // digits
	if p := division.Prefix(to); len(p) > county {
		to = p[:county]
	}
	return division.Within(place, to)
}

func (q *Person) tellService(t teller) {
	if n := len(q.ServicePeriods); n > 0 { // the last one; [Profile.Person] orders them
		f := q.ServicePeriods[n-1]
		t.tell("enlistDate", f.Provenance, f.EnlistedOn.String())
		t.tell("enlistDivision", f.Provenance, f.EnlistDivision)
		t.tell("serviceBranch", f.Provenance, f.Branch)
		t.tell("serviceUnit", f.Provenance, f.Unit)
		t.tell("militarySpecialty", f.Provenance, f.Specialty)
		t.tell("combatExperience", f.Provenance, f.Combat)
	}
	if n := len(q.Ranks); n > 0 {
		t.tell("militaryRank", q.Ranks[n-1].Provenance, q.Ranks[n-1].Rank)
	}
	var levels []string
	by := fact.Provenance{}
	for _, f := range q.Awards {
		if !slices.Contains(levels, f.Level) {
			levels = append(levels, f.Level)
		}
		if !f.AsOf.Before(by.AsOf) {
			by = f.Provenance
		}
	}
	t.tell("awards", by, levels)
}

func (q *Person) tellDischarge(t teller) {
	if f := q.Discharge; f != nil {
		t.tell("dischargeDate", f.Provenance, f.DischargedOn.String())
		t.tell("personnelCategory", f.Provenance, f.Category)
		t.tell("dischargeReason", f.Provenance, f.Reason)
		t.tell("dischargeCertType", f.Provenance, f.CertType)
		t.tell("dischargeCertNo", f.Provenance, f.CertNo)
		t.tell("adminLetterNo", f.Provenance, f.Letter)
		t.tell("reserveEligible", f.Provenance, f.Reserve)
	}
	if f := q.Settlement; f != nil {
		t.tell("settlementMode", f.Provenance, f.Mode)
		t.tell("settlementDivision", f.Provenance, f.Division)
		t.tellOrNone("relocationReason", f.Provenance, f.RelocationReason)
	}
	switch f := q.Disability; {
	case f == nil:
	case f.Grade == "":
		t.none(f.Provenance, "disabilityGrade", "disabilityNature", "disabilityCertNo", "disabilityAuthority")
	default:
		t.tell("disabilityGrade", f.Provenance, f.Grade)
		t.tell("disabilityNature", f.Provenance, f.Nature)
		t.tell("disabilityCertNo", f.Provenance, f.CertNo)
		t.tell("disabilityAuthority", f.Provenance, f.Authority)
	}
}

// enrolled are the elements that tell of an enrolment: by branch, of now and of
// before service. A scheme the person is not in is theirs to choose, so only
// the pension agency's word that there is none counts.
var enrolled = map[string]struct{ division, scheme, prior string }{
	Social:  {division: "enrolDivision"},
	Pension: {scheme: "pensionSchemeType", prior: "priorPensionDivision"},
	Medical: {scheme: "medicalSchemeType", prior: "priorMedicalDivision"},
}

func (q *Person) tellInsurance(t teller) {
	for _, f := range q.Enrolments {
		to := enrolled[f.Branch]
		where, scheme := to.division, to.scheme
		if f.BeforeService {
			where, scheme = to.prior, ""
		}
		if f.State == None {
			for _, id := range []string{where, scheme} {
				if id != "" && id != "medicalSchemeType" {
					t.none(f.Provenance, id)
				}
			}
			continue
		}
		if where != "" {
			t.tell(where, f.Provenance, f.Division)
		}
		if scheme != "" {
			t.tell(scheme, f.Provenance, f.Scheme)
		}
	}
	if f := q.SocialSecurityCard; f != nil {
		t.tell("hasSocialSecurityCard", f.Provenance, f.State != None)
		t.tell("ssCardBank", f.Provenance, f.Bank)
	}
	if f := q.PreferentialCard; f != nil {
		t.tell("preferentialCardBarred", f.Provenance, f.State == Cancelled)
		t.tell("prefCardBank", f.Provenance, f.Bank)
	}
	if f := q.Employment; f != nil {
		t.tell("employmentStatus", f.Provenance, f.Status)
	}
}

func (q *Person) tellMoney(t teller) {
	for _, f := range q.ArmyRelations {
		counted := f.VoucherNo == "" // then zero is a zero
		amount := ""
		switch f.Kind {
		case Pension:
			amount = "armyPensionAmount"
			t.tell("armyPensionVoucherNo", f.Provenance, f.VoucherNo)
			if counted || f.Months > 0 {
				t.tell("armyPensionMonths", f.Provenance, f.Months)
			}
		case Medical:
			amount = "armyMedicalAmount"
			t.tell("armyMedicalVoucherNo", f.Provenance, f.VoucherNo)
		case Annuity:
			amount = "annuityAmount"
		}
		if amount != "" && (counted || f.AmountFen > 0) {
			t.tell(amount, f.Provenance, yuan(f.AmountFen))
		}
	}
}

// yuan is an amount of fen in yuan: the float nearest to its two decimals.
func yuan(fen int64) float64 { return float64(fen) / 100 }
