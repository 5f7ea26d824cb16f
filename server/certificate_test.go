package server_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// lines is a log that several write.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) with(word string) (found []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.text.String()) {
		if strings.Contains(line, word) {
			found = append(found, line)
		}
	}
	return found
}

// A live department behind mutual TLS: its ports show which certificate ends first,
// ours as long as theirs was not seen; so do the metrics; and the log warns once a day.
func TestCertificatesEnd(t *testing.T) {
	t.Parallel()
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f, err := department.Start(t.Context(), department.Config{Dir: t.TempDir(), Catalog: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	begin := time.Now().UTC().Truncate(time.Second)
	theirs, ours := begin.Add(20*24*time.Hour), begin.Add(100*24*time.Hour)
	front, text := guarded(t, f, begin, theirs, ours)
	defer front.Close()

	var ahead atomic.Int64 // of the hub's clock
	log := &lines{}
	k := open(t, storetest.SQLite(t), func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }, func(s *server.Config) {
		s.Endpoints, s.Log, s.Inquire = write(t, "endpoints.yaml", text), zerolog.New(log), time.Hour
	})
	shown := func() string {
		var out struct {
			Ports []struct {
				ID      string
				Running struct{ CertificateUntil string }
			}
		}
		k.get("operator", `{ ports(department: "VA") { id running { certificateUntil } } }`, nil, &out)
		for _, p := range out.Ports {
			if p.ID == reporting {
				return p.Running.CertificateUntil
			}
		}
		return ""
	}
	if got := shown(); got != ours.Format(time.RFC3339) && got != theirs.Format(time.RFC3339) {
		t.Errorf("at the start %q, want ours, %s", got, ours.Format(time.RFC3339))
	}
	id := k.submit("veteran0", 0, "certificate-01")
	k.until("a receipt", func() bool { _, receipt := k.first(id); return receipt != "" })
	if got := shown(); got != theirs.Format(time.RFC3339) {
		t.Errorf("after a call %q, want theirs, %s", got, theirs.Format(time.RFC3339))
	}
	k.metric(fmt.Sprintf("vetgraph_port_certificate_expiry_seconds{port=%q} %v", reporting, float64(theirs.Unix())))
	for day := 1; day <= 2; day++ {
		ahead.Store(int64(time.Duration(day) * 25 * time.Hour))
		k.until("a warning", func() bool { return len(log.with("a certificate ends")) >= day })
	}
	if said := log.with("a certificate ends"); len(said) != 2 || !strings.Contains(said[0], `"department":"VA"`) || strings.Contains(said[0], "PRIVATE") {
		t.Errorf("%q", said)
	}
}

// guarded is a gateway before a played department that wants our certificate, and what
// the endpoints file says of it.
func guarded(t *testing.T, f *department.Fleet, begin, theirs, ours time.Time) (front *httptest.Server, endpoints string) {
	t.Helper()
	ca, err := trusttest.New(begin)
	if err != nil {
		t.Fatal(err)
	}
	server, err := ca.Server(begin.Add(-time.Hour), theirs, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	client, err := ca.Client(begin.Add(-time.Hour), ours, "hub")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair([]byte(server.Public), []byte(server.Private))
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM([]byte(ca.PEM()))
	behind := f.Endpoints()["VA"]
	at, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	front = httptest.NewUnstartedServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		r.Out.Header.Set("Authorization", "Bearer "+behind.Token)
	}})
	front.TLS = &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert, MinVersion: tls.VersionTLS12}
	front.StartTLS()
	files := map[string]string{"ca": ca.PEM(), "certificate": client.Public, "key": client.Private}
	for name, text := range files {
		files[name] = filepath.ToSlash(write(t, name+".pem", text))
	}
	return front, fmt.Sprintf("VA:\n  url: %s\n  callbackSecret: %q\n  trust: {kind: none, tls: {ca: %q, certificate: %q, key: %q}}\n",
		front.URL, behind.CallbackSecret, files["ca"], files["certificate"], files["key"])
}
