package roll

import (
	"slices"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fact"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Basis is what facts of a roll rest on.
const Basis = "退役士兵移交数据(退役军人安置条例；退役军人保障法 8)"

// checker turns lines into people, or says why it cannot.
type checker struct {
	profile *profile.Profile
	catalog *catalog.Catalog
	header  *header
	lists   map[string]*list
	places  *places
	today   workday.Day
	unit    fact.Provenance // for what the army says
	va      fact.Provenance // for what veterans affairs says
}

func newChecker(p *profile.Profile, h *header, asOf time.Time) *checker {
	c := &checker{profile: p, catalog: p.Catalog(), header: h, lists: map[string]*list{}, places: newPlaces(p.Divisions), today: today(p)}
	for id, l := range c.catalog.Codes {
		c.lists[id] = newList(l)
	}
	c.unit = fact.Provenance{Source: "UNIT", AsOf: asOf, Basis: Basis}
	c.va = fact.Provenance{Source: "VA", AsOf: asOf, Basis: Basis}
	return c
}

// lineFaults are the words for lines that could not be cut into cells.
var lineFaults = map[string]catalog.Text{
	"LINE_TOO_LONG":        {Zh: "本行太长。", En: "The line is too long."},
	"LINE_ENCODING":        {Zh: "本行含有无法识别的字符，文件编码可能不一致。", En: "The line holds bytes that are no text in the encoding of the file."},
	"LINE_QUOTE_OPEN":      {Zh: "引号没有结束；单元格内不能换行。", En: "A quote is not closed; a cell cannot hold a line break."},
	"LINE_QUOTE_MISPLACED": {Zh: "引号后面还有别的字符。", En: "Something stands behind a closing quote."},
	"LINE_CELL_COUNT":      {Zh: "列数与表头不一致。", En: "The line does not have as many cells as the header."},
}

// check reads a line. It answers all that is wrong, and the person if nothing is.
func (c *checker) check(l line) (*profile.Person, []Defect) {
	n := len(c.header.columns)
	for len(l.cells) > n && strings.TrimSpace(l.cells[len(l.cells)-1]) == "" {
		l.cells = l.cells[:len(l.cells)-1] // spreadsheets add empty cells
	}
	if l.fault == "" && (len(l.cells) > n || len(l.cells) < n && c.header.columns[n-1] != nil) {
		l.fault = "LINE_CELL_COUNT"
	}
	if l.fault != "" {
		return nil, []Defect{{Line: l.number, Reason: l.fault, Words: lineFaults[l.fault]}}
	}
	var defects []Defect
	s, q := &sheet{}, &profile.Person{}
	for i, raw := range l.cells {
		col := c.header.columns[i]
		if col == nil {
			if strings.TrimSpace(raw) != "" {
				return nil, []Defect{{Line: l.number, Reason: "LINE_CELL_COUNT", Words: lineFaults["LINE_CELL_COUNT"]}}
			}
			continue
		}
		one := &cell{checker: c, column: col, value: plain(raw), sheet: s, q: q, defects: &defects, line: l.number}
		switch {
		case !nothing[one.value]:
			if one.sound() {
				col.read(one)
			}
		case col.required:
			one.wrong("CELL_EMPTY", "不能为空。", "The cell must not be empty.")
		}
	}
	if len(defects) == 0 {
		defects = c.together(s, q, l.number)
	}
	if len(defects) > 0 {
		return nil, defects
	}
	c.person(s, q)
	return q, nil
}

// together checks what cells say of each other.
func (c *checker) together(s *sheet, q *profile.Person, number int) (defects []Defect) {
	wrong := func(column, reason, zh, en string) {
		defects = append(defects, Defect{Line: number, Column: column, Reason: reason, Words: catalog.Text{Zh: zh, En: en}})
	}
	if *s.left <= *s.enlisted {
		wrong(colLeft, "DISCHARGE_BEFORE_ENLISTMENT", "退役时间应晚于入伍时间。", "The discharge must come after the enlistment.")
	}
	if *s.enlisted <= q.Number.BirthDate() {
		wrong(colEnlisted, "ENLISTED_BEFORE_BIRTH", "入伍时间早于出生日期。", "The enlistment lies before the date of birth.")
	}
	if s.sex != "" && (s.sex == "1" || s.sex == "2") && s.sex != q.Number.Sex() {
		wrong(colSex, "SEX_MISMATCH", "与公民身份号码中的性别不符。", "The citizen number says another sex.")
	}
	if modes := c.catalog.Codes["settlementMode"]; modes != nil && modes.Allowed != nil && !slices.Contains(modes.Allowed[s.category], s.mode) {
		wrong(colMode, "MODE_NOT_ALLOWED", "此类人员没有这种安置方式(退役军人安置条例第五条)。", "This category has no such mode of settlement (退役军人安置条例 5).")
	}
	if s.rank != "" && c.categoryOf(s.rank) != s.category {
		wrong(colRank, "RANK_MISMATCH", "军衔与人员类别不符。", "The rank is not one of the category.")
	}
	if s.grade == "" && (s.nature != "" || s.gradeCert != "" || s.authority != "") {
		wrong(colGrade, "DISABILITY_WITHOUT_GRADE", "填了残疾情况但没有等级。", "A disability is described, but its grade is missing.")
	}
	if s.rankSince != nil && s.rank == "" {
		wrong(colRank, "RANK_MISSING", "有授衔时间但没有军衔。", "There is a date of rank without a rank.")
	}
	return defects
}

// categoryOf is the category of personnel a rank belongs to.
func (c *checker) categoryOf(rank string) string {
	if l := c.catalog.Codes["militaryRank"]; l != nil {
		for _, item := range l.Items {
			if item.Code == rank {
				return item.Note
			}
		}
	}
	return ""
}
