package gateway_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// guarded is a graph of two: A keeps its own rules, B is a partner that lets everybody
// read, and the graph has rules for it of every kind and at every place.
const guarded = `schema @link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
  @link(url: "https://specs.apollo.dev/authenticated/v0.1", for: SECURITY) @link(url: "https://specs.apollo.dev/requiresScopes/v0.1", for: SECURITY)
  @link(url: "https://specs.apollo.dev/policy/v0.1", for: SECURITY) { query: Query mutation: Mutation subscription: Subscription }
enum join__Graph { A @join__graph(name: "a", url: "http://127.0.0.1:1/") B @join__graph(name: "b", url: "http://127.0.0.1:1/") }
scalar requiresScopes__Scope
scalar policy__Policy
type Query @join__type(graph: A) @join__type(graph: B) {
  person: Person @join__field(graph: A)
  kept: String @join__field(graph: A) @authenticated
  open: String @join__field(graph: B)
  closed(x: Int): String @join__field(graph: B) @authenticated
  thing: Thing @join__field(graph: B)
  any: Any @join__field(graph: B)
}
type Mutation @join__type(graph: B) { first: String second: String @authenticated third: String }
type Subscription @join__type(graph: B) { ticks: Tick secrets: Tick @authenticated }
type Tick @join__type(graph: B) { n: Int hidden: Int @authenticated }
type Person @join__type(graph: A, key: "id") @join__type(graph: B, key: "id") {
  id: ID!
  name: String @join__field(graph: A) @join__field(graph: B, external: true)
  seen: String @join__field(graph: B)
  signed: String @join__field(graph: B, requires: "name") @authenticated
  scoped: String @join__field(graph: B) @requiresScopes(scopes: [["read", "more"], ["all"]])
  ruled: String @join__field(graph: B) @policy(policies: [["case.submit"]])
  both: String @join__field(graph: B) @requiresScopes(scopes: "read") @policy(policies: "case.submit")
  never: String! @join__field(graph: B) @authenticated
  secret: Secret @join__field(graph: B)
  level: Level @join__field(graph: B)
}
type Secret @join__type(graph: B) @authenticated { text: String }
enum Level @join__type(graph: B) @requiresScopes(scopes: [["all"]]) { HIGH @join__enumValue(graph: B) }
interface Thing @join__type(graph: B) { label: String }
type Plain implements Thing @join__type(graph: B) @join__implements(graph: B, interface: "Thing") { label: String plain: String }
type Locked implements Thing @join__type(graph: B) @join__implements(graph: B, interface: "Thing") @authenticated { label: String locked: String }
union Any @join__type(graph: B) @join__unionMember(graph: B, member: "Plain") @join__unionMember(graph: B, member: "Locked") = Plain | Locked
`

// counted is a subgraph at a real address that remembers what it was asked.
type counted struct {
	mu    sync.Mutex
	asked []string
	url   string
}

func count(t *testing.T, next http.Handler) *counted {
	c := &counted{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		var q struct{ Query string }
		if err := json.Unmarshal(body, &q); err != nil {
			t.Error(err)
		}
		c.mu.Lock()
		c.asked = append(c.asked, q.Query)
		c.mu.Unlock()
		if strings.HasPrefix(q.Query, "subscription") {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "event: next\ndata: {\"data\":{\"ticks\":{\"n\":1}}}\n\nevent: complete\ndata:\n\n")
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		next.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	c.url = s.URL
	return c
}

// take says what was asked since it was last looked at.
func (c *counted) take() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := strings.Join(c.asked, "\n")
	c.asked = nil
	return marks.ReplaceAllString(out, "__typename")
}

// marks are asked in the place of what is refused: they are types, and nothing else.
var marks = regexp.MustCompile(`vetgraph_refused_(optional|required)_\w+: __typename`)

