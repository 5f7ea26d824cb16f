package plan_test

import (
	"math/bits"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// own answers a catalogue that a test may bend.
func own(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Load(catalog.BuiltinFiles())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestAlternatives(t *testing.T) {
	c := own(t)
	c.Matter("M11").Materials.Needs = []catalog.Need{{AnyOf: []string{"MAT05", "MAT02"}}} // M01 needs MAT02 anyway
	c.Matter("M06").Materials.Needs = []catalog.Need{{AnyOf: []string{"MAT16", "MAT06"}}} // M04 makes MAT16 first
	c.Matter("M03").Materials.Needs = []catalog.Need{{AnyOf: []string{"MAT12", "MAT08"}}} // no disability: MAT12 cannot serve
	in := input(t, person("NCO", "SELF_EMPLOYMENT", "", ""), "M01", "M03", "M04", "M06", "M11")
	in.Catalog = c
	p := compile(t, in)
	balanced(t, p)
	got := map[string]string{}
	for _, k := range p.Papers.Kept {
		got[k.Material] = "KEPT " + strings.Join(k.NeededBy, ",") + " " + strings.Join(k.Instead, ",")
	}
	for _, d := range p.Papers.Dropped {
		got[d.Material] += " " + string(d.Reason) + " " + strings.Join(d.Matters, ",")
	}
	for material, want := range map[string]string{
		"MAT02": "KEPT M01,M11  SHARED M01,M11", "MAT05": " ALTERNATIVE M11", "MAT16": " PRODUCED_INSIDE M06",
		"MAT06": "KEPT M04 ", "MAT12": " NOT_NEEDED M03", "MAT08": "KEPT M03 ",
	} {
		if got[material] != want {
			t.Errorf("%s: %q, want %q", material, got[material], want)
		}
	}
}

// TestPlansOfRandomCatalogues bends needs, order and days at will, and holds the
// plan against plain recomputation.
func TestPlansOfRandomCatalogues(t *testing.T) {
	c := own(t)
	papers := rapid.SampledFrom(c.Materials)
	rapid.Check(t, func(t *rapid.T) {
		var chosen []string
		for i, m := range c.Matters {
			m.After, m.Materials.Needs = nil, nil
			m.Days.PreReview = rapid.IntRange(0, 3).Draw(t, "preReview")
			m.Days.Alone = m.Days.PreReview + rapid.IntRange(0, 12).Draw(t, "days")
			for range rapid.IntRange(0, 2).Draw(t, "after") {
				if i == 0 {
					break
				}
				before := c.Matters[rapid.IntRange(0, i-1).Draw(t, "before")].Code
				if !slices.ContainsFunc(m.After, func(d catalog.Dependency) bool { return d.Matter == before }) {
					m.After = append(m.After, catalog.Dependency{Matter: before})
				}
			}
			for range rapid.IntRange(0, 3).Draw(t, "needs") {
				var n catalog.Need
				for range rapid.IntRange(1, 3).Draw(t, "alternatives") {
					if code := papers.Draw(t, "paper").Code; !slices.Contains(n.AnyOf, code) {
						n.AnyOf = append(n.AnyOf, code)
					}
				}
				m.Materials.Needs = append(m.Materials.Needs, n)
			}
			if rapid.IntRange(0, 3).Draw(t, "chosen") > 0 {
				chosen = append(chosen, m.Code)
			}
		}
		if len(chosen) == 0 {
			return
		}
		p, err := plan.Compile(plan.Input{Catalog: c, Calendar: workday.Builtin(), Facts: everything, Chosen: chosen,
			AcceptedOn: workday.Date(2026, 1, 1).AddDays(rapid.IntRange(0, 500).Draw(t, "accepted")), Now: accepted.Time()})
		if err != nil {
			t.Fatal(err)
		}
		above := scheduled(t, c, p)
		fewest(t, c, p, above)
	})
}

// scheduled recomputes the longest paths and answers who comes before whom.
func scheduled(t *rapid.T, c *catalog.Catalog, p *plan.Plan) map[string]map[string]bool {
	finish, above, end := map[string]int{}, map[string]map[string]bool{}, 0
	entry := map[string]plan.MatterPlan{}
	for _, m := range p.Matters { // edges only lead from smaller to larger codes
		if !m.Selected {
			continue
		}
		entry[m.Code] = m
		start, all := 0, map[string]bool{}
		for _, d := range c.Matter(m.Code).After {
			if before, in := entry[d.Matter]; in {
				start = max(start, finish[d.Matter])
				all[d.Matter] = true
				for code := range above[d.Matter] {
					all[code] = true
				}
				if before.Order >= m.Order {
					t.Fatalf("%s is ordered after %s", d.Matter, m.Code)
				}
			}
		}
		above[m.Code], finish[m.Code] = all, start+c.Matter(m.Code).Days.Joint()
		end = max(end, finish[m.Code])
		if m.StartsAfter != start || m.FinishDay != finish[m.Code] || m.Slack < 0 || m.Promised == nil {
			t.Fatalf("%s: %+v, want %d to %d", m.Code, m, start, finish[m.Code])
		}
	}
	at := 0
	for _, code := range p.CriticalPath {
		if m := entry[code]; m.StartsAfter != at || m.Slack != 0 {
			t.Fatalf("critical path %v breaks at %s", p.CriticalPath, code)
		}
		at = entry[code].FinishDay
	}
	if at != end || p.Totals.After.Days != end {
		t.Fatalf("critical path ends on day %d, the last matter on %d", at, end)
	}
	return above
}

// fewest tries every set of papers and checks that the ledger balances.
func fewest(t *rapid.T, c *catalog.Catalog, p *plan.Plan, above map[string]map[string]bool) {
	var needs []uint32
	asked := 0
	for _, m := range p.Matters {
		if !m.Selected {
			continue
		}
		for _, n := range c.Matter(m.Code).Materials.Needs {
			asked++
			var need uint32
			free := false
			for _, code := range n.AnyOf {
				paper := c.Material(code)
				free = free || paper.Disposition == catalog.MergedIntoForm || paper.Disposition == catalog.New || above[m.Code][paper.ProducedBy]
				need |= 1 << slices.IndexFunc(c.Materials, func(x *catalog.Material) bool { return x.Code == code })
			}
			if !free {
				needs = append(needs, need)
			}
		}
	}
	var kept uint32
	brought, sum := 0, 0
	for _, k := range p.Papers.Kept {
		if !k.Form {
			brought++
			kept |= 1 << slices.IndexFunc(c.Materials, func(x *catalog.Material) bool { return x.Code == k.Material })
		}
	}
	meets := func(set uint32) bool {
		return !slices.ContainsFunc(needs, func(n uint32) bool { return n&set == 0 })
	}
	if !meets(kept) {
		t.Fatalf("the papers kept do not meet every need: %+v", p.Papers)
	}
	var used uint32
	for _, n := range needs {
		used |= n
	}
	for set := used; set > 0; set = (set - 1) & used { // every subset of the papers in question
		if bits.OnesCount32(set) < brought && meets(set) {
			t.Fatalf("%d papers kept, %b would do", brought, set)
		}
	}
	for _, d := range p.Papers.Dropped {
		sum += d.Saved
	}
	if p.Papers.Asked != asked || brought+sum != asked || p.Totals.Before.Materials != asked || p.Totals.After.Materials != brought+1 {
		t.Fatalf("%d asked, %d brought, %d saved", asked, brought, sum)
	}
}

// TestAnyPerson draws what is known at random: a plan comes out or a fault does, and it adds up.
func TestAnyPerson(t *testing.T) {
	c := builtin(t)
	rapid.Check(t, func(t *rapid.T) {
		facts := map[string]plan.Known{}
		for _, f := range c.Fields {
			list := c.Codes[f.Codes]
			switch rapid.IntRange(0, 3).Draw(t, f.ID) {
			case 0:
				facts[f.ID] = plan.Known{Source: "VA", Absent: true}
			case 1:
				if list != nil && len(list.Items) > 0 && f.Type == "code" {
					facts[f.ID] = plan.Known{Source: "VA", Value: rapid.SampledFrom(list.Items).Draw(t, "code").Code}
				} else if f.Type == "date" {
					facts[f.ID] = plan.Known{Source: "PS", Value: accepted.AddDays(rapid.IntRange(-9000, 9000).Draw(t, "day")).String()}
				}
			}
		}
		p, err := plan.Compile(plan.Input{Catalog: c, Calendar: workday.Builtin(), Facts: facts, AcceptedOn: accepted, Now: accepted.Time()})
		if err != nil {
			if !strings.Contains(err.Error(), "NO_MATTERS") {
				t.Fatal(err)
			}
			return
		}
		n := p.Form.Counts
		if n.Typed > 31 || n.Distinct != n.Typed+n.Known+n.Department+n.Produced+n.Derived+n.OnSite+n.NotAsked {
			t.Fatalf("counts %+v", n)
		}
		for _, m := range p.Matters {
			if m.Selected == (m.Verdict == plan.Ineligible) {
				t.Fatalf("%s is %s, selected %v", m.Code, m.Verdict, m.Selected)
			}
			if m.Verdict == plan.Eligible && len(m.WouldChange) > 0 {
				t.Fatalf("%s is eligible and would change by %v", m.Code, m.WouldChange)
			}
		}
		if a, b := p.Totals.After, p.Totals.Before; a.Days > b.Days || a.Visits > b.Visits || a.Materials > b.Materials+1 {
			t.Fatalf("worse than before: %+v", p.Totals)
		}
	})
}
