package profile

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Record writes what a department said of a veteran, by field ID: the outputs of a
// result, or the answers of a look-up. Other values of a touched fact stay, and
// the fact then rests on the department's word. nil says that there is none. What
// the profile has no place for is left out: it stays with the item it came with.
// A value of the wrong type is an error that names the field, never the value; a
// veteran who is not there, one too.
//
// Results of a matter may say less than they mean: a new household without its
// division is taken to lie where the person settles.
func (p *Profile) Record(ctx context.Context, tx store.Tx, veteranID string, outputs map[string]any, prov fact.Provenance) error {
	rows, err := readRows(ctx, tx.Ent, []string{veteranID})
	if err != nil {
		return err
	}
	r := rows[veteranID]
	if r == nil {
		return fmt.Errorf("record results of %s: there is no such veteran", veteranID)
	}
	q, err := p.Person(r)
	if err != nil {
		return err
	}
	e := entry{was: q, now: Person{ID: q.ID, Number: q.Number, Identity: q.Identity, Division: q.Division, Synthetic: q.Synthetic}, by: prov}
	for _, id := range slices.Sorted(maps.Keys(outputs)) {
		if put := places[id]; put != nil && !put(&e, outputs[id]) {
			return fmt.Errorf("record results of %s: %s cannot be a %T", veteranID, id, outputs[id])
		}
	}
	_, err = p.Put(ctx, tx, []Person{e.now})
	return err
}

// entry is an entry under way: the person as the record has them, and the facts
// that the department has told.
type entry struct {
	was *Person
	now Person
	by  fact.Provenance
}

// places are where the profile keeps what a department tells, by field ID. They
// answer false for a value of the wrong type.
var places = map[string]func(*entry, any) bool{
	"name":          func(e *entry, v any) bool { return e.must(v, &e.identity().Name) },
	"ethnicity":     func(e *entry, v any) bool { return e.text(v, &e.identity().Ethnicity) },
	"maritalStatus": func(e *entry, v any) bool { return e.text(v, &e.identity().Marital) },

	"education":       func(e *entry, v any) bool { return e.text(v, &e.background().Education) },
	"politicalStatus": func(e *entry, v any) bool { return e.text(v, &e.background().Political) },

	"hukouAddress":        func(e *entry, v any) bool { return e.newHousehold(v) },
	"hasLocalHukou":       func(e *entry, v any) bool { return e.hasHousehold(v) },
	"priorHukouDivision":  func(e *entry, v any) bool { return e.text(v, &e.household(Prior).Division) },
	"priorHukouAddress":   func(e *entry, v any) bool { return e.text(v, &e.household(Prior).Address) },
	"targetPoliceStation": func(e *entry, v any) bool { return e.text(v, &e.household(Prior).PoliceStation) },
	"hukouCancelDate":     func(e *entry, v any) bool { return e.cancelled(v) },
	"idValidTo":           func(e *entry, v any) bool { return e.idCard(v) },

	"enrolDivision":        func(e *entry, v any) bool { return e.text(v, &e.enrolment(v, Social, false).Division) },
	"pensionSchemeType":    func(e *entry, v any) bool { return e.text(v, &e.enrolment(v, Pension, false).Scheme) },
	"priorPensionDivision": func(e *entry, v any) bool { return e.text(v, &e.enrolment(v, Pension, true).Division) },
	"medicalSchemeType":    func(e *entry, v any) bool { return e.text(v, &e.enrolment(v, Medical, false).Scheme) },
	"priorMedicalDivision": func(e *entry, v any) bool { return e.text(v, &e.enrolment(v, Medical, true).Division) },

	"hasSocialSecurityCard": func(e *entry, v any) bool { return e.socialCard(v) },
	"employmentStatus":      func(e *entry, v any) bool { return e.employment(v) },

	"disabilityGrade":     func(e *entry, v any) bool { return e.text(v, &e.disability().Grade) },
	"disabilityNature":    func(e *entry, v any) bool { return e.text(v, &e.disability().Nature) },
	"disabilityCertNo":    func(e *entry, v any) bool { return e.text(v, &e.disability().CertNo) },
	"disabilityAuthority": func(e *entry, v any) bool { return e.text(v, &e.disability().Authority) },
}
