package webhook_test

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/riverqueue/river"
	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/announcement"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/sharing"
	"github.com/vetgraph/vetgraph/internal/slice"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/webhook"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// rig is a record with people, slices of them, and who tells partners.
type rig struct {
	t       *testing.T
	store   *store.Store
	profile *profile.Profile
	sharing *sharing.Desk
	post    *webhook.Post
	queue   *queue.Queue
	clock   atomic.Pointer[time.Time]
}

var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

// newRig opens a record; its queue takes messages and carries none.
func newRig(t *testing.T, s *store.Store, files map[string]string, hooks map[string]*webhook.Hook) *rig {
	t.Helper()
	r := &rig{t: t, store: s}
	r.clock.Store(&noon)
	must(t, queue.Migrate(r.machine(), s))
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name+".yaml"] = &fstest.MapFile{Data: []byte(text)}
	}
	register, err := slice.Load(folder)
	must(t, err)
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	r.profile = &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return c }, Divisions: division.Builtin(), Now: r.now}
	r.sharing = &sharing.Desk{Store: s, Slices: register, Described: func(string) words.Text { return words.Text{} }, Now: r.now}
	r.post = &webhook.Post{Store: s, Slices: register, Eyes: r.sharing, Shown: r.profile.Shown, Hooks: hooks, Now: r.now, Log: zerolog.Nop()}
	r.profile.Watch, r.sharing.Watch = r.post, r.post
	r.queue, err = queue.Open(s, nil, queue.Options{})
	must(t, err)
	r.post.Queue = r.queue
	return r
}

func (r *rig) now() time.Time { return *r.clock.Load() }

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

// work starts a hub that carries, as after a start of the program; stop ends it.
func (r *rig) work(ctx context.Context) (stop func()) {
	r.t.Helper()
	workers := river.NewWorkers()
	r.post.Install(workers)
	q, err := queue.Open(r.store, workers, queue.Options{Poll: 10 * time.Millisecond, Lanes: r.post.Lanes(), Log: zerolog.Nop()})
	must(r.t, err)
	r.post.Queue = q
	must(r.t, q.Start(ctx))
	return func() { _ = q.Stop(context.WithoutCancel(ctx)) }
}

func (r *rig) put(people ...profile.Person) {
	r.t.Helper()
	must(r.t, r.store.InTx(r.machine(), func(ctx context.Context, tx store.Tx) error {
		_, err := r.profile.Put(ctx, tx, people)
		return err
	}))
}

func (r *rig) as(id string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: id, Kind: access.Veteran, Self: id})
}

// messages are those of somebody, or of all, in order.
func (r *rig) messages(id string) []*gen.Announcement {
	r.t.Helper()
	q := r.store.Read.Announcement.Query().Order(announcement.ByAt(), announcement.BySlice())
	if id != "" {
		q.Where(announcement.VeteranID(id))
	}
	all, err := q.All(r.machine())
	must(r.t, err)
	return all
}

// until waits until what a worker does is done.
func (r *rig) until(what string, is func() bool) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(30 * time.Second); !is(); {
		select {
		case <-limit:
			r.t.Fatalf("%s: it is not; %v", what, r.messages(""))
		case <-tick.C:
		}
	}
}

// ended tells whether no message waits.
func (r *rig) ended() bool {
	return !slices.ContainsFunc(r.messages(""), func(m *gen.Announcement) bool { return m.State == announcement.StateWAITING })
}

// drawn are n people.
func drawn(seed uint64, n int) (all []profile.Person) {
	for p := range population.Generate(seed, n, workday.FromTime(noon), division.Builtin()) {
		all = append(all, p)
	}
	return all
}

// bus is a slice by consent, of whoever's card is valid.
const bus = `slice: bus
version: 1
title: {zh: 乘车, en: Rides}
partner: {name: {zh: 公交, en: Bus}, contact: "12345"}
purpose: {code: RIDES, text: {zh: 核验, en: checking}}
basis: {kind: CONSENT, article: 《个人信息保护法》第二十三条}
fields: {Query: [veteran(id)], Veteran: [id, name, benefits], Benefits: [preferentialCard], PreferentialCard: [state, bank]}
changes: {Veteran: [name], PreferentialCard: [state, bank]}
rows: {division: "230000000000", where: [{fact: preferentialCard.state, in: [ACTIVE]}], text: {zh: 持证人, en: holders}}
period: {from: "2026-01-01", until: "2026-12-31"}
frequency: {perMinute: 10, perDay: 100}
keepDays: 7
clients: []
`

// holder is somebody with a valid card of a bank, said at a time.
func (r *rig) holder(n int, bank string, at time.Time) (profile.Person, string) {
	q := drawn(7, n+1)[n]
	q.PreferentialCard = &profile.PreferentialCard{Provenance: q.Identity.Provenance, State: "ACTIVE", Bank: bank}
	q.PreferentialCard.AsOf = at
	return q, r.profile.VeteranID(q.Number)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// key is a secret of tests.
var key, _ = webhook.Generate(true)

func hook(t *testing.T, s webhook.Spec) *webhook.Hook {
	t.Helper()
	if s.Keys == nil {
		s.Keys = []string{key}
	}
	h, err := webhook.Open(s)
	if err != nil {
		t.Fatal(fmt.Errorf("hook: %w", err))
	}
	return h
}
