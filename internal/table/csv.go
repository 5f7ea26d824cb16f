package table

import (
	"encoding/csv"
	"io"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// csvFile is CSV (RFC 4180) with a mark of UTF-8 in front, without which Excel
// takes Chinese for noise.
type csvFile struct {
	w       *csv.Writer
	columns []Column
	cells   []string
}

func newCSV(w io.Writer, columns []Column) (Writer, error) {
	if _, err := io.WriteString(w, "\ufeff"); err != nil {
		return nil, err
	}
	f := &csvFile{w: csv.NewWriter(w), columns: columns, cells: make([]string, len(columns))}
	f.w.UseCRLF = true
	for i, c := range columns {
		f.cells[i] = c.head()
	}
	return f, f.w.Write(f.cells)
}

func (f *csvFile) Row(values []any) error {
	if err := check(f.columns, values); err != nil {
		return err
	}
	for i, v := range values {
		f.cells[i] = plain(v)
	}
	return f.w.Write(f.cells)
}

func (f *csvFile) Close() error {
	f.w.Flush()
	return f.w.Error()
}

// plain is a value as text.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return harmless(v)
	case int:
		return strconv.Itoa(v)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	case bool:
		return strconv.FormatBool(v)
	case workday.Day:
		return v.String()
	case time.Time:
		return v.UTC().Format(time.RFC3339)
	}
	return ""
}
