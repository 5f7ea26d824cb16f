package vault_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/vault"
)

func open(t testing.TB, keys vault.Keys) *vault.Vault {
	t.Helper()
	v, err := vault.New(keys)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSealedValuesOpenInTheirPlaceOnly(t *testing.T) {
	v := open(t, vault.Generate())
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		bind, other := rapid.String().Draw(t, "bind"), rapid.String().Draw(t, "other")
		sealed := v.Seal(plain, bind)
		if len(sealed) != len(plain)+vault.Overhead || bytes.Equal(sealed, v.Seal(plain, bind)) {
			t.Fatal("length, or two seals alike")
		}
		if got, err := v.Open(sealed, bind); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("got %x, %v", got, err)
		}
		if _, err := v.Open(sealed, other); bind != other && !errors.Is(err, vault.ErrForged) {
			t.Fatalf("opens in another place: %v", err)
		}
	})
}

func TestChangedValuesDoNotOpen(t *testing.T) {
	v := open(t, vault.Generate())
	sealed := v.Seal([]byte("230102"), "veteran/1")
	for i := range sealed {
		forged := bytes.Clone(sealed)
		forged[i] ^= 1
		want := vault.ErrForged
		if i == 0 {
			want = vault.ErrUnknownKey
		}
		if plain, err := v.Open(forged, "veteran/1"); !errors.Is(err, want) || plain != nil {
			t.Errorf("byte %d changed: %q, %v", i, plain, err)
		}
		if _, err := v.Open(sealed[:i], "veteran/1"); !errors.Is(err, vault.ErrForged) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if _, err := open(t, vault.Generate()).Open(sealed, "veteran/1"); !errors.Is(err, vault.ErrForged) {
		t.Errorf("another installation: %v", err)
	}
}

func TestOldKeysStillOpen(t *testing.T) {
	old := vault.Generate()
	sealed := open(t, old).Seal([]byte("kept"), "row")
	keys, err := old.Rotate("", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	v := open(t, keys)
	if plain, err := v.Open(sealed, "row"); err != nil || string(plain) != "kept" {
		t.Errorf("%q, %v", plain, err)
	}
	anew := v.Seal([]byte("kept"), "row")
	if !v.Stale(sealed) || v.Stale(anew) || v.Stale(nil) {
		t.Error("which is stale")
	}
	if _, err := open(t, old).Open(anew, "row"); !errors.Is(err, vault.ErrUnknownKey) {
		t.Errorf("a vault with yesterday's keys: %v", err)
	}
	if len(old.Sealing) != 1 || !bytes.Equal(v.Index("a", "b"), open(t, old).Index("a", "b")) {
		t.Error("rotating changed more than the sealing key")
	}
	for range 253 {
		if keys, err = keys.Rotate("", time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := keys.Rotate("", time.Now()); err == nil {
		t.Error("a key ID is given twice")
	}
}

func TestIndexAndSign(t *testing.T) {
	v := open(t, vault.Generate())
	rapid.Check(t, func(t *rapid.T) {
		a, p := rapid.String().Draw(t, "value"), rapid.String().Draw(t, "purpose")
		b, q := rapid.String().Draw(t, "other value"), rapid.String().Draw(t, "other purpose")
		if rapid.Bool().Draw(t, "cut elsewhere") && len(a) > 0 { // the same bytes in a row, cut in another place
			b, q = a[1:], p+a[:1]
		}
		same := a == b && p == q
		if bytes.Equal(v.Index(a, p), v.Index(b, q)) != same || len(v.Index(a, p)) != 32 {
			t.Fatal("index")
		}
		if v.Verify(q, []byte(b), v.Sign(p, []byte(a))) != same {
			t.Fatal("signature")
		}
		if v.Verify(p, []byte(a), v.Index(a, p)) || v.Verify(p, []byte(a), nil) || v.Verify(p, []byte(a), v.Sign(p, []byte(a))[:16]) {
			t.Fatal("no signature is taken for one")
		}
	})
}

func TestCallbackSecrets(t *testing.T) {
	keys := vault.Generate()
	ps, hrss := keys.Callback("PS"), keys.Callback("HRSS")
	if len(ps) != 32 || bytes.Equal(ps, hrss) || !bytes.Equal(ps, keys.Callback("PS")) || bytes.Equal(ps, vault.Generate().Callback("PS")) {
		t.Error("secrets of departments")
	}
	if next, err := keys.Rotate("", time.Now()); err != nil || !bytes.Equal(next.Callback("PS"), ps) {
		t.Errorf("rotating changed a department's secret: %v", err)
	}
	signature := vault.SignWith(ps, []byte("done"))
	if !vault.VerifyWith(ps, []byte("done"), signature) || vault.VerifyWith(hrss, []byte("done"), signature) || vault.VerifyWith(ps, []byte("gone"), signature) {
		t.Error("signatures of departments")
	}
}

func TestNewRefusesUnsoundKeys(t *testing.T) {
	for name, spoil := range map[string]func(*vault.Keys){
		"none at all":         func(k *vault.Keys) { *k = vault.Keys{} },
		"no current one":      func(k *vault.Keys) { k.Current = 7 },
		"one of zeros":        func(k *vault.Keys) { k.Index = make([]byte, 32) },
		"a short one":         func(k *vault.Keys) { k.Sealing[0].Key = k.Sealing[0].Key[:16] },
		"no token key":        func(k *vault.Keys) { k.TokenKey = nil },
		"an ID of 0":          func(k *vault.Keys) { k.Sealing[0].ID, k.Current = 0, 0 },
		"an ID that is twice": func(k *vault.Keys) { k.Sealing = append(k.Sealing, k.Sealing[0]) },
	} {
		keys := vault.Generate()
		spoil(&keys)
		if _, err := vault.New(keys); err == nil {
			t.Errorf("%s: taken", name)
		} else if strings.Contains(err.Error(), string(keys.Signing)) && len(keys.Signing) > 0 {
			t.Errorf("%s: the error holds a key", name)
		}
	}
}

func FuzzOpen(f *testing.F) {
	v := open(f, vault.Generate())
	f.Add(v.Seal([]byte("plain"), "row"), "row")
	f.Add([]byte{1}, "")
	f.Add(make([]byte, vault.Overhead), "row")
	f.Fuzz(func(t *testing.T, sealed []byte, bind string) {
		_, err := v.Open(sealed, bind)
		if err != nil && !errors.Is(err, vault.ErrForged) && !errors.Is(err, vault.ErrUnknownKey) {
			t.Fatal(err)
		}
		if err == nil && len(sealed) < vault.Overhead {
			t.Fatal("something opened that nobody sealed")
		}
	})
}

func BenchmarkSeal(b *testing.B) {
	for _, suite := range []vault.Suite{vault.AES256GCM, vault.SM4GCM} {
		b.Run(string(suite), func(b *testing.B) {
			v := open(b, vault.GenerateFor(suite))
			for b.Loop() {
				v.Seal([]byte("23010219990305001X"), "veteran/citizen-number/1")
			}
		})
	}
}

func BenchmarkIndex(b *testing.B) {
	for _, suite := range []vault.Suite{vault.AES256GCM, vault.SM4GCM} {
		b.Run(string(suite), func(b *testing.B) {
			v := open(b, vault.GenerateFor(suite))
			for b.Loop() {
				v.Index("23010219990305001X", "citizen-number")
			}
		})
	}
}
