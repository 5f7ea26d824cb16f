package profile

import (
	"cmp"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/contact"
	"github.com/vetgraph/vetgraph/ent/gen/disability"
	"github.com/vetgraph/vetgraph/ent/gen/discharge"
	"github.com/vetgraph/vetgraph/ent/gen/householdentry"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Person opens the rows of one veteran: the inverse of [Profile.Put]. It fails
// when a value does not open, never telling it.
func (p *Profile) Person(r *Rows) (*Person, error) {
	o := opener{p: p, id: r.Veteran.ID}
	v := r.Veteran
	q := &Person{
		ID: v.ID, Number: citizen.Number(o.open(veteran.Table, veteran.FieldCitizenSealed, v.CitizenSealed)),
		Identity:  Identity{*v.Provenance(), v.Name, v.Sex, v.Ethnicity, v.Marital},
		Division:  v.Division,
		Synthetic: v.Synthetic, RollHash: v.RollHash,
	}
	o.identity(q, r)
	o.service(q, r)
	insurance(q, r)
	employment(q, r)
	benefits(q, r)
	return q, o.err
}

// opener opens sealed columns of one veteran and keeps the first failure.
type opener struct {
	p   *Profile
	id  string
	err error
}

func (o *opener) open(table, column string, sealed []byte) string {
	value, err := o.p.Open(table, column, o.id, sealed)
	if o.err == nil {
		o.err = err
	}
	return value
}

type told interface{ Provenance() *fact.Provenance }

// youngest is the row that was told last, of rows where one stands for all; the
// zero value if there is none.
func youngest[R told](rows []R) (last R, ok bool) {
	if len(rows) == 0 {
		return last, false
	}
	return slices.MaxFunc(rows, func(a, b R) int { return a.Provenance().AsOf.Compare(b.Provenance().AsOf) }), true
}

func (o *opener) identity(q *Person, r *Rows) {
	if f, ok := youngest(r.Backgrounds); ok {
		q.Background = &Background{*f.Provenance(), f.Education, f.Political}
	}
	if f, ok := youngest(r.Contacts); ok {
		q.Contact = &Contact{*f.Provenance(), o.open(contact.Table, contact.FieldMobileSealed, f.MobileSealed),
			f.Division, o.open(contact.Table, contact.FieldAddressSealed, f.AddressSealed)}
	}
	for _, f := range r.Households {
		q.Households = append(q.Households, Household{*f.Provenance(), string(f.Kind), string(f.State), f.Division,
			o.open(householdentry.Table, householdentry.FieldAddressSealed, f.AddressSealed), f.CancelledOn, f.RegisteredOn, f.PoliceStation})
	}
	if f, ok := youngest(r.IDCards); ok {
		q.IDCard = &IDCard{*f.Provenance(), string(f.State), f.ValidTo, f.LongTerm}
	}
}

func (o *opener) service(q *Person, r *Rows) {
	for _, f := range r.ServicePeriods {
		q.ServicePeriods = append(q.ServicePeriods, ServicePeriod{*f.Provenance(), f.EnlistedOn, f.LeftOn, f.EnlistDivision, f.Branch, f.Unit, f.Specialty, f.Combat})
	}
	slices.SortStableFunc(q.ServicePeriods, func(a, b ServicePeriod) int { return cmp.Compare(a.EnlistedOn, b.EnlistedOn) })
	for _, f := range r.Ranks {
		q.Ranks = append(q.Ranks, Rank{*f.Provenance(), f.Rank, f.HeldFrom})
	}
	slices.SortStableFunc(q.Ranks, func(a, b Rank) int { return older(a.HeldFrom, b.HeldFrom, a.AsOf, b.AsOf) })
	for _, f := range r.Awards {
		q.Awards = append(q.Awards, Award{*f.Provenance(), f.Level, f.AwardedOn})
	}
	slices.SortStableFunc(q.Awards, func(a, b Award) int { return older(a.AwardedOn, b.AwardedOn, a.AsOf, b.AsOf) })
	if f, ok := youngest(r.Discharges); ok {
		q.Discharge = &Discharge{*f.Provenance(), f.DischargedOn, f.Category, f.Reason, f.CertType,
			o.open(discharge.Table, discharge.FieldCertNoSealed, f.CertNoSealed), f.LetterNo, f.Reserve}
	}
	if f, ok := youngest(r.Settlements); ok {
		q.Settlement = &Settlement{*f.Provenance(), f.Mode, f.Division, f.RelocationReason}
	}
	if f, ok := youngest(r.Disabilities); ok {
		q.Disability = &Disability{*f.Provenance(), f.Grade, f.Nature,
			o.open(disability.Table, disability.FieldCertNoSealed, f.CertNoSealed), f.Authority}
	}
}

func insurance(q *Person, r *Rows) {
	for _, f := range r.Enrolments {
		q.Enrolments = append(q.Enrolments, Enrolment{*f.Provenance(), string(f.Branch), f.Scheme, f.Division, string(f.State), f.BeforeService, f.Since})
	}
	if f, ok := youngest(r.SocialSecurityCards); ok {
		q.SocialSecurityCard = &SocialSecurityCard{*f.Provenance(), string(f.State), f.Bank, f.IssuedOn}
	}
	for _, f := range r.ArmyRelations {
		q.ArmyRelations = append(q.ArmyRelations, ArmyRelation{*f.Provenance(), string(f.Kind), f.VoucherNo, f.Months, f.AmountFen, f.Transferred, f.TransferredOn})
	}
}

func employment(q *Person, r *Rows) {
	if f, ok := youngest(r.Employments); ok {
		q.Employment = &Employment{*f.Provenance(), f.Status, f.Since}
	}
	for _, f := range r.Trainings {
		q.Trainings = append(q.Trainings, Training{*f.Provenance(), f.Trade, f.Institution, string(f.State), f.BeganOn, f.EndedOn, hours(f)})
	}
	for _, f := range r.Guidances {
		q.Guidances = append(q.Guidances, Guidance{*f.Provenance(), string(f.Kind), f.HeldOn, f.Outcome})
	}
	for _, f := range r.TrainingSubsidies {
		q.TrainingSubsidies = append(q.TrainingSubsidies, TrainingSubsidy{*f.Provenance(), f.AmountFen, string(f.State), f.PaidOn})
	}
}

func benefits(q *Person, r *Rows) {
	if f, ok := youngest(r.EconomicSubsidies); ok {
		q.EconomicSubsidy = &EconomicSubsidy{*f.Provenance(), f.AmountFen, f.Years, string(f.State), f.ApprovedOn, f.PaidOn}
	}
	if f, ok := youngest(r.PreferentialCards); ok {
		q.PreferentialCard = &PreferentialCard{*f.Provenance(), string(f.State), f.Bank, f.IssuedOn}
	}
	if f, ok := youngest(r.PensionRelations); ok {
		q.PensionRelation = &PensionRelation{*f.Provenance(), string(f.State), f.Grade, f.ReceivedOn}
	}
}

// older orders by day, unknown first, then by when it was told.
func older(a, b *workday.Day, at, bt time.Time) int {
	switch {
	case a == nil && b != nil:
		return -1
	case a != nil && b == nil:
		return 1
	case a != nil && *a != *b:
		return cmp.Compare(*a, *b)
	}
	return at.Compare(bt)
}
