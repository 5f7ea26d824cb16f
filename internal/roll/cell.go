package roll

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// sheet is what a line says, read but not yet a person.
type sheet struct {
	sex, political, education                string
	enlisted, left, rankSince                *workday.Day
	enlistedAt, homeAt, home, place, ground  string
	reason, rank, branch, unit, specialty    string
	category, mode, certType, certNo, letter string
	combat, reserve                          *bool
	grade, nature, gradeCert, authority      string
	pension, medical, annuity                relation
	mobile, address                          string
	honours                                  []honour
}

type relation struct {
	told    bool // a sum or months stand there, zero included
	voucher string
	months  int
	fen     int64
}

type honour struct {
	level string
	on    *workday.Day
}

// cell is one cell while it is read.
type cell struct {
	*checker
	column  *column
	value   string // trimmed, never empty
	sheet   *sheet
	q       *profile.Person
	defects *[]Defect
	line    int
}

func (c *cell) wrong(reason, zh, en string) {
	*c.defects = append(*c.defects, Defect{Line: c.line, Column: c.column.header, Reason: reason, Words: catalog.Text{Zh: zh, En: en}})
}

// plain is a cell as it is meant: without the blanks around it, and without the
// apostrophe or tab by which spreadsheets are kept from taking digits for numbers.
func plain(s string) string {
	s = strings.TrimSpace(s)
	for _, mark := range []string{"'", "’", "`"} {
		s = strings.TrimPrefix(s, mark)
	}
	return strings.TrimSpace(norm.NFC.String(s))
}

// nothing are ways to leave a cell empty.
var nothing = map[string]bool{"": true, "无": true, "/": true, "-": true, "—": true, "——": true, "N/A": true}

// narrow turns full-width digits, letters and signs into the common ones.
func narrow(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			return r - '！' + '!'
		}
		return r
	}, s)
}

// sound refuses what must not get into the record: what cannot be seen, and what
// a spreadsheet would run as a formula when it is exported again.
func (c *cell) sound() bool {
	for _, r := range c.value {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' {
			c.wrong("CELL_CONTROL_CHARACTER", "含有看不见的字符。", "The cell holds characters that cannot be seen.")
			return false
		}
	}
	if strings.IndexAny(narrow(c.value), "=+-@") == 0 {
		c.wrong("CELL_FORMULA", "以 = + - @ 开头，疑似公式，请改为文字。", "The cell begins with = + - or @ like a formula; write it as text.")
		return false
	}
	return true
}

func (c *cell) text(to *string) {
	if f := c.catalog.Field(c.column.field); f != nil {
		limit := f.MaxLength
		if limit == 0 {
			limit = 200
		}
		if n := utf8.RuneCountInString(c.value); n > limit || n < f.MinLength {
			c.wrong("CELL_TOO_LONG", "最多"+strconv.Itoa(limit)+"个字。", "At most "+strconv.Itoa(limit)+" characters.")
			return
		}
		if !f.Matches(c.value) {
			c.wrong("CELL_PATTERN", "格式不对。", "The cell does not have the form it should have.")
			return
		}
	}
	*to = c.value
}

func (c *cell) name() { c.text(&c.q.Identity.Name) }

func (c *cell) number() {
	n, err := citizen.ParseOn(narrow(c.value), c.today)
	if err != nil {
		f := fault.Of(err)
		c.wrong(f.Reason, f.Text, f.TextEn)
		return
	}
	c.q.Number = n
}

// dateForms are how spreadsheets and people write dates.
var dateForms = []string{time.DateOnly, "2006/1/2", "20060102", "2006-1-2", "2006.1.2", "2006年1月2日"}

func readDate(s string) (workday.Day, bool) {
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1900 {
			return workday.Date(t.Date()), true
		}
	}
	return 0, false
}

