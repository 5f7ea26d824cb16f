package citizen_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/citizen"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/workday"
)

var today = workday.Date(2026, time.November, 23)

func TestParse(t *testing.T) {
	for _, c := range []struct {
		name, text, birth, sex string
	}{
		{"the example of the standard", "11010519491231002X", "1949-12-31", "2"},
		{"of Harbin", "23010219990305001X", "1999-03-05", "1"},
		{"small x", "23010219990305001x", "1999-03-05", "1"},
		{"blanks around", " \t23010219990305001X　\n", "1999-03-05", "1"},
	} {
		n, err := citizen.ParseOn(c.text, today)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if n.BirthDate().String() != c.birth || n.Sex() != c.sex || n.Reveal() != strings.ToUpper(strings.TrimSpace(c.text)) {
			t.Errorf("%s: %v, %s, %s", c.name, n.BirthDate(), n.Sex(), n.Reveal())
		}
	}
}

func TestParseRefuses(t *testing.T) {
	future := citizen.Make("230102", today+1, 1).Reveal()
	for _, c := range []struct{ name, text, reason string }{
		{"nothing", "", "CITIZEN_NUMBER_MALFORMED"},
		{"a number of fifteen digits", "110105491231002", "CITIZEN_NUMBER_MALFORMED"},
		{"nineteen characters", "11010519491231002X0", "CITIZEN_NUMBER_MALFORMED"},
		{"a letter within", "1101051949123I002X", "CITIZEN_NUMBER_MALFORMED"},
		{"X within", "1101051949123X0020", "CITIZEN_NUMBER_MALFORMED"},
		{"a division of 0", "01010519491231002X", "CITIZEN_NUMBER_MALFORMED"},
		{"a blank within", "110105 9491231002X", "CITIZEN_NUMBER_MALFORMED"},
		{"eighteen bytes, six characters", "一二三四五六", "CITIZEN_NUMBER_MALFORMED"},
		{"wrong check digit", "110105194912310021", "CITIZEN_NUMBER_CHECK_DIGIT"},
		{"two digits exchanged", "11010519491213002X", "CITIZEN_NUMBER_CHECK_DIGIT"},
		{"30 February", mend("110105199902300010"), "CITIZEN_NUMBER_BIRTH_DATE"},
		{"a birth of 1799", mend("110105179912310020"), "CITIZEN_NUMBER_BIRTH_DATE"},
		{"born tomorrow", future, "CITIZEN_NUMBER_FUTURE"},
	} {
		n, err := citizen.ParseOn(c.text, today)
		f := fault.Of(err)
		if n != "" || f.Kind != fault.Invalid || f.Reason != c.reason || f.Text == "" || f.TextEn == "" {
			t.Errorf("%s: %q, %v, want %s", c.name, n.Reveal(), err, c.reason)
		}
		if c.text != "" && err != nil && strings.Contains(err.Error()+f.Text, c.text) {
			t.Errorf("%s: the fault repeats the number", c.name)
		}
	}
	if _, err := citizen.ParseOn(future, today+1); err != nil {
		t.Errorf("born today: %v", err)
	}
}

// mend puts the right check digit behind seventeen digits.
func mend(text string) string {
	for _, c := range "0123456789X" {
		candidate := text[:17] + string(c)
		if _, err := citizen.ParseOn(candidate, today); fault.Of(err).Reason != "CITIZEN_NUMBER_CHECK_DIGIT" {
			return candidate
		}
	}
	return text
}

func TestMake(t *testing.T) {
	if got := citizen.Make("110105", workday.Date(1949, time.December, 31), 2).Reveal(); got != "11010519491231002X" {
		t.Errorf("got %s", got)
	}
	for _, division := range []string{"", "23010", "2301020", "23010a", "030102", "黑龙"} {
		if got := citizen.Make(division, today, 1); got != "" {
			t.Errorf("division %q makes %s", division, got.Reveal())
		}
	}
}

