package profile

import (
	"github.com/vetgraph/vetgraph/ent/gen/contact"
	"github.com/vetgraph/vetgraph/ent/gen/disability"
	"github.com/vetgraph/vetgraph/ent/gen/discharge"
	"github.com/vetgraph/vetgraph/ent/gen/householdentry"
	"github.com/vetgraph/vetgraph/ent/gen/saying"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// SealedColumns are the columns of the profile that [Profile.Seal] fills.
func SealedColumns() []vault.Column {
	of := func(table, column string) vault.Column {
		return vault.Column{Table: table, Name: column, Of: []string{"veteran_id"}, Bind: func(of []string) string { return bind(table, column, of[0]) }}
	}
	return []vault.Column{
		vault.ByID(veteran.Table, veteran.FieldCitizenSealed, func(id string) string { return bind(veteran.Table, veteran.FieldCitizenSealed, id) }),
		of(contact.Table, contact.FieldMobileSealed), of(contact.Table, contact.FieldAddressSealed),
		of(householdentry.Table, householdentry.FieldAddressSealed),
		of(discharge.Table, discharge.FieldCertNoSealed), of(disability.Table, disability.FieldCertNoSealed),
		{Table: saying.Table, Name: saying.FieldValueSealed, Of: []string{saying.FieldElement, saying.FieldSource, saying.FieldVeteranID},
			Bind: func(of []string) string { return bind(saying.Table, sayingColumn(of[0], of[1]), of[2]) }},
	}
}
