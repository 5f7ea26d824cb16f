package department_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port/contract"
)

// Every port of the catalogue keeps the contract in its simulated department, and
// a department that does not is found out.
func TestContract(t *testing.T) {
	c := patient(t, 10*time.Second)
	f := start(t, department.Config{Catalog: c, WorkdayTakes: time.Hour})
	r := registry(t, c, f.Endpoints())
	o := contract.Options{Run: "t1", Known: []citizen.Number{veteran(1), veteran(2)}, Unknown: veteran(99), Callback: "http://127.0.0.1:9/none"}
	checked := map[string]bool{}
	for _, code := range f.Departments() {
		if err := f.Enrol(t.Context(), code, []department.Person{{CitizenNumber: veteran(1), Facts: catalog.Facts{}}, {CitizenNumber: veteran(2)}}); err != nil {
			t.Fatal(err)
		}
		for _, x := range contract.Check(t.Context(), c, code, r.Get(code), o) {
			checked[x.Port] = true
			if x.Err != nil {
				t.Errorf("%s: %s: %v", x.Port, x.What.En, x.Err)
			}
		}
	}
	for _, p := range c.Ports {
		if (p.Operation == "SUBMIT" || p.Operation == "LOOKUP") && !checked[p.ID] {
			t.Errorf("%s was not checked", p.ID)
		}
	}
	if err := f.SetFault("PS", department.Fault{LoseAnswer: true}); err != nil {
		t.Fatal(err)
	}
	o.Run = "t2"
	bad := 0
	for _, x := range contract.Check(t.Context(), c, "PS", r.Get("PS"), o) {
		if x.Err != nil {
			bad++
		}
	}
	if bad == 0 {
		t.Error("a department that loses every answer keeps the contract")
	}
}
