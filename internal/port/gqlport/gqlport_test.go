package gqlport_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/gqlport"
)

var now = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// bureau is a department with one matter and two lookups.
func bureau() *catalog.Catalog {
	p := func(id, operation, matter string) *catalog.Port {
		return &catalog.Port{ID: id, Department: "HSA", Operation: operation, Matter: matter, Kind: gqlport.Kind, TimeoutMS: 5000, Batch: 10}
	}
	submit, who, where := p("submit", "SUBMIT", "M09"), p("who", "LOOKUP", ""), p("where", "LOOKUP", "")
	submit.Send = map[string]string{"XM": "name"}
	who.Answers, where.Answers = map[string]string{"name": "XM"}, map[string]string{"hukouAddress": "HKZZ", "children": "ZNS"}
	return &catalog.Catalog{
		Departments: []*catalog.Department{{Code: "HSA"}},
		Fields:      []*catalog.Field{{ID: "name", Type: "string"}, {ID: "hukouAddress", Type: "string"}, {ID: "children", Type: "int"}},
		Matters:     []*catalog.Matter{{Code: "M09", Lead: "HSA"}},
		Ports:       []*catalog.Port{submit, p("status", "STATUS", "M09"), p("withdraw", "WITHDRAW", "M09"), p("result", "RESULT", "M09"), who, where},
	}
}

