package profile

import (
	"context"
	"fmt"

	"github.com/vetgraph/vetgraph/internal/store"
)

// RecordSubsidy writes how a veteran's one-off subsidy stands. A state as new as
// the one there is takes its place; an older one does not. A veteran who is not
// there is an error.
func (p *Profile) RecordSubsidy(ctx context.Context, tx store.Tx, veteranID string, s EconomicSubsidy) error {
	rows, err := readRows(ctx, tx.Ent, []string{veteranID})
	if err != nil {
		return err
	}
	r := rows[veteranID]
	if r == nil {
		return fmt.Errorf("record the subsidy of %s: there is no such veteran", veteranID)
	}
	q, err := p.Person(r)
	if err != nil {
		return err
	}
	_, err = p.Put(ctx, tx, []Person{{ID: q.ID, Number: q.Number, Identity: q.Identity, Division: q.Division, Synthetic: q.Synthetic, EconomicSubsidy: &s}})
	return err
}
