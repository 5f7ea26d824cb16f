package profile

import (
	"context"
	"encoding/base32"
	"fmt"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/ent/gen/armyrelation"
	"github.com/vetgraph/vetgraph/ent/gen/award"
	"github.com/vetgraph/vetgraph/ent/gen/background"
	"github.com/vetgraph/vetgraph/ent/gen/contact"
	"github.com/vetgraph/vetgraph/ent/gen/disability"
	"github.com/vetgraph/vetgraph/ent/gen/discharge"
	"github.com/vetgraph/vetgraph/ent/gen/economicsubsidy"
	"github.com/vetgraph/vetgraph/ent/gen/employmentrecord"
	"github.com/vetgraph/vetgraph/ent/gen/enrolment"
	"github.com/vetgraph/vetgraph/ent/gen/guidance"
	"github.com/vetgraph/vetgraph/ent/gen/householdentry"
	"github.com/vetgraph/vetgraph/ent/gen/identitycard"
	"github.com/vetgraph/vetgraph/ent/gen/pensionrelation"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/preferentialcard"
	"github.com/vetgraph/vetgraph/ent/gen/rank"
	"github.com/vetgraph/vetgraph/ent/gen/serviceperiod"
	"github.com/vetgraph/vetgraph/ent/gen/settlement"
	"github.com/vetgraph/vetgraph/ent/gen/socialsecuritycard"
	"github.com/vetgraph/vetgraph/ent/gen/training"
	"github.com/vetgraph/vetgraph/ent/gen/trainingsubsidy"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// perWrite is how many people are laid out in memory at once.
const perWrite = 1000

// Changed counts what a write did.
type Changed struct {
	Added int // people the record did not have
	Facts int // facts that were new, or gave way to one as new or newer; not the people themselves
}

// VeteranID is the ID of the person with a citizen number: always the same under
// the same keys, telling nothing of the number to who has not got them.
func (p *Profile) VeteranID(n citizen.Number) string { return veteranID(p.numberIndex(n)) }

func veteranID(index []byte) string {
	return "v" + strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(index[:15]))
}

func (p *Profile) numberIndex(n citizen.Number) []byte {
	return p.Vault.Index(n.Reveal(), "citizen-number")
}

// Seal hides a value for a column of a veteran's row; nil for the empty value.
func (p *Profile) Seal(table, column, veteranID, value string) []byte {
	if value == "" {
		return nil
	}
	return p.Vault.Seal([]byte(value), bind(table, column, veteranID))
}

// Open is the value that [Profile.Seal] hid; empty for nil. It fails on a value
// that was moved, changed, or sealed with a key that is not here.
func (p *Profile) Open(table, column, veteranID string, sealed []byte) (string, error) {
	if len(sealed) == 0 {
		return "", nil
	}
	plain, err := p.Vault.Open(sealed, bind(table, column, veteranID))
	if err != nil {
		return "", fmt.Errorf("open %s.%s of %s: %w", table, column, veteranID, err)
	}
	return string(plain), nil
}

func bind(table, column, veteranID string) string { return table + ":" + column + ":" + veteranID }

// Put writes people and what is known of them. It is the only place that writes
// the profile, and checks no permission: the caller has. Writing the same again
// changes nothing. A fact never gives way to an older one; identity and
// household entries by the catalogue's source of record only to the same source. What a person does not
// carry stays as it is.
func (p *Profile) Put(ctx context.Context, tx store.Tx, people []Person) (Changed, error) {
	var all Changed
	for some := range slices.Chunk(people, perWrite) {
		after, err := p.watched(ctx, tx, some)
		if err != nil {
			return all, err
		}
		c, err := p.put(ctx, tx, some)
		if err == nil {
			err = after(ctx)
		}
		if err != nil {
			return all, fmt.Errorf("put %d people: %w", len(some), err)
		}
		all.Added += c.Added
		all.Facts += c.Facts
	}
	return all, nil
}

func (p *Profile) put(ctx context.Context, tx store.Tx, people []Person) (c Changed, err error) {
	ids := make([]string, len(people))
	persons, facts := &writer{}, &writer{}
	identities, homes := p.veterans(), p.ofRecord(households, "priorHukouAddress")
	var gone gone
	for i := range people {
		q := &people[i]
		ids[i] = p.layVeteran(persons, identities, q)
		gone.add(p.layFacts(facts, homes, ids[i], q))
	}
	known, err := tx.Ent.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).IDs(ctx)
	if err != nil {
		return c, err
	}
	if _, err := persons.flush(ctx, tx); err != nil {
		return c, err
	}
	c.Added = len(persons.sheet(identities).rows) - len(known)
	if c.Facts, err = facts.flush(ctx, tx); err != nil {
		return c, err
	}
	taken, err := gone.withdraw(ctx, tx, known)
	c.Facts += taken
	if err != nil || facts.by[settlements] == nil {
		return c, err
	}
	return c, follow(ctx, tx, ids)
}

