package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// Values reach the subgraph as they were meant, whether the document is new or was
// seen before with others.
func TestVariables(t *testing.T) {
	say := func(args object) any {
		all, _ := json.Marshal(args)
		return string(all)
	}
	a := newTiny(t, ` enum Kind { X Y } scalar Day input Span { from: Day days: Int! = 3 }
		type Query { say(n: Int, s: String, k: Kind, d: Day, id: ID, b: Boolean, of: Span, list: [Int!]): String }`, map[ast.Operation]object{ast.Query: {"say": say}}, nil)
	g := open(t, gateway.Options{Subgraphs: map[string]gateway.Subgraph{"a": {Handler: a}}, Supergraph: head("0.5") + ` enum Kind @join__type(graph: A) { X @join__enumValue(graph: A) Y @join__enumValue(graph: A) } scalar Day @join__type(graph: A)
		input Span @join__type(graph: A) { from: Day days: Int! = 3 }
		type Query @join__type(graph: A) { say(n: Int, s: String, k: Kind, d: Day, id: ID, b: Boolean, of: Span, list: [Int!]): String }`})
	for _, c := range []struct{ query, variables, want string }{
		{`query($n: Int) { say(n: $n, s: "lit") }`, `{"n":1}`, `{"n":1,"s":"lit"}`},
		{`query($n: Int) { say(n: $n, s: "lit") }`, `{"n":2,"a":"not the literal","s":"nor this","b":1}`, `{"n":2,"s":"lit"}`},
		{`query($n: Int) { say(n: $n, s: "lit") }`, `{"n":null}`, `{"n":null,"s":"lit"}`},
		{`query($n: Int) { say(n: $n, s: "lit") }`, `{}`, `{"s":"lit"}`},
		{`query($n: Int) { say(n: $n, s: "lit") }`, `{"n":"1"}`, `VALUE_MALFORMED`},
		{`query($n: Int) { say(n: $n, s: "lit") }`, `[1]`, `BODY_MALFORMED`},
		{`query($n: Int = 7) { say(n: $n) }`, `{}`, `{"n":7}`},
		{`query($n: Int = 7) { say(n: $n) }`, `{"n":8}`, `{"n":8}`},
		{`query($n: Int!) { say(n: $n) }`, `{"n":8}`, `{"n":8}`},
		{`query($n: Int!) { say(n: $n) }`, `{}`, `VALUE_MALFORMED`},
		{`query($n: Int!) { say(n: $n) }`, `{"n":null}`, `VALUE_MALFORMED`},
		{`query($k: Kind, $d: Day, $id: ID) { say(k: $k, d: $d, id: $id) }`, `{"k":"Y","d":"d\"1","id":5}`, `{"d":"d\"1","id":5,"k":"Y"}`},
		{`query($k: Kind, $d: Day, $id: ID) { say(k: $k, d: $d, id: $id) }`, `{"k":"Z"}`, `VALUE_MALFORMED`},
		{`query($of: Span) { say(of: $of) }`, `{"of":{"from":"d"}}`, `{"of":{"days":3,"from":"d"}}`},
		{`query($of: Span) { say(of: $of) }`, `{"of":{"other":"d"}}`, `VALUE_MALFORMED`},
		{`query($d: Day) { say(of: {from: $d, days: 1}) }`, `{"d":"first"}`, `{"of":{"days":1,"from":"first"}}`},
		{`query($d: Day) { say(of: {from: $d, days: 1}) }`, `{"d":"second"}`, `{"of":{"days":1,"from":"second"}}`},
		{`query($n: Int!) { say(list: [1, $n]) }`, `{"n":2}`, `{"list":[1,2]}`},
		{`query($n: Int!) { say(list: [1, $n]) }`, `{"n":3}`, `{"list":[1,3]}`},
		{`query($list: [Int!]) { say(list: $list) }`, `{"list":[1,2]}`, `{"list":[1,2]}`},
		{`query($if: Boolean!) { say(s: "a") @include(if: $if) other: say(s: "b") @skip(if: $if) }`, `{"if":true}`, `{"s":"a"}`},
		{`query($if: Boolean!) { other: say(s: "b") @skip(if: $if) say(s: "a") @include(if: $if) }`, `{"if":true}`, `{"s":"a"}`},
	} {
		for range 3 {
			a := g.Ask(t.Context(), gateway.Request{Query: c.query, Variables: json.RawMessage(c.variables)})
			var said struct{ Say string }
			if err := json.Unmarshal(a.Data, &said); a.Data != nil && err != nil {
				t.Fatal(err)
			}
			if got := said.Say + string(a.Errors); got != c.want && (strings.HasPrefix(c.want, "{") || !strings.Contains(got, `"`+c.want+`"`)) {
				t.Errorf("%s %s:\ngot  %s\nwant %s", c.query, c.variables, got, c.want)
			}
		}
	}
	for i := range 4 { // one document, every decision
		on := i%2 == 0
		a := g.Ask(t.Context(), gateway.Request{Query: `query($if: Boolean!) { say(s: "a") @include(if: $if) other: say(s: "b") @skip(if: $if) }`, Variables: json.RawMessage(fmt.Sprintf(`{"if":%v}`, on))})
		if strings.Contains(string(a.Data), `"say"`) != on || strings.Contains(string(a.Data), `"other"`) == on {
			t.Errorf("%v: %s", on, a.Data)
		}
	}
}

