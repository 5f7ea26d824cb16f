package compose_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/compose"
)

const (
	links  = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@external", "@requires", "@shareable"])` + "\n"
	people = links + `
type Query { person(id: ID!): Person }
"One person."
type Person @key(fields: "id") { id: ID! age: Int! }
`
	shops = links + `
type Query { shops: [Shop!]! }
type Shop @key(fields: "code") { code: ID! }
type Person @key(fields: "id") { id: ID! age: Int! @external reduced: Boolean! @requires(fields: "age") }
`
)

func graph(name, sdl string) compose.Subgraph {
	return compose.Subgraph{Name: name, URL: "http://" + name + ".example.org/graphql", SDL: sdl}
}

func TestCompose(t *testing.T) {
	made, err := compose.Compose(t.Context(), []compose.Subgraph{graph("people", people), graph("shops", shops)})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`PEOPLE @join__graph(name: "people", url: "http://people.example.org/graphql")`,
		`reduced: Boolean! @join__field(graph: SHOPS, requires: "age")`,
		`@join__type(graph: PEOPLE, key: "id")`, "One person.",
	} {
		if !strings.Contains(made, want) {
			t.Errorf("no %q in\n%s", want, made)
		}
	}
	again, err := compose.Compose(t.Context(), []compose.Subgraph{graph("shops", shops), graph("people", people)})
	if err != nil || again != made {
		t.Errorf("in another order something else comes of it (%v)", err)
	}
}

// problems are the codes of an error, with the subgraph and the first place.
func problems(t *testing.T, err error) (out []string) {
	t.Helper()
	var p *compose.Problems
	if !errors.As(err, &p) {
		t.Fatalf("no problems but %v", err)
	}
	for _, one := range *p {
		line := strings.TrimSpace(one.Subgraph + " " + one.Code)
		if len(one.Places) > 0 {
			line += fmt.Sprintf(" %s", one.Places[0])
		}
		out = append(out, line)
	}
	return out
}

func TestMistakes(t *testing.T) {
	for name, c := range map[string]struct {
		subgraphs []compose.Subgraph
		want      []string
	}{
		"nothing":                      {nil, []string{"CONFIG_INVALID"}},
		"names, addresses and no text": {[]compose.Subgraph{{Name: "a b", URL: "here", SDL: " "}, graph("x", people), graph("x", people)}, []string{"a b NAME_INVALID", "a b URL_INVALID", "a b SDL_MISSING", "x NAME_INVALID"}},
		"a password in an address":     {[]compose.Subgraph{{Name: "x", URL: "http://me:secret@example.org/", SDL: people}}, []string{"x URL_INVALID"}},
		"syntax, in two at once":       {[]compose.Subgraph{graph("x", "type Query {"), graph("y", "\ntype 1")}, []string{"x INVALID_GRAPHQL x:1:13", "y INVALID_GRAPHQL y:2:6"}},
		"a key that is not there":      {[]compose.Subgraph{graph("x", links+`type Query { a: A } type A @key(fields: "id") { b: Int }`)}, []string{"x KEY_INVALID_FIELDS x:2:28"}},
		"a field in two that is not shared": {[]compose.Subgraph{graph("people", people), graph("other", links+"type Query { x: Int }\ntype Person @key(fields: \"id\") { id: ID!\nage: Int! }")},
			[]string{"INVALID_FIELD_SHARING people:5:42"}},
		"an entity that cannot be reached": {[]compose.Subgraph{graph("people", people), graph("other", links+"type Query { p: Person }\ntype Person @key(fields: \"number\") { number: ID! x: Int }")}, []string{"SATISFIABILITY_ERROR other:3:38", "SATISFIABILITY_ERROR other:3:50", "SATISFIABILITY_ERROR people:5:34", "SATISFIABILITY_ERROR people:5:42"}},
		"a directive that nobody knows":    {[]compose.Subgraph{graph("x", "type Query { a: Int @shy }")}, []string{"x INVALID_GRAPHQL"}},
		"too large":                        {[]compose.Subgraph{graph("x", people+"#"+strings.Repeat("x", 4<<20))}, []string{"x SDL_TOO_LARGE"}},
		"brackets without end":             {[]compose.Subgraph{graph("x", "type Query { a: "+strings.Repeat("[", 1<<20))}, []string{"SDL_TOO_LARGE"}},
	} {
		t.Run(name, func(t *testing.T) {
			made, err := compose.Compose(t.Context(), c.subgraphs)
			if made != "" {
				t.Error("there is a supergraph all the same")
			}
			got := problems(t, err)
			if len(got) != len(c.want) {
				t.Fatalf("%q, want %q\n%v", got, c.want, err)
			}
			for i := range got {
				if !strings.HasPrefix(got[i], c.want[i]) {
					t.Errorf("%q, want %q", got[i], c.want[i])
				}
			}
		})
	}
}

func TestProblemsAreToldInChineseFirst(t *testing.T) {
	x := graph("x", "type Query {\n  a: Int @shy\n}")
	x.File = "x.graphqls"
	_, err := compose.Compose(t.Context(), []compose.Subgraph{x})
	if want := `x.graphqls:2:10: 不是有效的 GraphQL 模式。 Unknown directive "@shy". [INVALID_GRAPHQL]`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Every code that the composer knows is explained, and nothing else is.
func TestEveryCodeHasWords(t *testing.T) {
	js, err := os.ReadFile("bundle.js")
	if err != nil {
		t.Fatal(err)
	}
	body, err := os.ReadFile("words.yaml")
	if err != nil {
		t.Fatal(err)
	}
	words := map[string]string{}
	if err := yaml.Unmarshal(body, &words); err != nil {
		t.Fatal(err)
	}
	known := []string{"CONFIG_INVALID", "NAME_INVALID", "URL_INVALID", "SDL_MISSING", "SDL_TOO_LARGE", "SDL_UNREACHABLE", "UNSAID"}
	for _, m := range regexp.MustCompile(`code:"([A-Z_]+)"`).FindAllStringSubmatch(string(js), -1) {
		known = append(known, m[1])
	}
	for _, code := range known {
		if words[code] == "" {
			t.Errorf("words.yaml does not say what %s is", code)
		}
	}
	for code := range words {
		if !slices.Contains(known, code) {
			t.Errorf("nobody says %s", code)
		}
	}
}

func TestContextEndsIt(t *testing.T) {
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := compose.Compose(gone, []compose.Subgraph{graph("people", people)}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled before: %v", err)
	}
	short, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	var wide strings.Builder
	wide.WriteString(people)
	for i := range 8000 {
		fmt.Fprintf(&wide, "type T%d @key(fields: \"id\") { id: ID! next: T%d }\n", i, (i+1)%8000)
	}
	from := time.Now()
	if _, err := compose.Compose(short, []compose.Subgraph{graph("people", wide.String())}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("at its deadline: %v", err)
	}
	if took := time.Since(from); took > 20*time.Second {
		t.Errorf("it went on for %s", took)
	}
}
