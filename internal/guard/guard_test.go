package guard_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// doors are counts of every entity of the record.
func doors(c *gen.Client) map[string]func(context.Context) (int, error) {
	return map[string]func(context.Context) (int, error){
		"veterans": c.Veteran.Query().Count, "backgrounds": c.Background.Query().Count, "contacts": c.Contact.Query().Count,
		"household entries": c.HouseholdEntry.Query().Count, "identity cards": c.IdentityCard.Query().Count,
		"service periods": c.ServicePeriod.Query().Count, "ranks": c.Rank.Query().Count, "awards": c.Award.Query().Count,
		"discharges": c.Discharge.Query().Count, "settlements": c.Settlement.Query().Count, "disabilities": c.Disability.Query().Count,
		"employment records": c.EmploymentRecord.Query().Count, "trainings": c.Training.Query().Count, "guidances": c.Guidance.Query().Count,
		"training subsidies": c.TrainingSubsidy.Query().Count, "enrolments": c.Enrolment.Query().Count,
		"social-security cards": c.SocialSecurityCard.Query().Count, "army relations": c.ArmyRelation.Query().Count,
		"economic subsidies": c.EconomicSubsidy.Query().Count, "preferential cards": c.PreferentialCard.Query().Count,
		"pension relations": c.PensionRelation.Query().Count,
		"cases":             c.CaseFile.Query().Count, "items": c.Item.Query().Count, "materials": c.Material.Query().Count, "events": c.Event.Query().Count,
		"catalogue versions": c.CatalogVersion.Query().Count,
		"persons by edge":    c.CaseFile.Query().QueryVeteran().Count,
	}
}

// Every entity, every kind of viewer: only a machine sees all, a stranger sees
// nothing, and what anybody sees is never more than what lies in their sight.
func TestReads(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := populate(t, s)
		machine := counts(t, s, access.AsMachine(t.Context(), "test"))
		for name := range machine {
			if machine[name] == 0 {
				t.Fatalf("the test has no %s", name)
			}
		}
		for kind, v := range map[string]*access.Viewer{
			"stranger":            {ID: "x", Kind: access.Veteran, Self: "v-nobody"},
			"veteran without ID":  {ID: "x", Kind: access.Veteran},
			"clerk of nowhere":    {ID: "x", Kind: access.Clerk},
			"clerk of elsewhere":  {ID: "x", Kind: access.Clerk, Division: "110000000000"},
			"clerk of a wildcard": {ID: "x", Kind: access.Clerk, Division: "23%"},
			"officer of nothing":  {ID: "x", Kind: access.Officer, Division: "230000000000"},
			"officer elsewhere":   {ID: "x", Kind: access.Officer, Department: "PS", Division: "110000000000"},
			"partner":             {ID: "x", Kind: access.Partner, Division: "230000000000"},
			"operator":            {ID: "x", Kind: access.Operator, Division: "230000000000"},
			"unheard of":          {ID: "x", Kind: "KING", Division: "230000000000", Self: ids[0]},
		} {
			for name, n := range counts(t, s, access.With(t.Context(), v)) {
				if n != 0 {
					t.Errorf("%s sees %d %s", kind, n, name)
				}
			}
		}
		analyst := counts(t, s, access.With(t.Context(), &access.Viewer{Kind: access.Analyst, Division: "230000000000"}))
		for name, n := range analyst {
			if about := name == "cases" || name == "items" || name == "materials" || name == "events"; !about && n > 0 {
				t.Errorf("an analyst sees %d %s", n, name)
			} else if about && n != machine[name] {
				t.Errorf("an analyst sees %d of %d %s", n, machine[name], name)
			}
		}
		clerk := counts(t, s, access.With(t.Context(), &access.Viewer{Kind: access.Clerk, Division: "230000000000"}))
		for name, n := range clerk {
			if name != "catalogue versions" && n != machine[name] {
				t.Errorf("the province's clerk sees %d of %d %s", n, machine[name], name)
			}
		}
	})
}

