package supervision_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/obligation"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// A Monday noon in China; the promised days of the cases below lie around it.
var noon = time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)

const (
	daoli   = "230102000000"
	nangang = "230103000000"
)

// rig is supervision whole, with a post that writes and does not carry.
type rig struct {
	t      *testing.T
	store  *store.Store
	office *supervision.Office
	post   *notify.Post
	now    time.Time
	n      int
}

func newRig(t *testing.T, s *store.Store) *rig {
	t.Helper()
	c, err := catalog.Builtin()
	must(t, err)
	roster, err := supervision.DemoRoster()
	must(t, err)
	text, err := notify.Builtin()
	must(t, err)
	v, err := vault.New(vault.Generate())
	must(t, err)
	r := &rig{t: t, store: s, now: noon}
	now := func() time.Time { return r.now }
	r.post = &notify.Post{Store: s, Vault: v, Words: text, Calendar: workday.Builtin, Catalog: func() *catalog.Catalog { return c }, Now: now}
	r.office = &supervision.Office{Store: s, Roster: roster, Calendar: workday.Builtin, Now: now, Catalog: r.post.Catalog, Tell: r.post}
	r.post.Callers = r.office
	return r
}

func (r *rig) machine() context.Context { return access.AsMachine(r.t.Context(), "test") }

func (r *rig) officer(department, place string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: "demo/officer-" + department, Kind: access.Officer, Department: department, Division: place})
}

func (r *rig) supervisor(place string) context.Context {
	return access.With(r.t.Context(), &access.Viewer{ID: "demo/supervisor", Kind: access.Supervisor, Division: place})
}

func (r *rig) in(f func(ctx context.Context, tx store.Tx) error) {
	r.t.Helper()
	must(r.t, r.store.InTx(r.machine(), f))
}

// veteran writes somebody.
func (r *rig) veteran(place string) string {
	r.t.Helper()
	r.n++
	id := fmt.Sprintf("vet_%d", r.n)
	r.in(func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Veteran.Create().SetID(id).SetCitizenIndex([]byte(id)).SetCitizenSealed([]byte{1}).SetName("某某").
			SetBornOn(workday.Date(1990, 1, 1)).SetDivision(place).SetSource("VA").SetBasis("移交名册").SetAsOf(noon).SetSynthetic(true).
			SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
	})
	return id
}

// file writes a case with one item that M04's police have, accepted on a day and
// promised by another, and answers their IDs.
func (r *rig) file(place string, accepted, due workday.Day) (caseID, itemID string) {
	r.t.Helper()
	v := r.veteran(place)
	r.n++
	caseID, itemID = fmt.Sprintf("case_%02d", r.n), fmt.Sprintf("item_%d", r.n)
	r.in(func(ctx context.Context, tx store.Tx) error {
		err := tx.Ent.CaseFile.Create().SetID(caseID).SetNumber(fmt.Sprintf("230102-20261120-%07d", r.n)).SetVeteranID(v).SetDivision(place).
			SetState(lifecycle.CaseInProgress).SetCatalogVersion("test").SetMatters([]string{"M04"}).SetAcceptedOn(accepted).SetDueOn(due).
			SetCreatedAt(noon).SetUpdatedAt(noon).Exec(ctx)
		if err != nil {
			return err
		}
		return tx.Ent.Item.Create().SetID(itemID).SetCaseID(caseID).SetVeteranID(v).SetDivision(place).SetMatter("M04").SetDepartment("PS").
			SetPosition(0).SetState(lifecycle.ItemReceived).SetFinishDay(1).SetDueOn(due).Exec(ctx)
	})
	return caseID, itemID
}

// owed writes a word that the police owe about an item.
func (r *rig) owed(caseID, itemID string, by time.Time) string {
	r.t.Helper()
	r.n++
	id := fmt.Sprintf("obl_%d", r.n)
	r.in(func(ctx context.Context, tx store.Tx) error {
		f, err := tx.Ent.CaseFile.Get(ctx, caseID)
		if err != nil {
			return err
		}
		return tx.Ent.Obligation.Create().SetID(id).SetCaseID(caseID).SetItemID(itemID).SetMatter("M04").SetKind(obligation.KindRESULT).
			SetOwedBy(obligation.OwedByDEPARTMENT).SetDepartment("PS").SetDivision(f.Division).
			SetOpenedAt(noon.Add(-72 * time.Hour)).SetHeardAt(noon.Add(-48 * time.Hour)).SetWordBy(by).Exec(ctx)
	})
	return id
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

type obligationUpdate = gen.ObligationUpdateOne

type teller func(ctx context.Context, tx store.Tx, notices ...notify.Notice) error

func (f teller) Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error {
	return f(ctx, tx, notices...)
}

// over ends an obligation.
func (r *rig) over(id string) {
	r.t.Helper()
	r.in(func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Obligation.UpdateOneID(id).SetEndedAt(r.now).SetEnding("RESULT").Exec(ctx)
	})
}

// acceptance writes that a case waits to be accepted.
func (r *rig) acceptance(caseID string, by time.Time) {
	r.t.Helper()
	r.n++
	r.in(func(ctx context.Context, tx store.Tx) error {
		return tx.Ent.Obligation.Create().SetID(fmt.Sprintf("obl_%d", r.n)).SetCaseID(caseID).SetKind(obligation.KindACCEPTANCE).
			SetOwedBy(obligation.OwedByDEPARTMENT).SetDepartment("PS").SetDivision(daoli).
			SetOpenedAt(noon.Add(-72 * time.Hour)).SetHeardAt(noon.Add(-48 * time.Hour)).SetWordBy(by).Exec(ctx)
	})
}

// on makes it noon of a day.
func (r *rig) on(day string) {
	r.t.Helper()
	d, err := workday.ParseDay(day)
	must(r.t, err)
	r.now = d.Time().Add(12 * time.Hour)
}

func (r *rig) warning(caseID, itemID string) [2]lifecycle.Warning {
	r.t.Helper()
	it, err := r.store.Read.Item.Get(r.machine(), itemID)
	must(r.t, err)
	f, err := r.store.Read.CaseFile.Get(r.machine(), caseID)
	must(r.t, err)
	return [2]lifecycle.Warning{it.Warning, f.Warning}
}

func countCalls(n *int) func(store.Tx, *gen.CaseFile, []*gen.Item) func(context.Context) error {
	return func(store.Tx, *gen.CaseFile, []*gen.Item) func(context.Context) error {
		return func(context.Context) error { *n++; return nil }
	}
}

func (r *rig) veteranOf(caseID string) context.Context {
	r.t.Helper()
	f, err := r.store.Read.CaseFile.Get(r.machine(), caseID)
	must(r.t, err)
	return access.With(r.t.Context(), &access.Viewer{ID: f.VeteranID, Kind: access.Veteran, Self: f.VeteranID})
}

func reason(err error) string {
	if err == nil {
		return ""
	}
	return fault.Of(err).Reason
}
