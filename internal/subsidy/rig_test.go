package subsidy_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/riverqueue/river"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/paymentroll"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// A Monday noon in China.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

const (
	wrong = "62000000" + department.WrongAccount
	right = "620000000111"
)

// rig is subsidies whole: a real record, real supervision and notices, and played
// payers over real HTTP. Only casework is the rows that it would have left.
type rig struct {
	t       *testing.T
	store   *store.Store
	desk    *subsidy.Desk
	office  *supervision.Office
	payers  *department.Payers
	dir     string
	hub     *httptest.Server
	ports   *port.Registry
	catalog *catalog.Catalog
	people  []*gen.Veteran
	said    map[string]map[string]any // by item: what was answered in its case
	queue   jobs

	mu    sync.Mutex
	clock time.Time
	heard int // callbacks taken
}

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	c, err := catalog.Builtin()
	must(t, err)
	p, err := subsidy.Builtin(c)
	must(t, err)
	roster, err := supervision.DemoRoster()
	must(t, err)
	text, err := notify.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	r := &rig{t: t, store: s, catalog: c, said: map[string]map[string]any{}, clock: noon, dir: t.TempDir()}
	current := func() *catalog.Catalog { return c }
	prof := &profile.Profile{Store: s, Vault: v, Catalog: current, Divisions: division.Builtin(), Now: r.now}
	must(t, population.Write(r.machine(), prof, 1, 40, nil))
	r.people, err = s.Read.Veteran.Query().All(r.machine())
	must(t, err)
	post := &notify.Post{Store: s, Vault: v, Words: text, Calendar: workday.Builtin, Catalog: current, Now: r.now}
	r.office = &supervision.Office{Store: s, Roster: roster, Calendar: workday.Builtin, Now: r.now, Catalog: current, Tell: post}
	post.Callers = r.office
	r.hub = httptest.NewServer(http.HandlerFunc(r.callback))
	t.Cleanup(r.hub.Close)
	r.desk = &subsidy.Desk{
		Store: s, Profile: prof, Vault: v, Catalog: current, Divisions: division.Builtin(), Calendar: workday.Builtin, Parameters: p, Cases: r, Queue: &r.queue,
		Callback: func() string { return r.hub.URL }, Tasks: r.office, Tell: post, Now: r.now,
	}
	r.playPayers()
	return r
}

// playPayers starts the finance department and the bank, again after a death.
func (r *rig) playPayers() {
	r.t.Helper()
	p := r.desk.Parameters
	payers, err := department.StartPayers(r.t.Context(), department.PayersConfig{Dir: r.dir, Catalog: r.catalog, Matter: p.Matter, Now: r.now})
	must(r.t, err)
	r.t.Cleanup(func() { _ = payers.Close() })
	r.payers = payers
	ports, err := port.NewRegistry(r.catalog, payers.Endpoints(), kinds.All(), r.now)
	must(r.t, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ports, r.desk.Ports = ports, ports
}

func (r *rig) now() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock
}

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

// callback is what the hub does with the bank's word.
func (r *rig) callback(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	r.mu.Lock()
	ports := r.ports
	r.mu.Unlock()
	var said port.Outcome
	if err == nil {
		said, err = ports.OutcomeCallback(ports.PushPort("BANK", "M02").ID, req.Header.Get(port.SignatureHeader), body)
	}
	if err == nil {
		err = r.desk.Apply(req.Context(), said)
	}
	if err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	r.mu.Lock()
	r.heard++
	r.mu.Unlock()
	w.WriteHeader(http.StatusNoContent)
}

// grant writes a case whose subsidy is granted, as casework leaves it, of a person
// who served so many years.
func (r *rig) grant(n, years int, category, account, place string) (itemID string) {
	r.t.Helper()
	v := r.people[n%len(r.people)]
	c := fmt.Sprintf("case_%04d", n)
	itemID = c + "i"
	must(r.t, r.store.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.CaseFile.Create().SetID(c).SetNumber(fmt.Sprintf("230102-20261120-%07d", n)).SetVeteranID(v.ID).SetDivision(place).
			SetState(lifecycle.CaseInProgress).SetCatalogVersion("test").SetMatters([]string{"M02"}).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Ent.Item.Create().SetID(itemID).SetCaseID(c).SetVeteranID(v.ID).SetDivision(place).SetMatter("M02").SetDepartment("VA").
			SetPosition(0).SetState(lifecycle.ItemApproved).SetFinishDay(1).SetDueOn(workday.FromTime(noon)).Exec(ctx)
	}))
	r.said[itemID] = map[string]any{
		"personnelCategory": category, "enlistDate": fmt.Sprintf("%d-09-01", 2024-years), "dischargeDate": "2024-09-01", "settlementDivision": place,
		"bankName": "ICBC", "bankAccountNo": account, "bankAccountName": v.Name,
	}
	return itemID
}

// Particulars implements [subsidy.Cases].
func (r *rig) Particulars(ctx context.Context, itemID string) (*gen.Item, map[string]any, error) {
	it, err := r.store.Read.Item.Get(ctx, itemID)
	return it, r.said[itemID], err
}

// jobs takes what is queued. A job is made in the transaction that closes a roll, so
// it is there exactly if the roll is closed: the test runs them by that.
type jobs struct{ n int }

// Insert implements [subsidy.Queue].
func (j *jobs) Insert(_ context.Context, _ store.Tx, all ...river.JobArgs) error {
	j.n += len(all)
	return nil
}

// work does once what queue and rounds do: close what is due, push what is closed,
// ask the bank.
func (r *rig) work(ctx context.Context) error {
	if err := r.push(ctx); err != nil {
		return err
	}
	return r.desk.Look(ctx)
}

func (r *rig) push(ctx context.Context) error {
	if err := r.desk.Look(ctx); err != nil {
		return err
	}
	closed, err := r.store.Read.PaymentRoll.Query().Where(paymentroll.StateEQ(paymentroll.StateCLOSED)).IDs(ctx)
	if err != nil {
		return err
	}
	for _, id := range closed {
		if err := r.desk.Push(ctx, id, false); err != nil {
			return err
		}
	}
	return nil
}

// until works until the subsidy of an item stands so.
func (r *rig) until(itemID, state string) *gen.Subsidy {
	r.t.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		err := r.work(r.machine())
		s := r.of(itemID)
		if s != nil && string(s.State) == state {
			return s
		}
		if time.Now().After(end) {
			r.t.Fatalf("%s is never %s: %v, %v", itemID, state, s, err)
		}
	}
}

func (r *rig) of(itemID string) *gen.Subsidy {
	r.t.Helper()
	all, err := r.store.Read.Subsidy.Query().All(r.machine())
	must(r.t, err)
	for _, s := range all {
		if s.ItemID == itemID {
			return s
		}
	}
	return nil
}

// correct names another account, as the person does.
func (r *rig) correct(s *gen.Subsidy, account string) error {
	return r.correctAs(access.With(r.t.Context(), &access.Viewer{ID: s.VeteranID, Kind: access.Veteran, Self: s.VeteranID}), s, account)
}

func (r *rig) correctAs(ctx context.Context, s *gen.Subsidy, account string) error {
	r.t.Helper()
	v, err := r.store.Read.Veteran.Get(r.machine(), s.VeteranID)
	must(r.t, err)
	_, err = r.desk.CorrectAccount(ctx, s.ID, subsidy.Account{Holder: v.Name, Bank: "ICBC", Number: account})
	return err
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