// A veteran sees themself, an officer only their department's items, whatever else
// the case holds, and only the people behind them.
func TestSights(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := populate(t, s)
		own := access.With(t.Context(), &access.Viewer{Kind: access.Veteran, Self: ids[0]})
		for _, v := range s.Read.Veteran.Query().AllX(own) {
			if v.ID != ids[0] {
				t.Errorf("a veteran sees %s", v.ID)
			}
		}
		for _, f := range s.Read.Discharge.Query().AllX(own) {
			if f.VeteranID != ids[0] {
				t.Errorf("a veteran sees the discharge of %s", f.VeteranID)
			}
		}
		officer := access.With(t.Context(), &access.Viewer{Kind: access.Officer, Department: "PS", Division: "230000000000"})
		items := s.Read.Item.Query().AllX(officer)
		for _, it := range items {
			if it.Department != "PS" {
				t.Errorf("the police see an item of %s", it.Department)
			}
		}
		for _, e := range s.Read.Event.Query().AllX(officer) {
			if e.Matter != "" && e.Matter != "M04" {
				t.Errorf("the police see what happened to %s", e.Matter)
			}
		}
		if n, m := len(items), s.Read.Veteran.Query().CountX(officer); n == 0 || n != m {
			t.Errorf("the police see %d items and %d people", n, m)
		}
		one := s.Read.Veteran.Query().FirstX(access.AsMachine(t.Context(), "test"))
		clerk := access.With(t.Context(), &access.Viewer{Kind: access.Clerk, Division: one.Division})
		for _, v := range s.Read.Veteran.Query().AllX(clerk) {
			if !division.Within(v.Division, one.Division) {
				t.Errorf("a clerk of %s sees a person of %s", one.Division, v.Division)
			}
		}
	})
}

func counts(t *testing.T, s *store.Store, ctx context.Context) map[string]int { //nolint:revive // the context is what varies
	t.Helper()
	out := map[string]int{}
	for name, count := range doors(s.Read) {
		if _, err := count(t.Context()); fault.Of(err).Kind != fault.SignedOut {
			t.Errorf("nobody is answered %s: %v", name, err)
		}
		n, err := count(ctx)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out[name] = n
	}
	return out
}

// populate writes people and, for every third of them, a case with an item of the
// police and one of veterans affairs.
func populate(t *testing.T, s *store.Store) []string {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	cat, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	p := &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return cat }, Divisions: division.Builtin(), Now: func() time.Time { return now }}
	if err := population.Write(ctx, p, 1, 300, nil); err != nil {
		t.Fatal(err)
	}
	people := s.Read.Veteran.Query().AllX(ctx)
	ids := make([]string, len(people))
	err = s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		tx.Ent.CatalogVersion.Create().SetID("test").SetArchive([]byte{1}).SetLoadedAt(now).ExecX(ctx)
		for i, v := range people {
			if ids[i] = v.ID; i%3 > 0 {
				continue
			}
			c := fmt.Sprint("case", i)
			tx.Ent.CaseFile.Create().SetID(c).SetNumber(c).SetVeteranID(v.ID).SetDivision(v.Division).SetCatalogVersion("test").
				SetMatters([]string{"M01", "M04"}).SetCreatedAt(now).SetUpdatedAt(now).ExecX(ctx)
			for j, d := range []string{"VA", "PS"} {
				it, m := fmt.Sprint(c, d), []string{"M01", "M04"}[j]
				if i%2 > 0 && d == "PS" {
					continue
				}
				tx.Ent.Item.Create().SetID(it).SetCaseID(c).SetVeteranID(v.ID).SetDivision(v.Division).SetMatter(m).SetDepartment(d).
					SetPosition(j).SetState(lifecycle.ItemReady).SetFinishDay(1).SetDueOn(workday.FromTime(now)).ExecX(ctx)
				tx.Ent.Event.Create().SetCaseID(c).SetItemID(it).SetMatter(m).SetKind("TEST").SetActorKind("MACHINE").SetActor("test").SetAt(now).ExecX(ctx)
			}
			tx.Ent.Material.Create().SetID(c + "m").SetCaseID(c).SetCode("MAT01").SetNeededBy([]string{"M01"}).ExecX(ctx)
			tx.Ent.Event.Create().SetCaseID(c).SetKind("TEST").SetActorKind("MACHINE").SetActor("test").SetAt(now).ExecX(ctx)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}
