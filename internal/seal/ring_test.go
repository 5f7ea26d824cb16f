package seal_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/seal"
)

func TestRing(t *testing.T) {
	ring := seal.NewRing(signer(t, seal.Ed25519, 7).Key(), signer(t, seal.SM2, 7).Key(), signer(t, seal.SM2, 8).Key())
	body, err := ring.JSON()
	if err != nil {
		t.Fatal(err)
	}
	back, err := seal.ParseRing(body)
	if err != nil || len(back) != 3 {
		t.Fatalf("%v %v", back, err)
	}
	if again, err := back.JSON(); err != nil || !bytes.Equal(again, body) {
		t.Errorf("%s, %v", again, err)
	}
	for i := range 8 * len(body) { // a changed ring gives other keys, or none; never the same by another name
		b := bytes.Clone(body)
		b[i/8] ^= 1 << (i % 8)
		if got, err := seal.ParseRing(b); err == nil {
			if again, err := got.JSON(); err != nil || !bytes.Equal(again, body) {
				t.Fatalf("bit %d of byte %d: %s", i%8, i/8, b)
			}
		}
	}
	id := signer(t, seal.SM2, 8).Key().ID
	for name, c := range map[string]struct{ body, want string }{
		"another ID":      {strings.Replace(string(body), id, "0000000000000000", 1), id},
		"another suite":   {strings.Replace(string(body), `"ED25519"`, `"SM2"`, 1), "not a public key"},
		"no such suite":   {strings.ReplaceAll(string(body), `"ED25519"`, `"RSA"`), `suite "RSA"`},
		"an unknown name": {strings.Replace(string(body), `"keyId"`, `"kid"`, 1), "kid"},
		"two in one":      {string(body) + string(body), "follows"},
		"no keys":         {`{"keys": []}`, "no public keys"},
		"nothing":         {"", "no file"},
	} {
		if _, err := seal.ParseRing([]byte(c.body)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := seal.ParseRing([]byte(strings.NewReplacer(id, "x", signer(t, seal.SM2, 7).Key().ID, "y").Replace(string(body)))); err == nil || strings.Count(err.Error(), "has the ID") != 2 {
		t.Errorf("not all that is wrong is told: %v", err)
	}
}

func TestPages(t *testing.T) {
	s := signer(t, seal.SM2, 7)
	ring := seal.NewRing(s.Key())
	page, err := s.SealPage([]byte("<!doctype html>"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.SealPage(page); err == nil {
		t.Error("sealed twice")
	}
	for name, forged := range map[string]string{
		"nothing": "", "unsealed": "<!doctype html>", "something behind": string(page) + "<p>", "no line at its end": strings.TrimSuffix(string(page), "\n"),
		"CRLF": strings.ReplaceAll(string(page), "\n", "\r\n"), "a word more": strings.Replace(string(page), "html", "html x", 1),
	} {
		if _, err := ring.OpenPage([]byte(forged)); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}
