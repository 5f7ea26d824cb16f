package dispute

import (
	_ "embed" // dispute.yaml
	"slices"
	"sync"

	"github.com/vetgraph/vetgraph/internal/catalog"
)

//go:embed dispute.yaml
var figures []byte

// Figures are the limits of disputes.
type Figures struct {
	AnswerDays  Figure `yaml:"answerDays"`  // for the department, working days
	ReasonRunes Figure `yaml:"reasonRunes"` // of the person's reasons, characters
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
var Builtin = sync.OnceValues(func() (Figures, error) { return Load("dispute.yaml", figures) })

// Load reads limits from YAML. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte) (Figures, error) {
	var f Figures
	s := catalog.ReadStrict(file, data, &f)
	for _, c := range []struct {
		of   *Figure
		unit string
		most int
	}{{&f.AnswerDays, "working days", 120}, {&f.ReasonRunes, "characters", 500}} {
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
	if err := s.Err(); err != nil {
		return Figures{}, err
	}
	return f, nil
}
