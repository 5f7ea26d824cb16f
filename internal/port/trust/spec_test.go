package trust_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/port/trust"
	"github.com/vetgraph/vetgraph/internal/port/trust/trusttest"
)

func TestParse(t *testing.T) {
	file := filepath.Join("conf", "ps.yaml")
	got, err := trust.Parse(file, []byte(`
kind: sm2
key: hub-2026
secret: {file: keys/hub.pem}
tls: {ca: ca.pem, certificate: hub.crt, key: hub.key, name: ps.example.org}
`))
	want := trust.Spec{
		Kind: "sm2", Key: "hub-2026", Secret: trust.Secret{File: filepath.Join("conf", "keys", "hub.pem")},
		TLS: trust.TLS{CA: trust.PEM(filepath.Join("conf", "ca.pem")), Certificate: trust.PEM(filepath.Join("conf", "hub.crt")),
			Key: trust.PEM(filepath.Join("conf", "hub.key")), Name: "ps.example.org"},
	}
	if err != nil || got != want {
		t.Errorf("%#v %v", got, err)
	}
	got, err = trust.Parse(file, []byte(`
kind: oauth
secret: {env: PS_SECRET}
oauth: {tokenUrl: "https://ps.example.org/token", client: hub, scope: a b, method: private_key_jwt}
`))
	want = trust.Spec{Kind: "oauth", Secret: trust.Secret{Env: "PS_SECRET"},
		OAuth: trust.OAuth{TokenURL: "https://ps.example.org/token", Client: "hub", Scope: "a b", Method: "private_key_jwt"}}
	if err != nil || got != want {
		t.Errorf("%#v %v", got, err)
	}
	inline := "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
	body := must(yaml.Marshal(map[string]any{"kind": "none", "tls": map[string]string{"ca": inline}}))
	if got, err = trust.Parse(file, body); err != nil || got.TLS.CA != trust.PEM(inline) {
		t.Errorf("%#v %v", got, err)
	}
}

// TestEveryMistakeAtOnce: each line of a file is one mistake, or the file as a whole is.
func TestEveryMistakeAtOnce(t *testing.T) {
	for text, want := range map[string][]string{
		"kind: magic\ntoken: x\n":            {"1:7: a kind is none, bearer, hmac, sm2 or oauth", "2:1: unknown key"},
		"key: k\n":                           {"missing here: kind"},
		"kind: hmac\n":                       {"kind hmac wants key", "kind hmac wants secret"},
		"kind: none\nkey: k\nauthority: a.b": {"kind none has no key", "kind none has no authority"},
		"kind: bearer\nsecret: {file: a, env: B}\noauth: {tokenUrl: 'http://x/t', client: c}\n":         {"either file or env", "kind bearer has no oauth"},
		"kind: hmac\nkey: 'a b'\nsecret: {env: 'not a name', text: x}\nsalt: 1\n":                       {"2:6: up to 100", "unknown key \"text\"", "the name of an environment", "unknown key \"salt\""},
		"kind: oauth\nsecret: {env: A}\noauth: {tokenUrl: nowhere, client: c, method: magic}\n":         {"an absolute http(s) address", "a method is client_secret_basic"},
		"kind: oauth\npublic: a.pem\noauth: {tokenUrl: 'https://x/t', client: c}\n":                     {"has no public", "wants secret"},
		"kind: oauth\nsecret: {env: A}\noauth: {tokenUrl: 'http://x/t', client: c}\ntls: {ca: a.pem}\n": {"the address is not https"},
		"kind: bearer\nsecret: {env: A}\npublic: a.pem\ntls: {certificate: a.pem}\n":                    {"kind bearer has no public", "4:6: certificate and key go together"},
		"kind: none\ntls: {verify: false}\n":                                                            {"unknown key \"verify\""},
	} {
		_, err := trust.Parse("ps.yaml", []byte(text))
		all, ok := errors.AsType[*catalog.Problems](err)
		if !ok || len(*all) != len(want) {
			t.Errorf("%q:\n%v\nwant %q", text, err, want)
			continue
		}
		for _, w := range want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%q:\n%v\nwant %q", text, err, w)
			}
		}
	}
}

// TestAsPartOfAFile: another room's file holds specs among other things.
func TestAsPartOfAFile(t *testing.T) {
	var file struct {
		At    string                 `yaml:"at"`
		Trust trust.Spec             `yaml:"trust,omitempty"`
		None  trust.Spec             `yaml:"none,omitempty"`
		Ports map[string]*trust.Spec `yaml:"ports,omitempty"`
	}
	s := catalog.ReadStrict("ends.yaml", []byte("at: x\ntrust: {kind: hmac, key: k}\nports: {a: {kind: bearer, secret: {file: t}}}\n"), &file)
	file.Trust.Check(s, "conf")
	file.Ports["a"].Check(s, "conf")
	file.None.Check(s, "conf")
	if err := s.Err(); err == nil || err.Error() != "ends.yaml:2:8: kind hmac wants secret" {
		t.Error(err)
	}
	if got := file.Ports["a"].Secret.File; got != filepath.Join("conf", "t") {
		t.Error(got)
	}
}

