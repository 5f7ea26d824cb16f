package department_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/filedrop"
)

var inCSV = catalog.File{Format: "csv", Encoding: "utf-8"}

// drop is a department on files, with a hub's end that can be made anew.
type drop struct {
	c    *catalog.Catalog
	dir  string
	base string // where the folders are
}

func newDrop(t *testing.T, timeout time.Duration) (*drop, *department.Fleet) {
	d := &drop{c: onFiles(t, timeout, "MIL", inCSV), dir: t.TempDir()}
	f := d.start(t)
	for _, p := range d.c.Ports {
		if p.Department == "MIL" {
			u, err := url.Parse(f.Endpoints()[p.ID].URL)
			must(t, err)
			d.base = u.Path
		}
	}
	return d, f
}

func (d *drop) start(t *testing.T) *department.Fleet {
	return start(t, department.Config{Catalog: d.c, Dir: d.dir, WorkdayTakes: time.Hour})
}

func (d *drop) hub(t *testing.T, f *department.Fleet) port.Department {
	return registry(t, d.c, f.Endpoints()).Get("MIL")
}

// files lists what is in a folder.
func (d *drop) files(t *testing.T, folder string) (names []string) {
	all, err := os.ReadDir(filepath.Join(d.base, folder))
	must(t, err)
	for _, e := range all {
		names = append(names, e.Name())
	}
	return names
}

// await waits until a folder has n files.
func (d *drop) await(t *testing.T, folder string, n int) []string {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); <-tick.C {
		if names := d.files(t, folder); len(names) == n {
			return names
		}
	}
	t.Fatalf("%s has %v, want %d files", folder, d.files(t, folder), n)
	return nil
}

func wantReason(t *testing.T, err error, reason string) {
	t.Helper()
	if err == nil || fault.Of(err).Reason != reason {
		t.Fatalf("error %v, want %s", err, reason)
	}
}

func TestRequestsOutliveTheDepartment(t *testing.T) {
	d, f := newDrop(t, 300*time.Millisecond)
	item := delivery(d.c, "M11", "item-1", "")
	hub := d.hub(t, f)
	must(t, f.Close())
	for range 3 {
		_, err := hub.Deliver(t.Context(), item)
		wantReason(t, err, "DEPARTMENT_SILENT")
	}
	d.await(t, "in", 1) // one request, however often it is delivered
	f = d.start(t)
	answers := d.await(t, "out", 1)
	d.await(t, "in", 0)
	if strings.Contains(answers[0], "item-1") || !strings.Contains(answers[0], "-slips-") {
		t.Errorf("the answer is called %s", answers[0])
	}
	receipt, err := d.hub(t, f).Deliver(t.Context(), item) // another life of the hub finds the answer
	must(t, err)
	if n := f.Counters()["MIL"]["DELIVER"]; n != 1 || receipt.Number == "" {
		t.Errorf("%d deliveries, receipt %+v", n, receipt)
	}
	d.await(t, "out", 0)
	again, err := d.hub(t, f).Deliver(t.Context(), item)
	must(t, err)
	if n := f.Counters()["MIL"]["DELIVER"]; n != 2 || again != receipt {
		t.Errorf("%d deliveries, receipt %+v, before %+v", n, again, receipt)
	}
}

func TestALateStatusThatLeavesSomethingOutIsAskedAgain(t *testing.T) {
	d, f := newDrop(t, 300*time.Millisecond)
	hub := d.hub(t, f)
	must(t, f.SetFault("MIL", department.Fault{Silent: true}))
	_, err := hub.Status(t.Context(), []string{"item-1"})
	wantReason(t, err, "DEPARTMENT_SILENT")
	must(t, f.SetFault("MIL", department.Fault{}))
	d.await(t, "out", 1) // it knows nothing of the item
	_, err = hub.Deliver(t.Context(), delivery(d.c, "M11", "item-1", ""))
	must(t, err)
	a, err := hub.Status(t.Context(), []string{"item-1"})
	must(t, err)
	if a[0].State != port.Received {
		t.Errorf("the item is %q by an answer that is older", a[0].State)
	}
	d.await(t, "out", 0)
}

func TestAnswersThatAreTornOrTwice(t *testing.T) {
	d, f := newDrop(t, 10*time.Second)
	hub, item := d.hub(t, f), delivery(d.c, "M11", "item-1", "")
	must(t, f.SetFault("MIL", department.Fault{Torn: true}))
	_, err := hub.Deliver(t.Context(), item)
	wantReason(t, err, "DEPARTMENT_GARBLED")
	must(t, f.SetFault("MIL", department.Fault{DuplicateCallbacks: true}))
	first, err := hub.Deliver(t.Context(), item)
	must(t, err)
	again, err := hub.Deliver(t.Context(), item)
	must(t, err)
	if again != first {
		t.Errorf("receipt %+v, before %+v", again, first)
	}
	for _, s := range []port.State{port.Received, port.Approved} {
		a, err := hub.Status(t.Context(), []string{"item-1"})
		must(t, err)
		if a[0].State != s {
			t.Errorf("the item is %q, want %q: a repetition was taken for news", a[0].State, s)
		}
		must(t, f.DecideNow(t.Context(), "item-1", port.Approved))
	}
}

func TestAStrangersServerGetsNothing(t *testing.T) {
	d, f := newDrop(t, 10*time.Second)
	server := sftpServer(t, "hub", "secret")
	other := "SHA256:" + strings.Repeat("A", 43)
	for name, c := range map[string]struct{ user, token, key string }{
		"another host key": {"hub", "secret", other}, "another password": {"hub", "wrong", hostFingerprint},
	} {
		t.Run(name, func(t *testing.T) {
			ends := f.Endpoints()
			for id, e := range ends {
				if strings.HasPrefix(e.URL, "file:") {
					ends[id] = port.Endpoint{URL: server + d.base + "?hostkey=" + url.QueryEscape(c.key), Token: c.token}
				}
			}
			_, err := registry(t, d.c, ends).Get("MIL").Deliver(t.Context(), delivery(d.c, "M11", "item-1", ""))
			wantReason(t, err, "DEPARTMENT_FAILED")
			if len(d.files(t, "in")) != 0 || f.Counters()["MIL"]["DELIVER"] != 0 {
				t.Error("something was sent")
			}
		})
	}
}

func TestAddressesOfFiles(t *testing.T) {
	c := onFiles(t, time.Second, "MIL", inCSV)
	for address, good := range map[string]bool{
		"file:///srv/drop": true, "sftp://hub@host:2222/drop?hostkey=SHA256:abc": true,
		"http://host/drop": false, "file://host/drop": false, "sftp://hub@host/drop": false, "sftp://host/drop?hostkey=SHA256:abc": false,
		"sftp://hub:secret@host/drop?hostkey=SHA256:abc": false, "sftp://hub@host/drop?hostkey=SHA256:abc&insecure=1": false,
		"sftp://hub@host/drop?known_hosts=/nowhere": false,
	} {
		_, err := port.NewRegistry(c, map[string]port.Endpoint{"MIL": {URL: address}}, map[string]port.Kind{filedrop.Kind: filedrop.Open}, time.Now)
		if (err == nil) != good {
			t.Errorf("%s: error %v, want good: %t", address, err, good)
		}
	}
}
