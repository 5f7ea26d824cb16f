package server_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"

	"github.com/vetgraph/vetgraph/internal/gateway"
	"github.com/vetgraph/vetgraph/server"
	"github.com/vetgraph/vetgraph/server/testdata/features"
	"github.com/vetgraph/vetgraph/server/testdata/features/exec"
)

// beside are the subgraphs that stand beside products: who people are, and what is on
// the shelf. They answer from what they know, and refuse what they do not.
var beside = map[string]struct {
	sdl   string
	knows map[string]any // fields of the root, and by type entities
}{
	"users": {`extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@shareable"])
type User @key(fields: "email") { email: ID! name: String totalProductsCreated: Int @shareable yearsOfEmployment: Int! }`,
		map[string]any{"User": map[string]any{"email": "support@apollographql.com", "name": "nobody asks for this one", "totalProductsCreated": 4, "yearsOfEmployment": 10}}},
	"inventory": {`extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key", "@requires", "@external", "@shareable"])
type Product @key(fields: "id") { id: ID! dimensions: ProductDimension @external delivery(zip: String): Delivery @requires(fields: "dimensions { size weight }") }
type ProductDimension @shareable { size: String weight: Float }
type Delivery { estimated: String }
interface Inventory @key(fields: "id") { id: ID! products: [Product!]! }
type OpenSourceInventory implements Inventory @key(fields: "id") { id: ID! products: [Product!]! }
type Query { inventory(id: ID!): Inventory }`,
		map[string]any{"inventory": map[string]any{"__typename": "OpenSourceInventory", "id": "apollo-oss", "products": []any{map[string]any{"__typename": "Product", "id": "apollo-federation"}}},
			"Product": map[string]any{"id": "apollo-federation", "delivery": map[string]any{"__typename": "Delivery", "estimated": "5 days"}}}},
}

// knowing serves what is known.
func knowing(t *testing.T, knows map[string]any) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var q struct {
			Query     string
			Variables struct {
				Representations []struct {
					Typename string `json:"__typename"`
				}
			}
		}
		err := json.NewDecoder(r.Body).Decode(&q)
		doc, perr := parser.ParseQuery(&ast.Source{Input: q.Query})
		if err != nil || perr != nil {
			t.Error(err, perr)
			return
		}
		data := map[string]any{}
		for _, s := range doc.Operations[0].SelectionSet {
			f, ok := s.(*ast.Field)
			switch {
			case ok && f.Name == "_entities":
				var all []any
				for _, rep := range q.Variables.Representations {
					all = append(all, told(t, knows[rep.Typename], rep.Typename, f.SelectionSet))
				}
				data[f.Alias] = all
			case ok:
				data[f.Alias] = told(t, knows[f.Name], "", f.SelectionSet)
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"data": data})
	})
}

// told is what a set selects of something known.
func told(t *testing.T, known any, typeName string, set ast.SelectionSet) any {
	switch known := known.(type) {
	case []any:
		out := make([]any, len(known))
		for i, one := range known {
			out[i] = told(t, one, typeName, set)
		}
		return out
	case map[string]any:
		if name, ok := known["__typename"].(string); ok {
			typeName = name
		}
		out := map[string]any{}
		for _, s := range set {
			switch s := s.(type) {
			case *ast.Field:
				value, ok := known[s.Name]
				if s.Name == "__typename" {
					value, ok = typeName, true
				}
				if !ok {
					t.Errorf("a subgraph was asked for %s.%s, which it does not know", typeName, s.Name)
				}
				out[s.Alias] = told(t, value, "", s.SelectionSet)
			case *ast.InlineFragment:
				if more, ok := told(t, known, typeName, s.SelectionSet).(map[string]any); ok && (s.TypeCondition == "" || s.TypeCondition == typeName) {
					for key, v := range more {
						out[key] = v
					}
				}
			}
		}
		return out
	}
	return known
}

