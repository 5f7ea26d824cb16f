package resolvers

import (
	"context"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/sharing"
)

// loaders batch and remember reads for one request. A field that is asked of a
// list is read once for the whole list, however the list is nested and under
// however many names the field is asked.
type loaders struct {
	persons cohort // veterans that the answer holds
	files   cohort // cases that the answer holds
	holders cohort // veterans whose cases or disputes the answer holds
	parts   cohort // items that the answer holds
	named   cohort // cases that something in the answer belongs to
	called  cohort // tasks that something in the answer is seen to by

	veterans *batch[string, *gen.Veteran]
	rows     *batch[string, *profile.Rows]
	live     *batch[lookup.Key, lookup.Answer]

	backgrounds         list[*gen.Background]
	contacts            list[*gen.Contact]
	households          list[*gen.HouseholdEntry]
	idCards             list[*gen.IdentityCard]
	periods             list[*gen.ServicePeriod]
	ranks               list[*gen.Rank]
	awards              list[*gen.Award]
	discharges          list[*gen.Discharge]
	settlements         list[*gen.Settlement]
	disabilities        list[*gen.Disability]
	employments         list[*gen.EmploymentRecord]
	trainings           list[*gen.Training]
	guidances           list[*gen.Guidance]
	trainingSubsidies   list[*gen.TrainingSubsidy]
	enrolments          list[*gen.Enrolment]
	socialSecurityCards list[*gen.SocialSecurityCard]
	armyRelations       list[*gen.ArmyRelation]
	economicSubsidies   list[*gen.EconomicSubsidy]
	preferentialCards   list[*gen.PreferentialCard]
	pensionRelations    list[*gen.PensionRelation]

	cases       list[*gen.CaseFile]
	items       list[*gen.Item]
	materials   list[*gen.Material]
	timelines   list[*gen.Event]
	preReviews  list[*gen.PreReview]
	mandates    list[*gen.Mandate]
	plans       *batch[string, func() (*plan.Plan, error)]
	drafts      *batch[string, func() (*casefile.Draft, error)]
	answers     *batch[string, func() ([]casefile.ItemAnswer, error)]
	file        *batch[string, *gen.CaseFile]
	clocks      *batch[string, *casefile.CaseClock]
	obligations list[*gen.Obligation]
	corrections list[*gen.Correction]
	disputes    list[*gen.Dispute]
	subsidies   list[*gen.Subsidy]
	uses        list[sharing.Use]
	tasks       *batch[string, *gen.Task]
	notices     *batch[noticed, []*gen.Notification]

	visiting
	meeting  meeting
	reported reported
}

// list loads the rows that belong to one key.
type list[R any] = *batch[string, []R]

type loadersKey struct{}

// WithLoaders returns a context with fresh loaders for one answer. Nothing they
// remember outlives it or crosses to another viewer.
func WithLoaders(ctx context.Context, r *Resolver) context.Context {
	p, c := r.Profile, r.Desk
	l := &loaders{}
	l.veterans = aligned(&l.holders, func(ctx context.Context, ids []string) ([]*gen.Veteran, error) {
		vs, err := p.GetMany(ctx, ids)
		met(ctx, vs...)
		return vs, err
	})
	l.rows, l.live = mapped(&l.persons, p.ReadRows), aligned(nil, r.Lookup.Many)
	l.backgrounds, l.contacts = facts(l, p, profile.Backgrounds), facts(l, p, profile.Contacts)
	l.households, l.idCards = facts(l, p, profile.Households), facts(l, p, profile.IDCards)
	l.periods, l.ranks, l.awards = facts(l, p, profile.ServicePeriods), facts(l, p, profile.Ranks), facts(l, p, profile.Awards)
	l.discharges, l.settlements, l.disabilities = facts(l, p, profile.Discharges), facts(l, p, profile.Settlements), facts(l, p, profile.Disabilities)
	l.employments, l.trainings = facts(l, p, profile.Employments), facts(l, p, profile.Trainings)
	l.guidances, l.trainingSubsidies = facts(l, p, profile.Guidances), facts(l, p, profile.TrainingSubsidies)
	l.enrolments, l.socialSecurityCards = facts(l, p, profile.Enrolments), facts(l, p, profile.SocialSecurityCards)
	l.armyRelations, l.economicSubsidies = facts(l, p, profile.ArmyRelations), facts(l, p, profile.EconomicSubsidies)
	l.preferentialCards, l.pensionRelations = facts(l, p, profile.PreferentialCards), facts(l, p, profile.PensionRelations)
	l.cases = mapped(&l.persons, joined(l, p.Store, func(ctx context.Context, ids []string) (map[string][]*gen.CaseFile, error) {
		by, err := c.OfVeterans(ctx, ids)
		for _, cs := range by {
			metCases(ctx, cs...)
		}
		return by, err
	}))
	l.items = mapped(&l.files, joined(l, p.Store, noting(c.Items, l.metItem)))
	l.materials = mapped(&l.files, joined(l, p.Store, c.Materials))
	l.plans, l.drafts, l.answers = mapped(&l.files, c.PinnedPlans), mapped(&l.files, c.Drafts), mapped(&l.parts, c.AnswersOf)
	l.timelines = mapped(&l.files, joined(l, p.Store, c.Timeline))
	l.preReviews = mapped(&l.files, joined(l, p.Store, c.PreReviews))
	l.file = aligned(&l.named, func(ctx context.Context, ids []string) ([]*gen.CaseFile, error) {
		cs, err := c.GetMany(ctx, ids)
		metCases(ctx, cs...)
		return cs, err
	})
	l.clocks = mapped(&l.files, c.Clocks)
	l.obligations = mapped(&l.files, joined(l, p.Store, noting(c.Obligations, func(o *gen.Obligation) { l.called.note(o.TaskID) })))
	l.corrections = mapped(&l.parts, joined(l, p.Store, c.Corrections))
	l.tasks = aligned(&l.called, func(ctx context.Context, ids []string) ([]*gen.Task, error) {
		ts, err := r.Office.Many(ctx, ids)
		for _, t := range ts {
			if t != nil {
				l.named.note(t.CaseID)
			}
		}
		return ts, err
	})
	l.mandates = mapped(&l.persons, joined(l, p.Store, r.Mandates.OfVeterans))
	l.subsidies = mapped(&l.persons, joined(l, p.Store, r.Subsidies.OfVeterans))
	l.uses = mapped(&l.persons, r.Sharing.Uses)
	l.disputes = mapped(&l.persons, joined(l, p.Store, noting(r.Disputes.OfVeterans, func(d *gen.Dispute) { l.holders.note(d.VeteranID) })))
	l.notices = aligned(nil, r.noticesOf)
	l.openVisits(r)
	return context.WithValue(ctx, loadersKey{}, l)
}

