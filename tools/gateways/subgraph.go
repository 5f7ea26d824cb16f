package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

const federation = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@external", "@requires"])
`

// schemas of the subgraphs: people who are known here, and when they came.
var schemas = map[string]string{
	"people": `
type Query { people(first: Int!): [Person!]! person(id: ID!): Person }
type Person @key(fields: "id") { id: ID! name: String! born: String zip: String! home: Home! }
type Home { city: String! street: String! }
`,
	"visits": `
type Query { lastVisit: Visit }
type Person @key(fields: "id") { id: ID! visits: [Visit!]! zip: String! @external far: Boolean! @requires(fields: "zip") }
type Visit { at: String! window: String! minutes: Int! }
`,
}

const machinery = `
directive @key(fields: String!) on OBJECT
directive @external on FIELD_DEFINITION
directive @requires(fields: String!) on FIELD_DEFINITION
scalar _Any
union _Entity = Person
extend type Query { _entities(representations: [_Any!]!): [_Entity]! }
`

// subgraph answers by what it is asked. It works each answer out once and then
// remembers it, so that it costs next to nothing beside the gateways.
type subgraph struct {
	name   string
	schema *ast.Schema
	known  sync.Map // answers by the text of the request
}

// serveSubgraph prints its address and serves until ctx ends.
func serveSubgraph(ctx context.Context, name string, out io.Writer) error {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: name, Input: schemas[name] + machinery})
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "http://%s/graphql\n", l.Addr())
	server := &http.Server{Handler: &subgraph{name: name, schema: schema}, ReadHeaderTimeout: 10 * time.Second}
	context.AfterFunc(ctx, func() { _ = server.Close() })
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

// ServeHTTP implements http.Handler.
func (s *subgraph) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, "cut off", http.StatusBadRequest)
		return
	}
	said, ok := s.known.Load(string(body))
	if !ok {
		said, err = s.answer(body)
		if err != nil {
			said, err = json.Marshal(map[string]any{"errors": []any{map[string]any{"message": err.Error()}}})
		}
		if err != nil {
			http.Error(w, "no JSON", http.StatusInternalServerError)
			return
		}
		s.known.Store(string(body), said)
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(said.([]byte)) // who has hung up is not told
}

func (s *subgraph) answer(body []byte) ([]byte, error) {
	var q struct {
		Query     string
		Variables map[string]any
	}
	if err := json.Unmarshal(body, &q); err != nil {
		return nil, err
	}
	doc, errs := gqlparser.LoadQueryWithRules(s.schema, q.Query, rules.NewDefaultRules())
	if errs != nil {
		return nil, errs
	}
	vars, err := validator.VariableValues(s.schema, doc.Operations[0], q.Variables)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"data": answer(s.schema.Query, doc.Operations[0].SelectionSet, vars, s.root)})
}

// resolver is one object: the value of a field.
type resolver func(field *ast.Field, vars map[string]any) any

func answer(t *ast.Definition, set ast.SelectionSet, vars map[string]any, of resolver) map[string]any {
	out := map[string]any{}
	fill(out, t, set, vars, of)
	return out
}

func fill(out map[string]any, t *ast.Definition, set ast.SelectionSet, vars map[string]any, of resolver) {
	for _, sel := range set {
		switch sel := sel.(type) {
		case *ast.Field:
			if sel.Name == "__typename" {
				out[sel.Alias] = t.Name
			} else {
				out[sel.Alias] = of(sel, vars)
			}
		case *ast.InlineFragment:
			fill(out, t, sel.SelectionSet, vars, of)
		case *ast.FragmentSpread:
			fill(out, t, sel.Definition.SelectionSet, vars, of)
		}
	}
}

func (s *subgraph) root(f *ast.Field, vars map[string]any) any {
	args := f.ArgumentMap(vars)
	person := s.schema.Types["Person"]
	switch f.Name {
	case "people":
		n, _ := strconv.Atoi(fmt.Sprint(args["first"]))
		all := make([]any, n)
		for i := range all {
			all[i] = answer(person, f.SelectionSet, vars, s.person(strconv.Itoa(i), nil))
		}
		return all
	case "person":
		return answer(person, f.SelectionSet, vars, s.person(fmt.Sprint(args["id"]), nil))
	case "_entities":
		reps, _ := args["representations"].([]any)
		all := make([]any, len(reps))
		for i, rep := range reps {
			r, _ := rep.(map[string]any)
			all[i] = answer(person, f.SelectionSet, vars, s.person(fmt.Sprint(r["id"]), r))
		}
		return all
	}
	return nil
}

func (s *subgraph) person(id string, rep map[string]any) resolver {
	return func(f *ast.Field, vars map[string]any) any {
		switch f.Name {
		case "id":
			return id
		case "name":
			return "Person " + id
		case "born":
			return "1990-01-01"
		case "zip":
			return "15" + id
		case "home":
			return answer(s.schema.Types["Home"], f.SelectionSet, vars, func(f *ast.Field, _ map[string]any) any { return f.Name + " of " + id })
		case "far":
			zip, _ := rep["zip"].(string)
			return len(zip)%2 == 0
		case "visits":
			all := make([]any, 3)
			for i := range all {
				all[i] = answer(s.schema.Types["Visit"], f.SelectionSet, vars, func(f *ast.Field, _ map[string]any) any {
					if f.Name == "minutes" {
						return 10 * i
					}
					return f.Name + " " + id
				})
			}
			return all
		}
		return nil
	}
}
