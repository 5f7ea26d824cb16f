package server_test

import (
	"encoding/json"
	"fmt"
	"maps"
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

// statements counts what one operation sends to the record.
func (k *talk) statements(as, query string) int64 {
	k.t.Helper()
	var c store.Counter
	body, _ := json.Marshal(map[string]any{"query": query})
	req := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+k.token(as))
	w := httptest.NewRecorder()
	k.hub.Handler().ServeHTTP(w, req.WithContext(store.WithCounter(req.Context(), &c)))
	if strings.Contains(w.Body.String(), `"errors"`) {
		k.t.Fatalf("%s: %.500s", query, w.Body)
	}
	return c.Count()
}

// N+1 is a bug: the number of statements depends on what is asked, never on how
// many rows answer it, however the question is put.
func TestStatementsDoNotGrowWithRows(t *testing.T) {
	for _, db := range []struct {
		name    string
		address func(testing.TB) string
	}{{"sqlite", storetest.SQLite}, {"postgres", storetest.PostgreSQL}} {
		t.Run(db.name, func(t *testing.T) {
			k := open(t, db.address(t), noon, func(c *server.Config) { c.Veterans = 120 })
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
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Veterans = 120 })
	var page struct {
		Veterans struct{ Nodes []struct{ ID string } }
	}
	k.get("clerk", `{ veterans(first: 100) { nodes { id } } }`, nil, &page)
	ask := func(n int) int64 {
		var refs []string
		for _, v := range page.Veterans.Nodes[:n] {
			refs = append(refs, fmt.Sprintf(`{__typename: "Veteran", id: %q}`, v.ID))
		}
		var c store.Counter
		body, _ := json.Marshal(map[string]string{"query": `{ _entities(representations: [` + strings.Join(refs, ",") + `]) { ... on Veteran { id name serviceHistory { awards { level } } } } }`})
		req := httptest.NewRequest("POST", "/subgraph", strings.NewReader(string(body)))
		req.Header.Set("Content-Type", "application/json")
		req.Header.Set("Authorization", "Bearer "+k.token("clerk"))
		w := httptest.NewRecorder()
		k.hub.SubgraphHandler().ServeHTTP(w, req.WithContext(store.WithCounter(req.Context(), &c)))
		var answer struct {
			Data struct {
				Entities []struct{ ID string } `json:"_entities"`
			}
		}
		if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || len(answer.Data.Entities) != n {
			t.Fatalf("%.300s", w.Body)
		}
		for i, e := range answer.Data.Entities {
			if e.ID != page.Veterans.Nodes[i].ID {
				t.Fatalf("reference %d was answered with another's row", i)
			}
		}
		return c.Count()
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
