package trust

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"time"
)

// Transport carries requests to one system and shows who we are. It is safe for
// concurrent use. It follows no redirect, as no RoundTripper does; a client around it
// had better not follow one either, for the credential would go along.
type Transport struct {
	base   *http.Transport
	show   http.RoundTripper // base, with the credential added
	secure bool              // there is a TLS section: nothing is sent in the clear
	own    *pair             // what we show; nil: nothing
	ends   atomic.Int64      // of theirs, Unix time; 0 before the first answer over TLS
}

var _ http.RoundTripper = (*Transport)(nil)

// shows is how each kind adds its credential.
var shows = map[string]func(s Spec, base *http.Transport, now func() time.Time) (http.RoundTripper, error){
	"":     showNothing,
	None:   showNothing,
	Bearer: showBearer,
	HMAC:   showSignature,
	SM2:    showSignature,
	Grant:  showToken,
}

// Client opens a Transport. It reads secrets and certificates, and reports all that
// cannot be used at once; it makes no call. A secret is read this once, a certificate
// again whenever its files have changed.
func Client(s Spec, now func() time.Time) (*Transport, error) {
	config, badTLS := clientTLS(s.TLS, now)
	base := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 3 * time.Second, KeepAlive: 15 * time.Second}).DialContext,
		TLSClientConfig:     config,
		TLSHandshakeTimeout: 5 * time.Second,
		MaxIdleConnsPerHost: 32,
		IdleConnTimeout:     time.Minute,
		Protocols:           new(http.Protocols),
	}
	// With TLS 1.3 a server refuses our certificate only after the handshake, in its
	// first words, and HTTP/2 does not pass on what they were. Where certificates are
	// agreed on, an operator is to hear it.
	base.Protocols.SetHTTP1(true)
	base.Protocols.SetHTTP2(s.TLS == TLS{})
	open, known := shows[s.Kind]
	if !known {
		return nil, errors.Join(badTLS, fmt.Errorf("trust: there is no kind %q", s.Kind))
	}
	show, bad := open(s, base, now)
	if err := errors.Join(badTLS, bad); err != nil {
		return nil, fmt.Errorf("trust %s: %w", s, err)
	}
	t := &Transport{base: base, show: show, secure: s.TLS != TLS{}}
	if s.TLS.Certificate != "" {
		t.own = &pair{spec: s.TLS}
	}
	return t, nil
}

// RoundTrip implements [http.RoundTripper]. A certificate that is not to be believed,
// of either side, is [ErrCertificate]. A credential that is refused is an answer, 401
// or 403; so it is where the authorization server refuses us, then without a body.
func (t *Transport) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.secure && req.URL.Scheme != "https" {
		closeBody(req)
		return nil, errors.New("trust: certificates are agreed on, and the address is not https")
	}
	res, err := t.show.RoundTrip(req)
	if err != nil {
		if ended := endOf(err); !ended.IsZero() {
			t.ends.Store(ended.Unix())
		}
		return nil, certificateError(err)
	}
	if res.TLS != nil && len(res.TLS.PeerCertificates) > 0 {
		t.ends.Store(res.TLS.PeerCertificates[0].NotAfter.Unix())
	}
	return res, nil
}

// LastSeen is when the certificate ends that the system showed last, also when it was
// refused because it had ended. It is not ok before there was one.
func (t *Transport) LastSeen() (notAfter time.Time, ok bool) {
	unix := t.ends.Load()
	if unix == 0 {
		return time.Time{}, false
	}
	return time.Unix(unix, 0).UTC(), true
}

// Certificate is when the first certificate ends of those that count on the way: ours,
// and theirs as it was last seen. It is not ok as long as none is known.
func (t *Transport) Certificate() (ends time.Time, ok bool) {
	ends, ok = t.LastSeen()
	if t.own == nil {
		return ends, ok
	}
	if held, err := t.own.get(); err == nil && (!ok || held.Leaf.NotAfter.Before(ends)) {
		return held.Leaf.NotAfter.UTC(), true
	}
	return ends, ok
}

// CloseIdleConnections closes what nobody uses at the moment.
func (t *Transport) CloseIdleConnections() {
	t.base.CloseIdleConnections()
	if own, ok := t.show.(*tokens); ok {
		own.fetch.CloseIdleConnections()
	}
}

func showNothing(_ Spec, base *http.Transport, _ func() time.Time) (http.RoundTripper, error) {
	return base, nil
}

// carrier is a RoundTripper made of a function.
type carrier func(*http.Request) (*http.Response, error)

func (c carrier) RoundTrip(req *http.Request) (*http.Response, error) { return c(req) }

func showBearer(s Spec, base *http.Transport, _ func() time.Time) (http.RoundTripper, error) {
	token, err := s.Secret.read()
	if err != nil {
		return nil, err
	}
	if err := plainToken(token); err != nil {
		return nil, err
	}
	return carrier(func(req *http.Request) (*http.Response, error) {
		return base.RoundTrip(withToken(req, token))
	}), nil
}

// withToken is the request with a bearer token, RFC 6750. A RoundTripper may not
// change the request of its caller.
func withToken(req *http.Request, token string) *http.Request {
	out := req.Clone(req.Context())
	out.Header.Set("Authorization", "Bearer "+token)
	return out
}

// plainToken says whether a token can stand in a header as it is.
func plainToken(token string) error {
	for _, c := range []byte(token) {
		if c <= ' ' || c > '~' {
			return errors.New("a token has visible ASCII characters only")
		}
	}
	return nil
}

// takeBody reads the body of a request, which it closes: what is signed, or may have
// to be sent twice, must be at hand as a whole.
func takeBody(req *http.Request) ([]byte, error) {
	if req.Body == nil || req.Body == http.NoBody {
		return nil, nil
	}
	body, err := io.ReadAll(req.Body)
	return body, errors.Join(err, req.Body.Close())
}

// withBody is a copy of the request with this body.
func withBody(req *http.Request, body []byte) *http.Request {
	out := req.Clone(req.Context())
	if len(body) == 0 {
		out.Body, out.GetBody, out.ContentLength = nil, nil, 0
		return out
	}
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	out.Body, _ = out.GetBody()
	out.ContentLength = int64(len(body))
	return out
}

func closeBody(req *http.Request) {
	if req.Body != nil {
		_ = req.Body.Close()
	}
}
