package vault_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/vault"
)

// What one suite sealed opens beside what another did, in its place only, and by the
// suite that its key says and no other.
func TestSuitesSideBySide(t *testing.T) {
	keys := vault.GenerateFor(vault.SM4GCM)
	if keys.Digest != vault.SM3 || len(keys.Sealing[0].Key) != 16 || keys.Suite() != vault.SM4GCM {
		t.Errorf("fresh keys: %v, %s", keys, keys.Digest)
	}
	old := open(t, keys)
	both, err := keys.Rotate(vault.AES256GCM, time.Now())
	if err != nil || both.Suite() != vault.AES256GCM || len(both.Sealing[1].Key) != 32 {
		t.Fatalf("%v %v", both, err)
	}
	again, err := both.Rotate("", time.Now())
	if err != nil || again.Suite() != vault.AES256GCM {
		t.Errorf("without a suite another was taken: %v, %v", again, err)
	}
	now := open(t, both)
	rapid.Check(t, func(t *rapid.T) {
		plain, bind := rapid.SliceOf(rapid.Byte()).Draw(t, "plain"), rapid.String().Draw(t, "bind")
		for _, v := range []*vault.Vault{old, now} {
			sealed := v.Seal(plain, bind)
			if got, err := now.Open(sealed, bind); err != nil || !bytes.Equal(got, plain) || len(sealed) != len(plain)+vault.Overhead {
				t.Fatalf("%x, %v", got, err)
			}
			at := rapid.IntRange(1, len(sealed)-1).Draw(t, "changed")
			sealed[at] ^= 1
			if _, err := now.Open(sealed, bind); !errors.Is(err, vault.ErrForged) {
				t.Fatalf("changed at %d: %v", at, err)
			}
		}
		if !bytes.Equal(old.Index(bind, "x"), now.Index(bind, "x")) || !now.Verify("x", plain, old.Sign("x", plain)) {
			t.Fatal("rotating changed the index or the signatures")
		}
	})
	sha := keys
	sha.Digest = ""
	if bytes.Equal(open(t, sha).Index("a", "b"), old.Index("a", "b")) {
		t.Error("both digests index alike")
	}
}

func TestSuitesRefused(t *testing.T) {
	for name, spoil := range map[string]func(*vault.Keys){
		"no suite of ours":       func(k *vault.Keys) { k.Sealing[0].Suite = "SM1" },
		"a key of another suite": func(k *vault.Keys) { k.Sealing[0].Suite = vault.SM4GCM },
		"no digest of ours":      func(k *vault.Keys) { k.Digest = "MD5" },
	} {
		keys := vault.Generate()
		spoil(&keys)
		if _, err := vault.New(keys); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	for name, want := range map[string]vault.Suite{"aes": vault.AES256GCM, "sm4": vault.SM4GCM, "": ""} {
		if got, err := vault.SuiteNamed(name); err != nil || got != want {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	if _, err := vault.SuiteNamed("des"); err == nil {
		t.Error("des is taken")
	}
}

// A key is retired when another is current, and not before everybody has had the
// time to notice; its ID is not given again.
func TestRetire(t *testing.T) {
	at := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	keys, err := vault.Generate().Rotate("", at)
	if err != nil {
		t.Fatal(err)
	}
	late := at.Add(vault.Adoption)
	for name, f := range map[string]func() (vault.Keys, error){
		"too early":   func() (vault.Keys, error) { return keys.Retire(1, late.Add(-time.Second)) },
		"the current": func() (vault.Keys, error) { return keys.Retire(2, late) },
		"nobody":      func() (vault.Keys, error) { return keys.Retire(3, late) },
		"use nobody":  func() (vault.Keys, error) { return keys.Use(3, late) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: done", name)
		}
	}
	left, err := keys.Retire(1, late)
	if err != nil || len(left.Sealing) != 1 || len(keys.Sealing) != 2 {
		t.Fatalf("%v %v", left, err)
	}
	standby, id, err := left.Standby("")
	if err != nil || id != 3 || standby.Current != 2 {
		t.Fatalf("%v %d %v", standby, id, err)
	}
	used, err := standby.Use(3, late)
	if err != nil || used.Current != 3 {
		t.Fatal(err)
	}
	if used, err = used.Use(2, late); err != nil { // back, and the newest goes
		t.Fatal(err)
	}
	if used, err = used.Retire(3, late.Add(vault.Adoption)); err != nil {
		t.Fatal(err)
	}
	if _, id, err := used.Standby(""); err != nil || id != 4 {
		t.Errorf("an ID is given twice: %d, %v", id, err)
	}
}

// A vault goes on with rotated keys while others use it, and not with keys of
// another installation.
func TestAdopt(t *testing.T) {
	keys := vault.Generate()
	v := open(t, keys)
	stop, ended := make(chan struct{}), make(chan error, 4)
	for range cap(ended) {
		go func() {
			for {
				select {
				case <-stop:
					ended <- nil
					return
				default:
				}
				if got, err := v.Open(v.Seal([]byte("kept"), "row"), "row"); err != nil || string(got) != "kept" {
					ended <- err
					return
				}
			}
		}()
	}
	for range 100 {
		var err error
		if keys, err = keys.Rotate(map[bool]vault.Suite{true: vault.SM4GCM, false: vault.AES256GCM}[keys.Suite() == vault.AES256GCM], time.Now()); err != nil {
			t.Fatal(err)
		}
		if err := v.Adopt(keys); err != nil || v.Current() != keys.Current {
			t.Fatal(err)
		}
	}
	close(stop)
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
	if err := v.Adopt(vault.Generate()); !errors.Is(err, vault.ErrOtherKeys) || v.Current() != keys.Current || len(v.Holds()) != 101 {
		t.Errorf("another installation's: %v", err)
	}
}
