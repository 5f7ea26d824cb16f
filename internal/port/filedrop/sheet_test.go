package filedrop

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/port"
)

var request = strings.Repeat("0123456789abcdef", 2)

var allFormats = []sheetFormat{{}, {gbk: true}, {fixed: true}, {fixed: true, gbk: true}}

// characters are those that a format might trip over, and some of every other sort.
var characters = rapid.OneOf(
	rapid.SampledFrom([]rune("\\;:,\"'\n\r\t #-=|NeExs 　€·—\u0085\u2028\ufeff\x00\x1a\x7f")),
	rapid.RuneFrom([]rune("王幸福路一号黑龙江退役军人")), rapid.Rune(),
)

func anyText(t *rapid.T, name string) string {
	return rapid.StringOfN(characters, 0, 12, -1).Draw(t, name)
}

func anyValue(t *rapid.T, kind string) any {
	if rapid.IntRange(0, 5).Draw(t, "null") == 0 {
		return nil
	}
	switch kind {
	case numberColumn:
		return json.Number(rapid.SampledFrom([]string{"0", "-1", "24", "4500.5", "1e3", "900719925474099301"}).Draw(t, "number"))
	case boolColumn:
		return rapid.Bool().Draw(t, "bool")
	case listColumn:
		list := []any{}
		for range rapid.IntRange(0, 4).Draw(t, "elements") {
			list = append(list, anyText(t, "element"))
		}
		return list
	}
	return anyText(t, "text")
}

// TestWhatIsWrittenIsRead writes anything in every format: it is read as it was,
// or refused before it is sent.
func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := rapid.SampledFrom(allFormats).Draw(t, "format")
		kinds := map[string]string{}
		for _, name := range []string{"XM", "姓名", "YS", "CL"} {
			kinds[name] = rapid.SampledFrom([]string{textColumn, numberColumn, boolColumn, listColumn}).Draw(t, "kind")
		}
		rows := make([]row, rapid.IntRange(0, 5).Draw(t, "rows"))
		for i := range rows {
			rows[i] = row{"_item": "item"}
			for name, kind := range kinds {
				if rapid.Bool().Draw(t, "said") {
					rows[i][name] = anyValue(t, kind)
				}
			}
		}
		data, err := f.encode([]string{"_item", "_round"}, rows, request)
		if err != nil {
			if no, ok := errors.AsType[*port.Refusal](err); !ok || no.Reason != "NOT_IN_ENCODING" || !f.gbk {
				t.Fatalf("not written: %v", err)
			}
			return
		}
		read, err := f.decode(data, request)
		if err != nil {
			t.Fatalf("not read: %v\n%q", err, data)
		}
		if len(read) != len(rows) || len(rows) > 0 && !reflect.DeepEqual(read, rows) {
			t.Fatalf("read %#v, written %#v\n%q", read, rows, data)
		}
		cut := rapid.IntRange(0, len(data)-2).Draw(t, "cut")
		if _, err := f.decode(data[:cut], request); err == nil {
			t.Fatalf("the first %d of %d bytes were read as a whole file", cut, len(data))
		}
	})
}

func TestValuesThatCannotBeWritten(t *testing.T) {
	narrow := sheetFormat{fixed: true, widths: map[string]int{"XM": 2}}
	for name, c := range map[string]struct {
		format sheetFormat
		value  any
		reason string
	}{
		"a character that GBK has not": {sheetFormat{gbk: true}, "𠮷", "NOT_IN_ENCODING"},
		"too wide":                     {narrow, "欧阳修", "TOO_WIDE"},
		"not UTF-8":                    {sheetFormat{}, "\xff", "NOT_A_VALUE"},
		"a map":                        {sheetFormat{}, map[string]any{}, "NOT_A_VALUE"},
		"a list of numbers":            {sheetFormat{}, []any{1}, "NOT_A_VALUE"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := c.format.encode(nil, []row{{"XM": c.value}}, request)
			if no, ok := errors.AsType[*port.Refusal](err); !ok || no.Reason != c.reason {
				t.Fatalf("error %v, want %s", err, c.reason)
			}
		})
	}
	if _, err := narrow.encode(nil, []row{{"XM": "欧阳"}}, request); err != nil {
		t.Errorf("two characters in a column of two: %v", err)
	}
}

