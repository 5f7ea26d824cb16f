package server

import (
	"context"
	"fmt"
	"math"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/99designs/gqlgen/graphql"
	lru "github.com/hashicorp/golang-lru/v2"
	"github.com/vektah/gqlparser/v2/gqlerror"
	tokens "golang.org/x/time/rate"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// mostViewers is how many viewers' budgets are remembered, those last seen.
const mostViewers = 20_000

// rate bounds what one viewer asks for in a minute, in the unit of costLimit, and
// tells what an operation costs: in headers, and in the answer of who asks for it by
// the request's extension {"cost": true}. Each hub has its own count.
type rate struct {
	minute  int // cost; 0: no bound
	now     func() time.Time
	budgets *lru.Cache[string, *tokens.Limiter]
}

func newRate(c Config) *rate {
	budgets, err := lru.New[string, *tokens.Limiter](mostViewers)
	if err != nil {
		panic(err) // the size is a constant
	}
	return &rate{minute: max(0, c.Rate), now: c.Now, budgets: budgets}
}

// asker is where a request comes from and the headers of its answer.
type asker struct {
	from    string
	headers http.Header
}

type askerKey struct{}

// told lets operations of a request tell what they cost in its answer's headers.
func (h *Hub) told(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		from, _, err := net.SplitHostPort(r.RemoteAddr)
		if err != nil {
			from = r.RemoteAddr
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), askerKey{}, asker{from, w.Header()})))
	})
}

// ExtensionName implements graphql.HandlerExtension.
func (*rate) ExtensionName() string { return "Rate" }

// Validate implements graphql.HandlerExtension.
func (*rate) Validate(graphql.ExecutableSchema) error { return nil }

// price is what an operation's answer says of its cost.
type price struct {
	Cost      int  `json:"cost"`
	Most      int  `json:"most"` // that one operation may cost
	PerMinute int  `json:"perMinute,omitempty"`
	Remaining *int `json:"remaining,omitempty"`
}

const priceOf = "price"

// MutateOperationContext takes an operation's cost off its viewer's budget, and
// refuses one that does not fit in any more. It stands behind costLimit.
func (b *rate) MutateOperationContext(ctx context.Context, op *graphql.OperationContext) *gqlerror.Error {
	cost, _ := op.Stats.GetExtension(costOf).(int)
	from, _ := ctx.Value(askerKey{}).(asker)
	p := price{Cost: cost, Most: maxCost, PerMinute: b.minute}
	op.Stats.SetExtension(priceOf, &p)
	if from.headers != nil {
		from.headers.Set("X-Query-Cost", strconv.Itoa(cost))
	}
	if b.minute == 0 {
		return nil
	}
	now, budget := b.now(), b.budget(ctx, from.from)
	enough := budget.AllowN(now, cost)
	left := max(0, int(budget.TokensAt(now)))
	p.Remaining = &left
	full := seconds(float64(b.minute-left) / b.perSecond())
	if from.headers != nil { // as draft-ietf-httpapi-ratelimit-headers has them
		from.headers.Set("RateLimit-Policy", fmt.Sprintf(`"cost";q=%d;w=60`, b.minute))
		from.headers.Set("RateLimit", fmt.Sprintf(`"cost";r=%d;t=%d`, left, full))
	}
	if enough {
		return nil
	}
	wait := seconds(float64(min(cost, b.minute)-left) / b.perSecond())
	if from.headers != nil {
		from.headers.Set("Retry-After", strconv.Itoa(wait))
	}
	return present(fault.Newf(fault.TooMany, "RATE_EXCEEDED", "一分钟内查询过多，请 %[1]d 秒后再试。", "Too much was asked within a minute; try again in %[1]d seconds.", wait).
		From("", now.Add(time.Duration(wait)*time.Second)))
}

// InterceptResponse puts the price into the answer of who asks for it.
func (b *rate) InterceptResponse(ctx context.Context, next graphql.ResponseHandler) *graphql.Response {
	r, op := next(ctx), graphql.GetOperationContext(ctx)
	if r == nil || op == nil || op.Extensions["cost"] != true {
		return r
	}
	if p, ok := op.Stats.GetExtension(priceOf).(*price); ok {
		if r.Extensions == nil {
			r.Extensions = map[string]any{}
		}
		r.Extensions["cost"] = p
	}
	return r
}

func (b *rate) perSecond() float64 { return float64(b.minute) / 60 }

// budget is the viewer's, or for who is not signed in that of their address.
func (b *rate) budget(ctx context.Context, from string) *tokens.Limiter {
	key := "from " + from
	if v := access.From(ctx); v != nil {
		key = "viewer " + v.ID
	}
	fresh := tokens.NewLimiter(tokens.Limit(b.perSecond()), b.minute)
	if l, found, _ := b.budgets.PeekOrAdd(key, fresh); found {
		b.budgets.Get(key) // it was seen just now
		return l
	}
	return fresh
}

func seconds(n float64) int { return int(math.Max(1, math.Ceil(n))) }
