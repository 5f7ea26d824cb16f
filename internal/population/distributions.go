package population

import (
	_ "embed" // the distributions
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"sort"
	"sync"
)

//go:embed distributions.json
var source []byte

// urn is a weighted choice between values.
type urn struct {
	values []string
	upTo   []float64 // running sum of weights
}

// draw takes a value, by weight.
func (u urn) draw(r *rand.Rand) string {
	x := r.Float64() * u.upTo[len(u.upTo)-1]
	return u.values[min(sort.SearchFloat64s(u.upTo, x), len(u.values)-1)]
}

func (u *urn) add(value string, weight float64) {
	if n := len(u.upTo); n > 0 {
		weight += u.upTo[n-1]
	}
	u.values, u.upTo = append(u.values, value), append(u.upTo, weight)
}

// UnmarshalJSON reads [[value, …, weight], …], bare or as "items". What stands
// between value and weight is for readers. Values may be numbers.
func (u *urn) UnmarshalJSON(text []byte) error {
	var items [][]any
	if err := json.Unmarshal(text, &items); err != nil {
		var under struct{ Items [][]any }
		if err := json.Unmarshal(text, &under); err != nil {
			return err
		}
		items = under.Items
	}
	for _, item := range items {
		weight, ok := item[len(item)-1].(float64)
		if !ok {
			return fmt.Errorf("an item without a weight")
		}
		u.add(fmt.Sprint(item[0]), weight)
	}
	return nil
}

// modes are the urns of settlement modes by category. The same object holds a
// note of confidence, which is no urn.
type modes map[string]urn

func (m *modes) UnmarshalJSON(text []byte) error {
	var raw map[string]json.RawMessage
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*m = modes{}
	for name, value := range raw {
		if name == "conf" {
			continue
		}
		var u urn
		if err := json.Unmarshal(value, &u); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		(*m)[name] = u
	}
	return nil
}

// names are lists of names by people or era, beside a note of confidence.
type names map[string][]string

func (n *names) UnmarshalJSON(text []byte) error {
	var raw map[string]any
	if err := json.Unmarshal(text, &raw); err != nil {
		return err
	}
	*n = names{}
	for name, value := range raw {
		list, _ := value.([]any)
		for _, v := range list {
			(*n)[name] = append((*n)[name], fmt.Sprint(v))
		}
	}
	return nil
}

type percent struct{ Value float64 }

// of is a draw that is true in so many of a hundred.
func (p percent) of(r *rand.Rand) bool { return r.Float64()*100 < p.Value }

// spread is the distributions that people are drawn from; most are assumptions
// and say so in the file.
type spread struct {
	Cities    urn     `json:"cities"`
	Ethnicity urn     `json:"ethnicityPercent"`
	Sex       urn     `json:"sexPercent"`
	Surnames  urn     `json:"surnamesPer1000"`
	Peoples   names   `json:"ethnicSurnames"`
	Given     names   `json:"givenNames"`
	Category  urn     `json:"personnelCategoryPercent"`
	Mode      modes   `json:"settlementModePercent"`
	Years     modes   `json:"serviceYears"`
	Month     modes   `json:"dischargeMonthPercent"`
	Disabled  percent `json:"disabilityPercent"`
	ValidCard percent `json:"validIdCardPercent"`
	Cancelled percent `json:"hukouCancelledPercent"`
	Elsewhere percent `json:"settlementElsewherePercent"`
	Ranks     struct {
		Items [][]any `json:"items"`
	} `json:"rankByYears"`
}

var spreads = sync.OnceValue(func() *spread {
	s := new(spread)
	if err := json.Unmarshal(source, s); err != nil {
		panic(err) // embedded and tested: cannot fail
	}
	return s
})

// soldiersRank is a rank of soldiers, and the year of service in which it is given.
type soldiersRank struct {
	code string
	from int
}

func (s *spread) soldiersRanks() []soldiersRank {
	out := make([]soldiersRank, 0, len(s.Ranks.Items))
	for _, item := range s.Ranks.Items {
		code, _ := item[0].(string)
		from, _ := item[1].(float64)
		out = append(out, soldiersRank{code, int(from)})
	}
	return out
}
