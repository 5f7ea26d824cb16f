package server_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// grants is the printed matrix: door and field -> role -> cell.
type grants map[[2]string]map[access.Kind]string

func grantsOf(t testing.TB) (grants, []byte) {
	t.Helper()
	status, out, errs := run("policy")
	if status != 0 {
		t.Fatal(errs)
	}
	rows, err := csv.NewReader(strings.NewReader(out)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	g := grants{}
	for _, row := range rows[1:] {
		cells := map[access.Kind]string{}
		for i, c := range row[4:] {
			cells[access.Kind(rows[0][i+4])] = c
		}
		g[[2]string{row[0], row[1]}] = cells
	}
	return g, []byte(out)
}

// sent says whether a role, and an officer's department, is ever sent a field.
func (g grants) sent(door, field string, kind access.Kind, department string) bool {
	cell, departments, limited := strings.Cut(g[[2]string{door, field}][kind], " ")
	return cell != "-" && cell != "" && (!limited || slices.Contains(strings.Fields(departments), department))
}

// The policy speaks of the whole schema and of nothing else: each root field asks for
// an act or is listed as needing none, each field has its class, and whatever is
// sensitive or military says what in the catalogue it tells.
func TestPolicySpeaksOfTheWholeSchema(t *testing.T) {
	p, schema := access.Builtin(), exec.NewExecutableSchema(exec.Config{}).Schema()
	cat, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	roots := map[string]bool{}
	elements := map[string]bool{}
	for _, d := range schema.Types {
		if d.Kind != ast.Object || strings.HasPrefix(d.Name, "__") || d.Name == "Entity" {
			continue
		}
		for _, f := range d.Fields {
			at, tags := d.Name+"."+f.Name, f.Directives.ForNames("tag")
			_, known := p.Asks(at)
			switch isRoot := d == schema.Query || d == schema.Mutation || d == schema.Subscription; {
			case strings.HasPrefix(f.Name, "__"):
				continue
			case isRoot && !known:
				t.Errorf("%s asks for no act: nobody may have it", at)
			case isRoot:
				roots[at] = true
			}
			if len(tags) == 0 && !strings.HasPrefix(f.Name, "_") && d.Name != "_Service" && f.Directives.ForName("external") == nil {
				t.Errorf("%s has no class", at)
			}
			closely := slices.ContainsFunc(tags, func(on *ast.Directive) bool {
				class := on.Arguments.ForName("name").Value.Raw
				return class == "sensitive" || class == "military"
			})
			if told := p.Elements[d.Name][f.Name]; closely && !known && told == "" && !slices.Contains(p.Itself, d.Name) {
				t.Errorf("%s is sensitive or military, and the policy does not say what it tells", at)
			} else if told != "" && !closely {
				t.Errorf("the policy says what %s tells, which is neither sensitive nor military", at)
			} else if told != "" {
				elements[at] = true
				for _, e := range strings.Fields(told) {
					if cat.Field(e) == nil && !slices.Contains([]string{access.Theirs, access.Own, access.Asked}, e) {
						t.Errorf("%s tells %s, which the catalogue does not have", at, e)
					}
				}
			}
		}
	}
	for typ, fields := range p.Elements {
		for f := range fields {
			if !elements[typ+"."+f] {
				t.Errorf("the policy says what %s.%s tells, which the schema does not have", typ, f)
			}
		}
	}
	listed := slices.Concat(p.Signed, p.Open)
	for _, a := range p.Acts {
		listed = append(listed, a.Asks...)
		if v := (&access.Viewer{Kind: access.Machine}); !v.May(a.Act) {
			t.Errorf("the hub itself may not %s", a.Act)
		}
	}
	for _, at := range listed {
		if !roots[at] {
			t.Errorf("the policy lists %s, which the schema does not have", at)
		}
	}
}

// docs/policy.csv is the matrix as the program prints it, of every field at each door.
func TestPolicyMatrixIsPrinted(t *testing.T) {
	const file = "../docs/policy.csv"
	g, out := grantsOf(t)
	if *update {
		if err := os.WriteFile(file, out, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(file); err != nil || !bytes.Equal(kept, out) {
		t.Errorf("%s is not what vetgraph policy prints (%v); to write it: go test ./server -run PolicyMatrix -update", file, err)
	}
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	for _, d := range schema.Types {
		for _, f := range d.Fields {
			if d.Kind != ast.Object || strings.HasPrefix(d.Name, "_") || d.Name == "Entity" || strings.HasPrefix(f.Name, "_") {
				continue
			}
			for _, door := range []string{"graphql", "subgraph"} {
				if cells := g[[2]string{door, d.Name + "." + f.Name}]; len(cells) != len(access.Builtin().Roles)-1 {
					t.Errorf("%s.%s at %s has cells for %d roles", d.Name, f.Name, door, len(cells))
				}
			}
		}
	}
}

// A role that the matrix never sends a field does not get it, and one that it may send
// it is not refused for it, at both doors, by the shortest way there is.
func TestMatrixIsHeldTo(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Rate = -1 })
	k.swapWorld()
	g, _ := grantsOf(t)
	w := newApproaches(k)
	asked, refused := 0, 0
	for _, as := range []string{"veteran0", "clerk", "officer-va", "officer-ps", "officer-hsa", "supervisor", "analyst", "operator", "security", "auditor"} {
		kind, department := kindOf(as)
		for _, way := range w.all {
			for door, address := range map[string]string{"graphql": k.public + "/graphql", "subgraph": k.sub + "/subgraph"} {
				if door == "subgraph" && asked%7 != 0 { // the same program behind another door: now and then
					asked++
					continue
				}
				_, got := k.ask(as, address, way.query, nil)
				asked++
				denied := bytes.Contains(got, []byte(`"FIELD_NOT_ALLOWED"`)) || bytes.Contains(got, []byte(`"NOT_ALLOWED"`))
				if denied {
					refused++
				}
				switch sent := g.sent(door, way.field, kind, department); {
				case !sent && !denied && valueAt(got, way.path):
					t.Errorf("%s at %s is sent %s by %s: %.200s", as, door, way.field, way.query, got)
				case sent && bytes.Contains(got, []byte(`"FIELD_NOT_ALLOWED"`)):
					t.Errorf("%s at %s is refused %s by %s: %.200s", as, door, way.field, way.query, got)
				}
			}
		}
	}
	if len(w.all) < 700 || refused < 1000 {
		t.Errorf("%d fields, %d refusals: nothing was proved", len(w.all), refused)
	}
	t.Logf("%d fields of queries, %d questions, %d refused", len(w.all), asked, refused)
}

// Nobody comes through a door that the policy does not open to their role, and who is
// refused there is told so.
func TestDoorsAreThePolicys(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon)
	for _, d := range access.Builtin().Doors {
		address := k.public + d.At
		if d.Name == "subgraph" {
			address = k.sub + d.At
		}
		for _, as := range []string{"veteran0", "clerk", "officer-va", "supervisor", "analyst", "partner-insurance", "operator", "security", "auditor"} {
			kind, _ := kindOf(as)
			method, body := http.MethodGet, ""
			switch d.Name {
			case "graphql", "subgraph":
				method, body = http.MethodPost, `{"query":"{ __typename }"}`
			case "export":
				address = k.public + d.At + "cases.csv"
			}
			headers := map[string]string{"Authorization": "Bearer " + k.token(as), "Content-Type": "application/json", "X-Purpose": "INSURANCE_TAKEOVER"}
			status, _, got := k.send(method, address, body, headers)
			if through := access.Builtin().Through(d.Name, kind); through != (status == http.StatusOK) {
				t.Errorf("%s at %s: %d %.200s", as, d.Name, status, got)
			} else if !through && (status != http.StatusForbidden || !strings.Contains(got, "NOT_ALLOWED") && !strings.Contains(got, "SLICE_ONLY")) {
				t.Errorf("%s at %s is refused by %d %.200s", as, d.Name, status, got)
			}
		}
	}
}

