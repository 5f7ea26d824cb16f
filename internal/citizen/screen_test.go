package citizen_test

import (
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var screened = workday.Date(2026, time.November, 2)

func TestScreen(t *testing.T) {
	number := citizen.Make("230102", workday.Date(1999, time.March, 5), 1).Reveal()
	masked := number[:3] + "***********" + number[14:]
	wide := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r - '0' + '０'
		}
		return r
	}, number)
	for text, want := range map[string]string{
		"":                    "",
		"身份证" + number + "不符": "身份证" + masked + "不符",
		number + number:       masked + masked,
		"1" + number:          "1" + masked,
		"请拨 13912345678。":     "请拨 139****5678。",
		"+8613912345678":      "+86139****5678",
		"电话：１３９１２３４５６７８":            "电话：１３９****５６７８",
		"卡号6217009999000011112有误":   "卡号6217***********1112有误",
		"卡号6217009999000011113有误":   "卡号6217009999000011113有误", // no check digit of a card
		"办件 230102-20261123-000017": "办件 230102-20261123-000017",
		"213912345678 12345678901":  "213912345678 12345678901",
		"2026年11月2日前补交":             "2026年11月2日前补交",
	} {
		if got := citizen.Screen(text, screened); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if got := citizen.Screen(wide, screened); strings.Contains(got, wide[9:]) {
		t.Error("a full-width number stands")
	}
	if got := citizen.ScreenNumbers("13912345678 "+number, screened); got != "13912345678 "+masked {
		t.Error(got)
	}
}

// Wherever a number stands among words, it is gone afterwards; and a second time
// changes nothing.
func TestScreenFindsNumbers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		day := workday.Date(1960, time.January, 1).AddDays(rapid.IntRange(0, 20000).Draw(t, "born"))
		number := citizen.Make("230102", day, rapid.IntRange(1, 999).Draw(t, "order")).Reveal()
		text := rapid.String().Draw(t, "before") + number + rapid.String().Draw(t, "after")
		got := citizen.Screen(text, screened)
		if strings.Contains(got, number) || len([]rune(got)) != len([]rune(text)) || citizen.Screen(got, screened) != got {
			t.Fatalf("%q", got)
		}
	})
}
