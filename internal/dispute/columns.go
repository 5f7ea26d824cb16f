package dispute

import (
	"github.com/vetgraph/vetgraph/ent/gen/dispute"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns names the column with what people say is right.
func SealedColumns() []vault.Column {
	return []vault.Column{vault.ByID(dispute.Table, dispute.FieldClaimSealed, bind)}
}