// load returns the request's loaders.
func load(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

// met tells the loaders which veterans the answer holds: what is asked of one of
// them is read for all of them.
func met(ctx context.Context, vs ...*gen.Veteran) {
	l := load(ctx)
	for _, v := range vs {
		if v != nil {
			l.persons.add(v.ID)
		}
	}
}

// metCases is met for cases.
func metCases(ctx context.Context, cs ...*gen.CaseFile) {
	l := load(ctx)
	for _, c := range cs {
		if c != nil {
			l.files.add(c.ID)
			l.holders.add(c.VeteranID)
		}
	}
}

// metItem is met for items.
func (l *loaders) metItem(it *gen.Item) {
	l.parts.note(it.ID)
	l.named.note(it.CaseID)
}

func metItems(ctx context.Context, items ...*gen.Item) {
	l := load(ctx)
	for _, it := range items {
		l.metItem(it)
	}
}

// noting is a read that tells what its rows belong to, so that what is asked of
// that is read for all of them.
func noting[R any](read func(context.Context, []string) (map[string][]R, error), note func(R)) func(context.Context, []string) (map[string][]R, error) {
	return func(ctx context.Context, keys []string) (map[string][]R, error) {
		by, err := read(ctx, keys)
		for _, rows := range by {
			for _, row := range rows {
				note(row)
			}
		}
		return by, err
	}
}

func facts[R any](l *loaders, p *profile.Profile, t profile.Table[R]) list[R] {
	return mapped(&l.persons, joined(l, p.Store, func(ctx context.Context, ids []string) (map[string][]R, error) { return profile.Read(ctx, p, t, ids) }))
}

// all loads the answers of many parents at once, in their order. A parent that
// is nil, an entity that was not found, has no answer.
func all[P any, K comparable, V any](ctx context.Context, b *batch[K, V], parents []*P, key func(*P) K) ([]V, error) {
	keys, at := make([]K, 0, len(parents)), make([]int, 0, len(parents))
	for i, p := range parents {
		if p != nil {
			keys, at = append(keys, key(p)), append(at, i)
		}
	}
	got, err := b.get(ctx, keys)
	if err != nil {
		return nil, err
	}
	out := make([]V, len(parents))
	for n, i := range at {
		out[i] = got[n]
	}
	return out, nil
}

// one is all, where each parent has at most one of them.
func one[P any, R any](ctx context.Context, l list[*R], parents []*P, key func(*P) string) ([]*R, error) {
	lists, err := all(ctx, l, parents, key)
	if err != nil {
		return nil, err
	}
	out := make([]*R, len(lists))
	for i, rows := range lists {
		if len(rows) > 0 {
			out[i] = rows[len(rows)-1]
		}
	}
	return out, nil
}
