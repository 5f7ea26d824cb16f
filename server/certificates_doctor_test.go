package server_test

import (
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// vetgraph doctor reads the files of TLS and says when certificates end; what could
// not work is a mistake of the configuration.
func TestDoctorLooksAtCertificates(t *testing.T) {
	folder := t.TempDir()
	cert, key := writeIdentity(t, folder, "good", identity(t, nil, "hub.example", func(c *x509.Certificate) { c.NotAfter = time.Now().AddDate(1, 0, 0) }))
	soon, soonKey := writeIdentity(t, folder, "soon", identity(t, nil, "hub.example", nil))
	old, oldKey := writeIdentity(t, folder, "old", identity(t, nil, "hub.example", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }))
	nonsense := filepath.Join(folder, "nonsense")
	if err := os.WriteFile(nonsense, []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct {
		args []string
		want string
	}{
		"good":             {[]string{"--tls-cert=" + cert, "--tls-key=" + key, "--client-ca=" + cert}, "✓ 证书 certificates: --tls-cert " + time.Now().AddDate(1, 0, 0).UTC().Format(time.DateOnly)},
		"ends soon":        {[]string{"--tls-cert=" + soon, "--tls-key=" + soonKey}, "即将过期 (ends soon)"},
		"has ended":        {[]string{"--tls-cert=" + old, "--tls-key=" + oldKey}, "✗ 证书 certificates: --tls-cert"},
		"another's key":    {[]string{"--tls-cert=" + cert, "--tls-key=" + soonKey}, "does not match"},
		"no authority":     {[]string{"--tls-cert=" + cert, "--tls-key=" + key, "--client-ca=" + nonsense}, "there is no certificate in it"},
		"no file":          {[]string{"--tls-cert=" + cert + "x", "--tls-key=" + key}, "no such file"},
		"half a pair":      {[]string{"--tls-cert=" + cert}, "--tls-cert, --tls-key go together"},
		"a header of all":  {[]string{"--client-cert-header=Client-Cert"}, "--client-cert-header, --client-cert-from go together"},
		"no network":       {[]string{"--client-cert-header=Client-Cert", "--client-cert-from=all"}, "--client-cert-from are networks"},
		"no way to use it": {[]string{"--client-ca=" + cert}, "--client-ca needs"},
	} {
		_, out, errs := run(append([]string{"doctor", "--data=" + t.TempDir()}, c.args...)...)
		if !strings.Contains(out+errs, c.want) {
			t.Errorf("%s: no word of %q in\n%s%s", what, c.want, out, errs)
		}
	}
}