// Whatever stands where in a document: what one caller's variables were is in nobody
// else's questions to subgraphs.
func TestNothingOfACallerIsKept(t *testing.T) {
	var asked []string
	a := answering(func(_ *http.Request, body string) string {
		asked = append(asked, body)
		return `{"data":{"say":"x","other":"y"}}`
	})
	g := open(t, gateway.Options{Subgraphs: map[string]gateway.Subgraph{"a": {Handler: a}}, Supergraph: head("0.5") + ` scalar Day @join__type(graph: A)
		input Span @join__type(graph: A) { from: Day list: [String] in: Span }
		type Query @join__type(graph: A) { say(s: String, d: Day, of: Span, list: [String], spans: [Span], on: Boolean): String }`})
	for _, query := range []string{
		`query($v: String) { say(s: $v) other: say(s: "lit") }`,
		`query($v: Day) { say(d: $v, of: {from: $v}) }`,
		`query($v: Day) { say(of: {in: {in: {from: $v, list: ["lit"]}}}) }`,
		`query($v: String) { say(of: {in: {list: ["lit", $v]}}) }`,
		`query($v: String) { say(list: [$v, "lit"]) }`,
		`query($v: Day) { say(spans: [{from: "lit"}, {in: {from: $v}}]) }`,
		`query($v: Day) { say(d: [{deep: [$v]}]) }`,
		`query($v: Day) { ...f } fragment f on Query { say(of: {from: $v}) }`,
		`query($v: Span) { say(of: $v) }`,
		`query($v: [String]) { say(list: $v) }`,
		`query($v: String = "usual") { say(s: $v) }`,
		`query($v: String, $if: Boolean = true) { say(s: $v) @include(if: $if) other: say(s: $v) @skip(if: $if) }`,
	} {
		for i := range 4 {
			who, asked0 := fmt.Sprintf("caller-%d", i), len(asked)
			value := `"` + who + `"`
			switch {
			case strings.Contains(query, "$v: Span"):
				value = `{"from":` + value + `,"list":[` + value + `]}`
			case strings.Contains(query, "$v: ["):
				value = `[` + value + `]`
			}
			g.Ask(t.Context(), gateway.Request{Query: query, Variables: json.RawMessage(`{"v":` + value + `}`)})
			if len(asked) == asked0 {
				t.Errorf("%s: nothing was asked", query)
			}
			for _, body := range asked[asked0:] {
				if !strings.Contains(body, who) || strings.Count(body, "caller-") != strings.Count(body, who) {
					t.Errorf("%s as %s: %s", query, who, body)
				}
			}
		}
	}
}
