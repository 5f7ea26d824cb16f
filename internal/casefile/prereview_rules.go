package casefile

import (
	_ "embed" // the rules
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed prereview.yaml
var reviewFile []byte

// ReviewRules are what drafts and pre-review go by: prereview.yaml, read.
type ReviewRules struct {
	Drafts struct {
		Open       int    `yaml:"open"`      // drafts of one veteran at a time
		Kilobytes  int    `yaml:"kilobytes"` // of one draft
		Confidence string `yaml:"confidence"`
	} `yaml:"drafts"`
	Machine struct {
		BudgetMS   int    `yaml:"budgetMs"`
		Confidence string `yaml:"confidence"`
	} `yaml:"machine"`
	Result struct {
		Workdays   int    `yaml:"workdays"` // working days
		Confidence string `yaml:"confidence"`
	} `yaml:"result"`
	Enrolment   EnrolmentRule `yaml:"enrolment"`
	CrossChecks []CrossCheck  `yaml:"crossChecks"`
}

// EnrolmentRule is the cross-level check of an enrolment: whom to ask, for which
// fact, for which matters, and what each answer means.
type EnrolmentRule struct {
	Department string           `yaml:"department"`
	Fact       string           `yaml:"fact"`
	Matters    []string         `yaml:"matters"`
	Confidence string           `yaml:"confidence"`
	Silent     words.Text       `yaml:"silent"`
	States     []EnrolmentState `yaml:"states"`
}

// EnrolmentState is one answer and what follows from it.
type EnrolmentState struct {
	State   string     `yaml:"state"`
	Verdict string     `yaml:"verdict"` // PASSED or FAILED
	Say     words.Text `yaml:"say"`
}

// CrossCheck is something that answers and mirrored facts must agree on: Holds, or
// that the field's place lies Within that of another field.
type CrossCheck struct {
	Field      string     `yaml:"field"`
	When       string     `yaml:"when,omitempty"` // CEL; empty: always
	Holds      string     `yaml:"holds,omitempty"`
	Within     string     `yaml:"within,omitempty"`
	Say        words.Text `yaml:"say"`
	Law        string     `yaml:"law"`
	Confidence string     `yaml:"confidence"`
}

func (r *ReviewRules) budget() time.Duration {
	return time.Duration(r.Machine.BudgetMS) * time.Millisecond
}

// BuiltinReviewRules are the rules that ship.
var BuiltinReviewRules = sync.OnceValue(func() *ReviewRules {
	r, err := LoadReviewRules("prereview.yaml", reviewFile)
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return r
})

// LoadReviewRules reads rules; the error tells every mistake with file and line.
func LoadReviewRules(file string, data []byte) (*ReviewRules, error) {
	r := &ReviewRules{}
	s := catalog.ReadStrict(file, data, r)
	within := func(n *int, lo, hi int) {
		if *n < lo || *n > hi {
			s.Blame(n, "%d is not from %d to %d", *n, lo, hi)
		}
	}
	mark := func(c *string) {
		if !slices.Contains([]string{"L", "C", "A"}, *c) {
			s.Blame(c, "confidence is L, C or A, not %q", *c)
		}
	}
	within(&r.Drafts.Open, 1, 100)
	within(&r.Drafts.Kilobytes, 16, 4096)
	within(&r.Machine.BudgetMS, 100, 1900)
	within(&r.Result.Workdays, 1, 366)
	for _, c := range []*string{&r.Drafts.Confidence, &r.Machine.Confidence, &r.Result.Confidence, &r.Enrolment.Confidence} {
		mark(c)
	}
	seen := map[string]bool{}
	for i := range r.Enrolment.States {
		x := &r.Enrolment.States[i]
		if x.Verdict != passed && x.Verdict != failed {
			s.Blame(&x.Verdict, "a verdict is PASSED or FAILED, not %q", x.Verdict)
		}
		if seen[x.State] {
			s.Blame(&x.State, "%s is told twice", x.State)
		}
		seen[x.State] = true
	}
	for i := range r.CrossChecks {
		x := &r.CrossChecks[i]
		if (x.Holds == "") == (x.Within == "") {
			s.Blame(&x.Field, "a check has either holds or within")
		}
		if strings.TrimSpace(x.Law) == "" {
			s.Blame(&x.Law, "law says on which ground")
		}
		mark(&x.Confidence)
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// Against tells what of the rules a catalogue cannot answer: facts that it does
// not have, conditions that do not compile. Such rules are passed over, so a test
// sees that the catalogue that ships has none.
func (r *ReviewRules) Against(c *catalog.Catalog) []error {
	var wrong []error
	for _, x := range r.CrossChecks {
		for _, text := range []string{x.When, x.Holds} {
			if text == "" {
				continue
			}
			if _, err := c.Compile(text); err != nil {
				wrong = append(wrong, err)
			}
		}
		for _, id := range []string{x.Field, x.Within} {
			if id != "" && c.Field(id) == nil {
				wrong = append(wrong, missing(id))
			}
		}
	}
	if c.Fact(r.Enrolment.Fact) == nil {
		wrong = append(wrong, missing(r.Enrolment.Fact))
	}
	return wrong
}