// veterans is the table of people. A row's identity gives way to a newer one, but
// that by the source of record only to the same source; the digest of the roll is
// kept either way.
func (p *Profile) veterans() *table {
	t := &table{name: veteran.Table, kind: "veteran"}
	newer := "(excluded.as_of >= veterans.as_of AND " + p.notOver(veteran.Table, "citizenId") + ")"
	t.when = newer + " OR coalesce(excluded.roll_hash, veterans.roll_hash) IS DISTINCT FROM veterans.roll_hash"
	t.add("id text", "source text", "as_of timestamptz", "valid_until date", "basis text", "name text", "citizen_sealed bytea",
		"citizen_index bytea", "sex text", "born_on date", "ethnicity text", "marital text", "division text", "synthetic boolean",
		"roll_hash bytea", "created_at timestamptz", "updated_at timestamptz")
	var sets []string
	for _, c := range []string{"source", "as_of", "valid_until", "basis", "name", "citizen_sealed"} {
		sets = append(sets, fmt.Sprintf("%s = CASE WHEN %s THEN excluded.%[1]s ELSE veterans.%[1]s END", c, newer))
	}
	for _, c := range []string{"sex", "ethnicity", "marital"} { // what a source does not say it does not deny
		sets = append(sets, fmt.Sprintf("%s = CASE WHEN %s THEN coalesce(excluded.%[1]s, veterans.%[1]s) ELSE veterans.%[1]s END", c, newer))
	}
	t.sets = strings.Join(append(sets, "roll_hash = coalesce(excluded.roll_hash, veterans.roll_hash)", "updated_at = excluded.updated_at"), ", ")
	return t
}

// ofRecord is a table whose facts by the source of record of a field give way only
// to the same source.
func (p *Profile) ofRecord(t *table, field string) *table {
	guarded := *t
	guarded.when += " AND " + p.notOver(t.name, field)
	return &guarded
}

// notOver is true of a row that does not take the place of one by the source of
// record of a field, unless it is by that source too.
func (p *Profile) notOver(table, field string) string {
	f := p.Catalog().Field(field)
	if f == nil {
		return "true"
	}
	origin := "'" + strings.ReplaceAll(f.Origin, "'", "''") + "'"
	return fmt.Sprintf("(%s.source <> %s OR excluded.source = %[2]s)", table, origin)
}

func (p *Profile) layVeteran(w *writer, t *table, q *Person) string {
	index := p.numberIndex(q.Number)
	id, by, now := veteranID(index), q.Identity.Provenance, instant(p.Now())
	sex, division := q.Identity.Sex, q.Division
	if sex == "" {
		sex = q.Number.Sex()
	}
	if q.Settlement != nil {
		division = q.Settlement.Division
	}
	if by.Source == "" || by.AsOf.IsZero() || q.Identity.Name == "" || division == "" {
		w.err = fmt.Errorf("veteran %s: without name, division, source or time", id)
		return id
	}
	w.row(t, 2, id, by.Source, instant(by.AsOf), day(by.ValidUntil), by.Basis, q.Identity.Name,
		p.Seal(veteran.Table, veteran.FieldCitizenSealed, id, q.Number.Reveal()), index, text(sex), q.Number.BirthDate(),
		text(q.Identity.Ethnicity), text(q.Identity.Marital), division, q.Synthetic, bytes(q.RollHash), now, now)
	return id
}

