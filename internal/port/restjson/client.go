package restjson

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

const (
	maxAnswer  = 8 << 20 // bytes: a thousand persons with every field stay below 2 MiB
	maxRefusal = 64 << 10
)

// client makes single calls to one department.
type client struct{ *web.Client }

// Each call says what it sends and wants.
var head = http.Header{"Content-Type": {MediaType}, "Accept": {MediaType}}

// call sends one body and decodes one answer. Errors are a *port.Refusal for the
// 4xx that speak of the content, else a fault of kind Unavailable.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", method, path, err)
	}
	res, err := c.Send(ctx, method, path, head, text)
	if err != nil {
		return err
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refusal(res)
	}
	text, err = c.Read(res, maxAnswer, "JSON", MediaType)
	if err != nil {
		return err
	}
	if err := port.DecodeJSON(text, into); err != nil {
		return port.Garbled(c.Department).Because(err)
	}
	return nil
}

// refusal sorts what is not 2xx. Only 400, 404, 409, 410, 413 and 422 with a JSON
// body speak of the content; a refused credential, a wrong path or a proxy's page
// is a broken connection: the item waits, and does not go back to the applicant.
func (c *client) refusal(res *http.Response) error {
	cause := port.HTTPStatus(res.StatusCode)
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		return port.Busy(c.Department, c.RetryAt(res.Header.Get("Retry-After"))).Because(cause)
	case http.StatusServiceUnavailable:
		if at := c.RetryAt(res.Header.Get("Retry-After")); !at.IsZero() {
			return port.Busy(c.Department, at).Because(cause)
		}
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		r := &port.Refusal{}
		text, err := c.Read(res, maxRefusal, "JSON", MediaType)
		if err != nil {
			return err
		}
		if err := port.DecodeJSON(text, r); err != nil {
			return port.Garbled(c.Department).Because(err)
		}
		if of(res.StatusCode, r.Reason) {
			return r
		}
	}
	if res.StatusCode < 400 {
		return port.Garbled(c.Department).Because(cause)
	}
	return port.Failed(c.Department).Because(cause)
}

// of says whether a refusal speaks of the content: not found, gone and conflict do
// so only with one of the agreed reasons, else the connection is wrong.
func of(status int, reason string) bool {
	switch reason {
	case port.ItemDeliveredOtherwise, port.ItemDecided, port.ItemUnknown, port.BatchPushedOtherwise:
		return true
	}
	return status != http.StatusNotFound && status != http.StatusGone && status != http.StatusConflict
}
