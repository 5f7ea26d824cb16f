package server

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/gateway"
)

// viewerAsCaller tells the gateway of whoever the hub has let in: whose token it read is
// known, and a policy is the name of an act of internal/access.
func viewerAsCaller(ctx context.Context, authorization string) *gateway.Caller {
	if access.From(ctx) == nil {
		return nil
	}
	return &gateway.Caller{Scopes: scopes(authorization), May: func(policy string) bool { return access.Require(ctx, access.Act(policy)) == nil }}
}

// scopes are those that a token grants, by its claim scope (RFC 8693 section 4.2) or scp.
// The token was verified by whoever let its holder in; what is no JWT grants none.
func scopes(authorization string) (out []string) {
	_, token, _ := strings.Cut(authorization, " ")
	parts := strings.Split(strings.TrimSpace(token), ".")
	if len(parts) != 3 {
		return nil
	}
	body, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return nil
	}
	var claims struct{ Scope, Scp any }
	if json.Unmarshal(body, &claims) != nil {
		return nil
	}
	for _, claim := range []any{claims.Scope, claims.Scp} {
		switch claim := claim.(type) {
		case string:
			out = append(out, strings.Fields(claim)...)
		case []any:
			for _, one := range claim {
				if name, ok := one.(string); ok {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// holder marks a request whose token was verified.
type holder struct{}

// holderAsCaller tells a gateway without a hub of whoever holds a token of its issuer.
func holderAsCaller(ctx context.Context, authorization string) *gateway.Caller {
	if ctx.Value(holder{}) == nil {
		return nil
	}
	return &gateway.Caller{Scopes: scopes(authorization)}
}

// holders lets requests without a token pass, and refuses those with one that the issuer
// did not sign. Who the holder is among people here is not asked: there is no hub.
func (i *issuer) holders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, err := i.held(r.Context(), r.Header.Get("Authorization"))
		if err != nil {
			refuseViewer(w, err)
			return
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

func (i *issuer) held(ctx context.Context, authorization string) (context.Context, error) {
	if authorization == "" {
		return ctx, nil
	}
	scheme, token, ok := strings.Cut(authorization, " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 16<<10 {
		return ctx, tokenInvalid()
	}
	if _, err := i.verify(ctx, token); err != nil {
		return ctx, err
	}
	return context.WithValue(ctx, holder{}, true), nil
}

// heldWebsocket reads the token of a websocket's first message.
func (i *issuer) heldWebsocket(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	held, err := i.held(ctx, payload.Authorization())
	if err != nil {
		reason := fault.Of(err).Reason
		return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closedForbidden), reason), nil, errors.New(reason)
	}
	return held, nil, nil
}
