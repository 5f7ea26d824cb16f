package server

import (
	"context"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// atOnce refuses what would be answered in pieces, which the library begins and no
// transport of ours ends: an answer half of which never comes, and goroutines that wait
// for somebody to take it. Of a subscription it refuses more than one field, by whatever
// names.
type atOnce struct{}

// ExtensionName implements graphql.HandlerExtension.
func (atOnce) ExtensionName() string { return "AtOnce" }

// Validate implements graphql.HandlerExtension.
func (atOnce) Validate(graphql.ExecutableSchema) error { return nil }

// MutateOperationContext refuses an operation. fieldLimit has bounded what there is to walk.
func (atOnce) MutateOperationContext(_ context.Context, op *graphql.OperationContext) *gqlerror.Error {
	if inPieces(op.Operation.SelectionSet) {
		return present(fault.New(fault.Invalid, "INCREMENTAL_UNSUPPORTED", "不支持 @defer 和 @stream。", "@defer and @stream are not supported."))
	}
	if op.Operation.Operation == ast.Subscription && roots(op.Operation.SelectionSet) != 1 {
		return present(fault.New(fault.Invalid, "SUBSCRIPTION_FIELDS", "一个订阅只能有一个字段。", "A subscription has one field."))
	}
	return nil
}

func inPieces(set ast.SelectionSet) bool {
	for _, s := range set {
		var below ast.SelectionSet
		var by ast.DirectiveList
		switch s := s.(type) {
		case *ast.Field:
			below, by = s.SelectionSet, s.Directives
		case *ast.InlineFragment:
			below, by = s.SelectionSet, s.Directives
		case *ast.FragmentSpread:
			below, by = s.Definition.SelectionSet, s.Directives
		}
		if by.ForName("defer") != nil || by.ForName("stream") != nil || inPieces(below) {
			return true
		}
	}
	return false
}

// roots are the fields of an operation, as often as they stand in it.
func roots(set ast.SelectionSet) (n int) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			n++
		case *ast.InlineFragment:
			n += roots(s.SelectionSet)
		case *ast.FragmentSpread:
			n += roots(s.Definition.SelectionSet)
		}
	}
	return n
}

// mostTold is how many mistakes in one document are told: whoever mends has enough of
// them, and a thousand would make an answer many times the size of its question.
const mostTold = 20

// fewErrors keeps answers to documents that were not run short.
type fewErrors struct{}

// ExtensionName implements graphql.HandlerExtension.
func (fewErrors) ExtensionName() string { return "FewErrors" }

// Validate implements graphql.HandlerExtension.
func (fewErrors) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptResponse implements graphql.ResponseInterceptor.
func (fewErrors) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r := next(ctx)
	if r != nil && r.Data == nil && len(r.Errors) > mostTold {
		r.Errors = r.Errors[:mostTold]
	}
	return r
}

// mostUnderWay is how many operations one websocket may have under way: a portal's
// page follows a few cases.
const mostUnderWay = 100

type underWayKey struct{}

// counted gives each websocket a count of what it has under way.
func counted(init transport.WebsocketInitFunc) transport.WebsocketInitFunc {
	return func(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
		ctx = context.WithValue(ctx, underWayKey{}, new(atomic.Int32))
		if init == nil {
			return ctx, nil, nil
		}
		return init(ctx, payload)
	}
}

// underWay refuses what a websocket begins before it has ended enough of the rest.
type underWay struct{}

// ExtensionName implements graphql.HandlerExtension.
func (underWay) ExtensionName() string { return "UnderWay" }

// Validate implements graphql.HandlerExtension.
func (underWay) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation counts an operation until its context ends, which the transport
// sees to.
func (underWay) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	n, ok := ctx.Value(underWayKey{}).(*atomic.Int32)
	if !ok {
		return next(ctx)
	}
	context.AfterFunc(ctx, func() { n.Add(-1) })
	if n.Add(1) <= mostUnderWay {
		return next(ctx)
	}
	f := fault.Newf(fault.TooMany, "TOO_MANY_UNDER_WAY", "同一连接上同时进行的操作超过 %[1]d 个。", "More than %[1]d operations are under way on this connection.", mostUnderWay)
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{present(f)}})
}
