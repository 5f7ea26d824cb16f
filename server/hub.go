// Package server wires the rooms together and serves them: configuration, sign-in, HTTP, the demonstration.
//
// [Open] makes a [Hub] without opening a socket; [Hub.Handler] is all that the
// public sees of it, so a test needs no more than that. Everything that runs on
// its own belongs to the hub and has ended when [Hub.Close] returns.
package server

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net/netip"
	"os"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/administration"
	"github.com/vetgraph/vetgraph/internal/appointment"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/dispute"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/identity"
	"github.com/vetgraph/vetgraph/internal/lookup"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/messenger/exchange"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/rating"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/retention"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/sharing"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/switchboard"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/webhook"
	"github.com/vetgraph/vetgraph/internal/workday"
	"github.com/vetgraph/vetgraph/resolvers"
)

// Hub is everything that runs.
type Hub struct {
	Config         Config
	Store          *store.Store
	Vault          *vault.Vault
	Profile        *profile.Profile
	Cases          *casefile.Desk
	Registry       *port.Registry
	Queue          *queue.Queue
	Administration *administration.Desk
	Fleet          *department.Fleet // the simulated departments; nil in production
	Resolver       *resolvers.Resolver
	Divisions      *division.Tree
	Office         *supervision.Office
	Post           *notify.Post
	Messages       *exchange.Exchange // the played message gateway; nil in production
	Mandates       *mandate.Desk
	Disputes       *dispute.Desk
	Diary          *appointment.Diary
	Ratings        *rating.Desk
	Subsidies      *subsidy.Desk
	Identity       *identity.Desk
	Payers         *department.Payers // the played finance department and bank; nil in production
	Board          *switchboard.Board
	Sharing        *sharing.Desk
	Webhooks       *webhook.Post
	Receipts       *receipt.Log
	Retention      *retention.Keeper

	base      *workday.Calendar              // built in and configured
	years     atomic.Pointer[casefile.Years] // with those that an operator has loaded
	keys      vault.Keys
	ring      seal.Ring // public keys of the electronic seal
	born      time.Time // of the demonstration's data
	catalog   *catalog.Catalog
	files     fs.FS // what the catalogue was loaded from
	policed   *policed
	streams   *streams
	live      map[string]bool // departments and ports with an address of the operator's, not a played one
	who       identifier
	reach     atomic.Value // string: address under which departments reach us
	meters    *meters
	resealing *resealing
	documents *documents
	joined    *joined                       // with other subgraphs; nil: we are alone
	roots     *fromFiles[*x509.CertPool]    // who certifies partners' programs; nil: nobody
	balancers []netip.Prefix                // who may hand on certificates
	slices    map[string]*sliced            // what partners may read, by name
	tracer    trace.Tracer                  // nil: nobody collects traces
	opened    []func(context.Context) error // how to close what is open, in order of opening
}

// Open wires a hub: record, keys, catalogue, departments, queue. In the
// demonstration it also prepares the data the first time, telling progress by
// say (nil: nobody). Nothing is open when it fails. Mistakes in the
// configuration are reported together.
func Open(ctx context.Context, c Config, say func(zh, en string)) (*Hub, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if say == nil {
		say = func(string, string) {}
	}
	h := &Hub{Config: c, Divisions: division.Builtin(), meters: newMeters(), streams: newStreams(c)}
	h.reach.Store(c.PublicURL)
	if c.PublicURL == "" {
		h.reach.Store(c.scheme() + "://" + c.Listen)
	}
	err := h.open(ctx, h.lockData, h.openTraces, h.openFiles, h.openKeys, h.openStore, h.openRooms, h.openAdministration, h.openSupervision, h.openMandates, h.openSlices, h.openCertificates, h.openWebhooks, h.openSeal, h.openReceipts, h.openRetention, h.openDepartments, h.openSubsidies, h.openQueue, h.openSwitchboard, h.openVisits, h.openResolvers,
		func(ctx context.Context) error { return h.prepare(ctx, say) }, h.catchUp, h.openSignIn, h.openSupergraph, h.openDocuments, h.startQueue)
	if err != nil {
		return nil, err
	}
	return h, nil
}

