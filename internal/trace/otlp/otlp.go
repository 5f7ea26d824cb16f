// Package otlp sends spans to a collector, by OTLP over HTTP.
//
// The standard variables of OpenTelemetry (OTEL_TRACES_SAMPLER, OTEL_EXPORTER_OTLP_HEADERS,
// OTEL_RESOURCE_ATTRIBUTES …) are honoured.
package otlp

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"
	api "go.opentelemetry.io/otel/trace"
)

// Open makes a tracer whose spans go to the collector at an address such as
// http://127.0.0.1:4318. A collector that is away costs spans, never an answer. close
// sends what is left, for as long as its context allows.
func Open(ctx context.Context, address string) (t api.Tracer, close func(context.Context) error, err error) {
	exporter, err := otlptracehttp.New(ctx, otlptracehttp.WithEndpointURL(address+"/v1/traces"))
	if err != nil {
		return nil, nil, fmt.Errorf("traces to a collector: %w", err)
	}
	named, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithAttributes(attribute.String("service.name", "vetgraph")), resource.WithFromEnv())
	if err != nil {
		return nil, nil, fmt.Errorf("traces to a collector: %w", err)
	}
	p := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(named))
	return p.Tracer("github.com/vetgraph/vetgraph"), p.Shutdown, nil
}
