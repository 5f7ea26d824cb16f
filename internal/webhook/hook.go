package webhook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// Spec is what an operator registers for a slice: where its partner is told, and how
// messages are signed. None of it stands in the public file of the slice.
type Spec struct {
	URL   string
	Keys  []string       // whsec_… (HMAC-SHA256) or whsk_… (Ed25519); each signs, so two while they change
	Roots *x509.CertPool // nil: those of the machine
	Allow []netip.Prefix // addresses of this machine or its link that may be called all the same
	Plain bool           // http will do: the demonstration
}

// Bounds of one call.
const (
	callTime   = 10 * time.Second
	mostAnswer = 4 << 10 // bytes of an answer that are read, so that the connection can be used again
)

// Hook is a partner's address, opened. It is safe for concurrent use.
type Hook struct {
	url     string
	signers []signer
	client  *http.Client

	mu     sync.Mutex
	failed int       // calls in a row
	rests  time.Time // until then nobody calls
}

// Open makes a hook; its error joins all that is wrong with it, and quotes no key.
func Open(s Spec) (*Hook, error) {
	var errs []error
	u, err := url.Parse(s.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" || u.Scheme != "https" && (u.Scheme != "http" || !s.Plain) {
		errs = append(errs, errors.New("url is an https address, without a user"))
	} else if ip, err := netip.ParseAddr(u.Hostname()); err == nil && !s.callable(ip) {
		errs = append(errs, errors.New("url names this machine or its link: say so in allow, if that is meant"))
	}
	if len(s.Keys) == 0 || len(s.Keys) > 4 {
		errs = append(errs, errors.New("there are one to four keys"))
	}
	h := &Hook{url: s.URL}
	for _, k := range s.Keys {
		sign, err := open(k)
		if err != nil {
			errs = append(errs, err)
		}
		h.signers = append(h.signers, sign)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 3 * time.Second, Control: s.control} // sees addresses after names are resolved
	h.client = &http.Client{
		Timeout:       callTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: dialer.DialContext, TLSHandshakeTimeout: 5 * time.Second, TLSClientConfig: &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.Roots},
			MaxIdleConnsPerHost: atOnce, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: 16 << 10, ForceAttemptHTTP2: true,
		},
	}
	return h, nil
}

// errAddress is why a call was not made.
var errAddress = errors.New("this address is not called")

// control refuses a connection to this machine or its link, whatever the name was
// that led there: the operator sets the address, its name is somebody else's.
func (s Spec) control(_, address string, _ syscall.RawConn) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil || !s.callable(at.Addr()) {
		return errAddress
	}
	return nil
}

func (s Spec) callable(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if slices.ContainsFunc(s.Allow, func(p netip.Prefix) bool { return p.Contains(ip) }) {
		return true
	}
	return !ip.IsLoopback() && !ip.IsLinkLocalUnicast() && !ip.IsLinkLocalMulticast() && !ip.IsMulticast() && !ip.IsUnspecified() && !ip.IsInterfaceLocalMulticast()
}

// resting is how long nobody calls, because the partner failed just now.
func (h *Hook) resting(now time.Time) time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rests.Sub(now)
}

// Send makes one call. It answers why the partner has not taken the message, as a code
// such as HTTP_500 or TIME_OUT; "" if it has.
func (h *Hook) Send(ctx context.Context, id string, now time.Time, body []byte) (trouble string) {
	trouble, rest := h.call(ctx, id, now, body)
	h.mu.Lock()
	defer h.mu.Unlock()
	if trouble == "" {
		h.failed, h.rests = 0, time.Time{}
		return ""
	}
	h.failed++
	if h.failed > 1 || rest > 0 { // one may be about the message alone
		h.rests = now.Add(max(min(firstWait<<min(max(h.failed-2, 0), 9), longest/2), rest))
	}
	return trouble
}

func (h *Hook) call(ctx context.Context, id string, now time.Time, body []byte) (trouble string, rest time.Duration) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, h.url, bytes.NewReader(body))
	if err != nil {
		return "ADDRESS", 0
	}
	stamp := strconv.FormatInt(now.Unix(), 10)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("User-Agent", "vetgraph")
	req.Header.Set("Webhook-Id", id)
	req.Header.Set("Webhook-Timestamp", stamp)
	req.Header.Set("Webhook-Signature", signature(h.signers, id, stamp, body))
	res, err := h.client.Do(req)
	var late interface{ Timeout() bool }
	switch {
	case err == nil:
	case errors.Is(err, errAddress):
		return "ADDRESS_REFUSED", 0
	case errors.As(err, &late) && late.Timeout():
		return "TIME_OUT", 0
	default:
		return "UNREACHABLE", 0
	}
	defer func() { _ = res.Body.Close() }()
	_, _ = io.CopyN(io.Discard, res.Body, mostAnswer)
	if res.StatusCode >= 200 && res.StatusCode < 300 {
		return "", 0
	}
	if s, err := strconv.Atoi(res.Header.Get("Retry-After")); err == nil && s > 0 {
		rest = min(time.Duration(s)*time.Second, time.Hour)
	}
	return fmt.Sprintf("HTTP_%d", res.StatusCode), rest
}
