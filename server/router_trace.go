package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/apollofederatedtracingv1"
	"github.com/vektah/gqlparser/v2/ast"
)

// routerTrace gives a router that asks for it (header Apollo-Federation-Include-Trace:
// ftv1) the time that each field took, for its own trace of the whole question. Faults
// are told by place only, without their words.
type routerTrace struct {
	*apollofederatedtracingv1.Tracer
}

func newRouterTrace() routerTrace {
	return routerTrace{&apollofederatedtracingv1.Tracer{
		ErrorOptions: &apollofederatedtracingv1.ErrorOptions{ErrorOption: apollofederatedtracingv1.ERROR_MASKED},
	}}
}

// InterceptOperation leaves out subscriptions: they have no end to report at.
func (t routerTrace) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation == ast.Subscription {
		return next(ctx)
	}
	return t.Tracer.InterceptOperation(ctx, next)
}
