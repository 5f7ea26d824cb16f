package journal

import (
	"context"
	"fmt"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Deed is what an administrator did, of no case.
type Deed struct {
	Act     access.Act
	Deed    string // what it came to, e.g. PAUSE
	Subject string // port, years, account or slice
	Reason  string // words, no personal data
	At      time.Time
}

// Administer adds what the viewer by did as an administrator, in the transaction of
// the deed. What the hub does of itself is nobody's deed.
func Administer(ctx context.Context, tx store.Tx, by *access.Viewer, d Deed) error {
	if by == nil {
		return access.SignIn()
	}
	if by.Kind == access.Machine {
		return nil
	}
	err := tx.Ent.AdministrativeAct.Create().SetID(store.NewID()).SetAt(d.At.UTC()).SetRole(string(by.Kind)).SetAccount(by.ID).
		SetAct(string(d.Act)).SetDeed(d.Deed).SetSubject(d.Subject).SetReason(d.Reason).Exec(ctx)
	if err != nil {
		return fmt.Errorf("journal of administrators: %w", err)
	}
	return nil
}
