package trust_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

var start = time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)

// clock is the time of both sides.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock { return &clock{at: start} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

func newCA(t testing.TB) *trusttest.CA {
	t.Helper()
	return must(trusttest.New(start))
}

// must is for what fails only if the machine does.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// serverOf is a certificate for the addresses that tests listen on.
func serverOf(ca *trusttest.CA) trust.TLS {
	p := must(ca.Server(start.Add(-time.Hour), start.Add(90*24*time.Hour), "127.0.0.1", "localhost"))
	return trust.TLS{Certificate: trust.PEM(p.Public), Key: trust.PEM(p.Private)}
}

func clientOf(ca *trusttest.CA, until time.Time) trust.TLS {
	p := must(ca.Client(start.Add(-365*24*time.Hour), until, "hub.example.org"))
	return trust.TLS{CA: trust.PEM(ca.PEM()), Certificate: trust.PEM(p.Public), Key: trust.PEM(p.Private)}
}

// listen serves over TLS with a Spec's certificate, HTTP/2 too.
func listen(t testing.TB, h http.Handler, s trust.TLS, c *clock) string {
	t.Helper()
	config, err := trust.ServerTLS(trust.Spec{TLS: s}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(h)
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: config.NextProtos, // httptest adds a certificate of its own to this one
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return config, nil }}
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // refused handshakes
	server.StartTLS()
	t.Cleanup(server.Close)
	return server.URL
}

// serve listens behind [trust.Server]; what passes is answered with its body.
func serve(t testing.TB, ca *trusttest.CA, c *clock, wrap func(http.Handler) http.Handler, specs ...trust.Spec) string {
	t.Helper()
	guarded, err := trust.Server(c.now, specs...)
	if err != nil {
		t.Fatal(err)
	}
	h := guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = io.Copy(w, r.Body) }))
	if wrap != nil {
		h = wrap(h)
	}
	return listen(t, h, serverOf(ca), c)
}

func open(t testing.TB, s trust.Spec, c *clock) *trust.Transport {
	t.Helper()
	tr, err := trust.Client(s, c.now)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

func ask(tr http.RoundTripper, method, url, body string) (int, string, error) {
	return askIn(context.Background(), tr, method, url, body)
}

func askIn(ctx context.Context, tr http.RoundTripper, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	res, err := (&http.Client{Transport: tr}).Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	return res.StatusCode, string(text), err
}

// taken is a request as it came over the wire.
type taken struct {
	method, target string
	header         http.Header
	body           []byte
}

// tap catches requests on their way: nobody behind it sees them.
type tap struct {
	mu     sync.Mutex
	closed bool
	caught taken
}

func (p *tap) wrap(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if !p.closed {
			next.ServeHTTP(w, r)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			http.Error(w, "", http.StatusInternalServerError)
			return
		}
		p.caught = taken{r.Method, r.RequestURI, r.Header.Clone(), body}
	})
}

// catch is a request as the transport sends it.
func (p *tap) catch(t *testing.T, tr http.RoundTripper, method, url, body string) taken {
	t.Helper()
	p.close(true)
	defer p.close(false)
	if code, _, err := ask(tr, method, url, body); err != nil || code != 200 {
		t.Fatal(code, err)
	}
	return p.caught
}

func (p *tap) close(yes bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = yes
}

// anybody is a client that believes the CA and shows nothing.
func anybody(t testing.TB, ca *trusttest.CA, c *clock) http.RoundTripper {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca.PEM()))
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool, Time: c.now, MinVersion: tls.VersionTLS12}}
	t.Cleanup(tr.CloseIdleConnections)
	return tr
}

// again sends what was taken, as changed.
func again(t *testing.T, tr http.RoundTripper, url string, was taken, change func(*http.Request)) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), was.method, url+was.target, bytes.NewReader(was.body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = was.header.Clone()
	req.Header.Del("Content-Length")
	if change != nil {
		change(req)
	}
	res, err := tr.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if text, _ := io.ReadAll(res.Body); res.StatusCode == http.StatusUnauthorized && len(text) > 0 {
		t.Errorf("a refusal says %q", text)
	}
	return res.StatusCode
}

func kinds(ca *trusttest.CA) map[string]trust.Spec {
	key := must(trusttest.SM2())
	all := map[string]trust.Spec{
		trust.None:   {Kind: trust.None},
		trust.Bearer: {Kind: trust.Bearer, Secret: trust.Text("the-token-of-the-hub")},
		trust.HMAC:   {Kind: trust.HMAC, Key: "hub-2026", Secret: trust.Text(strings.Repeat("s", 32))},
		trust.SM2:    {Kind: trust.SM2, Key: "hub-2026", Secret: trust.Text(key.Private), Public: trust.PEM(key.Public)},
	}
	for kind, s := range all {
		s.TLS.CA = trust.PEM(ca.PEM())
		all[kind] = s
	}
	return all
}

// asServer is the same agreement from the other side, which knows public keys only.
func asServer(s trust.Spec) trust.Spec {
	s.TLS = trust.TLS{}
	if s.Public != "" {
		s.Secret = trust.Secret{}
	}
	return s
}

type closing struct {
	io.Reader
	closed atomic.Bool
}

func (c *closing) Close() error { c.closed.Store(true); return nil }
