package port_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"pgregory.net/rapid"
)

// returned is a callback of a return with a list of defects, as JSON.
func returned(faults string) []byte {
	return []byte(`{"item":"item-1","matter":"M04","state":"RETURNED","words":"请补正。","decidedAt":"2026-11-23T09:00:00Z","sequence":3,"faults":` + faults + `}`)
}

func TestDefectsOfACallback(t *testing.T) {
	many := func(n int) string {
		return "[" + strings.Repeat(`{"field":"XM","words":"不符"},`, n-1) + `{"field":"XM","words":"不符"}]`
	}
	cases := []struct {
		name, faults string
		good         bool
	}{
		{"none", `[]`, true},
		{"null", `null`, true},
		{"a field and a paper", `[{"field":"XM","words":"不符"},{"material":"MAT10","words":"不清晰"}]`, true},
		{"with keys of later years", `[{"field":"XM","words":"不符","page":2}]`, true},
		{"sixty-four", many(64), true},
		{"sixty-five", many(65), false},
		{"three hundred characters", `[{"field":"XM","words":"` + strings.Repeat("好", 300) + `"}]`, true},
		{"three hundred and one", `[{"field":"XM","words":"` + strings.Repeat("好", 301) + `"}]`, false},
		{"without a reason", `[{"field":"XM"}]`, false},
		{"with a blank reason", `[{"field":"XM","words":" "}]`, false},
		{"of nothing", `[{"words":"不符"}]`, false},
		{"of a field and a paper at once", `[{"field":"XM","material":"MAT10","words":"不符"}]`, false},
		{"of an endless name", `[{"field":"` + strings.Repeat("x", 101) + `","words":"不符"}]`, false},
		{"of a number", `[{"field":7,"words":"不符"}]`, false},
		{"as text", `"照片"`, false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := port.DecodeCallback(returned(c.faults))
			if c.good != (err == nil) {
				t.Fatalf("error %v, want good: %t", err, c.good)
			}
			if err != nil && fault.Of(err).Reason != "CALLBACK_MALFORMED" {
				t.Fatalf("error %v, want CALLBACK_MALFORMED", err)
			}
		})
	}
}

func TestDefectsUnderOurNames(t *testing.T) {
	c := small()
	c.Materials = []*catalog.Material{{Code: "MAT10"}}
	n := port.NamesOf(c, "PS")
	read := func(t *testing.T, m port.Message) port.Answer {
		t.Helper()
		a, err := n.Answer(m)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	m := port.Message{Item: "i", Matter: "M04", State: port.Returned, Sequence: 3, DecidedAt: moment, Words: "请补正。"}
	t.Run("both of their names for a field are one defect", func(t *testing.T) {
		m.Faults = []port.Defect{{Field: "XM", Words: "不符"}, {Field: "XM2", Words: "不符"}, {Field: "YS", Words: "与档案不一致"}, {Material: "MAT10", Words: "不清晰"}}
		want := []port.Defect{{Field: "name", Words: "不符"}, {Field: "months", Words: "与档案不一致"}, {Material: "MAT10", Words: "不清晰"}}
		if a := read(t, m); !reflect.DeepEqual(a.Faults, want) || a.Words != "请补正。" {
			t.Fatalf("faults %+v, words %q", a.Faults, a.Words)
		}
	})
	t.Run("what is nothing of ours stays as words", func(t *testing.T) {
		m.Faults = []port.Defect{{Field: "ELSE", Words: "缺少签名"}, {Field: "months", Words: "须为整数"}, {Material: "MAT99", Words: "缺少公章"}}
		if a := read(t, m); len(a.Faults) != 0 || a.Words != "请补正。\n缺少签名\n须为整数\n缺少公章" {
			t.Fatalf("faults %+v, words %q", a.Faults, a.Words)
		}
	})
	t.Run("beside another state they are history", func(t *testing.T) {
		again := m
		again.State = port.InProgress
		if a := read(t, again); a.Faults != nil || a.Words != "请补正。" {
			t.Fatalf("faults %+v, words %q", a.Faults, a.Words)
		}
	})
	t.Run("our fields have a name at the department, if they are sent", func(t *testing.T) {
		for field, want := range map[string]string{"name": "XM", "months": "YS", "born": ""} {
			if got := n.FieldName("M04", field); got != want {
				t.Errorf("%s is %q there, want %q", field, got, want)
			}
		}
		if got := n.FieldName("M99", "name"); got != "" {
			t.Errorf("a matter of another department has %q", got)
		}
	})
}

// TestEveryReasonReachesTheApplicant lets a department say anything within its
// bounds: each reason stands beside a field or paper of ours, or in the words.
func TestEveryReasonReachesTheApplicant(t *testing.T) {
	c := small()
	c.Materials = []*catalog.Material{{Code: "MAT10"}}
	n := port.NamesOf(c, "PS")
	rapid.Check(t, func(t *rapid.T) {
		m := port.Message{Item: "i", Matter: rapid.SampledFrom([]string{"M04", "M99"}).Draw(t, "matter"), State: port.Returned, Sequence: 1, DecidedAt: moment}
		for range rapid.IntRange(0, 6).Draw(t, "defects") {
			d := port.Defect{Words: rapid.StringMatching(`[a-z]{1,300}`).Draw(t, "why")}
			if rapid.Bool().Draw(t, "paper") {
				d.Material = rapid.SampledFrom([]string{"MAT10", "MAT11"}).Draw(t, "material")
			} else {
				d.Field = rapid.SampledFrom([]string{"XM", "XM2", "YS", "name"}).Draw(t, "field")
			}
			m.Faults = append(m.Faults, d)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		read, err := port.DecodeCallback(text)
		if err != nil {
			t.Fatal(err)
		}
		a, err := n.Answer(read)
		if err != nil {
			t.Fatal(err)
		}
		told := a.Words
		for _, d := range a.Faults {
			if (d.Field == "") == (d.Material == "") || d.Field != "" && d.Field != "name" && d.Field != "months" || d.Material != "" && d.Material != "MAT10" {
				t.Fatalf("defect %+v is of nothing of ours", d)
			}
			told += "\n" + d.Words
		}
		for _, d := range m.Faults {
			if !strings.Contains(told, d.Words) {
				t.Fatalf("nobody is told %q", d.Words)
			}
		}
		if utf8.RuneCountInString(a.Words) > 2000 {
			t.Fatal("words beyond their bound")
		}
	})
}
