package durability

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// world is everything around the hub, and what it has seen.
type world struct {
	config  Config
	moments *moments
	hub     *hub   // the one that is killed next
	hubs    []*hub // all there are
	fronts  []front
	fleet   *department.Fleet
	tap     *tap
	issuer  *issuer
	catalog *catalog.Catalog
	client  *http.Client
	closers []func() error

	people   []applicant
	files    ledger
	killed   map[moment]int
	starts   []time.Duration
	lastKill time.Time
	settled  time.Duration
	turn     atomic.Int64 // of fronts
	compared int          // answers of fronts
	resumed  int          // lines of subscriptions that were taken up again
}

// applicant is one veteran who submits one case.
type applicant struct {
	id, division, name string
}

// workdayTakes is how long a working day lasts for the departments: a whole case,
// fifteen of them, is over in a fraction of a second if nobody is killed.
const workdayTakes = 15 * time.Millisecond

// prepare makes keys, record, people, departments and a sign-in service. Nothing
// is left open when it fails.
func prepare(ctx context.Context, c Config) (w *world, err error) {
	w = &world{config: c, moments: &moments{}, killed: map[moment]int{}}
	defer func() {
		if err != nil {
			err = errors.Join(err, w.close())
		}
	}()
	ctx = access.AsMachine(ctx, "durability")
	if w.catalog, err = catalog.Builtin(); err != nil {
		return w, err
	}
	keys := vault.Generate()
	keysFile := filepath.Join(c.Dir, "keys.json")
	if err := vault.SaveFile(keysFile, keys); err != nil {
		return w, err
	}
	if err := w.enrol(ctx, keys); err != nil {
		return w, err
	}
	roster := filepath.Join(c.Dir, "roster.yaml")
	if err := os.WriteFile(roster, []byte(onDuty), 0o600); err != nil {
		return w, err
	}
	endpoints, err := w.departments(ctx)
	if err != nil {
		return w, err
	}
	if w.issuer, err = newIssuer(); err != nil {
		return w, err
	}
	if w.issuer.url, err = w.serve(ctx, w.issuer); err != nil {
		return w, err
	}
	at, err := w.address(ctx)
	if err != nil {
		return w, err
	}
	w.client = &http.Client{Timeout: 20 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}
	w.hub = &hub{program: c.Program, address: at, log: LogFile(c.Dir), database: c.Database, args: []string{
		"--demo=false", "--data=" + c.Dir, "--keys=" + keysFile, "--endpoints=" + endpoints, "--roster=" + roster,
		"--oidc-issuer=" + w.issuer.url, "--oidc-audience=" + audience,
		"--listen=" + at, "--subgraph-listen=", "--admin-listen=", "--inquire=2s", "--log-level=warn", "--log-format=json", "--rate=-1",
	}}
	w.hubs, w.fronts = []*hub{w.hub}, []front{{"vetgraph", "http://" + at + "/graphql", true}}
	if c.Gateways != nil {
		return w, w.replicate(ctx)
	}
	return w, nil
}

// onDuty is one person who has whatever nobody has settled.
const onDuty = `entries: [{department: "*", division: "230000000000", account: office/1, name: 值班}]
`

// enrol makes the tables and writes people who have not settled anywhere yet, so
// that nearly every matter is theirs to file.
func (w *world) enrol(ctx context.Context, keys vault.Keys) (err error) {
	s, err := store.Open(ctx, w.config.Database, 4)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }() // the dead hub's database must be found as it fell
	if _, err := s.Migrate(ctx); err != nil {
		return err
	}
	if err := queue.Migrate(ctx, s); err != nil {
		return err
	}
	v, err := vault.New(keys)
	if err != nil {
		return err
	}
	places := division.Builtin()
	p := &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return w.catalog }, Divisions: places, Now: time.Now}
	want := 4*w.config.Kills + 4*w.config.Applicants
	var people []profile.Person
	for q := range population.Generate(w.config.Seed, 20*want, workday.FromTime(time.Now()), places) {
		settled := slices.ContainsFunc(q.Households, func(e profile.Household) bool { return e.Kind == profile.Current })
		if settled || q.Discharge.DischargedOn > workday.FromTime(time.Now()) {
			continue
		}
		people = append(people, q)
		w.people = append(w.people, applicant{id: p.VeteranID(q.Number), division: home(places, q.Division), name: q.Identity.Name})
		if len(people) == want {
			break
		}
	}
	for some := range slices.Chunk(people, 500) {
		err := s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
			_, err := p.Put(ctx, tx, some)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// home is the first village of a county, to live in.
func home(places *division.Tree, county string) string {
	d, _ := places.Get(county)
	for below := places.Children(d.Code); len(below) > 0; below = places.Children(d.Code) {
		d = below[0]
	}
	return d.Code
}

// departments starts the simulated departments and writes down, for the hub,
// where they are: behind the tap. Some of them have bad habits.
func (w *world) departments(ctx context.Context) (file string, err error) {
	w.fleet, err = department.Start(ctx, department.Config{
		Dir: filepath.Join(w.config.Dir, "departments"), Catalog: w.catalog, WorkdayTakes: workdayTakes,
		Seed: w.config.Seed, Rates: department.Rates{Reject: 0.02},
		Callbacks: &http.Client{Timeout: 10 * time.Second, Transport: &announcer{w.moments, &http.Transport{MaxIdleConnsPerHost: 64}}},
	})
	if err != nil {
		return "", err
	}
	w.closers = append(w.closers, w.fleet.Close)
	for code, habit := range map[string]department.Fault{"VA": {DuplicateCallbacks: true}, "HRSS": {ShuffledCallbacks: true}, "PS": {Slow: 5 * time.Millisecond}} {
		if err := w.fleet.SetFault(code, habit); err != nil {
			return "", err
		}
	}
	ends := w.fleet.Endpoints()
	w.tap = newTap(w.moments)
	behind, err := w.serve(ctx, w.tap)
	if err != nil {
		return "", err
	}
	list := map[string]map[string]string{}
	for key, e := range ends {
		at := e.URL
		if strings.HasPrefix(at, "http") { // what is no call cannot be listened to
			path, err := w.tap.open(at)
			if err != nil {
				return "", err
			}
			at = behind + path
		}
		list[key] = map[string]string{"url": at, "token": e.Token, "callbackSecret": e.CallbackSecret}
	}
	body, err := json.Marshal(list)
	if err != nil {
		return "", err
	}
	file = filepath.Join(w.config.Dir, "endpoints.json")
	return file, os.WriteFile(file, body, 0o600)
}

// serve serves until the world ends and returns the address.
func (w *world) serve(ctx context.Context, h http.Handler) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	s := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Serve(l) // until closed
	}()
	w.closers = append(w.closers, func() error { err := s.Close(); <-done; return err })
	return "http://" + l.Addr().String(), nil
}

func (w *world) close() error {
	var errs []error
	for _, h := range w.hubs {
		errs = append(errs, h.kill())
	}
	for _, f := range slices.Backward(w.closers) {
		if err := f(); err != nil {
			errs = append(errs, fmt.Errorf("clear up: %w", err))
		}
	}
	w.closers = nil
	return errors.Join(errs...)
}
