package server

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/trace"
	"github.com/vetgraph/vetgraph/internal/trace/otlp"
)

// ours is the shape of request IDs that are taken over from a caller: a UUID or a
// trace ID. Anything else could be a person's number.
var ours = regexp.MustCompile(`^[0-9a-f]{32}$|^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// openTraces opens the way to a collector, if there is one.
func (h *Hub) openTraces(ctx context.Context) error {
	h.tracer = h.Config.Tracer
	if h.tracer != nil || h.Config.Traces == "" {
		return nil
	}
	t, closed, err := otlp.Open(context.WithoutCancel(ctx), strings.TrimSuffix(h.Config.Traces, "/"))
	if err != nil {
		return err
	}
	h.tracer = t
	h.onClose(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_ = closed(ctx) // a collector that is away holds up nobody
		return nil
	})
	return nil
}

// observe gives each request an ID, a span and a logger that tells both, and notes
// it at debug level: method, route, status and time, never a query, a token, a path
// with somebody's ID in it or an address.
func (h *Hub) observe(next http.Handler) http.Handler {
	log := h.log("http")
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		id := requestID(r)
		w.Header().Set("X-Request-Id", id)
		ctx, span := trace.Start(trace.With(trace.Hear(r.Context(), r.Header), h.tracer), "request", trace.Server)
		with := log.With().Str("request", id)
		if t := trace.ID(ctx); t != "" {
			with = with.Str("trace", t)
		}
		mine := with.Logger()
		ctx, heard := h.witnessed(ctx, id)
		seen := &status{ResponseWriter: w, code: http.StatusOK, witness: heard}
		asked := r.WithContext(mine.WithContext(ctx))
		asked.Header.Set("X-Request-Id", id) // other subgraphs, if we ask any, hear it
		next.ServeHTTP(seen, asked)
		route := routeOf(asked)
		span.Name(r.Method + " " + route)
		span.Say(trace.Method.String(r.Method), trace.Route.String(route), trace.Status.Int(seen.code))
		span.End(nil)
		mine.Debug().Str("method", r.Method).Str("route", route).Int("status", seen.code).Dur("took", time.Since(start)).Msg("request")
	})
}

// routeOf is the pattern that a request was served by.
func routeOf(r *http.Request) string {
	_, route, found := strings.Cut(r.Pattern, " ")
	if !found {
		route = r.Pattern
	}
	if route == "" {
		return "none"
	}
	return route
}

// requestID is the caller's, if it cannot be anything else, or a new one.
func requestID(r *http.Request) string {
	if id := r.Header.Get("X-Request-Id"); ours.MatchString(id) {
		return id
	}
	var b [16]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}

// logOperation adds what is asked, by its shape, to the logger of a request.
func logOperation(ctx context.Context, shape string) context.Context {
	log := zerolog.Ctx(ctx).With().Str("operation", shape).Logger()
	return log.WithContext(ctx)
}
