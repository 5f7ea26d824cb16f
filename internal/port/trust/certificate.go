package trust

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"
)

// ErrCertificate says that a certificate is not to be believed: it has ended or has
// not begun, nobody vouches for it, or it is made out to another; theirs or ours.
var ErrCertificate = errors.New("a certificate is not to be believed")

// Expiry is when our certificate ends. Without one it is zero.
func Expiry(s Spec) (time.Time, error) {
	if s.TLS.Certificate == "" {
		return time.Time{}, nil
	}
	p := &pair{spec: s.TLS}
	held, err := p.get()
	if err != nil {
		return time.Time{}, err
	}
	return held.Leaf.NotAfter, nil
}

// ServerTLS is how the other side listens: it shows its certificate, and where the
// Spec names a CA it wants one of every caller.
func ServerTLS(s Spec, now func() time.Time) (*tls.Config, error) {
	p := &pair{spec: s.TLS}
	_, bad := p.get()
	pool, badCA := s.TLS.pool()
	if err := errors.Join(bad, badCA); err != nil {
		return nil, fmt.Errorf("trust %s: %w", s, err)
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, Time: now,
		NextProtos:     []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return p.get() },
	}
	if pool != nil {
		config.ClientCAs, config.ClientAuth = pool, tls.RequireAndVerifyClientCert
	}
	return config, nil
}

func clientTLS(t TLS, now func() time.Time) (*tls.Config, error) {
	pool, bad := t.pool()
	config := &tls.Config{MinVersion: tls.VersionTLS12, Time: now, RootCAs: pool, ServerName: t.Name}
	if t.Certificate == "" {
		return config, bad
	}
	p := &pair{spec: t}
	_, badPair := p.get()
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		held, err := p.get()
		if err != nil {
			return nil, err
		}
		// The other side would refuse it too, but with TLS 1.3 only after we believe
		// that all is well, and in words that say less.
		if at := now(); at.After(held.Leaf.NotAfter) || at.Before(held.Leaf.NotBefore) {
			return nil, fmt.Errorf("%w: ours holds from %s to %s", ErrCertificate,
				held.Leaf.NotBefore.Format(time.RFC3339), held.Leaf.NotAfter.Format(time.RFC3339))
		}
		return held, nil
	}
	return config, errors.Join(bad, badPair)
}

// pool is nil without a CA: then those of the system count.
func (t TLS) pool() (*x509.CertPool, error) {
	if t.CA == "" {
		return nil, nil
	}
	text, err := t.CA.read()
	if err != nil {
		return nil, fmt.Errorf("CA: %w", err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("CA: no certificate in %s", t.CA)
	}
	return pool, nil
}

// pair is a certificate with its key, read again when the files have changed.
type pair struct {
	spec TLS

	mu   sync.Mutex
	cert []byte // what the files held
	key  []byte
	held *tls.Certificate
}

// get reads both files at each handshake, which are few: times and sizes of files do
// not tell every change. Somebody who puts a new pair in place writes one file after
// the other; as long as the two do not fit, and if one is gone, the last pair holds.
func (p *pair) get() (*tls.Certificate, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	cert, bad := p.spec.Certificate.read()
	key, badKey := p.spec.Key.read()
	err := errors.Join(bad, badKey)
	if err == nil && p.held != nil && bytes.Equal(cert, p.cert) && bytes.Equal(key, p.key) {
		return p.held, nil
	}
	var held tls.Certificate
	if err == nil {
		held, err = tls.X509KeyPair(cert, key)
	}
	switch {
	case err == nil:
		p.cert, p.key, p.held = cert, key, &held
	case p.held == nil:
		return nil, fmt.Errorf("certificate: %w", err)
	}
	return p.held, nil
}

// refusals are the alerts by which the other side refuses our certificate: bad,
// unsupported, revoked, expired, unknown, of an unknown CA, missing (RFC 8446
// section 6.2).
var refusals = []tls.AlertError{42, 43, 44, 45, 46, 48, 116}

// certificateError adds [ErrCertificate] to an error that speaks of one.
func certificateError(err error) error {
	if errors.Is(err, ErrCertificate) {
		return err
	}
	theirs, isTheirs := errors.AsType[*tls.CertificateVerificationError](err)
	if isTheirs {
		return fmt.Errorf("%w: theirs: %w", ErrCertificate, theirs)
	}
	if refused(err) {
		return fmt.Errorf("%w: they refuse ours: %w", ErrCertificate, err)
	}
	return err
}

// refused says whether an error is one of these alerts. The type of those that come
// over TCP is not exported; their words are those of the one that is.
func refused(err error) bool {
	said, ok := errors.AsType[*net.OpError](err)
	return ok && said.Op == "remote error" && slices.ContainsFunc(refusals, func(a tls.AlertError) bool { return said.Err.Error() == a.Error() })
}

// endOf is when a certificate ended that was refused for that.
func endOf(err error) time.Time {
	theirs, ok := errors.AsType[*tls.CertificateVerificationError](err)
	if !ok || len(theirs.UnverifiedCertificates) == 0 {
		return time.Time{}
	}
	if why, ok := errors.AsType[x509.CertificateInvalidError](theirs.Err); !ok || why.Reason != x509.Expired {
		return time.Time{}
	}
	return theirs.UnverifiedCertificates[0].NotAfter
}
