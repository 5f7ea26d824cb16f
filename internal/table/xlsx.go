package table

import (
	"archive/zip"
	"bufio"
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// sheetRows is how many rows a sheet of Excel may have; more go on in the next sheet.
const sheetRows = 1 << 20

// cellRunes is how many UTF-16 units a cell of Excel may hold.
const cellUnits = 32767

// xlsxFile is a workbook of ECMA-376, written sheet by sheet into its zip. Texts
// stand in their cells instead of a table of all texts, which would have to be
// kept until the end.
type xlsxFile struct {
	zip     *zip.Writer
	out     *bufio.Writer // of the sheet at hand
	columns []Column
	most    int // rows of a sheet, its head included
	rows    int
	sheets  int
}

func newXLSX(w io.Writer, columns []Column) (Writer, error) {
	f := &xlsxFile{zip: zip.NewWriter(w), columns: columns, most: sheetRows}
	return f, f.begin()
}

// begin starts a sheet with its head.
func (f *xlsxFile) begin() error {
	f.sheets++
	f.rows = 0
	part, err := f.zip.Create(fmt.Sprintf("xl/worksheets/sheet%d.xml", f.sheets))
	if err != nil {
		return err
	}
	f.out = bufio.NewWriterSize(part, 64<<10)
	f.put(xml.Header + `<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>`)
	head := make([]any, len(f.columns))
	for i, c := range f.columns {
		head[i] = c.head()
	}
	return f.row(head)
}

func (f *xlsxFile) end() error {
	f.put("</sheetData></worksheet>")
	return f.out.Flush()
}

func (f *xlsxFile) Row(values []any) error {
	if err := check(f.columns, values); err != nil {
		return err
	}
	if f.rows == f.most {
		if err := f.end(); err != nil {
			return err
		}
		if err := f.begin(); err != nil {
			return err
		}
	}
	return f.row(values)
}

// put writes; the first error stays in the buffer and comes with the next Flush.
func (f *xlsxFile) put(s string) { _, _ = f.out.WriteString(s) }

func (f *xlsxFile) row(values []any) error {
	f.rows++
	f.put(`<row r="` + strconv.Itoa(f.rows) + `">`)
	for i, v := range values {
		at := ` r="` + letters(i) + strconv.Itoa(f.rows) + `"`
		switch v := v.(type) {
		case string:
			f.put(`<c` + at + ` t="inlineStr"><is><t xml:space="preserve">`)
			if err := xml.EscapeText(f.out, []byte(short(harmless(v)))); err != nil {
				return err
			}
			f.put(`</t></is></c>`)
		case int, float64:
			f.put(`<c` + at + `><v>` + plain(v) + `</v></c>`)
		case bool:
			f.put(`<c` + at + ` t="b"><v>` + map[bool]string{false: "0", true: "1"}[v] + `</v></c>`)
		case workday.Day:
			f.put(`<c` + at + ` s="1"><v>` + strconv.Itoa(int(v-epoch)) + `</v></c>`)
		case time.Time:
			f.put(`<c` + at + ` s="2"><v>` + strconv.FormatFloat(serial(v), 'f', 6, 64) + `</v></c>`)
		}
	}
	_, err := f.out.WriteString(`</row>`)
	return err
}

// epoch is the day from which Excel counts, as far as days after February 1900 go.
var epoch = workday.Date(1899, time.December, 30)

// serial is a moment as Excel counts it, by the clock on the wall in China.
func serial(t time.Time) float64 {
	day := workday.FromTime(t)
	return float64(day-epoch) + t.Sub(day.Time()).Hours()/24
}

// short cuts a text to what a cell may hold.
func short(s string) string {
	if len(s) <= cellUnits {
		return s
	}
	n := 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > cellUnits {
			return s[:i]
		}
	}
	return s
}

// letters is the name of a column: A, B … Z, AA.
func letters(i int) string {
	if i < 26 {
		return string(rune('A' + i))
	}
	return letters(i/26-1) + letters(i%26)
}

const (
	relationship = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	spreadsheet  = "application/vnd.openxmlformats-officedocument.spreadsheetml."
	packageRels  = `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">`
)

// Close writes the parts that name the sheets; a reader finds them by the zip's directory.
func (f *xlsxFile) Close() error {
	if err := f.end(); err != nil {
		return err
	}
	var types, sheets, rels strings.Builder
	for i := 1; i <= f.sheets; i++ {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i, spreadsheet)
		fmt.Fprintf(&sheets, `<sheet name="%d" sheetId="%d" r:id="rId%d"/>`, i, i, i)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i, relationship, i)
	}
	for _, p := range [][2]string{
		{"[Content_Types].xml", `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="` + spreadsheet + `sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="` + spreadsheet + `styles+xml"/>` + types.String() + `</Types>`},
		{"_rels/.rels", packageRels + `<Relationship Id="rId1" Type="` + relationship + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`},
		{"xl/workbook.xml", `<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="` + relationship + `"><sheets>` + sheets.String() + `</sheets></workbook>`},
		{"xl/_rels/workbook.xml.rels", packageRels + rels.String() + `<Relationship Id="rIdS" Type="` + relationship + `/styles" Target="styles.xml"/></Relationships>`},
		{"xl/styles.xml", styles},
	} {
		part, err := f.zip.Create(p[0])
		if err != nil {
			return err
		}
		if _, err := io.WriteString(part, xml.Header+p[1]); err != nil {
			return err
		}
	}
	return f.zip.Close()
}

// styles are three: plain, a date, a moment.
const styles = `<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="yyyy\-mm\-dd"/><numFmt numFmtId="165" formatCode="yyyy\-mm\-dd\ hh:mm:ss"/></numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="3"><xf xfId="0"/><xf numFmtId="164" applyNumberFormat="1" xfId="0"/><xf numFmtId="165" applyNumberFormat="1" xfId="0"/></cellXfs></styleSheet>`
