package server_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// element is all that the graph tells of one element.
type element struct {
	Field      struct{ ID string }
	State      string
	Value      any
	Provenance *struct {
		Source      struct{ Code string }
		AsOf, Basis string
	}
	Freshness *string
	Conflict  *struct {
		Values []struct {
			Value      any
			Provenance struct {
				Source struct{ Code string }
				AsOf   string
			}
			Freshness string
		}
		Owner struct{ Code string }
		Since string
	}
	Gap *struct {
		Department             struct{ Code string }
		Since, RetryAt, Reason string
	}
}

const everything = `{ field { id } state value provenance { source { code } asOf validUntil basis } freshness
	conflict { values { value provenance { source { code } asOf } freshness } owner { code } since } gap { department { code } since retryAt reason } }`

// elements reads a veteran's elements, all of them without ids.
func (k *talk) elements(as, id, reading string, ids ...string) map[string]element {
	k.t.Helper()
	args := "freshness: " + reading
	if len(ids) > 0 {
		list, _ := json.Marshal(ids)
		args += ", ids: " + string(list)
	}
	var out struct {
		Veteran struct{ Elements []element }
	}
	k.get(as, fmt.Sprintf(`{ veteran(id: %q) { elements(%s) %s } }`, id, args, everything), nil, &out)
	by := map[string]element{}
	for _, e := range out.Veteran.Elements {
		by[e.Field.ID] = e
	}
	return by
}

// mirrored waits until what was answered is in the mirror.
func (k *talk) mirrored() {
	k.t.Helper()
	if err := k.hub.Resolver.Lookup.Keeper.Wait(k.t.Context()); err != nil {
		k.t.Fatal(err)
	}
}

// Every data element of the catalogue is reached, one by one and all together, and
// tells all there is to tell of it.
func TestEveryElementIsReached(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon)
	live := k.elements("veteran0", k.heroes[0], "LIVE")
	fields := k.hub.Resolver.Catalogue().Fields
	if len(fields) != 80 || len(live) != 80 {
		t.Fatalf("%d fields, %d answered", len(fields), len(live))
	}
	states := map[string]int{}
	for _, f := range fields {
		e := live[f.ID]
		states[e.State]++
		switch said := e.State == "KNOWN" || e.State == "ABSENT"; {
		case said && (e.Provenance == nil || e.Provenance.AsOf == "" || e.Provenance.Basis == "" || e.Freshness == nil || (e.Value == nil) != (e.State == "ABSENT")):
			t.Errorf("%s: %+v", f.ID, e)
		case !said && (e.State != "UNKNOWN" || e.Provenance != nil || e.Freshness != nil || e.Value != nil):
			t.Errorf("%s: %+v", f.ID, e)
		case e.Gap != nil || e.Conflict != nil:
			t.Errorf("%s: nobody is silent and nobody disagrees: %+v", f.ID, e)
		}
		if one := k.elements("veteran0", k.heroes[0], "MIRROR", f.ID)[f.ID]; one.Field.ID != f.ID || f.Origin == "APPLICANT" && one.State == "UNKNOWN" && one.Gap != nil {
			t.Errorf("%s alone: %+v", f.ID, one)
		}
	}
	if states["KNOWN"] < 35 || states["UNKNOWN"] < 20 {
		t.Errorf("states %v", states)
	}
	for _, id := range []string{"bankAccountNo", "trainingIntent", "targetAddress", "photo"} {
		if live[id].State != "UNKNOWN" {
			t.Errorf("what only the person types is %s: %s", live[id].State, id)
		}
	}
	if v, _ := live["citizenId"].Value.(string); !strings.Contains(v, "****") {
		t.Error("the number is shown")
	}
}

