package server_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// send asks with headers of its own and answers status, headers and body.
func (k *talk) send(method, address, body string, headers map[string]string) (int, http.Header, string) {
	k.t.Helper()
	req, err := http.NewRequestWithContext(k.t.Context(), method, address, strings.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	for name, value := range headers {
		req.Header.Set(name, value)
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	b, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return res.StatusCode, res.Header, string(b)
}

// asPartner asks by a slice, with the purpose given.
func (k *talk) asPartner(token, purpose, query string) (int, string) {
	k.t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		k.t.Fatal(err)
	}
	headers := map[string]string{"Content-Type": "application/json", "Authorization": "Bearer " + token}
	if purpose != "" {
		headers["X-Purpose"] = purpose
	}
	status, _, answer := k.send(http.MethodPost, k.public+"/graphql", string(body), headers)
	return status, answer
}

// What a partner reads is its slice: its fields, its rows, its purpose; elsewhere it is nobody.
func TestPartnersReadTheirSlice(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := open(t, database(t), nil)
			insurance := k.token("partner-insurance")
			const mine = `{veterans(first: 100) {nodes {id name citizenNumber division {name} insurance {enrolments {branch state} armyRelations {kind amountFen}}} pageInfo {hasNextPage endCursor}}}`
			status, answer := k.asPartner(insurance, "INSURANCE_TAKEOVER", mine)
			if status != http.StatusOK || strings.Contains(answer, "errors") || !strings.Contains(answer, "enrolments") {
				t.Fatalf("%d %s", status, answer)
			}
			var clerks struct {
				Veterans struct {
					Nodes []struct{ ID string }
				}
			}
			k.get("clerk", `{veterans(first: 100) {nodes {id}}}`, nil, &clerks)
			if n, all := strings.Count(answer, `"citizenNumber"`), len(clerks.Veterans.Nodes); n == 0 || n > all {
				t.Errorf("the slice shows %d people of %d", n, all)
			}
			for what, c := range map[string]struct {
				purpose, query string
				status         int
				want           string
			}{
				"no purpose":                     {"", mine, 400, "PURPOSE_MISSING"},
				"another purpose":                {"MARKETING", mine, 403, "PURPOSE_WRONG"},
				"a hidden field":                 {"INSURANCE_TAKEOVER", `{veterans {nodes {serviceHistory {ranks {rank}}}}}`, 200, `Cannot query field \"serviceHistory\" on type \"Veteran\".`},
				"a hidden root":                  {"INSURANCE_TAKEOVER", `{cases {nodes {id}}}`, 200, `Cannot query field \"cases\"`},
				"a hidden argument":              {"INSURANCE_TAKEOVER", `{veterans(filter: {name: "王"}) {nodes {id}}}`, 200, `Unknown argument \"filter\"`},
				"the whole number":               {"INSURANCE_TAKEOVER", `{veterans {nodes {citizenNumber(full: true)}}}`, 200, `Unknown argument \"full\"`},
				"a mutation":                     {"INSURANCE_TAKEOVER", `mutation {submitCase(input: {}) {caseId}}`, 200, `Schema does not support operation type \"mutation\"`},
				"a hidden type by introspection": {"INSURANCE_TAKEOVER", `{__type(name: "Case") {name}}`, 200, `{"data":{"__type":null}}`},
				"entities":                       {"INSURANCE_TAKEOVER", `{_entities(representations: []) {__typename}}`, 200, `Cannot query field \"_entities\"`},
			} {
				if status, answer := k.asPartner(insurance, c.purpose, c.query); status != c.status || !strings.Contains(answer, c.want) {
					t.Errorf("%s: %d %s, want %d %s", what, status, answer, c.status, c.want)
				}
			}
			k.elsewhere(insurance)
			k.consents()
		})
	}
}

