package server

import (
	"context"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/99designs/gqlgen/graphql"
	"github.com/rs/zerolog"
	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/resolvers"
)

// What an answer over HTTP can be. The older one says by status 200 that there
// is an answer, whatever is in it; the newer one says by 400 that a document
// could not be run at all.
const (
	mediaJSON    = "application/json"
	mediaGraphQL = "application/graphql-response+json"
)

// overHTTP is GraphQL over HTTP as its specification has it: POST for anything
// and, where it is wanted, GET for queries. The gate has read and checked the request.
type overHTTP struct{ get bool }

// Supports implements graphql.Transport.
func (overHTTP) Supports(r *http.Request) bool {
	return r.Header.Get("Upgrade") == "" && (r.Method == http.MethodPost || r.Method == http.MethodGet)
}

// Do implements graphql.Transport.
func (t overHTTP) Do(w http.ResponseWriter, r *http.Request, exec graphql.GraphExecutor) {
	start := graphql.Now()
	if r.Method == http.MethodGet && !t.get {
		methodNotAllowed(w, http.MethodPost)
		return
	}
	params, err := t.params(r)
	if err != nil {
		refuse(w, http.StatusBadRequest, malformed())
		return
	}
	params.Headers = r.Header
	params.ReadTime = graphql.TraceTiming{Start: start, End: graphql.Now()}
	op, faults := exec.CreateOperationContext(r.Context(), params)
	if len(faults) > 0 {
		notRun(w, r, exec.DispatchError(graphql.WithOperationContext(r.Context(), op), faults))
		return
	}
	if r.Method == http.MethodGet && op.Operation.Operation != ast.Query {
		methodNotAllowed(w, http.MethodPost)
		return
	}
	// A subscription has more than one answer; who asks for it here gets the first.
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	next, ctx := exec.DispatchOperation(ctx, op)
	writeAnswer(w, r, http.StatusOK, next(ctx))
}

// params are the request as GraphQL has it; numbers stay as they were written.
func (overHTTP) params(r *http.Request) (*graphql.RawParams, error) {
	params := &graphql.RawParams{}
	if r.Method == http.MethodPost {
		return params, decode(r.Body, params)
	}
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, err
	}
	params.Query, params.OperationName = q.Get("query"), q.Get("operationName")
	if id := q.Get("documentId"); id != "" {
		extensions, f := byHash([]byte(q.Get("extensions")), id)
		if f != nil {
			return nil, f
		}
		q.Set("extensions", string(extensions))
	}
	for name, to := range map[string]*map[string]any{"variables": &params.Variables, "extensions": &params.Extensions} {
		if text := q.Get(name); text != "" {
			if err := decode(strings.NewReader(text), to); err != nil {
				return nil, err
			}
		}
	}
	return params, nil
}

func decode(body io.Reader, to any) error {
	d := json.NewDecoder(body)
	d.UseNumber()
	return d.Decode(to)
}

// notRun answers a document that was not run: there is no data, not even null.
func notRun(w http.ResponseWriter, r *http.Request, answer *graphql.Response) {
	status := http.StatusOK
	if media(r) == mediaGraphQL {
		status = http.StatusBadRequest
	}
	if len(answer.Errors) > 0 && answer.Errors[0].Extensions["code"] == resolvers.Code(fault.TooMany) {
		status = http.StatusTooManyRequests
	}
	writeAnswer(w, r, status, struct {
		Errors     gqlerror.List  `json:"errors"`
		Extensions map[string]any `json:"extensions,omitempty"`
	}{answer.Errors, answer.Extensions})
}

func writeAnswer(w http.ResponseWriter, r *http.Request, status int, answer any) {
	body, err := json.Marshal(answer)
	if err != nil { // a scalar that wrote no JSON: ours to mend
		zerolog.Ctx(r.Context()).Error().Err(err).Msg("an answer is not JSON")
		refuse(w, http.StatusInternalServerError, fault.Of(err))
		return
	}
	w.Header().Set("Content-Type", media(r)+"; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(body) // nobody is left to tell
}

// media is what the asker would rather have; the older of the two to who does
// not care, or wants neither.
func media(r *http.Request) string {
	best, most := mediaJSON, 0.0
	for part := range strings.SplitSeq(strings.Join(r.Header.Values("Accept"), ","), ",") {
		kind, params, err := mime.ParseMediaType(strings.TrimSpace(part))
		if err != nil {
			continue
		}
		q := 1.0
		if text, ok := params["q"]; ok {
			if q, err = strconv.ParseFloat(text, 64); err != nil {
				continue
			}
		}
		switch kind {
		case mediaGraphQL:
		case mediaJSON, "application/*", "*/*":
			kind = mediaJSON
		default:
			continue
		}
		if q > most {
			best, most = kind, q
		}
	}
	return best
}
