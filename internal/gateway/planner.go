package gateway

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/graphql_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
)

// plannerConfiguration tells the planner which subgraphs there are and what each
// has. Every subgraph has a way of its own, by which its requests go.
func plannerConfiguration(ctx context.Context, s *supergraph, way func(graph) *upstream) (*plan.Configuration, error) {
	out := &plan.Configuration{DefaultFlushIntervalMillis: 1000, DisableCalculateFieldDependencies: false}
	for _, name := range s.order {
		t := s.types[name]
		if machinery(name) || t.Kind != ast.Object && t.Kind != ast.Interface {
			continue
		}
		for _, f := range t.Fields {
			if len(f.Arguments) == 0 {
				continue
			}
			c := plan.FieldConfiguration{TypeName: name, FieldName: f.Name}
			for _, a := range f.Arguments {
				c.Arguments = append(c.Arguments, plan.ArgumentConfiguration{Name: a.Name, SourceType: plan.FieldArgumentSource})
			}
			out.Fields = append(out.Fields, c)
		}
	}
	for _, g := range s.graphs {
		ds, err := dataSource(ctx, s.sourceOf(g), way(g))
		if err != nil {
			return nil, fmt.Errorf("subgraph %s: %w", g.name, err)
		}
		out.DataSources = append(out.DataSources, ds)
	}
	return out, nil
}

// address is what the planner writes into requests; nobody is reached by it. Who is
// meant is decided by the client, where it is by its settings, so that no message
// can give an address away.
func address(g graph) string { return "http://" + g.id + ".subgraph" }

func dataSource(ctx context.Context, s *source, way *upstream) (plan.DataSource, error) {
	factory, err := graphql_datasource.NewFactory(ctx, way.client(), way)
	if err != nil {
		return nil, err
	}
	schema, err := graphql_datasource.NewSchemaConfiguration(s.sdl, &graphql_datasource.FederationConfiguration{Enabled: true, ServiceSDL: s.sdl})
	if err != nil {
		return nil, err
	}
	configuration, err := graphql_datasource.NewConfiguration(graphql_datasource.ConfigurationInput{
		Fetch:               &graphql_datasource.FetchConfiguration{URL: address(s.graph), Method: http.MethodPost},
		Subscription:        &graphql_datasource.SubscriptionConfiguration{URL: address(s.graph), UseSSE: true, SSEMethodPost: true},
		SchemaConfiguration: schema,
	})
	if err != nil {
		return nil, err
	}
	return plan.NewDataSourceConfigurationWithName(s.graph.id, s.graph.name, factory, &s.metadata, configuration)
}
