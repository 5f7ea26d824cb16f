// Package casefile is one joint handling (一件事), from plan to feedback sheet.
//
// A case is accepted whole or not at all: its rows, its jobs for the
// departments and its journal are one transaction, and only then is a receipt
// given. What departments answer is applied once, whichever way and however
// often it comes. The state of a case lives in these tables; the queue only
// carries.
//
// Before that it is a draft. The machine looks at it first and rejects nothing: it
// gives back what could not be submitted anyhow, and tells the rest to the person
// and to the officers, who alone say whether a pre-review is passed
// ([Desk.RequestPreReview] has the rule). Anybody may submit without one.
package casefile

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Desk handles cases.
type Desk struct {
	Store     *store.Store
	Profile   *profile.Profile
	Shelf     *Shelf
	Calendar  func() *workday.Calendar // the one in force; a year can be loaded while we run
	Years     *Years                   // nil: no year can be loaded
	Divisions form.Divisions
	Vault     *vault.Vault
	Outbox    Outbox
	Mandates  Mandates            // nil: no clerk acts for anybody
	Office    *supervision.Office // nil: nobody is given a task
	Post      Teller              // nil: nobody is told
	Limits    *Limits             // nil: those that ship
	Registers Registers           // nil: no department is asked live before submission
	Visits    Visits              // nil: nobody holds places at windows
	Follower  Follower            // nil: nothing comes after a decision
	Bell      *Bell
	Now       func() time.Time
	Signer    *seal.Signer // seals feedback sheets; nil: they get no seal
	Issuer    string       // name of who seals, as sheets show it
	Closing   int          // hour of day at which windows close; what comes later counts from the next working day
}

// Outbox takes items that are to be carried to their departments once the
// transaction commits.
type Outbox interface {
	Enqueue(ctx context.Context, tx store.Tx, itemIDs []string) error
	Recall(ctx context.Context, tx store.Tx, itemIDs []string) error // asks departments to let go of items
}

// Visits holds places at windows (一键预约).
type Visits interface {
	Free(ctx context.Context, tx store.Tx, caseID string) error // of a case that ends
	Reseat(ctx context.Context) error                           // those whose day is no working day any more
}

// Teller tells veterans what was written, from the transaction that writes it.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// limits are those in force.
func (d *Desk) limits() Limits {
	if d.Limits != nil {
		return *d.Limits
	}
	return BuiltinLimits()
}

// PlanInput asks for a plan.
type PlanInput struct {
	VeteranID  string
	Matters    []string     // codes or slugs; nil means all that the person may or must file
	AcceptedOn *workday.Day // nil means: as if submitted now
}

// Plan computes how a veteran's matters would be handled as one. Faults: those of
// [plan.Compile]; VETERAN_NOT_FOUND.
func (d *Desk) Plan(ctx context.Context, in PlanInput) (*plan.Plan, error) {
	if err := access.Require(ctx, access.ReadPlan); err != nil {
		return nil, err
	}
	on := d.Calendar().AcceptedOn(d.Now(), d.Closing)
	if in.AcceptedOn != nil {
		on = d.Calendar().AcceptedOn(in.AcceptedOn.Time(), 24)
	}
	p, _, err := d.compile(ctx, in.VeteranID, in.Matters, on)
	return p, err
}

// compile also returns the veteran's row.
func (d *Desk) compile(ctx context.Context, veteranID string, matters []string, on workday.Day) (*plan.Plan, *gen.Veteran, error) {
	rows, err := d.Profile.ReadRows(ctx, []string{veteranID})
	if err != nil {
		return nil, nil, err
	}
	done, err := d.granted(ctx, []string{veteranID})
	if err != nil {
		return nil, nil, err
	}
	p, err := d.compiled(rows[veteranID], done[veteranID], matters, on)
	if err != nil {
		return nil, nil, err
	}
	return p, rows[veteranID].Veteran, nil
}

// compiled is a plan for a person whose facts have been read; nil if there is none.
func (d *Desk) compiled(r *profile.Rows, done, matters []string, on workday.Day) (*plan.Plan, error) {
	if r == nil || r.Veteran == nil {
		return nil, profile.NotFound()
	}
	known, err := d.Profile.Elements(r)
	if err != nil {
		return nil, err
	}
	return plan.Compile(plan.Input{
		Catalog: d.Shelf.Current(), Calendar: d.Calendar(), Facts: known,
		Chosen: matters, Done: done, AcceptedOn: on, Now: d.Now(),
	})
}

// granted lists the matters that departments have granted each person before.
func (d *Desk) granted(ctx context.Context, veteranIDs []string) (map[string][]string, error) {
	var rows []struct {
		VeteranID string `json:"veteran_id"`
		Matter    string `json:"matter"`
	}
	err := d.Store.Read.Item.Query().Where(store.OneOf[predicate.Item](item.FieldVeteranID, veteranIDs), item.StateIn(lifecycle.ItemApproved, lifecycle.ItemDelivered)).
		Unique(true).Order(item.ByVeteranID(), item.ByMatter()).Select(item.FieldVeteranID, item.FieldMatter).Scan(ctx, &rows)
	if err != nil {
		return nil, fmt.Errorf("matters granted: %w", err)
	}
	by := map[string][]string{}
	for _, r := range rows {
		by[r.VeteranID] = append(by[r.VeteranID], r.Matter)
	}
	return by, nil
}
