package server

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"

	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/fault"
)

// gate lets through what the GraphQL handler can read. What it cannot is
// answered here, typed, and never repeated back or logged: it may hold personal
// data (gqlgen would do both).
func (h *Hub) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get("Upgrade") != "":
			next.ServeHTTP(w, r)
		case r.Method == http.MethodGet:
			if r.URL.Query().Get("query") == "" {
				refuse(w, http.StatusBadRequest, fault.New(fault.Invalid, "DOCUMENT_MISSING", "请求里没有查询。", "The request has no query."))
				return
			}
			if len(r.URL.RawQuery) > maxBody/16 {
				refuse(w, http.StatusRequestURITooLong, tooLarge())
				return
			}
			next.ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			if status, f := readBody(w, r); f != nil {
				refuse(w, status, f)
				return
			}
			next.ServeHTTP(w, r)
		default:
			w.Header().Set("Allow", "GET, POST, OPTIONS")
			refuse(w, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "METHOD_NOT_ALLOWED", "只接受 GET 和 POST。", "Only GET and POST are taken."))
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
		Query         *string         `json:"query"`
		OperationName *string         `json:"operationName"`
		Variables     json.RawMessage `json:"variables"`
		Extensions    json.RawMessage `json:"extensions"`
	}
	if err := json.Unmarshal(body, &request); err != nil || !object(request.Variables) || !object(request.Extensions) {
		return http.StatusBadRequest, fault.New(fault.Invalid, "BODY_MALFORMED",
			"请求体不是 GraphQL 请求的 JSON。", "The body is not the JSON of a GraphQL request.")
	}
	if request.Query == nil || *request.Query == "" {
		return http.StatusBadRequest, fault.New(fault.Invalid, "DOCUMENT_MISSING", "请求里没有查询。", "The request has no query.")
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	return 0, nil
}

// object says whether JSON is an object, null or not there.
func object(raw json.RawMessage) bool {
	return len(raw) == 0 || raw[0] == '{' || string(raw) == "null"
}

func tooLarge() *fault.Fault {
	return fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求太大。", "The request is too large.")
}

// refuse answers a request that never reached GraphQL in the shape of one that did.
func refuse(w http.ResponseWriter, status int, f *fault.Fault) {
	body, err := json.Marshal(map[string]any{"errors": []*gqlerror.Error{present(f)}, "data": nil})
	if err != nil {
		http.Error(w, f.Reason, status)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="vetgraph", error="invalid_token"`)
	}
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // nobody is left to tell
}

func writeText(w http.ResponseWriter, text string) { _, _ = io.WriteString(w, text) }
