package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// known reads what a plan reads, in one round trip: the statements are many, but
// the server takes them one behind the other.
type known struct {
	profile.Person
	done   []string
	batch  pgx.Batch
	sealed []func() error // what is opened at the end
	open   *profile.Profile
}

// row queues a statement about the person, $1, that answers rows of the
// provenance and more. add makes room for one and tells where its columns go.
func (k *known) row(table, columns, order, id string, add func() (*fact.Provenance, []any)) {
	each(k.batch.Queue("SELECT source, as_of, valid_until, basis, "+columns+" FROM "+table+" WHERE veteran_id = $1 ORDER BY "+order, id), func(r pgx.Rows) error {
		by, to := add()
		return r.Scan(append([]any{&by.Source, &by.AsOf, &by.ValidUntil, &by.Basis}, to...)...)
	})
}

// secret is where a sealed column goes until all is read.
func (k *known) secret(table, column string, to *string) *[]byte {
	sealed := new([]byte)
	k.sealed = append(k.sealed, func() (err error) {
		*to, err = k.open.Open(table, column, k.ID, *sealed)
		return err
	})
	return sealed
}

// read reads a person of the span, with the matters granted before.
func (p *peer) read(ctx context.Context, id string, where span) (*known, error) {
	k := &known{open: p.hub.Profile}
	k.ID = id
	found, number := false, ""
	sealed := k.secret("veterans", "citizen_sealed", &number)
	each(k.batch.Queue(`SELECT source, as_of, valid_until, basis, name, coalesce(sex, ''), coalesce(ethnicity, ''), coalesce(marital, ''), division, citizen_sealed
		FROM veterans WHERE id = $1 AND division >= $2 AND division <= $3`, id, where.lo, where.hi), func(r pgx.Rows) error {
		found = true
		q := &k.Identity
		return r.Scan(&q.Source, &q.AsOf, &q.ValidUntil, &q.Basis, &q.Name, &q.Sex, &q.Ethnicity, &q.Marital, &k.Division, sealed)
	})
	k.identity(id)
	k.service(id)
	k.insurance(id)
	each(k.batch.Queue("SELECT DISTINCT matter FROM items WHERE veteran_id = $1 AND state IN ('APPROVED', 'DELIVERED') ORDER BY 1", id), func(r pgx.Rows) error {
		var code string
		err := r.Scan(&code)
		k.done = append(k.done, code)
		return err
	})
	if err := p.send(ctx, &k.batch); err != nil {
		return nil, err
	}
	if !found {
		return nil, fmt.Errorf("there is no such veteran")
	}
	for _, open := range k.sealed {
		if err := open(); err != nil {
			return nil, err
		}
	}
	k.Number = citizen.Number(number)
	return k, nil
}

// put makes room behind a list.
func put[T any](list *[]T) *T {
	*list = append(*list, *new(T))
	return &(*list)[len(*list)-1]
}

func fresh[T any](at **T) *T {
	*at = new(T)
	return *at
}

func (k *known) identity(id string) {
	k.row("backgrounds", "coalesce(education, ''), coalesce(political, '')", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Background)
		return &t.Provenance, []any{&t.Education, &t.Political}
	})
	k.row("contacts", "mobile_sealed, coalesce(division, ''), address_sealed", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Contact)
		return &t.Provenance, []any{k.secret("contacts", "mobile_sealed", &t.Mobile), &t.Division, k.secret("contacts", "address_sealed", &t.Address)}
	})
	k.Households = make([]profile.Household, 0, 8) // pointers into it must stay
	k.row("household_entries", "kind, state, coalesce(division, ''), address_sealed, cancelled_on, registered_on, coalesce(police_station, '')", "id", id, func() (*fact.Provenance, []any) {
		t := put(&k.Households)
		return &t.Provenance, []any{&t.Kind, &t.State, &t.Division, k.secret("household_entries", "address_sealed", &t.Address), &t.CancelledOn, &t.RegisteredOn, &t.PoliceStation}
	})
	k.row("identity_cards", "state, valid_to, long_term", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.IDCard)
		return &t.Provenance, []any{&t.State, &t.ValidTo, &t.LongTerm}
	})
}

