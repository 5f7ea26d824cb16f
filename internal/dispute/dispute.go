// Package dispute takes a person's objection to a value of their profile to the department that vouches for it (异议).
//
// Everybody may ask that what is wrong or incomplete about them be corrected
// (个人信息保护法 46). The department whose word the value is has so many working
// days to answer; a named person there has the task from the first moment, and
// the profile shows the objection beside the value until it is decided.
//
// A decision carries no value. The record keeps what departments say: one that
// finds an objection right corrects its own system, and the new value comes from
// there, by its next answer or result. What the person claims is never taken for a
// fact. Claim and reasons are sealed, and shown to the person and to officers of
// that department only.
package dispute

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/task"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/supervision"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Desk keeps disputes.
type Desk struct {
	Store     *store.Store
	Profile   *profile.Profile
	Vault     *vault.Vault
	Catalog   func() *catalog.Catalog  // the one in force
	Calendar  func() *workday.Calendar // the one in force
	Divisions form.Divisions
	Tasks     Tasks
	Tell      Teller // nil: nobody is told
	Figures   Figures
	Now       func() time.Time
}

// Tasks gives a named person something to see to (supervision.Office).
type Tasks interface {
	Raise(ctx context.Context, tx store.Tx, c supervision.Concern) (taskID string, err error)
	Settle(ctx context.Context, tx store.Tx, kind task.Kind, subject, outcome string) error
}

// Teller takes what people are to be told once the transaction commits.
type Teller interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
}

// Get returns one dispute that the viewer may see. Faults: DISPUTE_NOT_FOUND, for
// a stranger's too.
func (d *Desk) Get(ctx context.Context, id string) (*gen.Dispute, error) {
	row, err := d.Store.Read.Dispute.Query().Where(dispute.ID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, notFound()
	} else if err != nil {
		return nil, fmt.Errorf("dispute: %w", err)
	}
	return row, nil
}

func notFound() error {
	return fault.New(fault.NotFound, "DISPUTE_NOT_FOUND", "没有找到这项异议。", "There is no such dispute.").At("input", "disputeId")
}

// OfVeterans returns the disputes of each veteran, the newest first.
func (d *Desk) OfVeterans(ctx context.Context, veteranIDs []string) (map[string][]*gen.Dispute, error) {
	rows, err := d.Store.Read.Dispute.Query().Where(store.OneOf[predicate.Dispute](dispute.FieldVeteranID, veteranIDs)).
		Order(gen.Desc(dispute.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("disputes of %d veterans: %w", len(veteranIDs), err)
	}
	return store.Group(rows, func(r *gen.Dispute) string { return r.VeteranID }), nil
}

// Page returns up to first disputes that the viewer answers for or supervises,
// after the ID given, and whether there are more. The oldest comes first, which is
// due first: all have the same number of working days.
func (d *Desk) Page(ctx context.Context, state dispute.State, first int, after string) ([]*gen.Dispute, bool, error) {
	if err := access.Require(ctx, access.Supervise); err != nil {
		return nil, false, err
	}
	q := d.Store.Read.Dispute.Query().Order(gen.Asc(dispute.FieldID)).Limit(first + 1)
	if state != "" {
		q.Where(dispute.StateEQ(state))
	}
	if after != "" {
		q.Where(dispute.IDGT(after))
	}
	rows, err := q.All(store.Anew(ctx))
	if err != nil {
		return nil, false, fmt.Errorf("page of disputes: %w", err)
	}
	if len(rows) > first {
		return rows[:first], true, nil
	}
	return rows, false, nil
}

// Said is what a person objects with. A nil Claim says only that the value is wrong.
type Said struct {
	Claim  any    `json:"claim,omitempty"`
	Reason string `json:"reason"`
}

// Said opens what the person said, for the person and for officers of the
// department; the zero value for anybody else who sees the dispute.
func (d *Desk) Said(ctx context.Context, row *gen.Dispute) (Said, error) {
	if !reads(access.From(ctx), row) {
		return Said{}, nil
	}
	if len(row.ClaimSealed) == 0 && row.State != dispute.StateOPEN {
		return Said{}, nil // forgotten, as internal/retention says
	}
	plain, err := d.Vault.Open(row.ClaimSealed, bind(row.ID))
	if err != nil {
		return Said{}, fmt.Errorf("open a dispute: %w", err)
	}
	var s Said
	if err := json.Unmarshal(plain, &s); err != nil {
		return Said{}, fmt.Errorf("read a dispute: %w", err)
	}
	return s, nil
}

func reads(v *access.Viewer, row *gen.Dispute) bool {
	switch {
	case v == nil:
		return false
	case v.Kind == access.Veteran:
		return v.Self == row.VeteranID
	case v.Kind == access.Officer:
		return v.Department == row.Department && division.Within(row.Division, v.Division)
	}
	return v.Kind == access.Machine
}

func bind(id string) string { return "disputes:claim:" + id }
