package port_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

const approved = `{"item":"item-1","matter":"M04","state":"APPROVED","number":"000000001","words":"已办结。",
	"outputs":{"HKZZ":"幸福路1号"},"decidedAt":"2026-11-23T09:00:00Z","sequence":3}`

func TestDecodeCallback(t *testing.T) {
	change := func(old, with string) string {
		if !strings.Contains(approved, old) {
			t.Fatalf("no %s in the sample", old)
		}
		return strings.Replace(approved, old, with, 1)
	}
	cases := []struct {
		name, body string
		good       bool
	}{
		{"a decision", approved, true},
		{"with keys of later years", change(`"sequence"`, `"seal":{"by":"x"},"sequence"`), true},
		{"of an unknown state", change("APPROVED", "MAYBE"), false},
		{"of no state", change(`"state":"APPROVED",`, ""), false},
		{"of no item", change(`"item":"item-1",`, ""), false},
		{"of an item that is a path", change("item-1", "../item"), false},
		{"without a sequence", change(`,"sequence":3`, ""), false},
		{"with a sequence below one", change(`"sequence":3`, `"sequence":-3`), false},
		{"with a sequence that is text", change(`"sequence":3`, `"sequence":"3"`), false},
		{"with a broken sequence", change(`"sequence":3`, `"sequence":3.5`), false},
		{"decided at no time", change(`"decidedAt":"2026-11-23T09:00:00Z",`, ""), false},
		{"decided at nonsense", change("2026-11-23T09:00:00Z", "yesterday"), false},
		{"with endless words", change("已办结。", strings.Repeat("好", 2001)), false},
		{"with a list of outputs", change(`{"HKZZ":"幸福路1号"}`, `["x"]`), false},
		{"twice", approved + approved, false},
		{"cut off", approved[:40], false},
		{"not JSON", "<html>", false},
		{"nothing", "", false},
		{"null", "null", false},
		{"not UTF-8", change("幸福", "\xff\xfe"), false},
		{"larger than allowed", change(`"sequence"`, `"x":"`+strings.Repeat("x", port.MaxCallback)+`","sequence"`), false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			m, err := port.DecodeCallback([]byte(c.body))
			if c.good != (err == nil) {
				t.Fatalf("error %v, want good: %t", err, c.good)
			}
			if c.good && (m.Item != "item-1" || m.State != port.Approved || m.Sequence != 3) {
				t.Fatalf("read as %+v", m)
			}
			if f := fault.Of(err); !c.good && (f.Kind != fault.Invalid || f.Reason != "CALLBACK_MALFORMED") {
				t.Fatalf("error %v, want CALLBACK_MALFORMED", err)
			}
		})
	}
}

func TestErrorsDoNotRepeatValues(t *testing.T) {
	for _, text := range []string{
		`{"sequence":"23010219990305001X"}`, `{"sequence":23010219990305001799999}`,
		`{"decidedAt":"23010219990305001X"}`, `{"item":23010219990305001X}`, `{"words":["23010219990305001X"]}`,
	} {
		var m port.Message
		err := port.DecodeJSON([]byte(text), &m)
		if err == nil {
			t.Fatalf("no error for %s", text)
		}
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), "2301021999") {
				t.Errorf("the error repeats what it read: %v", e)
			}
		}
	}
}

func FuzzDecodeCallback(f *testing.F) {
	f.Add([]byte(approved))
	f.Add([]byte(`{"item":"a","matter":"b","state":"RECEIVED","sequence":1,"outputs":{"x":[1,{"y":null}]}}`))
	f.Add([]byte(`[]`))
	names := port.NamesOf(small(), "PS")
	f.Fuzz(func(t *testing.T, body []byte) {
		m, err := port.DecodeCallback(body)
		if err != nil {
			if fault.Of(err).Reason != "CALLBACK_MALFORMED" {
				t.Fatalf("error %v", err)
			}
			return
		}
		a, err := names.Answer(m)
		if err != nil {
			return
		}
		if !a.State.Known() || a.Sequence < 1 || a.ItemID == "" || utf8.RuneCountInString(a.Words) > 2000 {
			t.Fatalf("accepted %+v", a)
		}
		text, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		again, err := port.DecodeCallback(text)
		if err != nil && len(text) <= port.MaxCallback {
			t.Fatalf("not read when written again: %v", err)
		}
		if err == nil && (again.Item != m.Item || again.Sequence != m.Sequence || again.State != m.State) {
			t.Fatal("read differently when written again")
		}
	})
}

