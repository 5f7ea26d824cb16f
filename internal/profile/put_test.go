package profile_test

import (
	"context"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func open(t testing.TB, s *store.Store) *profile.Profile {
	t.Helper()
	v, err := vault.New(vault.Generate())
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return c }, Divisions: division.Builtin(),
		Now: func() time.Time { return time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC) }}
}

func ptr[T any](v T) *T { return &v }

func by(source string, day int) fact.Provenance {
	return fact.Provenance{Source: source, AsOf: time.Date(2026, 11, day, 1, 2, 3, 0, time.UTC), Basis: "test"}
}

var born = workday.Date(1999, 3, 5)

// full is a person of whom every fact is known.
func full() profile.Person {
	roll := by("UNIT", 1)
	roll.ValidUntil = ptr(workday.Date(2030, 1, 1))
	ps, va, hrss := by("PS", 2), by("VA", 2), by("HRSS", 2)
	return profile.Person{
		Number: citizen.Make("230102", born, 1), Identity: profile.Identity{Provenance: ps, Name: "王小明", Sex: "1", Ethnicity: "11", Marital: "10"},
		Division: "230102000000", Synthetic: true, RollHash: []byte{1, 2},
		Background: &profile.Background{Provenance: va, Education: "30", Political: "01"},
		Contact:    &profile.Contact{Provenance: va, Mobile: "19900000001", Division: "230102000000", Address: "田地街1号"},
		Households: []profile.Household{
			{Provenance: ps, Kind: profile.Current, State: profile.Registered, Division: "230102001000", Address: "田地街1号", RegisteredOn: ptr(workday.Date(2026, 10, 9))},
			{Provenance: ps, Kind: profile.Prior, State: profile.Cancelled, Division: "230103000000", Address: "旧街2号", CancelledOn: ptr(workday.Date(2020, 9, 1)), PoliceStation: "兆麟派出所"},
		},
		IDCard:         &profile.IDCard{Provenance: ps, State: "VALID", ValidTo: ptr(workday.Date(2046, 2, 28))},
		ServicePeriods: []profile.ServicePeriod{{Provenance: roll, EnlistedOn: workday.Date(2018, 9, 1), LeftOn: ptr(workday.Date(2026, 9, 1)), EnlistDivision: "230103000000", Branch: "ARMY", Unit: "32001部队", Specialty: "通信", Combat: ptr(false)}},
		Ranks:          []profile.Rank{{Provenance: roll, Rank: "CPL", HeldFrom: ptr(workday.Date(2020, 9, 1))}, {Provenance: roll, Rank: "SGT", HeldFrom: ptr(workday.Date(2023, 9, 1))}},
		Awards:         []profile.Award{{Provenance: roll, Level: "MERIT_3", AwardedOn: ptr(workday.Date(2021, 8, 1))}},
		Discharge:      &profile.Discharge{Provenance: roll, DischargedOn: workday.Date(2026, 9, 1), Category: "NCO", Reason: "TERM_EXPIRED", CertType: "03", CertNo: "军退字1号", Letter: "介1", Reserve: ptr(true)},
		Settlement:     &profile.Settlement{Provenance: va, Mode: "SELF_EMPLOYMENT", Division: "230102000000", RelocationReason: "SPOUSE_HUKOU"},
		Disability:     &profile.Disability{Provenance: roll, Grade: "8", Nature: "DUTY", CertNo: "军残1号", Authority: "某部"},
		Enrolments: []profile.Enrolment{
			{Provenance: by("HSA", 2), Branch: profile.Medical, Scheme: "EMPLOYEE", Division: "230102000000", State: profile.Active},
			{Provenance: by("HSA", 2), Branch: profile.Medical, Division: "230103000000", State: "SUSPENDED", BeforeService: true},
			{Provenance: hrss, Branch: profile.Pension, Scheme: "EMPLOYEE", Division: "230102000000", State: profile.Active, Since: ptr(workday.Date(2026, 10, 1))},
			{Provenance: hrss, Branch: profile.Pension, Division: "230103000000", State: "SUSPENDED", BeforeService: true},
			{Provenance: hrss, Branch: profile.Social, Division: "230102000000", State: profile.Active},
		},
		SocialSecurityCard: &profile.SocialSecurityCard{Provenance: hrss, State: profile.Active, Bank: "ICBC", IssuedOn: ptr(workday.Date(2026, 10, 20))},
		ArmyRelations: []profile.ArmyRelation{
			{Provenance: roll, Kind: profile.Annuity, AmountFen: 123456},
			{Provenance: roll, Kind: profile.Medical, VoucherNo: "医1", AmountFen: 50, Transferred: true, TransferredOn: ptr(workday.Date(2026, 10, 30))},
			{Provenance: roll, Kind: profile.Pension, VoucherNo: "养1", Months: 96, AmountFen: 8000001},
		},
		Employment:        &profile.Employment{Provenance: hrss, Status: "70", Since: ptr(workday.Date(2026, 9, 2))},
		Trainings:         []profile.Training{{Provenance: va, Trade: "UAV", Institution: "某校", State: "ATTENDING", BeganOn: ptr(workday.Date(2026, 11, 1))}},
		Guidances:         []profile.Guidance{{Provenance: va, Kind: "JOB", HeldOn: workday.Date(2026, 10, 8), Outcome: "面试"}},
		TrainingSubsidies: []profile.TrainingSubsidy{{Provenance: hrss, AmountFen: 200000, State: "PAID", PaidOn: ptr(workday.Date(2026, 11, 2))}},
		EconomicSubsidy:   &profile.EconomicSubsidy{Provenance: va, AmountFen: 1980000, Years: 8, State: "APPROVED", ApprovedOn: ptr(workday.Date(2026, 11, 2))},
		PreferentialCard:  &profile.PreferentialCard{Provenance: va, State: "ACTIVE", Bank: "ABC", IssuedOn: ptr(workday.Date(2026, 11, 2))},
		PensionRelation:   &profile.PensionRelation{Provenance: va, State: "WITH_ARMY", Grade: "8"},
	}
}

