package form

import (
	"fmt"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

// Problem is one thing wrong with a set of answers. Its words never hold a value.
type Problem struct {
	Field   string   `json:"field"`             // field ID; empty if what was sent as one cannot be one
	Matters []string `json:"matters,omitempty"` // that ask the field
	Reason  string   `json:"reason"`            // stable; one of the constants, or CITIZEN_NUMBER_… of package citizen
	Zh      string   `json:"zh"`
	En      string   `json:"en"`
}

// The reasons, a closed list.
const (
	AnswersTooMany   = "ANSWERS_TOO_MANY"
	FormNotBound     = "FORM_NOT_BOUND"
	FieldUnknown     = "FIELD_UNKNOWN"            // the catalogue has no such field
	FieldNotOnForm   = "FIELD_NOT_ON_FORM"        // no matter of this form asks it
	FieldTwice       = "FIELD_ANSWERED_TWICE"     // in one set of answers
	FieldOfDept      = "FIELD_HELD_BY_DEPARTMENT" // a department answers it
	FieldProduced    = "FIELD_PRODUCED"           // a matter of this case answers it
	FieldDerived     = "FIELD_DERIVED"            // computed, and the answer differs
	FieldOnSite      = "FIELD_TAKEN_ON_SITE"      // taken at the window
	FieldReadOnly    = "FIELD_READ_ONLY"          // its source of record says otherwise
	FieldNotNeeded   = "FIELD_NOT_NEEDED"         // its condition does not hold with these answers
	ValueMissing     = "VALUE_MISSING"            // required and not answered
	ValueWrongType   = "VALUE_WRONG_TYPE"         // a number where text belongs, and the like
	ValueNotText     = "VALUE_NOT_CLEAN_TEXT"     // invalid UTF-8, control or direction characters
	ValueTooShort    = "VALUE_TOO_SHORT"          // in characters
	ValueTooLong     = "VALUE_TOO_LONG"           // in characters
	ValuePattern     = "VALUE_PATTERN"            // not of the form required
	ValueNotInList   = "VALUE_NOT_IN_LIST"        // not a code of its list
	ValueCombination = "VALUE_COMBINATION"        // a code that another answer rules out
	ValueOutOfRange  = "VALUE_OUT_OF_RANGE"       // negative, or beyond reason
	DateMalformed    = "DATE_MALFORMED"           // no real date
	DateInFuture     = "DATE_IN_FUTURE"           // after today
	DateOrder        = "DATE_ORDER"               // before a date that comes first in life
	DivisionUnknown  = "DIVISION_UNKNOWN"         // no such division
	CardCheckDigit   = "CARD_CHECK_DIGIT"         // Luhn (ISO/IEC 7812)
	NameDiffers      = "NAME_DIFFERS"             // the account holder must be the applicant
	ListTooLong      = "LIST_TOO_LONG"            // too many items
	ListRepeats      = "LIST_REPEATS"             // the same item twice
)

// flaw is what is wrong with one value: a reason and words with the field's name as their only %s.
type flaw struct{ reason, zh, en string }

func wrong(reason, zh, en string) *flaw { return &flaw{reason, zh, en} }

// problem is a flaw of a field, in words.
func problem(f *Field, w *flaw) Problem {
	return Problem{Field: f.ID, Matters: f.AskedBy, Reason: w.reason, Zh: fmt.Sprintf(w.zh, f.Name.Zh), En: fmt.Sprintf(w.en, f.Name.En)}
}

// stray is a problem of an answer to something that is no field of this form.
func stray(c *catalog.Catalog, id string) Problem {
	def := c.Field(id)
	if def == nil {
		return Problem{Field: safeID(id), Reason: FieldUnknown, Zh: "没有这个填写项。", En: "There is no such field."}
	}
	return Problem{Field: id, Reason: FieldNotOnForm,
		Zh: fmt.Sprintf("本次办理的事项不需要“%s”。", def.Name.Zh), En: fmt.Sprintf("None of these matters asks for “%s”.", def.Name.En)}
}

// safeID answers an ID only if it can be one: a value sent as an ID by mistake is not repeated.
func safeID(id string) string {
	if len(id) == 0 || len(id) > 40 || id[0] < 'a' || id[0] > 'z' {
		return ""
	}
	for _, r := range id {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return ""
		}
	}
	return id
}
