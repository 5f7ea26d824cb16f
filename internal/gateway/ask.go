package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"

	"github.com/wundergraph/astjson"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Request is a GraphQL request, and what came with it.
type Request struct {
	Query     string
	Operation string          // its name, if the document has more than one
	Variables json.RawMessage // an object; nil for none
	Header    http.Header     // of the caller; the settings say what of it goes on to whom
	Look      bool            // may ask what the schema is
	Caller    *Caller         // nil: nobody is signed in
}

// Answer is what GraphQL answers, as JSON.
type Answer struct {
	Data   json.RawMessage // nil: nothing was run
	Errors json.RawMessage // a list; nil: there are none. Places that stand with a path are those of a question to a subgraph
}

// Ask answers a query or a mutation. What goes wrong is told in the answer.
func (g *Gateway) Ask(ctx context.Context, r Request) Answer {
	p, variables, err := g.prepare(r)
	if err != nil {
		return g.failed(err)
	}
	run, ok := p.plan.(*plan.SynchronousResponsePlan)
	if !ok {
		return g.failed(fault.New(fault.Invalid, "SUBSCRIPTION_NEEDS_STREAM", "订阅需要流式连接。", "A subscription needs a stream."))
	}
	c, err := g.resolving(ctx, r, p, variables, 0)
	if err != nil {
		return g.failed(err)
	}
	var out bytes.Buffer
	if _, err := g.resolver.ArenaResolveGraphQLResponse(c, run.Response, &out); err != nil {
		return g.failed(err)
	}
	return g.inOurWords(answer(out.Bytes()), r.Caller)
}

// resolving is a request as the resolver has it. Requests under way are never
// shared: who leaves would take the answer of the others along.
func (g *Gateway) resolving(ctx context.Context, r Request, p *prepared, variables []byte, stream uint64) (*resolve.Context, error) {
	c := resolve.NewContext(ctx)
	c.SubgraphHeadersBuilder = &caller{g, r.Header, stream}
	c.RemapVariables = p.remap
	if len(g.rules.all) > 0 {
		c.SetAuthorizer(refuser{})
	}
	c.ExecutionOptions.DisableInboundRequestDeduplication = true
	c.ExecutionOptions.DisableSubgraphRequestDeduplication = true
	if len(variables) == 0 {
		return c, nil
	}
	var err error
	if c.Variables, err = astjson.ParseBytes(variables); err != nil {
		return nil, valueMalformed(nil)
	}
	return c, nil
}

// answer takes apart what the resolver wrote. Nearly always that is data alone.
func answer(body []byte) Answer {
	const head = `{"data":`
	if rest, ok := bytes.CutPrefix(body, []byte(head)); ok && bytes.HasSuffix(rest, []byte("}")) {
		return Answer{Data: rest[:len(rest)-1]}
	}
	var a struct{ Data, Errors json.RawMessage }
	if err := json.Unmarshal(body, &a); err != nil { // the resolver writes JSON, or we have to mend it
		return Answer{Errors: json.RawMessage(`[{"message":"INTERNAL"}]`)}
	}
	if a.Data == nil {
		a.Data = json.RawMessage("null")
	}
	return Answer(a)
}

func (g *Gateway) failed(err error) Answer {
	body, bad := json.Marshal(g.tell(&g.options.Log, err))
	if bad != nil {
		body = []byte(`[{"message":"INTERNAL"}]`)
	}
	return Answer{Errors: body}
}
