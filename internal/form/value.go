package form

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Limits of one answer, whatever the catalogue says.
const (
	maxBytes  = 8 << 10 // of one text as sent
	maxLength = 200     // characters, where a field states no limit
	maxItems  = 50      // of one list
	maxNumber = 1e9     // people's money and counts stay below
)

// read brings an answer to the type of its field, or says what is wrong with it.
// A nil answer, and text that is empty once trimmed, read as nil: nothing to say.
func read(c *catalog.Catalog, def *catalog.Field, raw any) (any, *flaw) {
	if raw == nil {
		return nil, nil
	}
	switch def.Type {
	case "bool":
		if b, ok := raw.(bool); ok {
			return b, nil
		}
		return nil, wrong(ValueWrongType, "“%s”只能填是或否。", "“%s” takes yes or no.")
	case "int", "decimal", "money":
		return readNumber(def, raw)
	case "list":
		return readList(c, def, raw)
	}
	s, ok := raw.(string)
	if !ok {
		return nil, wrong(ValueWrongType, "“%s”应填文字。", "“%s” takes text.")
	}
	return readText(c, def, s)
}

func readText(c *catalog.Catalog, def *catalog.Field, raw string) (any, *flaw) {
	s, w := clean(raw)
	if w != nil || s == "" {
		return nil, w
	}
	if def.Check == "citizenNumber" {
		s = strings.ToUpper(s)
	}
	if def.Type == "date" {
		return readDate(def, s)
	}
	if n := utf8.RuneCountInString(s); n < def.MinLength {
		return nil, wrong(ValueTooShort, fmt.Sprintf("“%%s”至少%d个字。", def.MinLength), fmt.Sprintf("“%%s” takes at least %d characters.", def.MinLength))
	} else if limit := lengthOf(def); n > limit {
		return nil, wrong(ValueTooLong, fmt.Sprintf("“%%s”最多%d个字。", limit), fmt.Sprintf("“%%s” takes at most %d characters.", limit))
	}
	if !def.Matches(s) {
		return nil, wrong(ValuePattern, "“%s”格式不对。", "“%s” does not have the form it should have.")
	}
	if !listed(c, def, s) {
		return nil, wrong(ValueNotInList, "“%s”请从列表中选。", "“%s”: choose from the list.")
	}
	return s, nil
}

func lengthOf(def *catalog.Field) int {
	if def.MaxLength > 0 {
		return def.MaxLength
	}
	return maxLength
}

// clean trims text and brings it to NFC. It refuses what cannot be seen: control
// characters, and marks that turn the direction of what stands around them.
func clean(raw string) (string, *flaw) {
	if len(raw) > maxBytes {
		return "", wrong(ValueTooLong, "“%s”太长。", "“%s” is too long.")
	}
	if !utf8.ValidString(raw) {
		return "", wrong(ValueNotText, "“%s”含有无法识别的字符。", "“%s” holds bytes that are no text.")
	}
	s := strings.TrimSpace(norm.NFC.String(strings.TrimSpace(raw)))
	for _, r := range s {
		if unicode.Is(unicode.C, r) || r == '\u2028' || r == '\u2029' || r == utf8.RuneError {
			return "", wrong(ValueNotText, "“%s”含有看不见的字符。", "“%s” holds characters that cannot be seen.")
		}
	}
	return s, nil
}

// readDate reads a date, or a word that the field's pattern allows instead (长期 on identity cards).
func readDate(def *catalog.Field, s string) (any, *flaw) {
	malformed := wrong(DateMalformed, "“%s”应是真实日期，如 2026-11-23。", "“%s” takes a real date such as 2026-11-23.")
	day, err := workday.ParseDay(s)
	if err != nil {
		if def.Pattern != "" && strings.IndexFunc(s, unicode.IsDigit) < 0 && def.Matches(s) {
			return s, nil
		}
		return nil, malformed
	}
	if y := day.Year(); y < 1900 || y > 2199 {
		return nil, malformed
	}
	return s, nil
}

// listed tells whether a code is one of its list. Open lists refuse nothing.
func listed(c *catalog.Catalog, def *catalog.Field, code string) bool {
	list := c.Codes[def.Codes]
	if list == nil || list.Open || len(list.Items) == 0 {
		return true
	}
	return slices.ContainsFunc(list.Items, func(i catalog.CodeItem) bool { return i.Code == code })
}

// readNumber takes JSON numbers and their text, so that money need not pass through binary fractions.
func readNumber(def *catalog.Field, raw any) (any, *flaw) {
	notNumber := wrong(ValueWrongType, "“%s”应填数字。", "“%s” takes a number.")
	if s, ok := raw.(string); ok {
		s = strings.TrimSpace(s)
		if s == "" {
			return nil, nil
		}
		if len(s) > 20 || strings.Trim(s, "0123456789.-") != "" {
			return nil, notNumber
		}
		raw = json.Number(s)
	}
	v, ok := number(raw)
	if !ok {
		return nil, notNumber
	}
	x := v.(float64)
	if math.Abs(x) > maxNumber || x < 0 {
		return nil, wrong(ValueOutOfRange, "“%s”超出合理范围。", "“%s” is out of range.")
	}
	switch def.Type {
	case "int":
		if x != math.Trunc(x) {
			return nil, wrong(ValueWrongType, "“%s”应填整数。", "“%s” takes a whole number.")
		}
		return int64(x), nil
	case "money":
		if cents, err := strconv.ParseFloat(strconv.FormatFloat(x, 'f', 2, 64), 64); err != nil || cents != x {
			return nil, wrong(ValuePattern, "“%s”最多两位小数。", "“%s” takes two decimals at most.")
		}
	}
	return x, nil
}

func readList(c *catalog.Catalog, def *catalog.Field, raw any) (any, *flaw) {
	v, ok := list(raw)
	if !ok {
		return nil, wrong(ValueWrongType, "“%s”应是文字列表。", "“%s” takes a list of texts.")
	}
	items := v.([]string)
	if len(items) > maxItems {
		return nil, wrong(ListTooLong, "“%s”的项数太多。", "“%s” holds too many items.")
	}
	out := make([]string, 0, len(items))
	for _, item := range items {
		one, w := readText(c, def, item)
		if w != nil {
			return nil, w
		}
		s, _ := one.(string)
		switch {
		case s == "":
			return nil, wrong(ValueTooShort, "“%s”中有空项。", "“%s” holds an empty item.")
		case slices.Contains(out, s):
			return nil, wrong(ListRepeats, "“%s”中有重复项。", "“%s” holds an item twice.")
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, nil
	}
	return out, nil
}