// guardedSubgraphs start what the graph is made of.
func guardedSubgraphs(t *testing.T) (a, b *counted) {
	says := func(s string) func(object) any { return func(object) any { return s } }
	a = count(t, newTiny(t, ` type Query { person: Person kept: String } type Person { id: ID! name: String }`, map[ast.Operation]object{ast.Query: {
		"person": object{"id": "1", "name": "N"}, "kept": "K"}}, map[string]func(object) any{"Person": always(object{"id": "1", "name": "N"})}))
	locked := object{"__typename": "Locked", "label": "L", "locked": "l"}
	b = count(t, newTiny(t, ` type Query { open: String closed(x: Int): String thing: Thing any: Any } type Mutation { first: String second: String third: String }
		type Person { id: ID! name: String seen: String signed: String scoped: String ruled: String both: String never: String! secret: Secret level: Level }
		type Secret { text: String } enum Level { HIGH } interface Thing { label: String } type Plain implements Thing { label: String plain: String }
		type Locked implements Thing { label: String locked: String } union Any = Plain | Locked`,
		map[ast.Operation]object{ast.Query: {"open": "O", "closed": "C", "thing": locked, "any": locked}, ast.Mutation: {"first": says("1"), "second": says("2"), "third": says("3")}},
		map[string]func(object) any{"Person": func(rep object) any {
			return object{"seen": "S", "signed": rep["name"], "scoped": "sc", "ruled": "r", "both": "b", "never": "n", "secret": object{"text": "t"}, "level": "HIGH"}
		}}))
	return a, b
}

func guardedGateway(t *testing.T) (g *gateway.Gateway, a, b *counted) {
	a, b = guardedSubgraphs(t)
	g = open(t, gateway.Options{Supergraph: guarded, Checks: []gateway.Rule{gateway.Authenticated, gateway.RequiresScopes, gateway.Policy},
		Subgraphs: map[string]gateway.Subgraph{"a": {URL: a.url, Guards: true}, "b": {URL: b.url}}})
	return g, a, b
}

var (
	signedIn = &gateway.Caller{}
	reader   = &gateway.Caller{Scopes: []string{"read"}}
	broad    = &gateway.Caller{Scopes: []string{"read", "more"}}
	allowed  = &gateway.Caller{Scopes: []string{"all"}, May: func(policy string) bool { return policy == "case.submit" }}
)

