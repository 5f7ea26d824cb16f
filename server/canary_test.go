package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/rs/zerolog"
	sdk "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// ear hears all that a hub tells those who run it: its log at the lowest level,
// every span, and its metrics.
type ear struct {
	mu    sync.Mutex
	log   bytes.Buffer
	spans *tracetest.InMemoryExporter
}

// Write implements io.Writer.
func (e *ear) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.log.Write(p)
}

func listen(t *testing.T) (*ear, func(*server.Config)) {
	t.Helper()
	e := &ear{spans: tracetest.NewInMemoryExporter()}
	made := sdk.NewTracerProvider(sdk.WithSyncer(e.spans))
	return e, func(c *server.Config) {
		c.Log, c.Tracer = zerolog.New(e).Level(zerolog.TraceLevel), made.Tracer("canaries")
	}
}

// heard is everything up to now, by where it was told.
func (e *ear) heard(t *testing.T, h *server.Hub) map[string]string {
	t.Helper()
	spans, err := json.Marshal(e.spans.GetSpans())
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	e.mu.Lock()
	defer e.mu.Unlock()
	return map[string]string{"log": e.log.String(), "traces": string(spans), "metrics": w.Body.String()}
}

// typed is what our tests fill in where people do.
var typed = []string{"19900001234", "示例路1号"}

// canaries are words by which a person of the demonstration is known.
func canaries(day workday.Day, n int) map[string]string {
	words := map[string]string{}
	add := func(what string, values ...string) {
		for _, v := range values {
			if utf8.RuneCountInString(v) > 2 { // two characters may be anything
				words[v] = what
			}
		}
	}
	add("typed", typed...)
	for p := range population.Generate(1, n, day, division.Builtin()) {
		known(p, add)
	}
	return words
}

func known(p profile.Person, add func(string, ...string)) {
	add("number", p.Number.Reveal()) // as it is: its String is masked
	add("name", p.Identity.Name)
	if p.Contact != nil {
		add("contact", p.Contact.Mobile, p.Contact.Address)
	}
	for _, h := range p.Households {
		add("address", h.Address)
	}
	for _, s := range p.ServicePeriods {
		add("unit", s.Unit)
	}
	if d := p.Discharge; d != nil {
		add("certificate", d.CertNo, d.Letter)
	}
	if d := p.Disability; d != nil {
		add("disability", d.CertNo)
	}
	for _, r := range p.ArmyRelations {
		add("voucher", r.VoucherNo)
	}
}

// anybody is what an identity number looks like.
var anybody = regexp.MustCompile(`[1-9]\d{16}[\dXx]`)

