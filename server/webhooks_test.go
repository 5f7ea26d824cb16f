package server_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/webhook"
	"github.com/vetgraph/vetgraph/server"
)

// heard are lines that a program says.
type heard struct {
	mu    sync.Mutex
	lines []string
}

func (h *heard) add(line string) { h.mu.Lock(); h.lines = append(h.lines, line); h.mu.Unlock() }

func (h *heard) find(words ...string) (string, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
next:
	for _, l := range h.lines {
		for _, w := range words {
			if !strings.Contains(l, w) {
				continue next
			}
		}
		return l, true
	}
	return "", false
}

// wait waits for a line with all the words.
func (h *heard) wait(t *testing.T, words ...string) string {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for limit := time.After(time.Minute); ; {
		if l, ok := h.find(words...); ok {
			return l
		}
		select {
		case <-limit:
			t.Fatalf("no word of %v in %q", words, h.lines)
		case <-tick.C:
		}
	}
}

// receiver runs the example of docs/partners.md as a program of its own.
func receiver(t *testing.T, key string) (address string, said *heard) {
	t.Helper()
	program := filepath.Join(t.TempDir(), "told")
	if out, err := exec.Command("go", "build", "-o", program, "../docs/examples/told").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	p := exec.CommandContext(t.Context(), program, "--listen", "127.0.0.1:0", "--key", key)
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.Process.Kill(); _ = p.Wait() })
	said = &heard{}
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			said.add(lines.Text())
		}
	}()
	return strings.TrimPrefix(said.wait(t, "listening "), "listening "), said
}

