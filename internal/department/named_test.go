package department_test

import (
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
)

// A fault at the port where one matter comes in, or at its receipt: the caller is told
// what it can tell, another matter of the same department goes on, and afterwards the
// same item is there once.
func TestNamedFaultsAtOnePort(t *testing.T) {
	c := patient(t, 400*time.Millisecond)
	ports := map[string]*catalog.Port{}
	for _, p := range c.Ports {
		if p.Matter == "M04" {
			ports[p.Operation] = p
		}
	}
	want := map[string]string{
		department.TimeOut: "DEPARTMENT_SILENT", department.Reset: "DEPARTMENT_SILENT", department.TooMany: "DEPARTMENT_BUSY", department.ServerError: "DEPARTMENT_FAILED",
		department.Drip: "DEPARTMENT_SILENT", department.Garbage: "DEPARTMENT_GARBLED", department.MixedEncoding: "DEPARTMENT_GARBLED", department.Drift: "DEPARTMENT_GARBLED",
		department.HalfCommit: "DEPARTMENT_FAILED", department.ExpiredCertificate: "DEPARTMENT_SILENT",
	}
	for _, operation := range []string{"SUBMIT", "RECEIPT"} {
		for _, name := range department.FaultNames() {
			p := ports[operation]
			if department.Unseen(name, p) != "" {
				continue
			}
			t.Run(operation+"/"+name, func(t *testing.T) {
				t.Parallel()
				f := start(t, department.Config{Catalog: c, WorkdayTakes: time.Hour, TLS: true})
				d := registry(t, c, f.Endpoints()).Get("PS")
				must(t, f.Play(p.ID, name))
				item := delivery(c, "M04", "item", "")
				_, err := d.Deliver(t.Context(), item)
				if reason := want[name]; reason == "" && err != nil {
					t.Error(err)
				} else if reason != "" {
					wantReason(t, err, reason)
				}
				if _, err := d.Deliver(t.Context(), delivery(c, "M05", "other", "")); err != nil && name != department.ExpiredCertificate {
					t.Errorf("another matter: %v", err)
				}
				must(t, f.Play(p.ID, ""))
				if len(f.Played()) > 0 {
					t.Errorf("still on: %v", f.Played())
				}
				first, err := d.Deliver(t.Context(), item)
				must(t, err)
				if again, err := d.Deliver(t.Context(), item); err != nil || again != first {
					t.Errorf("receipts %+v and %+v, %v", first, again, err)
				}
				if a, err := d.Status(t.Context(), []string{"item"}); err != nil || a[0].Sequence == 0 {
					t.Errorf("status %+v, %v", a, err)
				}
			})
		}
	}
}

// What is told in a department's name is not believed, whatever it is; the truth is.
func TestForgedResults(t *testing.T) {
	f, r, h := connected(t, department.Config{WorkdayTakes: time.Hour})
	must(t, f.Play("PS", department.ForgedResult))
	send(t, r, delivery(patient(t, time.Second), "M04", "item", h.address("PS")))
	must(t, f.DecideNow(t.Context(), "item", port.Approved))
	for said := h.await(t, 1); last(said).State != port.Approved; said = h.await(t, 1) {
		if last(said).State == port.Rejected {
			t.Fatal("a lie was believed")
		}
	}
	if n := f.Counters()["PS"]; n["FORGED"] < 5 || n["FORGERY_TAKEN"] > 0 {
		t.Errorf("%d lies, of which %d were taken", n["FORGED"], n["FORGERY_TAKEN"])
	}
}

// A fault without a port, a port without that fault, and a department without papers.
func TestUnplayable(t *testing.T) {
	f := start(t, department.Config{WorkdayTakes: time.Hour})
	for target, name := range map[string]string{
		"PS": "NOISE", "NOBODY": department.Reset, "ps.household-restoration.submit": department.ForgedResult, "HSA": department.ExpiredCertificate,
	} {
		if f.Play(target, name) == nil {
			t.Errorf("%s is played at %s", name, target)
		}
	}
	if len(f.Played()) > 0 {
		t.Errorf("on: %v", f.Played())
	}
}
