// Package retention forgets what need not be kept any longer, and says of everything else why it is kept.
//
// rules.yaml has every table of the record exactly once: with terms, after which
// rows are deleted or columns emptied, or with the law that wants them kept
// (个人信息保护法 19, 47; 档案法 13). What is due is found by one statement from the rule
// alone, which counts for [Keeper.Check] and takes for [Keeper.Round], so that what is
// told beforehand is what goes. Whatever the rule says, nothing goes that an open
// case, dispute or task is about, and nothing that another row still refers to.
//
// What is done stands in the rows themselves: a round that is cut off is taken up by
// the next, two at once do each row once, and a second one right after finds nothing.
package retention

import (
	_ "embed" // the rules
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/vetgraph/vetgraph/ent/gen/migrate"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/words"
)

//go:embed rules.yaml
var builtin []byte

// Rules are rules.yaml, read.
type Rules struct {
	Tables []Table `yaml:"tables"`
}

// Table is what becomes of the rows of one table.
type Table struct {
	Table string `yaml:"table"`
	Terms []Term `yaml:"terms,omitempty"`
	Kept  string `yaml:"kept,omitempty"` // why what no term touches stays, in Chinese
	Law   string `yaml:"law,omitempty"`  // that wants it kept
}

// Term is after how long which rows go, and how.
type Term struct {
	Name       string      `yaml:"name"` // unique; a label of metrics
	What       words.Text  `yaml:"what"`
	Where      []Condition `yaml:"where,omitempty"`  // all must hold
	Unless     []string    `yaml:"unless,omitempty"` // holds of the closed list; any keeps the row
	After      Span        `yaml:"after"`
	Do         string      `yaml:"do"`                // DELETED or ANONYMOUS
	Empties    []string    `yaml:"empties,omitempty"` // columns, of ANONYMOUS
	With       []string    `yaml:"with,omitempty"`    // tables whose rows of the same case go too, of DELETED
	Law        string      `yaml:"law"`
	Why        string      `yaml:"why"`
	Confidence string      `yaml:"confidence"` // a mark of the catalogue, or A for an assumption of ours

	table string
}

// Condition is one on a column of the row.
type Condition struct {
	Column string   `yaml:"column"`
	In     []string `yaml:"in,omitempty"` // values of a closed list
	Is     string   `yaml:"is,omitempty"` // SET or UNSET
}

// Span is a time: calendar days or years after a day, which is not counted itself.
type Span struct {
	Days  int    `yaml:"days,omitempty"`
	Years int    `yaml:"years,omitempty"`
	From  string `yaml:"from"` // column of the row, or case.COLUMN of its case
}

// What becomes of rows.
const (
	Deleted   = "DELETED"
	Anonymous = "ANONYMOUS"
)

// Builtin are the rules that ship.
var Builtin = sync.OnceValues(func() (*Rules, error) { return Load("rules.yaml", builtin) })

// Bounds of a term: shorter than a day is a matter of minutes elsewhere, longer than
// a life is for ever.
const mostDays, mostYears = 3660, 100

var (
	named = regexp.MustCompile(`^[a-z][a-z_]{1,39}$`)
	marks = []string{"S", "C", "L", "K", "I", "R", "A"}
)

