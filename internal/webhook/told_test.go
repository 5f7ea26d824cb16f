package webhook_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/consent"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/webhook"
)

// Random people, slices and writes by every road: a message is there if and only if
// somebody came into a slice or left it, or a field that the slice tells of changed of
// somebody within; and it names those fields and no other. The judge shares nothing
// with what it judges: it compares people as the profile reads them.
func TestToldIsWhatChanged(t *testing.T) {
	rounds := 4
	if testing.Short() {
		rounds = 1
	}
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		told := map[string]int{}
		r := (*rig)(nil)
		for round := range rounds {
			rnd := rand.New(rand.NewPCG(uint64(round), 99))
			files, hooks := map[string]string{}, map[string]*webhook.Hook{}
			for n := range 4 {
				name := fmt.Sprintf("r%d-s%d", round, n)
				files[name] = randomSlice(rnd, name)
				if n > 0 { // who has no address is told nothing
					hooks[name] = hook(t, webhook.Spec{URL: "https://partner.example/hook"})
				}
			}
			was := r
			r = newRig(t, s, files, hooks)
			if was != nil {
				r.profile.Vault = was.profile.Vault
			}
			people := drawn(uint64(round), 8)
			r.put(people...)
			for step := range 40 {
				before, known := r.sight(people), len(r.messages(""))
				what := r.randomWrite(rnd, people)
				after := r.sight(people)
				r.judge(fmt.Sprintf("round %d step %d %s", round, step, what), before, after, known, told)
			}
		}
		if told["ENTERED"] == 0 || told["LEFT"] == 0 || told["CHANGED"] == 0 || told["nothing"] == 0 {
			t.Errorf("the test saw %v", told)
		}
		t.Log(told)
	})
}

// seen is what the judge knows of one moment: whom a slice holds, what fields hold.
type seen struct {
	in     map[string]map[string]bool
	values map[string]map[string]string
}

func (r *rig) sight(people []profile.Person) seen {
	r.t.Helper()
	ids := make([]string, len(people))
	for i := range people {
		ids[i] = r.profile.VeteranID(people[i].Number)
	}
	rows, err := r.profile.ReadRows(r.machine(), ids)
	must(r.t, err)
	out := seen{map[string]map[string]bool{}, map[string]map[string]string{}}
	for id, row := range rows {
		q, err := r.profile.Person(row)
		must(r.t, err)
		slices.SortFunc(q.Ranks, func(a, b profile.Rank) int { return strings.Compare(a.Rank, b.Rank) }) // as the graph lists them, not by the day
		out.values[id] = map[string]string{}
		for at := range slice.Watched() {
			out.values[id][at] = fmt.Sprintf("%q", valuesOf(q, at))
		}
		for _, s := range r.sharing.Slices.All() {
			in := division.Within(q.Division, s.Rows.Division)
			for _, w := range s.Rows.Where {
				at := map[string]string{"socialSecurityCard": "SocialSecurityCard.state", "employment.status": "EmploymentRecord.status"}[w.Fact]
				if at == "" {
					at = strings.ToUpper(w.Fact[:1]) + w.Fact[1:]
				}
				in = in && slices.ContainsFunc(valuesOf(q, at), func(v string) bool { return slices.Contains(w.In, v) })
			}
			if s.Asks() {
				n, err := r.store.Read.Consent.Query().Where(consent.VeteranID(id), consent.Slice(s.Name), consent.WithdrawnAtIsNil()).Count(r.machine())
				must(r.t, err)
				in = in && n == 1
			}
			if out.in[s.Name] == nil {
				out.in[s.Name] = map[string]bool{}
			}
			out.in[s.Name][id] = in
		}
	}
	return out
}

// lists are where a person keeps the facts of a type of the graph.
var lists = map[string]string{"HouseholdEntry": "Households", "IdentityCard": "IDCard", "EmploymentRecord": "Employment", "Guidance": "Guidances",
	"ServicePeriod": "ServicePeriods", "Rank": "Ranks", "Award": "Awards", "Enrolment": "Enrolments", "ArmyRelation": "ArmyRelations", "Training": "Trainings", "TrainingSubsidy": "TrainingSubsidies"}

