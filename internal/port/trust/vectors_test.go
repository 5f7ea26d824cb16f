package trust

import (
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
)

// rfcKey is test-shared-secret of RFC 9421 appendix B.1.5.
const rfcKey = "uzvJfB4u3N0Jy4T7NZ75MDVcr8zSTInedJtkgcu46YW4XByzNJjxBdtjUkdJPBtbmHhIDi6pcl8jsasjlTMtDQ=="

// TestHMACOfTheRFC is RFC 9421 appendix B.2.5.
func TestHMACOfTheRFC(t *testing.T) {
	h := http.Header{
		"Date":         {"Tue, 20 Apr 2021 02:07:55 GMT"},
		"Content-Type": {"application/json"},
		headerInput:    {`sig-b25=("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`},
		headerSignature: {
			"sig-b25=:pxcQw6G3AjtMBQjwo8XzkZf/bws5LelbaMk5rGIGtE8=:",
		},
	}
	all, err := signatures(h)
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	base, err := all[0].base(newMessage("POST", "https", "Example.com:443", "/foo?param=Value&Pet=dog", h))
	if err != nil {
		t.Fatal(err)
	}
	want := `"date": Tue, 20 Apr 2021 02:07:55 GMT
"@authority": example.com
"content-type": application/json
"@signature-params": ("date" "@authority" "content-type");created=1618884473;keyid="test-shared-secret"`
	if base != want {
		t.Errorf("the base is\n%s", base)
	}
	secret, err := base64.StdEncoding.DecodeString(rfcKey)
	if err != nil {
		t.Fatal(err)
	}
	if k := hmacKeys(secret); !k.verify([]byte(base), all[0].bytes) || k.verify([]byte(base+" "), all[0].bytes) {
		t.Error("the signature of the RFC is not good, or another base has it too")
	}
}

// TestComponentsOfTheRFC are the examples of RFC 9421 sections 2.1 and 2.2.
func TestComponentsOfTheRFC(t *testing.T) {
	h := http.Header{
		"X-Ows-Header":  {"  Leading and trailing whitespace.    "},
		"Cache-Control": {"max-age=60", "   must-revalidate"},
		"Empty-Header":  {""},
	}
	for _, c := range []struct{ scheme, authority, target, name, want string }{
		{"https", "www.example.com", "/path?param=value", "@method", "POST"},
		{"https", "www.example.com", "/path?param=value", "@authority", "www.example.com"},
		{"https", "www.example.com", "/path?param=value", "@target-uri", "https://www.example.com/path?param=value"},
		{"http", "www.example.com:80", "/path", "@authority", "www.example.com"},
		{"https", "www.example.com:80", "/path", "@authority", "www.example.com:80"},
		{"https", "www.example.com", "/path?param=value", "@request-target", "/path?param=value"},
		{"https", "www.example.com", "/path?param=value", "@path", "/path"},
		{"https", "www.example.com", "", "@path", "/"},
		{"https", "www.example.com", "/path?param=value&foo=bar&baz=bat%2Dman", "@query", "?param=value&foo=bar&baz=bat%2Dman"},
		{"https", "www.example.com", "/path?queryString", "@query", "?queryString"},
		{"https", "www.example.com", "/path", "@query", "?"},
		{"https", "www.example.com", "/path?", "@query", "?"},
		{"https", "www.example.com", "/", "x-ows-header", "Leading and trailing whitespace."},
		{"https", "www.example.com", "/", "cache-control", "max-age=60, must-revalidate"},
		{"https", "www.example.com", "/", "empty-header", ""},
	} {
		got, err := newMessage("POST", c.scheme, c.authority, c.target, h).component(c.name)
		if err != nil || got != c.want {
			t.Errorf("%s of %s: %q, %v; want %q", c.name, c.target, got, err, c.want)
		}
	}
	if _, err := newMessage("GET", "https", "h", "/", h).component("date"); err == nil {
		t.Error("a header that is not there has a value")
	}
	h.Set("Date", "one\ntwo")
	if _, err := newMessage("GET", "https", "h", "/", h).component("date"); err == nil {
		t.Error("a value of two lines was taken")
	}
}

// TestDigestOfTheRFC is RFC 9530 appendix B, and GB/T 32905 appendix A for SM3.
func TestDigestOfTheRFC(t *testing.T) {
	for _, c := range []struct{ kind, body, want string }{
		{HMAC, `{"hello": "world"}` + "\n", "sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:"},
		{HMAC, "", "sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:"},
		{SM2, "abc", "sm3=:" + sm3OfABC(t) + ":"},
	} {
		s := suites[c.kind]
		got, err := s.contentDigest([]byte(c.body))
		if err != nil || got != c.want {
			t.Errorf("%q: %s, %v; want %s", c.body, got, err, c.want)
		}
		h := http.Header{headerDigest: {got + ", other=:AAAA:"}}
		if !s.fits(h, []byte(c.body)) || s.fits(h, []byte(c.body+" ")) || s.fits(http.Header{headerDigest: {"other=:AAAA:"}}, nil) {
			t.Errorf("%q: another body fits, or this does not", c.body)
		}
	}
}

