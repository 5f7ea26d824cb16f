package slice

import (
	"maps"
	"slices"
	"strings"
)

// Changes are the fields of a slice whose changes the partner is told of: names by
// type, as in [Fields]. It is told that they have changed, never to what; a slice
// with changes also tells who has come into its rows and who has left them.
type Changes map[string][]string

// Column is where the record keeps what a field shows.
type Column struct {
	Table, Name string
	Sealed      bool // ciphertext: other bytes may be the same value
}

// watched are the types whose fields can be told of: their table, and their fields;
// NAME=COLUMN where the record calls it otherwise. As with [Facts], a column that
// is not named here is out of any file's reach. What never changes of a person
// (citizen number, birth date) is not here, nor who says so since when (Provenance):
// the same said again is no change.
var watched = map[string]struct {
	table  string
	fields string
}{
	"Veteran":            {"veterans", "name sex division"},
	"Background":         {"backgrounds", "education political"},
	"Contact":            {"contacts", "mobile=mobile_sealed division"},
	"HouseholdEntry":     {"household_entries", "kind state division cancelledOn registeredOn policeStation"},
	"IdentityCard":       {"identity_cards", "state validTo longTerm"},
	"Identity":           {"veterans", "ethnicity marital"},
	"ServicePeriod":      {"service_periods", "enlistedOn leftOn branch unit"},
	"Rank":               {"ranks", "rank heldFrom"},
	"Award":              {"awards", "level awardedOn"},
	"Discharge":          {"discharges", "dischargedOn category reason certType"},
	"Settlement":         {"settlements", "mode division relocationReason"},
	"Disability":         {"disabilities", "grade nature authority"},
	"EmploymentRecord":   {"employment_records", "status since"},
	"Training":           {"trainings", "trade institution state beganOn endedOn hours"},
	"Guidance":           {"guidances", "kind heldOn outcome"},
	"TrainingSubsidy":    {"training_subsidies", "amountFen state paidOn"},
	"Enrolment":          {"enrolments", "branch scheme division state beforeService since"},
	"SocialSecurityCard": {"social_security_cards", "state bank issuedOn"},
	"ArmyRelation":       {"army_relations", "kind months amountFen transferred transferredOn"},
	"EconomicSubsidy":    {"economic_subsidies", "amountFen years state approvedOn paidOn"},
	"PreferentialCard":   {"preferential_cards", "state bank issuedOn"},
	"PensionRelation":    {"pension_relations", "state grade receivedOn"},
}

// Watched are the fields whose changes can be told of, as Type.field.
func Watched() map[string]Column {
	all := map[string]Column{}
	for typ, of := range watched {
		for _, text := range strings.Fields(of.fields) {
			name, column, renamed := strings.Cut(text, "=")
			if !renamed {
				column = snake(name)
			}
			all[typ+"."+name] = Column{Table: of.table, Name: column, Sealed: strings.HasSuffix(column, "_sealed")}
		}
	}
	return all
}

// snake is a field's name as the record writes it: amountFen is amount_fen.
func snake(name string) string {
	var b strings.Builder
	for _, r := range name {
		if r >= 'A' && r <= 'Z' {
			b.WriteByte('_')
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// Coordinates lists what is told of as Type.field, sorted.
func (c Changes) Coordinates() []string { return Fields(c).Coordinates() }

// check holds changes against the fields that the slice shows: nothing is told of
// what is not read, and whoever is told must be able to come and read.
func (c Changes) check(f Fields, blame func(typ, format string, args ...any)) {
	can := Watched()
	for _, typ := range slices.Sorted(maps.Keys(c)) {
		seen := map[string]bool{}
		for _, name := range c[typ] {
			_, shown := f.of(typ, name)
			_, watched := can[typ+"."+name]
			switch {
			case seen[name]:
				blame(typ, "%s stands there twice", name)
			case !shown:
				blame(typ, "%s is not among the slice's fields: nothing is told of what is not read", name)
			case !watched:
				blame(typ, "changes of %s cannot be told of", name)
			}
			seen[name] = true
		}
		args, _ := f.of("Query", "veteran")
		if _, named := f.of("Veteran", "id"); !named || !slices.Contains(args, "id") {
			blame(typ, "wants the fields Query.veteran(id) and Veteran.id: who is told of a person must be able to read them")
		}
	}
}
