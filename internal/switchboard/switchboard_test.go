package switchboard_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/contract"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/switchboard"
)

const reporting = "va.discharge-report.submit"

// hub is one of several on one database: a board with gates of its own.
type hub struct {
	*switchboard.Board
	registry *port.Registry
}

// rig is a database and played departments, which outlive hubs.
type rig struct {
	t       *testing.T
	catalog *catalog.Catalog
	store   *store.Store
	fleet   *department.Fleet
}

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	if err := queue.Migrate(t.Context(), s); err != nil {
		t.Fatal(err)
	}
	f, err := department.Start(context.WithoutCancel(t.Context()), department.Config{Dir: t.TempDir(), Catalog: c, WorkdayTakes: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return &rig{t, c, s, f}
}

// every is how often hubs look at the orders here.
const every = 20 * time.Millisecond

// start starts a hub; stop ends it.
func (r *rig) start() (h *hub, stop func()) {
	r.t.Helper()
	registry, err := port.NewRegistry(r.catalog, r.fleet.Endpoints(), kinds.All(), time.Now)
	if err != nil {
		r.t.Fatal(err)
	}
	q, err := queue.Open(r.store, (&submission.Carrier{Departments: registry}).Workers(), queue.Options{Workers: 1, Log: zerolog.Nop()})
	if err != nil {
		r.t.Fatal(err)
	}
	h = &hub{&switchboard.Board{
		Store: r.store, Catalog: func() *catalog.Catalog { return r.catalog }, Ports: registry, Carrier: &submission.Outbox{Queue: q},
		Live: func(string) bool { return false }, Now: time.Now, Log: zerolog.Nop(),
	}, registry}
	stop, err = h.Watch(r.t.Context(), every)
	if err != nil {
		r.t.Fatal(err)
	}
	return h, stop
}

// state is how a hub's port is.
func (h *hub) state(t *testing.T) string {
	t.Helper()
	all, err := h.Running(asOperator(t.Context()), []*catalog.Port{h.Catalog().Port(reporting)})
	if err != nil {
		t.Fatal(err)
	}
	return all[0].State
}

// follows waits until a hub's port is in a state.
func (h *hub) follows(t *testing.T, want string) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); h.state(t) != want; {
		if time.Now().After(end) {
			t.Fatalf("it is %s, never %s", h.state(t), want)
		}
	}
}

func asOperator(ctx context.Context) context.Context {
	return access.With(ctx, &access.Viewer{ID: "test/operator", Kind: access.Operator})
}

