package department_test

import (
	"context"
	"maps"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/dbview"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
	"github.com/vetgraph/vetgraph/internal/port/restjson"
)

// TestConformanceDatabaseView runs the suite with a department whose registers are
// looked into as published tables. Its items go over HTTP as before, as those of
// real departments do that only publish. Nobody at the other end of a table counts
// who reads it, so calls are counted as they leave.
func TestConformanceDatabaseView(t *testing.T) {
	matter := matterOf(patient(t, time.Second), "HRSS")
	porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
		var calls atomic.Int64
		c := published(patient(t, timeout), "HRSS")
		var ends map[string]port.Endpoint
		f := openAt(t, c, "HRSS", matter.Code, func(all map[string]port.Endpoint) { ends = all })
		r, err := port.NewRegistry(c, ends, map[string]port.Kind{restjson.Kind: restjson.Open, dbview.Kind: func(s port.Setup) (port.Line, error) {
			l, err := dbview.Open(s)
			return counted{l, &calls}, err
		}}, time.Now)
		if err != nil {
			t.Fatal(err)
		}
		f.Department = r.Get("HRSS")
		others := f.Calls
		f.Calls = func(operation string) int {
			if operation == "LOOKUP" {
				return int(calls.Load())
			}
			return others(operation)
		}
		f.Without = map[string][]porttest.Trouble{"lookup": {porttest.Busy}}
		return f
	})
}

// counted counts what is asked through a line.
type counted struct {
	port.Line
	calls *atomic.Int64
}

func (c counted) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) ([]port.Found, error) {
	c.calls.Add(1)
	return c.Line.Lookup(ctx, p, persons)
}

// published gives a catalogue in which the lookups of a department read published
// tables: the first one of its own, the others one that they share.
func published(c *catalog.Catalog, code string) *catalog.Catalog {
	relation := "dzzw.v_first"
	for _, p := range c.Ports { // patient has copied them
		if p.Department == code && p.Operation == "LOOKUP" && !p.OnDemand {
			p.Kind, p.Path, p.Table = dbview.Kind, "", &catalog.Table{Relation: relation, Key: "ZJHM_KEY", AsOf: "GXSJ_ASOF"}
			relation = "v_others"
		}
	}
	return c
}

// TestApprovalIsPublished: what a decision changes stands in the table at once, and
// still after a restart.
func TestApprovalIsPublished(t *testing.T) {
	c := patient(t, 10*time.Second)
	var matter *catalog.Matter
	var lookup *catalog.Port
	field := ""
	for _, m := range c.Matters {
		for _, p := range published(c, m.Lead).Ports {
			for _, out := range m.Result.Outputs {
				if _, told := p.Answers[out]; told && p.Operation == "LOOKUP" && p.Department == m.Lead {
					matter, lookup, field = m, p, out
				}
			}
		}
	}
	if matter == nil {
		t.Fatal("no lookup tells the output of a matter")
	}
	config := department.Config{Catalog: c, Dir: t.TempDir(), WorkdayTakes: time.Hour}
	f, err := department.Start(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	d := delivery(c, matter.Code, "item-1", "")
	if err := f.Enrol(t.Context(), matter.Lead, []department.Person{{CitizenNumber: d.Applicant, Facts: catalog.Facts{}}}); err != nil {
		t.Fatal(err)
	}
	told := func(f *department.Fleet) any {
		t.Helper()
		records, err := registry(t, c, f.Endpoints()).Get(matter.Lead).Lookup(t.Context(), []port.Question{{Ref: "p", CitizenNumber: d.Applicant, Lookups: []string{lookup.ID}}})
		if err != nil || !records[0].Known {
			t.Fatalf("%+v, %v", records, err)
		}
		return maps.Clone(records[0].Facts)[field]
	}
	if before := told(f); before != nil {
		t.Errorf("%s is %v before the decision", field, before)
	}
	if _, err := registry(t, c, f.Endpoints()).Get(matter.Lead).Deliver(t.Context(), d); err != nil {
		t.Fatal(err)
	}
	if err := f.DecideNow(t.Context(), d.ItemID, port.Approved); err != nil {
		t.Fatal(err)
	}
	after := told(f)
	if after == nil {
		t.Errorf("%s of %s is not published", field, matter.Code)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	if again := told(start(t, config)); again != after {
		t.Errorf("%s is %v after a restart, was %v", field, again, after)
	}
}
