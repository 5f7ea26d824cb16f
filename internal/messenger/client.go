package messenger

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
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	usualTimeout = 10 * time.Second
	maxAnswer    = 64 << 10  // bytes
	maxPatience  = time.Hour // a longer Retry-After is a mistake
)

// Endpoint is where a gateway is and how it knows us.
type Endpoint struct {
	URL     string        // base address
	Token   string        // we show it with every call
	Timeout time.Duration // for one call; zero means ten seconds
}

// String leaves the token out.
func (e Endpoint) String() string { return e.URL }

// GoString leaves the token out.
func (e Endpoint) GoString() string { return fmt.Sprintf("messenger.Endpoint{URL: %q}", e.URL) }

// client sends messages as JSON over HTTP. It logs nothing.
type client struct {
	Endpoint
	now  func() time.Time
	http *http.Client
}

// Open returns the gateway at an address, which takes POST messages with a Letter,
// keeps it before it answers with a Slip, and takes each ID once. It makes no call.
func Open(e Endpoint, now func() time.Time) (Gateway, error) {
	u, err := url.Parse(e.URL)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return nil, errors.New("message gateway: its address is not an absolute http(s) address without query")
	}
	if e.Timeout <= 0 {
		e.Timeout = usualTimeout
	}
	e.URL = strings.TrimSuffix(e.URL, "/")
	return &client{Endpoint: e, now: now, http: &http.Client{
		Transport: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 16,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		},
		// A redirect would carry the token and the number to an address that nobody has configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Send implements [Gateway].
func (c *client) Send(ctx context.Context, m Message) (Receipt, error) {
	if err := m.Check(); err != nil {
		return Receipt{}, fmt.Errorf("send message %q: %w", m.ID, err)
	}
	r, err := c.send(ctx, m)
	if err != nil {
		return Receipt{}, fmt.Errorf("send message %s: %w", m.ID, err)
	}
	return r, nil
}

func (c *client) send(ctx context.Context, m Message) (Receipt, error) {
	body, err := json.Marshal(Letter(m))
	if err != nil {
		return Receipt{}, fmt.Errorf("encode: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, c.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodPost, c.URL+Path, bytes.NewReader(body))
	if err != nil {
		return Receipt{}, fmt.Errorf("request: %w", err)
	}
	req.Header.Set("Authorization", "Bearer "+c.Token)
	req.Header.Set("Content-Type", MediaType)
	req.Header.Set("Accept", MediaType)
	req.Header.Set("Idempotency-Key", m.ID)
	res, err := c.http.Do(req)
	if err != nil {
		return Receipt{}, silent(ctx, err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := read(ctx, res)
	if res.StatusCode < 200 || res.StatusCode > 299 {
		return Receipt{}, c.refusal(ctx, res, text, err)
	}
	if err != nil {
		return Receipt{}, err
	}
	var slip Slip
	if json.Unmarshal(text, &slip) != nil || slip.ID != m.ID || slip.Reference == "" || len(slip.Reference) > maxID || slip.AcceptedAt.IsZero() {
		return Receipt{}, Silent(time.Time{}).Because(errors.New("not a receipt of this message"))
	}
	return Receipt(slip), nil
}

// silent tells a gateway's silence from the caller having gone.
func silent(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return ctx.Err()
	}
	return Silent(time.Time{}).Because(err)
}

func read(ctx context.Context, res *http.Response) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	if err != nil {
		return nil, silent(ctx, err)
	}
	kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	switch {
	case len(text) > maxAnswer:
		return nil, Silent(time.Time{}).Because(fmt.Errorf("the answer is longer than %d bytes", maxAnswer))
	case err != nil || kind != MediaType || !utf8.Valid(text):
		return nil, Silent(time.Time{}).Because(errors.New("the answer is not JSON"))
	}
	return text, nil
}

// refusal sorts what is not 2xx. Only 400, 409, 413 and 422 with a JSON body speak
// of the message; a refused token, a wrong path or a proxy's page is a broken
// connection: the message waits, and the person is not called unreachable.
func (c *client) refusal(ctx context.Context, res *http.Response, text []byte, unread error) error {
	cause := fmt.Errorf("status %d", res.StatusCode)
	switch res.StatusCode {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return Silent(c.retryAt(res)).Because(cause)
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnprocessableEntity:
		if unread != nil {
			return unread
		}
		var r Refusal
		switch err := json.Unmarshal(text, &r); {
		case err != nil || r.Reason == "":
		case r.Reason == ReasonOtherwise:
			return SentOtherwise().Because(cause)
		case res.StatusCode != http.StatusConflict:
			return Undeliverable().Because(cause)
		}
	}
	if ctx.Err() != nil {
		return silent(ctx, ctx.Err())
	}
	return Silent(time.Time{}).Because(cause)
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
