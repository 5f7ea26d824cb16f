package profile

import "github.com/vetgraph/vetgraph/ent/gen"

// TrainingHours are the hours of teaching that a person has behind them: of the
// courses on record that were completed, and those that a school reports of its
// own courses. Where an institution has not said how long a course was it counts nothing.
func TrainingHours(record []*gen.Training, reported int) int {
	for _, t := range record {
		if t.State == "COMPLETED" {
			reported += hours(t)
		}
	}
	return reported
}

func hours(t *gen.Training) int {
	if t.Hours == nil {
		return 0
	}
	return *t.Hours
}
