package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"sync/atomic"

	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// streams numbers subscriptions, so that the resolver never takes two for one: a
// second listener would miss what the first has heard already.
var streams atomic.Uint64

// Subscribe answers any operation as a stream: a subscription with each message,
// joined with what other subgraphs say of it; a query or a mutation with one. The
// stream is closed after the last message, when a subgraph's stream breaks (that
// is told by an error) or when ctx ends, which whoever stops reading must see to.
func (g *Gateway) Subscribe(ctx context.Context, r Request) <-chan Answer {
	out := make(chan Answer, 1)
	p, variables, err := g.prepare(r)
	if err != nil {
		out <- g.failed(err)
		close(out)
		return out
	}
	run, ok := p.plan.(*plan.SubscriptionResponsePlan)
	if !ok {
		g.running.Go(func() {
			defer close(out)
			out <- g.Ask(ctx, r)
		})
		return out
	}
	c, err := g.resolving(ctx, r, p, variables, streams.Add(1))
	if err != nil {
		out <- g.failed(err)
		close(out)
		return out
	}
	g.running.Go(func() {
		defer close(out)
		w := &messages{g: g, ctx: ctx, to: out, caller: r.Caller}
		if err := g.resolver.ResolveGraphQLSubscription(c, run.Response, w); err != nil && ctx.Err() == nil {
			w.send(g.failed(err))
		}
	})
	return out
}

// messages takes what the resolver writes, message by message.
type messages struct {
	g   *Gateway
	ctx context.Context
	to  chan<- Answer
	buf bytes.Buffer

	caller *Caller
}

func (m *messages) send(a Answer) {
	select {
	case m.to <- a:
	case <-m.ctx.Done():
	}
}

// Write implements io.Writer.
func (m *messages) Write(p []byte) (int, error) { return m.buf.Write(p) }

// Flush ends one message.
func (m *messages) Flush() error {
	a := m.g.inOurWords(answer(bytes.Clone(m.buf.Bytes())), m.caller)
	m.buf.Reset()
	m.send(a)
	return m.ctx.Err()
}

// Complete is told when the subgraph's stream ends; that the channel closes says it.
func (m *messages) Complete() {}

// Heartbeat is the business of whoever serves clients.
func (m *messages) Heartbeat() error { return nil }

// Error is the last message of a stream that broke.
func (m *messages) Error(data []byte) { m.send(answer(data)) }

// asyncErrors tells what goes wrong while a message is put together.
type asyncErrors struct{ g *Gateway }

// WriteError implements resolve.AsyncErrorWriter.
func (a asyncErrors) WriteError(_ *resolve.Context, err error, _ *resolve.GraphQLResponse, w io.Writer) {
	if m, ok := w.(*messages); ok {
		m.buf.Reset()
		m.send(a.g.failed(err))
	}
}

// broken is the last message of a stream that ended in no good order.
func (u *upstream) broken(cause error) []byte {
	u.warn(cause)
	body, err := json.Marshal(map[string]any{"errors": []any{u.silence()}})
	if err != nil {
		return []byte(`{"errors":[{"message":"SUBGRAPH_SILENT"}]}`)
	}
	return body
}

// silence says that a subgraph does not answer.
func (u *upstream) silence() told {
	e := u.g.present(fault.Newf(fault.Unavailable, "SUBGRAPH_SILENT", "子图 %[1]s 没有应答。", "The subgraph %[1]s does not answer.", u.name))
	e.Extensions["subgraph"] = u.name
	return e
}
