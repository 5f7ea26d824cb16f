package identity

import (
	_ "embed" // the rules
	"slices"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed assurance.yaml
var rulesFile []byte

// Copy is taking away everything that is held of oneself, numbers in full, in one
// file (个人信息保护法 45). It is no verb of the graph but a door beside it.
const Copy access.Act = "profile.copy"

// Level is how surely a session has shown who sits there.
type Level struct {
	Code string     `yaml:"code"`
	Name words.Text `yaml:"name"`
}

// Need is an act of a veteran that needs a level.
type Need struct {
	Act   string     `yaml:"act"`
	Level string     `yaml:"level"`
	Why   words.Text `yaml:"why"` // the act, in words
}

// Rules are assurance.yaml, read.
type Rules struct {
	Levels []Level `yaml:"levels"` // the weakest first
	Claims []struct {
		Says  string `yaml:"says"`
		Level string `yaml:"level"`
	} `yaml:"claims"`
	Unstated   string `yaml:"unstated"`
	Confidence string `yaml:"confidence"`
	Acts       []Need `yaml:"acts"`
	Check      struct {
		Lookup       string `yaml:"lookup"`
		ValidMinutes int    `yaml:"validMinutes"`
		PerHour      int    `yaml:"perHour"`
		Confidence   string `yaml:"confidence"`
	} `yaml:"check"`
}

// BuiltinRules are the rules that ship.
var BuiltinRules = sync.OnceValue(func() *Rules {
	r, err := LoadRules("assurance.yaml", rulesFile)
	if err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return r
})

// LoadRules reads rules; the error tells every mistake with file and line.
func LoadRules(file string, data []byte) (*Rules, error) {
	r := &Rules{}
	s := catalog.ReadStrict(file, data, r)
	for i := range r.Levels {
		if l := &r.Levels[i]; r.rank(l.Code) != i {
			s.Blame(&l.Code, "the level %s stands here twice", l.Code)
		}
	}
	known := func(level *string) {
		if r.rank(*level) < 0 {
			s.Blame(level, "there is no level %s", *level)
		}
	}
	known(&r.Unstated)
	for i := range r.Claims {
		known(&r.Claims[i].Level)
	}
	needed := map[string]bool{}
	for i := range r.Acts {
		n := &r.Acts[i]
		known(&n.Level)
		if v := (&access.Viewer{Kind: access.Veteran}); !v.May(access.Act(n.Act)) && access.Act(n.Act) != Copy {
			s.Blame(&n.Act, "%s is no act of a veteran", n.Act)
		}
		if needed[n.Act] {
			s.Blame(&n.Act, "%s stands here twice", n.Act)
		}
		needed[n.Act] = true
	}
	for _, n := range []*int{&r.Check.ValidMinutes, &r.Check.PerHour} {
		if *n < 1 || *n > 1440 {
			s.Blame(n, "%d is not from 1 to 1440", *n)
		}
	}
	for _, c := range []*string{&r.Confidence, &r.Check.Confidence} {
		if !slices.Contains([]string{"L", "C", "A"}, *c) {
			s.Blame(c, "confidence is L, C or A, not %q", *c)
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// Needs are the acts that need a level, in file order.
func (r *Rules) Needs() []*Need {
	out := make([]*Need, len(r.Acts))
	for i := range r.Acts {
		out[i] = &r.Acts[i]
	}
	return out
}

// rank is how high a level is; -1 if there is none such.
func (r *Rules) rank(code string) int {
	return slices.IndexFunc(r.Levels, func(l Level) bool { return l.Code == code })
}

// Level is a level by its code, or nil.
func (r *Rules) Level(code string) *Level {
	if i := r.rank(code); i >= 0 {
		return &r.Levels[i]
	}
	return nil
}

// Claimed is the level that an issuer's claim stands for. What nobody has agreed
// on is the weakest.
func (r *Rules) Claimed(says string) string {
	if says == "" {
		return r.Unstated
	}
	for _, c := range r.Claims {
		if c.Says == says {
			return c.Level
		}
	}
	if r.rank(says) >= 0 {
		return says
	}
	return r.Levels[0].Code
}

// need is what an act needs, or nil.
func (r *Rules) need(act access.Act) *Need {
	i := slices.IndexFunc(r.Acts, func(n Need) bool { return n.Act == string(act) })
	if i < 0 {
		return nil
	}
	return &r.Acts[i]
}

func (r *Rules) valid() time.Duration { return time.Duration(r.Check.ValidMinutes) * time.Minute }
