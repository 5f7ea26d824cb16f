package server_test

import (
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A department that stays silent beyond its limit: a named person gets a task, the
// veteran is told, and at no instant is there a silence; another department's case
// goes on meanwhile.
func TestDepartmentStaysSilent(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent(t, database(t))
		})
	}
}

func silent(t *testing.T, database string) {
	var at atomic.Int64
	at.Store(time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC).UnixNano())
	now := func() time.Time { return time.Unix(0, at.Load()).UTC() }
	k := open(t, database, now)
	ctx := access.AsMachine(t.Context(), "test")
	if err := k.hub.Fleet.SetFault("VA", department.Fault{ErrorRate: 1}); err != nil {
		t.Fatal(err)
	}
	id := k.submit("veteran1", 1, "silence-01")
	type report struct {
		Silences struct {
			Total, OldestSeconds int
			Silences             []struct{ Reason string }
		}
		Tasks struct {
			Nodes []struct {
				Kind, AssigneeName, State string
				Case                      struct{ ID string }
			}
		}
	}
	look := func() report {
		var r report
		k.get("supervisor", `{ silences { total oldestSeconds silences { reason } } tasks(first: 100, filter: {kind: "SILENCE"}) { nodes { kind assigneeName state case { id } } } }`, nil, &r)
		return r
	}
	of := func(r report) int {
		n := 0
		for _, task := range r.Tasks.Nodes {
			if task.Case.ID == id && task.AssigneeName != "" {
				n++
			}
		}
		return n
	}
	if r := look(); r.Silences.Total != 0 || of(r) != 0 {
		t.Fatalf("before its time: %+v", r)
	}
	for state := ""; state != "DISPATCHED"; { // it was sent, and no receipt came
		var sent struct {
			Case struct{ Items []struct{ State string } }
		}
		k.get("veteran1", `query($c: ID!) { case(id: $c) { items { state } } }`, map[string]any{"c": id}, &sent)
		if state = sent.Case.Items[0].State; state == "APPROVED" || t.Context().Err() != nil {
			t.Fatal(state)
		}
	}
	clear(k.tokens)                                                     // a day on they have expired
	at.Store(time.Date(2026, 11, 24, 16, 5, 0, 0, time.UTC).UnixNano()) // five minutes after the next working day
	if r := look(); r.Silences.Total != 0 {
		t.Errorf("within the grace: %+v", r.Silences)
	}
	at.Store(time.Date(2026, 11, 24, 16, 20, 0, 0, time.UTC).UnixNano())
	if err := k.hub.Cases.Lapse(ctx); err != nil { // the rounds, in their order
		t.Fatal(err)
	}
	for _, d := range k.hub.Fleet.Departments() {
		if err := k.hub.Office.Watch(ctx, d); err != nil {
			t.Fatal(err)
		}
	}
	if r := look(); r.Silences.Total != 0 || of(r) != 1 || r.Silences.OldestSeconds < 86400 {
		t.Errorf("beyond its limit: %+v", r)
	}
	var told struct {
		Veteran struct {
			Notifications []struct {
				Kind string
				Body struct{ Zh string }
			}
		}
	}
	k.get("veteran1", `query($id: ID!) { veteran(id: $id) { notifications { kind body { zh } } } }`, map[string]any{"id": k.heroes[1]}, &told)
	if !slices.ContainsFunc(told.Veteran.Notifications, func(n struct {
		Kind string
		Body struct{ Zh string }
	}) bool {
		return n.Kind == "SILENCE_ESCALATED" && n.Body.Zh != ""
	}) {
		t.Errorf("the veteran hears only %+v", told.Veteran.Notifications)
	}
}
