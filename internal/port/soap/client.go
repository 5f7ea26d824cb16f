package soap

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port"
)

const (
	maxAnswer   = 8 << 20 // bytes: a thousand persons with every field stay below 4 MiB
	maxFault    = 64 << 10
	maxPatience = time.Hour // a longer Retry-After is a mistake
)

// client makes single calls to one department. It logs nothing: bodies are
// personal data, and what went wrong is in the fault.
type client struct {
	department string
	base       string
	token      string // empty where the transport shows who we are
	now        func() time.Time
	http       *http.Client
}

func newClient(s port.Setup) *client {
	transport, token := s.Transport, ""
	if transport == nil {
		token = s.Endpoint.Token
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
		department: s.Department, base: s.Endpoint.URL, token: token, now: s.Now,
		http: &http.Client{
			Transport: transport,
			// A redirect would carry the token and the person to an address
			// that nobody has configured.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// call makes one call of a port's operation. Errors are a *port.Refusal, else a
// fault of kind Unavailable.
func (c *client) call(ctx context.Context, p *catalog.Port, ask func(*writer), hear func(*reader)) error {
	v, operation := versionOf(p.Soap.Version), operations[p.Operation]
	text, err := v.envelope(p.Soap.Namespace, c.token, operation, ask)
	if errors.Is(err, errCharacters) {
		return &port.Refusal{Reason: "CHARACTERS"} // they could not read it if they would
	} else if err != nil {
		return fmt.Errorf("write %s for %s: %w", operation, c.department, err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.base+Path(p), bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("request to %s: %w", c.department, err)
	}
	c.head(req, v)
	req.Header.Set("Content-Type", v.contentType(Action(p)))
	if v == soap11 {
		req.Header.Set("SOAPAction", `"`+Action(p)+`"`)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return port.Silent(c.department).Because(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusOK {
		return c.failure(res, v, p.Soap.Namespace)
	}
	root, err := c.read(res, maxAnswer)
	if err != nil {
		return err
	}
	return c.hear(root, v, p.Soap.Namespace, operation, hear)
}

func (c *client) head(req *http.Request, v *version) {
	if c.token != "" {
		req.Header.Set("Authorization", "Bearer "+c.token)
	}
	req.Header.Set("Accept", v.media)
}

// hear takes the answer out of its envelope.
func (c *client) hear(root *node, v *version, space, operation string, hear func(*reader)) error {
	b, err := open(root, space)
	if err != nil {
		return port.Garbled(c.department).Because(err)
	}
	if b.isFault() { // some say no with 200
		return c.fault(b, space)
	}
	if b.version != v || b.content.name.Space != space || b.content.name.Local != operation+"Response" {
		return port.Garbled(c.department).Because(errors.New("not the answer to this operation in this version and namespace"))
	}
	r, bad := newReader(b.content, space)
	if hear(r); *bad != nil {
		return port.Garbled(c.department).Because(*bad)
	}
	return nil
}

// fault is what a fault means.
func (c *client) fault(b body, space string) error {
	refusal, err := b.refusal(space)
	switch {
	case err != nil:
		return port.Garbled(c.department).Because(err)
	case refusal != nil:
		return refusal
	}
	return port.Failed(c.department).Because(errors.New("a fault of its own"))
}

// read reads and parses a body. Its media type is that of either version: faults
// of the other one are understood.
func (c *client) read(res *http.Response, limit int64) (*node, error) {
	said := res.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(said); err != nil || kind != soap11.media && kind != soap12.media {
		return nil, port.Garbled(c.department).Because(errors.New("the answer is not SOAP by its content type"))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err != nil {
		return nil, port.Silent(c.department).Because(err)
	}
	if int64(len(text)) > limit {
		return nil, port.Garbled(c.department).Because(fmt.Errorf("the answer is longer than %d bytes", limit))
	}
	root, err := parse(text, said)
	if err != nil {
		return nil, port.Garbled(c.department).Because(err)
	}
	return root, nil
}

// failure sorts what is not 200. SOAP says no with 500 (1.1) or 400 (1.2), so a
// fault in the body comes before the status; without one the status counts.
func (c *client) failure(res *http.Response, v *version, space string) error {
	cause := fmt.Errorf("status %d", res.StatusCode)
	switch {
	case res.StatusCode == http.StatusTooManyRequests:
		return port.Busy(c.department, c.retryAt(res)).Because(cause)
	case res.StatusCode == http.StatusServiceUnavailable:
		if at := c.retryAt(res); !at.IsZero() {
			return port.Busy(c.department, at).Because(cause)
		}
	case res.StatusCode < 400:
		return port.Garbled(c.department).Because(cause)
	}
	root, err := c.read(res, maxFault)
	if err != nil {
		return port.Failed(c.department).Because(cause)
	}
	if b, err := open(root, space); err == nil && b.isFault() && b.version == v {
		return c.fault(b, space)
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