func sm3OfABC(t *testing.T) string {
	sum, err := hex.DecodeString("66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0")
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(sum)
}

// TestSM2OfTheStandard is the example of GB/T 32918.5 appendix A.2: the key, the
// default user ID and the message are its own.
func TestSM2OfTheStandard(t *testing.T) {
	d := unhex(t, "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
	signature := unhex(t, "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA")
	key, err := sm2.NewPrivateKey(d)
	if err != nil {
		t.Fatal(err)
	}
	if !verifySM2(&key.PublicKey, []byte("message digest"), signature) {
		t.Error("the signature of the standard is not good")
	}
	if verifySM2(&key.PublicKey, []byte("message digesT"), signature) || verifySM2(&key.PublicKey, []byte("message digest"), signature[:63]) {
		t.Error("what the standard did not sign is good")
	}
	ours, err := signSM2(key, []byte("message digest"))
	if err != nil || !verifySM2(&key.PublicKey, []byte("message digest"), ours) {
		t.Error("our own signature is not good", err)
	}
}

func unhex(t *testing.T, text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

var malformed = []struct{ name, input, signature string }{
	{"nothing", "", ""},
	{"no list", `a=1`, `a=:AAAA:`},
	{"no bytes", `a=("date")`, `a="x"`},
	{"another label", `a=("date")`, `b=:AAAA:`},
	{"one too many", `a=("date")`, `a=:AAAA:, b=:AAAA:`},
	{"many", `a=(), b=(), c=(), d=(), e=()`, `a=:AA==:, b=:AA==:, c=:AA==:, d=:AA==:, e=:AA==:`},
	{"twice", `a=("date" "date")`, `a=:AAAA:`},
	{"a part of another message", `a=("date";req)`, `a=:AAAA:`},
	{"capitals", `a=("Date")`, `a=:AAAA:`},
	{"a line end", "a=(\"da\nte\")", `a=:AAAA:`},
	{"no text", `a=(date)`, `a=:AAAA:`},
	{"time as text", `a=("date");created="1"`, `a=:AAAA:`},
	{"time before time", `a=("date");created=-1`, `a=:AAAA:`},
	{"key as number", `a=("date");keyid=1`, `a=:AAAA:`},
	{"an empty name", `a=("@")`, `a=:AAAA:`},
	{"long", `a=("date");keyid="` + strings.Repeat("x", maxHeader) + `"`, `a=:AAAA:`},
}

func TestMalformedSignatures(t *testing.T) {
	for _, c := range malformed {
		h := http.Header{headerInput: {c.input}, headerSignature: {c.signature}}
		if got, err := signatures(h); err == nil {
			t.Errorf("%s: %v was taken", c.name, got)
		}
	}
	if _, err := signatures(http.Header{}); err == nil {
		t.Error("no header was taken for one")
	}
}

// FuzzSignatures: no header can do harm, what is taken can be made into a base of as
// many lines as it has components, and is read again as the same.
func FuzzSignatures(f *testing.F) {
	f.Add(`vetgraph=("@method" "@authority" "@path" "@query" "date" "content-digest");created=1618884473;keyid="k";alg="hmac-sha256";nonce="n"`, `vetgraph=:AAAA:`)
	f.Add(`a=("date");created=1, b=();expires=2`, `b=:AA==:, a=::`)
	for _, c := range malformed {
		f.Add(c.input, c.signature)
	}
	f.Fuzz(func(t *testing.T, input, made string) {
		all, err := signatures(http.Header{headerInput: {input}, headerSignature: {made}})
		if err != nil || len(input) > maxHeader/2 || len(made) > maxHeader/2 { // written anew it has another label, and may be too long
			return
		}
		for _, s := range all {
			h := http.Header{}
			for _, c := range s.components {
				h.Set(c, "value")
			}
			base, err := s.base(message{"GET", "https", "h", "/p?q", h})
			if err == nil && strings.Count(base, "\n") != len(s.components) {
				t.Errorf("%q: the base is\n%s", input, base)
			}
			again := http.Header{}
			if err := s.put(again); err != nil {
				t.Fatal(err)
			}
			second, err := signatures(again)
			if err != nil || second[0].params != s.params || string(second[0].bytes) != string(s.bytes) {
				t.Errorf("%q was read as %q, then as %v, %v", input, s.params, second, err)
			}
		}
	})
}
