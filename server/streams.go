package server

import (
	"context"
	"errors"
	"sync"

	"github.com/99designs/gqlgen/graphql"
	"github.com/99designs/gqlgen/graphql/handler/transport"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// usualStreams is how many streams a viewer may have where nobody says otherwise: two
// websockets full of subscriptions.
const usualStreams = 2 * mostUnderWay

// streams bounds what one viewer keeps open, over all connections: websockets, and
// subscriptions by whatever transport. Each hub has its own count, and keeps nothing of
// who has nothing open.
type streams struct {
	most int // 0: no bound
	mu   sync.Mutex
	open map[string]int // by viewer and what it is
}

func newStreams(c Config) *streams {
	most := c.Streams
	if most == 0 {
		most = usualStreams
	}
	return &streams{most: max(0, most), open: map[string]int{}}
}

// take counts one more until ctx ends; false if there is no room.
func (s *streams) take(ctx context.Context, what string) bool {
	if s.most == 0 {
		return true
	}
	from, _ := ctx.Value(askerKey{}).(asker)
	key := what + " from " + from.from
	if v := access.From(ctx); v != nil {
		key = what + " of " + v.ID
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[key] >= s.most {
		return false
	}
	s.open[key]++
	context.AfterFunc(ctx, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.open[key]--; s.open[key] == 0 {
			delete(s.open, key)
		}
	})
	return true
}

func (s *streams) full() *fault.Fault {
	return fault.Newf(fault.TooMany, "TOO_MANY_STREAMS", "同一账号同时打开的连接或订阅超过 %[1]d 个。", "More than %[1]d connections or subscriptions of one viewer are open.", s.most)
}

// websockets bounds those of one viewer; a further one is closed as it begins.
func (s *streams) websockets(init transport.WebsocketInitFunc) transport.WebsocketInitFunc {
	return func(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
		ctx, answer, err := init(ctx, payload)
		if err != nil || s.take(ctx, "websockets") {
			return ctx, answer, err
		}
		f := s.full()
		refused(ctx, f)
		return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closedForbidden), f.Reason), nil, errors.New(f.Reason)
	}
}

// ExtensionName implements graphql.HandlerExtension.
func (*streams) ExtensionName() string { return "Streams" }

// Validate implements graphql.HandlerExtension.
func (*streams) Validate(graphql.ExecutableSchema) error { return nil }

// InterceptOperation bounds subscriptions. An operation's context ends with it, which
// the transport sees to.
func (s *streams) InterceptOperation(ctx context.Context, next graphql.OperationHandler) graphql.ResponseHandler {
	if graphql.GetOperationContext(ctx).Operation.Operation != ast.Subscription || s.take(ctx, "subscriptions") {
		return next(ctx)
	}
	return graphql.OneShot(&graphql.Response{Errors: gqlerror.List{present(s.full())}})
}
