package population_test

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var (
	now   = time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	today = workday.FromTime(now)
)

func people(seed uint64, n int) []profile.Person {
	return slices.Collect(population.Generate(seed, n, today, division.Builtin()))
}

func builtin(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSameSeedSamePeople(t *testing.T) {
	a, b, more, other := people(7, 300), people(7, 300), people(7, 400), people(8, 300)
	if !reflect.DeepEqual(a, b) || !reflect.DeepEqual(a, more[:300]) {
		t.Error("the same seed gave other people")
	}
	heroes, apart := len(population.Heroes()), population.Disagreements()
	if !reflect.DeepEqual(a[:heroes], other[:heroes]) || reflect.DeepEqual(a[heroes], other[heroes]) || len(apart) != 3 {
		t.Error("heroes are the same under every seed, others are not")
	}
	for i := range apart {
		if !reflect.DeepEqual(a[i], other[i]) {
			t.Errorf("person %d, of whom departments disagree, depends on the seed", i)
		}
	}
}

// Everybody could be true: numbers, dates, codes, and the combinations the law allows.
func TestPeopleMakeSense(t *testing.T) {
	c, seen := builtin(t), map[string]bool{}
	settled, married := 0, 0
	all := people(1, 5000)
	for i, q := range all {
		if _, err := citizen.ParseOn(q.Number.Reveal(), today); err != nil || seen[q.Number.Reveal()] {
			t.Fatalf("person %d: number taken or wrong: %v", i, err)
		}
		seen[q.Number.Reveal()] = true
		if !q.Synthetic || q.Number.Sex() != q.Identity.Sex || !division.Builtin().Known(q.Division) {
			t.Errorf("person %d: synthetic %v, sex, division %s", i, q.Synthetic, q.Division)
		}
		p, left := q.ServicePeriods[0], q.Discharge.DischargedOn
		age := float64(p.EnlistedOn-q.Number.BirthDate()) / 365.25
		if p.EnlistedOn >= left || left >= today || *p.LeftOn != left || age < 17.3 || age > 26.5 {
			t.Errorf("person %d: enlisted %v at %.1f, left %v", i, p.EnlistedOn, age, left)
		}
		if modes := c.Codes["settlementMode"].Allowed[q.Discharge.Category]; !slices.Contains(modes, q.Settlement.Mode) {
			t.Errorf("person %d: %s %s", i, q.Discharge.Category, q.Settlement.Mode)
		}
		for _, r := range q.Ranks {
			if of := rankOf(c, r.Rank); of != q.Discharge.Category && (q.Discharge.Category != "NCO" || of != "CONSCRIPT") {
				t.Errorf("person %d: %s with rank %s", i, q.Discharge.Category, r.Rank)
			}
		}
		if grade, _ := strconv.Atoi(q.Disability.Grade); q.Settlement.Mode == "STATE_SUPPORT" && (grade < 1 || grade > 4) {
			t.Errorf("person %d: support at grade %d", i, grade)
		}
		elements := q.Elements()
		for id, k := range elements {
			checkCode(t, c, id, k)
			if k.AsOf.After(now) {
				t.Errorf("person %d: %s is told in the future", i, id)
			}
		}
		if _, _, err := form.Settle(c, elements, today); err != nil {
			t.Errorf("person %d: %v", i, err)
		}
		if elements["hasLocalHukou"].Value == true && q.EconomicSubsidy != nil {
			settled++
		}
		if q.Identity.Marital == "20" {
			married++
		}
	}
	if settled < 500 || settled > 2500 || married < 500 || married > 3500 {
		t.Errorf("%d settled, %d married of %d", settled, married, len(all))
	}
}

func rankOf(c *catalog.Catalog, code string) string {
	for _, item := range c.Codes["militaryRank"].Items {
		if item.Code == code {
			return item.Note
		}
	}
	return "no rank"
}

func checkCode(t *testing.T, c *catalog.Catalog, id string, k form.Known) {
	t.Helper()
	f := c.Field(id)
	if f == nil || k.Absent {
		return
	}
	if s, ok := k.Value.(string); ok {
		if !f.Matches(s) || f.MaxLength > 0 && len([]rune(s)) > f.MaxLength {
			t.Errorf("%s does not have its form: %s", id, s)
		}
		if list := c.Codes[f.Codes]; list != nil && len(list.Items) > 0 && !slices.ContainsFunc(list.Items, func(i catalog.CodeItem) bool { return i.Code == s }) {
			t.Errorf("%s: code %s", id, s)
		}
		if f.Check == "division" && !division.Builtin().Known(s) {
			t.Errorf("%s: division %s", id, s)
		}
	}
}

// The heroes have the plans that the published totals are known for.
func TestHeroes(t *testing.T) {
	want := []struct{ matters, before, days, materials, visits int }{
		population.DisabledNCO:        {13, 61, 15, 14, 1},
		population.Conscript:          {12, 56, 15, 11, 1},
		population.ConscriptWithCard:  {11, 46, 13, 11, 1},
		population.PlacedNCO:          {10, 44, 15, 10, 1},
		population.DemobilisedOfficer: {11, 46, 15, 10, 1},
		population.SupportedNCO:       {7, 27, 15, 8, 1},
	}
	if len(population.Heroes()) != len(want) {
		t.Fatalf("%d heroes", len(population.Heroes()))
	}
	for i, q := range people(3, len(want)) {
		got, err := plan.Compile(plan.Input{Catalog: builtin(t), Calendar: workday.Builtin(), Facts: q.Elements(), AcceptedOn: today, Now: now})
		if err != nil {
			t.Fatal(err)
		}
		w := want[i]
		if b, a := got.Totals.Before, got.Totals.After; got.Totals.Matters != w.matters || b.Days != w.before || a.Days != w.days || a.Materials != w.materials || a.Visits != w.visits {
			t.Errorf("hero %d: before %+v, after %+v, want %+v", i, b, a, w)
		}
	}
}

// Departments know what the profile mirrors, and more.
func TestDepartmentRecords(t *testing.T) {
	more, other := 0, 0
	for i, q := range people(5, 1000) {
		records := population.DepartmentRecords(q)
		if !reflect.DeepEqual(records, population.DepartmentRecords(q)) {
			t.Fatal("asked twice, it answers differently")
		}
		if len(records) != 5 || records["PS"]["maritalStatus"] == nil || records["VA"]["dischargeDate"] != q.Discharge.DischargedOn.String() {
			t.Fatalf("person %d: %v", i, records)
		}
		apart := 0 // elements of which another register says something else than the profile's source
		for id, k := range q.Elements() {
			for department, register := range records {
				v, told := register[id]
				if told && !reflect.DeepEqual(v, k.Value) && department != k.Source && (department != "VA" || k.Source != "UNIT") {
					apart++
				}
			}
		}
		if _, meant := population.Disagreements()[i]; meant != (apart == 1) || apart > 1 {
			t.Errorf("person %d: %d disagreements", i, apart)
		}
		if q.Identity.Marital == "" {
			more++
		} else if records["PS"]["maritalStatus"] != q.Identity.Marital {
			t.Errorf("person %d: married here, not there", i)
		}
		if records["HRSS"]["employmentStatus"] != q.Employment.Status {
			other++
		}
		if q.Disability.Grade == "" {
			if v, ok := records["VA"]["disabilityGrade"]; v != nil || !ok {
				t.Errorf("person %d: no word of no disability", i)
			}
		}
	}
	if more < 100 || other == 0 || other > 60 {
		t.Errorf("%d know more, %d otherwise", more, other)
	}
}

func TestRanges(t *testing.T) {
	for _, i := range []int{0, 1, 9, 10, 12345, 99999999} {
		if a := population.BankAccount(i); len(a) != 19 || !luhn(a) || !strings.HasPrefix(a, "999000") {
			t.Errorf("account %s", a)
		}
		if m := population.Mobile(i); len(m) != 11 || !strings.HasPrefix(m, "1990000") {
			t.Errorf("mobile %s", m)
		}
	}
}

func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		v := int(s[len(s)-1-i] - '0')
		if i%2 == 1 {
			if v *= 2; v > 9 {
				v -= 9
			}
		}
		sum += v
	}
	return sum%10 == 0
}

