package subsidy

import (
	"github.com/vetgraph/vetgraph/ent/gen/paymentline"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns names the column with accounts to which money goes.
func SealedColumns() []vault.Column {
	return []vault.Column{vault.ByID(paymentline.Table, paymentline.FieldAccountSealed, bind)}
}
