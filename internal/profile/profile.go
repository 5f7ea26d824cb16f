// Package profile is the unified veteran profile: who a person is, what they did in the forces, and what every department holds of them.
//
// Each fact keeps its source, its date and its basis. Reads go through the
// guarded client, so a person out of the viewer's sight is not there; numbers
// and addresses are sealed in the record and opened here alone.
package profile

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/contact"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// Profile reads and writes the profiles of one record.
type Profile struct {
	Store     *store.Store
	Vault     *vault.Vault
	Catalog   func() *catalog.Catalog // the one in force
	Divisions *division.Tree
	Now       func() time.Time
	Watch     Watcher // nil: nobody is told of what is written
}

// Get returns one veteran the viewer may see. Faults: VETERAN_NOT_FOUND, for a
// stranger too.
func (p *Profile) Get(ctx context.Context, id string) (*gen.Veteran, error) {
	vs, err := p.GetMany(ctx, []string{id})
	if err != nil {
		return nil, err
	}
	if vs[0] == nil {
		return nil, NotFound()
	}
	return vs[0], nil
}

// GetMany returns veterans in the order asked, nil where the viewer may see
// none. Every path to a veteran, federation's included, comes through here.
func (p *Profile) GetMany(ctx context.Context, ids []string) ([]*gen.Veteran, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, err
	}
	rows, err := p.Store.Read.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("%d veterans: %w", len(ids), err)
	}
	return store.Align(ids, rows, func(v *gen.Veteran) string { return v.ID }), nil
}

// Filter narrows a page of veterans. Empty fields do not.
type Filter struct {
	Division string // a division and all below it
	Name     string // beginning of the name
}

// Page returns up to first veterans after the ID given, in order of ID, and
// whether there are more.
func (p *Profile) Page(ctx context.Context, f Filter, first int, after string) ([]*gen.Veteran, bool, error) {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return nil, false, err
	}
	q := p.Store.Read.Veteran.Query().Order(veteran.ByID()).Limit(first + 1)
	if f.Division != "" {
		if !p.Divisions.Known(f.Division) {
			return nil, false, fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("filter", "division")
		}
		lo, hi := division.Range(f.Division)
		q.Where(veteran.DivisionGTE(lo), veteran.DivisionLTE(hi))
	}
	if f.Name != "" {
		q.Where(veteran.NameHasPrefix(f.Name))
	}
	if after != "" {
		q.Where(veteran.IDGT(after))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of veterans: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// NotFound is the fault of a veteran who is not there, or not for this viewer.
func NotFound() error {
	return fault.New(fault.NotFound, "VETERAN_NOT_FOUND", "没有找到这位退役军人。", "There is no such veteran.")
}

// Number opens a veteran's citizen number.
func (p *Profile) Number(v *gen.Veteran) (citizen.Number, error) {
	n, err := p.Open(veteran.Table, veteran.FieldCitizenSealed, v.ID, v.CitizenSealed)
	if err != nil {
		return "", err
	}
	return citizen.Number(n), nil
}

// Mobile opens a contact's number; empty if there is none.
func (p *Profile) Mobile(c *gen.Contact) (string, error) {
	return p.Open(contact.Table, contact.FieldMobileSealed, c.VeteranID, c.MobileSealed)
}
