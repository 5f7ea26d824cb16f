package profile

import (
	"context"
	"fmt"
	"slices"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Rows is one veteran with all rows of the record about them, each list in order
// of ID. Values that are sealed still are; [Profile.Person] opens them.
type Rows struct {
	Veteran             *gen.Veteran
	Backgrounds         []*gen.Background
	Contacts            []*gen.Contact
	Households          []*gen.HouseholdEntry
	IDCards             []*gen.IdentityCard
	ServicePeriods      []*gen.ServicePeriod
	Ranks               []*gen.Rank
	Awards              []*gen.Award
	Discharges          []*gen.Discharge
	Settlements         []*gen.Settlement
	Disabilities        []*gen.Disability
	Enrolments          []*gen.Enrolment
	SocialSecurityCards []*gen.SocialSecurityCard
	ArmyRelations       []*gen.ArmyRelation
	Employments         []*gen.EmploymentRecord
	Trainings           []*gen.Training
	Guidances           []*gen.Guidance
	TrainingSubsidies   []*gen.TrainingSubsidy
	EconomicSubsidies   []*gen.EconomicSubsidy
	PreferentialCards   []*gen.PreferentialCard
	PensionRelations    []*gen.PensionRelation
	Sayings             []*gen.Saying
}

// ReadRows reads all rows about veterans, by their ID: one statement per table
// however many veterans, all in one round trip. Whom the viewer may not see is
// not there. Faults: SIGN_IN, NOT_ALLOWED.
func (p *Profile) ReadRows(ctx context.Context, ids []string) (map[string]*Rows, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	return readRows(ctx, p.Store.Read, ids)
}

// readRows reads with a client, which may be a transaction's.
func readRows(ctx context.Context, c *gen.Client, ids []string) (map[string]*Rows, error) {
	if len(ids) == 0 {
		return map[string]*Rows{}, nil
	}
	r := reading{by: make(map[string]*Rows, len(ids))}
	persons := func(ctx context.Context) error {
		all, err := c.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).All(ctx)
		for _, v := range all {
			r.by[v.ID] = &Rows{Veteran: v}
		}
		return err
	}
	// The persons come first: a fact whose person is not there is dropped.
	if err := store.Together(ctx, slices.Insert(r.tables(c, ids), 0, persons)...); err != nil {
		return nil, fmt.Errorf("read %d veterans: %w", len(ids), err)
	}
	return r.by, nil
}

// reading is a reading under way.
type reading struct{ by map[string]*Rows }

// fill puts the rows of one table where they belong.
func fill[R any](r *reading, c *gen.Client, ids []string, t Table[R], list func(*Rows) *[]R) func(context.Context) error {
	return func(ctx context.Context) error {
		rows, err := t.read(c, ids)(ctx)
		for _, row := range rows {
			if of := r.by[t.whose(row)]; of != nil {
				l := list(of)
				*l = append(*l, row)
			}
		}
		return err
	}
}

// tables are the readings of all tables of facts.
func (r *reading) tables(c *gen.Client, ids []string) []func(context.Context) error {
	return []func(context.Context) error{
		fill(r, c, ids, Backgrounds, func(r *Rows) *[]*gen.Background { return &r.Backgrounds }),
		fill(r, c, ids, Contacts, func(r *Rows) *[]*gen.Contact { return &r.Contacts }),
		fill(r, c, ids, Households, func(r *Rows) *[]*gen.HouseholdEntry { return &r.Households }),
		fill(r, c, ids, IDCards, func(r *Rows) *[]*gen.IdentityCard { return &r.IDCards }),
		fill(r, c, ids, ServicePeriods, func(r *Rows) *[]*gen.ServicePeriod { return &r.ServicePeriods }),
		fill(r, c, ids, Ranks, func(r *Rows) *[]*gen.Rank { return &r.Ranks }),
		fill(r, c, ids, Awards, func(r *Rows) *[]*gen.Award { return &r.Awards }),
		fill(r, c, ids, Discharges, func(r *Rows) *[]*gen.Discharge { return &r.Discharges }),
		fill(r, c, ids, Settlements, func(r *Rows) *[]*gen.Settlement { return &r.Settlements }),
		fill(r, c, ids, Disabilities, func(r *Rows) *[]*gen.Disability { return &r.Disabilities }),
		fill(r, c, ids, Enrolments, func(r *Rows) *[]*gen.Enrolment { return &r.Enrolments }),
		fill(r, c, ids, SocialSecurityCards, func(r *Rows) *[]*gen.SocialSecurityCard { return &r.SocialSecurityCards }),
		fill(r, c, ids, ArmyRelations, func(r *Rows) *[]*gen.ArmyRelation { return &r.ArmyRelations }),
		fill(r, c, ids, Employments, func(r *Rows) *[]*gen.EmploymentRecord { return &r.Employments }),
		fill(r, c, ids, Trainings, func(r *Rows) *[]*gen.Training { return &r.Trainings }),
		fill(r, c, ids, Guidances, func(r *Rows) *[]*gen.Guidance { return &r.Guidances }),
		fill(r, c, ids, TrainingSubsidies, func(r *Rows) *[]*gen.TrainingSubsidy { return &r.TrainingSubsidies }),
		fill(r, c, ids, EconomicSubsidies, func(r *Rows) *[]*gen.EconomicSubsidy { return &r.EconomicSubsidies }),
		fill(r, c, ids, PreferentialCards, func(r *Rows) *[]*gen.PreferentialCard { return &r.PreferentialCards }),
		fill(r, c, ids, PensionRelations, func(r *Rows) *[]*gen.PensionRelation { return &r.PensionRelations }),
		fill(r, c, ids, sayings, func(r *Rows) *[]*gen.Saying { return &r.Sayings }),
	}
}