func TestFilesThatAreNotRead(t *testing.T) {
	whole := func(body string, rows int) []byte { return closed([]byte(body), rows, request) }
	for name, c := range map[string]struct {
		format sheetFormat
		data   []byte
	}{
		"nothing":                      {sheetFormat{}, nil},
		"no header":                    {sheetFormat{}, whole("", 0)},
		"more rows than said":          {sheetFormat{}, whole("A,B\n1,2\n3,4\n", 1)},
		"a changed byte":               {sheetFormat{}, bytes.Replace(whole("A,B\n1,2\n", 1), []byte("1,2"), []byte("1,3"), 1)},
		"another request":              {sheetFormat{}, bytes.Replace(whole("A\n1\n", 1), []byte(request), []byte(strings.Repeat("f", 32)), 1)},
		"a column twice":               {sheetFormat{}, whole("A,A\n1,2\n", 1)},
		"an unknown kind":              {sheetFormat{}, whole("A:blob\n1\n", 1)},
		"a number that is none":        {sheetFormat{}, whole("A:number\n0x1\n", 1)},
		"a row with more cells":        {sheetFormat{}, whole("A,B\n1,2,3\n", 1)},
		"endless columns":              {sheetFormat{}, whole(strings.Repeat(",", 1<<20)+"\n", 0)},
		"endless rows":                 {sheetFormat{}, whole("A,B\n"+strings.Repeat("1,2\n", maxRows+1), maxRows+1)},
		"GBK where UTF-8 is agreed":    {sheetFormat{}, whole("A,B\n\xcd\xf5,2\n", 1)},
		"UTF-8 where GBK is agreed":    {sheetFormat{gbk: true}, whole("A,B\n\xe7\x8e,2\xff\n", 1)},
		"fixed width without a header": {sheetFormat{fixed: true}, whole("1234\n", 0)},
		"fixed width, too long a row":  {sheetFormat{fixed: true}, whole("#COLUMNS A:text:2\n123\n", 1)},
		"fixed width, not as agreed":   {sheetFormat{fixed: true, widths: map[string]int{"A": 3}}, whole("#COLUMNS A:text:2\n12\n", 1)},
		"fixed width, endless":         {sheetFormat{fixed: true}, whole("#COLUMNS A:text:999999999\n12\n", 1)},
		"too long":                     {sheetFormat{}, make([]byte, maxFile+1)},
	} {
		t.Run(name, func(t *testing.T) {
			if rows, err := c.format.decode(c.data, request); err == nil {
				t.Fatalf("read as %v", rows)
			}
		})
	}
	rows, err := sheetFormat{}.decode(append([]byte("\ufeff"), whole("A,B\r\n\"1\n2\",\\N\r\n", 1)...), request)
	if err == nil {
		t.Errorf("a mark before the sum was taken is no part of it: %v", rows)
	}
	rows, err = sheetFormat{}.decode(whole("\ufeffA,B\r\n\"1\n2\",\\N\r\n", 1), request)
	if want := []row{{"A": "1\n2", "B": nil}}; err != nil || !reflect.DeepEqual(rows, want) {
		t.Errorf("as a spreadsheet writes it: %v, %v", rows, err)
	}
}

// FuzzDecode reads anything under a good trailer: what is read can be written and
// read again.
func FuzzDecode(f *testing.F) {
	f.Add(0, []byte("A,B:number\r\n1,2\r\n\\e,\\N\r\n"), 2)
	f.Add(1, []byte("\xd0\xd5\xc3\xfb\r\n\xcd\xf5\r\n"), 1)
	f.Add(2, []byte("#COLUMNS A:text:2 B:list:4\r\n1 a;b\r\n"), 1)
	f.Add(3, []byte("#COLUMNS A:bool:5\r\ntrue\r\n"), 1)
	f.Fuzz(func(t *testing.T, which int, body []byte, n int) {
		format := allFormats[(which%4+4)%4]
		rows, err := format.decode(closed(append(bytes.Clone(body), '\n'), n, request), request)
		if err != nil {
			return
		}
		data, err := format.encode([]string{"_item", "_round"}, rows, request) // every file has two columns or more
		if err != nil {
			return // GB18030 has more than GBK, and names of columns are checked elsewhere
		}
		for _, r := range rows {
			for name := range r {
				if !wellNamed(name) && own(name) {
					return
				}
			}
		}
		if again, err := format.decode(data, request); err != nil || len(again) != len(rows) || len(rows) > 0 && !reflect.DeepEqual(again, rows) {
			t.Fatalf("read %v, then %v (%v)", rows, again, err)
		}
	})
}
