package main

import (
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/99designs/gqlgen/graphql/handler/extension"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/docs/examples/concessions/exec"
)

// secretHeader is where a router shows that it is one.
const secretHeader = "Vetgraph-Router-Secret" //nolint:gosec // a header's name

// service is everything that answers need.
type service struct {
	offer    *offer
	register *register
	permits  *permits
	now      func() time.Time
	log      zerolog.Logger
	secret   string
}

// open reads what there is: the concessions, the key, and what was taken up.
func open(data, file, secret string, log zerolog.Logger) (*service, error) {
	o, err := loadOffer(file)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return nil, fmt.Errorf("data folder: %w", err)
	}
	p, err := openPermits(filepath.Join(data, "permit.key"))
	if err != nil {
		return nil, err
	}
	r, err := openRegister(filepath.Join(data, "taken.jsonl"))
	if err != nil {
		return nil, err
	}
	return &service{offer: o, register: r, permits: p, now: time.Now, log: log, secret: secret}, nil
}

func (s *service) close() error { return s.register.close() }

// handler is /graphql for routers and /healthz for whoever watches.
func (s *service) handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/graphql", s.routersOnly(s.graph()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n"))
	})
	return mux
}

func (s *service) graph() http.Handler {
	g := handler.New(exec.NewExecutableSchema(exec.Config{Resolvers: &resolver{s}}))
	g.AddTransport(transport.Websocket{InitTimeout: 10 * time.Second, KeepAlivePingInterval: 20 * time.Second})
	g.AddTransport(transport.SSE{KeepAlivePingInterval: 15 * time.Second})
	g.AddTransport(transport.POST{})
	g.SetQueryCache(lru.New[*ast.QueryDocument](500))
	g.SetParserTokenLimit(maxTokens)
	g.SetErrorPresenter(s.present)
	g.Use(fieldLimit{})
	g.Use(extension.Introspection{})
	return g
}

// routersOnly lets in who shows the secret. It takes the same time for every wrong
// one. What is noted of a request is its trace, so that it can be found again in
// the router's and the hub's; never what was asked about whom.
func (s *service) routersOnly(next http.Handler) http.Handler {
	want := []byte(s.secret)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if len(want) > 0 && subtle.ConstantTimeCompare([]byte(r.Header.Get(secretHeader)), want) != 1 {
			w.Header().Set("Content-Type", "application/json; charset=utf-8")
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = w.Write([]byte(`{"errors":[{"message":"路由器口令不正确。 The router's secret is not right.","extensions":{"code":"UNAUTHENTICATED","reason":"ROUTER_SECRET"}}]}`))
			return
		}
		s.log.Debug().Str("trace", traceID(r.Header.Get("Traceparent"))).Msg("request")
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r)
	})
}

// traceID is the second part of a W3C traceparent, empty if it is none.
func traceID(parent string) string {
	if part := strings.Split(parent, "-"); len(part) == 4 && len(part[1]) == 32 {
		return part[1]
	}
	return ""
}

// refusal is what a client may be told, Chinese first. Every other error is ours:
// it is logged, and the client learns only that there was one.
type refusal struct{ code, reason, zh, en string }

// Error implements error.
func (r *refusal) Error() string { return r.zh + " " + r.en }

func (s *service) present(ctx context.Context, err error) *gqlerror.Error {
	out := graphql.DefaultErrorPresenter(ctx, err)
	var told *refusal
	switch {
	case errors.As(err, &told):
		out.Extensions = map[string]any{"code": told.code, "reason": told.reason, "message": map[string]string{"zh": told.zh, "en": told.en}}
	case out.Extensions["code"] != nil || out.Unwrap() == nil:
		// the document or its variables, in the words of the library
	default:
		s.log.Error().Err(err).Str("path", out.Path.String()).Msg("resolve")
		out.Message = "系统内部错误。 Something went wrong here."
		out.Extensions = map[string]any{"code": "INTERNAL", "reason": "INTERNAL"}
	}
	return out
}
