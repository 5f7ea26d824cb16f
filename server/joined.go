package server

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/gateway"
)

// joined is a graph of many subgraphs as our server has a schema, so that it is
// asked by the same transports, under the same limits and with the same counting as
// the hub alone.
type joined struct {
	gateway *gateway.Gateway
	schema  *ast.Schema
	hub     graphql.ExecutableSchema // what its fields cost is known there; nil: no hub
	caller  callerOf
}

// callerOf tells who asks, from what is known of the request and its Authorization.
type callerOf func(ctx context.Context, authorization string) *gateway.Caller

func join(g *gateway.Gateway, hub graphql.ExecutableSchema, caller callerOf) (*joined, error) {
	schema, err := gqlparser.LoadSchema(&ast.Source{Name: "supergraph", Input: g.SDL()})
	if err != nil {
		return nil, fmt.Errorf("the supergraph makes no schema for clients: %w", err)
	}
	return &joined{gateway: g, schema: schema, hub: hub, caller: caller}, nil
}

// Schema implements graphql.ExecutableSchema.
func (j *joined) Schema() *ast.Schema { return j.schema }

// Complexity implements graphql.ExecutableSchema.
func (j *joined) Complexity(ctx context.Context, typeName, field string, child int, args map[string]any) (int, bool) {
	if j.hub == nil {
		return 0, false
	}
	return j.hub.Complexity(ctx, typeName, field, child, args)
}

// Exec implements graphql.ExecutableSchema.
func (j *joined) Exec(ctx context.Context) graphql.ResponseHandler {
	op := graphql.GetOperationContext(ctx)
	r := gateway.Request{Query: op.RawQuery, Operation: op.OperationName, Header: op.Headers, Look: !op.DisableIntrospection}
	if token := transport.GetInitPayload(ctx).Authorization(); token != "" { // of a websocket's first message
		r.Header = r.Header.Clone()
		r.Header.Set("Authorization", token)
	}
	r.Caller = j.caller(ctx, r.Header.Get("Authorization"))
	if len(op.Variables) > 0 {
		var err error
		if r.Variables, err = json.Marshal(op.Variables); err != nil {
			return graphql.OneShot(graphql.ErrorResponse(ctx, "variables: %v", err))
		}
	}
	if op.Operation.Operation != ast.Subscription {
		var done bool
		return func(ctx context.Context) *graphql.Response {
			if done {
				return nil
			}
			done = true
			return heard(j.gateway.Ask(ctx, r), op.Operation)
		}
	}
	messages := j.gateway.Subscribe(ctx, r)
	return func(context.Context) *graphql.Response {
		a, more := <-messages
		if !more {
			return nil
		}
		return heard(a, op.Operation)
	}
}

// heard is an answer of the gateway as our transports write it.
func heard(a gateway.Answer, op *ast.OperationDefinition) *graphql.Response {
	out := &graphql.Response{Data: a.Data}
	if a.Errors != nil {
		if err := json.Unmarshal(a.Errors, &out.Errors); err != nil { // errors that are none of GraphQL's
			out.Errors = gqlerror.List{gqlerror.Errorf("INTERNAL")}
		}
		locate(out.Errors, op)
	}
	return out
}
