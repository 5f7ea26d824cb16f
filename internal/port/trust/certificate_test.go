package trust_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

const day = 24 * time.Hour

// mutual is a server that wants a certificate of this CA, and shows one of it.
func mutual(t testing.TB, ca *trusttest.CA, c *clock, name string) string {
	t.Helper()
	s := serverOf(ca)
	s.CA = trust.PEM(ca.PEM())
	guarded, err := trust.Server(c.now, trust.Spec{Kind: trust.None, TLS: trust.TLS{CA: s.CA, Name: name}})
	if err != nil {
		t.Fatal(err)
	}
	return listen(t, guarded(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(r.TLS.PeerCertificates[0].NotAfter.UTC().Format(time.RFC3339)))
	})), s, c)
}

func TestCertificates(t *testing.T) {
	ca, stranger := newCA(t), newCA(t)
	good := clientOf(ca, start.Add(30*day))
	ended := clientOf(ca, start.Add(-time.Hour))
	forged := clientOf(stranger, start.Add(30*day))
	forged.CA = good.CA
	missing := trust.TLS{CA: good.CA}
	misled := good
	misled.CA = trust.PEM(stranger.PEM())
	named := good
	named.Name = "localhost"
	other := good
	other.Name = "other.example.org"
	for _, c := range []struct {
		name  string
		tls   trust.TLS
		later time.Duration
		want  string // in the error; empty: it passes
	}{
		{name: "both good", tls: good},
		{name: "made out to the name agreed on", tls: named},
		{name: "made out to another", tls: other, want: "other.example.org"},
		{name: "their CA is unknown to us", tls: misled, want: "theirs"},
		{name: "ours has ended", tls: ended, want: "ours holds from"},
		{name: "ours ends while we run", tls: good, later: 31 * day, want: "ours holds from"},
		{name: "theirs has ended", tls: good, later: 91 * day, want: "theirs"},
		{name: "our CA is unknown to them", tls: forged, want: "they refuse ours"},
		{name: "we have none", tls: missing, want: "they refuse ours"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := newClock()
			url := mutual(t, ca, at, "")
			at.pass(c.later)
			tr := open(t, trust.Spec{Kind: trust.None, TLS: c.tls}, at)
			code, _, err := ask(tr, "GET", url, "")
			switch {
			case c.want == "" && (err != nil || code != 200):
				t.Errorf("%d %v", code, err)
			case c.want != "" && (!errors.Is(err, trust.ErrCertificate) || !strings.Contains(err.Error(), c.want)):
				t.Errorf("%v, want %s", err, c.want)
			}
			ends, ok := tr.LastSeen()
			if seen := c.want == "" || c.name == "theirs has ended"; ok != seen || ok && !ends.Equal(start.Add(90*day)) {
				t.Errorf("the server's certificate was seen to end %v, %v", ends, ok)
			}
		})
	}
}

