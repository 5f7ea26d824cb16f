package profile

import (
	"context"
	"fmt"

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
	"github.com/vetgraph/vetgraph/ent/gen/saying"
	"github.com/vetgraph/vetgraph/ent/gen/serviceperiod"
	"github.com/vetgraph/vetgraph/ent/gen/settlement"
	"github.com/vetgraph/vetgraph/ent/gen/socialsecuritycard"
	"github.com/vetgraph/vetgraph/ent/gen/training"
	"github.com/vetgraph/vetgraph/ent/gen/trainingsubsidy"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Table is one table of facts about veterans.
type Table[R any] struct {
	read  func(c *gen.Client, ids []string) func(context.Context) ([]R, error)
	whose func(R) string
}

// Read reads one table of facts about many veterans in one statement: by
// veteran's ID, in order of ID. Faults: SIGN_IN, NOT_ALLOWED.
func Read[R any](ctx context.Context, p *Profile, t Table[R], ids []string) (map[string][]R, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	rows, err := t.read(p.Store.Read, ids)(ctx)
	if err != nil {
		return nil, fmt.Errorf("read %T of %d veterans: %w", *new(R), len(ids), err)
	}
	return store.Group(rows, t.whose), nil
}

// The tables of facts.
var (
	Backgrounds = Table[*gen.Background]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Background, error) {
			return c.Background.Query().Where(store.OneOf[predicate.Background](background.FieldVeteranID, ids)).Order(background.ByID()).All
		},
		whose: func(f *gen.Background) string { return f.VeteranID },
	}
	Contacts = Table[*gen.Contact]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Contact, error) {
			return c.Contact.Query().Where(store.OneOf[predicate.Contact](contact.FieldVeteranID, ids)).Order(contact.ByID()).All
		},
		whose: func(f *gen.Contact) string { return f.VeteranID },
	}
	Households = Table[*gen.HouseholdEntry]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.HouseholdEntry, error) {
			return c.HouseholdEntry.Query().Where(store.OneOf[predicate.HouseholdEntry](householdentry.FieldVeteranID, ids)).Order(householdentry.ByID()).All
		},
		whose: func(f *gen.HouseholdEntry) string { return f.VeteranID },
	}
	IDCards = Table[*gen.IdentityCard]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.IdentityCard, error) {
			return c.IdentityCard.Query().Where(store.OneOf[predicate.IdentityCard](identitycard.FieldVeteranID, ids)).Order(identitycard.ByID()).All
		},
		whose: func(f *gen.IdentityCard) string { return f.VeteranID },
	}
	ServicePeriods = Table[*gen.ServicePeriod]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.ServicePeriod, error) {
			return c.ServicePeriod.Query().Where(store.OneOf[predicate.ServicePeriod](serviceperiod.FieldVeteranID, ids)).Order(serviceperiod.ByID()).All
		},
		whose: func(f *gen.ServicePeriod) string { return f.VeteranID },
	}
	Ranks = Table[*gen.Rank]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Rank, error) {
			return c.Rank.Query().Where(store.OneOf[predicate.Rank](rank.FieldVeteranID, ids)).Order(rank.ByID()).All
		},
		whose: func(f *gen.Rank) string { return f.VeteranID },
	}
	Awards = Table[*gen.Award]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Award, error) {
			return c.Award.Query().Where(store.OneOf[predicate.Award](award.FieldVeteranID, ids)).Order(award.ByID()).All
		},
		whose: func(f *gen.Award) string { return f.VeteranID },
	}
	Discharges = Table[*gen.Discharge]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Discharge, error) {
			return c.Discharge.Query().Where(store.OneOf[predicate.Discharge](discharge.FieldVeteranID, ids)).Order(discharge.ByID()).All
		},
		whose: func(f *gen.Discharge) string { return f.VeteranID },
	}
	Settlements = Table[*gen.Settlement]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Settlement, error) {
			return c.Settlement.Query().Where(store.OneOf[predicate.Settlement](settlement.FieldVeteranID, ids)).Order(settlement.ByID()).All
		},
		whose: func(f *gen.Settlement) string { return f.VeteranID },
	}
	Disabilities = Table[*gen.Disability]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Disability, error) {
			return c.Disability.Query().Where(store.OneOf[predicate.Disability](disability.FieldVeteranID, ids)).Order(disability.ByID()).All
		},
		whose: func(f *gen.Disability) string { return f.VeteranID },
	}
	Enrolments = Table[*gen.Enrolment]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Enrolment, error) {
			return c.Enrolment.Query().Where(store.OneOf[predicate.Enrolment](enrolment.FieldVeteranID, ids)).Order(enrolment.ByID()).All
		},
		whose: func(f *gen.Enrolment) string { return f.VeteranID },
	}
	SocialSecurityCards = Table[*gen.SocialSecurityCard]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.SocialSecurityCard, error) {
			return c.SocialSecurityCard.Query().Where(store.OneOf[predicate.SocialSecurityCard](socialsecuritycard.FieldVeteranID, ids)).Order(socialsecuritycard.ByID()).All
		},
		whose: func(f *gen.SocialSecurityCard) string { return f.VeteranID },
	}
	ArmyRelations = Table[*gen.ArmyRelation]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.ArmyRelation, error) {
			return c.ArmyRelation.Query().Where(store.OneOf[predicate.ArmyRelation](armyrelation.FieldVeteranID, ids)).Order(armyrelation.ByID()).All
		},
		whose: func(f *gen.ArmyRelation) string { return f.VeteranID },
	}
	Employments = Table[*gen.EmploymentRecord]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.EmploymentRecord, error) {
			return c.EmploymentRecord.Query().Where(store.OneOf[predicate.EmploymentRecord](employmentrecord.FieldVeteranID, ids)).Order(employmentrecord.ByID()).All
		},
		whose: func(f *gen.EmploymentRecord) string { return f.VeteranID },
	}
	Trainings = Table[*gen.Training]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Training, error) {
			return c.Training.Query().Where(store.OneOf[predicate.Training](training.FieldVeteranID, ids)).Order(training.ByID()).All
		},
		whose: func(f *gen.Training) string { return f.VeteranID },
	}
	Guidances = Table[*gen.Guidance]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Guidance, error) {
			return c.Guidance.Query().Where(store.OneOf[predicate.Guidance](guidance.FieldVeteranID, ids)).Order(guidance.ByID()).All
		},
		whose: func(f *gen.Guidance) string { return f.VeteranID },
	}
	TrainingSubsidies = Table[*gen.TrainingSubsidy]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.TrainingSubsidy, error) {
			return c.TrainingSubsidy.Query().Where(store.OneOf[predicate.TrainingSubsidy](trainingsubsidy.FieldVeteranID, ids)).Order(trainingsubsidy.ByID()).All
		},
		whose: func(f *gen.TrainingSubsidy) string { return f.VeteranID },
	}
	EconomicSubsidies = Table[*gen.EconomicSubsidy]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.EconomicSubsidy, error) {
			return c.EconomicSubsidy.Query().Where(store.OneOf[predicate.EconomicSubsidy](economicsubsidy.FieldVeteranID, ids)).Order(economicsubsidy.ByID()).All
		},
		whose: func(f *gen.EconomicSubsidy) string { return f.VeteranID },
	}
	PreferentialCards = Table[*gen.PreferentialCard]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.PreferentialCard, error) {
			return c.PreferentialCard.Query().Where(store.OneOf[predicate.PreferentialCard](preferentialcard.FieldVeteranID, ids)).Order(preferentialcard.ByID()).All
		},
		whose: func(f *gen.PreferentialCard) string { return f.VeteranID },
	}
	PensionRelations = Table[*gen.PensionRelation]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.PensionRelation, error) {
			return c.PensionRelation.Query().Where(store.OneOf[predicate.PensionRelation](pensionrelation.FieldVeteranID, ids)).Order(pensionrelation.ByID()).All
		},
		whose: func(f *gen.PensionRelation) string { return f.VeteranID },
	}

	// sayings are what departments said when they were asked; only [Profile.Findings]
	// makes sense of them.
	sayings = Table[*gen.Saying]{
		read: func(c *gen.Client, ids []string) func(context.Context) ([]*gen.Saying, error) {
			return c.Saying.Query().Where(store.OneOf[predicate.Saying](saying.FieldVeteranID, ids)).Order(saying.ByID()).All
		},
		whose: func(f *gen.Saying) string { return f.VeteranID },
	}
)
