package department_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/porttest"
)

// TestConformance runs the suite of the interface over real HTTP with every
// department that decides something.
func TestConformance(t *testing.T) {
	c := patient(t, time.Second)
	for _, d := range c.Departments {
		if m := matterOf(c, d.Code); m != nil {
			t.Run(d.Code, func(t *testing.T) {
				porttest.Run(t, func(t *testing.T, timeout time.Duration) porttest.Fixture {
					return open(t, patient(t, timeout), d.Code, m.Code)
				})
			})
		}
	}
}

func open(t *testing.T, c *catalog.Catalog, code, matter string) porttest.Fixture {
	return openAt(t, c, code, matter, func(map[string]port.Endpoint) {})
}

// openAt opens a department whose addresses somebody may change before they are used.
func openAt(t *testing.T, c *catalog.Catalog, code, matter string, change func(map[string]port.Endpoint)) porttest.Fixture {
	alone := *c
	alone.Departments = slices.DeleteFunc(slices.Clone(c.Departments), func(d *catalog.Department) bool { return d.Code != code })
	f := start(t, department.Config{Catalog: &alone, WorkdayTakes: time.Hour})
	facts := catalog.Facts{}
	var lookups []string
	for _, p := range c.Ports {
		if p.Department == code && p.Operation == "LOOKUP" && !p.OnDemand {
			lookups = append(lookups, p.ID)
			for id := range p.Answers {
				facts[id] = sample(c, id)
			}
		}
	}
	if len(facts) > 1 {
		facts[slices.Sorted(maps.Keys(facts))[0]] = nil // known to be absent
	}
	if err := f.Enrol(t.Context(), code, []department.Person{
		{CitizenNumber: veteran(1), Facts: facts}, {CitizenNumber: veteran(2), Facts: catalog.Facts{}}, {CitizenNumber: veteran(3)},
	}); err != nil {
		t.Fatal(err)
	}
	faults := map[porttest.Trouble]department.Fault{
		porttest.Silence: {Silent: true}, porttest.Garbage: {Garbled: true}, porttest.Flood: {Oversized: true},
		porttest.Failure: {ErrorRate: 1}, porttest.Busy: {Busy: 7 * time.Second}, porttest.LostAnswer: {LoseAnswer: true},
	}
	must := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	ends := f.Endpoints()
	change(ends)
	return porttest.Fixture{
		Code:       code,
		Department: registry(t, &alone, ends).Get(code),
		Delivery:   func(id string) port.Delivery { return delivery(c, matter, id, "") },
		Other: func(d port.Delivery) port.Delivery {
			d.Answers = maps.Clone(d.Answers)
			d.Answers["name"] = "另一个名字"
			return d
		},
		Sends:   func(field string) bool { return port.NamesOf(c, code).FieldName(matter, field) != "" },
		Lookups: lookups, Known: []citizen.Number{veteran(1), veteran(2), veteran(3)}, Facts: facts, Unknown: veteran(99),
		Patience: 7 * time.Second,
		Calls:    func(op string) int { return int(f.Counters()[code][op]) },
		Set:      func(trouble porttest.Trouble) { must(f.SetFault(code, faults[trouble])) },
		Decide:   func(id string, s port.State) { must(f.DecideNow(t.Context(), id, s)) },
		Acts: func() map[string]int {
			acts, err := f.Acts(t.Context())
			must(err)
			return acts
		},
	}
}
