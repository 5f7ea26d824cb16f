package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/slice"
)

// How partners' programs show certificates (RFC 8705): on our own TLS, or by the
// header of a balancer that ends TLS before us (RFC 9440). A certificate is asked for
// and not demanded; whose it must be, each client's registration says.

// scheme is that of the public address.
func (c *Config) scheme() string {
	if c.TLSCert != "" {
		return "https"
	}
	return "http"
}

func (c *Config) checkTLS(wrong *mistakes) {
	if (c.TLSCert == "") != (c.TLSKey == "") {
		wrong.add("--tls-cert, --tls-key", "go together")
	}
	if c.ClientCA != "" && c.TLSCert == "" && c.CertHeader == "" {
		wrong.add("--client-ca", "needs --tls-cert, or a balancer's --client-cert-header")
	}
	if (c.CertHeader == "") != (len(c.CertFrom) == 0) {
		wrong.add("--client-cert-header, --client-cert-from", "go together: whoever may send the header is believed whatever it says")
	}
	if c.CertHeader != "" && !headerName.MatchString(c.CertHeader) {
		wrong.add("--client-cert-header", "is the name of a header")
	}
	if _, err := prefixes(c.CertFrom); err != nil {
		wrong.add("--client-cert-from", "are networks like 10.0.0.0/24")
	}
}

func prefixes(all []string) (out []netip.Prefix, err error) {
	for _, text := range all {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			return nil, err
		}
		out = append(out, p.Masked())
	}
	return out, nil
}

// fromFiles is something read from files, again whenever they change. What cannot be read
// then does not take the place of what could.
type fromFiles[T any] struct {
	files []string
	read  func(texts [][]byte) (T, error)

	mu    sync.Mutex
	texts [][]byte
	held  T
	ok    bool
}

func (k *fromFiles[T]) get() (T, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	texts, same := make([][]byte, len(k.files)), k.ok
	for i, file := range k.files {
		text, err := os.ReadFile(file)
		if err != nil {
			if k.ok {
				return k.held, nil
			}
			return k.held, fmt.Errorf("certificates (证书): %w", err)
		}
		texts[i] = text
		same = same && bytes.Equal(text, k.texts[i])
	}
	if same {
		return k.held, nil
	}
	held, err := k.read(texts)
	switch {
	case err == nil:
		k.texts, k.held, k.ok = texts, held, true
	case !k.ok:
		return k.held, err
	}
	return k.held, nil
}

// publicPair is the certificate of the public address.
func publicPair(c *Config) *fromFiles[*tls.Certificate] {
	return &fromFiles[*tls.Certificate]{files: []string{c.TLSCert, c.TLSKey}, read: func(texts [][]byte) (*tls.Certificate, error) {
		pair, err := tls.X509KeyPair(texts[0], texts[1])
		if err != nil {
			return nil, fmt.Errorf("--tls-cert, --tls-key: %w", err)
		}
		return &pair, nil
	}}
}

// clientRoots are the authorities that certify partners' programs.
func clientRoots(c *Config) *fromFiles[*x509.CertPool] {
	return &fromFiles[*x509.CertPool]{files: []string{c.ClientCA}, read: func(texts [][]byte) (*x509.CertPool, error) {
		pool := x509.NewCertPool()
		if !pool.AppendCertsFromPEM(texts[0]) {
			return nil, errors.New("--client-ca: there is no certificate in it")
		}
		return pool, nil
	}}
}

// TLS is how the public address speaks TLS; nil if it does not.
func (h *Hub) TLS() (*tls.Config, error) {
	c := &h.Config
	if c.TLSCert == "" {
		return nil, nil
	}
	pair := publicPair(c)
	if _, err := pair.get(); err != nil {
		return nil, err
	}
	config := &tls.Config{
		MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return pair.get() },
	}
	if !h.asksCertificates() {
		return config, nil
	}
	config.ClientAuth = tls.RequestClientCert // whose is looked at with the request: some are their own authority
	if h.roots == nil {
		return config, nil
	}
	config.GetConfigForClient = func(*tls.ClientHelloInfo) (*tls.Config, error) {
		pool, err := h.roots.get()
		if err != nil {
			return nil, err
		}
		own := config.Clone()
		own.GetConfigForClient, own.ClientCAs = nil, pool // named to clients, so that browsers ask nobody for a certificate
		return own, nil
	}
	return config, nil
}

// asksCertificates tells whether any client could show one.
func (h *Hub) asksCertificates() bool {
	for _, s := range h.Sharing.Slices.All() {
		for _, c := range s.Clients {
			if c.Certificate != (slice.Certificate{}) {
				return true
			}
		}
	}
	return false
}

// openCertificates reads whom we believe about certificates.
func (h *Hub) openCertificates(context.Context) error {
	c := &h.Config
	var err error
	if h.balancers, err = prefixes(c.CertFrom); err != nil {
		return err
	}
	if c.ClientCA != "" {
		h.roots = clientRoots(c)
		if _, err := h.roots.get(); err != nil {
			return err
		}
	}
	for _, s := range h.Sharing.Slices.All() {
		for _, client := range s.Clients {
			if client.Certificate.DNS != "" && h.roots == nil {
				return fmt.Errorf("client %s is known by a name in its certificate: that needs --client-ca (按证书名称识别客户端需要 --client-ca)", client.ID)
			}
		}
	}
	return nil
}

