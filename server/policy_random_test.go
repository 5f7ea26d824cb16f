package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// valueAt says whether there is a value other than null at the end of a path through
// an answer, in any row of the lists on the way.
func valueAt(answer []byte, path []string) bool {
	var a struct{ Data any }
	if json.Unmarshal(answer, &a) != nil {
		return false
	}
	var at func(v any, path []string) bool
	at = func(v any, path []string) bool {
		switch v := v.(type) {
		case nil:
			return false
		case []any:
			return slices.ContainsFunc(v, func(e any) bool { return at(e, path) })
		case map[string]any:
			return len(path) == 0 || at(v[path[0]], path[1:])
		}
		return len(path) == 0
	}
	return at(a.Data, path)
}

// judge knows from plain rows who may see what, and shares no code with the rules.
type judge struct {
	schema    *ast.Schema
	grants    grants
	catalog   *catalog.Catalog
	veterans  map[string]*gen.Veteran
	cases     map[string]*gen.CaseFile
	items     map[string]*gen.Item
	tasks     map[string]*gen.Task
	disputes  map[string]*gen.Dispute
	subsidies map[string]*gen.Subsidy
	owed      []*gen.Obligation
}

func newJudge(k *talk) *judge {
	ctx, read := access.AsMachine(k.t.Context(), "test"), k.hub.Store.Read
	j := &judge{schema: exec.NewExecutableSchema(exec.Config{}).Schema(), veterans: map[string]*gen.Veteran{}, cases: map[string]*gen.CaseFile{},
		items: map[string]*gen.Item{}, tasks: map[string]*gen.Task{}, disputes: map[string]*gen.Dispute{}, subsidies: map[string]*gen.Subsidy{}, owed: read.Obligation.Query().AllX(ctx)}
	j.grants, _ = grantsOf(k.t)
	var err error
	if j.catalog, err = catalog.Builtin(); err != nil {
		k.t.Fatal(err)
	}
	for _, v := range read.Veteran.Query().AllX(ctx) {
		j.veterans[v.ID] = v
	}
	for _, c := range read.CaseFile.Query().AllX(ctx) {
		j.cases[c.ID] = c
	}
	for _, i := range read.Item.Query().AllX(ctx) {
		j.items[i.ID] = i
	}
	for _, r := range read.Task.Query().AllX(ctx) {
		j.tasks[r.ID] = r
	}
	for _, r := range read.Dispute.Query().AllX(ctx) {
		j.disputes[r.ID] = r
	}
	for _, r := range read.Subsidy.Query().AllX(ctx) {
		j.subsidies[r.ID] = r
	}
	return j
}

// someone is a viewer as the judge sees them.
type someone struct {
	as                   string // of the token
	kind                 access.Kind
	self, dept, division string
}

func (s someone) near(division string) bool {
	return strings.HasPrefix(division, strings.TrimRight(s.division, "0")) && s.division != ""
}

func (s someone) serves(department, division string) bool {
	return s.kind == access.Officer && s.dept == department && s.near(division)
}

// mayHave is nil if the viewer may see the row, and what is wrong otherwise.
func (j *judge) mayHave(s someone, typ, id string) error {
	in := func(kinds ...access.Kind) bool { return slices.Contains(kinds, s.kind) }
	ok := true
	switch typ {
	case "Veteran":
		v := j.veterans[id]
		ok = v != nil && (s.self == id || in(access.Clerk) && s.near(v.Division))
		for _, i := range j.items {
			ok = ok || v != nil && i.VeteranID == id && s.serves(i.Department, i.Division) && s.near(v.Division)
		}
		for _, d := range j.disputes {
			ok = ok || v != nil && d.VeteranID == id && d.State == "OPEN" && s.serves(d.Department, d.Division) && s.near(v.Division)
		}
	case "Case":
		c := j.cases[id]
		ok = c != nil && (s.self == c.VeteranID || in(access.Clerk, access.Analyst, access.Supervisor, access.Auditor) && s.near(c.Division))
		for _, i := range j.items {
			ok = ok || c != nil && i.CaseID == id && s.serves(i.Department, i.Division)
		}
		for _, o := range j.owed {
			ok = ok || c != nil && o.CaseID == id && s.serves(o.Department, o.Division)
		}
	case "Item":
		i := j.items[id]
		ok = i != nil && (s.self == i.VeteranID || in(access.Clerk, access.Analyst, access.Supervisor, access.Auditor) && s.near(i.Division) || s.serves(i.Department, i.Division))
	case "Task":
		r := j.tasks[id]
		ok = r != nil && (in(access.Supervisor, access.Auditor) && s.near(r.Division) || s.serves(r.Department, r.Division))
	case "Dispute":
		r := j.disputes[id]
		ok = r != nil && (s.self == r.VeteranID || in(access.Supervisor, access.Auditor) && s.near(r.Division) || s.serves(r.Department, r.Division))
	case "Subsidy":
		r := j.subsidies[id]
		ok = r != nil && (s.self == r.VeteranID || in(access.Supervisor, access.Auditor) && s.near(r.Division) || s.serves(r.Department, r.Division))
	}
	if !ok {
		return fmt.Errorf("%s %s is out of sight", typ, id)
	}
	return nil
}

