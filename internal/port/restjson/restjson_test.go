package restjson_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
)

var now = time.Date(2026, time.November, 23, 9, 0, 0, 0, time.UTC)

// police is a catalogue of one department with one matter, and two lookups that
// share a path beside one that does not.
func police() *catalog.Catalog {
	p := func(id, operation string) *catalog.Port {
		return &catalog.Port{ID: id, Department: "PS", Operation: operation, Kind: restjson.Kind, TimeoutMS: 2000, Batch: 3}
	}
	submit, status, result, withdraw := p("submit", "SUBMIT"), p("status", "STATUS"), p("result", "RESULT"), p("withdraw", "WITHDRAW")
	submit.Matter, status.Matter, result.Matter, withdraw.Matter = "M04", "M04", "M04", "M04"
	submit.Path, withdraw.Path = "/hukou", "/hukou/{id}/undo"
	submit.Send = map[string]string{"XM": "name"}
	result.Answers = map[string]string{"hukouAddress": "HKZZ"}
	who, where, other := p("who", "LOOKUP"), p("where", "LOOKUP"), p("else", "LOOKUP")
	who.Answers, where.Answers, other.Answers = map[string]string{"name": "XM"}, map[string]string{"hukouAddress": "HKZZ"}, map[string]string{"name": "MC"}
	other.Path = "/elsewhere"
	return &catalog.Catalog{
		Departments: []*catalog.Department{{Code: "PS"}},
		Fields:      []*catalog.Field{{ID: "name", Type: "string"}, {ID: "hukouAddress", Type: "string"}},
		Matters:     []*catalog.Matter{{Code: "M04", Lead: "PS", Result: catalog.Result{Outputs: []string{"hukouAddress"}}}},
		Ports:       []*catalog.Port{submit, status, result, withdraw, who, where, other},
	}
}

// talk opens a port whose department is a function.
func talk(t testing.TB, h http.HandlerFunc) port.Department {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return at(t, police(), port.Endpoint{URL: server.URL + "/base/", Token: "our-token"})
}

// at is the police behind an address.
func at(t testing.TB, c *catalog.Catalog, e port.Endpoint) port.Department {
	t.Helper()
	r, err := port.NewRegistry(c, map[string]port.Endpoint{"PS": e}, map[string]port.Kind{restjson.Kind: restjson.Open}, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return r.Get("PS")
}

func says(status int, contentType, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", contentType)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const receipt = `{"item":"item-1","number":"PS1","receivedAt":"2026-11-23T09:00:00Z","more":"than agreed"}`

func TestDeliverSends(t *testing.T) {
	var path, token string
	var body map[string]any
	d := talk(t, func(w http.ResponseWriter, r *http.Request) {
		path, token = r.Method+" "+r.URL.Path, r.Header.Get("Authorization")
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			t.Error(err)
		}
		says(http.StatusCreated, "application/json; charset=utf-8", receipt)(w, r)
	})
	got, err := d.Deliver(t.Context(), port.Delivery{
		ItemID: "item-1", CaseNumber: "case-1", Matter: "M04", Answers: map[string]any{"name": "王", "hukouAddress": "not asked"},
		Callback: "http://hub/callbacks/PS", Applicant: "23010219990305001X",
	})
	if err != nil || got.Number != "PS1" || !got.ReceivedAt.Equal(now) {
		t.Fatalf("receipt %+v, error %v", got, err)
	}
	if path != "PUT /base/hukou/item-1" || token != "Bearer our-token" {
		t.Errorf("%s with %s", path, token)
	}
	want := map[string]any{
		"round": 0.0, "case": "case-1", "matter": "M04", "applicant": "23010219990305001X", "fields": map[string]any{"XM": "王"},
		"materials": []any{}, "callback": "http://hub/callbacks/PS",
	}
	if !reflect.DeepEqual(body, want) {
		t.Errorf("sent %v, want %v", body, want)
	}
}

func TestALaterRoundGoesThroughTheCorrectionPort(t *testing.T) {
	for _, c := range []struct {
		name, path string
		port       *catalog.Port
	}{
		{"of its own", "PUT /hukou-fix/item-1", &catalog.Port{ID: "fix", Department: "PS", Kind: restjson.Kind, Operation: "CORRECTION", Matter: "M04", Path: "/hukou-fix/{id}"}},
		{"of another matter", "PUT /hukou/item-1", &catalog.Port{ID: "fix", Department: "PS", Kind: restjson.Kind, Operation: "CORRECTION", Matter: "M05", Path: "/card"}},
		{"without a path", "PUT /items/item-1", &catalog.Port{ID: "fix", Department: "PS", Kind: restjson.Kind, Operation: "CORRECTION", Matter: "M04"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var paths []string
			var rounds []int
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				var body port.Item
				if err := json.NewDecoder(r.Body).Decode(&body); err != nil || body.Fields["XM"] != "王" {
					t.Errorf("body %+v, error %v", body, err)
				}
				paths, rounds = append(paths, r.Method+" "+r.URL.Path), append(rounds, body.Round)
				says(200, "application/json", receipt)(w, r)
			}))
			defer server.Close()
			cat := police()
			cat.Ports = append(cat.Ports, c.port)
			d := at(t, cat, port.Endpoint{URL: server.URL})
			for round := range 3 {
				if _, err := d.Deliver(t.Context(), port.Delivery{ItemID: "item-1", Round: round, Matter: "M04", Answers: map[string]any{"name": "王"}}); err != nil {
					t.Fatal(err)
				}
			}
			if want := []string{"PUT /hukou/item-1", c.path, c.path}; !slices.Equal(paths, want) || !slices.Equal(rounds, []int{0, 1, 2}) {
				t.Errorf("went through %v as rounds %v, want %v", paths, rounds, want)
			}
		})
	}
}