func (k *known) service(id string) {
	k.row("service_periods", "enlisted_on, left_on, coalesce(enlist_division, ''), coalesce(branch, ''), coalesce(unit, ''), coalesce(specialty, ''), combat", "enlisted_on, id", id, func() (*fact.Provenance, []any) {
		t := put(&k.ServicePeriods)
		return &t.Provenance, []any{&t.EnlistedOn, &t.LeftOn, &t.EnlistDivision, &t.Branch, &t.Unit, &t.Specialty, &t.Combat}
	})
	k.row("ranks", "rank, held_from", "held_from NULLS FIRST, as_of, id", id, func() (*fact.Provenance, []any) {
		t := put(&k.Ranks)
		return &t.Provenance, []any{&t.Rank, &t.HeldFrom}
	})
	k.row("awards", "level, awarded_on", "awarded_on NULLS FIRST, as_of, id", id, func() (*fact.Provenance, []any) {
		t := put(&k.Awards)
		return &t.Provenance, []any{&t.Level, &t.AwardedOn}
	})
	k.row("discharges", "discharged_on, category, coalesce(reason, ''), coalesce(cert_type, ''), cert_no_sealed, coalesce(letter_no, ''), reserve", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Discharge)
		return &t.Provenance, []any{&t.DischargedOn, &t.Category, &t.Reason, &t.CertType, k.secret("discharges", "cert_no_sealed", &t.CertNo), &t.Letter, &t.Reserve}
	})
	k.row("settlements", "mode, division, coalesce(relocation_reason, '')", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Settlement)
		return &t.Provenance, []any{&t.Mode, &t.Division, &t.RelocationReason}
	})
	k.row("disabilities", "coalesce(grade, ''), coalesce(nature, ''), cert_no_sealed, coalesce(authority, '')", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Disability)
		return &t.Provenance, []any{&t.Grade, &t.Nature, k.secret("disabilities", "cert_no_sealed", &t.CertNo), &t.Authority}
	})
}

func (k *known) insurance(id string) {
	k.row("enrolments", "branch, coalesce(scheme, ''), coalesce(division, ''), state, before_service, since", "id", id, func() (*fact.Provenance, []any) {
		t := put(&k.Enrolments)
		return &t.Provenance, []any{&t.Branch, &t.Scheme, &t.Division, &t.State, &t.BeforeService, &t.Since}
	})
	k.row("social_security_cards", "state, coalesce(bank, '')", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.SocialSecurityCard)
		return &t.Provenance, []any{&t.State, &t.Bank}
	})
	k.row("army_relations", "kind, coalesce(voucher_no, ''), coalesce(months, 0), coalesce(amount_fen, 0)", "id", id, func() (*fact.Provenance, []any) {
		t := put(&k.ArmyRelations)
		return &t.Provenance, []any{&t.Kind, &t.VoucherNo, &t.Months, &t.AmountFen}
	})
	k.row("employment_records", "status", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.Employment)
		return &t.Provenance, []any{&t.Status}
	})
	k.row("preferential_cards", "state, coalesce(bank, '')", "as_of", id, func() (*fact.Provenance, []any) {
		t := fresh(&k.PreferentialCard)
		return &t.Provenance, []any{&t.State, &t.Bank}
	})
}

// compile reads a person and computes their plan, as of now.
func (p *peer) compile(ctx context.Context, id string, where span) (*known, *plan.Plan, error) {
	k, err := p.read(ctx, id, where)
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	made, err := plan.Compile(plan.Input{Catalog: p.catalog, Calendar: p.hub.Calendar(), Facts: k.Elements(), Done: k.done,
		AcceptedOn: p.hub.Calendar().AcceptedOn(now, p.hub.Config.Closing), Now: now})
	return k, made, err
}

// plan answers POST /plan {"id"}.
func (p *peer) plan(ctx context.Context, w io.Writer, where span, body []byte) error {
	var in struct{ ID string }
	if err := json.Unmarshal(body, &in); err != nil {
		return err
	}
	_, made, err := p.compile(ctx, in.ID, where)
	if err != nil {
		return err
	}
	return json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"plan": p.show(made)}})
}
