// Package citizen reads the citizen number and keeps it from being shown by
// accident.
//
// The number (公民身份号码, GB 11643-1999) is six digits of the division where it was
// first issued, eight of the birth date, three of order (odd for men) and a check
// digit. The division is not looked up: it is the one of that time, and many have
// since been renamed or dissolved.
//
// Printing, logging or marshalling a [Number] shows a mask; only [Number.Reveal]
// answers it whole. A string type cannot guard against three things, so do not do
// them: convert it with string(n), print a struct that holds it in an unexported
// field, or marshal a map that has it as its key.
package citizen

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Number is a citizen number as [Parse] or [Make] answers it: eighteen
// characters, the last perhaps a capital X.
type Number string

const (
	length    = 18
	checks    = "10X98765432" // by the weighted sum modulo 11 (ISO 7064 MOD 11-2)
	birthForm = "20060102"
)

// oldest bounds the birth date: nobody living was born before.
var oldest = workday.Date(1880, time.January, 1)

// Parse reads a number as people write it: blanks around it and a small x are
// mended. Its faults are all Invalid, never repeat the number, and are found in
// this order: CITIZEN_NUMBER_MALFORMED (not seventeen digits and a digit or X, or
// beginning with 0), CITIZEN_NUMBER_CHECK_DIGIT, CITIZEN_NUMBER_BIRTH_DATE (no
// real date, or before 1880) and CITIZEN_NUMBER_FUTURE (born after today).
func Parse(text string) (Number, error) { return ParseOn(text, workday.FromTime(time.Now())) }

// ParseOn is [Parse] on a given day.
func ParseOn(text string, today workday.Day) (Number, error) {
	text = strings.ToUpper(strings.TrimSpace(text))
	if !shaped(text) {
		return "", fault.New(fault.Invalid, "CITIZEN_NUMBER_MALFORMED",
			"公民身份号码应为 18 位：17 位数字加 1 位数字或 X。", "A citizen number has 18 characters: 17 digits and a digit or X.")
	}
	if checkDigit(text) != text[length-1] {
		return "", fault.New(fault.Invalid, "CITIZEN_NUMBER_CHECK_DIGIT",
			"公民身份号码校验位不符，请检查是否输错数字。", "The check digit of the citizen number does not match; look for a mistyped digit.")
	}
	birth, err := birthDate(text)
	if err != nil || birth < oldest {
		return "", fault.New(fault.Invalid, "CITIZEN_NUMBER_BIRTH_DATE",
			"公民身份号码中的出生日期无效。", "The citizen number holds no valid date of birth.")
	}
	if birth > today {
		return "", fault.New(fault.Invalid, "CITIZEN_NUMBER_FUTURE",
			"公民身份号码中的出生日期晚于今天。", "The citizen number holds a date of birth in the future.")
	}
	return Number(text), nil
}

// Make builds the number of a synthetic person from a division of six digits, a
// birth date and an order, of which the last three digits count (odd for men). A
// division of another form makes the empty number.
func Make(division string, birth workday.Day, order int) Number {
	text := fmt.Sprintf("%s%s%03d", division, birth.Time().Format(birthForm), ((order%1000)+1000)%1000)
	if !shaped(text + "0") {
		return ""
	}
	return Number(text + string(checkDigit(text)))
}

// shaped tells whether a text has the form of a number.
func shaped(text string) bool {
	if len(text) != length || text[0] == '0' {
		return false
	}
	for i := range length {
		if c := text[i]; (c < '0' || c > '9') && (i < length-1 || c != 'X') {
			return false
		}
	}
	return true
}

// checkDigit computes the last character from the seventeen digits before it. The
// weights 7 9 10 5 8 4 2 … are the powers of two modulo 11, so they are summed by
// doubling.
func checkDigit(text string) byte {
	sum := 0
	for i := range length - 1 {
		sum = (sum*2 + int(text[i]-'0')) % 11
	}
	return checks[sum*2%11]
}

func birthDate(text string) (workday.Day, error) {
	return workday.ParseDay(text[6:10] + "-" + text[10:12] + "-" + text[12:14])
}

// Reveal is the whole number. Every call is a decision to show or send it.
func (n Number) Reveal() string { return string(n) }

// Division is the six digits of the division that first issued the number. It may
// no longer exist.
func (n Number) Division() string {
	if len(n) != length {
		return ""
	}
	return string(n[:6])
}

// BirthDate is the date of birth within the number; day 0 if it was not parsed.
func (n Number) BirthDate() workday.Day {
	if len(n) != length {
		return 0
	}
	d, err := birthDate(string(n))
	if err != nil {
		return 0
	}
	return d
}

// Sex is "1" for male and "2" for female (GB/T 2261.1), empty if the number was
// not parsed.
func (n Number) Sex() string {
	if len(n) != length {
		return ""
	}
	if n[length-2]%2 == 1 {
		return "1"
	}
	return "2"
}

// Masked shows the first three and the last four characters, as official notices
// do: enough for a person to know their own, and not the date of birth. What is no
// number is masked whole.
func (n Number) Masked() string {
	if len(n) != length {
		return strings.Repeat("*", len(n))
	}
	return string(n[:3]) + strings.Repeat("*", length-7) + string(n[length-4:])
}

// String is the mask.
func (n Number) String() string { return n.Masked() }

// GoString is the mask.
func (n Number) GoString() string { return n.Masked() }

// Format prints the mask whatever the verb, since a mistaken verb would print the
// number otherwise.
func (n Number) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, n.Masked()) }

// MarshalText is the mask, for JSON too: a number does not survive a round trip.
func (n Number) MarshalText() ([]byte, error) { return []byte(n.Masked()), nil }

// UnmarshalText reads what [Parse] reads.
func (n *Number) UnmarshalText(text []byte) error {
	v, err := Parse(string(text))
	if err != nil {
		return err
	}
	*n = v
	return nil
}

// Value refuses to store a number: a column gets it sealed, or a blind index of it.
func (n Number) Value() (driver.Value, error) {
	return nil, errors.New("a citizen number is not stored as it is: seal it, or index it blindly")
}

// MarshalGQL writes the mask as a GraphQL string.
func (n Number) MarshalGQL(w io.Writer) { _, _ = fmt.Fprintf(w, `"%s"`, n.Masked()) }

// UnmarshalGQL reads a GraphQL string in the form of [Parse].
func (n *Number) UnmarshalGQL(v any) error {
	text, _ := v.(string) // anything else is as malformed as no number
	return n.UnmarshalText([]byte(text))
}
