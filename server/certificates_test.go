package server_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwt"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/server"
)

// identity is a certificate with its key; by nil it is its own authority.
func identity(t *testing.T, by *tls.Certificate, name string, change func(*x509.Certificate)) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := rand.Int(rand.Reader, big.NewInt(1<<62))
	c := &x509.Certificate{SerialNumber: serial, Subject: pkix.Name{CommonName: name}, DNSNames: []string{name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true}
	c.IsCA = by == nil
	if ip := net.ParseIP(name); ip != nil {
		c.IPAddresses, c.DNSNames = []net.IP{ip}, nil
	}
	if change != nil {
		change(c)
	}
	parent, signer := c, crypto.PrivateKey(key)
	if by != nil {
		parent, signer = by.Leaf, by.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, parent, key.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

func writePEM(t *testing.T, file, kind string, der []byte) string {
	t.Helper()
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func writeIdentity(t *testing.T, folder, name string, c *tls.Certificate) (cert, key string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(c.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return writePEM(t, filepath.Join(folder, name+".pem"), "CERTIFICATE", c.Certificate[0]), writePEM(t, filepath.Join(folder, name+".key"), "PRIVATE KEY", der)
}

func thumb(c *tls.Certificate) string {
	sum := sha256.Sum256(c.Certificate[0])
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// door is a way to a hub: an address, and what is shown there.
type door struct {
	t       *testing.T
	at      string
	client  *http.Client
	headers map[string]string
}

func (d door) post(path, kind, body string, headers map[string]string) (int, string) {
	d.t.Helper()
	req, err := http.NewRequestWithContext(d.t.Context(), http.MethodPost, d.at+path, strings.NewReader(body))
	if err != nil {
		d.t.Fatal(err)
	}
	req.Header.Set("Content-Type", kind)
	for _, all := range []map[string]string{d.headers, headers} {
		for name, value := range all {
			req.Header.Set(name, value)
		}
	}
	res, err := d.client.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func (d door) token(form url.Values) (status int, answer, token string) {
	d.t.Helper()
	form.Set("grant_type", "client_credentials")
	status, answer = d.post("/oauth/token", "application/x-www-form-urlencoded", form.Encode(), nil)
	var said struct {
		AccessToken string `json:"access_token"`
	}
	_ = json.Unmarshal([]byte(answer), &said)
	return status, answer, said.AccessToken
}

func (d door) read(token string) (int, string) {
	d.t.Helper()
	return d.post("/graphql", "application/json", `{"query":"{veterans(first: 1) {nodes {id}}}"}`, map[string]string{"Authorization": "Bearer " + token, "X-Purpose": "INSURANCE_TAKEOVER"})
}

// secured is a hub whose public address speaks TLS, with clients of each kind.
type secured struct {
	*talk
	authority, own, listed, both *tls.Certificate
	key                          ed25519.PrivateKey
	folder                       string
	at                           string
	server                       *tls.Certificate
}

func newSecured(t *testing.T, set ...func(*server.Config)) *secured {
	t.Helper()
	s := &secured{authority: identity(t, nil, "authority.example", nil), own: identity(t, nil, "own.example", nil), both: identity(t, nil, "both.example", nil), folder: t.TempDir()}
	s.listed = identity(t, s.authority, "bureau.example.cn", nil)
	s.server = identity(t, s.authority, "127.0.0.1", nil)
	slices, key := bureau(t)
	s.key = key
	s.register(t, filepath.Join(slices, "insurance.yaml"))
	cert, pem := writeIdentity(t, s.folder, "server", s.server)
	ca := writePEM(t, filepath.Join(s.folder, "ca.pem"), "CERTIFICATE", s.authority.Certificate[0])
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.at = "https://" + l.Addr().String()
	s.talk = open(t, storetest.SQLite(t), nil, append([]func(*server.Config){func(c *server.Config) {
		c.Slices, c.TLSCert, c.TLSKey, c.ClientCA = slices, cert, pem, ca
	}}, set...)...)
	config, err := s.hub.TLS()
	if err != nil {
		t.Fatal(err)
	}
	front := &http.Server{Handler: s.hub.Handler(), ReadHeaderTimeout: time.Second, TLSConfig: config}
	go func() { _ = front.Serve(tls.NewListener(l, config)) }()
	t.Cleanup(func() { _ = front.Close() })
	return s
}

// register puts clients of every kind beside the one with a key; both.1 has the same.
func (s *secured) register(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	public, _ := s.key.Public().(ed25519.PublicKey)
	more := fmt.Sprintf("clients: [{id: own.1, certificate: {sha256: %s}}, {id: listed.1, certificate: {dns: bureau.example.cn}}, {id: both.1, certificate: {sha256: %s}, key: {kty: OKP, crv: Ed25519, x: %s}}, ",
		thumb(s.own), thumb(s.both), base64.RawURLEncoding.EncodeToString(public))
	if err := os.WriteFile(file, bytes.ReplaceAll(text, []byte("clients: ["), []byte(more)), 0o600); err != nil {
		t.Fatal(err)
	}
}

// with is a connection that shows a certificate, or none.
func (s *secured) with(t *testing.T, c *tls.Certificate) door {
	pool := x509.NewCertPool()
	pool.AddCert(s.authority.Leaf)
	config := &tls.Config{RootCAs: pool}
	if c != nil {
		config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return c, nil }
	}
	transport := &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true}
	t.Cleanup(transport.CloseIdleConnections)
	return door{t: t, at: s.at, client: &http.Client{Transport: transport}}
}

func (s *secured) assertion(t *testing.T, id string) url.Values {
	t.Helper()
	token, err := jwt.NewBuilder().Issuer(id).Subject(id).Audience([]string{s.public + "/oauth/token"}).IssuedAt(time.Now()).Expiration(time.Now().Add(time.Minute)).JwtID(rand.Text()).Build()
	if err != nil {
		t.Fatal(err)
	}
	text, err := jwt.Sign(token, jwt.WithKey(jwa.EdDSA(), s.key))
	if err != nil {
		t.Fatal(err)
	}
	return url.Values{"client_assertion": {string(text)}, "client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"}}
}

// A client shows itself by the certificate of its connection, alone or beside its key;
// its token is good on connections with that certificate, and on no other.
func TestPartnersShowTheirCertificate(t *testing.T) {
	s := newSecured(t)
	forged := identity(t, nil, "bureau.example.cn", nil)
	old := identity(t, s.authority, "bureau.example.cn", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	servers := identity(t, s.authority, "bureau.example.cn", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	other := identity(t, s.authority, "other.example.cn", nil)
	by := func(id string) url.Values { return url.Values{"client_id": {id}} }
	tokens := map[string]string{}
	for what, c := range map[string]struct {
		shows *tls.Certificate
		form  url.Values
		want  int
	}{
		"by its own certificate":              {s.own, by("own.1"), 200},
		"by a name that is vouched for":       {s.listed, by("listed.1"), 200},
		"by both":                             {s.both, s.assertion(t, "both.1"), 200},
		"a key alone, and no certificate":     {nil, s.assertion(t, "bureau.1"), 200},
		"nothing shown":                       {nil, by("own.1"), 401},
		"another's certificate":               {s.listed, by("own.1"), 401},
		"its own in place of one vouched for": {forged, by("listed.1"), 401},
		"one that has ended":                  {old, by("listed.1"), 401},
		"one for servers":                     {servers, by("listed.1"), 401},
		"another name":                        {other, by("listed.1"), 401},
		"of both the certificate alone":       {s.both, by("both.1"), 401},
		"of both the key alone":               {nil, s.assertion(t, "both.1"), 401},
		"a certificate in place of a key":     {s.own, by("bureau.1"), 401},
		"somebody unknown":                    {s.own, by("nobody.1"), 401},
		"nobody":                              {s.own, url.Values{}, 401},
	} {
		status, answer, token := s.with(t, c.shows).token(c.form)
		if status != c.want || (token != "") != (c.want == 200) {
			t.Errorf("%s: %d %s, want %d", what, status, answer, c.want)
		}
		tokens[what] = token
	}
	for what, c := range map[string]struct {
		shows *tls.Certificate
		token string
		want  int
	}{
		"the same certificate":         {s.own, "by its own certificate", 200},
		"the same, vouched for":        {s.listed, "by a name that is vouched for", 200},
		"the same, of both":            {s.both, "by both", 200},
		"no certificate":               {nil, "by its own certificate", 401},
		"another certificate":          {s.listed, "by its own certificate", 401},
		"another of the same name":     {identity(t, s.authority, "bureau.example.cn", nil), "by a name that is vouched for", 401},
		"of both none":                 {nil, "by both", 401},
		"a token of a key on any":      {s.own, "a key alone, and no certificate", 200},
		"a token of a key without any": {nil, "a key alone, and no certificate", 200},
	} {
		status, answer := s.with(t, c.shows).read(tokens[c.token])
		if status != c.want || status == 401 && !strings.Contains(answer, "TOKEN_BOUND") || status == 200 && !strings.Contains(answer, `"data":{"veterans"`) {
			t.Errorf("%s: %d %s, want %d", what, status, answer, c.want)
		}
	}
	plain := door{t: t, at: s.public, client: http.DefaultClient}
	if status, answer := plain.read(tokens["by its own certificate"]); status != 401 {
		t.Errorf("without TLS: %d %s", status, answer)
	}
	header := ":" + base64.StdEncoding.EncodeToString(s.own.Certificate[0]) + ":"
	plain.headers = map[string]string{"Client-Cert": header}
	if status, answer := plain.read(tokens["by its own certificate"]); status != 401 {
		t.Errorf("with a header that nobody has asked for: %d %s", status, answer)
	}
	s.renewed(t)
}

// renewed looks whether a certificate that changes on disk is shown from then on, and
// one that cannot be read takes nothing away.
func (s *secured) renewed(t *testing.T) {
	t.Helper()
	shown := func() string {
		c, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(t.Context(), "tcp", strings.TrimPrefix(s.at, "https://")) //nolint:gosec // looked at, not trusted
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		return string(c.(*tls.Conn).ConnectionState().PeerCertificates[0].Raw)
	}
	if shown() != string(s.server.Certificate[0]) {
		t.Error("another certificate is shown")
	}
	fresh := identity(t, s.authority, "127.0.0.1", nil)
	writeIdentity(t, s.folder, "server", fresh)
	if shown() != string(fresh.Certificate[0]) {
		t.Error("a certificate that was renewed is not shown")
	}
	if err := os.WriteFile(filepath.Join(s.folder, "server.pem"), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	if shown() != string(fresh.Certificate[0]) {
		t.Error("nonsense takes the certificate away")
	}
}

// Behind a balancer that ends TLS its header tells the certificate; from anybody else
// the header is refused, whatever it says.
func TestBalancersHandOnCertificates(t *testing.T) {
	s := newSecured(t, func(c *server.Config) { c.CertHeader, c.CertFrom = "Client-Cert", []string{"127.0.0.0/8"} })
	header := func(c *tls.Certificate) string {
		return ":" + base64.StdEncoding.EncodeToString(c.Certificate[0]) + ":"
	}
	through := func(value string) door {
		d := door{t: t, at: s.public, client: http.DefaultClient}
		if value != "" {
			d.headers = map[string]string{"Client-Cert": value}
		}
		return d
	}
	form := url.Values{"client_id": {"own.1"}}
	status, answer, token := through(header(s.own)).token(form)
	if status != 200 {
		t.Fatalf("%d %s", status, answer)
	}
	for what, c := range map[string]struct {
		value string
		want  int
	}{
		"the same": {header(s.own), 200}, "another": {header(s.listed), 401}, "none": {"", 401}, "nonsense": {"MIIB", 400}, "no certificate": {":AAAA:", 400},
	} {
		if status, answer := through(c.value).read(token); status != c.want {
			t.Errorf("%s: %d %s, want %d", what, status, answer, c.want)
		}
	}
	own := s.with(t, s.own) // the balancer's own certificate is nobody's
	if status, answer, _ := own.token(form); status != 401 {
		t.Errorf("the balancer's own certificate: %d %s", status, answer)
	}
	outside := newSecured(t, func(c *server.Config) { c.CertHeader, c.CertFrom = "Client-Cert", []string{"10.9.8.0/24"} })
	d := door{t: t, at: outside.public, client: http.DefaultClient, headers: map[string]string{"Client-Cert": header(outside.own)}}
	if status, answer, _ := d.token(form); status != 403 || !strings.Contains(answer, "CERTIFICATE_HEADER") {
		t.Errorf("a forged header: %d %s", status, answer)
	}
	d.headers = nil
	if status, answer, _ := d.token(form); status != 401 {
		t.Errorf("nothing shown: %d %s", status, answer)
	}
	if status, answer, _ := outside.with(t, outside.own).token(form); status != 200 {
		t.Errorf("our own TLS beside a balancer's: %d %s", status, answer)
	}
}

// vetgraph serve speaks TLS on its public address, HTTP/2 too.
func TestServeSpeaksTLS(t *testing.T) {
	authority := identity(t, nil, "authority.example", nil)
	cert, key := writeIdentity(t, t.TempDir(), "server", identity(t, authority, "127.0.0.1", nil))
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	_ = l.Close()
	ctx, stop := context.WithCancel(t.Context())
	ended, opened := make(chan error, 1), make(chan struct{}, 64)
	go func() {
		ended <- server.Serve(ctx, server.Config{Demo: true, Data: t.TempDir(), Listen: address, TLSCert: cert, TLSKey: key, Closing: 17, Workers: 4, Veterans: 20, Seed: 1, WorkdayTakes: time.Second},
			func(zh, _ string) {
				if strings.Contains(zh, "https://"+address) {
					opened <- struct{}{}
				}
			})
	}()
	select {
	case <-opened:
	case err := <-ended:
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(authority.Leaf)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}}
	res, err := client.Get("https://" + address + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != 200 || res.ProtoMajor != 2 {
		t.Errorf("%d by %s", res.StatusCode, res.Proto)
	}
	client.CloseIdleConnections()
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
