package table

import (
	"io"
	"time"

	"github.com/parquet-go/parquet-go"

	"github.com/vetgraph/vetgraph/internal/workday"
)

// groupRows is how many rows Parquet gathers before it writes them: column after
// column, so they must be at hand together.
const groupRows = 50_000

// parquetFile is Apache Parquet, compressed by Snappy. Its columns are in order of
// name. Texts are as they are: nothing that reads Parquet runs formulas.
type parquetFile struct {
	w       *parquet.GenericWriter[any]
	columns []Column
	place   []int // of each column in the file
	row     parquet.Row
}

func newParquet(w io.Writer, columns []Column) (Writer, error) {
	group := parquet.Group{}
	for _, c := range columns {
		group[c.Name] = parquet.Optional(node(c.Kind))
	}
	schema := parquet.NewSchema("rows", group)
	f := &parquetFile{columns: columns, place: make([]int, len(columns)), row: make(parquet.Row, len(columns))}
	for i, c := range columns {
		leaf, _ := schema.Lookup(c.Name) // it was put there
		f.place[i] = leaf.ColumnIndex
	}
	f.w = parquet.NewGenericWriter[any](w, schema, parquet.MaxRowsPerRowGroup(groupRows), parquet.Compression(&parquet.Snappy), parquet.CreatedBy("vetgraph", "", ""))
	return f, nil
}

func node(k Kind) parquet.Node {
	switch k {
	case Whole:
		return parquet.Int(64)
	case Share:
		return parquet.Leaf(parquet.DoubleType)
	case Truth:
		return parquet.Leaf(parquet.BooleanType)
	case Date:
		return parquet.Date()
	case Time:
		return parquet.Timestamp(parquet.Microsecond)
	case Text:
	}
	return parquet.Encoded(parquet.String(), &parquet.RLEDictionary)
}

func (f *parquetFile) Row(values []any) error {
	if err := check(f.columns, values); err != nil {
		return err
	}
	for i, v := range values {
		at, value := f.place[i], parquet.NullValue()
		switch v := v.(type) {
		case string:
			value = parquet.ByteArrayValue([]byte(v))
		case int:
			value = parquet.Int64Value(int64(v))
		case float64:
			value = parquet.DoubleValue(v)
		case bool:
			value = parquet.BooleanValue(v)
		case workday.Day:
			value = parquet.Int32Value(int32(v))
		case time.Time:
			value = parquet.Int64Value(v.UnixMicro())
		}
		defined := 1
		if v == nil {
			defined = 0
		}
		f.row[at] = value.Level(0, defined, at)
	}
	_, err := f.w.WriteRows([]parquet.Row{f.row})
	return err
}

func (f *parquetFile) Close() error { return f.w.Close() }