// Three of six departments are silent: the rest is complete, and nobody waits for
// one silence after the other; what was known stays, with the gap beside it; and
// submissions are accepted all the same.
func TestSilentDepartmentsAreGaps(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	before := k.elements("veteran1", k.heroes[1], "MIRROR")
	const budget = 600 * time.Millisecond
	k.hub.Resolver.Lookup.Patience = budget
	silent := []string{"VA", "HRSS", "HSA"}
	for _, code := range silent {
		if err := k.hub.Fleet.SetFault(code, department.Fault{Silent: true}); err != nil {
			t.Fatal(err)
		}
	}
	start := time.Now()
	got := k.elements("veteran1", k.heroes[1], "LIVE")
	if took := time.Since(start); took < budget || took > 2*budget {
		t.Errorf("%v, with %v for all departments together", took, budget)
	}
	gaps := map[string]int{}
	for id, e := range got {
		was := before[id]
		if e.Gap != nil {
			gaps[e.Gap.Department.Code]++
			if e.Gap.Since == "" || e.Gap.RetryAt <= e.Gap.Since || e.Gap.Reason != "DEPARTMENT_SILENT" || !slices.Contains(silent, e.Gap.Department.Code) {
				t.Errorf("%s: %+v", id, e.Gap)
			}
			if was.Value != nil && fmt.Sprint(e.Value) != fmt.Sprint(was.Value) || was.State == "UNKNOWN" && e.State != "GAP" {
				t.Errorf("%s was %s %v, is %s %v", id, was.State, was.Value, e.State, e.Value)
			}
			continue
		}
		if e.State == "GAP" || e.State == "UNKNOWN" && was.State != "UNKNOWN" {
			t.Errorf("%s: %+v", id, e)
		}
	}
	if gaps["VA"] < 20 || gaps["HRSS"] < 3 || gaps["HSA"] != 1 {
		t.Errorf("gaps %v", gaps)
	}
	for _, id := range []string{"name", "maritalStatus", "priorHukouAddress", "idValidTo"} { // the police speak
		if e := got[id]; e.Gap != nil || *e.Freshness != "FRESH" || e.Provenance.Source.Code != "PS" {
			t.Errorf("%s: %+v", id, e)
		}
	}
	if k.submit("veteran1", 1, "meanwhile-01") == "" {
		t.Error("not accepted")
	}
}

// Departments are asked once for everybody, and only for what is old; what they
// answered is there the next time.
func TestReadingsAskOnce(t *testing.T) {
	t.Parallel()
	for _, db := range []string{"sqlite", "postgres"} {
		t.Run(db, func(t *testing.T) {
			address := storetest.SQLite
			if db == "postgres" {
				address = storetest.PostgreSQL
			}
			k := open(t, address(t), noon)
			ask := func(reading, ids string, most int64) {
				t.Helper()
				before := k.lookups()
				var page struct {
					Veterans struct{ Nodes []struct{ A, B []element } }
				}
				args := "freshness: " + reading + ids
				k.get("clerk", fmt.Sprintf(`{ veterans(first: 40) { nodes { a: elements(%[1]s) %[2]s b: elements(%[1]s) { state } } edges { node { elements(%[1]s) { state } } } } }`, args, everything), nil, &page)
				if n := k.lookups() - before; n != most || len(page.Veterans.Nodes) != 40 {
					t.Errorf("%s: %d calls for %d people, not %d", args, n, len(page.Veterans.Nodes), most)
				}
				for _, v := range page.Veterans.Nodes {
					for _, e := range v.A {
						if e.Gap != nil || reading != "MIRROR" && e.Field.ID == "maritalStatus" && (*e.Freshness != "FRESH" || e.State != "KNOWN") {
							t.Fatalf("%s: %+v", reading, e)
						}
					}
				}
				k.mirrored()
			}
			ask("MIRROR", "", 0)
			ask("REFRESHED", `, ids: ["maritalStatus", "mobile"]`, 1)
			ask("REFRESHED", `, ids: ["maritalStatus", "mobile"]`, 0)
			ask("REFRESHED", "", 3) // all but the police; the conscription office has a view that is read, which its system does not notice
			ask("REFRESHED", "", 0)
			ask("LIVE", "", 4)
			ask("LIVE", `, ids: ["dischargeDate"]`, 1) // veterans affairs, and the conscription office's view
			fresh := 0
			for _, e := range k.elements("veteran3", k.heroes[3], "MIRROR") {
				if e.Freshness != nil && *e.Freshness == "FRESH" {
					fresh++
				}
			}
			if fresh < 30 {
				t.Errorf("%d elements are fresh", fresh)
			}
			// An officer reaches their own department alone.
			before := k.lookups()
			k.submit("veteran0", 0, "for-the-officer")
			k.elements("officer-va", k.heroes[0], "LIVE")
			if n := k.lookups() - before; n != 1 {
				t.Errorf("%d calls for an officer", n)
			}
		})
	}
}