// What Apollo's suite for subgraphs asks of one, of gqlgen as we set it up and behind the
// hub's own door for routers: alone, and in a graph that we compose and our gateway answers.
func TestSubgraphFeatures(t *testing.T) {
	products := httptest.NewServer(server.ForRouters(exec.NewExecutableSchema(features.Schema())))
	defer products.Close()
	dir := t.TempDir()
	args := []string{"compose", "--out", filepath.Join(dir, "graph.graphql"), "products=" + products.URL + "=testdata/features/schema.graphqls"}
	for name, of := range beside {
		s := httptest.NewServer(knowing(t, of.knows))
		defer s.Close()
		file := filepath.Join(dir, name+".graphqls")
		if err := os.WriteFile(file, []byte(of.sdl), 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, name+"="+s.URL+"="+file)
	}
	if status, _, errs := run(args...); status != 0 {
		t.Fatal(errs)
	}
	graph, err := os.ReadFile(filepath.Join(dir, "graph.graphql"))
	if err != nil {
		t.Fatal(err)
	}
	g, err := gateway.New(t.Context(), gateway.Options{Supergraph: string(graph)})
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	sdl := alone(t, products.URL, `{ _service { sdl } }`, "")

	for name, c := range map[string]struct {
		says  string // of the subgraph's schema
		alone string // a question to it, and the answer
		want  string
		join  string // a question to the graph, and the answer
		both  string
	}{
		"_service": {says: "type Query"},
		"@link":    {says: `url: \"https://specs.apollo.dev/federation/v2.3\"`},
		"@key (single)": {`type User @key(fields: \"email\")`, `{ _entities(representations: [{__typename: "User", email: "support@apollographql.com"}]) { ... on User { email name } } }`,
			`{"data":{"_entities":[{"email":"support@apollographql.com","name":"Jane Smith"}]}}`, "", ""},
		"@key (multiple fields)": {`type DeprecatedProduct @key(fields: \"sku package\")`,
			`{ _entities(representations: [{__typename: "DeprecatedProduct", sku: "apollo-federation-v1", package: "@apollo/federation-v1"}]) { ... on DeprecatedProduct { reason } } }`,
			`{"data":{"_entities":[{"reason":"Migrate to Federation V2"}]}}`, "", ""},
		"@key (composite)": {`type ProductResearch @key(fields: \"study { caseNumber }\")`,
			`{ _entities(representations: [{__typename: "ProductResearch", study: {caseNumber: "1234"}}]) { ... on ProductResearch { study { description } } } }`,
			`{"data":{"_entities":[{"study":{"description":"Federation Study"}}]}}`, "", ""},
		"@key (repeated), in one batch": {`@key(fields: \"id\") @key(fields: \"sku package\") @key(fields: \"sku variation { id }\")`,
			`{ _entities(representations: [{__typename: "Product", id: "apollo-federation"}, {__typename: "Product", sku: "federation", package: "@apollo/federation"},
				{__typename: "Product", sku: "studio", variation: {id: "platform"}}, {__typename: "Product", id: "none"}]) { ... on Product { id } } }`,
			`{"data":{"_entities":[{"id":"apollo-federation"},{"id":"apollo-federation"},{"id":"apollo-studio"},null]}}`, "", ""},
		"@requires, of two subgraphs": {`@requires(fields: \"totalProductsCreated yearsOfEmployment\")`, "", "",
			`{ product(id: "apollo-federation") { createdBy { averageProductsCreatedPerYear email } delivery { estimated } } }`,
			`{"product":{"createdBy":{"averageProductsCreatedPerYear":133,"email":"support@apollographql.com"},"delivery":{"estimated":"5 days"}}}`},
		"@provides": {`@provides(fields: \"totalProductsCreated\")`, `{ product(id: "apollo-federation") { createdBy { totalProductsCreated } } }`,
			`{"data":{"product":{"createdBy":{"totalProductsCreated":1337}}}}`,
			`{ product(id: "apollo-federation") { createdBy { totalProductsCreated } } }`, `{"product":{"createdBy":{"totalProductsCreated":1337}}}`},
		"@shareable": {`type ProductDimension @shareable`, "", "", `{ product(id: "apollo-federation") { dimensions { size weight } } }`, `{"product":{"dimensions":{"size":"small","weight":1}}}`},
		"@tag":       {says: `notes: String @tag(name: \"internal\")`},
		"@override":  {`@override(from: \"users\")`, "", "", `{ product(id: "apollo-federation") { createdBy { name } } }`, `{"product":{"createdBy":{"name":"Jane Smith"}}}`},
		"@inaccessible": {`unit: String @inaccessible`, `{ product(id: "apollo-federation") { dimensions { unit } } }`,
			`{"data":{"product":{"dimensions":{"unit":"kg"}}}}`, `{ product(id: "apollo-federation") { dimensions { unit } } }`, ""},
		"@composeDirective": {says: `@composeDirective(name: \"@custom\")`},
		"@interfaceObject": {`type Inventory @interfaceObject @key(fields: \"id\")`, "", "",
			`{ inventory(id: "apollo-oss") { products { sku } deprecatedProducts { sku reason } } }`,
			`{"inventory":{"products":[{"sku":"federation"}],"deprecatedProducts":[{"sku":"apollo-federation-v1","reason":"Migrate to Federation V2"}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(sdl, c.says) {
				t.Errorf("the schema does not say %s", c.says)
			}
			if c.alone != "" {
				if got := alone(t, products.URL, c.alone, ""); got != c.want {
					t.Errorf("got %s, want %s", got, c.want)
				}
			}
			if c.join != "" {
				if a := g.Ask(t.Context(), gateway.Request{Query: c.join}); string(a.Data) != c.both || (a.Errors != nil) != (c.both == "") {
					t.Errorf("got %s %s, want %s", a.Data, a.Errors, c.both)
				}
			}
		})
	}
	t.Run("@composeDirective in the graph", func(t *testing.T) {
		if !strings.Contains(string(graph), "directive @custom on OBJECT") || !strings.Contains(string(graph), "type Product @custom") {
			t.Error("the graph has no @custom")
		}
	})
	t.Run("federated tracing", func(t *testing.T) {
		if got := alone(t, products.URL, `{ __typename }`, "ftv1"); !strings.Contains(got, `"extensions":{"ftv1":"`) {
			t.Error(got)
		}
	})
}

// alone asks one subgraph.
func alone(t *testing.T, address, query, trace string) string {
	t.Helper()
	body, err := json.Marshal(map[string]string{"query": query})
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(string(body)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if trace != "" {
		r.Header.Set("Apollo-Federation-Include-Trace", trace)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	got, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(got))
}
