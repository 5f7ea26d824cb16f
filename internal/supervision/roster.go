package supervision

import (
	_ "embed" // the demonstration's roster
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
)

//go:embed roster.yaml
var demoRoster []byte

// Roster says which named person has what nobody has settled, by department and
// division. There is always somebody.
type Roster struct {
	Entries []Entry `yaml:"entries"`
}

// Entry is one person's charge: a department, or "*" for any, in a division and
// all below it.
type Entry struct {
	Department string `yaml:"department"`
	Division   string `yaml:"division"` // twelve digits
	Account    string `yaml:"account"`  // with which the person signs in
	Name       string `yaml:"name"`

	place string // name of the division, in full
}

// Office is the office of the person, for those who are not to know the name.
func (e Entry) Office(c *catalog.Catalog) string {
	if d := c.Department(e.Department); d != nil {
		return e.place + d.Name.Zh + "督办岗位"
	}
	return e.place + "退役军人服务“一件事”督办岗位"
}

// anybody stands for every department.
const anybody = "*"

var demo = sync.OnceValues(func() (*Roster, error) {
	c, err := catalog.Builtin()
	if err != nil {
		return nil, err
	}
	return LoadRoster("roster.yaml", demoRoster, c, division.Builtin())
})

// DemoRoster is the demonstration's: invented people. All callers share it.
func DemoRoster() (*Roster, error) { return demo() }

// LoadRoster reads a roster. Its error is [*catalog.Problems], every mistake at once.
func LoadRoster(file string, data []byte, c *catalog.Catalog, places *division.Tree) (*Roster, error) {
	r := &Roster{}
	s := catalog.ReadStrict(file, data, r)
	seen := map[[2]string]bool{}
	covered := map[string]bool{}
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Department != anybody && c.Department(e.Department) == nil {
			s.Blame(&e.Department, "there is no department %s; write its code, or %q for any", e.Department, anybody)
		}
		d, ok := places.Get(e.Division)
		if !ok {
			s.Blame(&e.Division, "there is no division %s", e.Division)
		}
		e.Division, e.place = d.Code, places.FullName(d.Code)
		if key := [2]string{e.Department, e.Division}; seen[key] {
			s.Blame(e, "%s in %s stands here twice", e.Department, e.Division)
		} else {
			seen[key] = true
		}
		if utf8.RuneCountInString(e.Account) > 80 || strings.TrimSpace(e.Account) != e.Account {
			s.Blame(&e.Account, "an account has up to 80 characters and no blanks around it")
		}
		if utf8.RuneCountInString(e.Name) > 60 {
			s.Blame(&e.Name, "a name has up to 60 characters")
		}
		if e.Department == anybody {
			covered[d.Code] = true
		}
	}
	for _, d := range places.All() {
		if d.Level == division.Province && !covered[d.Code] {
			s.Blame(r, "nobody has %q in the whole of %s (%s): every concern needs a named person", anybody, d.Name, d.Code)
		}
	}
	return r, s.Err()
}

// Find is the person who has a department's concerns in a division: of the most
// specific division, and of that one's the department's own before anybody's.
func (r *Roster) Find(department, place string) Entry {
	best, at := Entry{}, -1
	for _, e := range r.Entries {
		if e.Department != department && e.Department != anybody || !division.Within(place, e.Division) {
			continue
		}
		depth := 2 * len(division.Prefix(e.Division))
		if e.Department == department {
			depth++
		}
		if depth > at {
			best, at = e, depth
		}
	}
	if at < 0 { // a division that the map has dropped: the one who has everything
		if i := slices.IndexFunc(r.Entries, func(e Entry) bool { return e.Department == anybody }); i >= 0 {
			best = r.Entries[i]
		}
	}
	return best
}