// What a caller may not read is null with an error, the rest stands, and no subgraph
// is asked for it or for what it needs.
func TestRulesOfTheGraph(t *testing.T) {
	g, a, b := guardedGateway(t)
	for name, c := range map[string]struct {
		as        *gateway.Caller
		ask, want string
		reasons   string // of errors, with their paths
		notAsked  string // words that no question to a subgraph has
	}{
		"nobody, one field":                         {nil, `{ person { name seen signed } }`, `{"person":{"name":"N","seen":"S","signed":null}}`, "SIGN_IN person.signed", "signed"},
		"nobody, what it needs is not asked either": {nil, `{ person { signed } }`, `{"person":{"signed":null}}`, "SIGN_IN person.signed", "signed _entities"},
		"somebody":        {signedIn, `{ person { name signed never secret { text } } }`, `{"person":{"name":"N","signed":"N","never":"n","secret":{"text":"t"}}}`, "", ""},
		"by another name": {nil, `{ person { x: signed y: seen z: signed } }`, `{"person":{"x":null,"y":"S","z":null}}`, "SIGN_IN person.x, SIGN_IN person.z", "signed"},
		"what is never null takes its object along": {nil, `{ person { name never } open }`, `{"person":null,"open":"O"}`, "SIGN_IN person.never", "never"},
		"a type":                                {nil, `{ person { name secret { text } } }`, `{"person":{"name":"N","secret":null}}`, "SIGN_IN person.secret", "secret"},
		"scopes, none":                          {signedIn, `{ person { scoped seen } }`, `{"person":{"scoped":null,"seen":"S"}}`, "FIELD_NOT_ALLOWED person.scoped", "scoped"},
		"scopes, one of two":                    {reader, `{ person { scoped } }`, `{"person":{"scoped":null}}`, "FIELD_NOT_ALLOWED person.scoped", "scoped"},
		"scopes, both":                          {broad, `{ person { scoped } }`, `{"person":{"scoped":"sc"}}`, "", ""},
		"scopes, the other list":                {allowed, `{ person { scoped level } }`, `{"person":{"scoped":"sc","level":"HIGH"}}`, "", ""},
		"scopes of an enum":                     {broad, `{ person { level } }`, `{"person":{"level":null}}`, "FIELD_NOT_ALLOWED person.level", "level"},
		"a policy, nobody":                      {nil, `{ person { ruled } }`, `{"person":{"ruled":null}}`, "SIGN_IN person.ruled", "ruled"},
		"a policy, not in favour":               {broad, `{ person { ruled } }`, `{"person":{"ruled":null}}`, "FIELD_NOT_ALLOWED person.ruled", "ruled"},
		"a policy, in favour":                   {allowed, `{ person { ruled } }`, `{"person":{"ruled":"r"}}`, "", ""},
		"two rules, one is met":                 {allowed, `{ person { both } }`, `{"person":{"both":null}}`, "FIELD_NOT_ALLOWED person.both", "both"},
		"a field of the root beside others":     {nil, `query($x: Int) { open closed(x: $x) }`, `{"open":"O","closed":null}`, "SIGN_IN closed", "closed"},
		"nothing else is asked":                 {nil, `{ closed(x: 1) }`, `{"closed":null}`, "SIGN_IN closed", "closed"},
		"not wanted, no error":                  {nil, `{ open closed @skip(if: true) }`, `{"open":"O"}`, "", "closed"},
		"in fragments":                          {nil, `{ ...q } fragment q on Query { person { ... on Person { ...p seen } } } fragment p on Person { signed }`, `{"person":{"signed":null,"seen":"S"}}`, "SIGN_IN person.signed", "signed"},
		"a mutation among others":               {nil, `mutation { first second third }`, `{"first":"1","second":null,"third":"3"}`, "SIGN_IN second", "second"},
		"a type of an interface":                {nil, `{ thing { __typename ... on Plain { plain } ... on Locked { locked } } }`, `{"thing":{"__typename":"Locked","locked":null}}`, "SIGN_IN thing.locked", " locked"},
		"a field of an interface is any type's": {nil, `{ thing { label } }`, `{"thing":{"label":null}}`, "SIGN_IN thing.label", "label"},
		"a member of a union":                   {nil, `{ any { ... on Locked { label } ... on Plain { plain } } }`, `{"any":{"label":null}}`, "SIGN_IN any.label", "label"},
		"what the hub keeps is the hub's":       {nil, `{ kept }`, `{"kept":"K"}`, "", ""},
		"a mark of one's own":                   {nil, `{ open vetgraph_refused_optional_x: __typename }`, `{"open":"O","x":null}`, "SIGN_IN x", ""},
	} {
		t.Run(name, func(t *testing.T) {
			for range 2 { // planned, and planned already
				answer := g.Ask(t.Context(), gateway.Request{Query: c.ask, Caller: c.as})
				var got, want any
				if err := json.Unmarshal([]byte(c.want), &want); err != nil {
					t.Fatal(err)
				}
				if err := json.Unmarshal(answer.Data, &got); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("got  %s\nwant %s", answer.Data, c.want)
				}
				if said := reasons(t, answer.Errors); said != c.reasons {
					t.Errorf("errors %q, want %q: %s", said, c.reasons, answer.Errors)
				}
				asked := a.take() + "\n" + b.take()
				for word := range strings.FieldsSeq(c.notAsked) {
					if strings.Contains(asked, word) {
						t.Errorf("a subgraph was asked for %s: %s", word, asked)
					}
				}
			}
		})
	}
}

