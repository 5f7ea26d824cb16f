package server_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/server"
)

// Each event comes about by a real request, is told in one line with the request's ID,
// and is counted; no line names anybody.
func TestSecurityEvents(t *testing.T) {
	t.Parallel()
	e, set := listen(t)
	var later atomic.Int64
	now := func() time.Time { return noon().Add(time.Duration(later.Load())) }
	k := open(t, storetest.SQLite(t), now, set, func(c *server.Config) { c.SubgraphSecret, c.Rate = "routers-only-secret", 100_000 })
	graph := k.public + "/graphql"
	old, post := k.token("veteran0"), func(token, body string) func() {
		return func() {
			k.send(http.MethodPost, graph, body, map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + token})
		}
	}
	ask := func(as, query string) func() { return func() { k.ask(as, graph, query, nil) } }
	partner := k.token("partner-insurance")
	const pause = `mutation { pausePort(input: {port: "mil.serviceRecord", reason: "检修"}) { port { id } } }`
	var consent struct {
		GrantConsent struct{ Consent struct{ ID string } }
	}
	for _, c := range []struct {
		event, viewer string
		do            func()
	}{
		{"SIGN_IN_REFUSED", "", post("no.such.token", `{"query":"{__typename}"}`)},
		{"NOT_ALLOWED", "veteran", ask("veteran0", pause)},
		{"ADMIN_ACTED", "operator", ask("operator", pause)},
		{"ASSURANCE_TOO_LOW", "veteran", ask("veteran0:BASIC", `mutation { grantMandate(input: {agent: "demo/clerk", matters: ["M01"], until: "2026-12-31"}) { mandate { state } } }`)},
		{"PURPOSE_WRONG", "partner", func() { k.asPartner(partner, "MARKETING", `{__typename}`) }},
		{"SLICE_REFUSED", "partner", func() {
			k.send(http.MethodGet, k.public+"/export/cases.csv", "", map[string]string{"Authorization": "Bearer " + partner})
		}},
		{"CALLBACK_FORGED", "", func() {
			k.send(http.MethodPost, k.public+"/callbacks/PS", `{}`, map[string]string{port.SignatureHeader: port.SignCallback([]byte("another secret"), []byte(`{}`), now())})
		}},
		{"ROUTER_SECRET", "", func() {
			k.send(http.MethodPost, k.sub+"/subgraph", `{"query":"{_service {sdl}}"}`, map[string]string{"Content-Type": "application/json"})
		}},
		{"COST_REFUSED", "clerk", ask("clerk", `{ veterans(first: 100) { nodes { cases(first: 100) { nodes { items { matter { name { zh } } } } } } } }`)},
		{"DOCUMENT_REFUSED", "veteran", post(old, `{"query":"{__typename}","extensions":{"persistedQuery":{"version":1,"sha256Hash":"`+strings.Repeat("0", 64)+`"}}}`)},
		{"CONSENT_GIVEN", "veteran", func() {
			k.get("veteran0", `mutation {grantConsent(input: {slice: "preferential", version: 1}) {consent {id}}}`, nil, &consent)
		}},
		{"CONSENT_WITHDRAWN", "veteran", func() {
			k.get("veteran0", `mutation($id: ID!) {withdrawConsent(input: {consentId: $id}) {consent {id}}}`, map[string]any{"id": consent.GrantConsent.Consent.ID}, &struct{}{})
		}},
		{"DATA_COPIED", "veteran", func() { k.copyWith(k.token("veteran0")) }},
		{"KEY_ROTATED", "", func() {
			if status, out, errs := run("keys", "rotate", "--data="+k.hub.Config.Data); status != 0 {
				t.Fatal(out, errs)
			}
			if err := k.hub.SealAnew(access.AsMachine(t.Context(), "reseal")); err != nil {
				t.Fatal(err)
			}
		}},
		{"QUOTA_EXCEEDED", "clerk", func() {
			for range 40 {
				k.ask("clerk", graph, large, nil)
			}
		}},
		{"TOKEN_EXPIRED", "", func() {
			later.Store(int64(13 * time.Hour))
			post(old, `{"query":"{__typename}"}`)()
		}},
	} {
		before := k.events(c.event)
		c.do()
		k.until(c.event, func() bool { return k.events(c.event) != before }) // keys are also looked at by a round
		line := regexp.MustCompile(`\{[^\n]*"part":"security"[^\n]*"event":"` + c.event + `"[^\n]*`).FindString(e.heard(t, k.hub)["log"])
		who := regexp.MustCompile(`"viewer":"` + c.viewer + `","account":"[0-9a-f]{16}"`)
		if line == "" || c.viewer != "" && !who.MatchString(line) {
			t.Errorf("%s: %q", c.event, line)
		}
		if c.event != "KEY_ROTATED" && !strings.Contains(line, `"request":"`) {
			t.Errorf("%s: no request in %q", c.event, line)
		}
	}
	words := canaries(workday.FromTime(noon()), k.hub.Config.Veterans)
	words[old] = "token"
	for _, id := range k.heroes {
		words[id] = "person"
	}
	for _, line := range regexp.MustCompile(`[^\n]*"part":"security"[^\n]*`).FindAllString(e.heard(t, k.hub)["log"], -1) {
		for word, what := range words {
			if strings.Contains(line, word) {
				t.Errorf("a %s in %s", what, line)
			}
		}
	}
}

// events is how often an event was counted.
func (k *talk) events(event string) string {
	return regexp.MustCompile(`vetgraph_security_events_total\{event="` + event + `"\} (\d+)`).FindString(k.metrics())
}