// small is a catalogue of one department, as much of it as ports need.
func small() *catalog.Catalog {
	return &catalog.Catalog{
		Departments: []*catalog.Department{{Code: "PS"}, {Code: "BIZ"}},
		Fields: []*catalog.Field{
			{ID: "name", Type: "string"}, {ID: "hukouAddress", Type: "string"}, {ID: "awards", Type: "list"}, {ID: "combat", Type: "bool"},
			{ID: "months", Type: "int"}, {ID: "amount", Type: "money"}, {ID: "born", Type: "date"},
		},
		Matters: []*catalog.Matter{{Code: "M04", Lead: "PS", Result: catalog.Result{Outputs: []string{"hukouAddress", "months"}}}},
		Ports: []*catalog.Port{
			{ID: "ps.submit", Department: "PS", Operation: "SUBMIT", Matter: "M04", Kind: "test", Send: map[string]string{"XM": "name", "XM2": "name", "YS": "months"}},
			{ID: "ps.result", Department: "PS", Operation: "RESULT", Matter: "M04", Kind: "test", Answers: map[string]string{"hukouAddress": "HKZZ"}},
			{ID: "ps.who", Department: "PS", Operation: "LOOKUP", Kind: "test", Answers: map[string]string{
				"name": "XM", "awards": "LG", "combat": "CZ", "months": "YS", "amount": "JE", "born": "CSRQ"}},
		},
	}
}

func TestNames(t *testing.T) {
	n := port.NamesOf(small(), "PS")
	t.Run("sends only what the port names, under each of its names", func(t *testing.T) {
		sent, err := n.Send("M04", map[string]any{"name": "王", "born": "1990-01-01"})
		if want := map[string]any{"XM": "王", "XM2": "王"}; err != nil || !reflect.DeepEqual(sent, want) {
			t.Fatalf("sent %v, error %v", sent, err)
		}
	})
	t.Run("sends nothing for a matter of another department", func(t *testing.T) {
		if _, err := n.Send("M99", nil); err == nil {
			t.Fatal("no error")
		}
	})
	t.Run("reads outputs by the RESULT port, else as they were sent, and no others", func(t *testing.T) {
		a, err := n.Answer(port.Message{Item: "i", Matter: "M04", State: port.Approved, Sequence: 1, DecidedAt: moment,
			Outputs: map[string]any{"HKZZ": "幸福路", "YS": json.Number("24"), "XM": "王", "hukouAddress": "elsewhere"}})
		if want := (catalog.Facts{"hukouAddress": "幸福路", "months": int64(24)}); err != nil || !reflect.DeepEqual(a.Outputs, want) {
			t.Fatalf("outputs %v, error %v", a.Outputs, err)
		}
	})
	t.Run("reads facts in the types of the catalogue", func(t *testing.T) {
		facts, err := n.Facts("ps.who", map[string]any{
			"XM": "王", "LG": []any{"01"}, "CZ": false, "YS": json.Number("3"), "JE": json.Number("12.5"), "CSRQ": nil, "else": 1})
		want := catalog.Facts{"name": "王", "awards": []string{"01"}, "combat": false, "months": int64(3), "amount": 12.5, "born": nil}
		if err != nil || !reflect.DeepEqual(facts, want) {
			t.Fatalf("facts %v, error %v", facts, err)
		}
	})
	for name, wrong := range map[string]map[string]any{
		"a number as text": {"XM": json.Number("1")}, "a text as number": {"YS": "1"}, "half a month": {"YS": json.Number("1.5")},
		"a date that is none": {"CSRQ": "1990-02-30"}, "a list of numbers": {"LG": []any{json.Number("1")}}, "a text for a list": {"LG": "01"},
		"a text for yes or no": {"CZ": "true"}, "an object": {"XM": map[string]any{}}, "endless text": {"XM": strings.Repeat("x", 1001)},
		"control characters": {"XM": "a\x00b"}, "a number beyond all": {"JE": json.Number("1e999")}, "an endless list": {"LG": make([]any, 101)},
	} {
		t.Run("refuses "+name, func(t *testing.T) {
			if facts, err := n.Facts("ps.who", wrong); err == nil {
				t.Fatalf("read as %v", facts)
			}
		})
	}
}

func TestAnswerOfAnIdentityCardWithoutEnd(t *testing.T) {
	v, err := port.Value("date", port.LongTerm)
	if err != nil || v != port.LongTerm {
		t.Fatalf("value %v, error %v", v, err)
	}
}

func TestState(t *testing.T) {
	for s, decided := range map[port.State]bool{port.Received: false, port.InProgress: false, port.Approved: true, port.Rejected: true, port.Returned: false, port.Withdrawn: false} {
		if !s.Known() || s.Decided() != decided {
			t.Errorf("%s: known %t, decided %t", s, s.Known(), s.Decided())
		}
	}
	if port.State("").Known() || port.State("approved").Known() {
		t.Error("a state outside the list is known")
	}
}

func within(d time.Duration) func() time.Time { return func() time.Time { return moment.Add(d) } }
