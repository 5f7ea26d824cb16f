package restjson

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	usualTimeout = 10 * time.Second
	maxAnswer    = 8 << 20 // bytes: a thousand persons with every field stay below 2 MiB
	maxRefusal   = 64 << 10
	maxPatience  = time.Hour // a longer Retry-After is a mistake
)

// client makes single HTTP calls to one department. It logs nothing: bodies are
// personal data, and what went wrong is in the fault.
type client struct {
	department string
	base       string
	token      string
	now        func() time.Time
	http       *http.Client
}

func newClient(s port.Setup) *client {
	return &client{
		department: s.Department, base: s.Endpoint.URL, token: s.Endpoint.Token, now: s.Now,
		http: &http.Client{
			Transport: &http.Transport{
				Proxy:               http.ProxyFromEnvironment,
				DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
				TLSHandshakeTimeout: 5 * time.Second,
				MaxIdleConnsPerHost: 32,
				IdleConnTimeout:     time.Minute,
				ForceAttemptHTTP2:   true,
			},
			// A redirect would carry the token and the person to an address
			// that nobody has configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// refused is an answer of 400 and above that means something to the caller.
type refused struct {
	status int
	Refusal
}

func (r *refused) Error() string { return "refused with status " + strconv.Itoa(r.status) }

// call sends one body and decodes one answer within the timeout. Errors are
// *refused for the 4xx that speak of the content, else a fault of kind
// Unavailable, or the caller's own cancellation.
func (c *client) call(ctx context.Context, method, path string, timeout time.Duration, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", method, path, err)
	}
	limited, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("request to %s: %w", c.department, err)
	}
	req.Header.Set("Authorization", "Bearer "+c.token)
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Accept", MediaType)
	res, err := c.http.Do(req)
	if err != nil {
		return c.silent(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refusal(ctx, res)
	}
	text, err = c.read(ctx, res, maxAnswer)
	if err != nil {
		return err
	}
	if err := port.DecodeJSON(text, into); err != nil {
		return port.Garbled(c.department).Because(err)
	}
	return nil
}

// silent tells a department's silence from the caller having gone.
func (c *client) silent(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return fmt.Errorf("ask %s: %w", c.department, ctx.Err())
	}
	return port.Silent(c.department).Because(err)
}

func (c *client) read(ctx context.Context, res *http.Response, limit int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != MediaType {
		return nil, port.Garbled(c.department).Because(errors.New("the answer is not JSON by its content type"))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, c.silent(ctx, err)
	}
	if int64(len(text)) > limit {
		return nil, port.Garbled(c.department).Because(fmt.Errorf("the answer is longer than %d bytes", limit))
	}
	return text, nil
}

// refusal sorts what is not 2xx. Only 400, 404, 409, 410, 413 and 422 with a JSON
// body speak of the content; a refused credential, a wrong path or a proxy's page
// is a broken connection: the item waits, and does not go back to the applicant.
func (c *client) refusal(ctx context.Context, res *http.Response) error {
	cause := fmt.Errorf("status %d", res.StatusCode)
	switch res.StatusCode {
	case http.StatusTooManyRequests:
		return port.Busy(c.department, c.retryAt(res)).Because(cause)
	case http.StatusServiceUnavailable:
		if at := c.retryAt(res); !at.IsZero() {
			return port.Busy(c.department, at).Because(cause)
		}
	case http.StatusBadRequest, http.StatusNotFound, http.StatusConflict, http.StatusGone,
		http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		r := &refused{status: res.StatusCode}
		text, err := c.read(ctx, res, maxRefusal)
		if err != nil {
			return err
		}
		if err := port.DecodeJSON(text, &r.Refusal); err != nil {
			return port.Garbled(c.department).Because(err)
		}
		return r
	}
	if res.StatusCode < 400 {
		return port.Garbled(c.department).Because(cause)
	}
	return port.Failed(c.department).Because(cause)
}

// retryAt reads Retry-After in seconds or as a date; zero if it says nothing sensible.
func (c *client) retryAt(res *http.Response) time.Time {
	now, value := c.now(), res.Header.Get("Retry-After")
	if s, err := strconv.Atoi(value); err == nil && s >= 0 && s <= int(maxPatience/time.Second) {
		return now.Add(time.Duration(s) * time.Second)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) && at.Sub(now) <= maxPatience {
		return at
	}
	return time.Time{}
}

// asFault gives what a refusal means where the operation gives it no other meaning.
func (c *client) asFault(err error) error {
	r, ok := errors.AsType[*refused](err)
	if !ok {
		return err
	}
	var f *fault.Fault
	switch {
	case r.Reason == ItemDeliveredOtherwise:
		f = port.DeliveredOtherwise(c.department)
	case r.Reason == ItemDecided:
		f = port.TooLate(c.department)
	case r.Reason == ItemUnknown:
		f = port.UnknownItem(c.department)
	case r.status == http.StatusNotFound, r.status == http.StatusGone, r.status == http.StatusConflict:
		f = port.Failed(c.department) // none of the agreed reasons: the connection is wrong, not the content
	default:
		f = port.Refused(c.department)
	}
	return f.Because(err)
}