// valuesOf are what a field of the graph shows of a person, one for each row.
func valuesOf(q *profile.Person, at string) (out []string) {
	typ, name, _ := strings.Cut(at, ".")
	name = strings.ToUpper(name[:1]) + name[1:]
	v := reflect.ValueOf(q).Elem()
	switch list, other := lists[typ]; {
	case typ == "Veteran" && name == "Division":
		return []string{q.Division}
	case typ == "Veteran":
		v = v.FieldByName("Identity")
	case other:
		v = v.FieldByName(list)
	default:
		v = v.FieldByName(typ)
	}
	if v.Kind() != reflect.Slice {
		one := reflect.MakeSlice(reflect.SliceOf(v.Type()), 0, 1)
		if v.Kind() != reflect.Pointer || !v.IsNil() {
			one = reflect.Append(one, v)
		}
		v = one
	}
	for i := range v.Len() {
		f := reflect.Indirect(v.Index(i)).FieldByName(name)
		if f.Kind() == reflect.Pointer && f.IsNil() {
			out = append(out, "")
			continue
		}
		out = append(out, fmt.Sprint(reflect.Indirect(f).Interface()))
	}
	return out
}

func (r *rig) judge(what string, before, after seen, known int, told map[string]int) {
	r.t.Helper()
	want := map[string]bool{}
	for _, s := range r.sharing.Slices.All() {
		if r.post.Hooks[s.Name] == nil {
			continue
		}
		for id := range after.values {
			was, is, changed := before.in[s.Name][id], after.in[s.Name][id], []string(nil)
			for _, at := range s.Changes.Coordinates() {
				if before.values[id][at] != after.values[id][at] {
					changed = append(changed, at)
				}
			}
			switch {
			case is && !was:
				want[fmt.Sprint(s.Name, id, "ENTERED", []string(nil))] = true
			case was && !is:
				want[fmt.Sprint(s.Name, id, "LEFT", []string(nil))] = true
			case is && len(changed) > 0:
				want[fmt.Sprint(s.Name, id, "CHANGED", changed)] = true
			}
		}
	}
	got := map[string]bool{}
	all := r.messages("")
	slices.SortFunc(all, func(a, b *gen.Announcement) int { return strings.Compare(a.ID, b.ID) }) // in order of writing
	for _, m := range all[known:] {
		got[fmt.Sprint(m.Slice, m.VeteranID, m.Kind, m.Fields)] = true
		told[string(m.Kind)]++
	}
	if len(want) == 0 {
		told["nothing"]++
	}
	if !maps.Equal(got, want) || len(all)-known != len(want) {
		r.t.Fatalf("%s: told\n%v, should be\n%v", what, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
	}
}

// randomSlice is a slice of some fields, changes and conditions.
func randomSlice(rnd *rand.Rand, name string) string {
	fields := map[string][]string{"Query": {"veteran(id)"}, "Veteran": {"id"}}
	changes := map[string][]string{}
	all := slices.Sorted(maps.Keys(slice.Watched()))
	for _, at := range all {
		typ, field, _ := strings.Cut(at, ".")
		if rnd.IntN(3) > 0 {
			fields[typ] = append(fields[typ], field)
			if rnd.IntN(2) > 0 || at == "Veteran.name" {
				changes[typ] = append(changes[typ], field)
			}
		}
	}
	list := func(m map[string][]string) string {
		var parts []string
		for _, typ := range slices.Sorted(maps.Keys(m)) {
			parts = append(parts, typ+": ["+strings.Join(m[typ], ", ")+"]")
		}
		return "{" + strings.Join(parts, ", ") + "}"
	}
	where := [][2]string{{"settlement.mode", "SELF_EMPLOYMENT, GOVERNMENT_WORK"}, {"preferentialCard.state", "ACTIVE"}, {"enrolment.state", "ACTIVE, SUSPENDED"},
		{"employment.status", `"70", "80"`}, {"training.state", "ATTENDING, COMPLETED"}, {"socialSecurityCard", "ACTIVE"}, {"enrolment.branch", "PENSION"}}
	text := strings.NewReplacer("slice: bus", "slice: "+name).Replace(bus)
	out := ""
	for line := range strings.Lines(text) {
		switch {
		case strings.HasPrefix(line, "fields:"):
			line = "fields: " + list(fields) + "\n"
		case strings.HasPrefix(line, "changes:"):
			line = "changes: " + list(changes) + "\n"
		case strings.HasPrefix(line, "basis:") && rnd.IntN(3) > 0:
			line = "basis: {kind: STATUTORY_DUTY, article: 第一条}\n"
		case strings.HasPrefix(line, "rows:"):
			w := ""
			if rnd.IntN(3) > 0 {
				pick := where[rnd.IntN(len(where))]
				w = "{fact: " + pick[0] + ", in: [" + pick[1] + "]}"
			}
			line = fmt.Sprintf("rows: {division: %q, where: [%s], text: {zh: 人, en: people}}\n", []string{"230000000000", "230100000000", "000000000000"}[rnd.IntN(2)], w)
		}
		out += line
	}
	return out
}

// randomWrite writes something about somebody by one of the roads there are.
func (r *rig) randomWrite(rnd *rand.Rand, people []profile.Person) string {
	r.t.Helper()
	q := people[rnd.IntN(len(people))]
	id := r.profile.VeteranID(q.Number)
	at := noon.Add(time.Duration(rnd.IntN(2000)-300) * time.Hour) // at times older than what is there
	by := fact.Provenance{Source: []string{"PS", "VA", "HRSS", "HSA", "UNIT"}[rnd.IntN(5)], AsOf: at, Basis: "test"}
	inTx := func(f func(context.Context, store.Tx) error) { must(r.t, r.store.InTx(r.machine(), f)) }
	switch road := rnd.IntN(7); road {
	case 0: // the same again, as of later
		all := slices.Clone(people)
		for i := range all {
			stamp(reflect.ValueOf(&all[i]).Elem(), nil, func(p *fact.Provenance) { p.AsOf = noon.Add(-1000 * time.Hour) })
		}
		r.put(all...)
		return "an old roll"
	case 1:
		inTx(func(ctx context.Context, tx store.Tx) error {
			outputs := []map[string]any{{"education": "40"}, {"employmentStatus": "80"}, {"medicalSchemeType": "RESIDENT"}, {"maritalStatus": "20"}, {"disabilityGrade": "6"}, {"pensionSchemeType": nil}}[rnd.IntN(6)]
			return r.profile.Record(ctx, tx, id, outputs, by)
		})
		return "a result"
	case 2:
		inTx(func(ctx context.Context, tx store.Tx) error {
			return r.profile.RecordSubsidy(ctx, tx, id, profile.EconomicSubsidy{Provenance: by, AmountFen: int64(rnd.IntN(3)), State: "PAID"})
		})
		return "a subsidy"
	case 3:
		inTx(func(ctx context.Context, tx store.Tx) error {
			return r.profile.Mirror(ctx, tx, []profile.Heard{{VeteranID: id, Department: "HRSS", At: at, AsOf: at,
				Facts: map[string]any{"employmentStatus": []string{"70", "80", "90"}[rnd.IntN(3)], "pensionSchemeType": "EMPLOYEE"}}})
		})
		return "a look-up"
	case 4:
		for _, s := range r.sharing.Slices.All() {
			if !s.Asks() {
				continue
			}
			if there, err := r.store.Read.Consent.Query().Where(consent.VeteranID(id), consent.Slice(s.Name), consent.WithdrawnAtIsNil()).FirstID(r.machine()); err == nil {
				_, err = r.sharing.Withdraw(r.as(id), there)
				must(r.t, err)
				return "a consent that is taken back"
			}
			_, err := r.sharing.Grant(r.as(id), s.Name, s.Version)
			must(r.t, err)
		}
		return "a consent"
	}
	donor := drawn(rnd.Uint64(), 30)[20+rnd.IntN(10)]
	donor.Number, donor.Identity.Provenance = q.Number, q.Identity.Provenance
	donor.Whole = rnd.IntN(2) == 0
	stamp(reflect.ValueOf(&donor).Elem(), func() bool { return rnd.IntN(3) == 0 }, func(p *fact.Provenance) { p.AsOf = at })
	r.put(donor)
	return "another's facts"
}

// stamp changes when every fact of a person was said, and leaves some out.
func stamp(v reflect.Value, leave func() bool, change func(*fact.Provenance)) {
	for i := range v.NumField() {
		f := v.Field(i)
		switch {
		case f.Kind() == reflect.Pointer && !f.IsNil():
			if leave != nil && leave() {
				f.SetZero()
				continue
			}
			was := f.Elem()
			f.Set(reflect.New(was.Type())) // it may be shared
			f.Elem().Set(was)
			provenance(f.Elem(), change)
		case f.Kind() == reflect.Slice && f.Type().Elem().Kind() == reflect.Struct:
			all := reflect.MakeSlice(f.Type(), 0, f.Len())
			for n := range f.Len() {
				if leave == nil || !leave() {
					all = reflect.Append(all, f.Index(n))
				}
			}
			for n := range all.Len() {
				provenance(all.Index(n), change)
			}
			f.Set(all)
		case f.Kind() == reflect.Struct:
			provenance(f, change)
		}
	}
}

func provenance(v reflect.Value, change func(*fact.Provenance)) {
	if p := v.FieldByName("Provenance"); p.IsValid() {
		by, _ := p.Addr().Interface().(*fact.Provenance)
		change(by)
	}
}
