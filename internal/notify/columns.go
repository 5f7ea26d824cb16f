package notify

import (
	"github.com/vetgraph/vetgraph/ent/gen/notification"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns names the column with confirmation codes that are told.
func SealedColumns() []vault.Column {
	return []vault.Column{vault.ByID(notification.Table, notification.FieldSecretSealed, bindSecret)}
}
