package store

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
)

// LockVeteran makes other transactions about the same person wait for this one.
// On SQLite there is only one writer, so nothing is left to do.
func (tx Tx) LockVeteran(ctx context.Context, id string) error {
	if tx.PG == nil {
		return nil
	}
	if _, err := tx.Ent.Veteran.Query().Where(veteran.ID(id)).ForUpdate().Select(veteran.FieldID).String(ctx); err != nil {
		return fmt.Errorf("lock veteran: %w", err)
	}
	return nil
}

// LockCase makes other transactions about the same case wait for this one.
func (tx Tx) LockCase(ctx context.Context, id string) error {
	if tx.PG == nil {
		return nil
	}
	if _, err := tx.Ent.CaseFile.Query().Where(casefile.ID(id)).ForUpdate().Select(casefile.FieldID).String(ctx); err != nil {
		return fmt.Errorf("lock case: %w", err)
	}
	return nil
}