func put(t testing.TB, p *profile.Profile, people ...profile.Person) (c profile.Changed) {
	t.Helper()
	if err := p.Store.InTx(machine(t), func(ctx context.Context, tx store.Tx) (err error) {
		c, err = p.Put(ctx, tx, people)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

func machine(t testing.TB) context.Context { return access.AsMachine(t.Context(), "test") }

func get(t testing.TB, p *profile.Profile, n citizen.Number) *profile.Person {
	t.Helper()
	id := p.VeteranID(n)
	rows, err := p.ReadRows(machine(t), []string{id})
	if err != nil {
		t.Fatal(err)
	}
	if rows[id] == nil {
		t.Fatal("the person is not there")
	}
	q, err := p.Person(rows[id])
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// utc brings times to the form that compares, whatever the database made of them.
func utc(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			utc(v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			utc(v.Index(i))
		}
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			v.Set(reflect.ValueOf(at.UTC()))
			return
		}
		for i := range v.NumField() {
			utc(v.Field(i))
		}
	}
}

// What goes in comes out; going in again changes nothing.
func TestPutRoundTrip(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, want := open(t, s), full()
		if c := put(t, p, want); c != (profile.Changed{Added: 1, Facts: 28}) {
			t.Errorf("first: %+v", c)
		}
		if c := put(t, p, want); c.Added != 0 {
			t.Errorf("again: %+v", c)
		}
		got := get(t, p, want.Number)
		utc(reflect.ValueOf(got))
		want.ID = p.VeteranID(want.Number)
		if !reflect.DeepEqual(*got, want) {
			for i := range reflect.TypeFor[profile.Person]().NumField() {
				g, w := reflect.ValueOf(*got).Field(i), reflect.ValueOf(want).Field(i)
				if !reflect.DeepEqual(g.Interface(), w.Interface()) {
					t.Errorf("%s:\n%+v\n%+v", reflect.TypeFor[profile.Person]().Field(i).Name, g, w)
				}
			}
		}
		if n := s.Read.Rank.Query().CountX(machine(t)); n != 2 {
			t.Errorf("%d ranks", n)
		}
	})
}

func TestPutKeepsTheNewer(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		put(t, p, q)
		older := profile.Person{Number: q.Number, Division: q.Division, RollHash: []byte{9},
			Identity:   profile.Identity{Provenance: by("UNIT", 20), Name: "王晓明"}, // newer, but not by the source of record
			Households: []profile.Household{{Provenance: by("VA", 20), Kind: profile.Prior, State: profile.Cancelled, Address: "第三街"}},
			IDCard:     &profile.IDCard{Provenance: by("PS", 1), State: profile.None},
			Contact:    &profile.Contact{Provenance: by("APPLICANT", 9), Mobile: "19900000002"}}
		if c := put(t, p, older); c != (profile.Changed{Facts: 1}) {
			t.Errorf("%+v", c)
		}
		got := get(t, p, q.Number)
		if got.Identity.Name != "王小明" || got.Identity.Ethnicity != "11" || got.Identity.Source != "PS" {
			t.Errorf("identity %+v", got.Identity)
		}
		if got.IDCard.State != "VALID" || got.Contact.Mobile != "19900000002" || got.Contact.Source != "APPLICANT" {
			t.Errorf("card %+v, contact of %s", got.IDCard, got.Contact.Source)
		}
		if got.Elements()["priorHukouAddress"].Value != "旧街2号" {
			t.Error("the police's word on the household gave way to another's")
		}
		if string(got.RollHash) != "\x09" || got.Discharge == nil {
			t.Error("the roll's digest is kept whoever knows the name better, and facts not carried stay")
		}
		q.Settlement.Division, q.Settlement.AsOf = "230104000000", q.Settlement.AsOf.AddDate(0, 0, 1)
		put(t, p, q)
		if got := get(t, p, q.Number); got.Division != "230104000000" {
			t.Errorf("the desk of %s does not follow the settlement", got.Division)
		}
	})
}