// reasons are an answer's errors, each with its path.
func reasons(t *testing.T, errs json.RawMessage) string {
	t.Helper()
	if errs == nil {
		return ""
	}
	var all []struct {
		Path       []any
		Extensions struct{ Reason string }
	}
	if err := json.Unmarshal(errs, &all); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range all {
		path := make([]string, len(e.Path))
		for i, p := range e.Path {
			path[i], _ = p.(string)
		}
		out = append(out, e.Extensions.Reason+" "+strings.Join(path, "."))
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// A document is answered by what the one may read who sends it, whoever sent it before.
func TestNobodyIsAnsweredByAnothersRights(t *testing.T) {
	g, _, _ := guardedGateway(t)
	const query = `query($x: Int) { person { signed scoped } closed(x: $x) }`
	want := map[*gateway.Caller]string{
		nil:      `{"person":{"signed":null,"scoped":null},"closed":null}`,
		signedIn: `{"person":{"signed":"N","scoped":null},"closed":"C"}`,
		allowed:  `{"person":{"signed":"N","scoped":"sc"},"closed":"C"}`,
	}
	var all sync.WaitGroup
	for range 20 {
		for as, data := range want {
			all.Go(func() {
				if a := g.Ask(t.Context(), gateway.Request{Query: query, Variables: json.RawMessage(`{"x":1}`), Caller: as}); string(a.Data) != data {
					t.Errorf("%+v: %s", as, a.Data)
				}
			})
		}
	}
	all.Wait()
}

func TestRulesOfSubscriptions(t *testing.T) {
	g, _, b := guardedGateway(t)
	listen := func(query string) (out []string) {
		for a := range g.Subscribe(t.Context(), gateway.Request{Query: query}) {
			out = append(out, string(a.Data)+" "+reasons(t, a.Errors))
		}
		return out
	}
	if got := listen(`subscription { secrets { n } }`); !slices.Equal(got, []string{" SIGN_IN "}) || b.take() != "" {
		t.Errorf("%q", got)
	}
	if got := listen(`subscription { ticks { n hidden } }`); !slices.Equal(got, []string{`{"ticks":{"n":1,"hidden":null}} SIGN_IN ticks.hidden`}) || strings.Contains(b.take(), "hidden") {
		t.Errorf("%q", got)
	}
}

// A graph whose rules nobody sees to is not answered at all.
func TestRulesThatCannotBeHeld(t *testing.T) {
	_, err := gateway.New(t.Context(), gateway.Options{Supergraph: guarded, Checks: []gateway.Rule{gateway.Authenticated},
		Subgraphs: map[string]gateway.Subgraph{"a": {Guards: true}}})
	if err == nil {
		t.Fatal("nobody sees to scopes, and it was not refused")
	}
	for _, want := range []string{"@requiresScopes on Person.scoped, Person.both, Person.level cannot", "@policy on Person.ruled, Person.both cannot"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not told:\n%v", want, err)
		}
	}
	if strings.Contains(err.Error(), "signed") || strings.Contains(err.Error(), "kept") {
		t.Errorf("it refuses too much:\n%v", err)
	}
	if _, err := gateway.New(t.Context(), gateway.Options{Supergraph: guarded, Subgraphs: map[string]gateway.Subgraph{"a": {Guards: true}, "b": {Guards: true}}}); err != nil {
		t.Errorf("who sees to it themself needs nobody else: %v", err)
	}
	renamed := strings.ReplaceAll(strings.Replace(guarded, `authenticated/v0.1"`, `authenticated/v0.1", as: "login"`, 1), "@authenticated", "@login")
	if _, err := gateway.New(t.Context(), gateway.Options{Supergraph: renamed, Subgraphs: map[string]gateway.Subgraph{"a": {Guards: true}}}); err == nil ||
		!strings.Contains(err.Error(), "@authenticated on Query.closed") {
		t.Errorf("by another name it is not a rule: %v", err)
	}
	if _, err := gateway.New(t.Context(), gateway.Options{Supergraph: strings.Replace(guarded, "policy/v0.1", "policy/v1.0", 1)}); err == nil || !strings.Contains(err.Error(), "not supported") {
		t.Errorf("a rule of a version that nobody knows: %v", err)
	}
}
