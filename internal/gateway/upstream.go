package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/wundergraph/astjson"

	"github.com/vetgraph/vetgraph/internal/trace"
)

// always are headers that every subgraph gets: they say nothing of who asks.
var always = []string{"Traceparent", "Tracestate", "X-Request-Id"}

// caller is who asks, as the resolver hands it down.
type caller struct {
	g      *Gateway
	header http.Header
	stream uint64 // number of the subscription; 0: none
}

// HeadersForSubgraph implements resolve.SubgraphHeadersBuilder. The map is the
// receiver's own; the number keeps subscriptions apart.
func (c *caller) HeadersForSubgraph(name string) (http.Header, uint64) {
	out := http.Header{}
	copyHeaders(out, c.header, always)
	copyHeaders(out, c.header, c.g.options.Pass)
	s := c.g.options.Subgraphs[name]
	copyHeaders(out, c.header, s.Pass)
	for key, values := range s.Send {
		out[http.CanonicalHeaderKey(key)] = append([]string(nil), values...)
	}
	return out, c.stream
}

// HashAll implements resolve.SubgraphHeadersBuilder.
func (c *caller) HashAll() uint64 { return c.stream }

func copyHeaders(to, from http.Header, names []string) {
	for _, name := range names {
		if v := from.Values(name); len(v) > 0 {
			to[http.CanonicalHeaderKey(name)] = append([]string(nil), v...)
		}
	}
}

// upstream is how requests for a subgraph go.
func (g *Gateway) upstream(of graph) *upstream {
	s := g.options.Subgraphs[of.name]
	if s.URL == "" {
		s.URL = of.url
	}
	if s.Timeout <= 0 {
		s.Timeout = 10 * time.Second
	}
	if s.Most <= 0 {
		s.Most = 8 << 20
	}
	u := &upstream{g: g, name: of.name, s: s, next: g.options.Transport}
	if s.Handler != nil {
		u.next = &inProcess{s.Handler, &g.running}
	}
	return u
}

// upstream carries requests to one subgraph. It always answers a GraphQL answer: what
// goes wrong on the way is an error of a kind that clients know.
type upstream struct {
	g    *Gateway
	name string
	s    Subgraph
	next http.RoundTripper
}

// client is the upstream as the planner wants it. No redirects: a subgraph is where
// it is said to be, and secrets go nowhere else.
func (u *upstream) client() *http.Client {
	return &http.Client{Transport: u, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// RoundTrip implements http.RoundTripper.
func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), u.s.Timeout)
	defer cancel()
	out, span, err := u.aim(ctx, r)
	if err != nil {
		return u.silent(r, err), nil
	}
	body, err := u.ask(out)
	if err != nil {
		span.Fail("SUBGRAPH_SILENT")
		span.End(nil)
		return u.silent(r, err), nil
	}
	span.End(nil)
	return reply(r, u.told(body)), nil
}

// told is what clients may read of an answer.
func (u *upstream) told(body []byte) []byte {
	if !u.s.Trusted && bytes.Contains(body, []byte(`"errors"`)) {
		return u.clean(body)
	}
	return body
}

// aim is the request as it goes out: to where the subgraph really is, in a span of
// its own that the subgraph is told of.
func (u *upstream) aim(ctx context.Context, r *http.Request) (*http.Request, trace.Span, error) {
	target := &url.URL{Path: "/"}
	if u.s.Handler == nil {
		var err error
		if target, err = url.Parse(u.s.URL); err != nil || target.Host == "" {
			return nil, trace.Span{}, errors.New("it has no address")
		}
	}
	ctx, span := trace.Start(ctx, "subgraph", trace.Client, trace.Subgraph.String(u.name))
	out := r.Clone(ctx)
	out.Header.Del("Accept-Encoding")
	trace.Tell(ctx, out.Header)
	out.URL, out.Host = target, target.Host
	return out, span, nil
}

// ask sends a request and reads the whole answer, if it is one.
func (u *upstream) ask(r *http.Request) ([]byte, error) {
	response, err := u.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, u.s.Most+1))
	switch {
	case err != nil:
		return nil, err
	case int64(len(body)) > u.s.Most:
		return nil, fmt.Errorf("its answer has more than %d bytes", u.s.Most)
	case !answers(body):
		return nil, fmt.Errorf("status %d with something that is no GraphQL answer", response.StatusCode)
	}
	return body, nil
}

// answers says whether a body is an object with data or errors.
func answers(body []byte) bool {
	if text := bytes.TrimSpace(body); bytes.HasPrefix(text, []byte(`{"data":`)) { // nearly always; then it need not be taken apart
		return astjson.ValidateBytes(text) == nil
	}
	a, err := astjson.ParseBytes(body)
	if err != nil || a.Type() != astjson.TypeObject {
		return false
	}
	return a.Exists("data") || len(a.GetArray("errors")) > 0
}

func reply(r *http.Request, body []byte) *http.Response {
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r,
		Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body))}
}

// silent is the answer of a subgraph that gave none.
func (u *upstream) silent(r *http.Request, cause error) *http.Response {
	if r.Context().Err() == nil {
		u.warn(cause)
	}
	body, err := json.Marshal(map[string]any{"data": nil, "errors": []any{u.silence()}})
	if err != nil {
		body = []byte(`{"data":null,"errors":[{"message":"SUBGRAPH_SILENT"}]}`)
	}
	return reply(r, body)
}

func (u *upstream) warn(cause error) {
	u.g.options.Log.Warn().Err(withoutAddress(cause)).Str("subgraph", u.name).Msg("a subgraph is silent")
}

// withoutAddress keeps what went wrong and drops where: addresses may hold secrets.
func withoutAddress(err error) error {
	for next := errors.Unwrap(err); next != nil; next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// clean leaves of a partner's errors what a client needs: words, place and code.
func (u *upstream) clean(body []byte) []byte {
	var a struct {
		Data   json.RawMessage `json:"data,omitempty"`
		Errors []struct {
			Message    string          `json:"message"`
			Path       json.RawMessage `json:"path,omitempty"`
			Extensions map[string]any  `json:"extensions,omitempty"`
		} `json:"errors,omitempty"`
	}
	if json.Unmarshal(body, &a) != nil {
		return body // its errors are no errors as GraphQL writes them; the resolver says so
	}
	for i := range a.Errors {
		e := &a.Errors[i]
		e.Message, _, _ = strings.Cut(e.Message, "\n")
		if strings.Contains(e.Message, "://") || len(e.Message) > 500 || e.Message == "" {
			e.Message = "The subgraph " + u.name + " reports an error."
		}
		code, ok := e.Extensions["code"].(string)
		if !ok || len(code) > 80 {
			code = "SUBGRAPH_ERROR"
		}
		e.Extensions = map[string]any{"code": code, "subgraph": u.name}
	}
	out, err := json.Marshal(a)
	if err != nil {
		return body
	}
	return out
}