// Load reads rules. Its error is [*catalog.Problems], every mistake at once.
func Load(file string, data []byte) (*Rules, error) {
	r := &Rules{}
	s := catalog.ReadStrict(file, data, r)
	known, seen, names := shapes(), map[string]bool{}, map[string]bool{}
	for i := range r.Tables {
		t := &r.Tables[i]
		shape, ok := known[t.Table]
		switch {
		case !ok:
			s.Blame(&t.Table, "there is no table %s", t.Table)
			continue
		case seen[t.Table]:
			s.Blame(&t.Table, "%s stands here twice", t.Table)
		}
		seen[t.Table] = true
		emptied := false
		for j := range t.Terms {
			term := &t.Terms[j]
			term.table = t.Table
			if names[term.Name] || !named.MatchString(term.Name) {
				s.Blame(&term.Name, "%q is no name in small letters, or is another term's", term.Name)
			}
			names[term.Name] = true
			emptied = emptied || term.Do == Anonymous
			term.check(s, shape, known)
		}
		if (len(t.Terms) == 0 || emptied) != (t.Kept != "") || (t.Kept != "") != (t.Law != "") {
			s.Blame(&t.Table, "%s wants to be kept for a reason by a law exactly if something of it stays", t.Table)
		}
	}
	for _, name := range sorted(known) {
		if !seen[name] {
			s.Blame(&r.Tables, "%s has neither a term nor a reason to be kept", name)
		}
	}
	if err := s.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// check finds the mistakes of one term.
func (t *Term) check(s *catalog.Strict, of shape, known map[string]shape) {
	for i := range t.Where {
		c := &t.Where[i]
		col, ok := of.columns[c.Column]
		switch {
		case !ok:
			s.Blame(&c.Column, "%s has no column %s", of.name, c.Column)
		case (c.Is != "") == (len(c.In) > 0) || c.Is != "" && c.Is != "SET" && c.Is != "UNSET":
			s.Blame(c, "wants either in: values, or is: SET or UNSET")
		case c.Is != "" && !col.nullable:
			s.Blame(&c.Column, "%s is always set", c.Column)
		}
		for j := range c.In {
			if ok && !slices.Contains(col.values, c.In[j]) {
				s.Blame(&c.In[j], "%s is never %s", c.Column, c.In[j])
			}
		}
	}
	t.checkSpan(s, of, known)
	t.checkHolds(s, of)
	switch t.Do {
	case Deleted:
		if len(t.Empties) > 0 {
			s.Blame(&t.Empties, "what is deleted has nothing to empty")
		}
	case Anonymous:
		if len(t.Empties) == 0 || len(t.With) > 0 {
			s.Blame(&t.Do, "wants columns to empty, and takes nothing with it")
		}
	default:
		s.Blame(&t.Do, "is DELETED or ANONYMOUS, not %s", t.Do)
	}
	for i := range t.Empties {
		if col, ok := of.columns[t.Empties[i]]; !ok || !col.nullable {
			s.Blame(&t.Empties[i], "%s has no column %s that may be empty", of.name, t.Empties[i])
		}
	}
	for i := range t.With {
		if with, ok := known[t.With[i]]; of.name != caseTable || !ok || !with.has("case_id") {
			s.Blame(&t.With[i], "only what belongs to a case can go with it, and %s does not", t.With[i])
		}
	}
	if !slices.Contains(marks, t.Confidence) {
		s.Blame(&t.Confidence, "wants a mark of the catalogue, or A")
	}
}

func (t *Term) checkSpan(s *catalog.Strict, of shape, known map[string]shape) {
	a := &t.After
	if (a.Days > 0) == (a.Years > 0) || a.Days < 0 || a.Years < 0 || a.Days > mostDays || a.Years > mostYears {
		s.Blame(a, "wants 1 to %d calendar days, or 1 to %d years", mostDays, mostYears)
	}
	where := of
	column, ofCase := strings.CutPrefix(a.From, "case.")
	if ofCase {
		where = known[caseTable]
	}
	if col, ok := where.columns[column]; !ok || !col.time && !col.day || ofCase && !of.has("case_id") {
		s.Blame(&a.From, "%s has no time or day %s", of.name, a.From)
	}
}

// checkHolds wants what belongs to a case or a person to stay while something is open
// about it.
func (t *Term) checkHolds(s *catalog.Strict, of shape) {
	for i, name := range t.Unless {
		if h, ok := holds[name]; !ok || h(of) == "" {
			s.Blame(&t.Unless[i], "%s is no hold, or holds nothing of %s", name, of.name)
		}
	}
	var must []string
	if of.file() != "" {
		must = []string{"OPEN_CASE", "OPEN_WORD", "OPEN_TASK"}
	}
	if of.person() != "" {
		must = append(must, "OPEN_CASE", "OPEN_DISPUTE")
	}
	for _, name := range must {
		if !slices.Contains(t.Unless, name) {
			s.Blame(&t.Name, "%s wants unless: %s", of.name, name)
		}
	}
}

// All are the terms, in file order.
func (r *Rules) All() (all []*Term) {
	for i := range r.Tables {
		for j := range r.Tables[i].Terms {
			all = append(all, &r.Tables[i].Terms[j])
		}
	}
	return all
}

// Table is the table whose rows a term is about.
func (t *Term) Table() string { return t.table }

// shapes are the tables of the record, as the migrations have them.
func shapes() map[string]shape {
	all := map[string]shape{}
	for _, t := range migrate.Tables {
		s := shape{name: t.Name, columns: map[string]column{}}
		for _, c := range t.Columns {
			s.columns[c.Name] = column{nullable: c.Nullable, values: c.Enums, time: c.Type.String() == "time.Time", day: c.SchemaType["postgres"] == "date"}
		}
		all[t.Name] = s
	}
	for _, t := range migrate.Tables {
		for _, f := range t.ForeignKeys {
			to := all[f.RefTable.Name]
			to.children = append(to.children, child{t.Name, f.Columns[0].Name})
			all[f.RefTable.Name] = to
		}
	}
	return all
}
