package vault_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/vault"
)

func secretsOf(k vault.Keys) [][]byte {
	all := [][]byte{k.Index, k.Signing, k.Calling, k.TokenKey}
	for _, s := range k.Sealing {
		all = append(all, s.Key)
	}
	for _, s := range k.Signers {
		all = append(all, s.Private)
	}
	return all
}

func read(t testing.TB, path string) []byte {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func write(t testing.TB, path string, text []byte) {
	t.Helper()
	if err := os.WriteFile(path, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// The keys file alone holds no key, and opens with its key-encryption key only.
func TestKeysAreWrapped(t *testing.T) {
	for _, suite := range []vault.Suite{vault.AES256GCM, vault.SM4GCM} {
		dir := t.TempDir()
		service, err := vault.OpenService("file:"+filepath.Join(dir, "elsewhere"), suite)
		if err != nil {
			t.Fatal(err)
		}
		f, keys := vault.File{Path: filepath.Join(dir, "keys.json"), Service: service}, vault.GenerateFor(suite)
		if err := f.Save(t.Context(), keys); err != nil {
			t.Fatal(err)
		}
		text := read(t, f.Path)
		for _, key := range secretsOf(keys) {
			if strings.Contains(string(text), base64.StdEncoding.EncodeToString(key)) {
				t.Fatal("a key stands in the file as it is")
			}
		}
		if !bytes.Contains(read(t, filepath.Join(dir, "elsewhere")), []byte(suite)) {
			t.Error("the key-encryption key is of another suite")
		}
		back, err := f.Load(t.Context())
		if err != nil || !reflect.DeepEqual(back, keys) {
			t.Errorf("other keys came back: %v", err)
		}
		if was, err := f.Wrapped(t.Context()); err != nil || !was {
			t.Errorf("wrapped: %v, %v", was, err)
		}
		others := filepath.Join(t.TempDir(), "others")
		for name, other := range map[string]string{"no key-encryption key": others, "another's": filepath.Join(filepath.Dir(others), "made")} {
			g := vault.File{Path: f.Path, Service: &vault.FileService{Path: other}}
			if name == "another's" {
				if _, err := g.Service.Current(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if _, err := g.Load(t.Context()); !errors.Is(err, vault.ErrUnknownKey) || errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %v", name, err)
			}
			if err := g.Save(t.Context(), vault.Generate()); err == nil {
				t.Errorf("%s: replaced", name)
			}
		}
		if _, err := os.Stat(others); !errors.Is(err, os.ErrNotExist) {
			t.Error("a key-encryption key was made for keys that another had wrapped")
		}
	}
}

// Wherever somebody changes the file, or puts one key in the place of another, it
// does not open.
func TestWrappedKeysAreNotExchanged(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	keys, err := vault.GenerateFor(vault.AES256GCM).Rotate(vault.SM4GCM, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if keys, err = keys.Rotate(vault.SM4GCM, time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := vault.SaveFile(path, keys); err != nil {
		t.Fatal(err)
	}
	text := read(t, path)
	for name, spoil := range map[string]func(map[string]any){
		"index and signing":  func(f map[string]any) { f["index"], f["signing"] = f["signing"], f["index"] },
		"calling and token":  func(f map[string]any) { f["calling"], f["token"] = f["token"], f["calling"] },
		"another digest":     func(f map[string]any) { f["digest"] = "HMAC-SM3" },
		"another version":    func(f map[string]any) { f["version"] = 3 },
		"two sealing keys":   func(f map[string]any) { sealing(f, 1)["id"], sealing(f, 2)["id"] = 3, 2 },
		"another suite":      func(f map[string]any) { sealing(f, 1)["suite"] = "AES-256-GCM" },
		"another's wrapping": func(f map[string]any) { sealing(f, 1)["wrapped"] = sealing(f, 2)["wrapped"] },
		"one bit": func(f map[string]any) {
			raw, _ := base64.StdEncoding.DecodeString(fmt.Sprint(sealing(f, 1)["wrapped"]))
			raw[len(raw)/2] ^= 1
			sealing(f, 1)["wrapped"] = base64.StdEncoding.EncodeToString(raw)
		},
		"cut": func(f map[string]any) { sealing(f, 0)["wrapped"] = "AAAA" },
	} {
		var f map[string]any
		if err := json.Unmarshal(text, &f); err != nil {
			t.Fatal(err)
		}
		spoil(f)
		changed, err := json.Marshal(f)
		if err != nil {
			t.Fatal(err)
		}
		write(t, path, changed)
		if _, err := vault.LoadFile(path); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

func sealing(f map[string]any, i int) map[string]any {
	return f["sealing"].([]any)[i].(map[string]any)
}

// A file of before, with keys as they are, opens; it is wrapped when it is next
// written, and no key is lost.
func TestPlainKeysFileIsUpgraded(t *testing.T) {
	f, keys := vault.FileAt(filepath.Join(t.TempDir(), "keys.json")), vault.Generate()
	text, err := json.Marshal(keys)
	if err != nil {
		t.Fatal(err)
	}
	write(t, f.Path, text)
	if back, err := f.Load(t.Context()); err != nil || !reflect.DeepEqual(back, keys) {
		t.Fatalf("before: %v", err)
	}
	if was, err := f.Wrapped(t.Context()); err != nil || was {
		t.Errorf("before: wrapped %v, %v", was, err)
	}
	if left, err := os.ReadDir(filepath.Dir(f.Path)); err != nil || len(left) != 1 {
		t.Errorf("reading wrote something: %v", left)
	}
	if err := f.Rewrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if back, err := f.Load(t.Context()); err != nil || !reflect.DeepEqual(back, keys) {
		t.Errorf("after: %v", err)
	}
	if was, err := f.Wrapped(t.Context()); err != nil || !was || bytes.Contains(read(t, f.Path), []byte(base64.StdEncoding.EncodeToString(keys.Index))) {
		t.Errorf("after: wrapped %v, %v", was, err)
	}
}

// The key-encryption key is replaced without touching what the keys sealed; then the
// file of before does not open any more.
func TestRewrap(t *testing.T) {
	f, keys := vault.FileAt(filepath.Join(t.TempDir(), "keys.json")), vault.Generate()
	if err := f.Save(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	before, kek := read(t, f.Path), read(t, strings.TrimSuffix(f.Path, "json")+"kek")
	if err := f.Rewrap(t.Context()); err != nil {
		t.Fatal(err)
	}
	if back, err := f.Load(t.Context()); err != nil || !reflect.DeepEqual(back, keys) {
		t.Errorf("after: %v", err)
	}
	after := read(t, f.Path)
	write(t, f.Path, before)
	if _, err := f.Load(t.Context()); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("the file of before: %v", err)
	}
	write(t, f.Path, after)
	write(t, strings.TrimSuffix(f.Path, "json")+"kek", kek)
	if _, err := f.Load(t.Context()); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("the key-encryption key of before: %v", err)
	}
}

// Many who change the keys at once lose nothing of each other.
func TestChangeOneByOne(t *testing.T) {
	f := vault.FileAt(filepath.Join(t.TempDir(), "keys.json"))
	if err := f.Save(t.Context(), vault.Generate()); err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			if _, err := f.Change(t.Context(), func(k vault.Keys) (vault.Keys, error) { return k.Rotate("", time.Now()) }); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	keys, err := f.Load(t.Context())
	if err != nil || len(keys.Sealing) != 9 || keys.Current != 9 {
		t.Errorf("%v, %v", keys, err)
	}
	if _, err := f.Retire(t.Context(), 4, time.Now().Add(vault.Adoption)); err != nil {
		t.Error(err)
	}
	if keys, err := f.Load(t.Context()); err != nil || len(keys.Sealing) != 8 {
		t.Errorf("retired: %v, %v", keys, err)
	}
	if err := f.Save(t.Context(), keys); err != nil { // with one that is retired: it does no harm
		t.Error(err)
	}
}

// A vault that follows its file meets data sealed with a key that only another has
// got so far, looks, and opens it; and seals with that key from then on.
func TestFollow(t *testing.T) {
	f, keys := vault.FileAt(filepath.Join(t.TempDir(), "keys.json")), vault.Generate()
	if err := f.Save(t.Context(), keys); err != nil {
		t.Fatal(err)
	}
	v, w := open(t, keys), open(t, keys)
	v.Follow(f)
	w.Follow(f)
	if rotated, err := v.Refresh(t.Context()); err != nil || rotated {
		t.Errorf("the first look: %v, %v", rotated, err)
	}
	if _, err := f.Change(t.Context(), func(k vault.Keys) (vault.Keys, error) { return k.Rotate(vault.SM4GCM, time.Now()) }); err != nil {
		t.Fatal(err)
	}
	if rotated, err := v.Refresh(t.Context()); err != nil || !rotated || v.Current() != 2 {
		t.Errorf("after the rotation: %v, %v", rotated, err)
	}
	if got, err := w.Open(v.Seal([]byte("kept"), "row"), "row"); err != nil || string(got) != "kept" || w.Current() != 2 {
		t.Errorf("the other: %q, %v", got, err)
	}
	forged := v.Seal([]byte("kept"), "row")
	forged[0] = 77
	for range 3 {
		if _, err := w.Open(forged, "row"); !errors.Is(err, vault.ErrUnknownKey) {
			t.Errorf("a key that nobody has: %v", err)
		}
	}
	write(t, f.Path, []byte("{"))
	if _, err := v.Refresh(t.Context()); err == nil || v.Current() != 2 {
		t.Errorf("half a file: %v", err)
	}
}

func TestServiceRefused(t *testing.T) {
	for _, address := range []string{"", "file", "file:", "pkcs11:slot=1"} {
		if _, err := vault.OpenService(address, ""); err == nil {
			t.Errorf("%q: taken", address)
		}
	}
	dir := t.TempDir()
	s := &vault.FileService{Path: filepath.Join(dir, "kek")}
	id, err := s.Current(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	wrapped, err := s.Wrap(t.Context(), id, []byte("a key"), "here")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Unwrap(t.Context(), id, wrapped, "there"); !errors.Is(err, vault.ErrForged) {
		t.Errorf("unwrapped for another place: %v", err)
	}
	if _, err := s.Unwrap(t.Context(), "kek-0", wrapped, "here"); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("unwrapped by another key: %v", err)
	}
	if info, err := os.Stat(s.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Error("others may read it")
	}
	for name, text := range map[string]string{"nothing": "{}", "a short key": `{"current":"a","keys":[{"id":"a","suite":"SM4-GCM","key":"AAAA"}]}`, "no suite": `{"current":"a","keys":[{"id":"a","suite":"DES","key":"AAAA"}]}`} {
		write(t, s.Path, []byte(text))
		if _, err := s.Current(t.Context()); err == nil || strings.Contains(err.Error(), "AAAA") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