// TestOtherErrorsAreNoCertificates: who is not there has no bad certificate, nor has
// one who speaks no TLS or who is slow.
func TestOtherErrorsAreNoCertificates(t *testing.T) {
	ca, c := newCA(t), newClock()
	tr := open(t, trust.Spec{Kind: trust.None, TLS: clientOf(ca, start.Add(day))}, c)
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := "https://" + l.Addr().String()
	_ = l.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	for name, url := range map[string]string{
		"nobody there": nobody, "no TLS": strings.Replace(plain.URL, "http:", "https:", 1), "in the clear": plain.URL,
	} {
		if _, _, err := ask(tr, "GET", url, ""); err == nil || errors.Is(err, trust.ErrCertificate) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := askIn(gone, tr, "GET", mutual(t, ca, c, ""), ""); !errors.Is(err, context.Canceled) {
		t.Errorf("gone: %v", err)
	}
	if _, ok := tr.LastSeen(); ok {
		t.Error("a certificate was seen")
	}
}

// TestACertificateOfAnotherCaller: the CA vouches for many, and one is meant.
func TestACertificateOfAnotherCaller(t *testing.T) {
	ca, c := newCA(t), newClock()
	spec := trust.Spec{Kind: trust.None, TLS: clientOf(ca, start.Add(day))}
	for name, want := range map[string]int{"": 200, "hub.example.org": 200, "other.example.org": 401} {
		if code, _, err := ask(open(t, spec, c), "GET", mutual(t, ca, c, name), ""); err != nil || code != want {
			t.Errorf("who wants %q answers %d %v", name, code, err)
		}
	}
	// A server whose listener asks for none lets nobody pass.
	guarded := must(trust.Server(c.now, trust.Spec{Kind: trust.None, TLS: trust.TLS{CA: trust.PEM(ca.PEM())}}))
	url := listen(t, guarded(http.NotFoundHandler()), serverOf(ca), c)
	if code, _, err := ask(open(t, spec, c), "GET", url, ""); err != nil || code != 401 {
		t.Errorf("without one: %d %v", code, err)
	}
}

// TestOldTLSIsRefused: nothing below TLS 1.2 on either side.
func TestOldTLSIsRefused(t *testing.T) {
	ca, c := newCA(t), newClock()
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	pair := serverOf(ca)
	cert := must(tls.X509KeyPair([]byte(pair.Certificate), []byte(pair.Key)))
	old.TLS = &tls.Config{Certificates: []tls.Certificate{cert}, MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10} //nolint:gosec // this is what must not work
	old.Config.ErrorLog = log.New(io.Discard, "", 0)
	old.StartTLS()
	t.Cleanup(old.Close)
	if _, _, err := ask(open(t, trust.Spec{Kind: trust.None, TLS: trust.TLS{CA: trust.PEM(ca.PEM())}}, c), "GET", old.URL, ""); err == nil {
		t.Error("an old server was spoken to")
	}
}

// TestARotatedCertificateIsPickedUp without a restart, on both sides; while one file
// is new and the other is not, and while one is gone, the last pair holds.
func TestARotatedCertificateIsPickedUp(t *testing.T) {
	ca, c := newCA(t), newClock()
	dir := t.TempDir()
	put := func(p trusttest.Pair, cert, key bool) {
		t.Helper()
		for name, text := range map[string]string{"cert.pem": p.Public, "key.pem": p.Private} {
			if name == "cert.pem" && !cert || name == "key.pem" && !key {
				continue
			}
			if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	until := []time.Time{start.Add(day), start.Add(2 * day), start.Add(3 * day)}
	var pairs []trusttest.Pair
	for _, u := range until {
		pairs = append(pairs, must(ca.Client(start.Add(-day), u, "hub.example.org")))
	}
	put(pairs[0], true, true)
	spec, err := trust.Parse(filepath.Join(dir, "ps.yaml"), []byte("kind: none\ntls: {certificate: cert.pem, key: key.pem, ca: ca.pem}\n"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "ca.pem"), []byte(ca.PEM()), 0o600); err != nil {
		t.Fatal(err)
	}
	url := mutual(t, ca, c, "")
	tr := open(t, spec, c)
	shown := func(want time.Time) {
		t.Helper()
		tr.CloseIdleConnections() // those that are open go on as they began
		if code, text, err := ask(tr, "GET", url, ""); err != nil || code != 200 || text != want.Format(time.RFC3339) {
			t.Errorf("%d %v, a certificate until %s; want %s", code, err, text, want)
		}
	}
	shown(until[0])
	if got, err := trust.Expiry(spec); err != nil || !got.Equal(until[0]) {
		t.Error(got, err)
	}
	put(pairs[1], true, false)
	shown(until[0])
	put(pairs[1], false, true)
	shown(until[1])
	if got, err := trust.Expiry(spec); err != nil || !got.Equal(until[1]) {
		t.Error(got, err)
	}
	if err := os.Remove(filepath.Join(dir, "key.pem")); err != nil {
		t.Fatal(err)
	}
	shown(until[1])
	put(pairs[2], true, true)
	shown(until[2])
	c.pass(3*day + time.Second)
	tr.CloseIdleConnections()
	if _, _, err := ask(tr, "GET", url, ""); !errors.Is(err, trust.ErrCertificate) {
		t.Error("the last one has ended:", err)
	}
}

func TestARotatedServerCertificateIsPickedUp(t *testing.T) {
	ca, c := newCA(t), newClock()
	file := filepath.Join(t.TempDir(), "both.pem") // a certificate and its key may share a file
	put := func(until time.Time) {
		p := must(ca.Server(start.Add(-day), until, "127.0.0.1"))
		if err := os.WriteFile(file, []byte(p.Public+p.Private), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(start.Add(day))
	url := listen(t, http.NotFoundHandler(), trust.TLS{Certificate: trust.PEM(file), Key: trust.PEM(file)}, c)
	tr := open(t, trust.Spec{Kind: trust.None, TLS: trust.TLS{CA: trust.PEM(ca.PEM())}}, c)
	for _, until := range []time.Time{start.Add(day), start.Add(2 * day)} {
		put(until)
		tr.CloseIdleConnections()
		if _, _, err := ask(tr, "GET", url, ""); err != nil {
			t.Error(err)
		}
		if got, ok := tr.LastSeen(); !ok || !got.Equal(until) {
			t.Errorf("%v %v, want %v", got, ok, until)
		}
	}
}

func TestExpiryWithoutACertificate(t *testing.T) {
	if at, err := trust.Expiry(trust.Spec{Kind: trust.Bearer}); err != nil || !at.IsZero() {
		t.Error(at, err)
	}
	if _, err := trust.Expiry(trust.Spec{TLS: trust.TLS{Certificate: "gone.pem", Key: "gone.key"}}); !errors.Is(err, os.ErrNotExist) {
		t.Error(err)
	}
}
