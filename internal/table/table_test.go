package table

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/xuri/excelize/v2"

	"github.com/vetgraph/vetgraph/internal/workday"
)

var columns = []Column{
	{"name", "名称", Text}, {"count", "数量", Whole}, {"rate", "比率", Share}, {"kept", "按期", Truth}, {"due_on", "承诺日", Date}, {"at", "时刻", Time},
}

var noon = time.Date(2026, 11, 23, 4, 5, 6, 0, time.UTC)

func rows() [][]any {
	return [][]any{
		{"哈尔滨市 <&>\"", 3, 0.25, true, workday.Date(2026, 11, 23), noon},
		{"=1+1", -2, 1.0, false, workday.Date(2024, 2, 29), noon.Add(time.Hour)},
		{nil, nil, nil, nil, nil, nil},
		{"a\nb\x00c", 0, 0.0, false, workday.Date(2023, 1, 1), noon},
	}
}

func write(t *testing.T, format string, all [][]any) []byte {
	t.Helper()
	var out bytes.Buffer
	for _, f := range Formats() {
		if f.Name != format {
			continue
		}
		w, err := f.Open(&out, columns)
		must(t, err)
		for _, r := range all {
			must(t, w.Row(r))
		}
		must(t, w.Close())
	}
	return out.Bytes()
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestHarmless(t *testing.T) {
	for in, want := range map[string]string{
		"=1+1": "'=1+1", "+1": "'+1", "-1": "'-1", "@SUM(A1)": "'@SUM(A1)", "\tx": "'\tx", "\rx": "'\rx", "\n=x": "'\n=x",
		" =1": "' =1", "\u3000=1": "'\u3000=1", "＝1": "'＝1", "＠a": "'＠a", "\x00=1": "'=1", "\ufeff=1": "'\ufeff=1",
		"正常": "正常", "a=1": "a=1", "": "", "'=1": "'=1", "2026-11-23": "2026-11-23", " ": " ",
	} {
		if got := harmless(in); got != want {
			t.Errorf("%q is written %q, not %q", in, got, want)
		}
	}
}

// FuzzHarmless: no text begins as a formula does, whatever it was.
func FuzzHarmless(f *testing.F) {
	for _, s := range []string{"=", " +", "\x01@", "\xff-"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := strings.TrimLeft(harmless(s), " \u00a0\u3000\ufeff")
		if strings.HasPrefix(got, "=") || strings.HasPrefix(got, "+") || strings.HasPrefix(got, "-") || strings.HasPrefix(got, "@") || strings.HasPrefix(got, "\t") || strings.HasPrefix(got, "\r") {
			t.Errorf("%q is written %q", s, got)
		}
		if harmless(harmless(s)) != harmless(s) {
			t.Errorf("%q changes when written twice", s)
		}
	})
}

func TestCSV(t *testing.T) {
	body := string(write(t, "csv", rows()))
	if !strings.HasPrefix(body, "\ufeff名称 name,数量 count,") {
		t.Errorf("begins %.60q", body)
	}
	got, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(body, "\ufeff"))).ReadAll()
	must(t, err)
	for i, want := range []string{
		"哈尔滨市 <&>\"|3|0.25|true|2026-11-23|2026-11-23T04:05:06Z", "'=1+1|-2|1|false|2024-02-29|2026-11-23T05:05:06Z", "|||||", "a\nbc|0|0|false|2023-01-01|2026-11-23T04:05:06Z",
	} {
		if line := strings.Join(got[i+1], "|"); line != want {
			t.Errorf("row %d is %q, not %q", i, line, want)
		}
	}
}

// TestXLSX reads with another's reader what was written.
func TestXLSX(t *testing.T) {
	f, err := excelize.OpenReader(bytes.NewReader(write(t, "xlsx", rows())))
	must(t, err)
	got, err := f.GetRows("1")
	must(t, err)
	for i, want := range []string{
		"名称 name|数量 count|比率 rate|按期 kept|承诺日 due_on|时刻 at", "哈尔滨市 <&>\"|3|0.25|TRUE|2026-11-23|2026-11-23 12:05:06",
		"'=1+1|-2|1|FALSE|2024-02-29|2026-11-23 13:05:06", "", "a\nbc|0|0|FALSE|2023-01-01|2026-11-23 12:05:06",
	} {
		if line := strings.Join(got[i], "|"); line != want {
			t.Errorf("row %d is %q, not %q", i, line, want)
		}
	}
	if formula, err := f.GetCellFormula("1", "A3"); err != nil || formula != "" {
		t.Error("a text became a formula", formula, err)
	}
}

// TestXLSXGoesOnInTheNextSheet: no row is lost where a sheet is full.
func TestXLSXGoesOnInTheNextSheet(t *testing.T) {
	var out bytes.Buffer
	w, err := newXLSX(&out, columns[1:2])
	must(t, err)
	w.(*xlsxFile).most = 4
	for i := range 8 {
		must(t, w.Row([]any{i}))
	}
	must(t, w.Close())
	f, err := excelize.OpenReader(&out)
	must(t, err)
	var all []string
	for _, sheet := range f.GetSheetList() {
		got, err := f.GetRows(sheet)
		must(t, err)
		for _, r := range got {
			all = append(all, r...)
		}
	}
	if got := strings.Join(all, " "); got != "数量 count 0 1 2 数量 count 3 4 5 数量 count 6 7" {
		t.Error(got)
	}
}

func TestParquet(t *testing.T) {
	body := write(t, "parquet", rows())
	type record struct {
		Name  *string    `parquet:"name,optional"`
		Count *int64     `parquet:"count,optional"`
		Rate  *float64   `parquet:"rate,optional"`
		Kept  *bool      `parquet:"kept,optional"`
		Due   *int32     `parquet:"due_on,optional,date"`
		At    *time.Time `parquet:"at,optional,timestamp(microsecond)"`
	}
	r := parquet.NewGenericReader[record](bytes.NewReader(body))
	got := make([]record, 5)
	n, err := r.Read(got)
	if err != nil && !errors.Is(err, io.EOF) || n != 4 {
		t.Fatal(n, err)
	}
	if g := got[1]; *g.Name != "=1+1" || *g.Count != -2 || *g.Rate != 1 || *g.Kept || workday.Day(*g.Due).String() != "2024-02-29" || !g.At.Equal(noon.Add(time.Hour)) {
		t.Errorf("%+v", g)
	}
	if g := got[2]; g.Name != nil || g.Count != nil || g.Rate != nil || g.Kept != nil || g.Due != nil || g.At != nil {
		t.Errorf("%+v", g)
	}
}

func TestRowsOfTheWrongKindAreRefused(t *testing.T) {
	for _, f := range Formats() {
		w, err := f.Open(io.Discard, columns[:2])
		must(t, err)
		if w.Row([]any{"a"}) == nil || w.Row([]any{1, 1}) == nil {
			t.Error(f.Name, "took it")
		}
	}
}
