package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/wundergraph/astjson"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/plan"
	"github.com/wundergraph/graphql-go-tools/v2/pkg/engine/resolve"

	"github.com/vetgraph/vetgraph/internal/fault"
)

const (
	plainJSON    = "application/json"
	responseJSON = "application/graphql-response+json"
)

// request is a GraphQL request.
type request struct {
	Query         string          `json:"query"`
	OperationName string          `json:"operationName"`
	Variables     json.RawMessage `json:"variables"`
}

// ServeHTTP answers queries and mutations by POST. A body must be JSON by its content
// type, which no form of a foreign page can send.
func (g *Gateway) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		g.refuse(w, r, http.StatusMethodNotAllowed, fault.New(fault.Invalid, "METHOD_NOT_ALLOWED", "网关只接受 POST。", "The gateway takes POST only."))
		return
	}
	q, status, f := g.read(w, r)
	if f != nil {
		g.refuse(w, r, status, f)
		return
	}
	p, variables, err := g.prepare(r.Context(), q)
	if err != nil {
		g.refuse(w, r, http.StatusBadRequest, err)
		return
	}
	run, ok := p.plan.(*plan.SynchronousResponsePlan)
	if !ok {
		g.refuse(w, r, http.StatusBadRequest, fault.New(fault.Invalid, "SUBSCRIPTION_NEEDS_STREAM", "订阅需要流式连接。", "A subscription needs a stream."))
		return
	}
	ctx := resolve.NewContext(r.Context())
	ctx.SubgraphHeadersBuilder = g.caller(r.Context(), r.Header)
	ctx.RemapVariables = p.remap
	ctx.ExecutionOptions.DisableInboundRequestDeduplication = true
	if len(variables) > 0 {
		if ctx.Variables, err = astjson.ParseBytes(variables); err != nil {
			g.refuse(w, r, http.StatusBadRequest, valueMalformed(nil))
			return
		}
	}
	var out bytes.Buffer
	if _, err := g.resolver.ArenaResolveGraphQLResponse(ctx, run.Response, &out); err != nil {
		g.refuse(w, r, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", accepted(r)+"; charset=utf-8")
	_, _ = w.Write(out.Bytes()) // who has hung up is not told
}

// read takes a request from a body, of a size that can be meant.
func (g *Gateway) read(w http.ResponseWriter, r *http.Request) (*request, int, *fault.Fault) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != plainJSON {
		return nil, http.StatusUnsupportedMediaType, fault.New(fault.Invalid, "MEDIA_TYPE_UNSUPPORTED", "请求体应为 application/json。", "The body must be application/json.")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, g.options.Limits.Body))
	if tooBig := new(http.MaxBytesError); errors.As(err, &tooBig) {
		return nil, http.StatusRequestEntityTooLarge, fault.New(fault.TooLarge, "BODY_TOO_LARGE", "请求太大。", "The request is too large.")
	} else if err != nil {
		return nil, http.StatusBadRequest, fault.New(fault.Invalid, "BODY_CUT_OFF", "请求体没有收完整。", "The body did not arrive whole.")
	}
	var q request
	if err := json.Unmarshal(body, &q); err != nil || len(q.Variables) > 0 && q.Variables[0] != '{' && string(q.Variables) != "null" {
		return nil, http.StatusBadRequest, fault.New(fault.Invalid, "BODY_MALFORMED", "请求体不是 GraphQL 请求的 JSON。", "The body is not the JSON of a GraphQL request.")
	}
	if q.Query == "" {
		return nil, http.StatusBadRequest, fault.New(fault.Invalid, "DOCUMENT_MISSING", "请求里没有查询。", "The request has no query.")
	}
	return &q, 0, nil
}

// accepted is the kind of answer that a client wants.
func accepted(r *http.Request) string {
	if strings.Contains(r.Header.Get("Accept"), responseJSON) {
		return responseJSON
	}
	return plainJSON
}

// refuse answers a request that nothing was done for. Clients of before the newer
// media type read status 200 for whatever GraphQL itself refuses.
func (g *Gateway) refuse(w http.ResponseWriter, r *http.Request, status int, err error) {
	kind := accepted(r)
	answer := map[string]any{"errors": g.tell(&g.options.Log, err)}
	if d := (documentErrors{}); kind == plainJSON && errors.As(err, &d) {
		status = http.StatusOK
	}
	if kind == plainJSON {
		answer["data"] = nil
	}
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "INTERNAL", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(append(body, '\n')) // who has hung up is not told
}
