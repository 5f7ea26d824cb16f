// Package web makes the single HTTP calls of the kinds of port that go over HTTP.
//
// It follows no redirect, waits as long as its caller, reads no more of an answer than
// it is told to, and remembers when the certificate ends that the system shows. It
// logs nothing: bodies are personal data, and what went wrong is in the fault.
package web

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/trace"
)

// maxPatience is the longest wait that a system may ask for; more is a mistake.
const maxPatience = time.Hour

// Client calls one system.
type Client struct {
	Department string // its code, for faults
	Token      string // the bearer token that goes with every call; empty where the transport shows who we are

	base string
	now  func() time.Time
	http *http.Client
	ends atomic.Int64 // of the certificate last seen, Unix time; 0: none
}

// Open makes a client for an address. It makes no call.
func Open(s port.Setup) *Client {
	c := &Client{Department: s.Department, base: s.Endpoint.URL, now: s.Now}
	if c.now == nil {
		c.now = time.Now
	}
	transport := s.Transport
	if transport == nil {
		c.Token = s.Endpoint.Token
		transport = &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
			TLSHandshakeTimeout: 5 * time.Second,
			MaxIdleConnsPerHost: 32,
			IdleConnTimeout:     time.Minute,
			ForceAttemptHTTP2:   true,
		}
	}
	c.http = &http.Client{
		Transport: transport,
		// A redirect would carry the token and the person to an address
		// that nobody has configured.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c
}

// Send sends one body, if there is one, to a path below the base address. The caller
// closes the body of the answer. Fault: Silent.
func (c *Client) Send(ctx context.Context, method, path string, header http.Header, body []byte) (*http.Response, error) {
	var sent io.Reader = http.NoBody
	if body != nil {
		sent = bytes.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, c.base+path, sent)
	if err != nil {
		return nil, fmt.Errorf("request to %s: %w", c.Department, err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if c.Token != "" {
		req.Header.Set("Authorization", "Bearer "+c.Token)
	}
	trace.Tell(ctx, req.Header)
	res, err := c.http.Do(req)
	if err != nil {
		if theirs, ok := errors.AsType[*tls.CertificateVerificationError](err); ok && len(theirs.UnverifiedCertificates) > 0 {
			c.saw(theirs.UnverifiedCertificates[0])
		}
		return nil, port.Silent(c.Department).Because(err)
	}
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		c.saw(res.TLS.PeerCertificates[0])
	}
	return res, nil
}

func (c *Client) saw(theirs *x509.Certificate) { c.ends.Store(theirs.NotAfter.Unix()) }

// Read reads the whole body of an answer that is of one of these media types and no
// longer than limit bytes. called is what people call those types. Faults: Silent, Garbled.
func (c *Client) Read(res *http.Response, limit int64, called string, media ...string) ([]byte, error) {
	if kind, _, err := mime.ParseMediaType(res.Header.Get("Content-Type")); err != nil || !slices.Contains(media, kind) {
		return nil, port.Garbled(c.Department).Because(errors.New("the answer is not " + called + " by its content type"))
	}
	text, err := io.ReadAll(io.LimitReader(res.Body, limit+1))
	if err == nil && res.Request != nil {
		err = res.Request.Context().Err() // when we hang up over TLS, the other side may still end its answer in good order
	}
	if err != nil {
		return nil, port.Silent(c.Department).Because(err)
	}
	if int64(len(text)) > limit {
		return nil, port.Garbled(c.Department).Because(fmt.Errorf("the answer is longer than %d bytes", limit))
	}
	return text, nil
}

// RetryAt reads a wait as Retry-After says it, in seconds or as a date; zero if it
// says nothing sensible (RFC 9110 section 10.2.3).
func (c *Client) RetryAt(value string) time.Time {
	now := c.now()
	if s, err := strconv.Atoi(value); err == nil && s >= 0 && s <= int(maxPatience/time.Second) {
		return now.Add(time.Duration(s) * time.Second)
	}
	if at, err := http.ParseTime(value); err == nil && at.After(now) && at.Sub(now) <= maxPatience {
		return at
	}
	return time.Time{}
}

// Certificate implements [port.Certified]: the certificate that ends first, of those
// that the transport knows of, else the system's as it was last seen.
func (c *Client) Certificate() (time.Time, bool) {
	if t, ok := c.http.Transport.(port.Certified); ok {
		return t.Certificate()
	}
	if unix := c.ends.Load(); unix != 0 {
		return time.Unix(unix, 0).UTC(), true
	}
	return time.Time{}, false
}