func open(t testing.TB, s *store.Store) *profile.Profile {
	t.Helper()
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	c := builtin(t)
	return &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return c }, Divisions: division.Builtin(), Now: func() time.Time { return now }}
}

// What is written is what was drawn; written again, nothing is new.
func TestWrite(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, ctx := open(t, s), access.AsMachine(t.Context(), "test")
		done := 0
		for range 2 {
			if err := population.Write(ctx, p, 1, 620, func(n int) { done = n }); err != nil || done != 620 {
				t.Fatalf("%d written, %v", done, err)
			}
			if n := s.Read.Veteran.Query().CountX(ctx); n != 620 {
				t.Errorf("%d people", n)
			}
		}
		all := people(1, 620)
		for _, i := range []int{0, 3, 77, 619} {
			id := p.VeteranID(all[i].Number)
			rows, err := p.ReadRows(ctx, []string{id})
			if err != nil {
				t.Fatal(err)
			}
			got, err := p.Elements(rows[id])
			if err != nil {
				t.Fatal(err)
			}
			for field, want := range all[i].Elements() {
				if !reflect.DeepEqual(got[field].Value, want.Value) || got[field].Source != want.Source || !got[field].AsOf.Equal(want.AsOf) {
					t.Errorf("person %d, %s: %v, want %v", i, field, got[field].Value, want.Value)
				}
			}
		}
	})
}

func BenchmarkGenerate(b *testing.B) {
	for b.Loop() {
		for range population.Generate(1, 1000, today, division.Builtin()) {
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			address := storetest.SQLite
			if kind == "postgres" {
				address = storetest.PostgreSQL
			}
			p, n, seed := open(b, storetest.Open(b, address(b))), 0, uint64(0)
			for b.Loop() {
				seed++
				if err := population.Write(access.AsMachine(b.Context(), "test"), p, seed, 5000, nil); err != nil {
					b.Fatal(err)
				}
				n += 5000
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "people/s")
		})
	}
}