// nobody insists that nobody is named in what was told.
func (e *ear) nobody(t *testing.T, h *server.Hub, words map[string]string) {
	t.Helper()
	for where, text := range e.heard(t, h) {
		for word, what := range words {
			if at := strings.Index(text, word); at >= 0 {
				t.Errorf("a %s is in the %s: %s", what, where, text[max(0, at-200):min(len(text), at+100)])
			}
		}
		for _, digits := range anybody.FindAllString(text, -1) {
			if _, err := citizen.Parse(digits); err == nil {
				t.Errorf("somebody's number is in the %s: %s", where, digits)
			}
		}
		for _, secret := range []string{"eyJ", "Bearer"} {
			if at := strings.Index(text, secret); at >= 0 {
				t.Errorf("a token is in the %s: %s", where, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// A whole case, from the first look at the profile to the sheet and the money, and
// everything that clumsy or hostile clients put where it does not belong: nothing
// that those who run the hub read says who it was about.
func TestNobodyIsNamed(t *testing.T) {
	e, set := listen(t)
	k := open(t, storetest.SQLite(t), nil, set)
	hero, ok := firstOf(population.Generate(1, 1, workday.FromTime(time.Now()), division.Builtin()))
	if !ok {
		t.Fatal("no hero")
	}
	id := k.fileAll(0)
	k.until("the case ends", func() bool {
		var out struct{ Case struct{ State string } }
		k.get("veteran0", `query($id: ID!) { case(id: $id) { state } }`, map[string]any{"id": id}, &out)
		return out.Case.State == "COMPLETED" || out.Case.State == "PARTIALLY_COMPLETED" || out.Case.State == "REJECTED"
	})
	k.fetch("veteran0", "/cases/"+id+"/sheet")
	k.misplace(hero, id)

	words := canaries(workday.FromTime(time.Now()), k.hub.Config.Veterans)
	e.nobody(t, k.hub, words)
	told := e.heard(t, k.hub)
	for where, must := range map[string][]string{
		"log":     {`"request":"`, `"trace":"`, `"operation":"`, `"route":"/graphql"`},
		"traces":  {"mutation", "query", "vetgraph.port", "vetgraph.job", "http.route"},
		"metrics": {"vetgraph_graphql_seconds_count", "vetgraph_graphql_fields_total", `department="VA"`},
	} {
		for _, m := range must {
			if !strings.Contains(told[where], m) {
				t.Errorf("the %s say nothing of %s", where, m)
			}
		}
	}
}

func firstOf(people func(func(profile.Person) bool)) (p profile.Person, ok bool) {
	for p = range people {
		return p, true
	}
	return p, false
}

// misplace sends a person's number and name wherever a request has room.
func (k *talk) misplace(p profile.Person, caseID string) {
	k.t.Helper()
	who := p.Number.String()
	queries := []string{
		fmt.Sprintf(`query %q`, who), // malformed
		fmt.Sprintf(`query N%s($v: ID = %q) { veteran(id: $v) { id } }`, who, who),
		fmt.Sprintf(`{ a%s: me { kind } }`, who),
		fmt.Sprintf(`{ me { n%s } }`, who),
		fmt.Sprintf(`{ veteran(id: %q) { identity { name } } }`, who),
		fmt.Sprintf(`{ veteran(id: %q, name: %q) { id } }`, who, p.Identity.Name),
		fmt.Sprintf(`{ case(id: %q) { id } }`, p.Identity.Name),
		fmt.Sprintf(`{ division(code: %q) { name } }`, who),
		fmt.Sprintf(`mutation { submitCase(input: {idempotencyKey: %q, veteranId: %q, matters: [%q], answers: [{field: %q, value: %q}]}) { case { id } } }`,
			who, who, who, who, p.Identity.Name),
		fmt.Sprintf(`mutation { withdrawCase(input: {id: %q, reason: %q}) { case { id } } }`, caseID, who+p.Identity.Name),
		"# " + who + p.Identity.Name,
	}
	for _, q := range queries {
		for _, as := range []string{"", "veteran0", "clerk", "operator"} {
			k.ask(as, k.public+"/graphql", q, map[string]any{"v": who, "k": p.Identity.Name, who: who})
			k.ask(as, k.sub+"/subgraph", q, nil)
		}
	}
	for _, path := range []string{"/graphql?query=" + url.QueryEscape(queries[4]), "/" + who, "/verify/" + who, "/graphql?" + who + "=1", "/cases/" + who + "/sheet",
		"/export/cases.csv?filter=" + who, "/callbacks/" + who, "/" + url.PathEscape(p.Identity.Name)} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut} {
			r, err := http.NewRequestWithContext(k.t.Context(), method, k.public+path, strings.NewReader(`{"query":"`+who+`"`+p.Identity.Name))
			if err != nil {
				k.t.Fatal(err)
			}
			for _, h := range []string{"X-Request-Id", "X-Client-Name", "X-Client-Version", "Traceparent", "Tracestate", "Baggage", "Accept-Language", "Origin", "User-Agent"} {
				r.Header.Set(h, who)
			}
			r.Header.Set("Authorization", "Bearer "+who)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				k.t.Fatal(err)
			}
			_ = res.Body.Close()
		}
	}
}