// A list that is whole takes back what its source no longer says, and only that.
func TestPutWholeLists(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, q := open(t, s), full()
		q.Whole = true
		other := full()
		other.Number = citizen.Make("230102", born, 3)
		put(t, p, q, other)
		q.ServicePeriods[0].EnlistedOn = workday.Date(2018, 9, 12)
		q.Ranks = q.Ranks[:1]
		q.Awards = []profile.Award{{Provenance: by("VA", 5), Level: "MERIT_2"}}
		put(t, p, q)
		got := get(t, p, q.Number)
		if len(got.ServicePeriods) != 1 || len(got.Ranks) != 1 || len(got.Awards) != 1 || got.Awards[0].Level != "MERIT_2" {
			t.Errorf("left: %v %v %v", got.ServicePeriods, got.Ranks, got.Awards)
		}
		q.Awards = nil
		put(t, p, q)
		if got := get(t, p, q.Number); len(got.Awards) != 1 {
			t.Error("another source's word was taken back")
		}
		if got := get(t, p, other.Number); len(got.Ranks) != 2 {
			t.Error("another person's ranks were taken back")
		}
	})
}

func TestPutRefuses(t *testing.T) {
	s := storetest.Open(t, storetest.SQLite(t))
	p := open(t, s)
	for name, change := range map[string]func(*profile.Person){
		"no name":   func(q *profile.Person) { q.Identity.Name = "" },
		"no source": func(q *profile.Person) { q.Discharge.Source = "" },
		"no time":   func(q *profile.Person) { q.IDCard.AsOf = time.Time{} },
		"no place":  func(q *profile.Person) { q.Settlement.Division = "" },
	} {
		q := full()
		change(&q)
		err := s.InTx(machine(t), func(ctx context.Context, tx store.Tx) error {
			_, err := p.Put(ctx, tx, []profile.Person{q})
			return err
		})
		if err == nil || strings.Contains(err.Error(), "王") || strings.Contains(err.Error(), q.Number.Reveal()) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Two of the same person in one write are one person, and the newer fact stays.
func TestPutSamePersonTwice(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p, a, b := open(t, s), full(), full()
		a.Contact.AsOf, a.Contact.Mobile = a.Contact.AsOf.Add(time.Hour), "19900000009"
		b.Background.Education = "10"
		if c := put(t, p, a, b); c.Added != 1 {
			t.Errorf("%+v", c)
		}
		if got := get(t, p, a.Number); got.Contact.Mobile != "19900000009" || got.Background.Education != "10" {
			t.Errorf("%v %v", got.Contact, got.Background)
		}
	})
}

func TestReadRowsCountsTables(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		p := open(t, s)
		var people []profile.Person
		var ids []string
		for i := range 40 {
			q := full()
			q.Number = citizen.Make("230102", born, i)
			people, ids = append(people, q), append(ids, p.VeteranID(q.Number))
		}
		put(t, p, people...)
		var c store.Counter
		rows, err := p.ReadRows(store.WithCounter(machine(t), &c), append(ids, "nobody"))
		if err != nil || len(rows) != 40 || c.Count() != 22 {
			t.Errorf("%d people in %d statements, %v", len(rows), c.Count(), err)
		}
		for _, r := range rows {
			if len(r.Enrolments) != 5 || len(r.Households) != 2 {
				t.Error("rows are missing")
			}
		}
		self := access.With(t.Context(), &access.Viewer{Kind: access.Veteran, Self: ids[3]})
		if rows, err := p.ReadRows(self, ids); err != nil || len(rows) != 1 || rows[ids[3]] == nil {
			t.Errorf("a veteran saw %d people, %v", len(rows), err)
		}
		if _, err := p.ReadRows(t.Context(), ids); err == nil {
			t.Error("nobody read")
		}
	})
}

func BenchmarkPut(b *testing.B) {
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			address := storetest.SQLite
			if kind == "postgres" {
				address = storetest.PostgreSQL
			}
			p := open(b, storetest.Open(b, address(b)))
			n := 0
			for b.Loop() {
				people := make([]profile.Person, 1000)
				for i := range people {
					people[i] = full()
					people[i].Number = citizen.Make(fmt.Sprint(100000+n/1000), born, n%1000)
					n++
				}
				put(b, p, people...)
			}
			b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "people/s")
		})
	}
}
