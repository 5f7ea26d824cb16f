package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// gate lets through what the GraphQL handler can read. What it cannot is
// answered here, typed, and never repeated back or logged: it may hold personal
// data (gqlgen would do both).
func (h *Hub) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "" {
			next.ServeHTTP(w, r)
			return
		}
		w.Header().Add("Vary", "Accept")
		w.Header().Set("Content-Type", media(r)+"; charset=utf-8")
		switch r.Method {
		case http.MethodGet:
			if q := r.URL.Query(); q.Get("query") == "" && q.Get("documentId") == "" && q.Get("extensions") == "" {
				refuse(w, http.StatusBadRequest, documentMissing())
				return
			}
			if len(r.URL.RawQuery) > maxBody/16 {
				refuse(w, http.StatusRequestURITooLong, tooLarge())
				return
			}
			next.ServeHTTP(w, r)
		case http.MethodPost:
			if status, f := readBody(w, r); f != nil {
				refuse(w, status, f)
				return
			}
			next.ServeHTTP(w, r)
		default:
			methodNotAllowed(w, "GET, POST, OPTIONS")
		}
	})
}

// readBody checks that a body is a GraphQL request in JSON, of a size that can be meant.
func readBody(w http.ResponseWriter, r *http.Request) (int, *fault.Fault) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "MEDIA_TYPE_UNSUPPORTED",
			"请求体应为 application/json。", "The body must be application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		return http.StatusRequestEntityTooLarge, tooLarge()
	} else if err != nil {
		return http.StatusBadRequest, fault.New(fault.Invalid, "BODY_CUT_OFF", "请求体没有收完整。", "The body did not arrive whole.")
	}
	var request struct {
		Query         *string         `json:"query,omitempty"`
		OperationName *string         `json:"operationName,omitempty"`
		Variables     json.RawMessage `json:"variables,omitempty"`
		Extensions    json.RawMessage `json:"extensions,omitempty"`
		DocumentID    *string         `json:"documentId,omitempty"`
	}
	if err := json.Unmarshal(body, &request); err != nil || !object(request.Variables) || !object(request.Extensions) {
		return http.StatusBadRequest, malformed()
	}
	if (request.Query == nil || *request.Query == "") && request.DocumentID == nil && !bytes.Contains(request.Extensions, []byte(`"persistedQuery"`)) {
		return http.StatusBadRequest, documentMissing()
	}
	if request.DocumentID != nil {
		var f *fault.Fault
		if request.Extensions, f = byHash(request.Extensions, *request.DocumentID); f != nil {
			return http.StatusBadRequest, f
		}
		request.DocumentID = nil
		if body, err = json.Marshal(request); err != nil {
			return http.StatusBadRequest, malformed()
		}
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return 0, nil
}

// object says whether JSON is an object, null or not there.
func object(raw json.RawMessage) bool {
	return len(raw) == 0 || raw[0] == '{' || string(raw) == "null"
}

// methodNotAllowed refuses a request for how it came; allow says what would do.
func methodNotAllowed(w http.ResponseWriter, allow string) {
	w.Header().Set("Allow", allow)
	refuse(w, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "METHOD_NOT_ALLOWED", "查询可用 GET，其余只能用 POST；路由器一律用 POST。",
		"GET is for queries, POST for anything; routers send everything by POST."))
}

func malformed() *fault.Fault {
	return fault.New(fault.Invalid, "BODY_MALFORMED", "请求体不是 GraphQL 请求的 JSON。", "The body is not the JSON of a GraphQL request.")
}

func documentMissing() *fault.Fault {
	return fault.New(fault.Invalid, "DOCUMENT_MISSING", "请求里没有查询。", "The request has no query.")
}

func tooLarge() *fault.Fault {
	return fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求太大。", "The request is too large.")
}

// refuse answers a request that never reached GraphQL in the shape of one that
// did: there are errors and no data, not even null.
func refuse(w http.ResponseWriter, status int, f *fault.Fault) {
	refusedBy(w, f)
	body, err := json.Marshal(map[string]any{"errors": []*gqlerror.Error{present(f)}})
	if err != nil {
		http.Error(w, f.Reason, status)
		return
	}
	if kind := w.Header().Get("Content-Type"); !strings.HasPrefix(kind, mediaGraphQL) {
		w.Header().Set("Content-Type", mediaJSON+"; charset=utf-8")
	}
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="vetgraph", error="invalid_token"`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // nobody is left to tell
}

func writeText(w http.ResponseWriter, text string) { _, _ = io.WriteString(w, text) }
