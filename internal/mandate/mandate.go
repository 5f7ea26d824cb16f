// Package mandate is the right of a clerk to act for a veteran (帮办代办): for these matters, these fields, until this day, for as long as the veteran wants.
//
// A mandate never covers more than was needed: the matters that are to be filed,
// and the fields that their joint form asks the person to type. A clerk asks for
// it; it is in force once the veteran has told the code, shown its QR text or
// agreed in the portal, and ends the instant it is revoked. Nobody remembers one:
// each act reads the row, and within a transaction reads it again under the lock
// that a revocation takes too (casefile).
//
// The code goes to the veteran's phone and is kept nowhere: it is drawn by a
// keyed function from the row's ID and expiry, and the row holds a keyed digest to
// check it by. Without the keys the record tells nothing of it.
//
// The veteran is told of each request, confirmation and revocation, in the same
// transaction. Cases filed under a mandate tell of themselves: each entry of
// their journal shows actor, principal and mandate (access.ActFor).
package mandate

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/mandate"
	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/notify"
	"github.com/vetgraph/vetgraph/internal/plan"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Desk keeps mandates.
type Desk struct {
	Store   *store.Store
	Profile *profile.Profile
	Vault   *vault.Vault
	Catalog func() *catalog.Catalog // the one in force
	Plan    Planner
	Post    Post                        // nil: nobody is told, and no code arrives
	Names   func(account string) string // the name of whom an account belongs to; nil or empty: not known
	Figures Figures
	Now     func() time.Time
}

// Planner computes how a veteran's matters (codes or slugs, nil for all that they
// may or must file) would be handled, for a viewer who may see it.
type Planner func(ctx context.Context, veteranID string, matters []string) (*plan.Plan, error)

// Post tells people things once the transaction commits (notify.Post).
type Post interface {
	Tell(ctx context.Context, tx store.Tx, notices ...notify.Notice) error
	// Forget wipes the code of a veteran's notices of a kind whose fact has a value.
	Forget(ctx context.Context, tx store.Tx, veteranID, kind, fact, value string) error
}

// State is where a mandate stands; it lapses by itself.
type State string

// The states, a closed list.
const (
	Requested State = "REQUESTED"
	Active    State = "ACTIVE"
	Expired   State = "EXPIRED" // past its last day, or a request that was not answered in time
	Revoked   State = "REVOKED"
	Refused   State = "REFUSED"
)

// State tells where a mandate stands now.
func (d *Desk) State(m *gen.Mandate) State {
	now := d.Now()
	s := State(m.State)
	switch {
	case (s == Active || s == Requested) && m.Until < workday.FromTime(now):
		return Expired
	case s == Requested && workday.FromTime(m.RequestedAt).AddDays(d.Figures.AnswerDays.Value) < workday.FromTime(now):
		return Expired
	}
	return s
}

// Get returns one mandate that the viewer may see. Faults: MANDATE_NOT_FOUND, for
// a stranger's too.
func (d *Desk) Get(ctx context.Context, id string) (*gen.Mandate, error) {
	return find(ctx, d.Store.Read, id)
}

// find is Get with a client, which may be a transaction's.
func find(ctx context.Context, c *gen.Client, id string) (*gen.Mandate, error) {
	m, err := c.Mandate.Query().Where(mandate.ID(id)).Only(ctx)
	if gen.IsNotFound(err) {
		return nil, fault.New(fault.NotFound, "MANDATE_NOT_FOUND", "没有找到这份委托。", "There is no such mandate.").At("input", "mandateId")
	} else if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	return m, nil
}

// OfVeterans returns the mandates of each veteran, the newest first: all of them
// for the person, a clerk's own for a clerk.
func (d *Desk) OfVeterans(ctx context.Context, veteranIDs []string) (map[string][]*gen.Mandate, error) {
	rows, err := d.Store.Read.Mandate.Query().Where(store.OneOf[predicate.Mandate](mandate.FieldVeteranID, veteranIDs)).
		Order(gen.Desc(mandate.FieldID)).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("mandates of %d veterans: %w", len(veteranIDs), err)
	}
	return store.Group(rows, func(m *gen.Mandate) string { return m.VeteranID }), nil
}

// Act lets a clerk act for a veteran: it finds the mandate in force today that
// covers all matters (codes or slugs) and all fields, and answers a context whose
// journal entries show it. Any other viewer's context comes back as it is. The row
// is read each time, so a mandate that was revoked is not found. Faults: Denied
// MANDATE_REQUIRED, MANDATE_TOO_NARROW.
func (d *Desk) Act(ctx context.Context, veteranID string, matters, fields []string) (context.Context, error) {
	v := access.From(ctx)
	if v == nil {
		return ctx, access.SignIn()
	}
	if v.Kind != access.Clerk {
		return ctx, nil
	}
	rows, err := d.Store.Read.Mandate.Query().Where(
		mandate.Agent(v.ID), mandate.VeteranID(veteranID), mandate.StateEQ(mandate.StateACTIVE), mandate.UntilGTE(workday.FromTime(d.Now())),
	).Order(gen.Desc(mandate.FieldID)).All(ctx)
	if err != nil {
		return ctx, fmt.Errorf("mandates of a clerk: %w", err)
	}
	if len(rows) == 0 {
		return ctx, fault.New(fault.Denied, "MANDATE_REQUIRED", "代办需要退役军人本人的有效委托，请先申请并确认。",
			"Acting for a veteran needs a mandate in force; ask for one and have it confirmed.")
	}
	needed := d.codes(matters)
	var lacks []string
	for i, m := range rows {
		missing := append(without(needed, m.Matters), without(fields, m.Fields)...)
		if len(missing) == 0 {
			return access.ActFor(ctx, veteranID, m.ID), nil
		}
		if i == 0 || len(missing) < len(lacks) {
			lacks = missing
		}
	}
	return ctx, tooNarrow(lacks)
}

// tooNarrow names what the widest mandate lacks. The names are those of the
// catalogue and those that the caller gave, so there may be any number of them.
func tooNarrow(lacks []string) error {
	const shown = 12
	more := ""
	if len(lacks) > shown {
		lacks, more = lacks[:shown], " …"
	}
	names := ""
	for i, l := range lacks {
		if r := []rune(l); len(r) > 60 {
			l = string(r[:60])
		}
		if i > 0 {
			names += ", "
		}
		names += l
	}
	return fault.Newf(fault.Denied, "MANDATE_TOO_NARROW", "委托不包括：%[1]s。", "The mandate does not cover: %[1]s.", names+more)
}

// codes names matters by their code; one that the catalogue does not know keeps its name.
func (d *Desk) codes(matters []string) []string {
	out := make([]string, len(matters))
	for i, m := range matters {
		if out[i] = m; d.Catalog().Matter(m) != nil {
			out[i] = d.Catalog().Matter(m).Code
		}
	}
	return out
}

// without are those of needed that are not in has, each once.
func without(needed, has []string) []string {
	var out []string
	for _, n := range needed {
		if !slices.Contains(has, n) && !slices.Contains(out, n) {
			out = append(out, n)
		}
	}
	return out
}
