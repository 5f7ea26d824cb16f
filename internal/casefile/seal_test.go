package casefile_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/casefile"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/population"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// sealed is a case's sheet as somebody sees it, and its seal.
func (r *rig) sealed(desk *casefile.Desk, as *access.Viewer, id string) (*casefile.Sheet, *casefile.Sealed) {
	r.t.Helper()
	ctx := access.With(r.t.Context(), as)
	c, err := desk.Get(ctx, id)
	must(r.t, err)
	items, err := desk.Items(ctx, []string{id})
	must(r.t, err)
	sheet, err := desk.Sheet(ctx, c, items[id])
	must(r.t, err)
	s, err := desk.Seal(ctx, sheet)
	must(r.t, err)
	return sheet, s
}

// A complete sheet is sealed by the suite that is set up, says what the sheet says
// and nothing of the person; one that is open, or that an officer sees a part of,
// is not.
func TestSeal(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s, department.Config{})
		self := &access.Viewer{ID: r.heroes[hero], Kind: access.Veteran, Self: r.heroes[hero]}
		desk := *r.desk
		desk.Issuer = "示例中心"
		id := r.submit(r.submission("seal-0001", "M01", "M11"))
		c, _ := r.wait(id)
		for _, suite := range seal.Suites() {
			signer, err := seal.NewSigner(suite, bytes.Repeat([]byte{3}, 32))
			must(t, err)
			desk.Signer = signer
			sheet, got := r.sealed(&desk, self, id)
			if got == nil || got.Suite != string(suite) || got.KeyID != signer.Key().ID || !strings.HasPrefix(got.SVG, "<svg") {
				t.Fatalf("%+v", got)
			}
			said, _, err := seal.NewRing(signer.Key()).Open(got.Text)
			must(t, err)
			if said.Number != c.Number || said.State != string(c.State) || said.Issuer != "示例中心" || said.Catalog != c.CatalogVersion ||
				said.Issued != workday.FromTime(r.now()) || said.Promised != c.PlanDays || *said.Used != *sheet.WorkdaysUsed || len(said.Lines) != 2 {
				t.Errorf("%+v", said)
			}
			for i, l := range said.Lines {
				if of := sheet.Lines[i]; l.Matter != of.Matter.Code || l.State != string(of.State) || !l.Result.Says(of.Number) || *l.Decided != *of.DecidedOn {
					t.Errorf("%+v of %+v", l, of)
				}
			}
			for person := range population.Generate(1, hero+1, workday.FromTime(r.now()), division.Builtin()) {
				if strings.Contains(got.Text, person.Identity.Name) || strings.Contains(got.Text, person.Number.Reveal()) {
					t.Error("the seal names a person")
				}
			}
		}
		officer := &access.Viewer{ID: "officer", Kind: access.Officer, Department: "MIL", Division: c.Division[:2] + "0000000000"}
		if sheet, got := r.sealed(&desk, officer, id); got != nil || len(sheet.Lines) != 1 {
			t.Errorf("a part of a sheet, of %d lines, is sealed", len(sheet.Lines))
		}
		if _, got := r.sealed(r.desk, self, id); got != nil {
			t.Error("sealed without a signer")
		}
		open := *c
		open.State = lifecycle.CaseInProgress
		items, err := desk.Items(r.as(hero), []string{id})
		must(t, err)
		sheet, err := desk.Sheet(r.as(hero), &open, items[id])
		must(t, err)
		if got, err := desk.Seal(r.as(hero), sheet); got != nil || err != nil {
			t.Errorf("an open case: %v, %v", got, err)
		}
	})
}
