package mandate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/mandate"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const (
	home  = "230000000000"
	other = "230700000000" // a city where none of our people lives
)

// rig is a record with a few people, and a clock that is set by hand.
type rig struct {
	t      *testing.T
	desk   *mandate.Desk
	post   *notify.Post
	heroes []string

	mu sync.Mutex
	at time.Time
}

func (r *rig) now() time.Time { r.mu.Lock(); defer r.mu.Unlock(); return r.at }

func (r *rig) wait(d time.Duration) { r.mu.Lock(); defer r.mu.Unlock(); r.at = r.at.Add(d) }

func (r *rig) today() workday.Day { return workday.FromTime(r.now()) }

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	r := &rig{t: t, at: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC)}
	c, err := catalog.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	current := func() *catalog.Catalog { return c }
	p := &profile.Profile{Store: s, Vault: v, Catalog: current, Divisions: division.Builtin(), Now: r.now}
	said, err := notify.Builtin()
	must(t, err)
	r.post = &notify.Post{Store: s, Vault: v, Words: said, Calendar: workday.Builtin, Catalog: current, Now: r.now, Log: zerolog.Nop()}
	figures, err := mandate.Builtin()
	must(t, err)
	r.desk = &mandate.Desk{Store: s, Profile: p, Vault: v, Catalog: current, Post: r.post, Figures: figures, Now: r.now, Plan: r.plan}
	n := len(population.Heroes())
	must(t, population.Write(ctx, p, 1, n, nil))
	for person := range population.Generate(1, n, r.today(), division.Builtin()) {
		r.heroes = append(r.heroes, p.VeteranID(person.Number))
	}
	return r
}

func (r *rig) plan(ctx context.Context, veteran string, matters []string) (*plan.Plan, error) {
	p := r.desk.Profile
	rows, err := p.ReadRows(ctx, []string{veteran})
	if err != nil {
		return nil, err
	}
	known, err := p.Elements(rows[veteran])
	if err != nil {
		return nil, err
	}
	return plan.Compile(plan.Input{Catalog: p.Catalog(), Calendar: workday.Builtin(), Facts: known, Chosen: matters, AcceptedOn: r.today(), Now: r.now()})
}

func (r *rig) veteran(hero int) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: "veteran/" + r.heroes[hero], Kind: access.Veteran, Self: r.heroes[hero]})
}

func (r *rig) clerk(account, place string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: account, Kind: access.Clerk, Division: place})
}

// request asks hero 0 as the clerk anna.
func (r *rig) request(matters ...string) *gen.Mandate {
	r.t.Helper()
	m, err := r.desk.Request(r.clerk("anna", home), mandate.Request{VeteranID: r.heroes[0], Matters: matters, Until: r.today().AddDays(30)})
	must(r.t, err)
	return m
}

// code is what the veteran reads from the QR text of a request.
func (r *rig) code(id string) string {
	r.t.Helper()
	ctx := r.veteran(0)
	m, err := r.desk.Get(ctx, id)
	must(r.t, err)
	qr := r.desk.QR(ctx, m)
	if qr == nil {
		r.t.Fatal("the veteran sees no QR text")
	}
	return (*qr)[strings.LastIndex(*qr, ":")+1:]
}

