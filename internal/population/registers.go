package population

import "github.com/vetgraph/vetgraph/internal/profile"

// DepartmentRecords is what each department's own register holds of a person, by
// department and field ID, nil where it says that there is none. It is what the
// profile mirrors, and more: police and agencies know what the profile was never
// told. In one of fifty people a register has moved on since: asked live, it
// answers something newer than the profile. Of a few ([Disagreements]) it says what
// another source denies.
func DepartmentRecords(q profile.Person) map[string]map[string]any {
	registers := map[string]map[string]any{"VA": {}, "PS": {}, "HRSS": {}, "HSA": {}, "MIL": {}}
	for id, k := range q.Elements() {
		source := k.Source
		if source == "UNIT" {
			source = "VA" // the former unit speaks through the roll
		}
		if r := registers[source]; r != nil {
			r[id] = k.Value // nil if absent
		}
	}
	r := own(&q)
	add := func(department, id string, value any) {
		if _, told := registers[department][id]; !told {
			registers[department][id] = value
		}
	}
	add("PS", "maritalStatus", marital(&q))
	add("PS", "hukouAddress", nil)
	add("VA", "preferentialCardBarred", false)
	add("HRSS", "pensionSchemeType", nil)
	add("HSA", "priorMedicalDivision", priorMedical(&q, r.IntN(100)))
	for _, id := range []string{"enlistDate", "dischargeDate"} {
		registers["MIL"][id] = registers["VA"][id]
	}
	if r.IntN(50) == 0 {
		registers["HRSS"]["employmentStatus"] = "51"
	}
	add("HSA", "medicalEnrolmentStatus", medicalStatus(&q, r.IntN(100)))
	for _, x := range disagreements {
		if x.is(&q) {
			registers[x.department][x.field] = x.says(&q)
		}
	}
	return registers
}

// medicalStatus is where the person is a member, over all levels. Three of a
// hundred are somewhere else, which the profile was never told.
func medicalStatus(q *profile.Person, percent int) string {
	status := "NONE"
	for _, e := range q.Enrolments {
		switch {
		case e.Branch != profile.Medical || e.State == profile.None:
		case e.State == profile.Active && !e.BeforeService:
			return "ACTIVE_HERE"
		default:
			status = "SUSPENDED"
		}
	}
	if percent < 3 {
		return "ACTIVE_ELSEWHERE"
	}
	return status
}

// marital follows the number, so that the register says what the profile holds:
// the earlier born, the likelier married.
func marital(q *profile.Person) string {
	const youngest = 2010 // nobody born later is married
	if 4*(youngest-q.Number.BirthDate().Year()) > own(q).IntN(100) {
		return "20"
	}
	return "10"
}

func priorMedical(q *profile.Person, percent int) any {
	if len(q.ServicePeriods) == 0 || percent >= 60 {
		return nil
	}
	return q.ServicePeriods[0].EnlistDivision
}
