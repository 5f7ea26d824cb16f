package casefile_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/kinds"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/queue"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/submission"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// rig is casework whole: record, queue, desk, and six departments over real HTTP.
type rig struct {
	t      *testing.T
	desk   *casefile.Desk
	fleet  *department.Fleet
	heroes []string // veterans' IDs, in population order
	now    func() time.Time
}

var builtin = sync.OnceValues(catalog.Builtin)

func newRig(t *testing.T, s *store.Store, cfg department.Config) *rig {
	t.Helper()
	ctx := access.AsMachine(t.Context(), "test")
	must(t, queue.Migrate(ctx, s))
	cat, err := builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	r := &rig{t: t, now: time.Now}
	cfg.Dir, cfg.Catalog, cfg.WorkdayTakes = t.TempDir(), cat, 20*time.Millisecond
	r.fleet, err = department.Start(ctx, cfg)
	must(t, err)
	t.Cleanup(func() { _ = r.fleet.Close() })
	reg, err := port.NewRegistry(cat, r.fleet.Endpoints(), kinds.All(), r.now)
	must(t, err)

	p := &profile.Profile{Store: s, Vault: v, Catalog: func() *catalog.Catalog { return cat }, Divisions: division.Builtin(), Now: r.now}
	shelf, err := casefile.NewShelf(ctx, s, cat, catalog.BuiltinFiles(), r.now())
	must(t, err)
	r.desk = &casefile.Desk{
		Store: s, Profile: p, Shelf: shelf, Calendar: workday.Builtin, Divisions: division.Builtin(),
		Vault: v, Bell: &casefile.Bell{}, Now: r.now, Closing: 17,
	}
	back := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		code := strings.TrimPrefix(req.URL.Path, "/")
		body, _ := io.ReadAll(req.Body)
		a, err := reg.Callback(code, req.Header.Get(port.SignatureHeader), body)
		if err == nil {
			err = r.desk.Apply(req.Context(), code, a)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(back.Close)
	carrier := &submission.Carrier{Desk: r.desk, Departments: reg, Callback: func(d string) string { return back.URL + "/" + d }, Log: zerolog.New(zerolog.NewTestWriter(t))}
	q, err := queue.Open(s, carrier.Workers(), queue.Options{Poll: 10 * time.Millisecond, Periodic: carrier.Inquiries(2 * time.Second), Log: zerolog.New(zerolog.NewTestWriter(t))})
	must(t, err)
	r.desk.Outbox = &submission.Outbox{Queue: q}
	must(t, q.Start(ctx))
	t.Cleanup(func() { _ = q.Stop(context.WithoutCancel(ctx)) }) // the test is over by then, and so is its context

	must(t, population.Write(ctx, p, 1, len(population.Heroes()), nil))
	for person := range population.Generate(1, len(population.Heroes()), workday.FromTime(r.now()), division.Builtin()) {
		r.heroes = append(r.heroes, p.VeteranID(person.Number))
	}
	return r
}

// as is a context in which a veteran acts for themself.
func (r *rig) as(hero int) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: r.heroes[hero], Kind: access.Veteran, Self: r.heroes[hero]})
}

// answers fills in what a form asks.
func answers(t *testing.T, p *plan.Plan) []form.Answer {
	t.Helper()
	var out []form.Answer
	for _, s := range p.Form.Sections {
		for _, f := range s.Fields {
			if f.Fill != form.Ask || !f.Required {
				continue
			}
			v, ok := typed[f.ID]
			if !ok {
				t.Fatalf("the test has no answer for %s (%s)", f.ID, f.Format)
			}
			out = append(out, form.Answer{Field: f.ID, Value: v})
		}
	}
	return out
}

// typed is what our applicant types where asked.
var typed = map[string]any{
	"mobile": "19900001234", "currentDivision": "230102001000", "currentAddress": "示例路1号", "occupation": "4",
	"healthStatus": "10", "photo": "photo-1", "idApplyReason": "FIRST", "deliveryMode": "ELECTRONIC",
	"householdSettleType": "OWN_DWELLING", "targetDivision": "230102001001", "targetAddress": "示例路1号",
	"insuranceTypes": []any{"PENSION"}, "medicalSchemeType": "EMPLOYEE", "ssCardBank": "ICBC", "ssCardBranch": "示例支行",
	"prefCardBank": "ICBC", "bankName": "ICBC", "bankAccountNo": "621000000000", "bankAccountName": "王志远", "trainingIntent": false,
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
