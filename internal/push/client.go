package push

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

	"github.com/vetgraph/vetgraph/internal/fault"
)

// Endpoint is where a party is and how the two of us know each other.
type Endpoint struct {
	URL            string // base address
	Token          string // we show it with every call
	CallbackSecret string // it signs its callbacks with this, as departments do (port.SignCallback)
}

// String leaves the secrets out.
func (e Endpoint) String() string { return e.URL }

// GoString leaves the secrets out.
func (e Endpoint) GoString() string { return fmt.Sprintf("push.Endpoint{URL: %q}", e.URL) }

const (
	maxAnswer = 4 << 20
	// MaxAsked is the most lines in one question.
	MaxAsked = 500
)

// Client speaks with one party. It is safe for concurrent use.
type Client struct {
	endpoint Endpoint
	http     *http.Client
}

// Open makes a client whose calls end after a while.
func Open(e Endpoint, timeout time.Duration) (*Client, error) {
	if u, err := url.Parse(e.URL); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, errors.New("the address of a paying party is an absolute http(s) address")
	}
	e.URL = strings.TrimSuffix(e.URL, "/")
	return &Client{endpoint: e, http: &http.Client{
		Timeout: timeout, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// Push hands over a roll. Repeating it is harmless and gives the same receipt.
// After an error of kind Unavailable it may or may not have arrived; push it again.
func (c *Client) Push(ctx context.Context, r Roll) (Receipt, error) {
	if err := r.Check(); err != nil {
		return Receipt{}, fmt.Errorf("push roll %s: %w", r.ID, err)
	}
	var got Receipt
	if err := c.call(ctx, http.MethodPut, "/rolls/"+url.PathEscape(r.ID), r, &got); err != nil {
		return Receipt{}, err
	}
	if got.Roll != r.ID || got.Number == "" || got.ReceivedAt.IsZero() {
		return Receipt{}, garbled()
	}
	return got, nil
}

// Ask returns how lines fare, up to [MaxAsked] of them, by ID; one that the party
// does not know is left out.
func (c *Client) Ask(ctx context.Context, lines []string) (map[string]Outcome, error) {
	var got struct {
		Lines []Outcome `json:"lines"`
	}
	if err := c.call(ctx, http.MethodPost, "/lines/status", map[string][]string{"lines": lines}, &got); err != nil {
		return nil, err
	}
	out := make(map[string]Outcome, len(got.Lines))
	for _, o := range got.Lines {
		if err := o.check(); err != nil {
			return nil, err
		}
		out[o.Line] = o
	}
	return out, nil
}

func (c *Client) call(ctx context.Context, method, path string, body, to any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.endpoint.URL+path, bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+c.endpoint.Token)
	res, err := c.http.Do(req)
	if err != nil {
		if errors.Is(ctx.Err(), context.Canceled) { // the caller has gone; nobody was silent
			return ctx.Err()
		}
		return fault.New(fault.Unavailable, "PAYER_SILENT", "付款方没有答复。", "The paying party does not answer.")
	}
	defer func() { _ = res.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer+1))
	switch {
	case err != nil:
		return fault.New(fault.Unavailable, "PAYER_SILENT", "付款方没有答复。", "The paying party does not answer.")
	case res.StatusCode == http.StatusConflict:
		return fault.New(fault.Conflict, "ROLL_PUSHED_OTHERWISE", "这份花名册已以其他内容推送。", "This roll was pushed before with another content.")
	case res.StatusCode == http.StatusTooManyRequests, res.StatusCode == http.StatusServiceUnavailable:
		return fault.New(fault.Unavailable, "PAYER_BUSY", "付款方繁忙。", "The paying party is busy.")
	case res.StatusCode == http.StatusBadRequest, res.StatusCode == http.StatusUnprocessableEntity:
		return fault.New(fault.Invalid, "ROLL_REFUSED", "付款方不接受这份花名册。", "The paying party will not take this roll.")
	case res.StatusCode < 200 || res.StatusCode > 299:
		return fault.New(fault.Unavailable, "PAYER_FAILED", "付款方系统出错。", "The paying party's system fails.")
	case len(answer) > maxAnswer || json.Unmarshal(answer, to) != nil:
		return garbled()
	}
	return nil
}