// open takes steps, and takes back those before one that fails.
func (h *Hub) open(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(access.AsMachine(ctx, "start")); err != nil {
			return errors.Join(err, h.Close(context.WithoutCancel(ctx)))
		}
	}
	return nil
}

// Close stops in the reverse order of opening. What is under way is taken up by
// the next start.
func (h *Hub) Close(ctx context.Context) error {
	var errs []error
	for i := len(h.opened) - 1; i >= 0; i-- {
		errs = append(errs, h.opened[i](ctx))
	}
	h.opened = nil
	return errors.Join(errs...)
}

func (h *Hub) onClose(f func(context.Context) error) { h.opened = append(h.opened, f) }

func (h *Hub) log(part string) zerolog.Logger {
	return h.Config.Log.With().Str("part", part).Logger()
}

// openFiles reads the catalogue and the calendar.
func (h *Hub) openFiles(context.Context) (err error) {
	h.files = catalog.BuiltinFiles()
	if h.Config.Catalog == "" {
		h.catalog, err = catalog.Builtin()
	} else {
		h.files = os.DirFS(h.Config.Catalog)
		h.catalog, err = catalog.Load(h.files)
	}
	if err != nil {
		return fmt.Errorf("the catalogue has mistakes (事项目录有误):\n%w", err)
	}
	h.policed = &policed{catalog: h.catalog}
	h.base = workday.Builtin()
	if h.Config.Calendar == "" {
		return nil
	}
	f, err := os.Open(h.Config.Calendar)
	if err != nil {
		return fmt.Errorf("open the calendar: %w", err)
	}
	defer func() { _ = f.Close() }()
	more, err := workday.Load(f)
	if err != nil {
		return fmt.Errorf("calendar %s: %w", h.Config.Calendar, err)
	}
	h.base, err = h.base.Merge(more)
	return err
}

// Calendar is the calendar in force. A year can be loaded while we run.
func (h *Hub) Calendar() *workday.Calendar {
	if y := h.years.Load(); y != nil {
		return y.Calendar()
	}
	return h.base
}

// openStore opens the record. The demonstration brings its tables up to date;
// production leaves that to a person who has a backup.
func (h *Hub) openStore(ctx context.Context) (err error) {
	if h.Store, err = store.Open(ctx, h.Config.Database, 0); err != nil {
		return err
	}
	h.onClose(func(context.Context) error { return h.Store.Close() })
	if h.Config.Demo {
		return migrate(ctx, h.Store)
	}
	pending, err := h.Store.Pending(ctx)
	if err != nil {
		return fmt.Errorf("look at the database: %w", err)
	}
	if pending {
		return errors.New("the database is older than this program: make a backup, then run: vetgraph migrate\n数据库结构需要升级：请先备份，再运行 vetgraph migrate")
	}
	return nil
}

func migrate(ctx context.Context, s *store.Store) error {
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	return queue.Migrate(ctx, s)
}

// openRooms wires what knows people and cases.
func (h *Hub) openRooms(ctx context.Context) error {
	current := func() *catalog.Catalog { return h.catalog }
	shelf, err := casefile.NewShelf(ctx, h.Store, h.catalog, h.files, h.Config.Now())
	if err != nil {
		return err
	}
	years, err := casefile.OpenYears(ctx, h.Store, h.base)
	if err != nil {
		return err
	}
	h.years.Store(years)
	h.Profile = &profile.Profile{Store: h.Store, Vault: h.Vault, Catalog: current, Divisions: h.Divisions, Now: h.Config.Now}
	h.Cases = &casefile.Desk{
		Store: h.Store, Profile: h.Profile, Shelf: shelf, Calendar: years.Calendar, Years: years, Divisions: h.Divisions,
		Vault: h.Vault, Bell: &casefile.Bell{}, Now: h.Config.Now, Closing: h.Config.Closing,
	}
	return nil
}

