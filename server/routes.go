package server

import (
	"cmp"
	"crypto/subtle"
	"maps"
	"net/http"
	"slices"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Handler is what the public address serves.
func (h *Hub) Handler() http.Handler {
	mux := http.NewServeMux()
	route := func(pattern, name string, handler http.Handler) { mux.Handle(pattern, h.meters.http(name, handler)) }
	route("/graphql", "graphql", h.cors(h.identify(through("graphql", h.partners(h.graph())))))
	route("GET /schema.graphql", "schema", h.identify(h.ownSchema()))
	route("POST "+tokenPath, "token", http.HandlerFunc(h.clientToken))
	route("GET /export/{file}", "export", h.cors(h.identify(through("export", h.exports()))))
	route("GET "+copyPath, "copy", h.cors(h.identify(through("copy", h.personCopy()))))
	route("POST /callbacks/{department}", "callback", http.HandlerFunc(h.callbacks))
	route("POST /payments/{party}", "payment", http.HandlerFunc(h.payments))
	route("GET /healthz", "health", http.HandlerFunc(healthy))
	route("GET /readyz", "ready", http.HandlerFunc(h.ready))
	if d, ok := h.who.(*demoTokens); ok {
		route("GET /dev/token", "token", h.devToken(d))
		route("GET /dev/messages", "messages", http.HandlerFunc(h.devMessages))
		route(facePath, "face", h.Fleet.FacePage())
		route("GET /dev/personas", "personas", http.HandlerFunc(h.devPersonas))
	}
	h.receiptRoutes(route)
	h.pages(route)
	return h.observe(secure(h.certified(mux)))
}

// SubgraphHandler is what routers are served, on an address of its own. Who asks
// is still the person whose token the router passes on.
func (h *Hub) SubgraphHandler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/subgraph", h.meters.http("subgraph", h.routersOnly(h.identify(through("subgraph", h.subgraph())))))
	mux.HandleFunc("GET /healthz", healthy)
	return h.observe(secure(mux))
}

// AdminHandler is what those who run the hub are served, on an address of its own.
func (h *Hub) AdminHandler() http.Handler {
	_ = h.meters.registry.Register(&gauges{hub: h}) // a second time it is there already
	_ = h.meters.registry.Register(&portGauges{hub: h})
	_ = h.meters.registry.Register(&webhookGauges{hub: h})
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", h.meters.handler())
	mux.HandleFunc("GET /healthz", healthy)
	mux.HandleFunc("GET /readyz", h.ready)
	return h.observe(secure(mux))
}

func healthy(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	writeText(w, "ok\n")
}

func (h *Hub) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if err := h.Ready(r.Context()); err != nil {
		log := h.log("ready")
		log.Warn().Err(err).Msg("not ready")
		w.WriteHeader(http.StatusServiceUnavailable)
		writeText(w, "the database does not answer\n")
		return
	}
	writeText(w, "ready\n")
}

// routersOnly asks routers for their secret, if there is one.
func (h *Hub) routersOnly(next http.Handler) http.Handler {
	want := []byte(h.Config.SubgraphSecret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(want) > 0 && subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), want) != 1 {
			refuse(w, http.StatusUnauthorized, fault.New(fault.SignedOut, "ROUTER_SECRET", "路由器口令不正确。", "The router's secret is not right."))
			return
		}
		next.ServeHTTP(w, r)
	})
}

// cors lets the web origins that the configuration names call from a browser.
func (h *Hub) cors(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Add("Vary", "Origin")
		if origin := r.Header.Get("Origin"); origin != "" && slices.Contains(h.Config.Origins, origin) {
			w.Header().Set("Access-Control-Allow-Origin", origin)
			w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type, Accept, X-Client-Name, X-Client-Version, X-Request-Id, Traceparent, Tracestate")
			w.Header().Set("Access-Control-Expose-Headers", "X-Request-Id, X-Query-Cost, RateLimit, RateLimit-Policy, Retry-After")
			w.Header().Set("Access-Control-Allow-Methods", "GET, POST")
			w.Header().Set("Access-Control-Max-Age", "600")
		}
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// secure sets the headers that every answer has. Pages add their own policy.
func secure(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		next.ServeHTTP(w, r)
	})
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
