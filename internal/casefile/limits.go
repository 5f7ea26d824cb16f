package casefile

import (
	"bytes"
	_ "embed" // the limits
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

//go:embed limits.yaml
var limitsFile []byte

// Limit is how long something may take, in working days, and on which ground.
type Limit struct {
	Workdays   int    `yaml:"workdays"`
	Law        string `yaml:"law"`
	Confidence string `yaml:"confidence"` // L law, C published, A assumed
}

// Limits are the limits that no matter sets by itself.
type Limits struct {
	Correction    Limit `yaml:"correction"`
	Acceptance    Limit `yaml:"acceptance"`
	Receipt       Limit `yaml:"receipt"`
	Suspension    Limit `yaml:"suspension"`
	Withdrawal    Limit `yaml:"withdrawal"`
	Commitment    Limit `yaml:"commitment"`
	Contradiction Limit `yaml:"contradiction"`
}

// BuiltinLimits are the limits that ship.
var BuiltinLimits = sync.OnceValue(func() Limits {
	l, err := LoadLimits(limitsFile)
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return l
})

// LoadLimits reads limits. Unknown keys are refused; all missing or senseless
// values are told at once.
func LoadLimits(text []byte) (Limits, error) {
	var l Limits
	dec := yaml.NewDecoder(bytes.NewReader(text))
	dec.KnownFields(true)
	if err := dec.Decode(&l); err != nil {
		return l, fmt.Errorf("limits: %w", err)
	}
	all := map[string]Limit{
		"correction": l.Correction, "acceptance": l.Acceptance, "receipt": l.Receipt, "suspension": l.Suspension,
		"withdrawal": l.Withdrawal, "commitment": l.Commitment, "contradiction": l.Contradiction,
	}
	var wrong []error
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x := all[name]
		if x.Workdays < 1 || x.Workdays > 366 {
			wrong = append(wrong, fmt.Errorf("limits: %s: workdays is from 1 to 366", name))
		}
		if strings.TrimSpace(x.Law) == "" {
			wrong = append(wrong, fmt.Errorf("limits: %s: law says on which ground", name))
		}
		if !slices.Contains([]string{"L", "C", "A"}, x.Confidence) {
			wrong = append(wrong, fmt.Errorf("limits: %s: confidence is L, C or A", name))
		}
	}
	return l, errors.Join(wrong...)
}
