package server_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen/migrate"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/server"
)

// Every column that the record calls sealed is known to who seals anew, and no other.
func TestSealedColumnsAreKnown(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	known := map[string]bool{}
	for _, c := range k.hub.Resealer().Columns {
		known[c.Table+"."+c.Name] = true
	}
	for _, table := range migrate.Tables {
		for _, c := range table.Columns {
			name := table.Name + "." + c.Name
			if sealed := strings.HasSuffix(c.Name, "_sealed"); sealed != known[name] {
				t.Errorf("%s: sealed %v, known %v", name, sealed, known[name])
			}
			delete(known, name)
		}
	}
	if len(known) > 0 {
		t.Errorf("not in the record: %v", known)
	}
}

// The keys are rotated to another suite by commands while the hub works: it goes on
// with the new key, everything is sealed anew, every answer is as it was, and the old
// key goes once nothing needs it and everybody has had time to notice.
func TestRotation(t *testing.T) {
	t.Parallel()
	for name, address := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			database := address(t)
			k := open(t, database, nil)
			k.lives()
			config := []string{"--data=" + k.hub.Config.Data, "--database=" + database, "--log-level=warn"}
			do := func(good bool, args ...string) string {
				t.Helper()
				status, out, errs := run(append(args, config...)...)
				if (status == 0) != good {
					t.Fatalf("%v: %s%s", args, out, errs)
				}
				return out + errs
			}
			before := k.told()
			if out := do(true, "keys", "show", "--rows"); !strings.Contains(out, "sealing key 1, AES-256-GCM, current") || !strings.Contains(out, "values") {
				t.Errorf("show: %s", out)
			}
			do(true, "keys", "rotate", "--cipher=sm4")
			if rotated, err := k.hub.Vault.Refresh(t.Context()); err != nil || !rotated || k.hub.Vault.Current() != 2 {
				t.Fatalf("the hub has not noticed: %v", err)
			}
			if out := do(false, "keys", "retire", "1"); !strings.Contains(out, "within the last") {
				t.Errorf("retired at once: %s", out)
			}
			if out := do(true, "keys", "reseal", "--share=1"); !strings.Contains(out, "sealed anew") {
				t.Errorf("reseal: %s", out)
			}
			left, err := k.hub.Resealer().Left(access.AsMachine(t.Context(), "test"))
			if err != nil || left[1] != 0 || left[2] < 100 || len(left) != 1 {
				t.Errorf("left %v, %v", left, err)
			}
			if after := k.told(); !bytes.Equal(after, before) {
				t.Errorf("other answers:\n%s\n%s", before, after)
			}
			anHourAgo(t, filepath.Join(k.hub.Config.Data, "keys.json"))
			do(false, "keys", "retire", "2")
			do(true, "keys", "retire", "1")
			if _, err := k.hub.Vault.Refresh(t.Context()); err != nil || len(k.hub.Vault.Holds()) != 1 {
				t.Errorf("the hub still has the old key: %v", err)
			}
			do(true, "keys", "rewrap")
			if after := k.told(); !bytes.Equal(after, before) {
				t.Error("other answers without the old key")
			}
			if out := do(true, "keys", "show"); !strings.Contains(out, "sealing key 2, SM4-GCM, current") || strings.Contains(out, "key 1") {
				t.Errorf("show: %s", out)
			}
		})
	}
}

// The hub seals anew by itself, and says how far it is; a rotation with a standby key
// changes nothing until that is used.
func TestHubsSealAnewByThemselves(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil)
	data := "--data=" + k.hub.Config.Data
	if status, out, errs := run("keys", "rotate", "--standby", data); status != 0 || !strings.Contains(out, "current 1") || !strings.Contains(out, "sealing key 2") {
		t.Fatal(out, errs)
	}
	if rotated, err := k.hub.Vault.Refresh(t.Context()); err != nil || rotated || len(k.hub.Vault.Holds()) != 2 {
		t.Fatalf("standby: %v, %v", rotated, err)
	}
	if status, out, errs := run("keys", "use", "2", data); status != 0 {
		t.Fatal(out, errs)
	}
	if _, err := k.hub.Vault.Refresh(t.Context()); err != nil || k.hub.Vault.Current() != 2 {
		t.Fatal(err)
	}
	if err := k.hub.SealAnew(access.AsMachine(t.Context(), "reseal")); err != nil {
		t.Fatal(err)
	}
	left, err := k.hub.Resealer().Left(access.AsMachine(t.Context(), "test"))
	if err != nil || left[1] != 0 || left[2] == 0 {
		t.Errorf("left %v, %v", left, err)
	}
	told := k.metrics()
	for _, want := range []string{`vetgraph_reseal_rows_total{table="veterans"} 40`, `vetgraph_reseal_rows_left{table="contacts"} 0`, "vetgraph_sealing_key 2"} {
		if !strings.Contains(told, want) {
			t.Errorf("the metrics do not say %s", want)
		}
	}
}

// An installation of SM4 and SM3 from the beginning works as any other, and nothing
// of it is by another suite.
func TestSM4FromTheBeginning(t *testing.T) {
	k := open(t, storetest.SQLite(t), nil, func(c *server.Config) { c.Cipher = "sm4" })
	k.lives()
	keys, err := vault.LoadFile(k.hub.Config.Keys)
	if err != nil || keys.Suite() != vault.SM4GCM || keys.Digest != vault.SM3 || len(keys.Sealing) != 1 {
		t.Errorf("%v, %s, %v", keys, keys.Digest, err)
	}
	kek, err := os.ReadFile(strings.TrimPrefix(vault.ServiceBeside(k.hub.Config.Keys), "file:"))
	if err != nil || !bytes.Contains(kek, []byte(vault.SM4GCM)) || bytes.Contains(kek, []byte(vault.AES256GCM)) {
		t.Errorf("the key-encryption key is of another suite: %v", err)
	}
}

// told is what the first veteran is told of what is sealed.
func (k *talk) told() []byte {
	k.t.Helper()
	_, body := k.ask("veteran0", k.public+"/graphql", `query($id: ID!) { veteran(id: $id) { citizenNumber(full: true) identity { contact { mobile } }
		elements { field { id } state value } cases(first: 20) { nodes { id number state dueOn plan { matters { matter { code } verdict } } feedbackSheet { lines { matter { code } state number words } } } } } }`, map[string]any{"id": k.heroes[0]})
	if bytes.Contains(body, []byte(`"errors"`)) || len(body) < 500 {
		k.t.Fatalf("%s", body)
	}
	return body
}

func (k *talk) metrics() string {
	w := httptest.NewRecorder()
	k.hub.AdminHandler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	return w.Body.String()
}

// anHourAgo lets the last rotation have been then.
func anHourAgo(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var f map[string]any
	if err := json.Unmarshal(text, &f); err != nil {
		t.Fatal(err)
	}
	f["since"] = time.Now().UTC().Add(-time.Hour)
	if text, err = json.Marshal(f); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}
