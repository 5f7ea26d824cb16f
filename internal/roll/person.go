package roll

import (
	"encoding/json"

	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// person puts what a line says where the profile keeps it, under the name of who
// says it: the army of service, discharge, disability and money handed over,
// veterans affairs of the rest. A roll lists everybody's awards and disability:
// an empty cell under such a header says that there is none.
func (c *checker) person(s *sheet, q *profile.Person) {
	q.Identity.Provenance, q.Identity.Sex = c.va, q.Number.Sex()
	q.Division, q.Whole = s.place, true
	q.Settlement = &profile.Settlement{Provenance: c.va, Mode: s.mode, Division: s.place, RelocationReason: s.ground}
	if s.education != "" || s.political != "" {
		q.Background = &profile.Background{Provenance: c.va, Education: s.education, Political: s.political}
	}
	if s.mobile != "" || s.address != "" {
		q.Contact = &profile.Contact{Provenance: c.va, Mobile: s.mobile, Address: s.address}
	}
	if s.home != "" || s.homeAt != "" { // cancelled on enlistment (户口登记条例 11); the police know better
		q.Households = []profile.Household{{Provenance: c.va, Kind: profile.Prior, State: profile.Cancelled, Division: s.homeAt, Address: s.home}}
	}
	c.service(s, q)
	c.relations(s, q)
	q.RollHash = c.digest(s, q)
}

func (c *checker) service(s *sheet, q *profile.Person) {
	q.ServicePeriods = []profile.ServicePeriod{{Provenance: c.unit, EnlistedOn: *s.enlisted, LeftOn: s.left, EnlistDivision: s.enlistedAt,
		Branch: s.branch, Unit: s.unit, Specialty: s.specialty, Combat: s.combat}}
	if s.rank != "" {
		q.Ranks = []profile.Rank{{Provenance: c.unit, Rank: s.rank, HeldFrom: s.rankSince}}
	}
	for _, h := range s.honours {
		q.Awards = append(q.Awards, profile.Award{Provenance: c.unit, Level: h.level, AwardedOn: h.on})
	}
	q.Discharge = &profile.Discharge{Provenance: c.unit, DischargedOn: *s.left, Category: s.category, Reason: s.reason,
		CertType: s.certType, CertNo: s.certNo, Letter: s.letter, Reserve: s.reserve}
	if c.header.has[colGrade] {
		q.Disability = &profile.Disability{Provenance: c.unit, Grade: s.grade, Nature: s.nature, CertNo: s.gradeCert, Authority: s.authority}
	}
}

func (c *checker) relations(s *sheet, q *profile.Person) {
	for _, r := range []struct {
		kind string
		relation
	}{{profile.Pension, s.pension}, {profile.Medical, s.medical}, {profile.Annuity, s.annuity}} {
		if r.told || r.voucher != "" {
			q.ArmyRelations = append(q.ArmyRelations, profile.ArmyRelation{Provenance: c.unit, Kind: r.kind, VoucherNo: r.voucher, Months: r.months, AmountFen: r.fen})
		}
	}
}

// digest is a keyed digest of all that a line says, however it was written: the
// date of the roll and the order of its columns do not matter.
func (c *checker) digest(s *sheet, q *profile.Person) []byte {
	text, err := json.Marshal([]any{q.Number.Reveal(), q.Identity.Name, q.Identity.Ethnicity, q.Identity.Marital, s.political, s.education,
		s.enlisted, s.left, s.rankSince, s.enlistedAt, s.homeAt, s.home, s.place, s.ground, s.reason, s.rank, s.branch, s.unit, s.specialty,
		s.category, s.mode, s.certType, s.certNo, s.letter, s.combat, s.reserve, c.header.has[colGrade], s.grade, s.nature, s.gradeCert, s.authority,
		s.pension.list(), s.medical.list(), s.annuity.list(), s.mobile, s.address, s.awards()})
	if err != nil {
		return nil // cannot be: texts, numbers and days; and without a digest a line is merely written again
	}
	return c.profile.Vault.Index(string(text), "roll-line")
}

func (r relation) list() []any { return []any{r.told, r.voucher, r.months, r.fen} }

func (s *sheet) awards() []any {
	out := []any{}
	for _, h := range s.honours {
		out = append(out, h.level, (*workday.Day)(h.on))
	}
	return out
}
