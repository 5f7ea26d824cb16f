package gqlport

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

const (
	mediaType = "application/json"
	newerType = "application/graphql-response+json" // some answer this whatever was asked for
	maxAnswer = 8 << 20                             // bytes: a thousand persons with every field stay below 2 MiB
)

// client makes single calls to one service.
type client struct{ *web.Client }

// Each call says what it sends and wants.
var head = http.Header{"Content-Type": {mediaType}, "Accept": {mediaType}}

// call sends one request and reads the whole answer.
func (c *client) call(ctx context.Context, path string, q request) ([]byte, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode a request to %s: %w", c.Department, err)
	}
	res, err := c.Send(ctx, http.MethodPost, path, head, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = res.Body.Close() }()
	if err := c.turnedAway(res); err != nil {
		return nil, err
	}
	return c.Read(res, maxAnswer, "JSON", mediaType, newerType)
}

// turnedAway goes by the status where that says more than the body: GraphQL tells
// its errors in the body, with 200 or 400 and 422.
func (c *client) turnedAway(res *http.Response) error {
	cause := port.HTTPStatus(res.StatusCode)
	switch s := res.StatusCode; {
	case s >= 200 && s <= 299, s == http.StatusBadRequest, s == http.StatusUnprocessableEntity:
		return nil
	case s == http.StatusTooManyRequests:
		return port.Busy(c.Department, c.RetryAt(res.Header.Get("Retry-After"))).Because(cause)
	case s == http.StatusServiceUnavailable:
		if at := c.RetryAt(res.Header.Get("Retry-After")); !at.IsZero() {
			return port.Busy(c.Department, at).Because(cause)
		}
	case s < 400:
		return port.Garbled(c.Department).Because(cause)
	}
	return port.Failed(c.Department).Because(cause)
}

// data reads an answer: its data, or what its errors mean.
func (c *client) data(text []byte) (map[string]json.RawMessage, error) {
	var r response
	if err := port.DecodeJSON(text, &r); err != nil {
		return nil, port.Garbled(c.Department).Because(err)
	}
	if len(r.Errors) == 0 {
		if r.Data == nil {
			return nil, port.Garbled(c.Department).Because(errors.New("neither data nor errors"))
		}
		return r.Data, nil
	}
	for _, field := range r.Data {
		if string(field) != "null" {
			return nil, port.Garbled(c.Department).Because(errors.New("data beside errors"))
		}
	}
	return nil, c.meaning(r.Errors[0])
}

// meaning is what an error says of itself.
func (c *client) meaning(p problem) error {
	word := func(key string) string {
		var s string
		if json.Unmarshal(p.Extensions[key], &s) != nil {
			return ""
		}
		return s
	}
	code, reason := word("code"), word("reason")
	switch {
	case reason == port.ItemDeliveredOtherwise, reason == port.ItemDecided, reason == port.ItemUnknown,
		reason != "" && (code == "REFUSED" || code == "BAD_USER_INPUT"):
		r := &port.Refusal{Reason: reason}
		if item := p.Extensions["item"]; len(item) > 0 {
			if err := port.DecodeJSON(item, &r.Item); err != nil {
				return port.Garbled(c.Department).Because(err)
			}
		}
		return r
	case code == "BUSY":
		return port.Busy(c.Department, c.RetryAt(string(p.Extensions["retryAfter"])))
	}
	return port.Failed(c.Department).Because(errors.New("code " + port.Clean(code)))
}
