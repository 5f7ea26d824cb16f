package vault_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vetgraph/vetgraph/internal/vault"
)

func TestKeysFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	if _, err := vault.LoadFile(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("before: %v", err)
	}
	keys := vault.Generate()
	if err := vault.SaveFile(path, keys); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	back, err := vault.LoadFile(path)
	if err != nil || !reflect.DeepEqual(back, keys) {
		t.Errorf("other keys came back: %v", err)
	}
	next, err := keys.Rotate("", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := vault.SaveFile(path, next); err != nil {
		t.Errorf("rotated: %v", err)
	}
	for name, other := range map[string]vault.Keys{"new keys": vault.Generate(), "yesterday's keys": keys} {
		if err := vault.SaveFile(path, other); !errors.Is(err, vault.ErrKeysInUse) {
			t.Errorf("%s over those in use: %v", name, err)
		}
	}
	if back, err = vault.LoadFile(path); err != nil || !reflect.DeepEqual(back, next) {
		t.Errorf("after: %v", err)
	}
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 2 { // the keys, and what they are wrapped with
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestOneFirstKeysFileWins(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	var group sync.WaitGroup
	errs := make([]error, 8)
	for i := range errs {
		group.Go(func() { errs[i] = vault.SaveFile(path, vault.Generate()) })
	}
	group.Wait()
	won := 0
	for _, err := range errs {
		if err == nil {
			won++
		} else if !errors.Is(err, vault.ErrKeysInUse) {
			t.Error(err)
		}
	}
	if won != 1 {
		t.Errorf("%d think their keys are saved", won)
	}
}

func TestLoadFileRefuses(t *testing.T) {
	good := filepath.Join(t.TempDir(), "keys.json")
	if err := vault.SaveFile(good, vault.Generate()); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, text string
		mode       os.FileMode
	}{
		{"all may read it", string(text), 0o644},
		{"the group may change it", string(text), 0o660},
		{"an unknown key", strings.Replace(string(text), `"index"`, `"indx"`, 1), 0o600},
		{"half a file", string(text[:len(text)/2]), 0o600},
		{"two files in one", string(text) + string(text), 0o600},
		{"a stray bracket behind", string(text) + "]", 0o600},
		{"an empty file", "", 0o600},
		{"no keys", "{}", 0o600},
	} {
		path := filepath.Join(t.TempDir(), "keys.json")
		if err := os.WriteFile(path, []byte(c.text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, c.mode); err != nil {
			t.Fatal(err)
		}
		if _, err := vault.LoadFile(path); err == nil {
			t.Errorf("%s: taken", c.name)
		}
		if err := vault.SaveFile(path, vault.Generate()); err == nil {
			t.Errorf("%s: replaced, though nobody knows what it opens", c.name)
		}
	}
}

func TestKeysAreNotPrinted(t *testing.T) {
	keys := vault.Generate()
	shown := fmt.Sprintf("%v %+v %#v %s %x %d %v", keys, keys, keys, keys, keys, &keys, keys.Sealing) + fmt.Sprintf("%v %+v %x", keys.Signers, keys.Signers, keys.Signers)
	for _, key := range [][]byte{keys.Index, keys.Sealing[0].Key, keys.TokenKey, keys.Signers[0].Private, keys.Signers[1].Private} {
		for _, form := range []string{hex.EncodeToString(key), fmt.Sprint(key), string(key), base64.StdEncoding.EncodeToString(key)} {
			if strings.Contains(shown, form) {
				t.Fatalf("printed: %s", shown)
			}
		}
	}
}

// A file that was made before there were seals opens, and is completed without
// losing what it holds; a signer that is in use is not replaced.
func TestKeysFileOfBeforeSeals(t *testing.T) {
	path := filepath.Join(t.TempDir(), "keys.json")
	old := vault.Generate()
	old.Signers = nil
	if err := vault.SaveFile(path, old); err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(path); err != nil || strings.Contains(string(text), "signers") {
		t.Fatalf("this is no file of before: %v", err)
	}
	back, err := vault.LoadFile(path)
	if err != nil || back.Complete() {
		t.Fatalf("%v %v", back, err)
	}
	whole := back.WithSigners()
	if err := vault.SaveFile(path, whole); err != nil || !whole.Complete() || len(whole.Signers) != 2 || len(back.Signers) != 0 {
		t.Errorf("completed: %v", err)
	}
	if again := whole.WithSigners(); !reflect.DeepEqual(again, whole) {
		t.Error("complete keys were completed")
	}
	for name, other := range map[string]vault.Keys{"none": old, "others": old.WithSigners()} {
		if err := vault.SaveFile(path, other); !errors.Is(err, vault.ErrKeysInUse) {
			t.Errorf("%s over signers in use: %v", name, err)
		}
	}
	newer := whole
	newer.Signers = append(newer.Signers, vault.SignerKey{Suite: "SM2", Private: old.Index})
	if key, ok := newer.Signer("SM2"); !ok || !reflect.DeepEqual(key, old.Index) {
		t.Error("the last of a suite does not seal")
	}
	if err := vault.SaveFile(path, newer); err != nil {
		t.Errorf("one more: %v", err)
	}
	for name, bad := range map[string]vault.SignerKey{"no suite": {Private: old.Index}, "a short key": {Suite: "SM2", Private: old.Index[:8]}} {
		keys := whole
		keys.Signers = []vault.SignerKey{bad}
		if _, err := vault.New(keys); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
