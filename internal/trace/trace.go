// Package trace tells what one request did, from the door to the departments, and nothing of whom it was about.
//
// It is a thin room over OpenTelemetry: spans with names and attributes from closed
// lists only. What a caller chose (the text of a query, the name of an operation, an
// address) and what a person is never stands in one; of an error only its reason.
// A context without a tracer makes no spans and costs next to nothing.
package trace

import (
	"context"
	"net/http"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
	"go.opentelemetry.io/otel/trace/noop"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Key is what a span may say of itself.
type Key = attribute.Key

// Keys are all that spans say.
const (
	Route      Key = "http.route"
	Method     Key = "http.request.method"
	Status     Key = "http.response.status_code"
	Operation  Key = "graphql.operation.type"
	Shape      Key = "graphql.operation.shape" // hash of what is asked, without values, names of the caller's, or order
	Department Key = "vetgraph.department"
	Port       Key = "vetgraph.port"
	Act        Key = "vetgraph.act" // what a port is asked to do
	Job        Key = "vetgraph.job" // kind of a queued job
	Attempt    Key = "vetgraph.attempt"
	Subgraph   Key = "vetgraph.subgraph"
	Reason     Key = "vetgraph.reason" // of a fault
)

// Kind says which end of a call a span is.
type Kind = trace.SpanKind

// The kinds of span.
const (
	Inside = trace.SpanKindInternal
	Server = trace.SpanKindServer
	Client = trace.SpanKindClient
	Worker = trace.SpanKindConsumer
)

var (
	w3c  = propagation.TraceContext{}
	none = noop.NewTracerProvider().Tracer("")
)

type key struct{}

// With gives a context the tracer that its spans are made by; nil makes none.
func With(ctx context.Context, t trace.Tracer) context.Context {
	if t == nil {
		return ctx
	}
	return context.WithValue(ctx, key{}, t)
}

// Span is one stretch of work under way.
type Span struct{ span trace.Span }

// Start begins a span below the one of the context. End it.
func Start(ctx context.Context, name string, kind Kind, about ...attribute.KeyValue) (context.Context, Span) {
	t, ok := ctx.Value(key{}).(trace.Tracer)
	if !ok {
		t = none
	}
	ctx, span := t.Start(ctx, name, trace.WithSpanKind(kind), trace.WithAttributes(about...))
	return ctx, Span{span}
}

// Say adds attributes.
func (s Span) Say(about ...attribute.KeyValue) { s.span.SetAttributes(about...) }

// Name renames the span, once it is known what it was.
func (s Span) Name(name string) { s.span.SetName(name) }

// End ends the span; of an error it keeps the reason alone.
func (s Span) End(err error) {
	if err != nil {
		s.Fail(fault.Of(err).Reason)
	}
	s.span.End()
}

// Fail marks the span as failed for a reason of the closed list.
func (s Span) Fail(reason string) {
	s.span.SetStatus(codes.Error, reason)
	s.span.SetAttributes(Reason.String(reason))
}

// ID is the trace of a context, as logs and errors tell it; "" without one.
func ID(ctx context.Context) string {
	if c := trace.SpanContextFromContext(ctx); c.HasTraceID() {
		return c.TraceID().String()
	}
	return ""
}

// Hear takes over the trace that a caller is in (W3C Trace Context).
func Hear(ctx context.Context, header http.Header) context.Context {
	return w3c.Extract(ctx, propagation.HeaderCarrier(header))
}

// Tell puts the trace into the headers of a call to somebody else.
func Tell(ctx context.Context, header http.Header) {
	w3c.Inject(ctx, propagation.HeaderCarrier(header))
}

// Pack is the trace as text, to be kept with work that is done later; "" without one.
func Pack(ctx context.Context) string {
	packed := propagation.MapCarrier{}
	w3c.Inject(ctx, packed)
	return packed["traceparent"]
}

// Unpack is the context of work that was put off.
func Unpack(ctx context.Context, packed string) context.Context {
	return w3c.Extract(ctx, propagation.MapCarrier{"traceparent": packed})
}
