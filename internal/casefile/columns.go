package casefile

import (
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/correction"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns are the columns of casework that are sealed.
func SealedColumns() []vault.Column {
	return []vault.Column{
		vault.ByID(casefile.Table, casefile.FieldDraftSealed, bindDraft),
		vault.ByID(casefile.Table, casefile.FieldAnswersSealed, bindAnswers),
		vault.ByID(casefile.Table, casefile.FieldPlanSealed, bindPlan),
		vault.ByID(item.Table, item.FieldOutputsSealed, bindOutputs),
		vault.ByID(correction.Table, correction.FieldAnswersSealed, bindSupplement),
	}
}
