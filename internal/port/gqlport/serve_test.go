package gqlport_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/gqlport"
)

// desk is a small department system: it keeps one item and knows one person.
type desk struct{ kept []port.Item }

func (d *desk) Take(_ context.Context, item port.Item) (port.Slip, error) {
	if item.Matter == "" {
		return port.Slip{}, &port.Refusal{Reason: "MATTER_UNKNOWN"}
	}
	d.kept = append(d.kept, item)
	return port.Slip{Item: item.ID, Number: "YB1", ReceivedAt: now}, nil
}

func (d *desk) Tell(_ context.Context, items []string) ([]port.Message, error) {
	var known []port.Message
	for _, id := range items {
		if id == "item-1" {
			known = append(known, port.Message{Item: id, Matter: "M09", State: port.Returned, Sequence: 2, DecidedAt: now, Faults: []port.Defect{{Field: "XM", Words: "有误"}}})
		}
	}
	return known, nil
}

func (d *desk) TakeBack(_ context.Context, item string) (port.Message, error) {
	if item == "broken" {
		return port.Message{}, errors.New("no disk, and 王小明")
	}
	return port.Message{}, &port.Refusal{Reason: port.ItemDecided, Item: &port.Message{Item: item, Matter: "M09", State: port.Rejected, Sequence: 3, DecidedAt: now}}
}

func (d *desk) Find(_ context.Context, persons []port.Person) ([]port.Found, error) {
	found := make([]port.Found, len(persons))
	for i, p := range persons {
		found[i] = port.Found{Ref: p.Ref, Known: true, AsOf: now, Lookups: map[string]map[string]any{"who": {"XM": p.CitizenNumber, "ZNS": json.Number("2")}}}
	}
	return found, nil
}

func post(h http.Handler, body string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(body)))
	return w
}

func ask(t *testing.T, h http.Handler, query string, variables map[string]any) string {
	t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(post(h, string(body)).Body.String())
}

var ports = []*catalog.Port{{ID: "who", Operation: "LOOKUP"}}

