package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/graph/model"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/profile"
)

func (r *benefitsResolver) EconomicSubsidy(ctx context.Context, objs []*model.Benefits) ([]*gen.EconomicSubsidy, error) {
	return one(ctx, load(ctx).economicSubsidies, objs, func(o *model.Benefits) string { return o.VeteranID })
}

func (r *benefitsResolver) PreferentialCard(ctx context.Context, objs []*model.Benefits) ([]*gen.PreferentialCard, error) {
	return one(ctx, load(ctx).preferentialCards, objs, func(o *model.Benefits) string { return o.VeteranID })
}

func (r *benefitsResolver) PensionRelation(ctx context.Context, objs []*model.Benefits) ([]*gen.PensionRelation, error) {
	return one(ctx, load(ctx).pensionRelations, objs, func(o *model.Benefits) string { return o.VeteranID })
}

func (r *contactResolver) Mobile(ctx context.Context, obj *gen.Contact) (*string, error) {
	mobile, err := r.Profile.Mobile(obj)
	if err != nil || mobile == "" {
		return nil, err
	}
	if inFull(ctx) {
		return &mobile, nil
	}
	return new(masked(mobile)), nil
}

func (r *contactResolver) Division(ctx context.Context, obj *gen.Contact) (*division.Division, error) {
	return r.place(obj.Division), nil
}

func (r *disabilityResolver) Grade(ctx context.Context, obj *gen.Disability) (*string, error) {
	return orNil(obj.Grade), nil
}

func (r *employmentSupportResolver) Records(ctx context.Context, objs []*model.EmploymentSupport) ([][]*gen.EmploymentRecord, error) {
	return all(ctx, load(ctx).employments, objs, func(o *model.EmploymentSupport) string { return o.VeteranID })
}

func (r *employmentSupportResolver) Trainings(ctx context.Context, objs []*model.EmploymentSupport) ([][]*gen.Training, error) {
	return all(ctx, load(ctx).trainings, objs, func(o *model.EmploymentSupport) string { return o.VeteranID })
}

func (r *employmentSupportResolver) Guidance(ctx context.Context, objs []*model.EmploymentSupport) ([][]*gen.Guidance, error) {
	return all(ctx, load(ctx).guidances, objs, func(o *model.EmploymentSupport) string { return o.VeteranID })
}

func (r *employmentSupportResolver) Subsidies(ctx context.Context, objs []*model.EmploymentSupport) ([][]*gen.TrainingSubsidy, error) {
	return all(ctx, load(ctx).trainingSubsidies, objs, func(o *model.EmploymentSupport) string { return o.VeteranID })
}

func (r *enrolmentResolver) Division(ctx context.Context, obj *gen.Enrolment) (*division.Division, error) {
	return r.place(obj.Division), nil
}

func (r *householdEntryResolver) Division(ctx context.Context, obj *gen.HouseholdEntry) (*division.Division, error) {
	return r.place(obj.Division), nil
}

func (r *identityResolver) Background(ctx context.Context, objs []*model.Identity) ([]*gen.Background, error) {
	return one(ctx, load(ctx).backgrounds, objs, func(o *model.Identity) string { return o.VeteranID })
}

func (r *identityResolver) Contact(ctx context.Context, objs []*model.Identity) ([]*gen.Contact, error) {
	return one(ctx, load(ctx).contacts, objs, func(o *model.Identity) string { return o.VeteranID })
}

func (r *identityResolver) HouseholdEntries(ctx context.Context, objs []*model.Identity) ([][]*gen.HouseholdEntry, error) {
	return all(ctx, load(ctx).households, objs, func(o *model.Identity) string { return o.VeteranID })
}

func (r *identityResolver) IdentityCard(ctx context.Context, objs []*model.Identity) ([]*gen.IdentityCard, error) {
	return one(ctx, load(ctx).idCards, objs, func(o *model.Identity) string { return o.VeteranID })
}

func (r *insuranceResolver) Enrolments(ctx context.Context, objs []*model.Insurance) ([][]*gen.Enrolment, error) {
	return all(ctx, load(ctx).enrolments, objs, func(o *model.Insurance) string { return o.VeteranID })
}

func (r *insuranceResolver) Card(ctx context.Context, objs []*model.Insurance) ([]*gen.SocialSecurityCard, error) {
	return one(ctx, load(ctx).socialSecurityCards, objs, func(o *model.Insurance) string { return o.VeteranID })
}

func (r *insuranceResolver) ArmyRelations(ctx context.Context, objs []*model.Insurance) ([][]*gen.ArmyRelation, error) {
	return all(ctx, load(ctx).armyRelations, objs, func(o *model.Insurance) string { return o.VeteranID })
}

func (r *queryResolver) Veteran(ctx context.Context, id string) (*gen.Veteran, error) {
	v, err := r.Profile.Get(ctx, id)
	met(ctx, v)
	return v, err
}

func (r *queryResolver) Veterans(ctx context.Context, filter *model.VeteranFilter, first *int, after *string) (*model.VeteranConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	var f profile.Filter
	if filter != nil {
		f = profile.Filter{Division: orEmpty(filter.Division), Name: orEmpty(filter.Name)}
	}
	vs, more, err := r.Profile.Page(ctx, f, n, orEmpty(after))
	if err != nil {
		return nil, err
	}
	met(ctx, vs...)
	return veteranPage(vs, more), nil
}

