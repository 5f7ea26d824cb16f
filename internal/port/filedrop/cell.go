package filedrop

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// What stands in a cell. An empty cell says nothing; these marks say something
// that looks like nothing. A backslash in a value is always doubled, so no value
// is mistaken for a mark.
const (
	nullMark  = `\N` // there is none
	emptyMark = `\e` // text without characters
	noneMark  = `\E` // a list without elements
	separator = ';'  // of the elements of a list
)

// The kinds of column. Codes with leading noughts are text, so a column says
// what it is; one that says nothing is text.
const (
	textColumn   = "text"
	numberColumn = "number"
	boolColumn   = "bool"
	listColumn   = "list"
)

var errCell = errors.New("a cell is not as its column says")

// cell writes one value. The kind is empty for null, which fits any column.
func cell(v any) (text, kind string, err error) {
	switch v := v.(type) {
	case nil:
		return nullMark, "", nil
	case string:
		text, err = escape(v)
		return text, textColumn, err
	case bool:
		return strconv.FormatBool(v), boolColumn, nil
	case json.Number:
		return number(v.String())
	case int:
		return strconv.Itoa(v), numberColumn, nil
	case int64:
		return strconv.FormatInt(v, 10), numberColumn, nil
	case float64:
		return number(strconv.FormatFloat(v, 'f', -1, 64))
	case []string:
		text, err = escapeList(len(v), func(i int) any { return v[i] })
		return text, listColumn, err
	case []any:
		text, err = escapeList(len(v), func(i int) any { return v[i] })
		return text, listColumn, err
	}
	return "", "", fmt.Errorf("a value of type %T", v)
}

// value reads one cell; said is false for an empty one.
func value(kind, text string) (v any, said bool, err error) {
	switch {
	case text == "":
		return nil, false, nil
	case text == nullMark:
		return nil, true, nil
	case kind == boolColumn && (text == "true" || text == "false"):
		return text == "true", true, nil
	case kind == numberColumn:
		n, _, err := number(text)
		return json.Number(n), true, err
	case kind == listColumn:
		v, err := unescapeList(text)
		return v, true, err
	case kind == textColumn:
		v, err := unescape(text)
		return v, true, err
	}
	return nil, false, errCell
}

// number lets pass what JSON calls a number.
func number(text string) (same, kind string, err error) {
	digit := func(c byte) bool { return c >= '0' && c <= '9' }
	if len(text) == 0 || len(text) > 40 || text[0] != '-' && !digit(text[0]) || !digit(text[len(text)-1]) || !json.Valid([]byte(text)) {
		return "", "", errCell
	}
	return text, numberColumn, nil
}

// escape writes text on one line, so that no trimming at the end loses any of it.
func escape(s string) (string, error) {
	if s == "" {
		return emptyMark, nil
	}
	if !utf8.ValidString(s) {
		return "", errors.New("text that is not UTF-8")
	}
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == '\\':
			b.WriteString(`\\`)
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\r':
			b.WriteString(`\r`)
		case r == ' ' && i == len(s)-1:
			b.WriteString(`\s`)
		case r < ' ' || r == 0x7f || r == 0xfeff:
			fmt.Fprintf(&b, `\x%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String(), nil
}

// unescape reads what escape has written. Marks are not text.
func unescape(s string) (string, error) {
	if s == emptyMark {
		return "", nil
	}
	if !strings.Contains(s, `\`) {
		return s, nil
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' {
			b.WriteByte(s[i])
			continue
		}
		if i++; i == len(s) {
			return "", errCell
		}
		switch s[i] {
		case '\\', separator:
			b.WriteByte(s[i])
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case 's':
			b.WriteByte(' ')
		case 'x':
			if i+4 >= len(s) {
				return "", errCell
			}
			code, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
			if err != nil || code >= 0xd800 && code < 0xe000 {
				return "", errCell
			}
			b.WriteRune(rune(code))
			i += 4
		default:
			return "", errCell
		}
	}
	return b.String(), nil
}

func escapeList(n int, at func(int) any) (string, error) {
	if n == 0 {
		return noneMark, nil
	}
	parts := make([]string, n)
	for i := range parts {
		s, ok := at(i).(string)
		if !ok {
			return "", errors.New("a list of something else than text")
		}
		text, err := escape(s)
		if err != nil {
			return "", err
		}
		parts[i] = strings.ReplaceAll(text, string(separator), `\`+string(separator))
	}
	return strings.Join(parts, string(separator)), nil
}

func unescapeList(s string) ([]any, error) {
	list := []any{}
	if s == noneMark {
		return list, nil
	}
	for begin, i := 0, 0; i <= len(s); i++ {
		if i < len(s) && s[i] == '\\' {
			i++ // what follows is escaped
			continue
		}
		if i < len(s) && s[i] != separator {
			continue
		}
		if begin == i {
			return nil, errCell // an element that is nothing
		}
		element, err := unescape(s[begin:min(i, len(s))])
		if err != nil {
			return nil, err
		}
		list, begin = append(list, element), i+1
	}
	return list, nil
}
