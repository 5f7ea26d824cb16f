package server

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/lru"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/trace"
)

// Labels that callers bring about are bounded: what comes after so many of them is
// counted as "other".
const (
	mostShapes  = 300
	mostClients = 50
)

// named is what a client may call itself (header X-Client-Name): it begins with a
// letter and holds no long number, so it is nobody's.
var named = regexp.MustCompile(`^[a-zA-Z](?:[a-zA-Z._-]|[0-9]{1,4}(?:[a-zA-Z._-]|$)){0,39}$`)

// usage tells what is asked of the graph: for each operation its time, for each
// field how often it is asked for, for deprecated ones by whom.
type usage struct {
	seconds    *prometheus.HistogramVec
	fields     *prometheus.CounterVec
	deprecated *prometheus.CounterVec

	known   graphql.Cache[*shape]
	mu      sync.Mutex
	shapes  map[string]bool
	clients map[string]bool
}

// shape is what an operation asks for, without its values and names.
type shape struct {
	operation  *ast.OperationDefinition
	hash       string
	fields     []string // Type.field
	deprecated []string
}

func newUsage(r *prometheus.Registry) *usage {
	u := &usage{
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "vetgraph_graphql_seconds", Help: "Time to answer by type and shape of the operation; messages of subscriptions one by one.",
			Buckets: []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}}, []string{"type", "operation"}),
		fields: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_graphql_fields_total", Help: "Operations that asked for a field."}, []string{"field"}),
		deprecated: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "vetgraph_graphql_deprecated_total", Help: "Operations that asked for a deprecated field, by the client's name."}, []string{"field", "client"}),
		known: kept[*shape]{lru.New[*shape](cached)}, shapes: map[string]bool{}, clients: map[string]bool{},
	}
	r.MustRegister(u.seconds, u.fields, u.deprecated)
	return u
}

// ExtensionName implements graphql.HandlerExtension.
func (*usage) ExtensionName() string { return "Usage" }

// Validate implements graphql.HandlerExtension.
func (*usage) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse counts and times an answer, and lets logs and traces name what
// was asked by its shape.
func (u *usage) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	op := graphql.GetOperationContext(ctx)
	if op == nil || op.Operation == nil {
		return next(ctx)
	}
	s, kind, start := u.shapeOf(ctx, op), string(op.Operation.Operation), time.Now()
	ctx, span := trace.Start(logOperation(ctx, s.hash), kind, trace.Inside, trace.Operation.String(kind), trace.Shape.String(s.hash))
	r := next(ctx)
	if r == nil { // the end of a subscription
		span.End(nil)
		return nil
	}
	log := zerolog.Ctx(ctx).Debug().Str("type", kind).Dur("took", time.Since(start))
	if len(r.Errors) > 0 {
		reason, _ := r.Errors[0].Extensions["reason"].(string)
		span.Fail(reason)
		log = log.Int("errors", len(r.Errors)).Str("reason", reason)
	}
	log.Msg("answer")
	span.End(nil)
	u.seconds.WithLabelValues(kind, u.bounded(u.shapes, s.hash, mostShapes)).Observe(time.Since(start).Seconds())
	for _, f := range s.fields {
		u.fields.WithLabelValues(f).Inc()
	}
	if len(s.deprecated) > 0 {
		client := u.client(op.Headers.Get("X-Client-Name"))
		for _, f := range s.deprecated {
			u.deprecated.WithLabelValues(f, client).Inc()
		}
	}
	return r
}

// client is a client's name as a label.
func (u *usage) client(name string) string {
	if name == "" {
		return "unnamed"
	}
	if !named.MatchString(name) {
		return "other"
	}
	return u.bounded(u.clients, name, mostClients)
}

func (u *usage) bounded(seen map[string]bool, label string, most int) string {
	u.mu.Lock()
	defer u.mu.Unlock()
	if seen[label] {
		return label
	}
	if len(seen) >= most {
		return "other"
	}
	seen[label] = true
	return label
}

// shapeOf is kept by document and name: documents are parsed once.
func (u *usage) shapeOf(ctx context.Context, op *graphql.OperationContext) *shape {
	key := op.OperationName + "\x00" + op.RawQuery
	if s, ok := u.known.Get(ctx, key); ok && s.operation == op.Operation {
		return s
	}
	s := newShape(op.Operation)
	u.known.Add(ctx, key, s)
	return s
}

func newShape(op *ast.OperationDefinition) *shape {
	s, fields, old, spread := &shape{operation: op}, map[string]bool{}, map[string]bool{}, map[string]bool{}
	var text strings.Builder
	text.WriteString(string(op.Operation))
	var walk func(set ast.SelectionSet)
	walk = func(set ast.SelectionSet) {
		text.WriteByte('{')
		for _, sel := range set {
			switch sel := sel.(type) {
			case *ast.Field:
				text.WriteByte(' ')
				text.WriteString(sel.Name)
				for _, a := range sel.Arguments {
					text.WriteByte(':')
					text.WriteString(a.Name)
				}
				if d := sel.ObjectDefinition; d != nil && !strings.HasPrefix(sel.Name, "__") && !strings.HasPrefix(d.Name, "__") {
					fields[d.Name+"."+sel.Name] = true
					if sel.Definition != nil && sel.Definition.Directives.ForName("deprecated") != nil {
						old[d.Name+"."+sel.Name] = true
					}
				}
				if len(sel.SelectionSet) > 0 {
					walk(sel.SelectionSet)
				}
			case *ast.InlineFragment:
				text.WriteString(" on " + sel.TypeCondition)
				walk(sel.SelectionSet)
			case *ast.FragmentSpread:
				if sel.Definition != nil && !spread[sel.Name] { // once: fragments in fragments may multiply
					spread[sel.Name] = true
					text.WriteString(" on " + sel.Definition.TypeCondition)
					walk(sel.Definition.SelectionSet)
				}
			}
		}
		text.WriteByte('}')
	}
	walk(op.SelectionSet)
	sum := sha256.Sum256([]byte(text.String()))
	s.hash = hex.EncodeToString(sum[:6])
	s.fields, s.deprecated = slices.Sorted(maps.Keys(fields)), slices.Sorted(maps.Keys(old))
	return s
}
