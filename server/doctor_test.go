package server_test

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/department"
	"github.com/vetgraph/vetgraph/internal/port"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// impatient is the built-in catalogue with ports of PS that wait half a second.
func impatient(t *testing.T) (dir string, c *catalog.Catalog) {
	t.Helper()
	dir = t.TempDir()
	if err := os.CopyFS(dir, catalog.BuiltinFiles()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "ports", "ps.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`timeoutMs: \d+`).ReplaceAll(text, []byte("timeoutMs: 500"))
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err = catalog.Load(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	return dir, c
}

// endpointsFile writes addresses as an operator would.
func endpointsFile(t *testing.T, at map[string]port.Endpoint, more string) string {
	t.Helper()
	all := map[string]map[string]string{}
	for key, e := range at {
		all[key] = map[string]string{"url": e.URL, "token": e.Token, "callbackSecret": e.CallbackSecret}
	}
	body, err := yaml.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, "endpoints.yaml", string(body)+more)
}

// The doctor knocks everywhere at once: one system is there, one is silent, one shows
// a certificate that has ended, one does not know our token.
func TestDoctorKnocks(t *testing.T) {
	dir, c := impatient(t)
	f, err := department.Start(context.WithoutCancel(t.Context()), department.Config{Dir: t.TempDir(), Catalog: c})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	silent := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	}))
	defer silent.Close()
	ca, err := trusttest.New(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	ended := time.Now().Add(-48 * time.Hour)
	pair, err := ca.Server(ended.Add(-time.Hour), ended, "127.0.0.1")
	if err != nil {
		t.Fatal(err)
	}
	over, err := tls.X509KeyPair([]byte(pair.Public), []byte(pair.Private))
	if err != nil {
		t.Fatal(err)
	}
	old := httptest.NewUnstartedServer(http.NotFoundHandler())
	old.TLS = &tls.Config{Certificates: []tls.Certificate{over}, MinVersion: tls.VersionTLS12}
	old.StartTLS()
	defer old.Close()
	authority := write(t, "ca.pem", ca.PEM())

	at := map[string]port.Endpoint{"PS": {URL: silent.URL, Token: "token-of-ps"}}
	for key, e := range f.Endpoints() {
		switch code, _, _ := strings.Cut(key, "."); strings.ToUpper(code) {
		case "VA":
			at[key] = e
		case "HRSS":
			e.Token = "token-of-somebody-else"
			at[key] = e
		}
	}
	file := endpointsFile(t, at, "HSA:\n  url: "+old.URL+"\n  trust: {kind: none, tls: {ca: "+authority+"}}\n")
	start := time.Now()
	status, out, errs := run("doctor", "--data="+t.TempDir(), "--catalog="+dir, "--endpoints="+file)
	if status == 0 || !strings.Contains(out, "✗ 部门系统 departments") || !regexp.MustCompile(`MIL +— +UNCONNECTED`).MatchString(out) {
		t.Errorf("%d\n%s%s", status, out, errs)
	}
	if took := time.Since(start); took > 8*time.Second {
		t.Errorf("it took %s; a silent department may cost half a second", took)
	}
	for line := range strings.Lines(out) {
		name := strings.Fields(line + " .")[0]
		switch code, _, _ := strings.Cut(strings.ToUpper(name), "."); {
		case code == "VA" && !strings.Contains(line, " UP "), code == "PS" && !strings.Contains(line, " DOWN ") || code == "PS" && !strings.Contains(line, "DEPARTMENT_SILENT (超时"),
			code == "HSA" && !strings.Contains(line, "certificate)") || code == "HSA" && !strings.Contains(line, ended.In(time.FixedZone("", 8*3600)).Format(time.DateOnly)+" !"),
			code == "HRSS" && !strings.Contains(line, "DEPARTMENT_FAILED (凭证 credential, status 401)"):
			t.Errorf("%s", line)
		}
	}
	for _, secret := range []string{"token-of", f.Endpoints()["VA"].Token, f.Endpoints()["VA"].CallbackSecret, silent.URL, "127.0.0.1"} {
		if strings.Contains(out+errs, secret) {
			t.Errorf("%q is printed:\n%s%s", secret, out, errs)
		}
	}
}

// With a database the doctor tells what waits, what an operator holds and when the
// last receipt came, beside a hub that runs. It changes nothing.
func TestDoctorReadsTheRecord(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			database := address(t)
			k := open(t, database, time.Now)
			first := k.submit("veteran1", 1, "doctor-01")
			k.until("a receipt", func() bool { _, receipt := k.first(first); return receipt != "" })
			k.get("operator", `mutation { pausePort(input: {port: "`+reporting+`", reason: "检修"}) { port { id } } }`, nil, &struct{}{})
			k.submit("veteran0", 0, "doctor-02")
			c, err := catalog.Builtin()
			if err != nil {
				t.Fatal(err)
			}
			f, err := department.Start(context.WithoutCancel(t.Context()), department.Config{Dir: t.TempDir(), Catalog: c})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = f.Close() })
			file := endpointsFile(t, f.Endpoints(), "")
			status, out, errs := run("doctor", "--data="+k.hub.Config.Data, "--database="+database, "--endpoints="+file)
			if status != 0 {
				t.Fatalf("%d\n%s%s", status, out, errs)
			}
			line := ""
			for l := range strings.Lines(out) {
				if strings.Contains(l, "PAUSED(1)") {
					line = l
				}
			}
			if !strings.Contains(line, " UP PAUSED(1) ") || strings.HasSuffix(strings.TrimSpace(line), " 0") || strings.HasSuffix(strings.TrimSpace(line), "—") {
				t.Errorf("%q in\n%s", line, out)
			}
			if !regexp.MustCompile(`— +20\d\d-\d\d-\d\d \d\d:\d\d:\d\d +\d`).MatchString(out) {
				t.Errorf("no last receipt in\n%s", out)
			}
			if w := k.watch(); w.State != "PAUSED" {
				t.Errorf("the hub's port is %s after the doctor's visit", w.State)
			}
		})
	}
}