func TestServe(t *testing.T) {
	d := &desk{}
	var operations []string
	h := gqlport.Serve(ports, d, func(operation string, next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			operations = append(operations, operation)
			next.ServeHTTP(w, r)
		})
	})
	item := map[string]any{"id": "item-1", "round": 0, "case": "c", "matter": "M09", "applicant": "n", "fields": map[string]any{"XM": "李", "JE": json.Number("1.50")}, "materials": []string{}, "callback": ""}
	for _, c := range []struct {
		name, query string
		variables   map[string]any
		want        string
	}{
		{"fields in the order asked, with aliases and fragments", `query Q($i: [ID!]!) { __typename s: status(items: $i) { ...M state __typename faults { words } } } fragment M on Message { sequence id: item faults { field } }`,
			map[string]any{"i": []string{"item-1", "item-2"}},
			`{"data":{"__typename":"Query","s":[{"sequence":2,"id":"item-1","faults":[{"field":"XM","words":"有误"}],"state":"RETURNED","__typename":"Message"}]}}`},
		{"what is left out", `query Q($no: Boolean!) { status(items: ["item-1"]) { item state @include(if: $no) number @skip(if: true) ... @include(if: $no) { words } dueAt } }`,
			map[string]any{"no": false}, `{"data":{"status":[{"item":"item-1","dueAt":null}]}}`},
		{"two questions in one request", `{ a: lookup(questions: [{ref: "1", citizenNumber: "n", lookups: []}]) { ref lookups } b: status(items: []) { item } }`, nil,
			`{"data":{"a":[{"ref":"1","lookups":{"who":{"XM":"n","ZNS":2}}}],"b":[]}}`},
		{"a delivery", `mutation D($item: ItemInput!) { deliver(item: $item) { item number dueAt } }`, map[string]any{"item": item}, `{"data":{"deliver":{"item":"item-1","number":"YB1","dueAt":null}}}`},
		{"a refusal", `mutation { withdraw(item: "item-1") { item } }`, nil,
			`{"data":null,"errors":[{"message":"refused","extensions":{"code":"REFUSED","item":{"item":"item-1","matter":"M09","state":"REJECTED","decidedAt":"2026-11-23T09:00:00Z","sequence":3},"reason":"ITEM_DECIDED"}}]}`},
		{"a system that fails tells nothing", `mutation { withdraw(item: "broken") { item } }`, nil, `{"data":null,"errors":[{"message":"internal_server_error","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}`},
		{"a field that is not there", `{ persons { name } }`, nil, `{"data":null,"errors":[{"message":"graphql_validation_failed","extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}`},
		{"no GraphQL", `{`, nil, `{"data":null,"errors":[{"message":"graphql_parse_failed","extensions":{"code":"GRAPHQL_PARSE_FAILED"}}]}`},
		{"a variable of the wrong type", `query($i: [ID!]!) { status(items: $i) { item } }`, map[string]any{"i": "x", "j": 1}, ``},
		{"a variable that is missing", `mutation D($item: ItemInput!) { deliver(item: $item) { item } }`, nil, `{"data":null,"errors":[{"message":"bad_user_input","extensions":{"code":"BAD_USER_INPUT","reason":"VARIABLES"}}]}`},
		{"the schema of the schema", `{ __schema { types { name } } }`, nil, `{"data":null,"errors":[{"message":"refused","extensions":{"code":"REFUSED","reason":"INTROSPECTION"}}]}`},
		{"the same over and over", `{` + strings.Repeat(` a: status(items: []) { item }`, 3) + strings.Join(strings.Split("bcdefghijklmn", ""), `: status(items: []) { item } `) + `: status(items: []) { item } }`, nil,
			`{"data":null,"errors":[{"message":"refused","extensions":{"code":"REFUSED","reason":"TOO_MANY"}}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := ask(t, h, c.query, c.variables); got != c.want && c.want != "" {
				t.Errorf("got  %s\nwant %s", got, c.want)
			}
		})
	}
	if want := (port.Item{ID: "item-1", Case: "c", Matter: "M09", Applicant: "n", Fields: map[string]any{"XM": "李", "JE": json.Number("1.50")}, Materials: []string{}}); len(d.kept) != 1 || !reflect.DeepEqual(d.kept[0], want) {
		t.Errorf("kept %+v, want %+v", d.kept, want)
	}
	if want := []string{"STATUS", "STATUS", "LOOKUP", "STATUS", "DELIVER", "WITHDRAW", "WITHDRAW"}; !slices.Equal(operations[:len(want)], want) {
		t.Errorf("operations %v, want %v first", operations, want)
	}
}

func TestServeAtItsDoor(t *testing.T) {
	h := gqlport.Serve(ports, &desk{}, nil)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/graphql", nil))
	if w.Code != http.StatusOK || w.Body.String() != gqlport.SDL {
		t.Errorf("the schema: %d", w.Code)
	}
	for want, r := range map[int]*http.Request{
		http.StatusNotFound:              httptest.NewRequest(http.MethodPost, "/elsewhere", nil),
		http.StatusMethodNotAllowed:      httptest.NewRequest(http.MethodPut, "/graphql", nil),
		http.StatusBadRequest:            httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(`[]`)),
		http.StatusRequestEntityTooLarge: httptest.NewRequest(http.MethodPost, "/graphql", strings.NewReader(strings.Repeat(" ", 5<<20))),
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("status %d, want %d", w.Code, want)
		}
	}
}

// FuzzServe sends what no client would; the answer is always JSON, and nothing panics.
func FuzzServe(f *testing.F) {
	f.Add(`{"query":"{ status(items: [\"a\"]) { item } }"}`)
	f.Add(`{"query":"query($i: [ID!]!) { status(items: $i) { item } }","variables":{"i":[1,null,"x",{}]}}`)
	f.Add(`{"query":"mutation { deliver(item: {id: 1, round: 99999999999999999999, case: \"\", matter: \"m\", applicant: \"\", fields: {a: 99999999999999999999}, materials: [], callback: \"\"}) { item } }"}`)
	f.Add(`{"query":"mutation($item: ItemInput!) { deliver(item: $item) { item } }","variables":{"item":{"round":1e400,"fields":null}}}`)
	h := gqlport.Serve(ports, &desk{}, nil)
	f.Fuzz(func(t *testing.T, body string) {
		w := post(h, body)
		if !json.Valid(w.Body.Bytes()) {
			t.Errorf("answered %q", w.Body)
		}
	})
}