// elsewhere tries a partner's token at the other doors.
func (k *talk) elsewhere(token string) {
	k.t.Helper()
	bearer := map[string]string{"Authorization": "Bearer " + token, "Content-Type": "application/json"}
	for what, c := range map[string]struct {
		method, address, body, want string
		status                      int
	}{
		"subgraph":         {http.MethodPost, k.sub + "/subgraph", `{"query":"{_service {sdl}}"}`, "SLICE_ONLY", 403},
		"export":           {http.MethodGet, k.public + "/export/cases.csv", "", "SLICE_ONLY", 403},
		"GET":              {http.MethodGet, k.public + "/graphql?query={__typename}", "", "SLICE_BY_POST", 405},
		"a slice by name":  {http.MethodPost, k.public + "/graphql?slice=employment", `{"query":"{veterans {nodes {employmentSupport {records {status}}}}}","extensions":{"slice":"employment"}}`, "Cannot query field", 200},
		"their own schema": {http.MethodGet, k.public + "/schema.graphql", "", "type Insurance", 200},
	} {
		headers := map[string]string{"X-Purpose": "INSURANCE_TAKEOVER", "X-Slice": "employment"}
		for n, v := range bearer {
			headers[n] = v
		}
		status, _, answer := k.send(c.method, c.address, c.body, headers)
		if status != c.status || !strings.Contains(answer, c.want) {
			k.t.Errorf("%s: %d %.300s, want %d %s", what, status, answer, c.status, c.want)
		}
		for _, hidden := range []string{"EmploymentSupport", "ServiceHistory", "Mutation", "Case"} {
			if c.want == "type Insurance" && strings.Contains(answer, hidden) {
				k.t.Errorf("the slice's schema names %s", hidden)
			}
		}
	}
	status, answer := k.asPartner(k.token("partner-nobody"), "INSURANCE_TAKEOVER", `{__typename}`)
	if status != 403 || !strings.Contains(answer, "SLICE_NONE") {
		k.t.Errorf("no slice: %d %s", status, answer)
	}
}

type dataUse struct {
	Slice struct {
		Name    string
		Version int
		Notice  struct{ Zh string }
	}
	Readable bool
	Consents []struct {
		ID, Notice string
		InForce    bool
	}
}

// ofHarbin is somebody of Harbin with a valid card.
func (k *talk) ofHarbin() string {
	k.t.Helper()
	var all struct {
		Veterans struct {
			Nodes []struct {
				ID       string
				Benefits struct{ PreferentialCard *struct{ State string } }
			}
		}
	}
	k.get("clerk@2301", `{veterans(first: 100) {nodes {id benefits {preferentialCard {state}}}}}`, nil, &all)
	for _, v := range all.Veterans.Nodes {
		if c := v.Benefits.PreferentialCard; c != nil && c.State == "ACTIVE" {
			return v.ID
		}
	}
	k.t.Fatal("nobody of Harbin has a valid card")
	return ""
}