// confirmed is a mandate that the veteran's code has put in force.
func (r *rig) confirmed(matters ...string) *gen.Mandate {
	r.t.Helper()
	m := r.request(matters...)
	m, err := r.desk.Confirm(r.clerk("anna", home), m.ID, r.code(m.ID))
	must(r.t, err)
	return m
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func wants(t *testing.T, err error, reason string) {
	t.Helper()
	if f := new(fault.Fault); !errors.As(err, &f) || f.Reason != reason {
		t.Errorf("got %v, want %s", err, reason)
	}
}

// A mandate covers the matters and the fields that the plan needs: no less, or the
// clerk could not file, and no more.
func TestScopeIsThePlans(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		for _, matters := range [][]string{nil, {"M01"}, {"M04", "M05"}} {
			m := r.request(matters...)
			p, err := r.plan(r.veteran(0), r.heroes[0], matters)
			must(t, err)
			var chosen, asked []string
			for _, x := range p.Matters {
				if x.Selected {
					chosen = append(chosen, x.Code)
				}
			}
			for _, sec := range p.Form.Sections {
				for _, f := range sec.Fields {
					if f.Fill == form.Ask {
						asked = append(asked, f.ID)
					}
				}
			}
			if !slices.Equal(m.Matters, chosen) || !slices.Equal(m.Fields, asked) {
				t.Errorf("%v: covers %v %v, the plan needs %v %v", matters, m.Matters, m.Fields, chosen, asked)
			}
			if slices.Contains(m.Fields, "citizenId") || slices.Contains(m.Fields, "name") {
				t.Error("covers what a department answers")
			}
		}
	})
}

// The code confirms once, the clerk never gets it from us, and nothing that is kept
// holds it.
func TestCode(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		anna := r.clerk("anna", home)
		m := r.request("M01")
		if r.desk.State(m) != mandate.Requested || r.desk.QR(anna, m) != nil {
			t.Error("the clerk sees the QR text of a request")
		}
		_, err := r.desk.Act(anna, r.heroes[0], []string{"M01"}, nil)
		wants(t, err, "MANDATE_REQUIRED")
		code := r.code(m.ID)
		notices := r.notices("MANDATE_REQUESTED")
		if len(notices) != 1 || strings.Contains(fmt.Sprint(notices[0].Facts, string(notices[0].SecretSealed), string(m.CodeHash)), code) {
			t.Errorf("kept in plain: %v", notices)
		}
		if body := r.post.Body(r.veteran(0), notices[0]); !strings.Contains(body.Zh, code) {
			t.Errorf("the notice has no code: %s", body.Zh)
		}
		typed := " " + code[:3] + " " + code[3:]
		m, err = r.desk.Confirm(anna, m.ID, typed)
		must(t, err)
		if r.desk.State(m) != mandate.Active || m.ConfirmedHow != "CODE" || m.ConfirmedAt == nil || len(m.CodeHash) > 0 {
			t.Errorf("confirmed: %+v", m)
		}
		if n := r.notices("MANDATE_REQUESTED"); len(n[0].SecretSealed) > 0 || len(r.notices("MANDATE_CONFIRMED")) != 1 {
			t.Error("the used code is kept, or the veteran was not told")
		}
		_, err = r.desk.Confirm(anna, m.ID, code)
		wants(t, err, "MANDATE_NOT_OPEN")
		if r.desk.QR(r.veteran(0), m) != nil {
			t.Error("a QR text of a confirmed mandate")
		}
		ctx, err := r.desk.Act(anna, r.heroes[0], []string{"M01"}, m.Fields)
		must(t, err)
		if v := access.From(ctx); v.ID != "anna" || v.Principal != r.heroes[0] || v.Mandate != m.ID {
			t.Errorf("acts as %+v", v)
		}
	})
}

func (r *rig) notices(kind string) []*gen.Notification {
	r.t.Helper()
	by, err := r.post.Of(r.veteran(0), []string{r.heroes[0]}, 100, false)
	must(r.t, err)
	return slices.DeleteFunc(by[r.heroes[0]], func(n *gen.Notification) bool { return n.Kind != kind })
}

func TestQR(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		anna := r.clerk("anna", home)
		m := r.request("M01")
		qr := r.desk.QR(r.veteran(0), m)
		if r.desk.QR(r.veteran(1), m) != nil || r.desk.QR(access.AsMachine(t.Context(), "x"), m) != nil {
			t.Error("a stranger reads the QR text")
		}
		for _, bad := range []string{"", "12345", "1234567", "abcdef", "vetgraph:mandate:" + m.ID, strings.Replace(*qr, m.ID, "another", 1), strings.Repeat("1", 999)} {
			_, err := r.desk.Confirm(anna, m.ID, bad)
			wants(t, err, "MANDATE_CODE_MALFORMED")
		}
		m, err := r.desk.Confirm(anna, m.ID, *qr)
		must(t, err)
		if m.ConfirmedHow != "QR" || m.Attempts != 0 {
			t.Errorf("by %s after %d attempts", m.ConfirmedHow, m.Attempts)
		}
	})
}

