// Package gateway is one graph out of many subgraphs, in this process.
//
// It reads a composed supergraph, plans each operation over the subgraphs that it
// needs and puts one answer together. A subgraph is reached over HTTP, or without
// a socket if its handler is in this process. What one subgraph fails to say is
// null with a typed error; the rest of the answer stands. Plans are kept, as many
// as [Options.Plans] allows. How clients are spoken with is not decided here.
package gateway

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/rs/zerolog"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/ast"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/astparser"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/asttransform"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/datasource/introspection_datasource"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Options is how a gateway is set up.
type Options struct {
	Supergraph string              // SDL
	Subgraphs  map[string]Subgraph // by name; one that is missing has the defaults and the supergraph's address

	Pass []string // names of headers of the caller that go on to every subgraph

	Checks []Rule // that requests can be held to, because their Caller is known; a supergraph that needs others is refused

	Extensions func(*fault.Fault) map[string]any // what an error carries for programs
	Transport  http.RoundTripper                 // to subgraphs over HTTP; nil: a pool of its own
	Plans      int                               // kept; 0: 1000
	Limits     Limits
	Log        zerolog.Logger
}

// Subgraph is how one subgraph is reached.
type Subgraph struct {
	URL     string        // "": as the supergraph says
	Handler http.Handler  // in this process; then no URL counts
	Timeout time.Duration // of one request; 0: 10 seconds. Streams have none
	Most    int64         // bytes of one answer; 0: 8 MiB
	Pass    []string      // names of headers of the caller that go on to it
	Send    http.Header   // headers that are its own, such as a shared secret
	Trusted bool          // its errors may carry all that ours carry
	Guards  bool          // it sees for itself who may read what, so the supergraph's rules for what it alone has are left to it
}

// Limits bound the work of one request.
type Limits struct {
	Depth   int // of selections; 0: 25
	Fields  int // with fragments written out; 0: 5000
	Aliases int // with fragments written out; 0: 500
}

// Gateway answers one graph.
type Gateway struct {
	options   Options
	whole     *ast.Document // with what is inaccessible: for planning
	client    *ast.Document // what clients may see and use
	planning  plan.Configuration
	plans     *lru.Cache[string, *prepared]
	documents *lru.Cache[string, *declared] // those whose plans can be found without reading them
	resolver  *resolve.Resolver
	sdl       string
	rules     *rules
	types     map[string]map[string]leadsTo // fields by type, for rules; empty if there are none
	roots     map[ast.OperationType]string
	running   sync.WaitGroup // streams, and requests in this process
	end       context.CancelFunc
}

// New reads the supergraph, reporting every mistake in it at once, and builds a
// gateway that lives until it is closed or ctx ends. No subgraph is asked anything yet.
func New(ctx context.Context, o Options) (*Gateway, error) {
	s, err := readSupergraph(o.Supergraph)
	if err != nil {
		return nil, err
	}
	o.defaults()
	g := &Gateway{options: o, sdl: s.api(true)}
	for name := range o.Subgraphs {
		if !s.names(name) {
			return nil, fmt.Errorf("the supergraph has no subgraph %q", name)
		}
	}
	if err := g.readRules(s); err != nil {
		return nil, err
	}
	if g.whole, err = definition(s.api(false)); err != nil {
		return nil, fmt.Errorf("the supergraph makes no schema: %w", err)
	}
	if g.client, err = definition(g.sdl); err != nil {
		return nil, fmt.Errorf("the supergraph makes no schema for clients: %w", err)
	}
	planning, err := plannerConfiguration(ctx, s, g.upstream)
	if err != nil {
		return nil, err
	}
	introspection, err := introspection_datasource.NewIntrospectionConfigFactory(g.client)
	if err != nil {
		return nil, fmt.Errorf("introspection: %w", err)
	}
	planning.DataSources = append(planning.DataSources, introspection.BuildDataSourceConfigurations()...)
	planning.Fields = append(planning.Fields, introspection.BuildFieldConfigurations()...)
	g.planning = *planning
	if g.plans, err = lru.New[string, *prepared](o.Plans); err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	if g.documents, err = lru.New[string, *declared](o.Plans); err != nil {
		return nil, fmt.Errorf("plans: %w", err)
	}
	ctx, g.end = context.WithCancel(ctx)
	g.resolver = resolve.New(ctx, resolve.ResolverOptions{
		AsyncErrorWriter: asyncErrors{g},
		MaxConcurrency:   1024, PropagateSubgraphErrors: true, RewriteSubgraphErrorPaths: true,
		SubgraphErrorPropagationMode: resolve.SubgraphErrorPropagationModePassThrough, AllowAllErrorExtensionFields: true,
	})
	return g, nil
}

// SDL is the schema that clients see.
func (g *Gateway) SDL() string { return g.sdl }

// Plans says how many plans are kept at the moment.
func (g *Gateway) Plans() int { return g.plans.Len() }

// Close ends all streams and waits for what is under way.
func (g *Gateway) Close() {
	g.end()
	g.running.Wait()
	if t, ok := g.options.Transport.(*http.Transport); ok {
		t.CloseIdleConnections()
	}
}

// Names lists the subgraphs of a supergraph, if it can be read.
func Names(supergraph string) ([]string, error) {
	s, err := readSupergraph(supergraph)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, g := range s.graphs {
		out = append(out, g.name)
	}
	return out, nil
}

func (o *Options) defaults() {
	if o.Plans <= 0 {
		o.Plans = 1000
	}
	if o.Extensions == nil {
		o.Extensions = func(f *fault.Fault) map[string]any { return map[string]any{"reason": f.Reason} }
	}
	if o.Transport == nil {
		t := &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 256, IdleConnTimeout: 90 * time.Second,
			TLSHandshakeTimeout: 5 * time.Second, DisableCompression: true}
		o.Transport = t
	}
	for _, l := range []struct {
		of    *int
		usual int
	}{{&o.Limits.Depth, 25}, {&o.Limits.Fields, 5000}, {&o.Limits.Aliases, 500}} {
		if *l.of <= 0 {
			*l.of = l.usual
		}
	}
}

func (s *supergraph) names(name string) bool {
	for _, g := range s.graphs {
		if g.name == name {
			return true
		}
	}
	return false
}

// definition parses a schema and adds what every schema has.
func definition(sdl string) (*ast.Document, error) {
	doc, report := astparser.ParseGraphqlDocumentString(sdl)
	if report.HasErrors() {
		return nil, report
	}
	if err := asttransform.MergeDefinitionWithBaseSchema(&doc); err != nil {
		return nil, err
	}
	return &doc, nil
}
