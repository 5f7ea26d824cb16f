// Package journal writes who did what to whom, in the same transaction as the deed.
//
// Entries are only ever added. They carry IDs of rows and accounts, never the
// names or numbers of people.
package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Entry is one deed. The actor is the viewer in the context.
type Entry struct {
	CaseID string
	ItemID string // empty for a deed on the whole case
	Matter string
	Kind   string // e.g. CASE_ACCEPTED, ITEM_APPROVED
	From   string // state before
	To     string // state after
	Reason string // words, no personal data
	At     time.Time
}

// Write adds entries in a transaction, in the order given.
func Write(ctx context.Context, tx store.Tx, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	v := access.From(ctx)
	if v == nil {
		return access.SignIn()
	}
	rows := make([]*gen.EventCreate, len(entries))
	for i, e := range entries {
		rows[i] = tx.Ent.Event.Create().SetCaseID(e.CaseID).SetKind(e.Kind).SetActorKind(string(v.Kind)).SetActor(v.ID).
			SetPrincipal(v.Principal).SetMandateID(v.Mandate).SetFromState(e.From).SetToState(e.To).SetReason(e.Reason).SetAt(e.At.UTC())
		if e.ItemID != "" {
			rows[i].SetItemID(e.ItemID).SetMatter(e.Matter)
		}
	}
	if err := tx.Ent.Event.CreateBulk(rows...).Exec(ctx); err != nil {
		return fmt.Errorf("journal: %w", err)
	}
	return nil
}
