package server

import (
	"context"
	"encoding/hex"
	"net/http"
	"strings"
	"sync/atomic"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/ast"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// securityEvent is something that who watches over a hub wants to hear of (安全事件).
type securityEvent string

// The events, a closed list: labels of a metric, and what collectors switch on.
const (
	signInRefused    securityEvent = "SIGN_IN_REFUSED"
	tokenRunOut      securityEvent = "TOKEN_EXPIRED"
	notAllowed       securityEvent = "NOT_ALLOWED"
	assuranceTooLow  securityEvent = "ASSURANCE_TOO_LOW"
	purposeWrong     securityEvent = "PURPOSE_WRONG"
	sliceRefused     securityEvent = "SLICE_REFUSED"
	quotaExceeded    securityEvent = "QUOTA_EXCEEDED"
	callbackForged   securityEvent = "CALLBACK_FORGED"
	routerSecret     securityEvent = "ROUTER_SECRET"
	costRefused      securityEvent = "COST_REFUSED"
	documentRefused  securityEvent = "DOCUMENT_REFUSED"
	receiptNotKept   securityEvent = "RECEIPT_NOT_KEPT"
	keyRotated       securityEvent = "KEY_ROTATED"
	consentGiven     securityEvent = "CONSENT_GIVEN"
	consentWithdrawn securityEvent = "CONSENT_WITHDRAWN"
	adminActed       securityEvent = "ADMIN_ACTED"
	dataCopied       securityEvent = "DATA_COPIED"
	dataForgotten    securityEvent = "DATA_FORGOTTEN"
)

// refusals are the reasons of faults that are events. One that is missing here, such
// as SIGN_IN of who has no token at all, is everyday life.
var refusals = map[string]securityEvent{
	"TOKEN_INVALID": signInRefused, "VIEWER_UNKNOWN": signInRefused, "ASSERTION_INVALID": signInRefused, "ASSERTION_SPENT": signInRefused,
	"CERTIFICATE_INVALID": signInRefused, "CERTIFICATE_HEADER": signInRefused, "CERTIFICATE_UNFIT": signInRefused, "TOKEN_BOUND": signInRefused,
	"TOKEN_EXPIRED": tokenRunOut,
	"NOT_ALLOWED":   notAllowed, "FIELD_NOT_ALLOWED": notAllowed, "MANDATE_REQUIRED": notAllowed, "MANDATE_TOO_NARROW": notAllowed, "INTROSPECTION_CLOSED": notAllowed, "LOCAL_ONLY": notAllowed, "ROLES_SEPARATED": notAllowed,
	"ACCOUNT_RESTRICTED": signInRefused, "SLICE_RESTRICTED": sliceRefused,
	"ASSURANCE_TOO_LOW": assuranceTooLow,
	"PURPOSE_WRONG":     purposeWrong, "PURPOSE_MISSING": purposeWrong,
	"SLICE_NONE": sliceRefused, "SLICE_ONLY": sliceRefused, "SLICE_CLOSED": sliceRefused, "SLICE_BY_POST": sliceRefused,
	"QUOTA_EXCEEDED": quotaExceeded, "QUOTA_MINUTE": quotaExceeded, "RATE_EXCEEDED": quotaExceeded,
	"CALLBACK_SIGNATURE": callbackForged, "CALLBACK_STALE": callbackForged,
	"ROUTER_SECRET": routerSecret,
	"TOO_COSTLY":    costRefused, "TOO_DEEP": costRefused, "TOO_REPETITIVE": costRefused, "TOO_MANY_FIELDS": costRefused, "BODY_TOO_LARGE": costRefused,
	"DOCUMENT_UNTRUSTED": documentRefused, "DOCUMENT_HASH": documentRefused,
	"RECEIPT_NOT_KEPT": receiptNotKept,
}

// deeds are the mutations that are events when they succeed.
var deeds = map[string]securityEvent{
	"grantConsent": consentGiven, "withdrawConsent": consentWithdrawn,
	"pausePort": adminActed, "drainPort": adminActed, "resumePort": adminActed, "replayPort": adminActed, "loadCalendar": adminActed,
	"restrict": adminActed, "liftRestriction": adminActed,
}

// witness hears of the events of one request. It knows who asked once that is known.
type witness struct {
	hub    *Hub
	log    zerolog.Logger
	viewer atomic.Pointer[access.Viewer]
}

type witnessKey struct{}

// witnessed gives a request somebody who hears of its events.
func (h *Hub) witnessed(ctx context.Context, request string) (context.Context, *witness) {
	w := &witness{hub: h, log: h.log("security").With().Str("request", request).Logger()}
	return context.WithValue(ctx, witnessKey{}, w), w
}

// asks tells the witness of a request who asks.
func asks(ctx context.Context, v *access.Viewer) {
	if w, _ := ctx.Value(witnessKey{}).(*witness); w != nil {
		w.viewer.Store(v)
	}
}

// refused notes a fault that leaves, if it is an event.
func refused(ctx context.Context, f *fault.Fault) {
	if w, _ := ctx.Value(witnessKey{}).(*witness); w != nil {
		w.refused(f.Reason, access.From(ctx))
	}
}

// refusedBy is refused where only the writer of the answer is at hand.
func refusedBy(w http.ResponseWriter, f *fault.Fault) {
	for {
		if s, ok := w.(*status); ok && s.witness != nil {
			s.witness.refused(f.Reason, nil)
			return
		}
		inner, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return
		}
		w = inner.Unwrap()
	}
}

func (w *witness) refused(reason string, v *access.Viewer) {
	event, ok := refusals[reason]
	if !ok {
		return
	}
	if v == nil {
		v = w.viewer.Load()
	}
	w.hub.noteEvent(w.log, event, reason, v)
}

// answered notes the events of one GraphQL answer, each once however often it is told.
func answered(ctx context.Context, r *graphql.Response) {
	w, _ := ctx.Value(witnessKey{}).(*witness)
	if w == nil {
		return
	}
	told := map[string]bool{}
	for _, e := range r.Errors {
		if reason, _ := e.Extensions["reason"].(string); !told[reason] {
			told[reason] = true
			w.refused(reason, access.From(ctx))
		}
	}
	if len(r.Errors) > 0 || !graphql.HasOperationContext(ctx) {
		return
	}
	op := graphql.GetOperationContext(ctx).Operation
	if op == nil || op.Operation != ast.Mutation {
		return
	}
	for _, f := range graphql.CollectFields(graphql.GetOperationContext(ctx), op.SelectionSet, []string{"Mutation"}) {
		if event, ok := deeds[f.Name]; ok {
			w.hub.noteEvent(w.log, event, f.Name, access.From(ctx))
		}
	}
}

// noteEvent writes one line and counts. It tells the kind of the viewer and a keyed
// hash of the account, the same for the same account and of no use to anybody
// without our keys; never a person, an address or anything that was sent.
func (h *Hub) noteEvent(log zerolog.Logger, event securityEvent, reason string, v *access.Viewer) {
	h.meters.security.WithLabelValues(string(event)).Inc()
	line := log.Warn()
	if _, refusal := refusals[reason]; !refusal {
		line = log.Info()
	}
	line = line.Str("event", string(event)).Str("reason", reason)
	if v != nil {
		line = line.Str("viewer", strings.ToLower(string(v.Kind))).Str("account", hex.EncodeToString(h.Vault.Index(v.ID, "security/account")[:8]))
	}
	line.Msg("security")
}

// keysChanged notes that another sealing key is current.
func (h *Hub) keysChanged() { h.noteEvent(h.log("security"), keyRotated, "keys", nil) }
