package mandate

import (
	_ "embed" // mandate.yaml
	"slices"
	"sync"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

//go:embed mandate.yaml
var figures []byte

// Figures are the limits of mandates.
type Figures struct {
	LongestDays      Figure `yaml:"longestDays"`      // from today to the last day, calendar days
	CodeMinutes      Figure `yaml:"codeMinutes"`      // life of a confirmation code, by the wall clock
	CodeAttempts     Figure `yaml:"codeAttempts"`     // wrong codes before a new request is needed
	AnswerDays       Figure `yaml:"answerDays"`       // how long a request waits for the veteran, calendar days
	RequestsDaily    Figure `yaml:"requestsDaily"`    // of one clerk to one veteran in 24 hours
	RequestsDailyAll Figure `yaml:"requestsDailyAll"` // of all clerks to one veteran in 24 hours
	InForce          Figure `yaml:"inForce"`          // for one veteran at once
}

// Figure is a number, its unit, and how sure it is.
type Figure struct {
	Value      int    `yaml:"value"`
	Unit       string `yaml:"unit"`
	Confidence string `yaml:"confidence"` // a mark of the catalogue, or A for an assumption of ours
	Source     string `yaml:"source"`
}

// marks of confidence: those of the catalogue, and ours.
var marks = []string{"S", "C", "L", "K", "I", "R", "A"}

// Builtin are the limits that come with the program.
var Builtin = sync.OnceValues(func() (Figures, error) { return Load("mandate.yaml", figures) })

// Load reads limits from YAML. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte) (Figures, error) {
	var f Figures
	s := catalog.ReadStrict(file, data, &f)
	for _, c := range []struct {
		of   *Figure
		unit string
		most int
	}{
		{&f.LongestDays, "calendar days", 366}, {&f.AnswerDays, "calendar days", 60}, {&f.CodeMinutes, "minutes", 60}, {&f.CodeAttempts, "attempts", 10},
		{&f.RequestsDaily, "requests", 50}, {&f.RequestsDailyAll, "requests", 100}, {&f.InForce, "mandates", 100},
	} {
		if c.of.Value < 1 || c.of.Value > c.most {
			s.Blame(&c.of.Value, "wants 1 to %d", c.most)
		}
		if c.of.Unit != c.unit {
			s.Blame(&c.of.Unit, "is counted in %s", c.unit)
		}
		if !slices.Contains(marks, c.of.Confidence) {
			s.Blame(&c.of.Confidence, "wants a mark of the catalogue, or A")
		}
	}
	if f.RequestsDailyAll.Value < f.RequestsDaily.Value {
		s.Blame(&f.RequestsDailyAll.Value, "is less than requestsDaily")
	}
	if err := s.Err(); err != nil {
		return Figures{}, err
	}
	return f, nil
}
