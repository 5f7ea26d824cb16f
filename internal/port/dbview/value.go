package dbview

import (
	"bytes"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"

	"github.com/vetgraph/vetgraph/internal/port"
)

// errUnreadable is a value that nobody can read; its text does not repeat the value.
var errUnreadable = errors.New("unreadable")

// value turns what the driver gives for a column of a type, in large letters, into
// what a decoded JSON answer would hold: json.Number, bool, string, []any or nil.
func value(typ string, raw any) (any, error) {
	switch v := raw.(type) {
	case nil:
		return nil, nil
	case bool:
		return v, nil
	case int64:
		if isBool(typ) {
			return v != 0, nil
		}
		return json.Number(strconv.FormatInt(v, 10)), nil
	case uint64:
		return json.Number(strconv.FormatUint(v, 10)), nil
	case float32:
		return number(strconv.FormatFloat(float64(v), 'f', -1, 32))
	case float64:
		if math.IsInf(v, 0) || math.IsNaN(v) || math.Abs(v) > 1e18 {
			return nil, errors.New("not a number in bounds")
		}
		return number(strconv.FormatFloat(v, 'f', -1, 64))
	case time.Time:
		if v.IsZero() {
			return nil, nil // MySQL's 0000-00-00
		}
		return day(typ, v), nil
	case string:
		return text(typ, v)
	case []byte:
		if base(typ) == "BIT" && len(v) == 1 {
			return v[0] != 0, nil
		}
		return text(typ, string(v))
	}
	return nil, fmt.Errorf("a %T cannot be read", raw)
}

// isBool recognises what databases call a boolean. MySQL has none and means TINYINT(1).
func isBool(typ string) bool { return typ == "BOOL" || typ == "BOOLEAN" || typ == "TINYINT(1)" }

// base is a type without its length: DECIMAL of DECIMAL(12,2).
func base(typ string) string {
	b, _, _ := strings.Cut(typ, "(")
	return strings.TrimSpace(b)
}

// text reads what arrives as text by the type of its column.
func text(typ, s string) (any, error) {
	if !utf8.ValidString(s) {
		return nil, errors.New("not UTF-8")
	}
	if strings.HasPrefix(typ, "_") {
		return array(s)
	}
	switch base(typ) {
	case "NUMERIC", "DECIMAL", "NUMBER":
		return number(s)
	case "JSON", "JSONB":
		var v any
		if err := port.DecodeJSON([]byte(s), &v); err != nil {
			return nil, errors.New("not JSON")
		}
		return v, nil
	case "LONGTEXT JSON":
		var list []any
		if port.DecodeJSON([]byte(s), &list) == nil && list != nil {
			return list, nil
		}
		return s, nil
	case "CHAR", "BPCHAR", "CHARACTER":
		return strings.TrimRight(s, " "), nil
	case "BYTEA", "BLOB", "TINYBLOB", "MEDIUMBLOB", "LONGBLOB", "BINARY", "VARBINARY", "BIT":
		return nil, errors.New("bytes")
	}
	return s, nil
}

// number is a JSON number without zeros at its end, so that 24.00 is a whole number.
func number(s string) (any, error) {
	if strings.Contains(s, ".") && !strings.ContainsAny(s, "eE") {
		s = strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
	}
	dec := json.NewDecoder(strings.NewReader(s))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, errors.New("not a number")
	}
	if n, ok := v.(json.Number); ok && n.String() == s {
		return n, nil
	}
	return nil, errors.New("not a number")
}

// array reads PostgreSQL's text of a list. A list holds no NULL.
func array(s string) (any, error) {
	var list []string
	if err := pgtype.NewMap().Scan(pgtype.TextArrayOID, pgtype.TextFormatCode, []byte(s), &list); err != nil {
		return nil, errors.New("not a list")
	}
	out := make([]any, len(list))
	for i, e := range list {
		out[i] = e
	}
	return out, nil
}

// day is the date of a time, in China where the type knows of zones.
func day(typ string, t time.Time) string {
	if base(typ) == "TIMESTAMPTZ" {
		t = t.In(china)
	}
	return t.Format(time.DateOnly)
}

// moment reads when something was; zero for NULL. A time without a zone is China's.
func moment(typ string, raw any) (time.Time, error) {
	switch v := raw.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		if b := base(typ); b == "DATE" || b == "TIMESTAMP" && v.Location() == time.UTC {
			v = time.Date(v.Year(), v.Month(), v.Day(), v.Hour(), v.Minute(), v.Second(), v.Nanosecond(), china)
		}
		return v.UTC(), nil
	case string:
		return stamp(v)
	case []byte:
		return stamp(string(v))
	}
	return time.Time{}, errors.New("not a time")
}

func stamp(s string) (time.Time, error) {
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, china); err == nil {
			return t.UTC(), nil
		}
	}
	return time.Time{}, errors.New("not a time")
}

// whole reads a number without a fraction.
func whole(v any) (int64, error) {
	n, ok := v.(json.Number)
	if !ok {
		return 0, errors.New("not a number")
	}
	return n.Int64()
}

// document reads a JSON column into something; NULL leaves it alone.
func document(raw, into any) error {
	switch v := raw.(type) {
	case nil:
		return nil
	case string:
		return port.DecodeJSON([]byte(v), into)
	case []byte:
		return port.DecodeJSON(bytes.TrimSpace(v), into)
	}
	return errors.New("not JSON")
}

// broken says whether a connection ended by itself.
func broken(err error) bool {
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