func TestStatusTellsDefectsUnderOurNames(t *testing.T) {
	body := `{"items":[{"item":"item-1","matter":"M04","state":"RETURNED","sequence":3,"decidedAt":"2026-11-23T09:00:00Z","words":"请补正。",
		"faults":[{"field":"XM","words":"姓名有误"},{"field":"QM","words":"未签名"}]}]}`
	a, err := talk(t, says(200, "application/json", body)).Status(t.Context(), []string{"item-1"})
	if err != nil {
		t.Fatal(err)
	}
	if want := []port.Defect{{Field: "name", Words: "姓名有误"}}; !reflect.DeepEqual(a[0].Faults, want) || a[0].Words != "请补正。\n未签名" {
		t.Errorf("faults %+v, words %q", a[0].Faults, a[0].Words)
	}
}

func TestDeliverUnderstands(t *testing.T) {
	const jsonType = "application/json"
	cases := []struct {
		name   string
		answer http.HandlerFunc
		kind   fault.Kind
		reason string
	}{
		{"a page of a proxy", says(200, "text/html", "<html>"), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"no content type", says(200, "", receipt), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"a receipt of another item", says(200, jsonType, strings.Replace(receipt, "item-1", "item-2", 1)), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"a receipt without number", says(200, jsonType, strings.Replace(receipt, "PS1", "", 1)), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"a receipt of the wrong type", says(200, jsonType, strings.Replace(receipt, `"PS1"`, `1`, 1)), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"more than a receipt", says(200, jsonType, receipt+receipt), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"not UTF-8", says(200, jsonType, strings.Replace(receipt, "PS1", "\xff", 1)), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"that our token is no good", says(401, jsonType, `{}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		{"that there is no such page", says(404, "text/html", "no"), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"that there is no such path", says(404, jsonType, `{"reason":"PATH"}`), fault.Unavailable, "DEPARTMENT_FAILED"},
		{"that it will never take this", says(422, jsonType, `{"reason":"APPLICANT"}`), fault.Invalid, "DEPARTMENT_REFUSED"},
		{"that it is too much", says(413, jsonType, `{"reason":"TOO_LARGE"}`), fault.Invalid, "DEPARTMENT_REFUSED"},
		{"that it has something else", says(409, jsonType, `{"reason":"ITEM_DELIVERED_OTHERWISE"}`), fault.Conflict, "ITEM_DELIVERED_OTHERWISE"},
		{"a refusal that is endless", says(422, jsonType, `{"reason":"`+strings.Repeat("x", 1<<17)+`"}`), fault.Unavailable, "DEPARTMENT_GARBLED"},
		{"that it is broken", says(502, "text/html", "bad gateway"), fault.Unavailable, "DEPARTMENT_FAILED"},
		{"that it is closed, not until when", says(503, "text/html", ""), fault.Unavailable, "DEPARTMENT_FAILED"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := talk(t, c.answer).Deliver(t.Context(), port.Delivery{ItemID: "item-1", Matter: "M04"})
			if f := fault.Of(err); err == nil || f.Kind != c.kind || f.Reason != c.reason || f.Department != "PS" {
				t.Fatalf("error %v, want %s", err, c.reason)
			}
		})
	}
}

func TestRetryAfter(t *testing.T) {
	cases := map[string]time.Time{
		"30": now.Add(30 * time.Second), "0": now, "Mon, 23 Nov 2026 09:10:00 GMT": now.Add(10 * time.Minute),
		"": {}, "-5": {}, "soon": {}, "999999": {}, "Mon, 23 Nov 2020 09:10:00 GMT": {},
	}
	for header, want := range cases {
		d := talk(t, func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", header)
			says(http.StatusTooManyRequests, "text/plain", "")(w, r)
		})
		_, err := d.Status(t.Context(), []string{"item-1"})
		if f := fault.Of(err); f.Reason != "DEPARTMENT_BUSY" || !f.RetryAt.Equal(want) {
			t.Errorf("Retry-After %q: %s at %v, want %v", header, f.Reason, f.RetryAt, want)
		}
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var stolen atomic.Bool
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { stolen.Store(true) }))
	defer thief.Close()
	d := talk(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	_, err := d.Lookup(t.Context(), []port.Question{{Ref: "a", CitizenNumber: "23010219990305001X", Lookups: []string{"who"}}})
	if fault.Of(err).Reason != "DEPARTMENT_GARBLED" || stolen.Load() {
		t.Fatalf("error %v, followed: %t", err, stolen.Load())
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	_, err := at(t, police(), port.Endpoint{URL: server.URL}).Deliver(t.Context(), port.Delivery{ItemID: "item-1", Matter: "M04", Applicant: "23010219990305001X", Answers: map[string]any{"name": "王小明"}})
	if fault.Of(err).Reason != "DEPARTMENT_SILENT" {
		t.Fatalf("error %v", err)
	}
	if strings.Contains(err.Error(), "230102") || strings.Contains(err.Error(), "王小明") {
		t.Errorf("the error holds personal data: %v", err)
	}
}

func TestCallerWithADeadline(t *testing.T) {
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	_, err := talk(t, says(200, "application/json", receipt)).Deliver(ctx, port.Delivery{ItemID: "item-1", Matter: "M04"})
	if fault.Of(err).Reason != "DEPARTMENT_SILENT" {
		t.Fatalf("error %v, want that the department did not answer in time", err)
	}
}

func TestMatterWithoutPort(t *testing.T) {
	_, err := talk(t, says(200, "application/json", receipt)).Deliver(t.Context(), port.Delivery{ItemID: "item-1", Matter: "M99"})
	if fault.Of(err).Kind != fault.Internal || err == nil {
		t.Fatalf("error %v, want our own", err)
	}
}

// answering answers every question asked of a path with what say gives.
func answering(calls *atomic.Int64, say func(path string, p port.Person) port.Found) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		calls.Add(1)
		var q restjson.LookupQuestion
		_ = json.NewDecoder(r.Body).Decode(&q)
		var a restjson.LookupAnswer
		for _, p := range slices.Backward(q.Questions) { // order is not promised
			a.Records = append(a.Records, say(r.URL.Path, p))
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(a)
	}
}

func TestLookupBatches(t *testing.T) {
	var calls atomic.Int64
	d := talk(t, answering(&calls, func(path string, p port.Person) port.Found {
		r := port.Found{Ref: p.Ref, Known: true, AsOf: now, Lookups: map[string]map[string]any{}}
		for _, id := range p.Lookups {
			r.Lookups[id] = map[string]any{"XM": p.Ref + path, "MC": "else", "HKZZ": nil}
		}
		if path == "/base/elsewhere" {
			r.AsOf = now.Add(-time.Hour)
		}
		return r
	}))
	var questions []port.Question
	for i := range 7 {
		questions = append(questions, port.Question{Ref: fmt.Sprint(i), CitizenNumber: "23010219990305001X", Lookups: []string{"who", "where", "else"}})
	}
	questions[6].Lookups = []string{"else", "where"}
	records, err := d.Lookup(t.Context(), questions)
	if err != nil {
		t.Fatal(err)
	}
	if n := calls.Load(); n != 6 {
		t.Errorf("%d calls, want 3 batches of 3 for each of 2 paths", n)
	}
	for i, r := range records {
		want := catalog.Facts{"name": fmt.Sprint(i, "/base/lookup"), "hukouAddress": nil}
		if i == 6 {
			want["name"] = "else"
		}
		if r.Ref != fmt.Sprint(i) || !r.Known || !reflect.DeepEqual(r.Facts, want) || !r.AsOf.Equal(now.Add(-time.Hour)) {
			t.Errorf("record %+v, want facts %v", r, want)
		}
	}
	if _, err := d.Lookup(t.Context(), []port.Question{{Ref: "a", Lookups: []string{"nobody's"}}}); err == nil {
		t.Error("a lookup of nobody was asked")
	}
}

func TestLookupRefuses(t *testing.T) {
	ask := []port.Question{{Ref: "a", CitizenNumber: "23010219990305001X", Lookups: []string{"who"}}, {Ref: "b", CitizenNumber: "23010219990305001X", Lookups: []string{"who"}}}
	for name, body := range map[string]string{
		"a person left out":       `{"records":[{"ref":"a"}]}`,
		"a person told twice":     `{"records":[{"ref":"a"},{"ref":"a"},{"ref":"b"}]}`,
		"a record without a date": `{"records":[{"ref":"a","known":true},{"ref":"b"}]}`,
		"a value of another type": `{"records":[{"ref":"a","known":true,"asOf":"2026-11-23T09:00:00Z","lookups":{"who":{"XM":7}}},{"ref":"b"}]}`,
		"a list for a record":     `{"records":[[],{"ref":"b"}]}`,
		"null":                    `null`,
	} {
		t.Run(name, func(t *testing.T) {
			_, err := talk(t, says(200, "application/json", body)).Lookup(t.Context(), ask)
			if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
				t.Fatalf("error %v", err)
			}
		})
	}
}

func TestWithdrawalAnswersAboutAnotherItem(t *testing.T) {
	body := `{"item":"item-2","matter":"M04","state":"WITHDRAWN","sequence":2}`
	_, err := talk(t, says(200, "application/json", body)).Withdraw(t.Context(), "item-1")
	if fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
		t.Fatalf("error %v", err)
	}
}

func TestWithdrawAsksUntilOneKnows(t *testing.T) {
	var paths []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		paths = append(paths, r.URL.Path)
		if strings.HasPrefix(r.URL.Path, "/other/") {
			says(200, "application/json", `{"item":"item-1","matter":"M04","state":"WITHDRAWN","sequence":2}`)(w, r)
			return
		}
		says(404, "application/json", `{"reason":"ITEM_UNKNOWN"}`)(w, r)
	}))
	defer server.Close()
	c := police()
	c.Ports = append(c.Ports, &catalog.Port{ID: "other", Department: "PS", Operation: "WITHDRAW", Kind: restjson.Kind, Path: "/other"})
	a, err := at(t, c, port.Endpoint{URL: server.URL}).Withdraw(t.Context(), "item-1")
	if err != nil || a.State != port.Withdrawn || !slices.Equal(paths, []string{"/hukou/item-1/undo", "/other/item-1"}) {
		t.Errorf("%+v, %v, asked at %v", a, err, paths)
	}
}
