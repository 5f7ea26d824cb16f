package gateway_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// part is one subgraph of a case: what it says it has, and what it knows.
type part struct {
	sdl      string
	query    object
	mutation object
	entities map[string]func(object) any
}

// construct is one thing that the join specification can say, and what follows.
type construct struct {
	versions string // of the specification that have it; "": 0.3 to 0.5
	graph    string // supergraph, without its head
	a, b, c  part
	ask      string
	want     string // data
	fails    bool   // there are errors too
}

// head begins a supergraph of three subgraphs.
func head(version string) string {
	link := `@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v` + version + `", for: EXECUTION)`
	if version == "0.1" || version == "0.2" {
		link = `@core(feature: "https://specs.apollo.dev/core/v0.2") @core(feature: "https://specs.apollo.dev/join/v` + version + `", for: EXECUTION)`
	}
	return `schema ` + link + ` @link(url: "https://specs.apollo.dev/inaccessible/v0.2", for: SECURITY) { query: Query mutation: Mutation }
enum join__Graph { A @join__graph(name: "a", url: "http://127.0.0.1:1/") B @join__graph(name: "b", url: "http://127.0.0.1:1/") C @join__graph(name: "c", url: "http://127.0.0.1:1/") }
`
}

func (c *construct) run(t *testing.T, version string) {
	subgraphs := map[string]gateway.Subgraph{}
	for name, p := range map[string]part{"a": c.a, "b": c.b, "c": c.c} {
		if p.sdl == "" {
			continue
		}
		if !strings.Contains(p.sdl, "type Query") {
			p.sdl += " type Query { _unused: Int }"
		}
		subgraphs[name] = gateway.Subgraph{Handler: newTiny(t, p.sdl, map[ast.Operation]object{ast.Query: p.query, ast.Mutation: p.mutation}, p.entities), Trusted: true}
	}
	g := open(t, gateway.Options{Supergraph: head(version) + c.graph, Subgraphs: subgraphs})
	for range 2 { // planned, and planned already
		a := g.Ask(t.Context(), gateway.Request{Query: c.ask})
		if (a.Errors != nil) != c.fails {
			t.Errorf("errors: %s", a.Errors)
		}
		var got, want any
		if err := json.Unmarshal([]byte(c.want), &want); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(a.Data, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("got  %s\nwant %s", a.Data, c.want)
		}
	}
}

func always(v any) func(object) any { return func(object) any { return v } }

// Each construct of versions 0.1 to 0.5, with subgraphs that answer what they are
// asked and nothing else.
func TestJoinSpecification(t *testing.T) {
	for name, c := range constructs() {
		versions := c.versions
		if versions == "" {
			versions = "0.3 0.4 0.5"
		}
		for version := range strings.FieldsSeq(versions) {
			t.Run(name+"/"+version, func(t *testing.T) { c.run(t, version) })
		}
	}
}

// The second field of a mutation begins when all is said of the first, also by others.
func TestMutationsAreInOrder(t *testing.T) {
	var said []string
	a := newTiny(t, ` type Query { _a: Int } type Mutation { first: Person third: Person } type Person { id: ID! }`, map[ast.Operation]object{ast.Mutation: {
		"first": func(object) any { said = append(said, "first"); return person(nil) }, "third": func(object) any { said = append(said, "third"); return person(nil) },
	}}, nil)
	b := newTiny(t, ` type Query { _b: Int } type Mutation { second: Int } type Person { id: ID! seen: String }`,
		map[ast.Operation]object{ast.Mutation: {"second": func(object) any { said = append(said, "second"); return 2 }}},
		map[string]func(object) any{"Person": func(object) any { said = append(said, "seen"); return object{"seen": "x"} }})
	g := open(t, gateway.Options{Subgraphs: map[string]gateway.Subgraph{"a": {Handler: a}, "b": {Handler: b}}, Supergraph: head("0.5") + `
		type Query @join__type(graph: A) @join__type(graph: B) { _a: Int @join__field(graph: A) _b: Int @join__field(graph: B) }
		type Mutation @join__type(graph: A) @join__type(graph: B) { first: Person @join__field(graph: A) second: Int @join__field(graph: B) third: Person @join__field(graph: A) }
		type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") { id: ID! seen: String @join__field(graph: B) }`})
	answer := told(g.Ask(t.Context(), gateway.Request{Query: `mutation { first { seen } second third { seen } }`}))
	if got := strings.Join(said, " "); got != "first seen second third seen" || answer != `{"data":{"first":{"seen":"x"},"second":2,"third":{"seen":"x"}}}` {
		t.Errorf("%s: %s", got, answer)
	}
}

func TestWhatIsNotUnderstoodIsRefused(t *testing.T) {
	const small = ` type Query @join__type(graph: A) { a: Int }`
	for what, sdl := range map[string]string{
		"version 0.9":   head("0.9") + small,
		"not supported": strings.Replace(head("0.5"), "inaccessible/v0.2", "secrets/v1.0", 1) + small,
		"@fromContext":  head("0.5") + ` type Query @join__type(graph: A) { a(x: Int): Int @join__field(graph: A, contextArguments: [{context: "c", name: "x", type: "Int", selection: "{ x }"}]) }`,
	} {
		if _, err := gateway.New(t.Context(), gateway.Options{Supergraph: sdl}); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}
