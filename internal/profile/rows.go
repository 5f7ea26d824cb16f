package profile

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/ent/gen"
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
}

// ReadRows reads all rows about veterans, by their ID: one statement per table
// however many veterans, side by side. Whom the viewer may not see is not there.
// Faults: SIGN_IN, NOT_ALLOWED.
func (p *Profile) ReadRows(ctx context.Context, ids []string) (map[string]*Rows, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	return readRows(ctx, p.Store.Read, ids, sideBySide)
}

// sideBySide is how many tables are read at once.
const sideBySide = 4

// readRows reads with a client; a transaction's can do one statement at a time.
func readRows(ctx context.Context, c *gen.Client, ids []string, atOnce int) (map[string]*Rows, error) {
	if len(ids) == 0 {
		return map[string]*Rows{}, nil
	}
	r := reading{by: make(map[string]*Rows, len(ids))}
	persons, err := c.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %d veterans: %w", len(ids), err)
	}
	for _, v := range persons {
		r.by[v.ID] = &Rows{Veteran: v}
	}
	if len(persons) == 0 {
		return r.by, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(atOnce)
	for _, table := range r.tables(c, ids) {
		g.Go(func() error { return table(ctx) })
	}
	if err := g.Wait(); err != nil {
		return nil, fmt.Errorf("read the facts of %d veterans: %w", len(persons), err)
	}
	return r.by, nil
}

// reading is a reading under way. Each table fills a list of its own, so only the
// map is shared, and that does not change.
type reading struct{ by map[string]*Rows }

