package server

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/99designs/gqlgen/graphql/handler/transport"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/division"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// identifier tells who holds a token. Faults: SignedOut TOKEN_INVALID or
// TOKEN_EXPIRED, Denied VIEWER_UNKNOWN, Unavailable ISSUER_SILENT.
type identifier interface {
	identify(ctx context.Context, token string) (*access.Viewer, error)
}

// identify puts who asks into the context. Without a token nobody asks, and
// resolvers say SIGN_IN where somebody must; a bad token is refused at once, so
// that a client whose session ended is told so and not shown half a page.
func (h *Hub) identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		v, err := h.viewer(r.Context(), r.Header.Get("Authorization"))
		if err != nil {
			refuseViewer(w, err)
			return
		}
		if v != nil {
			asks(r.Context(), v)
			r = r.WithContext(access.With(r.Context(), v))
		}
		next.ServeHTTP(w, r)
	})
}

func refuseViewer(w http.ResponseWriter, err error) {
	f := fault.Of(err)
	status := http.StatusUnauthorized
	switch f.Kind {
	case fault.Denied:
		status = http.StatusForbidden
	case fault.Unavailable, fault.Internal:
		status = http.StatusServiceUnavailable
	}
	refuse(w, status, f)
}

// viewer reads an Authorization header; nil for an empty one.
func (h *Hub) viewer(ctx context.Context, header string) (*access.Viewer, error) {
	if header == "" {
		return nil, nil
	}
	scheme, token, ok := strings.Cut(header, " ")
	token = strings.TrimSpace(token)
	if !ok || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > 16<<10 {
		return nil, tokenInvalid()
	}
	who := h.who
	if partners := (partnerTokens{h.keys.TokenKey, h.Config.Now}); partners.ours(token) {
		who = partners
	}
	v, err := who.identify(ctx, token)
	if err != nil {
		return nil, err
	}
	switch v.Kind {
	case access.Veteran:
		v = h.seated(v, token)
	case access.Partner:
		v = h.entered(v)
	}
	return v, h.Administration.Admit(ctx, v)
}

// closedForbidden is how graphql-transport-ws ends a connection whose first
// message was refused; the reason in words is the fault's.
const closedForbidden = 4403

// websocketViewer reads the token from the first message: browsers cannot send
// headers with a websocket. A header that was sent all the same counts unless the
// message says otherwise.
func (h *Hub) websocketViewer(ctx context.Context, payload transport.InitPayload) (context.Context, *transport.InitPayload, error) {
	v, err := h.viewer(ctx, payload.Authorization())
	if err != nil {
		refused(ctx, fault.Of(err))
		reason := fault.Of(err).Reason
		return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closedForbidden), reason), nil, errors.New(reason)
	}
	if v != nil && v.Kind == access.Partner {
		return transport.AppendCloseReason(transport.WithWebsocketCloseCode(ctx, closedForbidden), "SLICE_BY_POST"), nil, errors.New("SLICE_BY_POST")
	}
	if v != nil {
		ctx = access.With(ctx, v)
	}
	return ctx, nil, nil
}

func tokenInvalid() *fault.Fault {
	return fault.New(fault.SignedOut, "TOKEN_INVALID", "登录凭证无效，请重新登录。", "This token is not valid; please sign in again.")
}

func tokenExpired() *fault.Fault {
	return fault.New(fault.SignedOut, "TOKEN_EXPIRED", "登录已过期，请重新登录。", "This token has expired; please sign in again.")
}

func viewerUnknown() *fault.Fault {
	return fault.New(fault.Denied, "VIEWER_UNKNOWN", "登录凭证里没有可识别的身份。", "The token does not say who you are here.")
}

// trusted is the claim of a token that may run registered documents only.
const trusted = "trusted"

// claims are what a token says of its holder.
type claims struct{ subject, kind, veteran, department, division, assurance, documents, session string }

// viewer is the holder, if the claims make sense together. Nobody becomes the
// hub itself by a token.
func (c claims) viewer(cat *catalog.Catalog, places *division.Tree) (*access.Viewer, error) {
	v := &access.Viewer{ID: c.subject, Kind: access.Kind(strings.ToUpper(c.kind)), Confined: c.documents == trusted}
	if c.subject == "" || len(c.subject) > 80 {
		return nil, viewerUnknown()
	}
	serves := func() bool {
		v.Division, _ = division.Normalize(c.division)
		return places.Known(v.Division)
	}
	ok := false
	switch v.Kind {
	case access.Veteran:
		v.Self, ok = c.veteran, c.veteran != ""
		v.Assurance, v.Session = c.assurance, c.session
	case access.Clerk, access.Supervisor, access.Analyst, access.Auditor:
		ok = serves()
	case access.Officer:
		v.Department = strings.ToUpper(c.department)
		ok = serves() && takesPart(cat, v.Department)
	case access.Partner, access.Operator, access.Security:
		ok = true
	}
	if !ok {
		return nil, viewerUnknown()
	}
	return v, nil
}

func takesPart(cat *catalog.Catalog, department string) bool {
	for _, d := range cat.Departments {
		if d.Code == department {
			return !d.External
		}
	}
	return false
}
