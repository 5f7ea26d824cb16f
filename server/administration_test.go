package server_test

import (
	"bufio"
	"bytes"
	"net/http"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// Who is kept out is refused at every door at once and hears no more of what they were
// following; what the administrators did is there for the one who audits.
func TestKeptOut(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			k := open(t, database(t), noon)
			caseID := k.submit("veteran0", 0, "kept-out-001")
			follow, err := http.NewRequestWithContext(t.Context(), http.MethodPost, k.public+"/graphql", strings.NewReader(`{"query":"subscription { caseProgress(id: \"`+caseID+`\") { case { state } } }"}`))
			if err != nil {
				t.Fatal(err)
			}
			follow.Header.Set("Content-Type", "application/json")
			follow.Header.Set("Accept", "text/event-stream")
			follow.Header.Set("Authorization", "Bearer "+k.token("veteran0"))
			stream, err := http.DefaultClient.Do(follow)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = stream.Body.Close() }()
			lines := bufio.NewScanner(stream.Body)
			for first := ""; !strings.Contains(first, `"data"`) && lines.Scan(); {
				first = lines.Text()
			}
			var out struct {
				Restrict struct{ Restriction struct{ ID string } }
			}
			k.get("security", `mutation($s: String!) { restrict(input: {kind: ACCOUNT, subject: $s, reason: "令牌被盗"}) { restriction { id } } }`,
				map[string]any{"s": "demo/veteran/" + k.heroes[0]}, &out)
			for _, door := range []string{k.public + "/graphql", k.sub + "/subgraph"} {
				if status, got := k.ask("veteran0", door, `{ me { kind } }`, nil); status != http.StatusForbidden || !bytes.Contains(got, []byte("ACCOUNT_RESTRICTED")) {
					t.Errorf("%s: %d %s", door, status, got)
				}
			}
			if status, _ := k.ask("veteran1", k.public+"/graphql", `{ me { kind } }`, nil); status != http.StatusOK {
				t.Errorf("somebody else is kept out: %d", status)
			}
			var nothing struct{}
			if err := k.hub.Cases.WithdrawCase(access.With(t.Context(), &access.Viewer{ID: "x", Kind: access.Veteran, Self: k.heroes[0]}), caseID, "不办了"); err != nil { // something to hear of
				t.Fatal(err)
			}
			told := ""
			for lines.Scan() {
				told += lines.Text()
			}
			if strings.Contains(told, `"state"`) || !strings.Contains(told, "ACCOUNT_RESTRICTED") {
				t.Errorf("who follows hears %s", told)
			}
			k.get("security", `mutation($id: ID!) { liftRestriction(input: {restrictionId: $id, reason: "误报"}) { restriction { liftedAt } } }`, map[string]any{"id": out.Restrict.Restriction.ID}, &nothing)
			if status, got := k.ask("veteran0", k.public+"/graphql", `{ me { kind } }`, nil); status != http.StatusOK {
				t.Errorf("lifted: %d %s", status, got)
			}
			k.get("operator", `mutation { pausePort(input: {port: "`+reporting+`", reason: "检修"}) { port { id } } }`, nil, &nothing)
			var journal struct {
				AdministrativeActs struct {
					Nodes []struct{ Role, Account, Act, Deed, Subject, Reason string }
				}
			}
			k.get("auditor", `{ administrativeActs { nodes { role account act deed subject reason } } }`, nil, &journal)
			got := []string{}
			for _, a := range journal.AdministrativeActs.Nodes {
				got = append(got, a.Role+" "+a.Deed)
			}
			if strings.Join(got, ", ") != "OPERATOR PAUSE, SECURITY LIFT_ACCOUNT, SECURITY RESTRICT_ACCOUNT" {
				t.Errorf("the journal has %v", journal.AdministrativeActs.Nodes)
			}
		})
	}
}
