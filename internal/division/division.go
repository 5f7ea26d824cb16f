// Package division knows the places of Heilongjiang: its province, cities,
// counties, townships and villages.
//
// The 15,720 rows are those of the National Bureau of Statistics as of 2023-06-30
// (china-division 2.7.0). A code of twelve digits says where a place lies: two
// digits of province, two of city, two of county, three of township, three of
// village, the rest zeros; so a place and all below it are one range of codes. Five
// counties are statistical units without a code of GB/T 2260. Townships include
// farms, forestry bureaus and zones: a row does not promise a police station.
package division

import (
	"slices"
	"strings"
)

// Level is how high a place stands.
type Level string

// The levels, a closed list.
const (
	Province Level = "province"
	City     Level = "city"
	County   Level = "county"
	Township Level = "township"
	Village  Level = "village"
)

// Levels lists the five levels, highest first.
func Levels() []Level { return slices.Clone(levels[:]) }

var levels = [...]Level{Province, City, County, Township, Village}

// Division is one place.
type Division struct {
	Code        string // twelve digits
	Name        string // its own name; [Tree.FullName] has those above it too
	Level       Level
	Parent      string // code; empty for the province
	Statistical bool   // a county of the statistics bureau that GB/T 2260 does not list
}

const codeLength = 12

// widths are the significant digits of a code by level, highest first.
var widths = [...]int{2, 4, 6, 9, codeLength}

// Normalize widens a code of 2, 4, 6 or 9 digits to twelve and answers whether it
// has the form of a code at all; it does not look it up.
func Normalize(code string) (string, bool) {
	for _, w := range widths {
		if len(code) == w && digits(code) && code[:2] != "00" {
			return code + strings.Repeat("0", codeLength-w), true
		}
	}
	return "", false
}

// Prefix is the significant digits of a code: 2 of a province, 4 of a city, 6 of a
// county, 9 of a township, 12 of a village. What is no code has none.
func Prefix(code string) string {
	code, ok := Normalize(code)
	if !ok {
		return ""
	}
	for _, w := range widths {
		if zeros(code[w:]) {
			return code[:w]
		}
	}
	return code
}

func digits(text string) bool {
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return false
		}
	}
	return true
}

func zeros(text string) bool {
	for i := range len(text) {
		if text[i] != '0' {
			return false
		}
	}
	return true
}

// Range is the first and the last code, both included, that a place and those
// below it may have: code BETWEEN lo AND hi. What is no code gets a range that
// holds nothing.
func Range(code string) (lo, hi string) {
	p := Prefix(code)
	if p == "" {
		return strings.Repeat("9", codeLength), strings.Repeat("0", codeLength)
	}
	fill := codeLength - len(p)
	return p + strings.Repeat("0", fill), p + strings.Repeat("9", fill)
}

// Within tells whether a place lies in another or is it. It goes by the codes
// alone, so places of other provinces are fine; what is no code lies nowhere.
func Within(code, ancestor string) bool {
	code, ok := Normalize(code)
	p := Prefix(ancestor)
	return ok && p != "" && strings.HasPrefix(code, p)
}
