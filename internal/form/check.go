package form

import (
	"errors"
	"slices"
	"strings"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Divisions tells which administrative divisions there are; 6 and 12 digits alike.
type Divisions interface{ Known(code string) bool }

// Against is what answers are checked against beside the form itself.
type Against struct {
	Today     workday.Day // no past event is later; the zero value takes the form's own day
	Divisions Divisions   // nil checks only the shape of division codes
}

// named runs the check that the field names, on a value that was read already.
// name is the applicant's, empty if not known.
func (a Against) named(def *catalog.Field, value any, name string) *flaw {
	s, _ := value.(string)
	if s == "" {
		return nil
	}
	check := def.Check
	if check == "" && def.Codes == "division" {
		check = "division"
	}
	switch check {
	case "citizenNumber":
		return a.citizenNumber(s)
	case "luhn":
		// Accounts of 12 to 15 digits are passbooks without a check digit.
		if len(s) >= 16 && !luhn(s) {
			return wrong(CardCheckDigit, "“%s”校验不通过，请核对卡号。", "“%s” fails its check digit; look for a mistyped digit.")
		}
	case "notFuture":
		if day, err := workday.ParseDay(s); err == nil && day > a.Today {
			return wrong(DateInFuture, "“%s”不能晚于今天。", "“%s” cannot be later than today.")
		}
	case "division":
		if !divisionShaped(s) || a.Divisions != nil && !a.Divisions.Known(s) {
			return wrong(DivisionUnknown, "“%s”不是有效的行政区划代码。", "“%s” is not a known division.")
		}
	case "equalsName":
		if name != "" && squeeze(name) != squeeze(s) {
			return wrong(NameDiffers, "“%s”必须与您的姓名一致。", "“%s” must be your own name.")
		}
	}
	return nil
}

func (a Against) citizenNumber(s string) *flaw {
	_, err := citizen.ParseOn(s, a.Today)
	if err == nil {
		return nil
	}
	if f := (*fault.Fault)(nil); errors.As(err, &f) {
		return wrong(f.Reason, "“%s”:"+strings.ReplaceAll(f.Text, "%", "%%"), "“%s”: "+strings.ReplaceAll(f.TextEn, "%", "%%"))
	}
	return wrong(ValuePattern, "“%s”格式不对。", "“%s” does not have the form it should have.")
}

// luhn is the check digit of cards (ISO/IEC 7812-1 annex B).
func luhn(s string) bool {
	sum := 0
	for i := range len(s) {
		c := s[len(s)-1-i]
		if c < '0' || c > '9' {
			return false
		}
		d := int(c - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0
}

// divisionShaped tells whether a code has 6 (GB/T 2260), 9 or 12 digits.
func divisionShaped(s string) bool {
	return (len(s) == 6 || len(s) == 9 || len(s) == 12) && strings.Trim(s, "0123456789") == ""
}

// squeeze makes two writings of a name comparable: banks leave out blanks and
// write the dot of long names in several ways.
func squeeze(name string) string {
	return strings.NewReplacer(" ", "", "\u3000", "", "•", "·", "・", "·", "‧", "·", "．", "·", ".", "·").Replace(name)
}

// lifeOrder lists dates that cannot come before another one.
var lifeOrder = []struct{ first, then string }{
	{"birthDate", "enlistDate"},
	{"enlistDate", "dischargeDate"},
	{"birthDate", "dischargeDate"},
}

// dateOrder checks an answered date against the others that are known.
func dateOrder(id string, facts catalog.Facts) *flaw {
	for _, o := range lifeOrder {
		if id != o.first && id != o.then {
			continue
		}
		first, ok1 := facts[o.first].(string)
		then, ok2 := facts[o.then].(string)
		if ok1 && ok2 && then < first { // as text they sort as dates do
			return wrong(DateOrder, "“%s”与其他日期的先后不符。", "“%s” does not fit the order of the other dates.")
		}
	}
	return nil
}

// combination checks an answered code against those lists that say which codes
// go together, e.g. the settlement modes open to a category (安置条例 5).
func combination(c *catalog.Catalog, id string, facts catalog.Facts) *flaw {
	value, ok := facts[id].(string)
	def := c.Field(id)
	if !ok || def.Codes == "" {
		return nil
	}
	for _, other := range c.Fields {
		theirs, ok := facts[other.ID].(string)
		if !ok || other.Codes == "" || other == def {
			continue
		}
		if excluded(c, def.Codes, value, other.Codes, theirs) || excluded(c, other.Codes, theirs, def.Codes, value) {
			return wrong(ValueCombination, "“%s”与其他已填内容不能同时成立。", "“%s” does not go together with another value.")
		}
	}
	return nil
}

// excluded tells whether list, whose allowed combinations are by the codes of key, rules out a value.
func excluded(c *catalog.Catalog, list, value, key, by string) bool {
	l := c.Codes[list]
	if l == nil || len(l.Allowed) == 0 || c.Codes[key] == nil {
		return false
	}
	known := map[string]bool{}
	for _, item := range c.Codes[key].Items {
		known[item.Code] = true
	}
	for code := range l.Allowed {
		if !known[code] {
			return false // keyed by another list
		}
	}
	together, restricted := l.Allowed[by]
	return restricted && !slices.Contains(together, value)
}
