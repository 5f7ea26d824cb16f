package server_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/server"
)

func run(args ...string) (status int, out, errs string) {
	var o, e bytes.Buffer
	status = server.Main(args, &o, &e)
	return status, o.String(), e.String()
}

func write(t *testing.T, name, body string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(body), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// roster names one person for everything.
const roster = `entries: [{department: "*", division: "230000000000", account: office/1, name: 值班}]`

// Every mistake is told, all at once, by the name of its flag.
func TestBadConfiguration(t *testing.T) {
	keys := filepath.Join(t.TempDir(), "keys.json")
	if status, _, errs := run("keygen", keys); status != 0 {
		t.Fatal(errs)
	}
	ends, people := write(t, "ends.yaml", "PS: {url: https://ps.example.org/v1, token: x}\n"), write(t, "roster.yaml", roster)
	for name, c := range map[string]struct {
		args []string
		want []string
	}{
		"several at once": {[]string{"--listen=here", "--closing=25", "--veterans=1", "--database=mysql://x"}, []string{"--listen", "--closing", "--veterans", "--database"}},
		"production needs sign-in, keys, departments and people": {[]string{"--demo=false"}, []string{"--oidc-issuer", "--oidc-audience", "--keys", "--endpoints", "--roster"}},
		"production refuses files that are not there": {[]string{"--demo=false", "--oidc-issuer=https://id.example.org", "--oidc-audience=hub", "--keys=/nowhere/keys", "--endpoints=/nowhere/ends", "--roster=/nowhere/roster"},
			[]string{"--keys", "--endpoints", "--roster"}},
		"production with an open subgraph needs a secret": {[]string{"--demo=false", "--oidc-issuer=https://id.example.org", "--oidc-audience=hub", "--keys=" + keys, "--endpoints=" + ends, "--roster=" + people, "--subgraph-listen=0.0.0.0:8081"},
			[]string{"--subgraph-secret"}},
		"the demonstration has its own sign-in": {[]string{"--oidc-issuer=https://id.example.org"}, []string{"--oidc-issuer", "--demo=false"}},
		"origins have no path":                  {[]string{"--origins=https://portal.example.org/app"}, []string{"--origins"}},
		"callbacks need an address":             {[]string{"--public-url=portal"}, []string{"--public-url"}},
	} {
		t.Run(name, func(t *testing.T) {
			status, _, errs := run(append([]string{"doctor", "--data=" + t.TempDir()}, c.args...)...)
			status2, _, errs2 := run(append([]string{"--data=" + t.TempDir()}, c.args...)...)
			if status == 0 || status2 == 0 {
				t.Fatal("it was taken")
			}
			_ = errs
			for _, want := range c.want {
				if !strings.Contains(errs2, want) {
					t.Errorf("%s is not told in %q", want, errs2)
				}
			}
		})
	}
}

// Flag before environment before file before default.
func TestPrecedence(t *testing.T) {
	file := write(t, "vetgraph.yaml", "veterans: 1\nclosing: 99\n") // both bad
	data := "--data=" + t.TempDir()
	bad := func(args ...string) string {
		_, out, _ := run(append([]string{"doctor", data, "--config=" + file}, args...)...)
		return out
	}
	if out := bad(); !strings.Contains(out, "--veterans") || !strings.Contains(out, "--closing") {
		t.Errorf("the file is not read: %s", out)
	}
	t.Setenv("VETGRAPH_VETERANS", "50")
	if out := bad(); strings.Contains(out, "--veterans") || !strings.Contains(out, "--closing") {
		t.Errorf("the environment does not go before the file: %s", out)
	}
	t.Setenv("VETGRAPH_VETERANS", "2")
	if out := bad("--veterans=50", "--closing=17"); strings.Contains(out, "✗") {
		t.Errorf("the flag does not go before the environment: %s", out)
	}
}

func TestConfigurationFile(t *testing.T) {
	data := "--data=" + t.TempDir()
	if _, _, errs := run("doctor", data, "--config="+write(t, "c.yaml", "verterans: 100\n")); !strings.Contains(errs, "verterans") {
		t.Errorf("a setting that does not exist was taken: %s", errs)
	}
	if status, out, errs := run("doctor", data, "--config="+write(t, "c.json", `{"veterans": 100, "workday-takes": "1s"}`)); status != 0 {
		t.Errorf("JSON was not taken: %s%s", out, errs)
	}
}

func TestProductionRefusesPendingMigrations(t *testing.T) {
	dir := t.TempDir()
	keys := filepath.Join(dir, "keys.json")
	if status, _, errs := run("keygen", keys); status != 0 {
		t.Fatal(errs)
	}
	if status, _, errs := run("keygen", keys); status == 0 || !strings.Contains(errs, "never overwritten") {
		t.Errorf("keys were overwritten: %s", errs)
	}
	ends := write(t, "ends.yaml", "PS: {url: 'https://ps.example.org/v1', token: x}\n")
	args := []string{"--demo=false", "--oidc-issuer=https://id.example.org", "--oidc-audience=hub", "--keys=" + keys, "--endpoints=" + ends, "--roster=" + write(t, "roster.yaml", roster),
		"--data=" + dir, "--listen=127.0.0.1:0", "--subgraph-listen=", "--admin-listen="}
	if status, _, errs := run(args...); status == 0 || !strings.Contains(errs, "vetgraph migrate") {
		t.Errorf("an empty database was taken: %s", errs)
	}
	if status, _, errs := run(append([]string{"seed"}, args...)...); status == 0 {
		t.Errorf("production was seeded: %s", errs)
	}
	if status, _, errs := run(append([]string{"migrate"}, args...)...); status != 0 {
		t.Fatal(errs)
	}
	status, out, errs := run("secret", "PS", "--keys="+keys)
	if status != 0 || len(strings.TrimSpace(out)) != 44 {
		t.Errorf("secret: %s%s", out, errs)
	}
}

func TestPlanOnTheTerminal(t *testing.T) {
	status, out, errs := run("plan", "--data="+t.TempDir())
	for _, want := range []string{"61 → 15", "31 → 14", "13 → 2", "12 → 1", "一次性告知书"} {
		if status != 0 || !strings.Contains(out, want) {
			t.Errorf("no %q in %s%s", want, out, errs)
		}
	}
	if status, out, _ := run("plan", "--persona=3", "--english", "--data="+t.TempDir()); status != 0 || !strings.Contains(out, "working days") {
		t.Errorf("in English: %s", out)
	}
	if status, _, errs := run("plan", "--matters=M99", "--data="+t.TempDir()); status == 0 || !strings.Contains(errs, "no such matter") {
		t.Errorf("an unknown matter: %s", errs)
	}
}

func TestCatalogCheck(t *testing.T) {
	if status, out, errs := run("catalog", "check"); status != 0 || !strings.Contains(out, "61 → 15") {
		t.Errorf("%s%s", out, errs)
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "catalog.yaml"), []byte("title: x\nnonsense: 1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := run("catalog", "check", dir); status == 0 || !strings.Contains(errs, "catalog.yaml") {
		t.Errorf("a broken catalogue was taken: %s", errs)
	}
}

// The demonstration's data can be made beforehand; a start finds it there.
func TestSeed(t *testing.T) {
	data := t.TempDir()
	for range 2 {
		if status, out, errs := run("seed", "--data", data, "--veterans", "20", "--log-level", "error"); status != 0 || !strings.Contains(out, "示例数据已就绪") {
			t.Fatalf("status %d: %s%s", status, out, errs)
		}
	}
	if status, _, errs := run("doctor", "--data", data, "--veterans", "20"); status != 0 {
		t.Error(errs)
	}
}
