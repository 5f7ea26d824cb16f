package progress

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Question asks where cases stand. The zero value asks for everything together.
type Question struct {
	Division                     string // a division and all below it; empty: all that the viewer serves
	States                       []lifecycle.CaseState
	Matter, Department           string // codes
	Warnings                     []lifecycle.Warning
	Channels                     []string
	AcceptedFrom, AcceptedBefore *workday.Day
	DueFrom, DueBefore           *workday.Day // for lists alone: a promised day moves
	By                           []Dimension
	Level                        Level      // of divisions, with ByDivision; empty: the one below
	AsOf                         *time.Time // nil: now
}

// Dimension is what figures can be told apart by.
type Dimension string

// The dimensions, a closed list.
const (
	ByDivision   Dimension = "DIVISION"
	ByMatter     Dimension = "MATTER"
	ByDepartment Dimension = "DEPARTMENT"
	ByMonth      Dimension = "MONTH"
	ByState      Dimension = "STATE"
	ByItemState  Dimension = "ITEM_STATE"
	ByWarning    Dimension = "WARNING"
	ByChannel    Dimension = "CHANNEL"
)

var dimensions = []Dimension{ByDivision, ByMatter, ByDepartment, ByMonth, ByState, ByItemState, ByWarning, ByChannel}

// Level is a level of divisions as a question names it.
type Level string

// The levels, highest first: PROVINCE, CITY, COUNTY, TOWNSHIP, VILLAGE.
var deep = []Level{"PROVINCE", "CITY", "COUNTY", "TOWNSHIP", "VILLAGE"}

var allWidths = []int{2, 4, 6, 9, 12}

// Precision is how finely the instant of an answer is kept.
type Precision string

// The precisions.
const (
	ToTheInstant Precision = "INSTANT"
	ToTheDay     Precision = "DAY"
)

// MarshalGQL writes the dimension as GraphQL does.
func (d Dimension) MarshalGQL(w io.Writer) { quote(w, string(d)) }

// UnmarshalGQL reads the dimension as GraphQL gives it.
func (d *Dimension) UnmarshalGQL(v any) error { return oneOf(v, d, dimensions) }

// MarshalGQL writes the level as GraphQL does.
func (l Level) MarshalGQL(w io.Writer) { quote(w, string(l)) }

// UnmarshalGQL reads the level as GraphQL gives it.
func (l *Level) UnmarshalGQL(v any) error { return oneOf(v, l, deep) }

// MarshalGQL writes the precision as GraphQL does.
func (p Precision) MarshalGQL(w io.Writer) { quote(w, string(p)) }

// UnmarshalGQL reads the precision as GraphQL gives it.
func (p *Precision) UnmarshalGQL(v any) error {
	return oneOf(v, p, []Precision{ToTheInstant, ToTheDay})
}

func quote(w io.Writer, s string) { _, _ = io.WriteString(w, strconv.Quote(s)) }

func oneOf[S ~string](v any, to *S, values []S) error {
	s, _ := v.(string)
	if !slices.Contains(values, S(s)) {
		return fmt.Errorf("not one of %v", values)
	}
	*to = S(s)
	return nil
}

// scope is a question made ready: what the viewer may see of it, and how it is answered.
type scope struct {
	Question
	place string // the division that bounds it, twelve digits
	level int    // of place: 0 province … 4 village
	split int    // level by which divisions are told apart; that of place if they are not
	none  bool   // nothing of it lies within the viewer's sight

	byMatter  bool // matters or departments matter, so cases as a whole are out of the question
	itemsOnly bool // not even the number of cases can be told
	fine      bool // too fine for sums: counted from the cases themselves
}

// ask checks a question and cuts it down to what the viewer may count: analysts,
// clerks, supervisors and auditors their division, officers their department in
// it, nobody else anything.
func ask(ctx context.Context, q Question) (*scope, error) {
	if err := access.Require(ctx, access.Count); err != nil {
		return nil, err
	}
	v := access.From(ctx)
	s := &scope{Question: q}
	if err := s.bound(v); err != nil {
		return nil, err
	}
	if v.Kind != access.Machine && v.Department != "" {
		s.none = s.none || q.Department != "" && q.Department != v.Department
		s.Department = v.Department
	}
	if len(q.By) > 2 || len(q.By) == 2 && q.By[0] == q.By[1] {
		return nil, fault.New(fault.Invalid, "STATISTICS_GROUPS", "最多按两个不同的方面分组。", "Group by at most two different sides.").At("groupBy")
	}
	if q.DueFrom != nil || q.DueBefore != nil {
		return nil, fault.New(fault.Invalid, "STATISTICS_DUE", "承诺日只用于列表，不用于统计：它会因暂停而移动。",
			"Promised days narrow lists, not statistics: pauses move them.").At("filter")
	}
	s.byMatter = s.Matter != "" || s.Department != "" || s.by(ByMatter) || s.by(ByDepartment)
	s.itemsOnly = s.by(ByItemState) || s.byMatter && (len(s.Warnings) > 0 || s.by(ByWarning))
	return s, s.depth()
}

// by says whether figures are told apart by a dimension.
func (s *scope) by(d Dimension) bool { return slices.Contains(s.By, d) }

// bound finds the division that bounds both what is asked and what may be seen.
func (s *scope) bound(v *access.Viewer) error {
	own := v.Division
	if v.Kind == access.Machine {
		own = ""
	}
	asked, ok := division.Normalize(s.Division)
	if s.Division != "" && !ok {
		return fault.New(fault.Invalid, "DIVISION_UNKNOWN", "没有这个行政区划代码。", "There is no such division.").At("filter", "division")
	}
	switch {
	case asked == "" && own == "":
		s.place, s.none = division.Builtin().All()[0].Code, v.Kind != access.Machine
	case own == "" || asked != "" && division.Within(asked, own):
		s.place, s.none = asked, own == "" && v.Kind != access.Machine
	case asked == "" || division.Within(own, asked):
		s.place = own
	default:
		s.place, s.none = asked, true
	}
	s.level = slices.Index(allWidths, len(division.Prefix(s.place)))
	return nil
}

// depth settles the level of divisions and whether sums are fine enough.
func (s *scope) depth() error {
	s.split = s.level
	if s.by(ByDivision) {
		s.split = min(s.level+1, len(deep)-1)
		if s.Level != "" {
			s.split = slices.Index(deep, s.Level)
		}
		if s.split < s.level {
			return fault.New(fault.Invalid, "STATISTICS_LEVEL", "分组的区划级别不能高于所查的区划。", "Divisions cannot be told apart on a level above the one asked about.").At("level")
		}
	}
	s.fine = s.tooFine()
	if s.level < county && (s.fine || s.split >= township) {
		return fault.New(fault.Invalid, "STATISTICS_TOO_FINE", "统计到乡镇、村居或某一天时，请先选定一个县或更小的区划。",
			"For townships, villages or single days, ask about one county or less.").At("filter")
	}
	return nil
}

// tooFine says whether there are no sums that answer.
func (s *scope) tooFine() bool {
	if !wholeMonth(s.AcceptedFrom) || !wholeMonth(s.AcceptedBefore) {
		return true
	}
	return slices.ContainsFunc(s.stretches(), func(t stretch) bool { return !kept(s.split, t.reach, s.byMatter, s.channels()) })
}

func wholeMonth(d *workday.Day) bool { return d == nil || strings.HasSuffix(d.String(), "-01") }

// placeOf is the place, of the level asked for, that a division lies in.
func (s *scope) placeOf(code string) string {
	w := allWidths[s.split]
	return code[:w] + strings.Repeat("0", 12-w)
}