// The tables of facts and the kinds in the IDs of their rows.
var (
	backgrounds    = factTable(background.Table, "bg", "education text", "political text")
	contacts       = factTable(contact.Table, "ct", "mobile_sealed bytea", "division text", "address_sealed bytea")
	households     = factTable(householdentry.Table, "hh", "kind text", "state text", "division text", "address_sealed bytea", "cancelled_on date", "registered_on date", "police_station text")
	idCards        = factTable(identitycard.Table, "ic", "state text", "valid_to date", "long_term boolean")
	servicePeriods = factTable(serviceperiod.Table, "sp", "enlisted_on date", "left_on date", "enlist_division text", "branch text", "unit text", "specialty text", "combat boolean")
	ranks          = factTable(rank.Table, "rk", "rank text", "held_from date")
	awards         = factTable(award.Table, "aw", "level text", "awarded_on date")
	discharges     = factTable(discharge.Table, "dc", "discharged_on date", "category text", "reason text", "cert_type text", "cert_no_sealed bytea", "letter_no text", "reserve boolean")
	settlements    = factTable(settlement.Table, "st", "mode text", "division text", "relocation_reason text")
	disabilities   = factTable(disability.Table, "db", "grade text", "nature text", "cert_no_sealed bytea", "authority text")
	enrolments     = factTable(enrolment.Table, "en", "branch text", "scheme text", "division text", "state text", "before_service boolean", "since date")
	socialCards    = factTable(socialsecuritycard.Table, "sc", "state text", "bank text", "issued_on date")
	armyRelations  = factTable(armyrelation.Table, "ar", "kind text", "voucher_no text", "months bigint", "amount_fen bigint", "transferred boolean", "transferred_on date")
	employments    = factTable(employmentrecord.Table, "em", "status text", "since date")
	trainings      = factTable(training.Table, "tr", "trade text", "institution text", "state text", "began_on date", "ended_on date", "hours bigint")
	guidances      = factTable(guidance.Table, "gd", "kind text", "held_on date", "outcome text")
	trainingMoney  = factTable(trainingsubsidy.Table, "ts", "amount_fen bigint", "state text", "paid_on date")
	subsidies      = factTable(economicsubsidy.Table, "es", "amount_fen bigint", "years double precision", "state text", "approved_on date", "paid_on date")
	prefCards      = factTable(preferentialcard.Table, "pc", "state text", "bank text", "issued_on date")
	pensions       = factTable(pensionrelation.Table, "pr", "state text", "grade text", "received_on date")
)

// layFacts lays out the facts of one person, and answers the lists that are whole.
func (p *Profile) layFacts(w *writer, homes *table, id string, q *Person) (periods, held, honours withdrawal) {
	p.layIdentity(w, homes, id, q)
	p.layService(w, id, q, &periods, &held, &honours)
	layInsurance(w, id, q)
	layEmployment(w, id, q)
	layBenefits(w, id, q)
	if !q.Whole || q.Discharge == nil {
		return withdrawal{}, withdrawal{}, withdrawal{}
	}
	for _, l := range []*withdrawal{&periods, &held, &honours} {
		l.veteran, l.source, l.asOf = id, q.Discharge.Source, instant(q.Discharge.AsOf)
	}
	return periods, held, honours
}

func (p *Profile) layIdentity(w *writer, homes *table, id string, q *Person) {
	if f := q.Background; f != nil {
		w.fact(backgrounds, id, "", f.Provenance, text(f.Education), text(f.Political))
	}
	if f := q.Contact; f != nil {
		w.fact(contacts, id, "", f.Provenance, bytes(p.Seal(contact.Table, contact.FieldMobileSealed, id, f.Mobile)),
			text(f.Division), bytes(p.Seal(contact.Table, contact.FieldAddressSealed, id, f.Address)))
	}
	for _, f := range q.Households {
		w.fact(homes, id, f.Kind, f.Provenance, f.Kind, f.State, text(f.Division),
			bytes(p.Seal(householdentry.Table, householdentry.FieldAddressSealed, id, f.Address)), day(f.CancelledOn), day(f.RegisteredOn), text(f.PoliceStation))
	}
	if f := q.IDCard; f != nil {
		w.fact(idCards, id, "", f.Provenance, f.State, day(f.ValidTo), f.LongTerm)
	}
}

func (p *Profile) layService(w *writer, id string, q *Person, periods, held, honours *withdrawal) {
	for _, f := range q.ServicePeriods {
		periods.keep = append(periods.keep, w.fact(servicePeriods, id, f.EnlistedOn.String(), f.Provenance, f.EnlistedOn, day(f.LeftOn),
			text(f.EnlistDivision), text(f.Branch), text(f.Unit), text(f.Specialty), some(f.Combat)))
	}
	for _, f := range q.Ranks {
		held.keep = append(held.keep, w.fact(ranks, id, f.Rank, f.Provenance, f.Rank, day(f.HeldFrom)))
	}
	for _, f := range q.Awards {
		honours.keep = append(honours.keep, w.fact(awards, id, f.Level+on(f.AwardedOn), f.Provenance, f.Level, day(f.AwardedOn)))
	}
	if f := q.Discharge; f != nil {
		w.fact(discharges, id, "", f.Provenance, f.DischargedOn, f.Category, text(f.Reason), text(f.CertType),
			bytes(p.Seal(discharge.Table, discharge.FieldCertNoSealed, id, f.CertNo)), text(f.Letter), some(f.Reserve))
	}
	if f := q.Settlement; f != nil {
		w.fact(settlements, id, "", f.Provenance, f.Mode, f.Division, text(f.RelocationReason))
	}
	if f := q.Disability; f != nil {
		w.fact(disabilities, id, "", f.Provenance, text(f.Grade), text(f.Nature),
			bytes(p.Seal(disability.Table, disability.FieldCertNoSealed, id, f.CertNo)), text(f.Authority))
	}
}

