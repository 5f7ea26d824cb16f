package server_test

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/item"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/lifecycle"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
	"github.com/vetgraph/vetgraph/server"
)

func suite(name string) func(*server.Config) {
	return func(c *server.Config) {
		c.Seal, c.SealIssuer, c.Veterans = name, "哈尔滨市退役军人服务中心", 250
	}
}

// aCase is the newest example case in a state that has M01 and M11, with its items.
func (k *talk) aCase(state lifecycle.CaseState) *gen.CaseFile {
	k.t.Helper()
	c, err := k.hub.Store.Read.CaseFile.Query().Where(casefile.StateEQ(state), casefile.HasItemsWith(item.Matter("M01")), casefile.HasItemsWith(item.Matter("M11"))).WithItems().Order(gen.Desc(casefile.FieldID)).First(access.AsMachine(k.t.Context(), "test"))
	if err != nil {
		k.t.Fatal(state, err)
	}
	return c
}

// fetch reads an address of the hub as somebody.
func (k *talk) fetch(as, path string) (*http.Response, []byte) {
	k.t.Helper()
	r, err := http.NewRequestWithContext(k.t.Context(), http.MethodGet, k.public+path, nil)
	if err != nil {
		k.t.Fatal(err)
	}
	if tok := k.token(as); tok != "" {
		r.Header.Set("Authorization", "Bearer "+tok)
	}
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		k.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		k.t.Fatal(err)
	}
	return res, body
}

// publicKeys saves what the hub publishes.
func (k *talk) publicKeys() string {
	k.t.Helper()
	res, body := k.fetch("", "/.well-known/vetgraph-keys")
	if res.StatusCode != http.StatusOK || !strings.Contains(res.Header.Get("Cache-Control"), "public") {
		k.t.Fatal(res.Status, res.Header)
	}
	return save(k.t, "public.json", body)
}