// look goes through an answer: every row must be in sight, every field one that the
// matrix sends, and every value of an element one that is needed.
func (j *judge) look(s someone, door, typ string, v any, count *int) error {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			if err := j.look(s, door, typ, e, count); err != nil {
				return err
			}
		}
	case map[string]any:
		if id, ok := v["id"].(string); ok {
			if err := j.mayHave(s, typ, id); err != nil {
				return err
			}
		}
		for name, below := range v {
			f := j.schema.Types[typ].Fields.ForName(name)
			if f == nil || below == nil || strings.HasPrefix(name, "__") {
				continue
			}
			if *count++; !j.grants.sent(door, typ+"."+name, s.kind, s.dept) {
				return fmt.Errorf("%s.%s is sent", typ, name)
			}
			if err := j.look(s, door, f.Type.Name(), below, count); err != nil {
				return err
			}
		}
		return j.needed(s, typ, v)
	}
	return nil
}

// needed looks at a value that an officer was sent beside the element that it is of.
func (j *judge) needed(s someone, typ string, v map[string]any) error {
	field, _ := v["field"].(map[string]any)
	id, _ := field["id"].(string)
	if s.kind != access.Officer || (typ != "Element" && typ != "DepartmentFact") || v["value"] == nil || id == "" {
		return nil
	}
	f := j.catalog.Field(id)
	if f.Sensitivity == "PERSONAL" || f.Origin == s.dept {
		return nil
	}
	for _, m := range j.catalog.Matters {
		if m.Lead == s.dept && slices.Contains(m.Asks, id) {
			return nil
		}
	}
	return fmt.Errorf("%s is told %s, which it does not need", s.dept, id)
}

// wanderer makes random valid queries.
type wanderer struct {
	*rand.Rand
	*judge
	ids map[string][]string
}

func (w *wanderer) selection(typ string, depth int) string {
	d := w.schema.Types[typ]
	var b strings.Builder
	b.WriteString("{ ")
	if typ != "Query" && d.Fields.ForName("id") != nil {
		b.WriteString("id ")
	}
	if typ == "Element" || typ == "DepartmentFact" {
		b.WriteString("field { id } value ")
	}
	taken := map[string]bool{"id": true, "field": true, "value": true}
	for range 1 + w.IntN(4) {
		f := d.Fields[w.IntN(len(d.Fields))]
		if taken[f.Name] || strings.HasPrefix(f.Name, "_") || f.Name == "trainingHours" {
			continue
		}
		below := w.schema.Types[f.Type.Name()]
		if below.IsCompositeType() && depth > 6 {
			continue
		}
		taken[f.Name] = true
		b.WriteString(f.Name + w.arguments(typ, f))
		if below.IsCompositeType() {
			b.WriteString(" " + w.selection(below.Name, depth+1))
		}
		b.WriteString(" ")
	}
	b.WriteString("__typename }")
	return b.String()
}