func layInsurance(w *writer, id string, q *Person) {
	for _, f := range q.Enrolments {
		which := f.Branch
		if f.BeforeService {
			which += ":" + Prior
		}
		w.fact(enrolments, id, which, f.Provenance, f.Branch, text(f.Scheme), text(f.Division), f.State, f.BeforeService, day(f.Since))
	}
	if f := q.SocialSecurityCard; f != nil {
		w.fact(socialCards, id, "", f.Provenance, f.State, text(f.Bank), day(f.IssuedOn))
	}
	for _, f := range q.ArmyRelations {
		w.fact(armyRelations, id, f.Kind, f.Provenance, f.Kind, text(f.VoucherNo), f.Months, f.AmountFen, f.Transferred, day(f.TransferredOn))
	}
}

func layEmployment(w *writer, id string, q *Person) {
	if f := q.Employment; f != nil {
		w.fact(employments, id, "", f.Provenance, f.Status, day(f.Since))
	}
	for _, f := range q.Trainings {
		w.fact(trainings, id, f.Trade+on(f.BeganOn), f.Provenance, f.Trade, text(f.Institution), f.State, day(f.BeganOn), day(f.EndedOn), positive(f.Hours))
	}
	for _, f := range q.Guidances {
		w.fact(guidances, id, f.Kind+on(&f.HeldOn), f.Provenance, f.Kind, f.HeldOn, text(f.Outcome))
	}
	for _, f := range q.TrainingSubsidies {
		w.fact(trainingMoney, id, strings.TrimPrefix(on(f.PaidOn), ":"), f.Provenance, f.AmountFen, f.State, day(f.PaidOn))
	}
}

func layBenefits(w *writer, id string, q *Person) {
	if f := q.EconomicSubsidy; f != nil {
		w.fact(subsidies, id, "", f.Provenance, f.AmountFen, f.Years, f.State, day(f.ApprovedOn), day(f.PaidOn))
	}
	if f := q.PreferentialCard; f != nil {
		w.fact(prefCards, id, "", f.Provenance, f.State, text(f.Bank), day(f.IssuedOn))
	}
	if f := q.PensionRelation; f != nil {
		w.fact(pensions, id, "", f.Provenance, f.State, text(f.Grade), day(f.ReceivedOn))
	}
}

// on is a day within an ID.
func on(d *workday.Day) string {
	if d == nil {
		return ""
	}
	return ":" + d.String()
}

// positive is a value of an optional column of numbers: zero is NULL.
func positive(n int) any {
	if n <= 0 {
		return nil
	}
	return n
}

// bytes is a value of an optional column of bytes: empty is NULL.
func bytes(b []byte) any {
	if len(b) == 0 {
		return nil
	}
	return b
}

// gone is what the whole lists of people leave out.
type gone struct{ periods, ranks, awards []withdrawal }

func (g *gone) add(periods, held, honours withdrawal) {
	if periods.veteran != "" {
		g.periods, g.ranks, g.awards = append(g.periods, periods), append(g.ranks, held), append(g.awards, honours)
	}
}

// withdraw takes it back from those who were in the record before.
func (g *gone) withdraw(ctx context.Context, tx store.Tx, known []string) (taken int, err error) {
	before := make(map[string]bool, len(known))
	for _, id := range known {
		before[id] = true
	}
	for _, l := range []struct {
		*table
		of []withdrawal
	}{{servicePeriods, g.periods}, {ranks, g.ranks}, {awards, g.awards}} {
		of := slices.DeleteFunc(l.of, func(w withdrawal) bool { return !before[w.veteran] })
		n, err := withdraw(ctx, tx, l.table, of)
		if err != nil {
			return taken, fmt.Errorf("take back %s: %w", l.name, err)
		}
		taken += n
	}
	return taken, nil
}

// follow brings the desk responsible for veterans in line with where they settle.
func follow(ctx context.Context, tx store.Tx, ids []string) error {
	const move = "UPDATE veterans SET division = s.division FROM settlements s WHERE s.veteran_id = veterans.id AND veterans.division <> s.division AND veterans.id "
	if tx.PG != nil {
		store.Statement(ctx)
		_, err := tx.PG.Exec(ctx, move+"= ANY ($1)", ids)
		return err
	}
	rows := make([][]any, len(ids))
	for i, id := range ids {
		rows[i] = []any{id}
	}
	_, err := each(ctx, tx.SQL, move+"= ?", rows)
	return err
}
