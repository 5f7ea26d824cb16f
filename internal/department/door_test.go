package department_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

func call(tb testing.TB, e port.Endpoint, method, path string, body []byte) (int, []byte) {
	tb.Helper()
	req, err := http.NewRequestWithContext(tb.Context(), method, e.URL+path, bytes.NewReader(body))
	if err != nil {
		tb.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+e.Token)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		tb.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		tb.Fatal(err)
	}
	return res.StatusCode, text
}

func TestTheDoorRefuses(t *testing.T) {
	e := start(t, department.Config{}).Endpoints()["PS"]
	good := fmt.Sprintf(`{"case":"c","matter":"M04","applicant":"%s","fields":{}}`, veteran(1).Reveal())
	many, err := json.Marshal(map[string]any{"items": make([]string, 1001)})
	must(t, err)
	cases := []struct {
		name, method, path, body string
		want                     int
	}{
		{"a good item, to compare", "PUT", "/items/a", good, 200},
		{"another path", "PUT", "/nothing", good, 404},
		{"another method", "DELETE", "/items/a", good, 404},
		{"an item without JSON", "PUT", "/items/a", "x", 422},
		{"an item with a name that is none", "PUT", "/items/a%20b", good, 422},
		{"a matter of another department", "PUT", "/items/b", strings.Replace(good, "M04", "M01", 1), 422},
		{"nobody", "PUT", "/items/b", strings.Replace(good, veteran(1).Reveal(), "230102199603050019", 1), 422},
		{"a callback to a file", "PUT", "/items/b", strings.Replace(good, `"case"`, `"callback":"file:///etc/hosts","case"`, 1), 422},
		{"a round before the first", "PUT", "/items/b", strings.Replace(good, `"case"`, `"round":-1,"case"`, 1), 422},
		{"too much", "PUT", "/items/b", strings.Replace(good, `"c"`, `"`+strings.Repeat("c", 5<<20)+`"`, 1), 413},
		{"too many at once", "POST", "/status", string(many), 422},
		{"an unknown lookup", "POST", "/lookup", `{"questions":[{"ref":"a","citizenNumber":"1","lookups":["x"]}]}`, 422},
		{"a withdrawal of nothing", "POST", "/items/z/withdraw", "{}", 404},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got, text := call(t, e, c.method, c.path, []byte(c.body)); got != c.want {
				t.Errorf("status %d, want %d: %s", got, c.want, text)
			}
		})
	}
	if got, _ := call(t, e, "GET", "/health", nil); got != 200 {
		t.Errorf("health: status %d", got)
	}
}

// FuzzDoor sends anything to a department: it answers with JSON and never with a failure of its own.
func FuzzDoor(f *testing.F) {
	e := start(f, department.Config{WorkdayTakes: time.Hour}).Endpoints()["PS"]
	number := veteran(1).Reveal()
	f.Add(0, []byte(`{"case":"c","matter":"M04","applicant":"`+number+`","fields":{"XM":["王"],"CSRQ":17}}`))
	f.Add(1, []byte(`{"items":["a","b",""]}`))
	f.Add(2, []byte(`{"questions":[{"ref":"a","citizenNumber":"`+number+`","lookups":["ps.identityVerify"]}]}`))
	f.Add(3, []byte(`{}`))
	f.Fuzz(func(t *testing.T, which int, body []byte) {
		doors := []struct{ method, path string }{{"PUT", "/items/a"}, {"POST", "/status"}, {"POST", "/lookup"}, {"POST", "/items/a/withdraw"}}
		d := doors[((which%4)+4)%4]
		status, text := call(t, e, d.method, d.path, body)
		if status >= 500 || !json.Valid(text) {
			t.Fatalf("status %d: %s", status, text)
		}
	})
}

func TestEnrolReplaces(t *testing.T) {
	c := patient(t, 10*time.Second)
	f := start(t, department.Config{Catalog: c})
	r := registry(t, c, f.Endpoints())
	for _, facts := range []catalog.Facts{{"disabilityGrade": "5", "awards": []string{"01"}}, {"disabilityGrade": nil}} {
		must(t, f.Enrol(t.Context(), "VA", []department.Person{{CitizenNumber: veteran(1), Facts: facts}}))
	}
	records, err := r.Get("VA").Lookup(t.Context(), []port.Question{{Ref: "a", CitizenNumber: veteran(1), Lookups: []string{"va.disability", "va.awards"}}})
	must(t, err)
	if v, told := records[0].Facts["disabilityGrade"]; !told || v != nil || len(records[0].Facts) != 1 {
		t.Errorf("facts %v, want that there is no disability and nothing else", records[0].Facts)
	}
}
