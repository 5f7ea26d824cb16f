package resolvers

import (
	"context"
	"time"

	"github.com/vikstrous/dataloadgen"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/profile"
)

// loaders batch and remember reads for one request. A field that is asked of a
// list, of several lists side by side, or under two names is read once.
type loaders struct {
	veterans *dataloadgen.Loader[string, *gen.Veteran]
	rows     *dataloadgen.Loader[string, *profile.Rows]
	live     *dataloadgen.Loader[lookup.Key, lookup.Answer]

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

	cases     list[*gen.CaseFile]
	items     list[*gen.Item]
	materials list[*gen.Material]
	timelines list[*gen.Event]
}

// list loads the rows that belong to one key.
type list[R any] = *dataloadgen.Loader[string, []R]

// gather is how long a batch waits for siblings. They start within microseconds
// of each other; a longer wait would only be waiting.
const gather = 250 * time.Microsecond

// most keys in one statement; far above any page.
const most = 2000

type loadersKey struct{}

// WithLoaders returns a context with fresh loaders for one request. Nothing they
// remember outlives it or crosses to another viewer.
func WithLoaders(ctx context.Context, r *Resolver) context.Context {
	p, c := r.Profile, r.Desk
	return context.WithValue(ctx, loadersKey{}, &loaders{
		veterans: aligned(p.GetMany),
		rows: mapped(func(ctx context.Context, ids []string) (map[string]*profile.Rows, error) {
			return p.ReadRows(ctx, ids)
		}),
		live: aligned(r.Lookup.Many),

		backgrounds: facts(p, profile.Backgrounds), contacts: facts(p, profile.Contacts),
		households: facts(p, profile.Households), idCards: facts(p, profile.IDCards),
		periods: facts(p, profile.ServicePeriods), ranks: facts(p, profile.Ranks), awards: facts(p, profile.Awards),
		discharges: facts(p, profile.Discharges), settlements: facts(p, profile.Settlements), disabilities: facts(p, profile.Disabilities),
		employments: facts(p, profile.Employments), trainings: facts(p, profile.Trainings),
		guidances: facts(p, profile.Guidances), trainingSubsidies: facts(p, profile.TrainingSubsidies),
		enrolments: facts(p, profile.Enrolments), socialSecurityCards: facts(p, profile.SocialSecurityCards),
		armyRelations: facts(p, profile.ArmyRelations), economicSubsidies: facts(p, profile.EconomicSubsidies),
		preferentialCards: facts(p, profile.PreferentialCards), pensionRelations: facts(p, profile.PensionRelations),

		cases: mapped(c.OfVeterans), items: mapped(c.Items), materials: mapped(c.Materials), timelines: mapped(c.Timeline),
	})
}

// load returns the request's loaders.
func load(ctx context.Context) *loaders { return ctx.Value(loadersKey{}).(*loaders) }

func facts[R any](p *profile.Profile, t profile.Table[R]) list[R] {
	return mapped(func(ctx context.Context, ids []string) (map[string][]R, error) { return profile.Read(ctx, p, t, ids) })
}

// mapped loads from a read that answers by key; a key without an answer has none.
func mapped[K comparable, V any](read func(context.Context, []K) (map[K]V, error)) *dataloadgen.Loader[K, V] {
	return aligned(func(ctx context.Context, keys []K) ([]V, error) {
		by, err := read(ctx, keys)
		out := make([]V, len(keys))
		for i, k := range keys {
			out[i] = by[k]
		}
		return out, err
	})
}

// aligned loads from a read that answers in the order of the keys.
func aligned[K comparable, V any](read func(context.Context, []K) ([]V, error)) *dataloadgen.Loader[K, V] {
	return dataloadgen.NewLoader(func(ctx context.Context, keys []K) ([]V, []error) {
		out, err := read(ctx, keys)
		if err != nil {
			return nil, []error{err}
		}
		return out, nil
	}, dataloadgen.WithWait(gather), dataloadgen.WithBatchCapacity(most))
}

// all loads the answers of many parents at once, in their order. A parent that
// is nil, an entity that was not found, has no answer.
func all[P any, K comparable, V any](ctx context.Context, l *dataloadgen.Loader[K, V], parents []*P, key func(*P) K) ([]V, error) {
	keys, at := make([]K, 0, len(parents)), make([]int, 0, len(parents))
	for i, p := range parents {
		if p != nil {
			keys, at = append(keys, key(p)), append(at, i)
		}
	}
	got, err := l.LoadAll(ctx, keys)
	if err != nil {
		return nil, first(err)
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

// first is the fault among the errors of a batch: they are all the same one.
func first(err error) error {
	if f := fault.Of(err); f.Kind != fault.Internal {
		return f
	}
	return err
}