// hooked is a folder with slices, webhooks of both, and where each is told.
func hooked(t *testing.T) (folder, hooks string, insurance, bus *heard) {
	t.Helper()
	folder, _ = bureau(t, "where: [{fact: enrolment.state, in: [ACTIVE, SUSPENDED]}]", "where: []")
	text, err := os.ReadFile("../internal/slice/slices/preferential.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "preferential.yaml"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	at := t.TempDir()
	entry := func(name string, args ...string) (string, *heard) {
		key := filepath.Join(at, name+".key")
		status, out, errs := run(append([]string{"slice", "webhook-key", "--to", key}, args...)...)
		if status != 0 {
			t.Fatal(errs)
		}
		address, said := receiver(t, strings.TrimSpace(out))
		return fmt.Sprintf("%s: {url: \"http://%s/told\", keyFile: %s.key}\n", name, address, name), said
	}
	one, insurance := entry("insurance")
	two, bus := entry("preferential", "--shared")
	hooks = filepath.Join(at, "webhooks.yaml")
	if err := os.WriteFile(hooks, []byte(one+two), 0o600); err != nil {
		t.Fatal(err)
	}
	return folder, hooks, insurance, bus
}

// Partners are told by real programs over real HTTP: of who is imported by a process
// of its own, of consents, and of what a department has decided; the person sees that
// they are told, and the operator how messages stand.
func TestPartnersAreTold(t *testing.T) {
	for name, database := range map[string]func(testing.TB) string{"sqlite": storetest.SQLite, "postgres": storetest.PostgreSQL} {
		t.Run(name, func(t *testing.T) {
			folder, hooks, insurance, bus := hooked(t)
			at := database(t)
			k := open(t, at, nil, func(c *server.Config) { c.Slices, c.Webhooks = folder, hooks })
			id := strings.Fields(insurance.wait(t, "slice.entered"))[1]
			query := fmt.Sprintf(`{veteran(id: %q) {id name division {name}}}`, id)
			if status, answer := k.asPartner(k.token("partner-insurance"), "INSURANCE_TAKEOVER", query); status != 200 || !strings.Contains(answer, id) {
				t.Errorf("who is told of somebody cannot read them: %d %s", status, answer)
			}
			args := []string{"--data=" + k.hub.Config.Data, "--database=" + at, "--slices=" + folder, "--webhooks=" + hooks}
			if status, out, errs := run(append([]string{"import", "../docs/examples/discharge-roll.csv"}, args...)...); !strings.Contains(out, "added ") || strings.Contains(out, "added 0") {
				t.Fatalf("%d %s %s", status, out, errs)
			}
			rows, err := k.hub.Webhooks.Counts(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			n := 0
			for _, c := range rows {
				if c.Slice == "insurance" {
					n += c.N
				}
			}
			if n <= 40 {
				t.Errorf("%d messages: of who was imported nobody is told", n)
			}
			k.busIsTold(t, bus)
			admin := httptest.NewServer(k.hub.AdminHandler())
			defer admin.Close()
			if _, _, text := k.send(http.MethodGet, admin.URL+"/metrics", "", nil); !strings.Contains(text, `vetgraph_webhook_messages{slice="preferential",state="DELIVERED"}`) {
				t.Error("no messages among the metrics")
			}
			if status, out, errs := run(append([]string{"slice", "show", "preferential"}, args...)...); status != 0 || !strings.Contains(out, "DELIVERED\t") || !strings.Contains(out, "PreferentialCard.state") {
				t.Errorf("%d %s %s", status, out, errs)
			}
		})
	}
}

// busIsTold lets somebody agree and take it back.
func (k *talk) busIsTold(t *testing.T, bus *heard) {
	t.Helper()
	k.heroes = append(k.heroes[:0:0], k.ofHarbin())
	announced := func() bool {
		var me struct {
			Me struct {
				Veteran struct {
					DataUses []struct {
						Announced bool
						Slice     struct {
							Name      string
							Announced []struct{ Coordinate string }
						}
					}
				}
			}
		}
		k.get("veteran0", `{me {veteran {dataUses {announced slice {name announced {coordinate}}}}}}`, nil, &me)
		for _, u := range me.Me.Veteran.DataUses {
			if u.Slice.Name == "preferential" {
				if len(u.Slice.Announced) != 1 || u.Slice.Announced[0].Coordinate != "PreferentialCard.state" {
					t.Errorf("%+v", u)
				}
				return u.Announced
			}
		}
		return false
	}
	if announced() {
		t.Error("changes are told of somebody who has not agreed")
	}
	var given struct {
		GrantConsent struct{ Consent struct{ ID string } }
	}
	k.get("veteran0", `mutation {grantConsent(input: {slice: "preferential", version: 1}) {consent {id}}}`, nil, &given)
	bus.wait(t, "slice.entered", k.heroes[0])
	if !announced() {
		t.Error("the person does not see that changes are told")
	}
	k.get("veteran0", `mutation($id: ID!) {withdrawConsent(input: {consentId: $id}) {consent {inForce}}}`, map[string]any{"id": given.GrantConsent.Consent.ID}, &struct{}{})
	bus.wait(t, "slice.left", k.heroes[0], time.Now().Format("2006"))
}

// Mistakes of the file are told all at once, and none of its keys.
func TestBadWebhooks(t *testing.T) {
	at := t.TempDir()
	if err := os.WriteFile(filepath.Join(at, "k"), []byte("whsec_c2VjcmV0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := "employment: {url: 'https://a.example/x', keyFile: k}\ninsurance: {url: 'gopher://x', keyFile: none, allow: [everywhere]}\nnobody: {url: 'https://a.example/x', keyFile: k, caFile: k}\n"
	file := filepath.Join(at, "webhooks.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	_, out, errs := run("doctor", "--webhooks="+file, "--data="+t.TempDir())
	said := out + errs
	for _, want := range []string{"employment: the slice tells of no changes", "a key is whsec_", "insurance: allow lists", "keyFile names a file", "url is an https address", "nobody: there is no such slice", "caFile names a file"} {
		if !strings.Contains(said, want) {
			t.Errorf("no word of %q in\n%s", want, said)
		}
	}
	if strings.Contains(said, "c2VjcmV0") {
		t.Error("a key is told")
	}
}

// The commands of docs/partners.md by which a message is checked by hand do so.
func TestMessagesAreCheckedByHand(t *testing.T) {
	page, err := os.ReadFile("../docs/partners.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := regexp.MustCompile("(?s)```bash\n(.*?)```").FindAllSubmatch(page, -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks", len(blocks))
	}
	for i, shared := range []bool{true, false} {
		if _, err := exec.LookPath("openssl"); err != nil {
			t.Skip("no openssl")
		}
		key, partners := webhook.Generate(shared)
		got := make(chan []string, 1)
		to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			h := r.Header
			got <- []string{"KEY=" + partners, "ID=" + h.Get("webhook-id"), "TIMESTAMP=" + h.Get("webhook-timestamp"), "BODY=" + string(body), "SIGNATURE=" + h.Get("webhook-signature")}
		}))
		hook, err := webhook.Open(webhook.Spec{URL: to.URL, Keys: []string{key}, Plain: true, Allow: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}})
		if err != nil {
			t.Fatal(err)
		}
		if trouble := hook.Send(context.WithoutCancel(t.Context()), "msg_1", time.Now(), []byte(`{"type":"slice.changed"}`)); trouble != "" {
			t.Fatal(trouble)
		}
		env := <-got
		to.Close()
		for _, forged := range []bool{false, true} {
			if forged {
				env[3] += " "
			}
			c := exec.Command("bash", "-c", string(blocks[i][1]))
			c.Env = append(os.Environ(), env...)
			out, err := c.CombinedOutput()
			if (err == nil) == forged {
				t.Errorf("shared %v, forged %v: %v %s", shared, forged, err, out)
			}
		}
	}
}
