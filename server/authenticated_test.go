package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// The schema says @authenticated of what a stranger never gets from us and of nothing
// else, at every door by which a router comes in: each root field, and each field of an
// entity beyond the keys, which whoever asks has named. So a router that decides by the
// schema decides as we do.
func TestAuthenticatedIsTrue(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon)
	schema := exec.NewExecutableSchema(exec.Config{}).Schema()
	said, unsaid := 0, 0
	for _, root := range []*ast.Definition{schema.Query, schema.Mutation, schema.Subscription} {
		for _, f := range root.Fields {
			if f.Name == "_entities" || f.Name == "__schema" || f.Name == "__type" {
				continue
			}
			query := strings.ToLower(root.Name) + " { " + f.Name + required(schema, f.Arguments) + below(schema, f.Type) + " }"
			for _, door := range []string{k.public + "/graphql", k.sub + "/subgraph"} {
				body := k.stranger(door, query)
				switch kept := f.Directives.ForName("authenticated") != nil; {
				case f.Name == "_service" && door == k.public+"/graphql": // is not there
				case kept:
					said++
					if !bytes.Contains(body, []byte(`"reason":"SIGN_IN"`)) {
						t.Errorf("%s.%s is @authenticated, and a stranger reads %.300s", root.Name, f.Name, body)
					}
				default:
					unsaid++
					if bytes.Contains(body, []byte(`"errors"`)) {
						t.Errorf("%s.%s is not @authenticated, and a stranger reads %.300s", root.Name, f.Name, body)
					}
				}
			}
		}
	}
	if said < 100 || unsaid != 3 { // the register of slices at both doors, _service at that for routers
		t.Errorf("%d answers were refused as the schema says, %d given", said, unsaid)
	}
	var matter struct{ Matters []struct{ Code, Slug string } }
	k.get("clerk", `{ matters { code slug } }`, nil, &matter)
	ids := map[string]string{"Veteran": `id: "` + k.heroes[0] + `"`, "Case": `id: "` + k.submit("veteran0", 0, "stranger-001") + `"`,
		"Matter": `code: "` + matter.Matters[0].Code + `"`, "Department": `code: "VA"`, "Division": `code: "230000000000"`}
	for _, d := range schema.GetPossibleTypes(schema.Types["_Entity"]) {
		keys := ""
		for _, key := range d.Directives.ForNames("key") {
			keys += " " + key.Arguments.ForName("fields").Value.Raw
		}
		for _, f := range d.Fields {
			if slices.Contains(strings.Fields(keys), f.Name) || f.Directives.ForName("external") != nil {
				continue
			}
			if d.Directives.ForName("authenticated") == nil && f.Directives.ForName("authenticated") == nil {
				t.Errorf("%s.%s is not @authenticated", d.Name, f.Name)
			}
			query := `{ _entities(representations: [{__typename: "` + d.Name + `", ` + ids[d.Name] + `}]) { ... on ` + d.Name + ` { ` +
				f.Name + required(schema, f.Arguments) + below(schema, f.Type) + ` } } }`
			var a struct {
				Data struct {
					Entities []any `json:"_entities"`
				}
				Errors []any
			}
			body := k.stranger(k.sub+"/subgraph", query)
			if err := json.Unmarshal(body, &a); err != nil || len(a.Errors) == 0 && len(a.Data.Entities) == 0 || slices.ContainsFunc(a.Data.Entities, func(e any) bool { return e != nil }) {
				t.Errorf("%s.%s: a stranger reads %s", d.Name, f.Name, body)
			}
		}
	}
}

// below selects the type of what a field leads to, if it leads to an object.
func below(schema *ast.Schema, of *ast.Type) string {
	switch d := schema.Types[of.Name()]; {
	case d.IsLeafType():
		return ""
	case d.Name == "_Service":
		return " { sdl }"
	}
	return " { __typename }"
}

// required are values for the arguments that must be given, of the right form and
// of nothing that is there.
func required(schema *ast.Schema, all ast.ArgumentDefinitionList) string {
	var out []string
	for _, a := range all {
		if a.Type.NonNull && a.DefaultValue == nil {
			out = append(out, a.Name+": "+some(schema, a.Type))
		}
	}
	if len(out) == 0 {
		return ""
	}
	return "(" + strings.Join(out, ", ") + ")"
}

func some(schema *ast.Schema, of *ast.Type) string {
	if of.Elem != nil {
		return "[" + some(schema, of.Elem) + "]"
	}
	switch d := schema.Types[of.Name()]; d.Kind {
	case ast.Enum:
		return d.EnumValues[0].Name
	case ast.InputObject:
		var out []string
		for _, f := range d.Fields {
			if f.Type.NonNull && f.DefaultValue == nil || d.Directives.ForName("oneOf") != nil && len(out) == 0 {
				out = append(out, f.Name+": "+some(schema, f.Type))
			}
		}
		return "{" + strings.Join(out, ", ") + "}"
	}
	switch of.Name() {
	case "Int":
		return "1"
	case "Float":
		return "1.5"
	case "Boolean":
		return "true"
	case "Date":
		return `"2026-06-01"`
	case "Time":
		return `"2026-06-01T00:00:00Z"`
	}
	return `"x"`
}

// stranger asks without a token; a stream is read to its end.
func (k *talk) stranger(address, query string) []byte {
	k.t.Helper()
	if !strings.HasPrefix(query, "subscription") {
		_, body := k.ask("nobody", address, query, nil)
		return body
	}
	body, err := json.Marshal(map[string]any{"query": query})
	if err != nil {
		k.t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		k.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "text/event-stream")
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	told, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return told
}
