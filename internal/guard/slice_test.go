package guard_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/consent"
	"github.com/vetgraph/vetgraph/ent/gen/preferentialcard"
	"github.com/vetgraph/vetgraph/ent/gen/settlement"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A partner sees exactly those of whom every condition of its slice is true, and facts
// about them alone; what the person takes back is out of sight with the next query.
func TestPartnersSeeTheirSlice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ids := populate(t, s)
		machine := access.AsMachine(t.Context(), "test")
		partner := func(place string, scope *access.Scope) *access.Viewer {
			return &access.Viewer{ID: "x", Kind: access.Partner, Division: place, Scope: scope}
		}
		seen := func(v *access.Viewer) []string {
			return s.Read.Veteran.Query().Order(gen.Asc("id")).IDsX(access.With(t.Context(), v))
		}
		expect := func(name string, v *access.Viewer, want func(id, place string) bool) {
			t.Helper()
			var due []string
			for _, p := range s.Read.Veteran.Query().Order(gen.Asc("id")).AllX(machine) {
				if want(p.ID, p.Division) {
					due = append(due, p.ID)
				}
			}
			got := seen(v)
			if !slices.Equal(got, due) {
				t.Errorf("%s: sees %d, should see %d", name, len(got), len(due))
			}
			for _, f := range s.Read.Discharge.Query().AllX(access.With(t.Context(), v)) {
				if !slices.Contains(due, f.VeteranID) {
					t.Errorf("%s: sees the discharge of somebody else", name)
				}
			}
		}
		const province, harbin = "230000000000", "230100000000"
		all := &access.Scope{Now: now}
		expect("no scope", partner(province, nil), func(string, string) bool { return false })
		expect("no place", partner("", all), func(string, string) bool { return false })
		expect("the province", partner(province, all), func(string, string) bool { return true })
		expect("Harbin", partner(harbin, all), func(_, place string) bool { return division.Within(place, harbin) })

		free := map[string]bool{}
		for _, f := range s.Read.Settlement.Query().Where(settlement.Mode("SELF_EMPLOYMENT")).AllX(machine) {
			free[f.VeteranID] = true
		}
		card := map[string]bool{}
		for _, f := range s.Read.PreferentialCard.Query().Where(preferentialcard.StateEQ("ACTIVE")).AllX(machine) {
			card[f.VeteranID] = true
		}
		of := func(consented bool) *access.Scope {
			scope := &access.Scope{Now: now, Facts: []access.Fact{
				{Table: "settlements", Column: "mode", In: []string{"SELF_EMPLOYMENT"}}, {Table: "preferential_cards", Column: "state", In: []string{"ACTIVE", "nothing"}},
			}}
			if consented {
				scope.Consent = &access.Agreed{Slice: "bus", Version: 2}
			}
			return scope
		}
		expect("two facts", partner(province, of(false)), func(id, _ string) bool { return free[id] && card[id] })
		agreed := map[string]bool{}
		for i, id := range ids {
			agreed[id] = i%3 == 0
		}
		expect("who agreed", partner(province, &access.Scope{Now: now, Consent: &access.Agreed{Slice: "bus", Version: 2}}), func(id, _ string) bool { return agreed[id] })
		expect("who agreed, of two facts", partner(province, of(true)), func(id, _ string) bool { return free[id] && card[id] && agreed[id] })
		nobody := func(string, string) bool { return false }
		expect("another version", partner(province, &access.Scope{Now: now, Consent: &access.Agreed{Slice: "bus", Version: 3}}), nobody)
		expect("another slice", partner(province, &access.Scope{Now: now, Consent: &access.Agreed{Slice: "tram", Version: 2}}), nobody)
		expect("when it has ended", partner(province, &access.Scope{Now: now.Add(time.Hour), Consent: &access.Agreed{Slice: "bus", Version: 2}}), nobody)
		expect("a value that is not one", partner(province, &access.Scope{Now: now, Facts: []access.Fact{{Table: "settlements", Column: "mode", In: []string{"' OR 1=1 --"}}}}), nobody)
		if err := s.InTx(machine, func(ctx context.Context, tx store.Tx) error {
			return tx.Ent.Consent.Update().Where(consent.VeteranID(ids[0])).SetWithdrawnAt(now).Exec(ctx)
		}); err != nil {
			t.Fatal(err)
		}
		agreed[ids[0]] = false
		expect("who has not taken it back", partner(province, &access.Scope{Now: now, Consent: &access.Agreed{Slice: "bus", Version: 2}}), func(id, _ string) bool { return agreed[id] })
	})
}
