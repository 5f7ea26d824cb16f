package subsidy_test

import (
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/form"
	"github.com/vetgraph/vetgraph/internal/subsidy"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func parameters(t testing.TB) *subsidy.Parameters {
	t.Helper()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	p, err := subsidy.Builtin(c)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The examples that the parameters were taken from: a conscript 4,500 yuan a year, an
// NCO 9,000 yuan and a fifth of it for each year above two; a remainder of less than
// six months is half a year, a longer one a year.
func TestReckon(t *testing.T) {
	p := parameters(t)
	for name, tt := range map[string]struct {
		category, from, to string
		awards             []string
		fen                int64
	}{
		"a conscript of two years":                  {"CONSCRIPT", "2022-09-01", "2024-09-01", nil, 900_000},
		"two years and nine days":                   {"CONSCRIPT", "2022-09-01", "2024-09-10", nil, 1_125_000},
		"two years and six months":                  {"CONSCRIPT", "2022-03-01", "2024-09-01", nil, 1_350_000},
		"an NCO of eight years":                     {"NCO", "2016-09-01", "2024-09-01", nil, 1_980_000},
		"an NCO of less than two years":             {"NCO", "2023-09-01", "2024-09-01", nil, 900_000},
		"awards raise the army's payment, not this": {"CONSCRIPT", "2022-09-01", "2024-09-01", []string{"MERIT_3", "HONOR_TITLE"}, 900_000},
		"enlisted on the last of a month, leap day": {"CONSCRIPT", "2020-02-29", "2022-02-28", nil, 900_000},
	} {
		from, err1 := workday.ParseDay(tt.from)
		to, err2 := workday.ParseDay(tt.to)
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		a, err := p.Reckon(subsidy.Facts{Category: tt.category, Enlisted: from, Discharged: to, Division: "230102000000", Awards: tt.awards})
		if err != nil || a.Fen != tt.fen {
			t.Errorf("%s: %d, %v; want %d", name, a.Fen, err, tt.fen)
			continue
		}
		if last := a.Steps[len(a.Steps)-1]; last.Step != "TOTAL" || *last.AmountFen != a.Fen || last.Confidence != "A" {
			t.Errorf("%s: the ledger ends with %+v", name, last)
		}
	}
	for name, f := range map[string]subsidy.Facts{
		"not a day served":  {Category: "CONSCRIPT", Enlisted: 19000, Discharged: 19000, Division: "230102000000"},
		"an officer":        {Category: "OFFICER", Enlisted: 1, Discharged: 9000, Division: "230102000000"},
		"another province":  {Category: "NCO", Enlisted: 18000, Discharged: 20000, Division: "110101000000"},
		"left before it":    {Category: "NCO", Enlisted: 20000, Discharged: 19000, Division: "230102000000"},
		"no day of joining": {Category: "NCO", Discharged: 19000, Division: "230102000000"},
	} {
		if a, err := p.Reckon(f); err == nil {
			t.Errorf("%s: %d", name, a.Fen)
		}
	}
}

// Who has served longer until the same day gets no less, an award takes nothing
// away, and the years are those that the joint form shows.
func TestReckonIsMonotone(t *testing.T) {
	p := parameters(t)
	levels := []string{"", "MERIT_3", "MERIT_2", "MERIT_1", "HONOR_TITLE"}
	rapid.Check(t, func(t *rapid.T) {
		f := subsidy.Facts{
			Category: rapid.SampledFrom([]string{"CONSCRIPT", "NCO"}).Draw(t, "category"), Division: "230102000000",
			Enlisted: workday.Day(rapid.Int32Range(12000, 20000).Draw(t, "enlisted")), Awards: []string{rapid.SampledFrom(levels).Draw(t, "award")},
		}
		f.Discharged = max(f.Enlisted, workday.Date(2011, 1, 1)) + workday.Day(rapid.Int32Range(1, 9000).Draw(t, "served"))
		a, err := p.Reckon(f)
		if err != nil {
			t.Fatal(err)
		}
		if years := form.ServiceYears(f.Enlisted, f.Discharged); float64(a.Months)/12 != years {
			t.Fatalf("%d months count, the form says %v years", a.Months, years)
		}
		longer := f
		longer.Enlisted -= workday.Day(rapid.Int32Range(0, 2000).Draw(t, "longer"))
		if b, err := p.Reckon(longer); err != nil || b.Fen < a.Fen {
			t.Fatalf("longer service: %d after %d, %v", b.Fen, a.Fen, err)
		}
		plain := f
		plain.Awards = nil
		if b, err := p.Reckon(plain); err != nil || b.Fen > a.Fen {
			t.Fatalf("without the award %d, with it %d, %v", b.Fen, a.Fen, err)
		}
	})
}

// A place may add for awards; then the highest counts, and only that.
func TestPlaceThatAddsForAwards(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("subsidy.yaml")
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "awards: {confidence: A, source: x, additions: [{level: MERIT_2, percent: 10}, {level: MERIT_3, percent: 5}]}\n"...)
	p, err := subsidy.Load("ours.yaml", text, c)
	if err != nil {
		t.Fatal(err)
	}
	f := subsidy.Facts{Category: "CONSCRIPT", Enlisted: workday.Date(2022, 9, 1), Discharged: workday.Date(2024, 9, 1), Division: "230102000000"}
	for _, tt := range []struct {
		awards []string
		fen    int64
	}{{nil, 900_000}, {[]string{"MERIT_3", "MERIT_2"}, 990_000}, {[]string{"MERIT_3"}, 945_000}, {[]string{"HONOR_TITLE"}, 900_000}} {
		f.Awards = tt.awards
		if a, err := p.Reckon(f); err != nil || a.Fen != tt.fen {
			t.Errorf("%v: %d, %v; want %d", tt.awards, a.Fen, err, tt.fen)
		}
	}
}

// Every mistake in a file of parameters is told at once, where it stands.
func TestMistakesInParameters(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	_, err = subsidy.Load("my.yaml", []byte(`matter: M99
finance: VA
bank: BANK
basis: x
remainder: {confidence: C, source: x, steps: [{belowMonths: 6, countsMonths: 6}, {belowMonths: 5, countsMonths: 3}]}
shares: [{category: ADMIRAL, firstYears: 0, firstPercent: 0, eachPercent: 100, confidence: C, source: x}]
bases: [{category: NCO, division: "23", from: 1, fen: 0, confidence: Z, source: x}]
awards: {confidence: A, source: x, additions: [{level: BEST, percent: 5}]}
rounding: {fen: 0, confidence: A, source: x}
roll: {gatherHours: 24, lookWorkdays: 3, silentWorkdays: 300, confidence: A, source: x}
returns: [{code: X, zh: x, en: x}]
colour: red
`), c)
	if err == nil {
		t.Fatal("it was taken")
	}
	for _, want := range []string{
		"there is no matter M99", "VA is no external party", "stands out of order", "does not reach 12 months", `"ADMIRAL" is no category`,
		"ADMIRAL has a share and no base", "NCO has a base and no share", `"23" is not a division`, "is 1, not from 1950", "is 0, not from 1 to",
		"wants a mark", "is 300, not from 1 to 250", `"BEST" is no level`, "has no words for OTHER", `unknown key "colour"`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not told in\n%v", want, err)
		}
	}
}
