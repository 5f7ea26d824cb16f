package supervision

import (
	_ "embed" // the times
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
	"github.com/vetgraph/vetgraph/internal/workday"
)

//go:embed supervision.yaml
var rules []byte

// Rules are the times of supervision: supervision.yaml, read.
type Rules struct {
	Silence     SilenceRule `yaml:"silence"`
	Overdue     OverdueRule `yaml:"overdue"`
	Undelivered Allowed     `yaml:"undelivered"`
	Warning     WarningRule `yaml:"warning"`
}

// Allowed is the time that a named person has.
type Allowed struct {
	Workdays   int    `yaml:"workdays"` // working days
	Confidence string `yaml:"confidence"`
}

// SilenceRule says when a word is missing, and how long a person has to get it.
type SilenceRule struct {
	GraceMinutes int `yaml:"graceMinutes"` // by the clock
	Allowed      `yaml:",inline"`
}

// Grace is how late a word may be, with nobody to see to it, before that is a silence.
func (r SilenceRule) Grace() time.Duration { return time.Duration(r.GraceMinutes) * time.Minute }

// OverdueRule says what follows when a promised day is not kept.
type OverdueRule struct {
	Allowed `yaml:",inline"`
	Law     words.Text `yaml:"law"`
}

// WarningRule says when a warning turns yellow.
type WarningRule struct {
	YellowDays    int    `yaml:"yellowDays"`    // working days
	YellowPercent int    `yaml:"yellowPercent"` // of the working days between acceptance and the promised day
	Confidence    string `yaml:"confidence"`
}

// Thresholds are the rule as the calendar takes it.
func (r WarningRule) Thresholds() workday.Thresholds {
	return workday.Thresholds{YellowDays: r.YellowDays, YellowShare: float64(r.YellowPercent) / 100}
}

var builtin = sync.OnceValues(func() (*Rules, error) { return LoadRules("supervision.yaml", rules) })

// Builtin are the times that ship with the program. All callers share them.
func Builtin() (*Rules, error) { return builtin() }

// LoadRules reads times. Its error is [*catalog.Problems], every mistake at once.
func LoadRules(file string, data []byte) (*Rules, error) {
	r := &Rules{}
	s := catalog.ReadStrict(file, data, r)
	within := func(n *int, lo, hi int) {
		if *n < lo || *n > hi {
			s.Blame(n, "wants a number from %d to %d", lo, hi)
		}
	}
	within(&r.Silence.GraceMinutes, 1, 24*60)
	for _, n := range []*int{&r.Silence.Workdays, &r.Overdue.Workdays, &r.Undelivered.Workdays} {
		within(n, 1, 60)
	}
	within(&r.Warning.YellowDays, 0, 60)
	within(&r.Warning.YellowPercent, 0, 99)
	return r, s.Err()
}