func TestWhatCannotBeUsedIsToldAtOnce(t *testing.T) {
	dir, c := t.TempDir(), newClock()
	bad := filepath.Join(dir, "bad.pem")
	if err := os.WriteFile(bad, []byte("do-not-print-this"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TRUST_TEST_EMPTY", " \n")
	t.Setenv("TRUST_TEST_SHORT", "do-not-print-this")
	tls := trust.TLS{CA: trust.PEM(bad), Certificate: trust.PEM(bad), Key: trust.PEM(filepath.Join(dir, "gone.key"))}
	oauth := trust.OAuth{TokenURL: "https://x.example.org/t", Client: "hub", Method: "private_key_jwt"}
	for name, x := range map[string]struct {
		spec trust.Spec
		want []string
	}{
		"bearer":        {trust.Spec{Kind: trust.Bearer, Secret: trust.Secret{File: "gone"}, TLS: tls}, []string{"gone", "gone.key", "no certificate in " + bad}},
		"blanks":        {trust.Spec{Kind: trust.Bearer, Secret: trust.Text("do-not print-this")}, []string{"visible ASCII"}},
		"hmac":          {trust.Spec{Kind: trust.HMAC, Key: "k", Secret: trust.Secret{Env: "TRUST_TEST_SHORT"}}, []string{"fewer than 32 bytes"}},
		"empty":         {trust.Spec{Kind: trust.HMAC, Key: "k", Secret: trust.Secret{Env: "TRUST_TEST_EMPTY"}}, []string{"environment TRUST_TEST_EMPTY holds nothing"}},
		"nothing":       {trust.Spec{Kind: trust.HMAC, Key: "k"}, []string{"there is no secret"}},
		"sm2":           {trust.Spec{Kind: trust.SM2, Key: "k", Secret: trust.Secret{File: bad}}, []string{"no SM2 key in PEM"}},
		"another curve": {trust.Spec{Kind: trust.SM2, Key: "k", Secret: trust.Text(must(trusttest.EC()).Private)}, []string{"no SM2 key in PEM"}},
		"public":        {trust.Spec{Kind: trust.SM2, Key: "k", Public: trust.PEM(must(trusttest.SM2()).Public)}, []string{"who signs needs the private key"}},
		"oauth":         {trust.Spec{Kind: trust.Grant, Secret: trust.Secret{File: bad}, OAuth: oauth}, []string{"wants an RSA, P-256 or Ed25519 key"}},
		"kind":          {trust.Spec{Kind: "magic"}, []string{`no kind "magic"`}},
	} {
		_, err := trust.Client(x.spec, c.now)
		for _, w := range x.want {
			if err == nil || !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v, want %s", name, err, w)
			}
		}
		if err != nil && strings.Contains(err.Error(), "print-this") {
			t.Errorf("%s: the error tells the secret: %v", name, err)
		}
	}
	if _, err := trust.Server(c.now); err == nil {
		t.Error("a server that asks for nothing at all")
	}
	if _, err := trust.Server(c.now, trust.Spec{Kind: "magic"}, trust.Spec{Kind: trust.HMAC}); err == nil || strings.Count(err.Error(), "\n") != 1 {
		t.Error(err)
	}
	if _, err := trust.ServerTLS(trust.Spec{}, c.now); err == nil || !strings.Contains(err.Error(), "no file is named") {
		t.Error(err)
	}
	if _, err := trust.ServerTLS(trust.Spec{TLS: tls}, c.now); err == nil || strings.Count(err.Error(), "\n") < 1 {
		t.Error(err)
	}
}

// TestSecretsAreNotPrinted by whatever verb or encoding, also deep in a struct of
// somebody else, where fmt calls no method.
func TestSecretsAreNotPrinted(t *testing.T) {
	pair := must(newCA(t).Client(start, start.Add(day), "hub"))
	s := trust.Spec{
		Kind: trust.HMAC, Key: "hub-2026", Secret: trust.Text("do-not-print-this"),
		TLS: trust.TLS{Certificate: trust.PEM(pair.Public), Key: trust.PEM(pair.Private)},
	}
	type deep struct{ secret trust.Secret }
	var said []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, v := range []any{s, &s, s.Secret, &s.Secret, s.TLS, []trust.Spec{s}, map[string]trust.Spec{"a": s}, deep{s.Secret}} {
			said = append(said, fmt.Sprintf(verb, v))
		}
		said = append(said, fmt.Sprintf(verb, s.TLS.Key))
	}
	said = append(said, string(must(json.Marshal(s))), string(must(json.Marshal(map[string]any{"a": &s}))), string(must(yaml.Marshal(s))))
	for _, text := range said {
		for _, secret := range []string{"do-not-print-this", fmt.Sprintf("%x", "do-not-print-this"), "PRIVATE KEY", pair.Private[40:80]} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(secret)) {
				t.Errorf("a secret is in %s", text)
			}
		}
	}
	want := `{"kind":"hmac","key":"hub-2026","secret":"hidden","tls":{"certificate":"hidden","key":"hidden"}}`
	if got := string(must(json.Marshal(s))); got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if s.String() != "hmac hub-2026 tls" {
		t.Error(s.String())
	}
}