// openDepartments starts the simulated departments, or reads where the real ones are.
func (h *Hub) openDepartments(ctx context.Context) (err error) {
	var endpoints map[string]port.Endpoint
	if h.Config.Demo {
		if h.Fleet, err = h.startFleet(ctx); err != nil {
			return err
		}
		h.onClose(func(context.Context) error { return h.Fleet.Close() })
		endpoints = h.Fleet.Endpoints()
		payers, err := h.startPayers(ctx)
		if err != nil {
			return err
		}
		maps.Copy(endpoints, payers)
	}
	if h.Config.Endpoints != "" { // in the demonstration some may be live among the played
		live, err := readEndpoints(h.Config.Endpoints, h.catalog, h.keys, h.Config.Now)
		if err != nil {
			return err
		}
		endpoints, h.live = over(h.catalog, endpoints, live), map[string]bool{}
		for key := range live {
			h.live[key] = true
		}
	}
	counted := kinds.All()
	for kind, open := range counted {
		counted[kind] = h.meters.kind(open)
	}
	h.Registry, err = port.NewRegistry(h.catalog, endpoints, counted, h.Config.Now)
	if err != nil {
		return fmt.Errorf("department endpoints (部门系统地址):\n%w", err)
	}
	return nil
}

// openQueue ties casework to the departments by way of the queue.
func (h *Hub) openQueue(context.Context) (err error) {
	carrier := &submission.Carrier{
		Desk: h.Cases, Departments: h.Registry, Callback: h.callback, Log: h.log("submission"),
	}
	workers := carrier.Workers()
	h.Post.Install(workers)
	h.Subsidies.Install(workers)
	h.Webhooks.Install(workers)
	h.Queue, err = queue.Open(h.Store, workers, queue.Options{
		Workers: h.Config.Workers, Periodic: carrier.Inquiries(h.Config.Inquire), Rounds: slices.Concat(h.watchRounds(), h.deskRounds(), h.subsidyRounds(), h.resealRounds(), h.retentionRounds(), h.webhookRounds()), Lanes: h.Webhooks.Lanes(), Tracer: h.tracer, Log: h.Config.Log,
	})
	h.Cases.Outbox, h.Post.Queue, h.Subsidies.Queue, h.Webhooks.Queue = &submission.Outbox{Queue: h.Queue}, h.Queue, h.Queue, h.Queue
	return err
}

// address is where departments reach us; "" before anybody listens.
func (h *Hub) address() string {
	at, _ := h.reach.Load().(string)
	return at
}

// callback is where a department sends its results.
func (h *Hub) callback(department string) string {
	return h.address() + "/callbacks/" + department
}

func (h *Hub) openResolvers(context.Context) error {
	h.Identity = h.identities()
	mirror := &lookup.Keeper{Profile: h.Profile, Log: h.log("mirror")}
	h.onClose(mirror.Close)
	h.Resolver = &resolvers.Resolver{
		Profile: h.Profile, Desk: h.Cases, Catalogue: func() *catalog.Catalog { return h.catalog },
		Lookup: &lookup.Desk{Profile: h.Profile, Catalog: func() *catalog.Catalog { return h.catalog }, Departments: h.Registry, Keeper: mirror},
		Office: h.Office, Post: h.Post, Diary: h.Diary, Ratings: h.Ratings, Mandates: h.Mandates, Disputes: h.Disputes, Subsidies: h.Subsidies, Assurances: h.Identity, Board: h.Board, Receipts: h.Receipts, Sharing: h.Sharing, Administration: h.Administration, Stage: h.stage(), Places: h.Divisions, Now: h.Config.Now,
	}
	h.Cases.Registers = h.Resolver.Lookup
	return nil
}

func (h *Hub) startQueue(ctx context.Context) error {
	// The queue outlives the call that opened it; Close ends it.
	if err := h.Queue.Start(context.WithoutCancel(ctx)); err != nil {
		return fmt.Errorf("start the queue: %w", err)
	}
	h.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		return h.Queue.Stop(ctx)
	})
	return nil
}

// Ready says why the hub cannot serve at the moment, or nil.
func (h *Hub) Ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	return h.Store.Ping(ctx)
}