func (r *serviceHistoryResolver) Periods(ctx context.Context, objs []*model.ServiceHistory) ([][]*gen.ServicePeriod, error) {
	return all(ctx, load(ctx).periods, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *serviceHistoryResolver) Ranks(ctx context.Context, objs []*model.ServiceHistory) ([][]*gen.Rank, error) {
	return all(ctx, load(ctx).ranks, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *serviceHistoryResolver) Awards(ctx context.Context, objs []*model.ServiceHistory) ([][]*gen.Award, error) {
	return all(ctx, load(ctx).awards, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *serviceHistoryResolver) Discharge(ctx context.Context, objs []*model.ServiceHistory) ([]*gen.Discharge, error) {
	return one(ctx, load(ctx).discharges, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *serviceHistoryResolver) Settlement(ctx context.Context, objs []*model.ServiceHistory) ([]*gen.Settlement, error) {
	return one(ctx, load(ctx).settlements, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *serviceHistoryResolver) Disability(ctx context.Context, objs []*model.ServiceHistory) ([]*gen.Disability, error) {
	return one(ctx, load(ctx).disabilities, objs, func(o *model.ServiceHistory) string { return o.VeteranID })
}

func (r *settlementResolver) Division(ctx context.Context, obj *gen.Settlement) (*division.Division, error) {
	return r.mustPlace(obj.Division), nil
}

func (r *veteranResolver) CitizenNumber(ctx context.Context, obj *gen.Veteran, full *bool) (string, error) {
	return r.number(ctx, obj, full != nil && *full)
}

func (r *veteranResolver) Division(ctx context.Context, obj *gen.Veteran) (*division.Division, error) {
	return r.mustPlace(obj.Division), nil
}

func (r *veteranResolver) Identity(ctx context.Context, obj *gen.Veteran) (*model.Identity, error) {
	return &model.Identity{VeteranID: obj.ID, Ethnicity: obj.Ethnicity, Marital: obj.Marital}, nil
}

func (r *veteranResolver) ServiceHistory(ctx context.Context, obj *gen.Veteran) (*model.ServiceHistory, error) {
	return &model.ServiceHistory{VeteranID: obj.ID}, nil
}

func (r *veteranResolver) EmploymentSupport(ctx context.Context, obj *gen.Veteran) (*model.EmploymentSupport, error) {
	return &model.EmploymentSupport{VeteranID: obj.ID}, nil
}

func (r *veteranResolver) Insurance(ctx context.Context, obj *gen.Veteran) (*model.Insurance, error) {
	return &model.Insurance{VeteranID: obj.ID}, nil
}

func (r *veteranResolver) Benefits(ctx context.Context, obj *gen.Veteran) (*model.Benefits, error) {
	return &model.Benefits{VeteranID: obj.ID}, nil
}

func (r *veteranResolver) Elements(ctx context.Context, objs []*gen.Veteran, ids []string, freshness *model.Reading) ([][]*model.Element, error) {
	return r.elements(ctx, objs, ids, freshness)
}

func (r *veteranResolver) Departments(ctx context.Context, objs []*gen.Veteran, codes []string) ([][]*model.DepartmentAnswer, error) {
	return r.departmentAnswers(ctx, objs, codes)
}

func (r *veteranResolver) Cases(ctx context.Context, objs []*gen.Veteran, first *int, after *string) ([]*model.CaseConnection, error) {
	n, err := pageSize(first)
	if err != nil {
		return nil, err
	}
	lists, err := all(ctx, load(ctx).cases, objs, func(v *gen.Veteran) string { return v.ID })
	if err != nil {
		return nil, err
	}
	out := make([]*model.CaseConnection, len(objs))
	for i, cs := range lists {
		out[i] = casePage(cut(cs, n, orEmpty(after)))
	}
	return out, nil
}

func (r *Resolver) Benefits() exec.BenefitsResolver { return &benefitsResolver{r} }

func (r *Resolver) Contact() exec.ContactResolver { return &contactResolver{r} }

func (r *Resolver) Disability() exec.DisabilityResolver { return &disabilityResolver{r} }

func (r *Resolver) Element() exec.ElementResolver { return &elementResolver{r} }

func (r *Resolver) EmploymentSupport() exec.EmploymentSupportResolver {
	return &employmentSupportResolver{r}
}

func (r *Resolver) Enrolment() exec.EnrolmentResolver { return &enrolmentResolver{r} }

func (r *Resolver) HouseholdEntry() exec.HouseholdEntryResolver { return &householdEntryResolver{r} }

func (r *Resolver) Identity() exec.IdentityResolver { return &identityResolver{r} }

func (r *Resolver) Insurance() exec.InsuranceResolver { return &insuranceResolver{r} }

func (r *Resolver) ServiceHistory() exec.ServiceHistoryResolver { return &serviceHistoryResolver{r} }

func (r *Resolver) Settlement() exec.SettlementResolver { return &settlementResolver{r} }

func (r *Resolver) Veteran() exec.VeteranResolver { return &veteranResolver{r} }

type (
	benefitsResolver          struct{ *Resolver }
	contactResolver           struct{ *Resolver }
	disabilityResolver        struct{ *Resolver }
	elementResolver           struct{ *Resolver }
	employmentSupportResolver struct{ *Resolver }
	enrolmentResolver         struct{ *Resolver }
	householdEntryResolver    struct{ *Resolver }
	identityResolver          struct{ *Resolver }
	insuranceResolver         struct{ *Resolver }
	serviceHistoryResolver    struct{ *Resolver }
	settlementResolver        struct{ *Resolver }
	veteranResolver           struct{ *Resolver }
)