// fill puts the rows of one table where they belong.
func fill[R any](r *reading, all func(context.Context) ([]R, error), whose func(R) string, list func(*Rows) *[]R) func(context.Context) error {
	return func(ctx context.Context) error {
		rows, err := all(ctx)
		for _, row := range rows {
			if of := r.by[whose(row)]; of != nil {
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
		fill(r, c.Background.Query().Where(store.OneOf[predicate.Background](background.FieldVeteranID, ids)).Order(background.ByID()).All,
			func(f *gen.Background) string { return f.VeteranID }, func(r *Rows) *[]*gen.Background { return &r.Backgrounds }),
		fill(r, c.Contact.Query().Where(store.OneOf[predicate.Contact](contact.FieldVeteranID, ids)).Order(contact.ByID()).All,
			func(f *gen.Contact) string { return f.VeteranID }, func(r *Rows) *[]*gen.Contact { return &r.Contacts }),
		fill(r, c.HouseholdEntry.Query().Where(store.OneOf[predicate.HouseholdEntry](householdentry.FieldVeteranID, ids)).Order(householdentry.ByID()).All,
			func(f *gen.HouseholdEntry) string { return f.VeteranID }, func(r *Rows) *[]*gen.HouseholdEntry { return &r.Households }),
		fill(r, c.IdentityCard.Query().Where(store.OneOf[predicate.IdentityCard](identitycard.FieldVeteranID, ids)).Order(identitycard.ByID()).All,
			func(f *gen.IdentityCard) string { return f.VeteranID }, func(r *Rows) *[]*gen.IdentityCard { return &r.IDCards }),
		fill(r, c.ServicePeriod.Query().Where(store.OneOf[predicate.ServicePeriod](serviceperiod.FieldVeteranID, ids)).Order(serviceperiod.ByID()).All,
			func(f *gen.ServicePeriod) string { return f.VeteranID }, func(r *Rows) *[]*gen.ServicePeriod { return &r.ServicePeriods }),
		fill(r, c.Rank.Query().Where(store.OneOf[predicate.Rank](rank.FieldVeteranID, ids)).Order(rank.ByID()).All,
			func(f *gen.Rank) string { return f.VeteranID }, func(r *Rows) *[]*gen.Rank { return &r.Ranks }),
		fill(r, c.Award.Query().Where(store.OneOf[predicate.Award](award.FieldVeteranID, ids)).Order(award.ByID()).All,
			func(f *gen.Award) string { return f.VeteranID }, func(r *Rows) *[]*gen.Award { return &r.Awards }),
		fill(r, c.Discharge.Query().Where(store.OneOf[predicate.Discharge](discharge.FieldVeteranID, ids)).Order(discharge.ByID()).All,
			func(f *gen.Discharge) string { return f.VeteranID }, func(r *Rows) *[]*gen.Discharge { return &r.Discharges }),
		fill(r, c.Settlement.Query().Where(store.OneOf[predicate.Settlement](settlement.FieldVeteranID, ids)).Order(settlement.ByID()).All,
			func(f *gen.Settlement) string { return f.VeteranID }, func(r *Rows) *[]*gen.Settlement { return &r.Settlements }),
		fill(r, c.Disability.Query().Where(store.OneOf[predicate.Disability](disability.FieldVeteranID, ids)).Order(disability.ByID()).All,
			func(f *gen.Disability) string { return f.VeteranID }, func(r *Rows) *[]*gen.Disability { return &r.Disabilities }),
		fill(r, c.Enrolment.Query().Where(store.OneOf[predicate.Enrolment](enrolment.FieldVeteranID, ids)).Order(enrolment.ByID()).All,
			func(f *gen.Enrolment) string { return f.VeteranID }, func(r *Rows) *[]*gen.Enrolment { return &r.Enrolments }),
		fill(r, c.SocialSecurityCard.Query().Where(store.OneOf[predicate.SocialSecurityCard](socialsecuritycard.FieldVeteranID, ids)).Order(socialsecuritycard.ByID()).All,
			func(f *gen.SocialSecurityCard) string { return f.VeteranID }, func(r *Rows) *[]*gen.SocialSecurityCard { return &r.SocialSecurityCards }),
		fill(r, c.ArmyRelation.Query().Where(store.OneOf[predicate.ArmyRelation](armyrelation.FieldVeteranID, ids)).Order(armyrelation.ByID()).All,
			func(f *gen.ArmyRelation) string { return f.VeteranID }, func(r *Rows) *[]*gen.ArmyRelation { return &r.ArmyRelations }),
		fill(r, c.EmploymentRecord.Query().Where(store.OneOf[predicate.EmploymentRecord](employmentrecord.FieldVeteranID, ids)).Order(employmentrecord.ByID()).All,
			func(f *gen.EmploymentRecord) string { return f.VeteranID }, func(r *Rows) *[]*gen.EmploymentRecord { return &r.Employments }),
		fill(r, c.Training.Query().Where(store.OneOf[predicate.Training](training.FieldVeteranID, ids)).Order(training.ByID()).All,
			func(f *gen.Training) string { return f.VeteranID }, func(r *Rows) *[]*gen.Training { return &r.Trainings }),
		fill(r, c.Guidance.Query().Where(store.OneOf[predicate.Guidance](guidance.FieldVeteranID, ids)).Order(guidance.ByID()).All,
			func(f *gen.Guidance) string { return f.VeteranID }, func(r *Rows) *[]*gen.Guidance { return &r.Guidances }),
		fill(r, c.TrainingSubsidy.Query().Where(store.OneOf[predicate.TrainingSubsidy](trainingsubsidy.FieldVeteranID, ids)).Order(trainingsubsidy.ByID()).All,
			func(f *gen.TrainingSubsidy) string { return f.VeteranID }, func(r *Rows) *[]*gen.TrainingSubsidy { return &r.TrainingSubsidies }),
		fill(r, c.EconomicSubsidy.Query().Where(store.OneOf[predicate.EconomicSubsidy](economicsubsidy.FieldVeteranID, ids)).Order(economicsubsidy.ByID()).All,
			func(f *gen.EconomicSubsidy) string { return f.VeteranID }, func(r *Rows) *[]*gen.EconomicSubsidy { return &r.EconomicSubsidies }),
		fill(r, c.PreferentialCard.Query().Where(store.OneOf[predicate.PreferentialCard](preferentialcard.FieldVeteranID, ids)).Order(preferentialcard.ByID()).All,
			func(f *gen.PreferentialCard) string { return f.VeteranID }, func(r *Rows) *[]*gen.PreferentialCard { return &r.PreferentialCards }),
		fill(r, c.PensionRelation.Query().Where(store.OneOf[predicate.PensionRelation](pensionrelation.FieldVeteranID, ids)).Order(pensionrelation.ByID()).All,
			func(f *gen.PensionRelation) string { return f.VeteranID }, func(r *Rows) *[]*gen.PensionRelation { return &r.PensionRelations }),
	}
}