func (c *cell) date(to **workday.Day) {
	d, ok := readDate(narrow(c.value))
	switch {
	case !ok:
		c.wrong("DATE_MALFORMED", "日期无效，应如 2026-09-01、2026/9/1 或 20260901。", "No date; write it like 2026-09-01, 2026/9/1 or 20260901.")
	case d > c.today:
		c.wrong("DATE_FUTURE", "日期晚于今天。", "The date lies in the future.")
	default:
		*to = &d
	}
}

// code reads a code, or its Chinese or English name.
func (c *cell) code(to *string) {
	list := c.lists[c.catalog.Field(c.column.field).Codes]
	if code, ok := list.find(c.value); ok {
		*to = code
		return
	}
	c.wrong("CODE_UNKNOWN", "不在代码表中:"+list.standard+"。", "Not in the code list: "+list.standard+".")
}

// division reads a code of 6 to 12 digits, or a full name. Elsewhere allows codes
// of other provinces, which are not looked up.
func (c *cell) division(to *string, elsewhere bool) {
	if code, ok := c.places.find(narrow(c.value), elsewhere); ok {
		*to = code
		return
	}
	c.wrong("DIVISION_UNKNOWN", "没有这个行政区划，请填 6 位或 12 位代码，或全称如“哈尔滨市道里区”。",
		"There is no such division; write its code of 6 or 12 digits, or its full name.")
}

func (c *cell) yes(to **bool) {
	switch strings.ToUpper(narrow(c.value)) {
	case "是", "有", "1", "TRUE", "Y", "YES":
		*to = ptr(true)
	case "否", "0", "FALSE", "N", "NO":
		*to = ptr(false)
	default:
		c.wrong("YES_OR_NO", "只能填是或否。", "The cell takes yes or no: 是 or 否.")
	}
}

func (c *cell) months(to *relation) {
	n, err := strconv.Atoi(narrow(c.value))
	if err != nil || n < 0 || n > 720 {
		c.wrong("MONTHS_MALFORMED", "应为 0 到 720 的整数。", "The cell takes a whole number of months, 0 to 720.")
		return
	}
	to.told, to.months = true, n
}

// money reads yuan with up to two decimals, without passing through a float.
func (c *cell) money(to *relation) {
	s := strings.TrimPrefix(strings.TrimSuffix(strings.ReplaceAll(narrow(c.value), ",", ""), "元"), "¥")
	yuan, cents, point := strings.Cut(s, ".")
	if point && cents == "" || len(cents) > 2 || len(yuan) > 9 || yuan == "" || strings.Trim(yuan+cents, "0123456789") != "" {
		c.wrong("MONEY_MALFORMED", "金额应为元，最多两位小数。", "The cell takes an amount in yuan with two decimals at most.")
		return
	}
	fen, _ := strconv.ParseInt(yuan+(cents + "00")[:2], 10, 64) // eleven digits fit
	to.told, to.fen = true, fen
}

// awards reads levels with or without a date: 三等功(2021-08-01);二等功.
func (c *cell) awards() {
	list := c.lists["awardLevel"]
	parts := strings.FieldsFunc(narrow(c.value), func(r rune) bool { return strings.ContainsRune(";、|,", r) })
	for _, part := range parts {
		level, on, dated := strings.Cut(part, "(")
		h := honour{}
		var ok bool
		if h.level, ok = list.find(strings.TrimSpace(level)); !ok {
			c.wrong("CODE_UNKNOWN", "不在代码表中：立功受奖等级。", "Not in the code list: levels of awards.")
			return
		}
		if dated {
			d, ok := readDate(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(on), ")")))
			if !ok || d > c.today {
				c.wrong("DATE_MALFORMED", "奖励日期无效，应如 三等功(2021-08-01)。", "No date of award; write it like 三等功(2021-08-01).")
				return
			}
			h.on = &d
		}
		c.sheet.honours = append(c.sheet.honours, h)
	}
}

func ptr[T any](v T) *T { return &v }
