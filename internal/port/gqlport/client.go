package gqlport

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
	mediaType   = "application/json"
	newerType   = "application/graphql-response+json" // some answer this whatever was asked for
	maxAnswer   = 8 << 20                             // bytes: a thousand persons with every field stay below 2 MiB
	maxPatience = time.Hour                           // a longer wait is a mistake
)

// client makes single calls to one service. It logs nothing: bodies are personal
// data, and what went wrong is in the fault.
type client struct {
	department string
	base       string
	token      string
	clock      func() time.Time
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
		department: s.Department, base: s.Endpoint.URL, token: s.Endpoint.Token, clock: s.Now,
		http: &http.Client{
			Transport: transport,
			// A redirect would carry the token and the person to an address
			// that nobody has configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// call sends one request and reads the whole answer.
func (c *client) call(ctx context.Context, path string, q request) ([]byte, error) {
	text, err := json.Marshal(q)
	if err != nil {
		return nil, fmt.Errorf("encode a request to %s: %w", c.department, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+path, bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", c.department, err)
	}
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Content-Type", mediaType)
	req.Header.Set("Accept", mediaType)
	res, err := c.http.Do(req)
	if err != nil {
		return nil, port.Silent(c.department).Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	if err := c.turnedAway(res); err != nil {
		return nil, err
	}
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || kind != mediaType && kind != newerType {
		return nil, port.Garbled(c.department).Because(errors.New("the answer is not JSON by its content type"))
	}
	text, err = io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, port.Silent(c.department).Because(err)
	}
	if len(text) > maxAnswer {
		return nil, port.Garbled(c.department).Because(fmt.Errorf("the answer is longer than %d bytes", maxAnswer))
	}
	return text, nil
}

// turnedAway goes by the status where that says more than the body: GraphQL tells
// its errors in the body, with 200 or 400 and 422.
func (c *client) turnedAway(res *http.Response) error {
	cause := fmt.Errorf("status %d", res.StatusCode)
	switch s := res.StatusCode; {
	case s >= 200 && s <= 299, s == http.StatusBadRequest, s == http.StatusUnprocessableEntity:
		return nil
	case s == http.StatusTooManyRequests:
		return port.Busy(c.department, c.retryAt(res.Header.Get("Retry-After"))).Because(cause)
	case s == http.StatusServiceUnavailable:
		if at := c.retryAt(res.Header.Get("Retry-After")); !at.IsZero() {
			return port.Busy(c.department, at).Because(cause)
		}
	case s < 400:
		return port.Garbled(c.department).Because(cause)
	}
	return port.Failed(c.department).Because(cause)
}

// retryAt reads seconds or a date; zero if it says nothing sensible.
func (c *client) retryAt(value string) time.Time {
	now := c.clock()
	if s, err := strconv.Atoi(value); err == nil && s >= 0 && s <= int(maxPatience/time.Second) {
		return now.Add(time.Duration(s) * time.Second)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) && at.Sub(now) <= maxPatience {
		return at
	}
	return time.Time{}
}

// data reads an answer: its data, or what its errors mean.
func (c *client) data(text []byte) (map[string]json.RawMessage, error) {
	var r response
	if err := port.DecodeJSON(text, &r); err != nil {
		return nil, port.Garbled(c.department).Because(err)
	}
	if len(r.Errors) == 0 {
		if r.Data == nil {
			return nil, port.Garbled(c.department).Because(errors.New("neither data nor errors"))
		}
		return r.Data, nil
	}
	for _, field := range r.Data {
		if string(field) != "null" {
			return nil, port.Garbled(c.department).Because(errors.New("data beside errors"))
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
				return port.Garbled(c.department).Because(err)
			}
		}
		return r
	case code == "BUSY":
		return port.Busy(c.department, c.retryAt(string(p.Extensions["retryAfter"])))
	}
	return port.Failed(c.department).Because(errors.New("code " + port.Clean(code)))
}
