package server_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

const reporting = "va.discharge-report.submit"

type watched struct {
	State, LastReason string
	Waiting           int
	ErrorRate         float64
	Live              bool
	Hold              *struct{ Reason, OrderedBy string }
}

// watch is how the port of M01 fares.
func (k *talk) watch() watched {
	k.t.Helper()
	var out struct {
		Ports []struct {
			ID      string
			Running watched
		}
	}
	k.get("operator", `{ ports(department: "VA") { id running { state lastReason waiting errorRate live hold { reason orderedBy } } } }`, nil, &out)
	for _, p := range out.Ports {
		if p.ID == reporting {
			return p.Running
		}
	}
	k.t.Fatal("there is no such port")
	return watched{}
}

// until waits for something that happens beside us.
func (k *talk) until(what string, f func() bool) {
	k.t.Helper()
	for end := time.Now().Add(30 * time.Second); !f(); {
		if time.Now().After(end) {
			k.t.Fatalf("never came about: %s; %+v", what, k.watch())
		}
	}
}

// first is the first item of a case, as the record has it.
func (k *talk) first(caseID string) (state lifecycle.ItemState, receipt string) {
	k.t.Helper()
	it := k.hub.Store.Read.Item.Query().Where(item.CaseID(caseID)).Order(item.ByPosition()).FirstX(access.AsMachine(k.t.Context(), "test"))
	return it.State, it.ReceiptNo
}

// A department fails and its port rests; the operator pauses it; a case is accepted
// all the same and nothing is sent; resumed, the item goes. What lost its receipt,
// and its job, is replayed.
func TestOperatorsHoldAndReplayPorts(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			operate(t, database(t))
		})
	}
}

func operate(t *testing.T, database string) {
	k := open(t, database, noon)
	var done struct{ ReplayPort, PausePort, ResumePort, DrainPort map[string]any }
	fault := func(f department.Fault) {
		if err := k.hub.Fleet.SetFault("VA", f); err != nil {
			t.Fatal(err)
		}
	}
	fault(department.Fault{ErrorRate: 1})
	cases := map[int]string{}
	for hero := range 4 {
		cases[hero] = k.submit("veteran"+string(rune('0'+hero)), hero, "operate-01")
	}
	k.until("the port rests", func() bool { return k.watch().State == "RESTING" })
	if w := k.watch(); w.LastReason != "DEPARTMENT_FAILED" || w.ErrorRate < 0.5 || w.Waiting != 4 || w.Live {
		t.Errorf("at rest: %+v", w)
	}

	k.get("operator", `mutation { pausePort(input: {port: "`+reporting+`", reason: "部门来电检修"}) { port { id } } }`, nil, &done)
	fault(department.Fault{})
	before := k.hub.Fleet.Counters()["VA"]["DELIVER"]
	cases[4] = k.submit("veteran4", 4, "operate-02")
	asleep := func() bool { // every job of an item waits for the operator
		db, end := k.hub.Store.SQL()
		defer end()
		n := 0
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'dispatch' AND state = 'scheduled'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n == 5
	}
	k.until("all wait", asleep)
	if w := k.watch(); w.State != "PAUSED" || w.Waiting != 5 || w.Hold == nil || w.Hold.Reason != "部门来电检修" || w.Hold.OrderedBy != "demo/operator" {
		t.Errorf("paused: %+v", w)
	}
	if n := k.hub.Fleet.Counters()["VA"]["DELIVER"]; n != before {
		t.Errorf("%d deliveries through a paused port", n-before)
	}
	if state, _ := k.first(cases[4]); state != lifecycle.ItemReady {
		t.Errorf("what was never sent is %s", state)
	}
	k.metric(`vetgraph_port_state{port="`+reporting+`",state="PAUSED"} 1`, `vetgraph_port_waiting{port="`+reporting+`"} 5`)
	k.get("operator", `mutation { resumePort(input: {port: "`+reporting+`"}) { port { id } } }`, nil, &done)
	for _, id := range cases {
		k.until("delivered after the pause", func() bool { _, receipt := k.first(id); return receipt != "" })
	}

	fault(department.Fault{LoseAnswer: true})
	lost := k.submit("veteran5", 5, "operate-03")
	k.until("sent, without a receipt", func() bool { state, _ := k.first(lost); return state != lifecycle.ItemReady })
	for left := 1; left > 0; { // as after a backup of the queue was restored
		db, end := k.hub.Store.SQL()
		if _, err := db.ExecContext(t.Context(), `DELETE FROM river_job WHERE kind = 'dispatch' AND state <> 'running'`); err != nil {
			t.Fatal(err)
		}
		if err := db.QueryRowContext(t.Context(), `SELECT count(*) FROM river_job WHERE kind = 'dispatch'`).Scan(&left); err != nil {
			t.Fatal(err)
		}
		end()
	}
	fault(department.Fault{})
	replay := `mutation { replayPort(input: {port: "` + reporting + `", since: "2026-11-23T00:00:00Z"}) { delivered asked } }`
	k.get("operator", replay, nil, &done)
	if done.ReplayPort["delivered"] != 1.0 {
		t.Errorf("replayed %v", done.ReplayPort)
	}
	k.until("a receipt after the replay", func() bool { _, receipt := k.first(lost); return receipt != "" })
	k.get("operator", replay, nil, &done)
	if done.ReplayPort["delivered"] != 0.0 {
		t.Errorf("replayed twice: %v", done.ReplayPort)
	}
}

// metric insists on lines of /metrics.
func (k *talk) metric(lines ...string) {
	k.t.Helper()
	w := httptest.NewRecorder()
	k.hub.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	for _, l := range lines {
		if !strings.Contains(w.Body.String(), "\n"+l+"\n") {
			k.t.Errorf("the metrics do not say %s", l)
		}
	}
}

// An order outlives the hub that it was given at.
func TestOrdersOutliveTheHub(t *testing.T) {
	dir, database := t.TempDir(), storetest.SQLite(t)
	for _, want := range []string{"OPEN", "PAUSED"} {
		c := demo(dir, 12)
		c.Database = database
		h, err := server.Open(t.Context(), c, nil)
		if err != nil {
			t.Fatal(err)
		}
		p := h.Board.Catalog().Port(reporting)
		ctx := access.With(t.Context(), &access.Viewer{ID: "demo/operator", Kind: access.Operator})
		r, err := h.Board.Running(ctx, []*catalog.Port{p})
		if err != nil || r[0].State != want {
			t.Fatalf("%v, want %s; %v", r[0].State, want, err)
		}
		if want == "OPEN" {
			if err := h.Board.Pause(ctx, reporting, "检修"); err != nil {
				t.Fatal(err)
			}
		}
		if err := h.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}
