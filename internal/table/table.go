// Package table writes rows as CSV, XLSX or Parquet, one by one, in memory that does not grow with them.
//
// What is written goes out at once; nothing is kept but the row at hand, or for
// Parquet a row group. Texts come from people and departments: one that a
// spreadsheet would take for a formula is written so that it stays a text.
package table

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// Kind is what a column holds.
type Kind int

// The kinds; any value may be nil, which is empty.
const (
	Text  Kind = iota // string
	Whole             // int
	Share             // float64
	Truth             // bool
	Date              // workday.Day
	Time              // time.Time
)

// Column is one column.
type Column struct {
	Name  string // for programs: due_on
	Title string // for people, Chinese
	Kind  Kind
}

// head is a column's title where people read it too.
func (c Column) head() string { return c.Title + " " + c.Name }

// Writer takes rows. Close writes what a format has at its end; a file without it
// is not whole. It does not close what is written to.
type Writer interface {
	Row(values []any) error
	Close() error
}

// Format is a form that tables have.
type Format struct {
	Name, Media string
	Open        func(w io.Writer, columns []Column) (Writer, error)
}

// Formats are those that there are.
func Formats() []Format {
	return []Format{
		{"csv", "text/csv; charset=utf-8", newCSV},
		{"xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", newXLSX},
		{"parquet", "application/vnd.apache.parquet", newParquet},
	}
}

// check says whether a value is of its column's kind.
func check(columns []Column, values []any) error {
	if len(values) != len(columns) {
		return fmt.Errorf("a row of %d values in a table of %d columns", len(values), len(columns))
	}
	for i, v := range values {
		ok := v == nil
		switch columns[i].Kind {
		case Text:
			_, is := v.(string)
			ok = ok || is
		case Whole:
			_, is := v.(int)
			ok = ok || is
		case Share:
			_, is := v.(float64)
			ok = ok || is
		case Truth:
			_, is := v.(bool)
			ok = ok || is
		case Date:
			_, is := v.(workday.Day)
			ok = ok || is
		case Time:
			_, is := v.(time.Time)
			ok = ok || is
		}
		if !ok {
			return fmt.Errorf("column %s cannot hold a %T", columns[i].Name, v)
		}
	}
	return nil
}

// harmless is a text that no spreadsheet runs as a formula: an apostrophe, which
// says that a text follows, stands before one that begins as formulas do, in
// whatever width, also behind blanks, which some programs trim. Control
// characters, which no cell may hold, are dropped.
func harmless(s string) string {
	s = strings.ToValidUTF8(s, "�")
	s = strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, s)
	if strings.HasPrefix(s, "\t") || strings.HasPrefix(s, "\r") || strings.HasPrefix(s, "\n") {
		return "'" + s
	}
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(s, " \u00a0\u3000\ufeff"))
	if strings.ContainsRune("=+-@\t\r\n＝＋－＠", first) {
		return "'" + s
	}
	return s
}
