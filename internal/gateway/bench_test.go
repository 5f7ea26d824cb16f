package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// page is a supergraph of people and of what else is known of them.
const page = join + `
type Query @join__type(graph: A) @join__type(graph: B) { people(first: Int!): [Person!]! @join__field(graph: A) }
type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! name: String! @join__field(graph: A) seen: String @join__field(graph: B) }`

func benchGateway(b *testing.B, people int) *gateway.Gateway {
	b.Helper()
	var all, seen []string
	for i := range people {
		all = append(all, fmt.Sprintf(`{"__typename":"Person","id":"%d","name":"Person %d"}`, i, i))
		seen = append(seen, `{"__typename":"Person","seen":"yesterday"}`)
	}
	said := func(text string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte(text)) })
	}
	g, err := gateway.New(b.Context(), gateway.Options{Supergraph: page, Subgraphs: map[string]gateway.Subgraph{
		"a": {Handler: said(`{"data":{"people":[` + strings.Join(all, ",") + `]}}`)}, "b": {Handler: said(`{"data":{"_entities":[` + strings.Join(seen, ",") + `]}}`)}}})
	if err != nil {
		b.Fatal(err)
	}
	return g
}

// What the gateway itself costs, subgraphs aside: a question of two subgraphs.
func BenchmarkAsk(b *testing.B) {
	for _, people := range []int{1, 50} {
		for name, r := range map[string]gateway.Request{
			"literals":  {Query: fmt.Sprintf(`{ people(first: %d) { id name seen } }`, people)},
			"variables": {Query: `query($n: Int!) { people(first: $n) { id name seen } }`, Variables: json.RawMessage(fmt.Sprintf(`{"n":%d}`, people))},
		} {
			b.Run(fmt.Sprintf("%d/%s", people, name), func(b *testing.B) {
				g := benchGateway(b, people)
				b.ReportAllocs()
				for b.Loop() {
					if a := g.Ask(b.Context(), r); a.Errors != nil {
						b.Fatalf("%s", a.Errors)
					}
				}
			})
		}
	}
}

// What a document costs that was never seen before.
func BenchmarkPlan(b *testing.B) {
	g := benchGateway(b, 1)
	n := 0
	for b.Loop() {
		n++
		if a := g.Ask(b.Context(), gateway.Request{Query: fmt.Sprintf(`query q%d { people(first: 1) { id name seen } }`, n)}); a.Errors != nil {
			b.Fatalf("%s", a.Errors)
		}
	}
}
