package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

const fiveDomains = `name division { fullName } provenance { source { code } }
	identity { ethnicity background { education } contact { mobile } householdEntries { kind } identityCard { state } }
	serviceHistory { periods { enlistedOn } ranks { rank } awards { level } discharge { category } settlement { mode } disability { grade } }
	employmentSupport { records { status } trainings { trade } guidance { kind } subsidies { state } }
	insurance { enrolments { branch } card { state } armyRelations { kind } }
	benefits { economicSubsidy { state } preferentialCard { state } pensionRelation { state } }
	cases(first: 5) { nodes { number items { matter { name { zh } } department { code } } materials { state } timeline { kind } feedbackSheet { complete } veteran { id } } }`

// cost is what one operation makes the hub do.
type cost struct {
	statements int64            // sent to the record
	calls      map[string]int64 // look-ups, by department
	body       []byte
}

// most is the number of calls on the department that was called most often.
func (c cost) most() (n int64) {
	for _, calls := range c.calls {
		n = max(n, calls)
	}
	return n
}

// rows is how long the longest list is that the answer begins with.
func (c cost) rows() (n int) {
	var answer struct{ Data map[string]any }
	_ = json.Unmarshal(c.body, &answer) // no answer has no rows
	for _, root := range answer.Data {
		if list, ok := root.([]any); ok {
			n = max(n, len(list))
		}
		if page, ok := root.(map[string]any); ok {
			for _, under := range page {
				if list, ok := under.([]any); ok {
					n = max(n, len(list))
				}
			}
		}
	}
	return n
}

// kinds are the paths of the lists and objects that an answer really holds.
func (c cost) kinds() map[string]bool {
	found := map[string]bool{}
	var walk func(at string, v any)
	walk = func(at string, v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(at, e)
			}
		case map[string]any:
			found[at] = true
			for name, e := range v {
				walk(at+"."+name, e)
			}
		}
	}
	var answer struct{ Data any }
	_ = json.Unmarshal(c.body, &answer) // no answer holds nothing
	walk("", answer.Data)
	return found
}

// without counts the kinds of things in another answer of which this one has none:
// their reads are new, and no sign of one read for each row.
func (c cost) without(other cost) (n int64) {
	own := c.kinds()
	for kind := range other.kinds() {
		if !own[kind] {
			n++
		}
	}
	return n
}

// faulty says whether the answer has errors.
func (c cost) faulty() bool {
	var answer struct{ Errors []json.RawMessage }
	return json.Unmarshal(c.body, &answer) != nil || len(answer.Errors) > 0
}

// scales weigh what is asked of a hub.
type scales struct {
	*talk
	doors map[string]http.Handler // by path
}

func (k *talk) scales() *scales {
	return &scales{k, map[string]http.Handler{"/graphql": k.hub.Handler(), "/subgraph": k.hub.SubgraphHandler()}}
}

// measure asks at a door and counts.
func (k *scales) measure(as, door, query string) cost {
	k.t.Helper()
	var c store.Counter
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		k.t.Fatal(err)
	}
	req := httptest.NewRequest(http.MethodPost, door, bytes.NewReader(body))
	req.Header.Set("Content-Type", "application/json")
	if token := k.token(as); token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	w := httptest.NewRecorder()
	before := k.hub.Fleet.Counters()
	k.doors[door].ServeHTTP(w, req.WithContext(store.WithCounter(req.Context(), &c)))
	out := cost{statements: c.Count(), calls: map[string]int64{}, body: w.Body.Bytes()}
	for code, counts := range k.hub.Fleet.Counters() {
		if n := counts["LOOKUP"] - before[code]["LOOKUP"]; n > 0 {
			out.calls[code] = n
		}
	}
	return out
}

// statements counts what one operation sends to the record.
func (k *scales) statements(as, query string) int64 {
	k.t.Helper()
	c := k.measure(as, "/graphql", query)
	if c.faulty() {
		k.t.Fatalf("%s: %.500s", query, c.body)
	}
	return c.statements
}

// N+1 is a bug: the number of statements depends on what is asked, never on how
// many rows answer it, however the question is put.
func TestStatementsDoNotGrowWithRows(t *testing.T) {
	t.Parallel()
	for _, db := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.PostgreSQL}} {
		t.Run(db.name, func(t *testing.T) {
			k := open(t, db.address(t), noon, func(c *server.Config) { c.Veterans = 120 }).scales()
			for name, q := range map[string]string{
				"a page with everything": `{ veterans(first: %d) { nodes { id ` + fiveDomains + ` } } }`,
				"edges and nodes":        `{ veterans(first: %d) { edges { node { serviceHistory { awards { level } } } } nodes { serviceHistory { awards { level } } } } }`,
				"two names":              `{ a: veterans(first: %[1]d) { nodes { a: insurance { card { state } } b: insurance { card { state } } } } b: veterans(first: %[1]d) { nodes { insurance { card { state } } } } }`,
				"elements":               `{ veterans(first: %d) { nodes { elements(ids: ["dischargeDate"]) { value } } } }`,
				"cases":                  `{ cases(first: %d) { nodes { id veteran { name identity { identityCard { state } } } items { state } timeline { kind } } } }`,
			} {
				one, many := k.statements("clerk", fmt.Sprintf(q, 12)), k.statements("clerk", fmt.Sprintf(q, 40))
				if many > one {
					t.Errorf("%s: %d statements for 12 rows, %d for 40", name, one, many)
				}
				t.Logf("%s: %d statements", name, many)
			}
		})
	}
}

