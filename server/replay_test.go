package server_test

import (
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/event"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/portorder"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// forgetful is a department in a process of its own that may lose its books; its
// address stays.
type forgetful struct {
	t      *testing.T
	config department.Config
	fleet  *department.Fleet
	to     atomic.Pointer[url.URL]
	front  *httptest.Server
}

func startForgetful(t *testing.T, c *catalog.Catalog) *forgetful {
	f := &forgetful{t: t, config: department.Config{
		Dir: t.TempDir(), Catalog: c, WorkdayTakes: time.Hour,
		Secrets: map[string]department.Secrets{"VA": {Token: "token-of-va", Callback: "callback-secret-of-va"}},
	}}
	f.open()
	f.front = httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(f.to.Load()) }})
	t.Cleanup(func() { f.front.Close(); _ = f.fleet.Close() })
	return f
}

func (f *forgetful) open() {
	f.t.Helper()
	var err error
	if f.fleet, err = department.Start(context.WithoutCancel(f.t.Context()), f.config); err != nil {
		f.t.Fatal(err)
	}
	at, err := url.Parse(f.fleet.Endpoints()["VA"].URL)
	if err != nil {
		f.t.Fatal(err)
	}
	f.to.Store(at)
}

// burn ends the department's process, deletes its books and begins new ones.
func (f *forgetful) burn() {
	f.t.Helper()
	if err := f.fleet.Close(); err != nil {
		f.t.Fatal(err)
	}
	books, err := filepath.Glob(filepath.Join(f.config.Dir, "va.*"))
	if err != nil || len(books) == 0 {
		f.t.Fatal("no books", err)
	}
	for _, b := range books {
		if err := os.RemoveAll(b); err != nil {
			f.t.Fatal(err)
		}
	}
	f.open()
}

// A department gives receipts and loses its books before it decides. A replay hands
// the items over again, under the same ID; they are approved, and nothing is done
// twice, however often it is replayed.
func TestReplayAfterLoss(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			replayAfterLoss(t, address(t))
		})
	}
}

func replayAfterLoss(t *testing.T, database string) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	va := startForgetful(t, c)
	file := write(t, "endpoints.yaml", "VA: {url: "+va.front.URL+", token: token-of-va, callbackSecret: callback-secret-of-va}\n")
	k := open(t, database, time.Now, func(s *server.Config) { s.Endpoints, s.Inquire = file, time.Hour })
	cases := map[string]string{} // to the receipt
	for hero := range 3 {
		id := k.submit("veteran"+string(rune('0'+hero)), hero, "replay-lost-01")
		k.until("a receipt", func() bool { _, cases[id] = k.first(id); return cases[id] != "" })
	}
	va.burn()
	replay := func(more string) (out struct {
		ReplayPort struct{ Delivered, Lost, Asked int }
	}) {
		t.Helper()
		k.get("operator", `mutation { replayPort(input: {port: "`+reporting+`", since: "`+time.Now().Add(-time.Hour).UTC().Format(time.RFC3339)+`"`+more+`}) { delivered lost asked } }`, nil, &out)
		return out
	}
	if done := replay(""); done.ReplayPort.Lost != 0 || done.ReplayPort.Asked < 3 {
		t.Errorf("as usual: %+v", done)
	}
	one := k.items(cases)[0]
	if done := replay(`, lost: true, reason: "机房失火", items: ["` + one + `"]`); done.ReplayPort.Lost != 1 {
		t.Errorf("one item: %+v", done)
	}
	k.until("a receipt of one", func() bool { return k.receipt(one) != "" })
	if done := replay(`, lost: true, reason: "机房失火"`); done.ReplayPort.Lost < 3 {
		t.Errorf("all: %+v", done)
	}
	for id := range cases {
		k.until("a receipt again", func() bool { _, receipt := k.first(id); return receipt != "" })
	}
	for _, id := range k.items(cases) {
		if err := va.fleet.DecideNow(t.Context(), id, "APPROVED"); err != nil {
			t.Fatal(err)
		}
	}
	for id := range cases {
		k.until("approved", func() bool {
			state, _ := k.first(id)
			return state == lifecycle.ItemApproved || state == lifecycle.ItemDelivered
		})
	}
	if done := replay(`, lost: true, reason: "再来一次"`); done.ReplayPort.Delivered+done.ReplayPort.Lost > 0 && k.lostAmong(cases) {
		t.Errorf("what is decided was handed over again: %+v", done)
	}
	ctx := access.AsMachine(t.Context(), "test")
	for _, id := range k.items(cases) {
		for kind, want := range map[string]int{"ITEM_RECEIVED": 1, "ITEM_APPROVED": 1} {
			if n := k.hub.Store.Read.Event.Query().Where(event.ItemID(id), event.Kind(kind)).CountX(ctx); n != want {
				t.Errorf("%d times %s", n, kind)
			}
		}
		if n := k.hub.Store.Read.Event.Query().Where(event.ItemID(id), event.Kind("ITEM_REDELIVERED")).CountX(ctx); n == 0 {
			t.Error("the journal does not tell that the item was handed over again")
		}
	}
	if o := k.hub.Store.Read.PortOrder.Query().Where(portorder.KindEQ(portorder.KindREPLAY), portorder.Reason("机房失火")).FirstX(ctx); o.OrderedBy != "demo/operator" || o.Delivered != 1 {
		t.Errorf("%+v", o)
	}
	if _, answer := k.ask("operator", k.public+"/graphql", `mutation { replayPort(input: {port: "`+reporting+`", since: "2026-11-23T00:00:00Z", lost: true}) { lost } }`, nil); !strings.Contains(string(answer), "WORDS_MISSING") {
		t.Errorf("without a reason: %s", answer)
	}
}

// items are the first items of cases.
func (k *talk) items(cases map[string]string) (ids []string) {
	k.t.Helper()
	for id := range cases {
		ids = append(ids, k.hub.Store.Read.Item.Query().Where(item.CaseID(id)).Order(item.ByPosition()).FirstIDX(access.AsMachine(k.t.Context(), "test")))
	}
	return ids
}

func (k *talk) receipt(id string) string {
	k.t.Helper()
	return k.hub.Store.Read.Item.GetX(access.AsMachine(k.t.Context(), "test"), id).ReceiptNo
}

// lostAmong says whether a first item of cases has no receipt.
func (k *talk) lostAmong(cases map[string]string) bool {
	for _, id := range k.items(cases) {
		if k.receipt(id) == "" {
			return true
		}
	}
	return false
}