func talk(t testing.TB, c *catalog.Catalog, h http.Handler) port.Department {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	r, err := port.NewRegistry(c, map[string]port.Endpoint{"HSA": {URL: server.URL + "/base", Token: "our-token"}},
		map[string]port.Kind{gqlport.Kind: gqlport.Open}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return r.Get("HSA")
}

func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

var person = citizen.Number("23010219990305001X")

func TestWhatErrorsMean(t *testing.T) {
	slip := `"deliver":{"item":"item-1","number":"YB1","receivedAt":"2026-11-23T09:00:00Z","dueAt":null}`
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		kind   fault.Kind
		reason string
	}{
		"a refusal":                      {says(200, `{"data":null,"errors":[{"message":"m","extensions":{"code":"REFUSED","reason":"APPLICANT"}}]}`), fault.Invalid, "DEPARTMENT_REFUSED"},
		"a bad input with reason":        {says(400, `{"errors":[{"message":"m","extensions":{"code":"BAD_USER_INPUT","reason":"APPLICANT"}}]}`), fault.Invalid, "DEPARTMENT_REFUSED"},
		"delivered otherwise":            {says(200, `{"errors":[{"message":"m","extensions":{"reason":"ITEM_DELIVERED_OTHERWISE"}}]}`), fault.Conflict, "ITEM_DELIVERED_OTHERWISE"},
		"patience":                       {says(200, `{"data":null,"errors":[{"message":"m","extensions":{"code":"BUSY","retryAfter":30}}]}`), fault.Unavailable, "DEPARTMENT_BUSY"},
		"patience by status":             {says(429, ``, "Retry-After", "30"), fault.Unavailable, "DEPARTMENT_BUSY"},
		"closed until then":              {says(503, ``, "Retry-After", "Mon, 23 Nov 2026 09:00:30 GMT"), fault.Unavailable, "DEPARTMENT_BUSY"},
		"closed":                         {says(503, ``), fault.Unavailable, "DEPARTMENT_FAILED"},
		"its own error":                  {says(200, `{"data":null,"errors":[{"message":"23010219990305001X"}]}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		"a code of another type":         {says(200, `{"data":null,"errors":[{"message":"m","extensions":{"code":{"x":1},"reason":[]}}]}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		"another schema":                 {says(200, `{"errors":[{"message":"m","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		"that our token is no good":      {says(401, `{"errors":[]}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		"another address":                {says(307, ``, "Location", "/elsewhere"), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"data beside errors":             {says(200, `{"data":{`+slip+`},"errors":[{"message":"m"}]}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"nothing":                        {says(200, `{}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"null":                           {says(200, `{"data":{"deliver":null}}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"another field":                  {says(200, `{"data":{"delivered":{}}}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"a page of a proxy":              {says(200, `<html>`, "Content-Type", "text/html"), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"a list":                         {says(200, `[`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"two answers":                    {says(200, `{"data":{`+slip+`}}{}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"another encoding":               {says(200, "{\"data\":{\"deliver\":{\"item\":\"\xcd\xf5\"}}}"), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"a decision of the wrong type":   {says(200, `{"errors":[{"message":"m","extensions":{"reason":"ITEM_DECIDED","item":7}}]}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"a very deep answer":             {says(200, `{"data":`+strings.Repeat(`{"a":`, 20_000)), fault.Unavailable, "DEPARTMENT_GARBLED"},
		"a slip of the newer media type": {says(200, `{"data":{`+slip+`}}`, "Content-Type", "application/graphql-response+json; charset=utf-8"), 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := talk(t, bureau(), c.answer).Deliver(t.Context(), port.Delivery{ItemID: "item-1", Matter: "M09", Applicant: person})
			if c.reason == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			f := fault.Of(err)
			if err == nil || f.Kind != c.kind || f.Reason != c.reason || f.Department != "HSA" || strings.Contains(err.Error(), person.Reveal()) {
				t.Fatalf("error %v, want %s", err, c.reason)
			}
			if f.Reason == "DEPARTMENT_BUSY" && !f.RetryAt.Equal(now.Add(30*time.Second)) {
				t.Errorf("try again at %v", f.RetryAt)
			}
		})
	}
}

// subgraph is a small service of somebody else, with a schema of its own: entities
// by citizen number, answered after the document has been validated against it.
func subgraph(t *testing.T, calls *int) http.Handler {
	schema := gqlparser.MustLoadSchema(&ast.Source{Input: `
		scalar _Any
		union _Entity = Insured | Employer
		type Query { _entities(representations: [_Any!]!): [_Entity]! }
		type Insured { citizenNumber: String! fullName: String address: String children: Int updatedAt: String! }
		type Employer { id: ID! }`})
	held := map[string]map[string]any{person.Reveal(): {"fullName": "王小明", "address": nil, "children": 2, "updatedAt": "2026-11-20"}}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		*calls++
		var q struct {
			Query     string
			Variables map[string]any
		}
		if err := json.NewDecoder(r.Body).Decode(&q); err != nil || r.URL.Path != "/base/subgraph" || r.Header.Get("Authorization") != "Bearer our-token" {
			t.Errorf("called with %v at %s", err, r.URL.Path)
		}
		doc, errs := gqlparser.LoadQueryWithRules(schema, q.Query, rules.NewDefaultRules())
		if len(errs) > 0 {
			t.Errorf("the document does not fit the schema: %v", errs)
			return
		}
		if _, err := validator.VariableValues(schema, doc.Operations[0], q.Variables); err != nil {
			t.Errorf("variables: %v", err)
		}
		entities := []any{}
		for _, x := range q.Variables["questions"].([]any) {
			asked := x.(map[string]any)
			row := held[asked["citizenNumber"].(string)]
			if row == nil || asked["__typename"] != "Insured" {
				entities = append(entities, nil)
				continue
			}
			entity := map[string]any{}
			for _, f := range doc.Operations[0].SelectionSet[0].(*ast.Field).SelectionSet[0].(*ast.InlineFragment).SelectionSet {
				field := f.(*ast.Field)
				entity[field.Alias] = row[field.Name]
			}
			entities = append(entities, entity)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"data": map[string]any{"all": entities}})
	})
}

func TestSubgraph(t *testing.T) {
	c := bureau()
	document := `query Ask($questions: [_Any!]!) { all: _entities(representations: $questions) { ... on Insured { XM: fullName HKZZ: address ZNS: children asOf: updatedAt } } }`
	for _, p := range c.Ports {
		if p.Operation == "LOOKUP" {
			p.Path, p.GraphQL = "/subgraph", &catalog.GraphQL{Document: document}
		}
	}
	calls := 0
	records, err := talk(t, c, subgraph(t, &calls)).Lookup(t.Context(), []port.Question{
		{Ref: "stranger", CitizenNumber: "230102199903050028", Lookups: []string{"who"}},
		{Ref: "known", CitizenNumber: person, Lookups: []string{"who", "where"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []port.Record{{Ref: "stranger"}, {
		Ref: "known", Known: true, AsOf: time.Date(2026, time.November, 20, 0, 0, 0, 0, time.FixedZone("", 8*60*60)),
		Facts: catalog.Facts{"name": "王小明", "hukouAddress": nil, "children": int64(2)},
	}}
	if calls != 1 || !records[1].AsOf.Equal(want[1].AsOf) {
		t.Errorf("%d calls, as of %v", calls, records[1].AsOf)
	}
	records[1].AsOf = want[1].AsOf
	if !reflect.DeepEqual(records, want) {
		t.Errorf("records %+v, want %+v", records, want)
	}
}

// TestDocumentsOfTheirOwn: two lookups that share an address and not a document are two calls.
func TestDocumentsOfTheirOwn(t *testing.T) {
	c := bureau()
	named(c, "where").GraphQL = &catalog.GraphQL{Document: `query($questions: [Question!]!) { people(q: $questions) { ref HKZZ ZNS } }`}
	calls := 0
	department := talk(t, c, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		calls++
		body, _ := io.ReadAll(r.Body)
		answer := `{"data":{"lookup":[{"ref":"p","known":true,"asOf":"2026-11-23T09:00:00Z","lookups":{"who":{"XM":"李"}}}]}}`
		if strings.Contains(string(body), "people(q:") {
			answer = `{"data":{"people":[{"ref":"p","HKZZ":"哈尔滨","ZNS":0}]}}`
		}
		says(200, answer)(w, r)
	}))
	records, err := department.Lookup(t.Context(), []port.Question{{Ref: "p", CitizenNumber: person, Lookups: []string{"who", "where"}}})
	want := catalog.Facts{"name": "李", "hukouAddress": "哈尔滨", "children": int64(0)}
	if err != nil || calls != 2 || !reflect.DeepEqual(records[0].Facts, want) {
		t.Errorf("%v after %d calls, %v", records, calls, err)
	}
}

func TestLookupRefuses(t *testing.T) {
	for name, records := range map[string]string{
		"a person left out":    `[{"ref":"a","known":false}]`,
		"a person told twice":  `[{"ref":"a","known":false},{"ref":"a","known":false}]`,
		"a person not asked":   `[{"ref":"a","known":false},{"ref":"c","known":false}]`,
		"no date":              `[{"ref":"a","known":true,"asOf":null},{"ref":"b","known":false}]`,
		"a date that is none":  `[{"ref":"a","known":true,"asOf":"soon"},{"ref":"b","known":false}]`,
		"known, perhaps":       `[{"ref":"a","known":"yes"},{"ref":"b","known":false}]`,
		"a list of lookups":    `[{"ref":"a","known":true,"asOf":"2026-11-23","lookups":[1]},{"ref":"b","known":false}]`,
		"a lookup of a number": `[{"ref":"a","known":true,"asOf":"2026-11-23","lookups":{"who":1}},{"ref":"b","known":false}]`,
		"a value of its own":   `[{"ref":"a","known":true,"asOf":"2026-11-23","lookups":{"who":{"XM":1}}},{"ref":"b","known":false}]`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := talk(t, bureau(), says(200, `{"data":{"lookup":`+records+`}}`)).Lookup(t.Context(), []port.Question{
				{Ref: "a", CitizenNumber: person, Lookups: []string{"who"}}, {Ref: "b", CitizenNumber: person, Lookups: []string{"who"}},
			})
			if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
				t.Fatalf("error %v", err)
			}
		})
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, document := range map[string]string{
		"no GraphQL":             `query {`,
		"two operations":         `query A($questions: [Q!]!) { a(q: $questions) { ref } } query B { b }`,
		"a change":               `mutation($questions: [Q!]!) { a(q: $questions) { ref } }`,
		"another variable":       `query($people: [Q!]!) { a(q: $people) { ref } }`,
		"a fragment at its root": `query($questions: [Q!]!) { ... { a(q: $questions) { ref } } }`,
		"entities of no type":    `query($questions: [_Any!]!) { _entities(representations: $questions) { __typename } }`,
		"too much of it":         `query($questions: [Q!]!) { a(q: $questions) { ` + strings.Repeat("ref ", 3000) + `} }`,
	} {
		t.Run(name, func(t *testing.T) {
			c := bureau()
			named(c, "who").GraphQL = &catalog.GraphQL{Document: document}
			if _, err := gqlport.Open(port.Setup{Department: "HSA", Ports: c.Ports, Endpoint: port.Endpoint{URL: "http://127.0.0.1/"}}); err == nil || !strings.Contains(err.Error(), "port who") {
				t.Errorf("error %v", err)
			}
		})
	}
	c := bureau()
	named(c, "status").Path = "/items/{id}"
	if _, err := gqlport.Open(port.Setup{Ports: c.Ports, Endpoint: port.Endpoint{URL: "http://127.0.0.1/"}}); err == nil {
		t.Error("an address for each item was taken")
	}
	if _, err := gqlport.Open(port.Setup{Endpoint: port.Endpoint{URL: "ftp://127.0.0.1/"}}); err == nil {
		t.Error("another scheme was taken")
	}
}

// FuzzAnswer feeds the client what no service would say; it answers or says that it cannot.
func FuzzAnswer(f *testing.F) {
	for _, seed := range []string{
		`{"data":{"lookup":[{"ref":"a","known":true,"asOf":"2026-11-23T09:00:00Z","lookups":{"who":{"XM":"李"}}}]}}`,
		`{"data":{"lookup":[null]}}`, `{"errors":[{"extensions":{"reason":"ITEM_DECIDED","item":{}}}]}`, `{"data":{"lookup":[{"asOf":null}]}}`, `null`,
	} {
		f.Add(seed)
	}
	var body string
	department := talk(f, bureau(), http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { says(200, body)(w, r) }))
	f.Fuzz(func(t *testing.T, text string) {
		body = text
		records, err := department.Lookup(t.Context(), []port.Question{{Ref: "a", CitizenNumber: person, Lookups: []string{"who"}}})
		if err == nil && (len(records) != 1 || records[0].Known && records[0].AsOf.IsZero()) {
			t.Errorf("took %q for %+v", text, records)
		}
	})
}

func named(c *catalog.Catalog, id string) *catalog.Port {
	return c.Ports[slices.IndexFunc(c.Ports, func(p *catalog.Port) bool { return p.ID == id })]
}
