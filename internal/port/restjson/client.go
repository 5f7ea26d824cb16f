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

	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxAnswer   = 8 << 20 // bytes: a thousand persons with every field stay below 2 MiB
	maxRefusal  = 64 << 10
	maxPatience = time.Hour // a longer Retry-After is a mistake
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
	transport := s.Transport
	if transport == nil {
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		}
	}
	return &client{
		department: s.Department, base: s.Endpoint.URL, token: s.Endpoint.Token, now: s.Now,
		http: &http.Client{
			Transport: transport,
			// A redirect would carry the token and the person to an address
			// that nobody has configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// call sends one body and decodes one answer. Errors are a *port.Refusal for the
// 4xx that speak of the content, else a fault of kind Unavailable.
func (c *client) call(ctx context.Context, method, path string, body, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("encode %s %s: %w", method, path, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("request to %s: %w", c.department, err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Accept", MediaType)
	res, err := c.http.Do(req)
	if err != nil {
		return port.Silent(c.department).Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return c.refusal(res)
	}
	text, err = c.read(res, maxAnswer)
	if err != nil {
		return err
	}
	if err := port.DecodeJSON(text, into); err != nil {
		return port.Garbled(c.department).Because(err)
	}
	return nil
}

func (c *client) read(res *http.Response, limit int64) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != MediaType {
		return nil, port.Garbled(c.department).Because(errors.New("the answer is not JSON by its content type"))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, port.Silent(c.department).Because(err)
	}
	if int64(len(text)) > limit {
		return nil, port.Garbled(c.department).Because(fmt.Errorf("the answer is longer than %d bytes", limit))
	}
	return text, nil
}

// refusal sorts what is not 2xx. Only 400, 404, 409, 410, 413 and 422 with a JSON
// body speak of the content; a refused credential, a wrong path or a proxy's page
// is a broken connection: the item waits, and does not go back to the applicant.
func (c *client) refusal(res *http.Response) error {
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
		r := &port.Refusal{}
		text, err := c.read(res, maxRefusal)
		if err != nil {
			return err
		}
		if err := port.DecodeJSON(text, r); err != nil {
			return port.Garbled(c.department).Because(err)
		}
		if of(res.StatusCode, r.Reason) {
			return r
		}
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

// of says whether a refusal speaks of the content: not found, gone and conflict do
// so only with one of the agreed reasons, else the connection is wrong.
func of(status int, reason string) bool {
	switch reason {
	case port.ItemDeliveredOtherwise, port.ItemDecided, port.ItemUnknown:
		return true
	}
	return status != http.StatusNotFound && status != http.StatusGone && status != http.StatusConflict
}