// A disagreement is shown and decided by nobody but its owner: not by the profile,
// not by plan and form.
func TestConflictsAreShown(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Veterans = 70 })
	for _, x := range []struct{ name, element, owner, other string }{
		{"赵立新", "dischargeDate", "VA", "MIL"}, {"孙海燕", "enlistDate", "VA", "MIL"}, {"周文斌", "employmentStatus", "HRSS", "VA"},
	} {
		var page struct {
			Veterans struct{ Nodes []struct{ ID string } }
		}
		k.get("clerk", fmt.Sprintf(`{ veterans(filter: {name: %q}) { nodes { id } } }`, x.name), nil, &page)
		id := page.Veterans.Nodes[0].ID
		if e := k.elements("clerk", id, "MIRROR", x.element)[x.element]; e.State != "KNOWN" {
			t.Errorf("%s: %s before anybody was asked", x.element, e.State)
		}
		live := k.elements("clerk", id, "LIVE")
		k.mirrored()
		for reading, e := range map[string]element{"LIVE": live[x.element], "MIRROR": k.elements("clerk", id, "MIRROR", x.element)[x.element]} {
			c := e.Conflict
			if e.State != "CONFLICT" || e.Value != nil || e.Provenance != nil || c == nil || len(c.Values) != 2 || c.Owner.Code != x.owner || c.Since == "" {
				t.Errorf("%s, %s: %+v", x.element, reading, e)
				continue
			}
			if a, b := c.Values[0], c.Values[1]; a.Value == b.Value || a.Provenance.Source.Code != x.owner || b.Provenance.Source.Code != x.other || b.Provenance.AsOf == "" {
				t.Errorf("%s, %s: %+v", x.element, reading, c)
			}
		}
		for field, e := range live {
			if field != x.element && e.Conflict != nil {
				t.Errorf("%s is in conflict, too: %+v", field, e.Conflict)
			}
		}
		var plan struct {
			Plan struct {
				Form struct {
					Sections []struct {
						Fields []struct {
							ID    string
							Value any
						}
					}
				}
			}
		}
		k.get("clerk", fmt.Sprintf(`{ plan(input: {veteranId: %q}) { form { sections { fields { id value } } } } }`, id), nil, &plan)
		for _, s := range plan.Plan.Form.Sections {
			for _, f := range s.Fields {
				if f.ID == x.element && f.Value != nil {
					t.Errorf("the form is filled in with %v", f.Value)
				}
			}
		}
	}
}

// What departments add changes no plan of those whom the demonstration is about.
func TestLookupsKeepPlans(t *testing.T) {
	t.Parallel()
	k := open(t, storetest.SQLite(t), noon)
	plan := func(hero int) string {
		var out struct{ Plan json.RawMessage }
		k.get(fmt.Sprint("veteran", hero), fmt.Sprintf(`{ plan(input: {veteranId: %q}) { totals { before { days materials steps visits } after { days materials steps visits } }
			matters { matter { code } } materials { kept { name { zh } } } form { counts { blanks distinct typed } } } }`, k.heroes[hero]), nil, &out)
		return string(out.Plan)
	}
	for hero := range k.heroes {
		before := plan(hero)
		k.elements(fmt.Sprint("veteran", hero), k.heroes[hero], "LIVE")
		k.mirrored()
		if after := plan(hero); after != before {
			t.Errorf("hero %d: %s\n%s", hero, before, after)
		}
	}
}
