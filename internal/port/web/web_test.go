package web_test

import (
	"crypto/tls"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/web"
)

func TestRetryAt(t *testing.T) {
	now := time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC)
	c := web.Open(port.Setup{Department: "PS", Now: func() time.Time { return now }})
	for value, want := range map[string]time.Time{
		"0": now, "90": now.Add(90 * time.Second), "3600": now.Add(time.Hour), "Mon, 23 Nov 2026 04:10:00 GMT": now.Add(10 * time.Minute),
		"": {}, "soon": {}, "-1": {}, "3601": {}, "99999999999999999999": {},
		"Mon, 23 Nov 2026 03:59:00 GMT": {}, // over
		"Tue, 24 Nov 2026 04:00:00 GMT": {}, // a day
	} {
		if got := c.RetryAt(value); !got.Equal(want) {
			t.Errorf("%q: %v, want %v", value, got, want)
		}
	}
}

// A redirect would carry the token to an address that nobody has configured.
func TestSend(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the redirect was followed") }))
	defer elsewhere.Close()
	var shown, said string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		shown, said = r.Header.Get("Authorization"), string(body)
		http.Redirect(w, r, elsewhere.URL, http.StatusFound)
	}))
	defer s.Close()
	c := web.Open(port.Setup{Department: "PS", Endpoint: port.Endpoint{URL: s.URL, Token: "t0ken"}, Now: time.Now})
	res, err := c.Send(t.Context(), http.MethodPost, "/status", http.Header{"Content-Type": {"application/json"}}, []byte(`{}`))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	if res.StatusCode != http.StatusFound || shown != "Bearer t0ken" || said != `{}` {
		t.Errorf("%d, %q, %q", res.StatusCode, shown, said)
	}
	if _, err := c.Read(res, 10, "JSON", "application/json"); fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
		t.Errorf("a page read as JSON: %v", err)
	}
	if _, ok := c.Certificate(); ok {
		t.Error("a certificate over plain HTTP")
	}
}

// Over TLS with a token alone, the end of the system's certificate is remembered.
func TestCertificate(t *testing.T) {
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"longer": "than allowed"}`)
	}))
	defer s.Close()
	trusted := s.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := web.Open(port.Setup{Department: "PS", Endpoint: port.Endpoint{URL: s.URL}, Now: time.Now, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MinVersion: tls.VersionTLS12}}})
	if _, ok := c.Certificate(); ok {
		t.Error("a certificate before the first call")
	}
	res, err := c.Send(t.Context(), http.MethodGet, "/", nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	leaf, err := x509.ParseCertificate(s.TLS.Certificates[0].Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if ends, ok := c.Certificate(); !ok || !ends.Equal(leaf.NotAfter) {
		t.Errorf("%v %v, want %v", ends, ok, leaf.NotAfter)
	}
	if _, err := c.Read(res, 10, "JSON", "application/json"); fault.Of(err).Reason != "DEPARTMENT_GARBLED" {
		t.Errorf("an answer longer than allowed: %v", err)
	}
}