func save(t testing.TB, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// answer is a saved GraphQL answer of a case's sheet, with its seal.
func (k *talk) answer(c *gen.CaseFile) (body []byte, text string) {
	k.t.Helper()
	var out struct{ Case map[string]map[string]any }
	k.get("clerk", `query($id: ID!) { case(id: $id) { feedbackSheet { __typename number complete state workdaysUsed workdaysPromised onTime
		lines { matter { code name { zh } } state number decidedOn words nextStep { zh } } } } }`, map[string]any{"id": c.ID}, &out)
	ctx := access.AsMachine(k.t.Context(), "test")
	sheet, err := k.hub.Cases.SheetOf(ctx, c.Number)
	if err != nil {
		k.t.Fatal(err)
	}
	s, err := k.hub.Cases.Seal(ctx, sheet)
	if err != nil || s == nil {
		k.t.Fatal(s, err)
	}
	out.Case["feedbackSheet"]["seal"] = map[string]any{"suite": s.Suite, "keyId": s.KeyID, "text": s.Text, "qr": s.SVG}
	body, err = json.MarshalIndent(map[string]any{"data": out}, "", " ")
	if err != nil {
		k.t.Fatal(err)
	}
	return body, s.Text
}

// A sheet of the hub is checked on a machine that has nothing but the public keys:
// as the text of its QR code, as a saved page, as a saved answer, piped in.
func TestVerify(t *testing.T) {
	for _, name := range []string{"ed25519", "sm2"} {
		t.Run(name, func(t *testing.T) {
			k := open(t, storetest.SQLite(t), noon, suite(name))
			keys, c := k.publicKeys(), k.aCase(lifecycle.CaseCompleted)
			answer, text := k.answer(c)
			_, page := k.fetch("clerk", "/sheets/"+c.Number)
			check := func(what string) (int, string, string) {
				return run("verify", what, "--key="+keys, "--data="+t.TempDir())
			}
			for what, given := range map[string]string{"text": text, "text with blanks": "\n" + text + " ", "text in a file": save(t, "qr.txt", []byte("\ufeff"+text+"\r\n")),
				"page": save(t, "sheet.html", page), "answer": save(t, "sheet.json", answer)} {
				status, out, errs := check(given)
				for _, want := range []string{"✓ 真实", "Authentic", strings.ToUpper(name), c.Number, "已办结 Completed", "演示 DEMO 哈尔滨市退役军人服务中心", "M01 退役报到", "2026"} {
					if status != 0 || !strings.Contains(out, want) {
						t.Errorf("%s: no %q in %d %s%s", what, want, status, out, errs)
					}
				}
			}
			if _, out, _ := check(save(t, "sheet.json", answer)); !strings.Contains(out, "lines.M01.words") || strings.Contains(out, "lines.M01.number") {
				t.Errorf("what the seal does not cover: %s", out)
			}
			piped(t, text, func() {
				if status, out, errs := check("-"); status != 0 || !strings.Contains(out, c.Number) {
					t.Errorf("piped: %s%s", out, errs)
				}
			})
			if status, out, errs := run("verify", text, "--data="+k.hub.Config.Data); status != 0 {
				t.Errorf("with the keys of this machine: %s%s", out, errs)
			}
			if status, out, errs := run("keys", "public", "--data="+k.hub.Config.Data); status != 0 || out != string(read(t, keys)) {
				t.Errorf("keys public: %s%s", out, errs)
			}
		})
	}
}

func read(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// piped runs f with a text as standard input.
func piped(t *testing.T, text string, f func()) {
	t.Helper()
	in, err := os.Open(save(t, "in", []byte(text)))
	if err != nil {
		t.Fatal(err)
	}
	before := os.Stdin
	os.Stdin = in
	defer func() { os.Stdin = before; _ = in.Close() }()
	f()
}

// What was changed is found, and no word of a forged sheet is passed off as true.
func TestVerifyFindsForgeries(t *testing.T) {
	k := open(t, storetest.SQLite(t), noon, suite("sm2"))
	keys, c := k.publicKeys(), k.aCase(lifecycle.CasePartially)
	answer, text := k.answer(c)
	_, page := k.fetch("clerk", "/sheets/"+c.Number)
	other := filepath.Join(t.TempDir(), "keys.json")
	if status, _, errs := run("keygen", other); status != 0 {
		t.Fatal(errs)
	}
	_, strangers, _ := run("keys", "public", "--keys="+other)
	change := func(body []byte, from, to string) string {
		if !bytes.Contains(body, []byte(from)) {
			t.Fatalf("no %q", from)
		}
		return save(t, "changed", bytes.Replace(body, []byte(from), []byte(to), 1))
	}
	number := c.Edges.Items[0].ResultNo
	for name, forged := range map[string]struct{ given, key, want string }{
		"a state":                     {strings.Replace(text, ",R,", ",A,", 1), keys, "does not belong"},
		"a day":                       {strings.Replace(text, ",2026", ",2025", 1), keys, "does not belong"},
		"a signature cut":             {text[:len(text)-1], keys, "no seal that can be read"},
		"no seal at all":              {save(t, "x", []byte("hello")), keys, "no seal that can be read"},
		"a terminal's own language":   {strings.Replace(text, "VG1;", "VG1;%1B[2J", 1), keys, "does not belong"},
		"keys of somebody else":       {text, save(t, "strangers", []byte(strangers)), "the key it names is not here"},
		"a number on the page":        {change(page, number, number+"1"), keys, "Believe only what the seal says"},
		"a word on the page":          {change(page, "退役报到", "退役报道"), keys, "Believe only what the seal says"},
		"a page's seal cut":           {save(t, "cut", page[:bytes.LastIndex(page, []byte("<!-- VGP1"))]), keys, "Believe only what the seal says"},
		"the text on the page":        {change(page, text[:30], "VG1;"+text[5:31]), keys, "Not authentic"},
		"a number in the answer":      {change(answer, `"`+number+`"`, `"9`+number+`"`), keys, "is not what the seal says"},
		"on time in the answer":       {change(answer, `"onTime": `, `"onTime": null, "x": `), keys, "onTime is not what the seal says"},
		"a field under another name":  {change(answer, `"workdaysUsed"`, `"workdaysUser"`), keys, "There is no field workdaysUser"},
		"a name twice in the answer":  {change(answer, `"complete"`, `"state": "COMPLETED", "complete"`), keys, "no seal that can be read"},
		"a line less in the answer":   {change(answer, `"lines": [`, `"lines": [], "x": [`), keys, "lines is not what the seal says"},
		"another code in the answer":  {change(answer, `M0 0h`, `M0 1h`), keys, "seal.qr is not what the seal says"},
		"a key file that is none":     {text, save(t, "none", []byte(`{"keys": []}`)), ""},
		"a key file that is not here": {text, "/nowhere/keys", ""},
		"a file that is not here":     {"/nowhere/sheet", keys, ""},
	} {
		status, out, errs := run("verify", forged.given, "--key="+forged.key, "--data="+t.TempDir())
		if status == 0 || strings.Contains(out, "✓") || !strings.Contains(out, forged.want) {
			t.Errorf("%s: %d %s%s", name, status, out, errs)
		}
		if strings.Contains(out, "\x1b") {
			t.Errorf("%s: speaks to the terminal", name)
		}
		if claims := strings.Contains(out, "does not belong") || strings.Contains(out, "the key it names"); claims != strings.Contains(out, "以下内容未经证实") {
			t.Errorf("%s: %s", name, out)
		}
	}
	if status, _, errs := run("verify", text, "--data="+t.TempDir()); status == 0 || !strings.Contains(errs, "--key") {
		t.Errorf("without any keys: %s", errs)
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range 150 { // one bit anywhere of a page
		b := bytes.Clone(page)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		if status, out, _ := run("verify", save(t, "bit", b), "--key="+keys); status == 0 {
			t.Fatalf("taken: %s", out)
		}
	}
	for range 300 { // and of an answer, unless it is outside of what is sealed
		b := bytes.Clone(answer)
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		if status, out, _ := run("verify", save(t, "bit", b), "--key="+keys); status == 0 && covered(t, b) != covered(t, answer) {
			t.Fatalf("taken: %s", out)
		}
	}
}

// covered is what of a saved answer a seal covers, as text.
func covered(t *testing.T, body []byte) string {
	t.Helper()
	var tree struct {
		Data struct {
			Case struct{ FeedbackSheet map[string]any }
		}
	}
	if err := json.Unmarshal(body, &tree); err != nil {
		t.Fatal(err)
	}
	sheet := tree.Data.Case.FeedbackSheet
	lines, _ := sheet["lines"].([]any)
	for _, l := range lines {
		line, _ := l.(map[string]any)
		delete(line, "words")
		delete(line, "nextStep")
		if matter, ok := line["matter"].(map[string]any); ok {
			delete(matter, "name")
		}
	}
	text, err := json.Marshal(sheet)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A keys file of before seals: the demonstration completes it by itself, keygen does
// for production, and neither touches the keys that are there.
func TestKeysOfBefore(t *testing.T) {
	old := vault.Generate()
	old.Signers = nil
	dir := t.TempDir()
	path := filepath.Join(dir, "keys.json")
	if err := vault.SaveFile(path, old); err != nil {
		t.Fatal(err)
	}
	if status, _, errs := run("keys", "public", "--keys="+path); status == 0 || !strings.Contains(errs, "vetgraph keygen "+path) {
		t.Errorf("what to run is not told: %s", errs)
	}
	production := []string{"doctor", "--demo=false", "--oidc-issuer=http://127.0.0.1:1", "--oidc-audience=hub", "--keys=" + path, "--data=" + dir,
		"--endpoints=" + write(t, "ends.yaml", "PS: {url: 'https://ps.example.org/v1', token: x}\n"), "--roster=" + write(t, "roster.yaml", roster)}
	if _, out, _ := run(production...); !strings.Contains(out, "✓ 密钥 keys") || !strings.Contains(out, "vetgraph keygen "+path) {
		t.Errorf("production does not say what to run: %s", out)
	}
	status, out, errs := run("keygen", path)
	whole, err := vault.LoadFile(path)
	if status != 0 || err != nil || !whole.Complete() || !bytes.Equal(whole.Index, old.Index) || !strings.Contains(out, "签章密钥") {
		t.Errorf("keygen: %s%s %v", out, errs, err)
	}
	if status, _, errs := run("keygen", path); status == 0 || !strings.Contains(errs, "never overwritten") {
		t.Errorf("twice: %s", errs)
	}
	if _, out, _ := run(production...); strings.Contains(out, "keygen") {
		t.Errorf("complete keys are complained of: %s", out)
	}
	data := t.TempDir()
	if err := vault.SaveFile(filepath.Join(data, "keys.json"), old); err != nil {
		t.Fatal(err)
	}
	k := open(t, storetest.SQLite(t), noon, func(c *server.Config) { c.Data = data })
	completed, err := vault.LoadFile(filepath.Join(data, "keys.json"))
	if err != nil || !completed.Complete() || k.hub.Cases.Signer == nil {
		t.Errorf("the demonstration has no seal: %v", err)
	}
	if _, out, errs := run("keys", "public", "--data="+data); !strings.Contains(out, k.hub.Cases.Signer.Key().ID) {
		t.Errorf("it seals with a key that it has not kept: %s%s", out, errs)
	}
}
