package server

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/otel/attribute"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/trace"
)

// meters counts what happens, for /metrics. Labels are closed lists: routes,
// states and department codes, never anything a caller chose or a person is.
type meters struct {
	registry    *prometheus.Registry
	requests    *prometheus.CounterVec
	seconds     *prometheus.HistogramVec
	operations  *prometheus.CounterVec
	departments *prometheus.HistogramVec
	callbacks   *prometheus.CounterVec
	security    *prometheus.CounterVec
	usage       *usage
}

func newMeters() *meters {
	m := &meters{
		registry: prometheus.NewRegistry(),
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_http_requests_total", Help: "HTTP requests by route and status."}, []string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vetgraph_http_seconds", Help: "Time to answer, by route; streams until they end.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"route"}),
		operations: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_graphql_answers_total", Help: "GraphQL answers by type of operation and outcome."}, []string{"type", "outcome"}),
		departments: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vetgraph_department_seconds", Help: "Calls on departments by department, operation and outcome.",
			Buckets: []float64{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30}}, []string{"department", "operation", "outcome"}),
		callbacks: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_callbacks_total", Help: "Callbacks by department and outcome."}, []string{"department", "outcome"}),
		security: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_security_events_total", Help: "Security events by kind."}, []string{"event"}),
	}
	m.registry.MustRegister(m.requests, m.seconds, m.operations, m.departments, m.callbacks, m.security,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	m.usage = newUsage(m.registry)
	return m
}

func (m *meters) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{})
}

// ExtensionName implements graphql.HandlerExtension.
func (*meters) ExtensionName() string { return "Meters" }

// Validate implements graphql.HandlerExtension.
func (*meters) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse counts answers: of queries and mutations one each, of
// subscriptions one for each message.
func (m *meters) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	if r == nil {
		return nil
	}
	kind, outcome := "refused", "ok"
	if op := graphql.GetOperationContext(ctx); op != nil && op.Operation != nil {
		kind = string(op.Operation.Operation)
	}
	if len(r.Errors) > 0 {
		outcome = "error"
		if code, ok := r.Errors[0].Extensions["code"].(string); ok {
			outcome = code
		}
	}
	m.operations.WithLabelValues(kind, outcome).Inc()
	answered(ctx, r)
	return r
}

func (m *meters) callback(department string, err error) {
	outcome := outcomeOf(err)
	if outcome == "DEPARTMENT_UNKNOWN" {
		department = "unknown"
	}
	m.callbacks.WithLabelValues(department, outcome).Inc()
}

func outcomeOf(err error) string {
	if err == nil {
		return "ok"
	}
	return fault.Of(err).Reason
}

// http counts requests of a route.
func (m *meters) http(route string, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		seen := &status{ResponseWriter: w, code: http.StatusOK}
		next.ServeHTTP(seen, r)
		m.requests.WithLabelValues(route, strconv.Itoa(seen.code)).Inc()
		m.seconds.WithLabelValues(route).Observe(time.Since(start).Seconds())
	})
}

// status remembers the status that was answered.
type status struct {
	http.ResponseWriter
	code    int
	wrote   bool
	witness *witness // of the request; nil in what wraps it once more
}

// WriteHeader implements http.ResponseWriter.
func (s *status) WriteHeader(code int) {
	if !s.wrote {
		s.code, s.wrote = code, true
	}
	s.ResponseWriter.WriteHeader(code)
}

// Flush implements http.Flusher: events go out at once.
func (s *status) Flush() {
	if f, ok := s.ResponseWriter.(http.Flusher); ok {
		f.Flush()
	}
}

// Unwrap lets websockets find the connection.
func (s *status) Unwrap() http.ResponseWriter { return s.ResponseWriter }

// kind measures every call through lines of a kind of port.
func (m *meters) kind(open port.Kind) port.Kind {
	return func(s port.Setup) (port.Line, error) {
		l, err := open(s)
		if err != nil {
			return nil, err
		}
		return &measured{l, m, s.Department}, nil
	}
}

type measured struct {
	port.Line
	meters *meters
	code   string
}

// Unwrap is the line that is measured.
func (l *measured) Unwrap() port.Line { return l.Line }

// begin measures a call and lets it stand in the trace; tell it how the call ended.
func (l *measured) begin(ctx context.Context, operation string, p *catalog.Port) (context.Context, func(error)) {
	start := time.Now()
	about := []attribute.KeyValue{trace.Department.String(l.code), trace.Act.String(operation)}
	if p != nil {
		about = append(about, trace.Port.String(p.ID))
	}
	ctx, span := trace.Start(ctx, "port "+operation, trace.Client, about...)
	return ctx, func(err error) {
		outcome := "REFUSED"
		if _, refused := errors.AsType[*port.Refusal](err); !refused {
			outcome = outcomeOf(err)
		}
		if err != nil {
			span.Fail(outcome)
		}
		span.End(nil)
		l.meters.departments.WithLabelValues(l.code, operation, outcome).Observe(time.Since(start).Seconds())
	}
}

// Deliver implements port.Line.
func (l *measured) Deliver(ctx context.Context, p *catalog.Port, item port.Item) (s port.Slip, err error) {
	ctx, done := l.begin(ctx, "deliver", p)
	defer func() { done(err) }()
	return l.Line.Deliver(ctx, p, item)
}

// Status implements port.Line.
func (l *measured) Status(ctx context.Context, p *catalog.Port, ids []string) (m []port.Message, err error) {
	ctx, done := l.begin(ctx, "status", p)
	defer func() { done(err) }()
	return l.Line.Status(ctx, p, ids)
}

// Withdraw implements port.Line.
func (l *measured) Withdraw(ctx context.Context, p *catalog.Port, id string) (m port.Message, err error) {
	ctx, done := l.begin(ctx, "withdraw", p)
	defer func() { done(err) }()
	return l.Line.Withdraw(ctx, p, id)
}

// Lookup implements port.Line.
func (l *measured) Lookup(ctx context.Context, p *catalog.Port, persons []port.Person) (f []port.Found, err error) {
	ctx, done := l.begin(ctx, "lookup", p)
	defer func() { done(err) }()
	return l.Line.Lookup(ctx, p, persons)
}
