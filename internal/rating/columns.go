package rating

import (
	"github.com/vetgraph/vetgraph/ent/gen/rating"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns names the column with what people wrote beside their grade.
func SealedColumns() []vault.Column {
	return []vault.Column{vault.ByID(rating.Table, rating.FieldWordsSealed, bind)}
}
