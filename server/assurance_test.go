package server_test

import (
	"bytes"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A check by face counts for a while and is over then; a ticket that nobody used
// fails; the police may be silent, and then nothing has happened; and nobody begins
// checks without end.
func TestAssurance(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			assurance(t, database(t))
		})
	}
}

func assurance(t *testing.T, database string) {
	var at atomic.Int64
	at.Store(noon().UnixNano())
	k := open(t, database, func() time.Time { return time.Unix(0, at.Load()).UTC() })
	const as = "veteran0:REAL_NAME"
	level := func(want string) {
		t.Helper()
		var me struct {
			Me struct{ Assurance struct{ Code string } }
		}
		if k.get(as, `{ me { assurance { code } } }`, nil, &me); me.Me.Assurance.Code != want {
			t.Errorf("the level is %s, want %s", me.Me.Assurance.Code, want)
		}
	}
	begin := `mutation { startIdentityCheck { check { id } page } }`
	start := func() (id, ticket string) {
		t.Helper()
		var out struct {
			StartIdentityCheck struct {
				Check struct{ ID string }
				Page  string
			}
		}
		k.get(as, begin, nil, &out)
		_, ticket, _ = strings.Cut(out.StartIdentityCheck.Page, "ticket=")
		return out.StartIdentityCheck.Check.ID, ticket
	}
	finish := func(id, want string) {
		t.Helper()
		var out struct {
			FinishIdentityCheck struct{ Check struct{ State string } }
		}
		k.get(as, `mutation($i: ID!) { finishIdentityCheck(input: {checkId: $i}) { check { state } } }`, map[string]any{"i": id}, &out)
		if got := out.FinishIdentityCheck.Check.State; got != want {
			t.Errorf("the check is %s, want %s", got, want)
		}
	}

	id, ticket := start()
	if err := k.hub.Fleet.Compare(t.Context(), ticket, true); err != nil {
		t.Fatal(err)
	}
	if err := k.hub.Fleet.SetFault("PS", department.Fault{ErrorRate: 1}); err != nil {
		t.Fatal(err)
	}
	k.refused(as, `mutation($i: ID!) { finishIdentityCheck(input: {checkId: $i}) { check { state } } }`, "DEPARTMENT_FAILED", map[string]any{"i": id})
	k.refused(as, begin, "DEPARTMENT_FAILED", nil)
	level("REAL_NAME")
	if err := k.hub.Fleet.SetFault("PS", department.Fault{}); err != nil {
		t.Fatal(err)
	}
	k.hub.Registry.Gate("ps.faceMatch").Release()
	finish(id, "PASSED")
	level("FACE")
	at.Add(int64(31 * time.Minute))
	level("REAL_NAME")

	unused, ticket := start()
	at.Add(int64(11 * time.Minute))
	if err := k.hub.Fleet.Compare(t.Context(), ticket, true); err == nil {
		t.Error("a ticket of yesterday is taken")
	}
	finish(unused, "FAILED")
	for range 4 {
		start()
	}
	k.refused(as, begin, "IDENTITY_CHECKS_TOO_MANY", nil)

	// Asking what the police hold of somebody begins no check.
	var live struct {
		Veteran struct {
			Departments []struct{ State string }
		}
	}
	k.get(as, `query($v: ID!) { veteran(id: $v) { departments(codes: ["PS"]) { state } } }`, map[string]any{"v": k.heroes[0]}, &live)
	if _, b := k.ask(as, k.public+"/graphql", `{ me { identityChecks { id } } }`, nil); bytes.Count(b, []byte(`"id"`)) != 6 {
		t.Errorf("checks: %s", b)
	}
}
