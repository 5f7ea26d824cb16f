package department

import (
	"crypto/tls"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

// papers are the certificates that a department has, of which it shows one, and the
// way of those who believe it. They are made anew at every start.
type papers struct {
	valid, expired tls.Certificate
	showExpired    atomic.Bool
	believer       http.RoundTripper
}

// holds is how long the valid certificate holds; the other one ended a day ago.
const holds = 365 * 24 * time.Hour

func newPapers(token string, now func() time.Time) (*papers, error) {
	ca, err := trusttest.New(now())
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	p := &papers{}
	day := 24 * time.Hour
	if p.valid, err = certificate(ca, now().Add(-day), now().Add(holds)); err != nil {
		return nil, err
	}
	if p.expired, err = certificate(ca, now().Add(-holds), now().Add(-day)); err != nil {
		return nil, err
	}
	p.believer, err = trust.Client(trust.Spec{Kind: trust.Bearer, Secret: trust.Text(token), TLS: trust.TLS{CA: trust.PEM(ca.PEM())}}, now)
	if err != nil {
		return nil, fmt.Errorf("papers: %w", err)
	}
	return p, nil
}

func certificate(ca *trusttest.CA, from, until time.Time) (tls.Certificate, error) {
	pair, err := ca.Server(from, until, "127.0.0.1")
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("papers: %w", err)
	}
	c, err := tls.X509KeyPair([]byte(pair.Public), []byte(pair.Private))
	if err != nil {
		return c, fmt.Errorf("papers: %w", err)
	}
	return c, nil
}

// config is how the department listens. Without HTTP/2 a connection is one call's,
// and can be broken off for it alone.
func (p *papers) config() *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"}, GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) {
		if p.showExpired.Load() {
			return &p.expired, nil
		}
		return &p.valid, nil
	}}
}

// showPapers shows the certificate that a fault has it show, also to those who were
// let in with the other one.
func (o *office) showPapers() {
	if o.papers == nil {
		return
	}
	expired := o.trouble.get().Expired
	for _, f := range o.trouble.ports() {
		expired = expired || f.Expired
	}
	if o.papers.showExpired.Swap(expired) != expired {
		o.server.SetKeepAlivesEnabled(false) // closes those that idle
	}
	o.server.SetKeepAlivesEnabled(!expired)
}
