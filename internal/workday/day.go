package workday

import (
	"database/sql/driver"
	"fmt"
	"io"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Day is a civil date: the number of days since 1970-01-01, without a time of
// day or a zone. Its zero value is 1970-01-01, so use a pointer where a date may
// be missing. Days of the years 0 to 9999 can be written and read.
type Day int32

// The first and the last day that have a text form.
const (
	firstDay Day = -719528 // 0000-01-01
	lastDay  Day = 2932896 // 9999-12-31
)

const secondsPerDay = 24 * 60 * 60

// Zone is China's civil time, UTC+8. It is fixed rather than loaded from a time
// zone database: the only difference lies in the summers of 1986 to 1991.
func Zone() *time.Location { return zone }

var zone = time.FixedZone("Asia/Shanghai", 8*60*60)

// Date is the day of a year, month and day. Values out of range carry over as in
// [time.Date]: 30 February is 1 or 2 March.
func Date(year int, month time.Month, day int) Day {
	return Day(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix() / secondsPerDay)
}

// FromTime is the date on the wall in China at an instant.
func FromTime(t time.Time) Day { return civil(t.In(zone)) }

// civil is the date a time shows in its own location.
func civil(t time.Time) Day {
	y, m, d := t.Date()
	return Date(y, m, d)
}

// ParseDay reads a date in the form 2006-01-02 (GB/T 7408) and nothing else. It
// answers a fault Invalid, DATE_MALFORMED, which does not repeat the text: it may
// be a date of birth.
func ParseDay(text string) (Day, error) {
	if len(text) == len(time.DateOnly) {
		if t, err := time.Parse(time.DateOnly, text); err == nil {
			return civil(t), nil
		}
	}
	return 0, fault.New(fault.Invalid, "DATE_MALFORMED",
		"日期无效，应为真实日期，格式如 2026-11-23。", "This is not a date; write a real one like 2026-11-23.")
}

// Time is the instant at which the day begins in China.
func (d Day) Time() time.Time {
	return time.Unix(int64(d)*secondsPerDay, 0).In(zone).Add(-8 * time.Hour)
}

// utc is midnight UTC, whose calendar fields are those of the day.
func (d Day) utc() time.Time { return time.Unix(int64(d)*secondsPerDay, 0).UTC() }

// String writes the day as 2006-01-02.
func (d Day) String() string { return d.utc().Format(time.DateOnly) }

// Year is the year the day lies in.
func (d Day) Year() int { return d.utc().Year() }

// Month is the month the day lies in.
func (d Day) Month() time.Month { return d.utc().Month() }

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday {
	return time.Weekday(((int(d)+4)%7 + 7) % 7) // 1970-01-01 was a Thursday
}

// AddDays is the day n calendar days later, or earlier if n is negative.
func (d Day) AddDays(n int) Day { return d + Day(n) }

// MarshalText writes the day as 2006-01-02; JSON uses it too.
func (d Day) MarshalText() ([]byte, error) {
	if d < firstDay || d > lastDay {
		return nil, fmt.Errorf("day %d is outside the years 0 to 9999", int32(d))
	}
	return d.utc().AppendFormat(nil, time.DateOnly), nil
}

// UnmarshalText reads what [ParseDay] reads.
func (d *Day) UnmarshalText(text []byte) error {
	v, err := ParseDay(string(text))
	if err != nil {
		return err
	}
	*d = v
	return nil
}

// Value stores a day as the text 2006-01-02, which sorts as dates do and which
// date columns accept.
func (d Day) Value() (driver.Value, error) {
	text, err := d.MarshalText()
	return string(text), err
}

// Scan reads a day from a column of text or of a date type. A time keeps the
// date it shows in its own location, because drivers answer dates as midnight UTC.
func (d *Day) Scan(src any) error {
	switch v := src.(type) {
	case time.Time:
		*d = civil(v)
		return nil
	case string:
		return d.UnmarshalText([]byte(dateOf(v)))
	case []byte:
		return d.UnmarshalText([]byte(dateOf(string(v))))
	}
	return fmt.Errorf("scan a day from %T", src)
}

// dateOf drops a time of day that a database has put behind the date.
func dateOf(text string) string {
	if n := len(time.DateOnly); len(text) > n && (text[n] == ' ' || text[n] == 'T') {
		return text[:n]
	}
	return text
}

// MarshalGQL writes the day as a GraphQL string.
func (d Day) MarshalGQL(w io.Writer) {
	_, _ = fmt.Fprintf(w, "%q", d.String()) // gqlgen gives no way to report a failing writer
}

// UnmarshalGQL reads a GraphQL string in the form of [ParseDay].
func (d *Day) UnmarshalGQL(v any) error {
	text, _ := v.(string) // anything else is as malformed as no date
	return d.UnmarshalText([]byte(text))
}