func (w *wanderer) arguments(typ string, f *ast.FieldDefinition) string {
	var out []string
	for _, a := range f.Arguments {
		switch {
		case a.Name == "first":
			out = append(out, "first: "+strconv.Itoa(1+w.IntN(3)))
		case a.Name == "full" || a.Name == "selected":
			out = append(out, a.Name+": "+strconv.FormatBool(w.IntN(2) == 0))
		case a.Name == "freshness" && w.IntN(3) == 0:
			out = append(out, "freshness: MIRROR")
		case typ == "Query" && (f.Name == "veteran" || f.Name == "case") && a.Name == "id":
			all := w.ids[f.Name]
			out = append(out, fmt.Sprintf("id: %q", all[w.IntN(len(all))]))
		case a.Type.Name() == "PlanInput":
			all := w.ids["veteran"]
			out = append(out, fmt.Sprintf("input: {veteranId: %q}", all[w.IntN(len(all))]))
		case a.Type.Name() == "AppointmentOptionsInput":
			all := w.ids["case"]
			out = append(out, fmt.Sprintf("input: {caseId: %q}", all[w.IntN(len(all))]))
		case a.Type.NonNull && a.DefaultValue == nil:
			out = append(out, a.Name+": "+some(w.schema, a.Type))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

// Random viewers with random queries, at both doors: no row that is out of their sight,
// no field that the matrix does not send them, no value that they do not need. For more
// than a moment: VETGRAPH_POLICY_QUERIES=100000.
func TestRandomViewersFindNoEscape(t *testing.T) {
	t.Parallel()
	queries := 1500
	if n, err := strconv.Atoi(os.Getenv("VETGRAPH_POLICY_QUERIES")); err == nil {
		queries = n
	}
	if testing.Short() {
		queries = 400
	}
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Rate = -1 })
	k.swapWorld()
	if err := k.hub.Queue.Stop(t.Context()); err != nil { // rows are judged as they stood
		t.Fatal(err)
	}
	_ = k.hub.Fleet.Close()
	j := newJudge(k)
	seed := rand.Uint64()
	w := &wanderer{Rand: rand.New(rand.NewPCG(seed, 1)), judge: j, ids: map[string][]string{}}
	for id := range j.veterans {
		w.ids["veteran"] = append(w.ids["veteran"], id)
	}
	for id := range j.cases {
		w.ids["case"] = append(w.ids["case"], id)
	}
	slices.Sort(w.ids["veteran"])
	slices.Sort(w.ids["case"])
	everybody := j.everybody(k)
	kinds := slices.Sorted(maps.Keys(everybody))
	fields, answered := 0, map[access.Kind]int{}
	for n := range queries {
		kind := kinds[w.IntN(len(kinds))]
		s := everybody[kind][w.IntN(len(everybody[kind]))]
		door, address := "graphql", k.public+"/graphql"
		if w.IntN(3) == 0 {
			door, address = "subgraph", k.sub+"/subgraph"
		}
		query := "query " + w.selection("Query", 0)
		status, got := k.ask(s.as, address, query, nil)
		var a struct{ Data any }
		if err := json.Unmarshal(got, &a); err != nil || status >= 500 {
			t.Fatalf("seed %d, query %d: %d %s\n%s", seed, n, status, got, query)
		}
		if err := j.look(s, door, "Query", a.Data, &fields); err != nil {
			t.Errorf("seed %d, query %d: %s at %s: %v\n%s\n%.2000s", seed, n, s.as, door, err, query, got)
		} else if a.Data != nil {
			answered[s.kind]++
		}
	}
	for _, kind := range []access.Kind{access.Veteran, access.Clerk, access.Officer, access.Supervisor, access.Analyst, access.Auditor} {
		if answered[kind] < queries/200 {
			t.Errorf("%d answers to %s: hardly anything was asked", answered[kind], kind)
		}
	}
	t.Logf("seed %d: %d queries of %d kinds of viewer, %d fields sent, answered %v", seed, queries, len(everybody), fields, answered)
}

// everybody is viewers of each kind, and of each place that is worth one.
func (j *judge) everybody(k *talk) map[access.Kind][]someone {
	all := map[access.Kind][]someone{}
	const province = "230000000000"
	places := []string{province, "230100000000", "230200000000", "230102000000"}
	for _, v := range j.veterans {
		places = append(places, v.Division[:6]+"000000")
		if len(places) > 8 {
			break
		}
	}
	for n, id := range k.heroes[:6] {
		all[access.Veteran] = append(all[access.Veteran], someone{as: fmt.Sprint("veteran", n), kind: access.Veteran, self: id})
	}
	for _, p := range places {
		for _, as := range []string{"clerk", "officer-va", "officer-ps", "officer-hrss", "officer-hsa", "officer-mil", "supervisor", "analyst", "auditor"} {
			kind, department := kindOf(as)
			all[kind] = append(all[kind], someone{as: as + "@" + p, kind: kind, dept: department, division: p})
		}
	}
	for _, as := range []string{"operator", "security"} {
		kind, _ := kindOf(as)
		all[kind] = append(all[kind], someone{as: as, kind: kind})
	}
	return all
}