// consents grants and withdraws, and looks with the partner's eyes each time.
func (k *talk) consents() {
	k.t.Helper()
	bus := k.token("partner-preferential")
	seen := func() string {
		status, answer := k.asPartner(bus, "CARD_CONCESSION", `{veterans(first: 100) {nodes {id benefits {preferentialCard {state}}}}}`)
		if status != 200 || strings.Contains(answer, "errors") {
			k.t.Fatalf("%d %s", status, answer)
		}
		return answer
	}
	if answer := seen(); strings.Contains(answer, `"id"`) {
		k.t.Errorf("somebody is seen who has not agreed: %s", answer)
	}
	const uses = `{me {veteran {dataUses {slice {name version notice {zh}} readable consents {id notice inForce}}}}}`
	use := func(as string) dataUse {
		var me struct {
			Me struct{ Veteran struct{ DataUses []dataUse } }
		}
		k.get(as, uses, nil, &me)
		for _, u := range me.Me.Veteran.DataUses {
			if u.Slice.Name == "preferential" {
				return u
			}
		}
		k.t.Fatal("no use of the slice")
		return dataUse{}
	}
	const grant = `mutation($version: Int!) {grantConsent(input: {slice: "preferential", version: $version}) {consent {id inForce version}}}`
	var given struct {
		GrantConsent struct {
			Consent struct {
				ID      string
				InForce bool
			}
		}
	}
	readable := 0
	k.heroes = append(k.heroes[:3:3], k.ofHarbin())
	for n := range k.heroes {
		as := fmt.Sprintf("veteran%d", n)
		u := use(as)
		if u.Readable || len(u.Consents) != 0 || !strings.Contains(u.Slice.Notice.Zh, "优待证") {
			k.t.Errorf("before any consent: %+v", u)
		}
		for range 2 { // twice is once
			k.get(as, grant, map[string]any{"version": u.Slice.Version}, &given)
		}
		u = use(as)
		if len(u.Consents) != 1 || !u.Consents[0].InForce || len(u.Consents[0].Notice) != 64 {
			k.t.Errorf("after a consent: %+v", u)
		}
		if got := strings.Contains(seen(), k.heroes[n]); got != u.Readable {
			k.t.Errorf("the partner sees the person: %v; the person is told %v", got, u.Readable)
		}
		if u.Readable {
			readable++
		}
		var taken struct {
			WithdrawConsent struct{ Consent struct{ InForce bool } }
		}
		k.get(as, `mutation($id: ID!) {withdrawConsent(input: {consentId: $id}) {consent {inForce}}}`, map[string]any{"id": given.GrantConsent.Consent.ID}, &taken)
		if strings.Contains(seen(), k.heroes[n]) || use(as).Readable || taken.WithdrawConsent.Consent.InForce {
			k.t.Error("a consent counts after it was taken back")
		}
	}
	if readable == 0 {
		k.t.Error("nobody in the test has a valid card")
	}
	for what, c := range map[string]struct {
		as, query string
		variables map[string]any
		want      string
	}{
		"another version":        {"veteran0", grant, map[string]any{"version": 99}, "SLICE_CHANGED"},
		"what needs none":        {"veteran0", `mutation {grantConsent(input: {slice: "insurance", version: 1}) {consent {id}}}`, nil, "CONSENT_NOT_NEEDED"},
		"what is not there":      {"veteran0", `mutation {grantConsent(input: {slice: "x", version: 1}) {consent {id}}}`, nil, "SLICE_UNKNOWN"},
		"a clerk":                {"clerk", grant, map[string]any{"version": 1}, "NOT_ALLOWED"},
		"somebody else's":        {"veteran1", `mutation($id: ID!) {withdrawConsent(input: {consentId: $id}) {consent {id}}}`, map[string]any{"id": given.GrantConsent.Consent.ID + "x"}, "CONSENT_NOT_FOUND"},
		"a stranger's, by ID":    {"veteran0", `mutation($id: ID!) {withdrawConsent(input: {consentId: $id}) {consent {id}}}`, map[string]any{"id": given.GrantConsent.Consent.ID}, "CONSENT_NOT_FOUND"},
		"nobody may see whether": {"clerk", `{me {veteran {dataUses {readable}}}}`, nil, `"veteran":null`},
	} {
		if _, answer := k.ask(c.as, k.public+"/graphql", c.query, c.variables); !bytes.Contains(answer, []byte(c.want)) {
			k.t.Errorf("%s: %s, want %s", what, answer, c.want)
		}
	}
	var register struct {
		Slices []struct {
			Name   string
			Fields []struct{ Coordinate string }
		}
	}
	k.get("nobody", `{slices {name fields {coordinate} notice {zh en}}}`, nil, &register)
	if len(register.Slices) != 3 || len(register.Slices[0].Fields) == 0 {
		k.t.Errorf("the register: %+v", register)
	}
}

// Quotas of the minute and of the day, and the days on which a slice is open.
func TestSlicesAreBounded(t *testing.T) {
	folder, _ := bureau(t, "perDay: 50000", "perDay: 3")
	k := open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.Slices = folder })
	token := k.token("partner-insurance")
	for n := range 5 {
		status, answer := k.asPartner(token, "INSURANCE_TAKEOVER", `{veterans(first: 1) {nodes {id}}}`)
		if want := map[bool]int{true: 200, false: 429}[n < 3]; status != want {
			t.Errorf("request %d: %d %s", n+1, status, answer)
		}
	}
	folder, _ = bureau(t, `until: "2028-12-31"`, `until: "2026-01-02"`)
	k = open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.Slices = folder })
	if status, answer := k.asPartner(k.token("partner-insurance"), "INSURANCE_TAKEOVER", `{__typename}`); status != 403 || !strings.Contains(answer, "SLICE_CLOSED") {
		t.Errorf("a slice that has ended: %d %s", status, answer)
	}
	folder, _ = bureau(t, "perMinute: 600", "perMinute: 2")
	k = open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.Slices = folder })
	last := 0
	for range 4 {
		last, _ = k.asPartner(k.token("partner-insurance"), "INSURANCE_TAKEOVER", `{__typename}`)
	}
	if last != 429 {
		t.Errorf("the fourth of two a minute: %d", last)
	}
}