type certificateKey struct{}

// certified puts the certificate that a client has shown into the context.
func (h *Hub) certified(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		cert, err := h.presented(r)
		if err != nil {
			f := fault.Of(err)
			refuse(w, statusOf(f.Kind), f)
			return
		}
		if cert != nil {
			r = r.WithContext(context.WithValue(r.Context(), certificateKey{}, cert))
		}
		next.ServeHTTP(w, r)
	})
}

// presented is the certificate that the client of a request has shown to us, or to a
// balancer that we believe; nil for none. From anywhere else the balancer's header is
// a lie and the request is refused. A balancer's own certificate is nobody's.
func (h *Hub) presented(r *http.Request) (*x509.Certificate, error) {
	if name := h.Config.CertHeader; name != "" {
		said := r.Header.Values(name)
		if !h.balanced(r) {
			if len(said) > 0 {
				return nil, fault.New(fault.Denied, "CERTIFICATE_HEADER", "此请求头只接受来自负载均衡的。", "This header is taken from balancers alone.")
			}
		} else {
			return fromHeader(said)
		}
	}
	if r.TLS == nil || len(r.TLS.PeerCertificates) == 0 {
		return nil, nil
	}
	return r.TLS.PeerCertificates[0], nil
}

func (h *Hub) balanced(r *http.Request) bool {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	for _, p := range h.balancers {
		if p.Contains(at.Addr().Unmap()) {
			return true
		}
	}
	return false
}

// fromHeader reads RFC 9440: one byte sequence of RFC 8941, a certificate in DER.
func fromHeader(said []string) (*x509.Certificate, error) {
	if len(said) == 0 {
		return nil, nil
	}
	unfit := fault.New(fault.Invalid, "CERTIFICATE_UNFIT", "转交的客户端证书无法识别。", "The certificate that was handed on cannot be read.")
	text := strings.TrimSpace(said[0])
	if len(said) != 1 || len(text) < 2 || len(text) > 16<<10 || text[0] != ':' || text[len(text)-1] != ':' {
		return nil, unfit
	}
	der, err := base64.StdEncoding.DecodeString(text[1 : len(text)-1])
	if err != nil {
		return nil, unfit
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, unfit
	}
	return cert, nil
}

// thumbprint is x5t#S256 of the certificate that the client has shown; "" for none.
func thumbprint(ctx context.Context) string {
	cert, _ := ctx.Value(certificateKey{}).(*x509.Certificate)
	if cert == nil {
		return ""
	}
	sum := sha256.Sum256(cert.Raw)
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// shows tells why the certificate of a context is not a client's, or nil.
func (h *Hub) shows(ctx context.Context, want slice.Certificate) error {
	cert, _ := ctx.Value(certificateKey{}).(*x509.Certificate)
	switch now := h.Config.Now(); {
	case cert == nil:
		return errors.New("it shows no certificate")
	case now.Before(cert.NotBefore), now.After(cert.NotAfter):
		return errors.New("its certificate is not valid now")
	case want.SHA256 != "":
		if thumbprint(ctx) != want.SHA256 {
			return errors.New("it shows another certificate")
		}
		return nil
	default:
		return h.chains(cert, want.DNS, now)
	}
}

func (h *Hub) chains(cert *x509.Certificate, name string, now time.Time) error {
	if h.roots == nil || name == "" {
		return errors.New("no authority is believed")
	}
	pool, err := h.roots.get()
	if err != nil {
		return err
	}
	_, err = cert.Verify(x509.VerifyOptions{Roots: pool, DNSName: name, CurrentTime: now, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// soon is how long before its end a certificate is worth a word.
const soon = 30 * 24 * time.Hour

// lookAtCertificates reads the files of TLS for vetgraph doctor, and tells when they end.
func lookAtCertificates(c Config) (string, error) {
	var said []string
	ends := func(what string, cert *x509.Certificate) error {
		now := c.Now()
		switch text := what + " " + cert.NotAfter.UTC().Format(time.DateOnly); {
		case now.Before(cert.NotBefore):
			return fmt.Errorf("%s 尚未生效 (does not hold yet)", what)
		case now.After(cert.NotAfter):
			return fmt.Errorf("%s 已过期 (has ended)", text)
		case now.Add(soon).After(cert.NotAfter):
			said = append(said, text+" 即将过期 (ends soon)")
		default:
			said = append(said, text)
		}
		return nil
	}
	var errs []error
	if c.TLSCert != "" {
		pair, err := publicPair(&c).get()
		if err == nil {
			err = ends("--tls-cert", pair.Leaf)
		}
		errs = append(errs, err)
	}
	if c.ClientCA != "" {
		text, err := os.ReadFile(c.ClientCA)
		errs = append(errs, err)
		n := 0
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			cert, err := x509.ParseCertificate(block.Bytes)
			if err == nil {
				n++
				err = ends("--client-ca", cert)
			}
			errs = append(errs, err)
		}
		if n == 0 && err == nil {
			errs = append(errs, errors.New("--client-ca: there is no certificate in it"))
		}
	}
	return strings.Join(said, "; "), errors.Join(errs...)
}
