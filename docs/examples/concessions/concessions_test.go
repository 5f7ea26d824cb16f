package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"
)

const testSecret = "what routers know"

// rig is the service behind a real socket, with a clock that is set by hand.
type rig struct {
	t    *testing.T
	s    *service
	http *httptest.Server
}

func start(t *testing.T, data string) *rig {
	t.Helper()
	s, err := open(data, "", testSecret, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	s.now = func() time.Time { return time.Date(2026, 11, 24, 9, 0, 0, 0, china) }
	g := &rig{t: t, s: s, http: httptest.NewServer(s.handler())}
	t.Cleanup(g.stop)
	return g
}

func (g *rig) stop() {
	g.http.CloseClientConnections()
	g.http.Close()
	_ = g.s.close()
}

func (g *rig) request(query string, variables map[string]any) *http.Request {
	body, err := json.Marshal(map[string]any{"query": query, "variables": variables})
	if err != nil {
		g.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(g.t.Context(), http.MethodPost, g.http.URL+"/graphql", bytes.NewReader(body))
	if err != nil {
		g.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(secretHeader, testSecret)
	return r
}

type answer struct {
	Data   json.RawMessage
	Errors []struct {
		Message    string
		Extensions struct{ Code, Reason string }
	}
}

// ask answers data, or the reason of the first error.
func (g *rig) ask(query string, variables map[string]any) (data, reason string) {
	g.t.Helper()
	res, err := http.DefaultClient.Do(g.request(query, variables))
	if err != nil {
		g.t.Fatal(err)
	}
	defer res.Body.Close()
	var a answer
	if err := json.NewDecoder(res.Body).Decode(&a); err != nil {
		g.t.Fatal(err)
	}
	if len(a.Errors) > 0 {
		if a.Errors[0].Extensions.Reason == "" {
			g.t.Fatalf("an error without a reason: %s", a.Errors[0].Message)
		}
		return string(a.Data), a.Errors[0].Extensions.Reason
	}
	return string(a.Data), ""
}

const entities = `query ($of: [_Any!]!) { _entities(representations: $of) { ... on Veteran {
	id concessionStanding { entitled code permit } concessions { code division { code } } concessionsTaken { number concession { code } } } } }`

// person is a veteran as a router names one, with what @requires asks of the hub.
func person(id string, card any) map[string]any {
	return map[string]any{"__typename": "Veteran", "id": id, "benefits": map[string]any{"preferentialCard": card}}
}

func active() map[string]any { return map[string]any{"state": "ACTIVE", "issuedOn": "2026-03-01"} }

type seen struct {
	Entities []struct {
		ID                 string
		ConcessionStanding struct {
			Entitled bool
			Code     string
			Permit   *string
		}
		Concessions      []struct{ Code string }
		ConcessionsTaken []struct{ Number string }
	} `json:"_entities"`
}

func (g *rig) people(of ...map[string]any) seen {
	g.t.Helper()
	data, reason := g.ask(entities, map[string]any{"of": of})
	var s seen
	if err := json.Unmarshal([]byte(data), &s); err != nil || reason != "" {
		g.t.Fatalf("%s %s %v", data, reason, err)
	}
	return s
}

// TestStanding asks about people of every kind in one request: each has their own answer.
func TestStanding(t *testing.T) {
	g := start(t, t.TempDir())
	got := g.people(person("a", active()), person("b", nil), person("c", map[string]any{"state": "MAKING", "issuedOn": nil}),
		person("d", map[string]any{"state": "CANCELLED", "issuedOn": "2025-01-01"}),
		person("e", map[string]any{"state": "ACTIVE", "issuedOn": "2026-11-25"}))
	for i, want := range []string{"VALID", "NO_CARD", "MAKING", "CANCELLED", "NOT_YET_ISSUED"} {
		v := got.Entities[i]
		if v.ConcessionStanding.Code != want || v.ID != string("abcde"[i]) {
			t.Errorf("%d: %s has %s, want %s", i, v.ID, v.ConcessionStanding.Code, want)
		}
		valid := want == "VALID"
		if v.ConcessionStanding.Entitled != valid || (v.ConcessionStanding.Permit != nil) != valid || (len(v.Concessions) == 4) != valid {
			t.Errorf("%s: entitled %v, concessions %v", want, v.ConcessionStanding.Entitled, v.Concessions)
		}
	}
}

const takeUp = `mutation ($key: String!, $concession: ID!, $permit: String!) {
	takeUpConcession(input: { key: $key, concession: $concession, permit: $permit }) { again taken { number concession { code holders } } veteran { id concessionsTaken { number } } } }`

func (g *rig) take(key, concession, permit string) (data, reason string) {
	g.t.Helper()
	return g.ask(takeUp, map[string]any{"key": key, "concession": concession, "permit": permit})
}

func TestTakeUpConcession(t *testing.T) {
	dir := t.TempDir()
	g := start(t, dir)
	permit := *g.people(person("a", active())).Entities[0].ConcessionStanding.Permit
	first, reason := g.take("key-0001", "harbin-bus", permit)
	if want := `{"takeUpConcession":{"again":false,"taken":{"number":"T00000001","concession":{"code":"harbin-bus","holders":1}},"veteran":{"id":"a","concessionsTaken":[{"number":"T00000001"}]}}}`; first != want || reason != "" {
		t.Fatalf("%s %s, want %s", first, reason, want)
	}
	repeated := strings.Replace(first, `"again":false`, `"again":true`, 1)
	for _, key := range []string{"key-0001", "key-0002"} {
		if again, _ := g.take(key, "harbin-bus", permit); again != repeated {
			t.Errorf("%s: %s, want %s", key, again, repeated)
		}
	}
	for name, c := range map[string]struct{ key, concession, permit, want string }{
		"the same key for another":  {"key-0001", "sun-island", permit, "IDEMPOTENCY_KEY_REUSED"},
		"a key that says nothing":   {"1", "sun-island", permit, "KEY_MALFORMED"},
		"a concession of nobody's":  {"key-0003", "moon-island", permit, "CONCESSION_NOT_FOUND"},
		"somebody's own invention":  {"key-0003", "sun-island", "bm8gcGVybWl0", "PERMIT_INVALID"},
		"a permit with other words": {"key-0003", "sun-island", permit[:len(permit)-1] + "Q", "PERMIT_INVALID"},
	} {
		if _, reason := g.take(c.key, c.concession, c.permit); reason != c.want {
			t.Errorf("%s: %q, want %s", name, reason, c.want)
		}
	}
	g.s.now = func() time.Time { return time.Date(2026, 11, 24, 9, 15, 1, 0, china) }
	if _, reason := g.take("key-0003", "sun-island", permit); reason != "PERMIT_EXPIRED" {
		t.Errorf("a permit after fifteen minutes: %q", reason)
	}
	// A process that was cut off in the middle of a line has acknowledged nothing of it.
	g.stop()
	name := filepath.Join(dir, "taken.jsonl")
	body, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, append(body, `{"at":"2026-11-24T01`...), 0o600); err != nil {
		t.Fatal(err)
	}
	g = start(t, dir)
	if again, _ := g.take("key-0001", "harbin-bus", permit); again != repeated {
		t.Errorf("after a start: %s, want %s", again, repeated)
	}
	if second, _ := g.take("key-0004", "sun-island", permit); !strings.Contains(second, `"number":"T00000002"`) {
		t.Errorf("behind the line that was cut off: %s", second)
	}
}

func TestRegisterIsNotReadPastASpoiltLine(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "taken.jsonl"), []byte("spoilt\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := open(dir, "", "", zerolog.Nop()); err == nil || !strings.Contains(err.Error(), "line 1 cannot be read") {
		t.Errorf("%v", err)
	}
}

func TestQuery(t *testing.T) {
	g := start(t, t.TempDir())
	for division, want := range map[string]string{
		"230000000000": "harbin-bus harbin-metro province-rail-lounge sun-island",
		"230103000000": "harbin-bus harbin-metro province-rail-lounge",
		"230200000000": "province-rail-lounge",
		"110000000000": "",
	} {
		data, reason := g.ask(`query ($d: ID) { concessions(division: $d) { code } }`, map[string]any{"d": division})
		var got struct{ Concessions []struct{ Code string } }
		if err := json.Unmarshal([]byte(data), &got); err != nil || reason != "" {
			t.Fatal(data, reason, err)
		}
		var codes []string
		for _, c := range got.Concessions {
			codes = append(codes, c.Code)
		}
		if strings.Join(codes, " ") != want {
			t.Errorf("%s: %v, want %s", division, codes, want)
		}
	}
	if data, _ := g.ask(`{ concession(code: "sun-island") { name { en } kind { name { zh } } until } }`, nil); data != `{"concession":{"name":{"en":"Free entrance to Sun Island"},"kind":{"name":{"zh":"景区"}},"until":"2030-12-31"}}` {
		t.Error(data)
	}
	if data, _ := g.ask(`{ _entities(representations: [{ __typename: "Concession", code: "none" }, { __typename: "Concession", code: "harbin-bus" }]) { ... on Concession { code } } }`, nil); data != `{"_entities":[null,{"code":"harbin-bus"}]}` {
		t.Error(data)
	}
}

func TestOnlyRouters(t *testing.T) {
	g := start(t, t.TempDir())
	for _, secret := range []string{"", "what routers know ", "nothing"} {
		r := g.request(`{ concessions { code } }`, nil)
		r.Header.Set(secretHeader, secret)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != http.StatusUnauthorized && secret != "what routers know " { // blanks at the end are no part of a header
			t.Errorf("%q: %d", secret, res.StatusCode)
		}
	}
}

// TestLimits: what would cost much is refused before it does.
func TestLimits(t *testing.T) {
	g := start(t, t.TempDir())
	aliases := func(n int) string {
		var b strings.Builder
		for i := range n {
			fmt.Fprintf(&b, "a%d: concessions { ...f } ", i)
		}
		return "{ " + b.String() + "} fragment f on Concession { code holders payPercent }"
	}
	doubling := func(last string) string {
		var b strings.Builder
		for i := range 40 {
			fmt.Fprintf(&b, "fragment f%d on Concession { ...f%d ...f%d } ", i, i+1, i+1)
		}
		return "{ concessions { ...f0 } } " + b.String() + "fragment f40 on Concession { " + last + " }"
	}
	for name, c := range map[string]struct{ query, want string }{
		"many":         {aliases(400), ""},
		"too many":     {aliases(600), "TOO_COSTLY"},
		"doubled":      {doubling("code"), "TOO_COSTLY"},
		"a circle":     {doubling("...f0"), "TOO_COSTLY"},
		"many nothing": {doubling("...f41"), "TOO_COSTLY"},
	} {
		if _, reason := g.ask(c.query, nil); reason != c.want {
			t.Errorf("%s: %q, want %q", name, reason, c.want)
		}
	}
}

// TestEveryMistakeAtOnce: who writes the file learns of all that is wrong with it.
func TestEveryMistakeAtOnce(t *testing.T) {
	_, err := parseOffer([]byte(`
cards: { ACTIVE: { entitled: true, reason: { zh: 有效, en: valid } } }
kinds: { bus: { zh: 公交, en: Bus } }
concessions:
  - { code: A, name: { zh: 甲 }, kind: tram, payPercent: 101, terms: { zh: 乙, en: b }, division: "23", from: "2026-02-30" }
`))
	if err == nil {
		t.Fatal("no mistake")
	}
	for _, want := range []string{"cards.MAKING", "cards.NO_CARD", "code is", "name and terms", `kind "tram"`, "payPercent", "12 digits", "from and until"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among the mistakes:\n%v", want, err)
		}
	}
	if _, err := parseOffer([]byte("offers: []\n")); err == nil || !strings.Contains(err.Error(), "offers") {
		t.Errorf("a misspelt name: %v", err)
	}
}
