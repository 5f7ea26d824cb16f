package receipt

import (
	_ "embed" // rules.yaml
	"maps"
	"regexp"
	"slices"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed rules.yaml
var rules []byte

// Rules say what a person is told of reads, and when: rules.yaml, read.
type Rules struct {
	Purposes map[string]words.Text `yaml:"purposes"`
	Bases    map[string]words.Text `yaml:"bases"`
	Readers  map[string]words.Text `yaml:"readers"`
	Delays   []Delay               `yaml:"delays"`
	Masks    []Mask                `yaml:"masks"`
}

// Delay is a purpose whose reads are told later.
type Delay struct {
	Purpose    string `yaml:"purpose"`
	Days       int    `yaml:"days"` // calendar days
	Law        string `yaml:"law"`
	Why        string `yaml:"why"`
	Confidence string `yaml:"confidence"` // a mark of the catalogue, or A for an assumption of ours
}

// Mask is a purpose whose reads are told without the body that read.
type Mask struct {
	Purpose    string `yaml:"purpose"`
	Law        string `yaml:"law"`
	Why        string `yaml:"why"`
	Confidence string `yaml:"confidence"`
}

// Builtin are the rules that come with the program.
var Builtin = sync.OnceValues(func() (*Rules, error) { return Load("rules.yaml", rules) })

// mostDays is the longest delay that rules may have, in calendar days: what is told
// after a year is told too late to object to (民法典一百八十八条的三年之内).
const mostDays = 365

var (
	code  = regexp.MustCompile(`^[A-Z][A-Z0-9_]{1,39}$`)
	marks = []string{"S", "C", "L", "K", "I", "R", "A"}
)

// Load reads rules from YAML. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte) (*Rules, error) {
	var r Rules
	s := catalog.ReadStrict(file, data, &r)
	for _, named := range []map[string]words.Text{r.Purposes, r.Bases, r.Readers} {
		for _, name := range slices.Sorted(maps.Keys(named)) {
			if t := named[name]; !code.MatchString(name) || t.Zh == "" || t.En == "" {
				s.Blame(&r.Purposes, "%s wants a code in capitals and a name in both languages", name)
			}
		}
	}
	seen := map[string]bool{}
	for i := range r.Delays {
		d := &r.Delays[i]
		if !code.MatchString(d.Purpose) || seen[d.Purpose] {
			s.Blame(&d.Purpose, "%q is no code of a purpose, or has a delay already", d.Purpose)
		}
		seen[d.Purpose] = true
		if d.Days < 1 || d.Days > mostDays {
			s.Blame(&d.Days, "wants 1 to %d calendar days", mostDays)
		}
		if d.Law == "" || d.Why == "" {
			s.Blame(&d.Law, "wants the law that allows it, and why")
		}
		if !slices.Contains(marks, d.Confidence) {
			s.Blame(&d.Confidence, "wants a mark of the catalogue, or A")
		}
	}
	for i := range r.Masks {
		m := &r.Masks[i]
		if !code.MatchString(m.Purpose) {
			s.Blame(&m.Purpose, "%q is no code of a purpose", m.Purpose)
		}
		if m.Law == "" || m.Why == "" {
			s.Blame(&m.Law, "wants the law that allows it, and why")
		}
		if !slices.Contains(marks, m.Confidence) {
			s.Blame(&m.Confidence, "wants a mark of the catalogue, or A")
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return &r, nil
}

// told says whether a read may be told to the person by now.
func (r *Rules) told(l *Leaf, now time.Time) bool {
	return !slices.ContainsFunc(r.Delays, func(d Delay) bool {
		return d.Purpose == l.Purpose && now.Before(l.At.AddDate(0, 0, d.Days))
	})
}

// masked says whether the body that read is left out.
func (r *Rules) masked(l *Leaf) bool {
	return slices.ContainsFunc(r.Masks, func(m Mask) bool { return m.Purpose == l.Purpose })
}

// named is the name of a code, the code itself if it has none.
func named(all map[string]words.Text, code string) words.Text {
	if t, ok := all[code]; ok {
		return t
	}
	return words.Text{Zh: code, En: code}
}

// Purpose is a purpose in words.
func (r *Rules) Purpose(code string) words.Text { return named(r.Purposes, code) }

// Basis is a basis in words.
func (r *Rules) Basis(code string) words.Text { return named(r.Bases, code) }

// Reader is a kind of viewer in words.
func (r *Rules) Reader(kind string) words.Text { return named(r.Readers, kind) }