func kindOf(as string) (access.Kind, string) {
	name, _, _ := strings.Cut(as, "@")
	name, department, _ := strings.Cut(name, "-")
	return access.Kind(strings.ToUpper(strings.TrimRight(name, "0123456789"))), strings.ToUpper(department)
}

// approach is the shortest query that asks for a field, and where its value would stand.
type approach struct {
	field, query string
	path         []string
}

type approaches struct {
	schema *ast.Schema
	all    []approach
}

// newApproaches finds the shortest way to every field that a query reaches. What must be named
// on the way is something that is there, so that it is refused for no other reason.
func newApproaches(k *talk) *approaches {
	w := &approaches{schema: exec.NewExecutableSchema(exec.Config{}).Schema()}
	named := k.pool()
	type stop struct {
		typ    string
		before string
		after  string
		path   []string
	}
	queue, been := []stop{{typ: "Query", before: "{ ", after: " }"}}, map[string]bool{"Query": true}
	for len(queue) > 0 {
		at := queue[0]
		queue = queue[1:]
		for _, f := range w.schema.Types[at.typ].Fields {
			if strings.HasPrefix(f.Name, "_") || f.Directives.ForName("external") != nil || f.Name == "trainingHours" {
				continue
			}
			ask := f.Name + named.arguments(w.schema, at.typ, f)
			path := append(slices.Clone(at.path), f.Name)
			below := w.schema.Types[f.Type.Name()]
			inner := ""
			if below.IsCompositeType() {
				inner = " { __typename }"
			}
			w.all = append(w.all, approach{field: at.typ + "." + f.Name, query: at.before + ask + inner + at.after, path: path})
			if below.IsCompositeType() && !been[below.Name] {
				been[below.Name] = true
				queue = append(queue, stop{below.Name, at.before + ask + " { ", " }" + at.after, path})
			}
		}
	}
	return w
}

// pool is what there is to name in a question: IDs by the argument's or its type's name.
type pool struct{ veterans, cases, matters []string }

func (k *talk) pool() *pool {
	k.t.Helper()
	ctx := access.AsMachine(k.t.Context(), "test")
	p := &pool{veterans: k.heroes[:1], matters: []string{"M01"}}
	for _, c := range k.hub.Store.Read.CaseFile.Query().AllX(ctx) {
		if c.VeteranID == k.heroes[0] {
			p.cases = append(p.cases, c.ID)
		}
	}
	if len(p.cases) == 0 {
		p.cases = []string{k.submit("veteran0", 0, "policy-case-0001")}
	}
	return p
}

// arguments are those that a field must have, and what it is of.
func (p *pool) arguments(schema *ast.Schema, typ string, f *ast.FieldDefinition) string {
	var out []string
	for _, a := range f.Arguments {
		switch at := typ + "." + f.Name + "." + a.Name; {
		case at == "Query.veteran.id":
			out = append(out, fmt.Sprintf("id: %q", p.veterans[0]))
		case at == "Query.case.id":
			out = append(out, fmt.Sprintf("id: %q", p.cases[0]))
		case at == "Query.plan.input":
			out = append(out, fmt.Sprintf("input: {veteranId: %q}", p.veterans[0]))
		case at == "Query.appointmentOptions.input":
			out = append(out, fmt.Sprintf("input: {caseId: %q}", p.cases[0]))
		case a.Name == "first":
			out = append(out, "first: 2")
		case a.Type.NonNull && a.DefaultValue == nil:
			out = append(out, a.Name+": "+some(schema, a.Type))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}
