package server

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
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
	maxCost   = 25_000  // fields that an answer may have, roughly; see cost.go
	cached    = 2_000   // documents kept parsed and validated
)

// graph is the GraphQL endpoint for people's programs: every transport, without
// the fields that only routers need. With a supergraph it answers all subgraphs.
func (h *Hub) graph() http.Handler {
	var schema graphql.ExecutableSchema = h.joined
	if h.joined == nil {
		schema = h.executable(true)
	}
	s := h.server(schema)
	if h.joined == nil {
		h.load(s)
	}
	s.Use(h.documents)
	s.Use(newRate(h.Config))
	s.Use(introspection{demo: h.Config.Demo})
	h.count(s)
	h.transports(s, h.websocketViewer)
	return h.told(h.gate(s))
}

// subgraph is the endpoint for routers: _service and _entities too. Questions come by
// POST, subscriptions however routers have them: events by POST or GET, or a websocket.
func (h *Hub) subgraph() http.Handler {
	s := h.forRouters()
	s.AddTransport(h.sockets(h.websocketViewer))
	s.Use(newRouterTrace())
	s.Use(introspection{demo: h.Config.Demo})
	h.count(s)
	return h.gate(s)
}

// beneath is the same for our own gateway, which has done the counting: a question of
// somebody's is counted once, however many of ours it becomes.
func (h *Hub) beneath() http.Handler { return h.gate(h.forRouters()) }

func (h *Hub) forRouters() *handler.Server {
	s := h.server(h.executable(false))
	s.AroundFields(service(h.Config.Joined))
	h.load(s)
	s.AddTransport(events{transport.SSE{KeepAlivePingInterval: 15 * time.Second}, true})
	s.AddTransport(overHTTP{})
	return s
}

// executable is our own schema with what answers it.
func (h *Hub) executable(public bool) graphql.ExecutableSchema {
	c := exec.Config{Resolvers: h.Resolver}
	if public {
		c.Schema = publicSchema()
	}
	return exec.NewExecutableSchema(c)
}

// transports are all that people's programs may come by.
func (h *Hub) transports(s *handler.Server, init transport.WebsocketInitFunc) {
	s.AddTransport(h.sockets(init))
	s.AddTransport(events{transport.SSE{KeepAlivePingInterval: 15 * time.Second}, false})
	s.AddTransport(overHTTP{get: true})
}

func (h *Hub) sockets(init transport.WebsocketInitFunc) graphql.Transport {
	return closing{transport.Websocket{
		Implementation:        transport.CoderWebsocketImplementation{AcceptOptions: websocket.AcceptOptions{OriginPatterns: hosts(h.Config.Origins)}},
		InitFunc:              h.streams.websockets(counted(init)),
		InitTimeout:           10 * time.Second,
		KeepAlivePingInterval: 20 * time.Second,
		PingPongInterval:      20 * time.Second,
	}}
}

// server is what every GraphQL endpoint of ours has: limits, and errors in our words.
func (h *Hub) server(schema graphql.ExecutableSchema) *handler.Server {
	s := handler.New(schema)
	read := kept[*ast.QueryDocument]{lru.New[*ast.QueryDocument](cached)}
	s.SetQueryCache(read)
	s.SetParserTokenLimit(maxTokens)
	s.SetDisableSuggestion(!h.Config.Demo)
	s.SetErrorPresenter(resolvers.Present)
	s.SetRecoverFunc(resolvers.Recover)
	s.Use(fieldLimit{read})
	s.Use(atOnce{})
	s.Use(references{})
	s.Use(fewErrors{})
	s.Use(underWay{})
	s.Use(depthLimit(maxDepth))
	s.Use(&costLimit{most: maxCost})
	s.Use(h.policed)
	h.keepOut(s)
	return s
}

// count lets the meters see what is asked, and bounds what stays open.
func (h *Hub) count(s *handler.Server) {
	s.Use(h.streams)
	s.Use(h.meters)
	s.Use(h.meters.usage)
}

// load gives fresh loaders to each answer, also to each message of a subscription and
// each operation on one websocket: nothing remembered can be stale. What is loaded is
// also kept as read, where it is sensitive.
func (h *Hub) load(s *handler.Server) {
	h.receipted(s)
	s.AroundResponses(func(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
		return next(resolvers.WithLoaders(ctx, h.Resolver))
	})
}

// events is SSE for those who ask for it first. Some clients mention it in every
// request, behind JSON. Routers may begin a stream by GET, which people's programs
// may not: a page of somebody else's could make a browser send that.
type events struct {
	transport.SSE
	get bool
}

func (e events) Supports(r *http.Request) bool {
	first := strings.HasPrefix(strings.TrimSpace(r.Header.Get("Accept")), "text/event-stream")
	return first && (e.SSE.Supports(r) || e.get && r.Method == http.MethodGet && r.Header.Get("Upgrade") == "")
}

func (e events) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	w.Header().Set("X-Accel-Buffering", "no") // proxies pass on what they get at once
	if r.Method == http.MethodGet {
		params, err := overHTTP{}.params(r)
		if err != nil {
			refuse(w, http.StatusBadRequest, malformed())
			return
		}
		body, err := json.Marshal(params)
		if err != nil {
			refuse(w, http.StatusBadRequest, malformed())
			return
		}
		r = r.Clone(r.Context())
		r.Method, r.Body = http.MethodPost, io.NopCloser(bytes.NewReader(body))
		r.Header.Set("Content-Type", mediaJSON)
	}
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
