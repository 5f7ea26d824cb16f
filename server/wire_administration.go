package server

import (
	"context"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/administration"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// openAdministration opens the room of the three administrators.
func (h *Hub) openAdministration(context.Context) error {
	h.Administration = &administration.Desk{Store: h.Store, Now: h.Config.Now, Log: h.log("administration")}
	return nil
}

// keepOut makes an endpoint look before every operation, however long ago its connection
// began, and before each message of a subscription: who is kept out in the meantime
// hears that, and then nothing more.
func (h *Hub) keepOut(s *handler.Server) {
	kept := func(ctx context.Context) *graphql.Response {
		if err := h.Administration.Kept(ctx, access.From(ctx)); err != nil {
			return &graphql.Response{Errors: gqlerror.List{present(fault.Of(err))}}
		}
		return nil
	}
	s.AroundOperations(func(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
		if out := kept(ctx); out != nil {
			return graphql.OneShot(out)
		}
		answer, over := next(ctx), false
		if op := graphql.GetOperationContext(ctx).Operation; op == nil || op.Operation != ast.Subscription {
			return answer
		}
		return func(ctx context.Context) *graphql.Response {
			if over {
				return nil
			}
			r := answer(ctx)
			if out := kept(ctx); out != nil && r != nil {
				over = true
				return out
			}
			return r
		}
	})
}