// A hundred references are answered with as few statements as one.
func TestEntitiesAreBatched(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Veterans = 120 }).scales()
	var page struct {
		Veterans struct{ Nodes []struct{ ID string } }
	}
	k.get("clerk", `{ veterans(first: 100) { nodes { id } } }`, nil, &page)
	ask := func(n int) int64 {
		var refs []string
		for _, v := range page.Veterans.Nodes[:n] {
			refs = append(refs, fmt.Sprintf(`{__typename: "Veteran", id: %q}`, v.ID))
		}
		c := k.measure("clerk", "/subgraph", `{ _entities(representations: [`+strings.Join(refs, ",")+`]) { ... on Veteran { id name serviceHistory { awards { level } } } } }`)
		var answer struct {
			Data struct {
				Entities []struct{ ID string } `json:"_entities"`
			}
		}
		if err := json.Unmarshal(c.body, &answer); err != nil || len(answer.Data.Entities) != n {
			t.Fatalf("%.300s", c.body)
		}
		for i, e := range answer.Data.Entities {
			if e.ID != page.Veterans.Nodes[i].ID {
				t.Fatalf("reference %d was answered with another's row", i)
			}
		}
		return c.statements
	}
	if one, many := ask(1), ask(100); many > one {
		t.Errorf("%d statements for one reference, %d for a hundred", one, many)
	}
}

// A batch that mixes types and keys gives each reference its own.
func TestMixedKeys(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	var page struct {
		Cases struct{ Nodes []struct{ ID, Number string } }
	}
	k.get("clerk", `{ cases(first: 4) { nodes { id number } } }`, nil, &page)
	cs := page.Cases.Nodes
	if len(cs) < 3 {
		t.Fatalf("%d cases in the population", len(cs))
	}
	q := fmt.Sprintf(`{ _entities(representations: [{__typename: "Case", number: %q}, {__typename: "Veteran", id: %q}, {__typename: "Case", id: %q}, {__typename: "Matter", slug: "resident-id-card"}, {__typename: "Case", number: %q}, {__typename: "Case", id: "none"}, {__typename: "Matter", code: "M01"}]) {
		__typename ... on Case { id number } ... on Veteran { id } ... on Matter { code } } }`, cs[1].Number, k.heroes[0], cs[0].ID, cs[2].Number)
	_, b := k.ask("clerk", k.sub+"/subgraph", q, nil)
	var answer struct {
		Data struct {
			Entities []map[string]string `json:"_entities"`
		}
	}
	if err := json.Unmarshal(b, &answer); err != nil {
		t.Fatal(err)
	}
	want := []map[string]string{
		{"__typename": "Case", "id": cs[1].ID, "number": cs[1].Number}, {"__typename": "Veteran", "id": k.heroes[0]},
		{"__typename": "Case", "id": cs[0].ID, "number": cs[0].Number}, {"__typename": "Matter", "code": "M05"},
		{"__typename": "Case", "id": cs[2].ID, "number": cs[2].Number}, nil, {"__typename": "Matter", "code": "M01"},
	}
	for i := range want {
		if i >= len(answer.Data.Entities) || !maps.Equal(answer.Data.Entities[i], want[i]) {
			t.Fatalf("reference %d: %s", i, b)
		}
	}
}

// A hundred veterans and all departments: each department is asked once.
func TestDepartmentsAreAskedOnce(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.Veterans = 120 })
	before := k.lookups()
	var page struct {
		Veterans struct {
			Nodes []struct{ Departments []struct{ State string } }
		}
	}
	k.get("clerk", `{ veterans(first: 100) { nodes { departments { state facts { value } } again: departments { state } } edges { node { departments(codes: ["PS"]) { state } } } } }`, nil, &page)
	if n := k.lookups() - before; n > 6 {
		t.Errorf("%d calls for 100 veterans", n)
	}
	states := map[string]int{}
	for _, v := range page.Veterans.Nodes {
		for _, d := range v.Departments {
			states[d.State]++
		}
	}
	if states["ANSWERED"] == 0 || states["SILENT"] > 0 || len(page.Veterans.Nodes) != 100 {
		t.Errorf("answers %v", states)
	}
}

// lookups is how many look-ups the departments have answered.
func (k *talk) lookups() (n int64) {
	for _, c := range k.hub.Fleet.Counters() {
		n += c["LOOKUP"]
	}
	return n
}
