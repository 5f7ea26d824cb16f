package server

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/coder/websocket"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/graph/exec"
	"github.com/vetgraph/vetgraph/resolvers"
)

// Limits of one request. They bound work, not use: every screen of the portal
// stays far below.
const (
	maxBody   = 1 << 20 // bytes
	maxTokens = 15_000  // of a document
	maxDepth  = 15      // of selections
	maxCost   = 25_000  // fields that an answer may have, roughly; see limits.go
	cached    = 2_000   // documents kept parsed and validated
)

// graph is the GraphQL endpoint for people's programs: every transport, without
// the fields that only routers need.
func (h *Hub) graph() http.Handler {
	schema := exec.NewExecutableSchema(exec.Config{Resolvers: h.Resolver, Complexity: costs(), Schema: publicSchema()})
	s := h.server(schema)
	s.AddTransport(transport.Websocket{
		Implementation:        transport.CoderWebsocketImplementation{AcceptOptions: websocket.AcceptOptions{OriginPatterns: hosts(h.Config.Origins)}},
		InitFunc:              h.websocketViewer,
		InitTimeout:           10 * time.Second,
		KeepAlivePingInterval: 20 * time.Second,
		PingPongInterval:      20 * time.Second,
	})
	s.AddTransport(events{transport.SSE{KeepAlivePingInterval: 15 * time.Second}})
	s.AddTransport(overHTTP{get: true})
	return h.gate(s)
}

// subgraph is the endpoint for routers: _service and _entities too, and nothing
// but POST and events.
func (h *Hub) subgraph() http.Handler {
	s := h.server(exec.NewExecutableSchema(exec.Config{Resolvers: h.Resolver, Complexity: costs()}))
	s.AddTransport(events{transport.SSE{KeepAlivePingInterval: 15 * time.Second}})
	s.AddTransport(overHTTP{})
	return h.gate(s)
}

func (h *Hub) server(schema graphql.ExecutableSchema) *handler.Server {
	s := handler.New(schema)
	s.SetQueryCache(lru.New[*ast.QueryDocument](cached))
	s.SetParserTokenLimit(maxTokens)
	s.SetDisableSuggestion(!h.Config.Demo)
	s.SetErrorPresenter(resolvers.Present)
	s.SetRecoverFunc(resolvers.Recover)
	s.Use(depthLimit(maxDepth))
	s.Use(&costLimit{most: maxCost})
	s.Use(introspection{demo: h.Config.Demo})
	s.Use(h.meters)
	s.Use(h.meters.usage)
	// Fresh loaders for each answer, also for each message of a subscription and
	// each operation on one websocket: nothing remembered can be stale.
	s.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(resolvers.WithLoaders(ctx, h.Resolver))
	})
	return s
}

// events is SSE for those who ask for it first. Some clients mention it in every
// request, behind JSON.
type events struct{ transport.SSE }

func (e events) Supports(r *http.Request) bool {
	return strings.HasPrefix(strings.TrimSpace(r.Header.Get("Accept")), "text/event-stream") && e.SSE.Supports(r)
}

func (e events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Set("X-Accel-Buffering", "no") // proxies pass on what they get at once
	e.SSE.Do(w, r, exec)
}

// hosts are the origins as the websocket library compares them.
func hosts(origins []string) []string {
	out := make([]string, len(origins))
	for i, o := range origins {
		_, out[i], _ = strings.Cut(o, "://")
	}
	return out
}
