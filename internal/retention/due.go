package retention

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

const caseTable = "case_files"

// shape is what a statement has to know of a table.
type shape struct {
	name     string
	columns  map[string]column
	children []child // rows that refer to its rows
}

type column struct {
	nullable, time, day bool
	values              []string // of a closed list
}

type child struct{ table, column string }

func (s shape) has(name string) bool { _, ok := s.columns[name]; return ok }

// file is the case of a row t, "" for a table whose rows belong to none.
func (s shape) file() string {
	switch {
	case s.name == caseTable:
		return "t.id"
	case s.has("case_id"):
		return "t.case_id"
	}
	return ""
}

// person is the person of a row t, "" for a table whose rows are of nobody.
func (s shape) person() string {
	switch {
	case s.has("veteran_id"):
		return "t.veteran_id"
	case s.has("case_id"):
		return "(SELECT f.veteran_id FROM case_files f WHERE f.id = t.case_id)"
	}
	return ""
}

// holds are what keeps a row t although its term is over, each a condition that is
// true while nothing does; "" where it holds nothing of a table. $2 is today.
var holds = map[string]func(shape) string{
	"OPEN_CASE": func(s shape) string {
		open := "state IN (" + openCases() + ")"
		switch {
		case s.file() != "":
			return "NOT EXISTS (SELECT 1 FROM case_files c WHERE c.id = " + s.file() + " AND c." + open + ")"
		case s.person() != "":
			return "NOT EXISTS (SELECT 1 FROM case_files c WHERE c.veteran_id = " + s.person() + " AND c." + open + ")"
		}
		return ""
	},
	"OPEN_WORD": func(s shape) string {
		if s.file() == "" {
			return ""
		}
		return "NOT EXISTS (SELECT 1 FROM obligations o WHERE o.case_id = " + s.file() + " AND o.ended_at IS NULL)"
	},
	"OPEN_DISPUTE": func(s shape) string {
		if s.person() == "" {
			return ""
		}
		return "NOT EXISTS (SELECT 1 FROM disputes d WHERE d.veteran_id = " + s.person() + " AND d.state = 'OPEN')"
	},
	"OPEN_TASK": func(s shape) string {
		of := "t.id NOT IN (SELECT k.subject FROM tasks k WHERE k.state = 'OPEN')" // read once: subjects have no index of their own
		if s.file() != "" {
			of += " AND NOT EXISTS (SELECT 1 FROM tasks k WHERE k.case_id = " + s.file() + " AND k.state = 'OPEN')"
		}
		return of
	},
	"OPEN_MANDATE": func(s shape) string {
		if s.person() == "" {
			return ""
		}
		return "NOT EXISTS (SELECT 1 FROM mandates m WHERE m.veteran_id = " + s.person() + " AND m.state IN ('REQUESTED', 'ACTIVE') AND m.until >= $2)"
	},
}

// openCases are the states of a case that is being handled: not a draft any more, and
// not over.
func openCases() string {
	var open []string
	for _, name := range lifecycle.CaseState("").Values() {
		if s := lifecycle.CaseState(name); !s.Ended() && s != lifecycle.CaseDraft && s != lifecycle.CaseReturned {
			open = append(open, "'"+name+"'")
		}
	}
	return strings.Join(open, ", ")
}

// due is the condition on a row t of a term that is over, and its arguments: $1 is the
// day before which the term began, $2 today.
func (t *Term) due(now time.Time) (where string, args []any) {
	of := shapes()[t.table]
	today := workday.FromTime(now)
	all := []string{}
	for _, c := range t.Where {
		switch c.Is {
		case "SET":
			all = append(all, "t."+c.Column+" IS NOT NULL")
		case "UNSET":
			all = append(all, "t."+c.Column+" IS NULL")
		default:
			all = append(all, "t."+c.Column+" IN ('"+strings.Join(c.In, "', '")+"')") // of the record's own list: the loader looked
		}
	}
	before := t.After.before(today)
	from, ofCase := strings.CutPrefix(t.After.From, "case.")
	isDay := of.columns[from].day
	if ofCase {
		isDay = shapes()[caseTable].columns[from].day
		all = append(all, "EXISTS (SELECT 1 FROM case_files c WHERE c.id = t.case_id AND c."+from+" < $1)")
	} else {
		all = append(all, "t."+from+" < $1")
	}
	args = []any{before.Time().UTC(), today}
	if isDay {
		args[0] = before
	}
	for _, name := range t.Unless {
		all = append(all, holds[name](of))
	}
	if t.Do == Deleted {
		for _, c := range of.children {
			if !slices.Contains(t.With, c.table) { // nothing goes that is still referred to
				all = append(all, "NOT EXISTS (SELECT 1 FROM "+c.table+" r WHERE r."+c.column+" = t.id)")
			}
		}
	} else {
		full := make([]string, len(t.Empties))
		for i, c := range t.Empties {
			full[i] = "t." + c + " IS NOT NULL"
		}
		all = append(all, "("+strings.Join(full, " OR ")+")")
	}
	where = strings.Join(all, " AND ")
	if !strings.Contains(where, "$2") {
		where += " AND CAST($2 AS date) IS NOT NULL" // each statement has the same parameters
	}
	return where, args
}

// before is the day on which a term must have begun to be over today: the first day is
// not counted, the last one is whole (民法典 201, 202).
func (s Span) before(today workday.Day) workday.Day {
	if s.Years == 0 {
		return today.AddDays(-s.Days)
	}
	d := today.Time()
	return workday.FromTime(time.Date(d.Year()-s.Years, d.Month(), d.Day(), 12, 0, 0, 0, d.Location()))
}

// String says it in words, as a table on a terminal has them.
func (s Span) String() string {
	if s.Years > 0 {
		return fmt.Sprintf("%d 年 years, %s", s.Years, s.From)
	}
	return fmt.Sprintf("%d 自然日 days, %s", s.Days, s.From)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