func number() *rapid.Generator[citizen.Number] {
	return rapid.Custom(func(t *rapid.T) citizen.Number {
		division := fmt.Sprint(rapid.IntRange(100000, 999999).Draw(t, "division"))
		birth := workday.Day(rapid.IntRange(-25000, int(today)).Draw(t, "birth"))
		return citizen.Make(division, birth, rapid.IntRange(0, 999).Draw(t, "order"))
	})
}

func TestMadeNumbersAreRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := number().Draw(t, "number")
		back, err := citizen.ParseOn(strings.ToLower(n.Reveal()), today)
		if err != nil || back != n {
			t.Fatalf("%s came back as %s: %v", n.Reveal(), back.Reveal(), err)
		}
	})
}

// MOD 11-2 finds every single wrong digit and every exchange of neighbours.
func TestTypingErrorsAreFound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		right := number().Draw(t, "number").Reveal()
		wrong := []byte(right)
		i := rapid.IntRange(1, 16).Draw(t, "place")
		if rapid.Bool().Draw(t, "exchange") {
			wrong[i], wrong[i-1] = wrong[i-1], wrong[i]
		} else {
			wrong[i] = byte('0' + rapid.IntRange(0, 9).Draw(t, "digit"))
		}
		if string(wrong) == right {
			return
		}
		if _, err := citizen.ParseOn(string(wrong), today); err == nil {
			t.Fatalf("%s is taken for %s", wrong, right)
		}
	})
}

func TestNumberIsNotShownByAccident(t *testing.T) {
	n := citizen.Make("230102", workday.Date(1999, time.March, 5), 1)
	const mask = "230***********001X"
	if n.Masked() != mask {
		t.Fatalf("Masked() = %s", n.Masked())
	}
	type person struct {
		Number citizen.Number
		Also   *citizen.Number
	}
	p := person{n, &n}
	shown := fmt.Sprintf("%s %v %q %x %d %#v %10s", n, n, n, n, n, n, n) + fmt.Sprintf("%v %+v %#v", p, p, p) +
		fmt.Sprint([]citizen.Number{n}, map[citizen.Number]int{n: 1}) + fmt.Errorf("person %v: %w", n, errors.ErrUnsupported).Error()
	text, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var graph bytes.Buffer
	n.MarshalGQL(&graph)
	shown += string(text) + graph.String()
	if strings.Contains(shown, "19990305") || strings.Contains(shown, fmt.Sprintf("%x", "19990305")) {
		t.Errorf("the birth date is shown: %s", shown)
	}
	if graph.String() != `"`+mask+`"` {
		t.Errorf("GraphQL: %s", graph.String())
	}
	if v, err := n.Value(); err == nil {
		t.Errorf("stored as %v", v)
	}
	if got := citizen.Number("secret").String(); got != "******" {
		t.Errorf("what is no number shows as %s", got)
	}
}

func TestNumberArrives(t *testing.T) {
	var p struct{ Number citizen.Number }
	if err := json.Unmarshal([]byte(`{"number": "11010519491231002x"}`), &p); err != nil || p.Number != "11010519491231002X" {
		t.Errorf("JSON: %v, %v", p.Number, err)
	}
	var n citizen.Number
	if err := n.UnmarshalGQL("11010519491231002X"); err != nil || n.Division() != "110105" {
		t.Errorf("GraphQL: %v, %v", n, err)
	}
	if f := fault.Of(n.UnmarshalGQL(110105)); f.Reason != "CITIZEN_NUMBER_MALFORMED" {
		t.Errorf("GraphQL: %v", f)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("11010519491231002X")
	f.Add(" 23010219990305001x ")
	f.Fuzz(func(t *testing.T, text string) {
		n, err := citizen.ParseOn(text, today)
		_, _, _, _ = citizen.Number(text).Masked(), citizen.Number(text).BirthDate(), citizen.Number(text).Sex(), citizen.Number(text).Division()
		if err != nil {
			if n != "" {
				t.Fatal("a number with an error")
			}
			return
		}
		again, err := citizen.ParseOn(n.Reveal(), today)
		if err != nil || again != n || n.BirthDate() > today || len(n.Masked()) != 18 {
			t.Fatalf("%q is not stable: %v", text, err)
		}
	})
}