// Two hubs on one database: what is ordered at one is followed at the other; a pause
// is there again after a restart; and draining lets go on what may have arrived.
func TestTwoHubs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		a, stopA := r.start()
		b, stopB := r.start()
		defer func() { stopB() }()
		ctx := asOperator(t.Context())
		want := func(err error, reason string) {
			t.Helper()
			if got := fault.Of(err).Reason; err == nil || got != reason {
				t.Errorf("%v, want %s", err, reason)
			}
		}

		if err := a.Pause(ctx, reporting, "检修"); err != nil {
			t.Fatal(err)
		}
		if got := a.state(t); got != "PAUSED" {
			t.Errorf("where it was ordered: %s", got)
		}
		b.follows(t, "PAUSED")
		want(b.Pause(ctx, reporting, "再次"), "PORT_HELD_ALREADY")
		_, err := b.registry.Get("VA").Deliver(t.Context(), r.item("item-1"))
		want(err, "PORT_PAUSED")
		if n := r.fleet.Counters()["VA"]["DELIVER"]; n != 0 {
			t.Errorf("%d deliveries through a paused port", n)
		}

		stopA()
		a, stopA = r.start()
		defer func() { stopA() }()
		if got := a.state(t); got != "PAUSED" {
			t.Errorf("after a restart: %s", got)
		}
		if err := a.Resume(ctx, reporting, "修好"); err != nil {
			t.Fatal(err)
		}
		b.follows(t, "OPEN")
		want(b.Resume(ctx, reporting, ""), "PORT_NOT_HELD")
		receipt, err := b.registry.Get("VA").Deliver(t.Context(), r.item("item-1"))
		if err != nil {
			t.Fatal(err)
		}

		if err := b.Drain(ctx, reporting, "换机房"); err != nil {
			t.Fatal(err)
		}
		a.follows(t, "DRAINING")
		_, err = a.registry.Get("VA").Deliver(t.Context(), r.item("item-2"))
		want(err, "PORT_DRAINING")
		again := r.item("item-1")
		again.Again = true
		if same, err := a.registry.Get("VA").Deliver(t.Context(), again); err != nil || same != receipt {
			t.Errorf("what may have arrived before: %+v, %v", same, err)
		}
		if said, err := a.registry.Get("VA").Status(t.Context(), []string{"item-1"}); err != nil || said[0].State == "" {
			t.Errorf("a question while it drains: %+v, %v", said, err)
		}
		if a, err := a.registry.Get("VA").Withdraw(t.Context(), "item-1"); err != nil || a.State != port.Withdrawn {
			t.Errorf("a withdrawal while it drains: %+v, %v", a, err)
		}
		told, err := a.Orders(ctx, reporting, 10)
		if err != nil || len(told) != 2 || told[0].Kind != "DRAIN" || told[1].EndedReason != "修好" || told[1].OrderedBy != "test/operator" {
			t.Errorf("%v, %v", told, err)
		}
	})
}

// item is something to deliver of M01.
func (r *rig) item(id string) port.Delivery {
	d := contract.Sample(r.catalog, "M01", id)
	d.Applicant, d.Callback = citizen.Number("999999199001010016"), "http://127.0.0.1:9/none"
	return d
}

// Who may not, and what cannot be.
func TestOrdersRefused(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		h, stop := r.start()
		defer stop()
		ctx := asOperator(t.Context())
		auditor := access.With(t.Context(), &access.Viewer{ID: "test/auditor", Kind: access.Auditor})
		many := make([]string, 1001)
		for what, c := range map[string]struct {
			err  error
			want string
		}{
			"an auditor orders nothing":    {h.Pause(auditor, reporting, "x"), "NOT_ALLOWED"},
			"no such port":                 {h.Pause(ctx, "va.nothing", "x"), "PORT_UNKNOWN"},
			"no reason":                    {h.Pause(ctx, reporting, "  "), "WORDS_MISSING"},
			"a reason that is a book":      {h.Drain(ctx, reporting, strings.Repeat("长", 1001)), "WORDS_TOO_LONG"},
			"a look-up has nothing to end": {h.Drain(ctx, "va.dischargeRoll", "x"), "PORT_DELIVERS_NOTHING"},
			"nothing is held":              {h.Resume(ctx, reporting, ""), "PORT_NOT_HELD"},
			"a replay of tomorrow":         {replayed(ctx, h, switchboard.Again{Since: time.Now().Add(time.Hour)}), "REPLAY_SINCE"},
			"a loss without a reason":      {replayed(ctx, h, switchboard.Again{Lost: true}), "WORDS_MISSING"},
			"too many items":               {replayed(ctx, h, switchboard.Again{Items: many}), "REPLAY_ITEMS"},
		} {
			if got := fault.Of(c.err).Reason; c.err == nil || got != c.want {
				t.Errorf("%s: %v, want %s", what, c.err, c.want)
			}
		}
		if done, err := h.Replay(ctx, reporting, switchboard.Again{Lost: true, Reason: "无"}); err != nil || done != (switchboard.Replayed{}) {
			t.Errorf("with nothing there: %+v, %v", done, err)
		}
	})
}

func replayed(ctx context.Context, h *hub, a switchboard.Again) error {
	_, err := h.Replay(ctx, reporting, a)
	return err
}
