package server_test

import (
	"bytes"
	"context"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/server"
)

// A department that wants signed requests gets them when the endpoints file says
// so, and nobody else gets in.
func TestEndpointsWithTrust(t *testing.T) {
	c, err := catalog.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	f, err := department.Start(context.WithoutCancel(t.Context()), department.Config{Dir: t.TempDir(), Catalog: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	behind := f.Endpoints()["MIL"]
	at, err := url.Parse(behind.URL)
	if err != nil {
		t.Fatal(err)
	}
	gateway := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(at)
		r.Out.Header.Set("Authorization", "Bearer "+behind.Token)
	}}
	guard, err := trust.Server(time.Now, trust.Spec{Kind: trust.HMAC, Key: "hub", Secret: trust.Text("a secret of thirty-two characters")})
	if err != nil {
		t.Fatal(err)
	}
	department := httptest.NewServer(guard(gateway))
	defer department.Close()
	dir := t.TempDir()
	file, secret := filepath.Join(dir, "endpoints.yaml"), filepath.Join(dir, "secret")
	check := func(said, endpoints string) (int, string) {
		t.Helper()
		for name, text := range map[string]string{secret: said, file: endpoints} {
			if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		var out, errs bytes.Buffer
		status := server.Main([]string{"port", "check", "MIL", "--endpoints", file}, &out, &errs)
		return status, out.String() + errs.String()
	}
	view := "mil.serviceRecord: {url: '" + f.Endpoints()["mil.serviceRecord"].URL + "'}\n" // is no service, so it stands apart
	signed := view + "MIL:\n  url: " + department.URL + "\n  trust: {kind: hmac, key: hub, secret: {file: secret}}\n"
	if status, text := check("a secret of thirty-two characters", signed); status != 0 {
		t.Errorf("%d\n%s", status, text)
	}
	if status, text := check("another secret, and as long as it", signed); status == 0 || !strings.Contains(text, "DEPARTMENT_FAILED") {
		t.Errorf("with another secret: %d\n%s", status, text)
	}
	if status, _ := check("", "MIL: {url: "+department.URL+", token: "+behind.Token+"}\n"); status == 0 {
		t.Error("a token alone was let in")
	}
	for name, wrong := range map[string]string{"an unknown kind": "trust: {kind: password}", "two ways at once": "token: x\n  trust: {kind: none}"} {
		if status, text := check("x", "MIL:\n  url: "+department.URL+"\n  "+wrong+"\n"); status == 0 || !strings.Contains(text, "MIL") {
			t.Errorf("%s: %d\n%s", name, status, text)
		}
	}
}