// Five wrong codes spend it, however many try at once; then the right one is wrong too.
func TestGuessing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		anna := r.clerk("anna", home)
		m := r.request("M01")
		code := r.code(m.ID)
		var wg sync.WaitGroup
		reasons := make([]string, 12)
		for i := range reasons {
			wg.Go(func() {
				guess := fmt.Sprintf("%06d", i)
				if guess == code {
					guess = "999999"
				}
				_, err := r.desk.Confirm(anna, m.ID, guess)
				reasons[i] = fault.Of(err).Reason
			})
		}
		wg.Wait()
		slices.Sort(reasons)
		if got := strings.Join(slices.Compact(slices.Clone(reasons)), " "); got != "MANDATE_CODE_SPENT MANDATE_CODE_WRONG" {
			t.Errorf("answered %v", reasons)
		}
		if n := slices.Index(reasons, "MANDATE_CODE_WRONG"); n != len(reasons)-5 {
			t.Errorf("%d guesses were looked at", len(reasons)-n)
		}
		_, err := r.desk.Confirm(anna, m.ID, code)
		wants(t, err, "MANDATE_CODE_SPENT")
		m, err = r.desk.Get(anna, m.ID)
		must(t, err)
		if m.Attempts != 5 || r.desk.QR(r.veteran(0), m) != nil {
			t.Errorf("%d attempts", m.Attempts)
		}
		// A new request has a new code; the old one ends.
		again := r.request("M01")
		if r.code(again.ID) == code {
			t.Error("the same code again")
		}
		if old, err := r.desk.Get(anna, m.ID); err != nil || r.desk.State(old) != mandate.Revoked {
			t.Errorf("%v %v", old, err)
		}
	})
}

func TestCodeAges(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		m := r.request("M01")
		code := r.code(m.ID)
		r.wait(10 * time.Minute)
		_, err := r.desk.Confirm(r.clerk("anna", home), m.ID, code)
		wants(t, err, "MANDATE_CODE_SPENT")
		m, err = r.desk.Grant(r.veteran(0), mandate.Grant{MandateID: m.ID}) // in the portal it needs none
		must(t, err)
		if m.ConfirmedHow != "PORTAL" {
			t.Errorf("%+v", m)
		}
		m = r.request("M01")
		r.wait(8 * 24 * time.Hour)
		if r.desk.State(m) != mandate.Expired {
			t.Error("a request waits for ever")
		}
		_, err = r.desk.Grant(r.veteran(0), mandate.Grant{MandateID: m.ID})
		wants(t, err, "MANDATE_NOT_OPEN")
	})
}

// An SMS is a burden too: nobody is asked without end.
func TestRequestsAreLimited(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		ask := func(clerk string) error {
			_, err := r.desk.Request(r.clerk(clerk, home), mandate.Request{VeteranID: r.heroes[0], Until: r.today()})
			return err
		}
		for range 5 {
			must(t, ask("anna"))
		}
		wants(t, ask("anna"), "MANDATE_REQUESTS_TOO_MANY")
		if f := fault.Of(ask("anna")); !f.RetryAt.Equal(r.now().Add(24 * time.Hour)) {
			t.Errorf("try again at %v", f.RetryAt)
		}
		for range 5 {
			must(t, ask("boris"))
		}
		wants(t, ask("clara"), "MANDATE_REQUESTS_TOO_MANY")
		r.wait(24 * time.Hour)
		must(t, ask("anna"))
	})
}
