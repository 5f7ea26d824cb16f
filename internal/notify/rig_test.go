package notify_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/messenger"
	"github.com/vetgraph/vetgraph/internal/messenger/exchange"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC) // a Monday

const (
	daoli     = "230102000000"
	reachable = "19900001234"
	dead      = "19900000000" // the played gateway cannot reach it
)

// rig is the post whole: record, queue, and a gateway over real HTTP.
type rig struct {
	t        *testing.T
	store    *store.Store
	post     *notify.Post
	exchange *exchange.Exchange
	phones   book
	people   *people
	clock    atomic.Pointer[time.Time]
	n        int
}

// book is people's numbers.
type book struct{ *sync.Map }

func (b book) MobileOf(_ context.Context, id string) (string, error) {
	number, _ := b.Load(id)
	return number.(string), nil
}

// at makes it another time.
func (r *rig) at(t time.Time) { r.clock.Store(&t) }

// people remember what they are asked to see to.
type people struct{ asked, reached []string }

func (p *people) Undelivered(_ context.Context, _ store.Tx, u notify.Undelivered) error {
	p.asked = append(p.asked, u.NotificationID)
	return nil
}

func (p *people) Reached(_ context.Context, _ store.Tx, id string) error {
	p.reached = append(p.reached, id)
	return nil
}

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	must(t, queue.Migrate(ctx, s))
	c, err := catalog.Builtin()
	must(t, err)
	text, err := notify.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	r := &rig{t: t, store: s, phones: book{&sync.Map{}}, people: &people{}}
	r.at(noon)
	now := func() time.Time { return *r.clock.Load() }
	r.exchange, err = exchange.Start(ctx, exchange.Config{Dir: t.TempDir(), Now: now, Log: zerolog.Nop()})
	must(t, err)
	t.Cleanup(func() { _ = r.exchange.Close() })
	gateway, err := messenger.Open(r.exchange.Endpoint(), now)
	must(t, err)
	r.post = &notify.Post{
		Store: s, Vault: v, Words: text, Calendar: workday.Builtin, Catalog: func() *catalog.Catalog { return c },
		Phones: r.phones, Gateway: gateway, Callers: r.people, Now: now, Log: zerolog.Nop(),
	}
	return r
}

// open starts the queue that carries notices.
func (r *rig) open() {
	r.t.Helper()
	workers := river.NewWorkers()
	r.post.Install(workers)
	q, err := queue.Open(r.store, workers, queue.Options{Poll: 10 * time.Millisecond, Log: zerolog.Nop()})
	must(r.t, err)
	r.post.Queue = q
	must(r.t, q.Start(r.machine()))
	r.t.Cleanup(func() { _ = q.Stop(context.WithoutCancel(r.t.Context())) })
}

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

func (r *rig) as(veteran string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: veteran, Kind: access.Veteran, Self: veteran})
}

// veteran writes somebody who has a number, or none, and a case.
func (r *rig) veteran(mobile string) (id, caseID string) {
	r.t.Helper()
	r.n++
	id, caseID = fmt.Sprintf("vet_%d", r.n), fmt.Sprintf("case_%d", r.n)
	r.phones.Store(id, mobile)
	must(r.t, r.store.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.Veteran.Create().SetID(id).SetCitizenIndex([]byte(id)).SetCitizenSealed([]byte{1}).SetName("某某").
			SetBornOn(workday.Date(1990, 1, 1)).SetDivision(daoli).SetSource("VA").SetBasis("移交名册").SetAsOf(noon).SetSynthetic(true).
			SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Ent.CaseFile.Create().SetID(caseID).SetNumber(fmt.Sprintf("230102-20261120-%07d", r.n)).SetVeteranID(id).SetDivision(daoli).
			SetState(lifecycle.CaseInProgress).SetCatalogVersion("test").SetMatters([]string{"M04"}).SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	}))
	return id, caseID
}

func (r *rig) tell(notices ...notify.Notice) {
	r.t.Helper()
	must(r.t, r.store.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error { return r.post.Tell(ctx, tx, notices...) }))
}

// only is the one notification of somebody.
func (r *rig) only(veteran string) *gen.Notification {
	r.t.Helper()
	n, err := r.store.Read.Notification.Query().Where(notification.VeteranID(veteran)).Only(r.machine())
	must(r.t, err)
	return n
}

// until waits for a notification to be as wanted: a worker is at it.
func (r *rig) until(veteran, what string, is func(*gen.Notification) bool) *gen.Notification {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(20 * time.Second); ; {
		n := r.only(veteran)
		if is(n) {
			return n
		}
		select {
		case <-limit:
			r.t.Fatalf("%s: it is %s by %s (%s)", what, n.State, n.Channel, n.Trouble)
		case <-tick.C:
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
