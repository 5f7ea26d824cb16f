package workday_test

import (
	"bytes"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var (
	_ driver.Valuer = workday.Day(0)
	_ sql.Scanner   = new(workday.Day)
)

func TestDayTellsItsParts(t *testing.T) {
	for text, want := range map[string]int32{"1970-01-01": 0, "1969-12-31": -1, "2026-11-23": 20780, "0000-01-01": -719528, "9999-12-31": 2932896} {
		d := day(t, text)
		if int32(d) != want || d.String() != text {
			t.Errorf("%s is day %d (%v), want %d", text, d, d, want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(-6e10, 2e11).Draw(t, "seconds"), 0).UTC()
		d := workday.Date(at.Date())
		if d.Year() != at.Year() || d.Month() != at.Month() || d.Weekday() != at.Weekday() || d.String() != at.Format(time.DateOnly) {
			t.Fatalf("%v is not %v", d, at)
		}
		if d.AddDays(1).AddDays(-1) != d || workday.FromTime(d.Time()) != d || workday.FromTime(d.Time().Add(-time.Second)) != d-1 {
			t.Fatal("days do not follow one another")
		}
	})
}

func TestParseDayRefuses(t *testing.T) {
	for _, text := range []string{"", "2026-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "20260101", "2026-11-23 ", "2026/11/23", "2026-11-23T00:00:00Z", "+026-11-23", "２026-11-23"} {
		d, err := workday.ParseDay(text)
		if f := fault.Of(err); err == nil || f.Kind != fault.Invalid || f.Reason != "DATE_MALFORMED" {
			t.Errorf("ParseDay(%q) = %v, %v", text, d, err)
		}
		if err != nil && len(text) > 5 && strings.Contains(err.Error(), text) {
			t.Errorf("%v repeats what was typed", err)
		}
	}
}

func TestScan(t *testing.T) {
	want := day(t, "2026-11-23")
	for name, src := range map[string]any{
		"text":                    "2026-11-23",
		"bytes":                   []byte("2026-11-23"),
		"text with a time":        "2026-11-23 00:00:00+00:00",
		"RFC 3339":                "2026-11-23T00:00:00Z",
		"midnight UTC":            time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC),
		"midnight in China":       time.Date(2026, 11, 23, 0, 0, 0, 0, workday.Zone()),
		"midnight west of London": time.Date(2026, 11, 23, 0, 0, 0, 0, time.FixedZone("", -5*3600)),
	} {
		var d workday.Day
		if err := d.Scan(src); err != nil || d != want {
			t.Errorf("%s: %v, %v", name, d, err)
		}
	}
	for _, src := range []any{nil, int64(20780), "yesterday", "2026-11-23x"} {
		if err := new(workday.Day).Scan(src); err == nil {
			t.Errorf("Scan(%v) is taken", src)
		}
	}
	var missing sql.Null[workday.Day]
	if err := missing.Scan(nil); err != nil || missing.Valid {
		t.Errorf("NULL: %v", err)
	}
}

func TestDayTravels(t *testing.T) {
	want := day(t, "2026-11-23")
	if v, err := want.Value(); err != nil || v != "2026-11-23" {
		t.Errorf("Value() = %v, %v", v, err)
	}
	if _, err := workday.Day(1 << 30).Value(); err == nil {
		t.Error("a day without a text form is stored")
	}
	var b bytes.Buffer
	want.MarshalGQL(&b)
	if b.String() != `"2026-11-23"` {
		t.Errorf("GraphQL: %s", b.String())
	}
	var got workday.Day
	if err := got.UnmarshalGQL("2026-11-23"); err != nil || got != want {
		t.Errorf("GraphQL: %v, %v", got, err)
	}
	for _, v := range []any{nil, 20780, "", json.Number("20780")} {
		if f := fault.Of(got.UnmarshalGQL(v)); f.Reason != "DATE_MALFORMED" {
			t.Errorf("UnmarshalGQL(%v): %v", v, f)
		}
	}
	text, err := json.Marshal(map[workday.Day]*workday.Day{want: &want})
	if err != nil || string(text) != `{"2026-11-23":"2026-11-23"}` {
		t.Errorf("JSON: %s, %v", text, err)
	}
}

func FuzzParseDay(f *testing.F) {
	f.Add("2026-11-23")
	f.Fuzz(func(t *testing.T, text string) {
		if d, err := workday.ParseDay(text); err == nil && d.String() != text {
			t.Fatalf("%q became %v", text, d)
		}
	})
}
