package seal_test

import (
	"bytes"
	"crypto/ed25519"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
	"pgregory.net/rapid"

	"github.com/vetgraph/vetgraph/internal/seal"
	"github.com/vetgraph/vetgraph/internal/workday"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// signer makes a signer whose private key is the same byte 32 times.
func signer(t testing.TB, name seal.Suite, fill byte) *seal.Signer {
	t.Helper()
	s, err := seal.NewSigner(name, bytes.Repeat([]byte{fill}, 32))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

// full is a sheet of thirteen lines with numbers as departments give them.
func full(t testing.TB) seal.Sheet {
	t.Helper()
	day, err := workday.ParseDay("2026-12-10")
	if err != nil {
		t.Fatal(err)
	}
	s := seal.Sheet{Number: "230102-20261123-7K3QX9A", State: "PARTIALLY_COMPLETED", Promised: 15, Used: ptr(13), Issued: day,
		Issuer: "演示 DEMO 哈尔滨市退役军人服务中心", Catalog: "draft-1+fb62c73d6654"}
	states := []string{"APPROVED", "DELIVERED", "REJECTED", "BLOCKED", "WITHDRAWN"}
	for i := range 13 {
		s.Lines = append(s.Lines, seal.Line{Matter: fmt.Sprintf("M%02d", i+1), State: states[i%len(states)], Decided: ptr(day.AddDays(-i)),
			Result: seal.Result{Number: fmt.Sprintf("黑退报〔2026〕%06d号", i+1)}})
	}
	return s
}

// RFC 8032, 7.1, test 2: the signature over one byte.
func TestEd25519Vector(t *testing.T) {
	s, err := seal.NewSigner(seal.Ed25519, unhex(t, "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))
	if err != nil {
		t.Fatal(err)
	}
	public := unhex(t, "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
	der, err := x509.MarshalPKIXPublicKey(ed25519.PublicKey(public))
	if err != nil || !bytes.Equal(der, s.Key().Public) {
		t.Errorf("public key: %x, %v", s.Key().Public, err)
	}
	got := seal.Raw(t, s, []byte{0x72})
	want := unhex(t, "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00")
	if !bytes.Equal(got, want) {
		t.Errorf("got %x", got)
	}
}

// GM/T 0003.5-2012 (GB/T 32918.5), annex A.2: the public key of d_A, and the
// signature over "message digest" by the default user ID. Our own signatures draw
// another k each time, so they are held against the verifier that takes this one.
func TestSM2Vector(t *testing.T) {
	s, err := seal.NewSigner(seal.SM2, unhex(t, "3945208F 7B2144B1 3F36E38A C6D39F95 88939369 2860B51A 42FB81EF 4DF7C5B8"))
	if err != nil {
		t.Fatal(err)
	}
	public := unhex(t, "04 09F9DF31 1E5421A1 50DD7D16 1E4BC5C6 72179FAD 1833FC07 6BB08FF3 56F35020 CCEA490C E26775A5 2DC6EA71 8CC1AA60 0AED05FB F35E084A 6632F607 2DA9AD13")
	key, err := sm2.NewPublicKey(public)
	if err != nil {
		t.Fatal(err)
	}
	if der, err := smx509.MarshalPKIXPublicKey(key); err != nil || !bytes.Equal(der, s.Key().Public) {
		t.Errorf("public key: %x, %v", s.Key().Public, err)
	}
	za, err := sm2.CalculateZA(key, []byte("1234567812345678"))
	if want := unhex(t, "B2E14C5C 79C6DF5B 85F4FE7E D8DB7A26 2B9DA7E0 7CCB0EA9 F4747B8C CDA8A4F3"); err != nil || !bytes.Equal(za, want) {
		t.Errorf("Z_A %x, %v", za, err)
	}
	signature := unhex(t, "F5A03B06 48D2C463 0EEAC513 E1BB81A1 5944DA38 27D5B741 43AC7EAC EEE720B3 B1B6AA29 DF212FD8 763182BC 0D421CA1 BB9038FD 1F7F42D4 840B69C4 85BBC1AA")
	msg := []byte("message digest")
	if !seal.RawVerify(s, msg, signature) {
		t.Error("the standard's own signature is not taken")
	}
	if seal.RawVerify(s, append(msg, '.'), signature) {
		t.Error("it is taken for another message")
	}
	for range 20 {
		ours := seal.Raw(t, s, msg)
		if len(ours) != 64 || !seal.RawVerify(s, msg, ours) {
			t.Fatalf("%x", ours)
		}
	}
}

func TestPrivateKeysThatAreNone(t *testing.T) {
	order := unhex(t, "FFFFFFFE FFFFFFFF FFFFFFFF FFFFFFFF 7203DF6B 21C6052B 53BBF409 39D54123")
	below := new(big.Int).Sub(new(big.Int).SetBytes(order), big.NewInt(1)).Bytes()
	for name, c := range map[string]struct {
		suite seal.Suite
		key   []byte
	}{
		"no such suite": {"RSA", make([]byte, 32)}, "a short seed": {seal.Ed25519, make([]byte, 31)}, "SM2: 0": {seal.SM2, make([]byte, 32)},
		"SM2: n": {seal.SM2, order}, "SM2: n-1": {seal.SM2, below}, "SM2: short": {seal.SM2, []byte{1}},
	} {
		if _, err := seal.NewSigner(c.suite, c.key); err == nil {
			t.Errorf("%s: taken", name)
		} else if len(c.key) > 1 && strings.Contains(err.Error(), hex.EncodeToString(c.key)) {
			t.Errorf("%s: the error holds the key", name)
		}
	}
}

func TestSealOpensAsItWas(t *testing.T) {
	sheet := full(t)
	for _, name := range seal.Suites() {
		s := signer(t, name, 7)
		text, err := s.Seal(sheet)
		if err != nil {
			t.Fatal(err)
		}
		back, key, err := seal.NewRing(s.Key()).Open(text)
		if err != nil || key.ID != s.Key().ID || fmt.Sprint(*back.Used, back.Lines[3].Decided) != fmt.Sprint(13, sheet.Lines[3].Decided) {
			t.Fatalf("%v %v", back, err)
		}
		if back.Issuer != sheet.Issuer || back.State != sheet.State || len(back.Lines) != 13 || back.Lines[2].State != "REJECTED" || !back.Lines[2].Result.Says("黑退报〔2026〕000003号") {
			t.Errorf("%+v", back)
		}
		t.Logf("%s: 13 lines are %d bytes", name, len(text))
		if len(text) > seal.Roomy {
			t.Errorf("%d bytes", len(text))
		}
		if strings.ContainsAny(text, "\n\r\t\"'<>&") {
			t.Errorf("it does not travel well: %s", text)
		}
	}
}

// Each bit of a text is under the seal, the seal itself included.
func TestOneBitChangedAnywhere(t *testing.T) {
	for _, name := range seal.Suites() {
		s := signer(t, name, 7)
		ring := seal.NewRing(s.Key(), signer(t, name, 9).Key(), signer(t, seal.Ed25519, 1).Key(), signer(t, seal.SM2, 1).Key())
		text, err := s.Seal(full(t))
		if err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(text) {
			b := []byte(text)
			b[i/8] ^= 1 << (i % 8)
			if _, _, err := ring.Open(string(b)); err == nil {
				t.Fatalf("%s: bit %d of byte %d (%q)", name, i%8, i/8, text[i/8])
			}
		}
		page, err := s.SealPage([]byte("<!doctype html>\n<p>甲</p>"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ring.OpenPage(page); err != nil {
			t.Fatal(err)
		}
		for i := range 8 * len(page) {
			b := bytes.Clone(page)
			b[i/8] ^= 1 << (i % 8)
			if _, err := ring.OpenPage(b); err == nil {
				t.Fatalf("%s: bit %d of byte %d of the page", name, i%8, i/8)
			}
		}
	}
}

// Neither cut, nor longer, nor another's, nor put together from two.
func TestTampering(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		name := rapid.SampledFrom(seal.Suites()).Draw(r, "suite")
		s, other := signer(t, name, 7), signer(t, name, 9)
		sheet := drawn(r)
		text, err := s.Seal(sheet)
		if err != nil {
			r.Skip(err)
		}
		ring := seal.NewRing(s.Key(), other.Key())
		if _, _, err := ring.Open(text); err != nil {
			r.Fatalf("%v: %s", err, text)
		}
		if _, _, err := seal.NewRing(other.Key()).Open(text); !errors.Is(err, seal.ErrUnknownKey) {
			r.Fatalf("without its key: %v", err)
		}
		sheet.Promised++
		second, err := s.Seal(sheet)
		if err != nil {
			r.Skip(err)
		}
		cut := strings.LastIndex(text, ",")
		i := rapid.IntRange(0, len(text)-1).Draw(r, "at")
		for what, forged := range map[string]string{
			"cut": text[:i], "longer": text + "A", "a byte twice": text[:i] + text[i:i+1] + text[i:], "a byte less": text[:i] + text[i+1:],
			"another's signature": text[:cut] + second[strings.LastIndex(second, ","):],
			"another's key":       strings.Replace(text, s.Key().ID, other.Key().ID, 1),
			"another suite":       strings.Replace(text, ";"+string(name)+",", ";"+string(seal.Suites()[1-slices.Index(seal.Suites(), name)])+",", 1),
			"blanks around":       " " + text,
		} {
			if _, _, err := ring.Open(forged); err == nil && forged != text {
				r.Fatalf("%s is taken: %s", what, forged)
			}
		}
	})
}

// drawn is any sheet that can be written.
func drawn(r *rapid.T) seal.Sheet {
	text := rapid.StringN(1, 24, 40)
	day := rapid.Custom(func(r *rapid.T) workday.Day { return workday.Day(rapid.IntRange(1, 60000).Draw(r, "day")) })
	s := seal.Sheet{Number: text.Draw(r, "number"), State: text.Draw(r, "state"), Promised: rapid.IntRange(0, 99).Draw(r, "promised"),
		Issued: day.Draw(r, "issued"), Issuer: text.Draw(r, "issuer"), Catalog: text.Draw(r, "catalog")}
	if rapid.Bool().Draw(r, "used") {
		s.Used = ptr(rapid.IntRange(0, 99).Draw(r, "days"))
	}
	for range rapid.IntRange(1, 14).Draw(r, "lines") {
		l := seal.Line{Matter: text.Draw(r, "matter"), State: rapid.OneOf(text, rapid.Just("APPROVED")).Draw(r, "item")}
		if rapid.Bool().Draw(r, "decided") {
			l.Decided = ptr(day.Draw(r, "on"))
		}
		l.Result.Number = rapid.StringN(0, 60, 80).Draw(r, "result")
		s.Lines = append(s.Lines, l)
	}
	return s
}

// What was sealed comes back, whatever characters stand in it.
func TestRoundTrip(t *testing.T) {
	s := signer(t, seal.Ed25519, 7)
	rapid.Check(t, func(r *rapid.T) {
		sheet := drawn(r)
		text, err := s.Seal(sheet)
		if err != nil {
			r.Skip(err)
		}
		back, _, err := seal.NewRing(s.Key()).Open(text)
		if err != nil {
			r.Fatalf("%v: %s", err, text)
		}
		if back.Number != sheet.Number || back.State != sheet.State || back.Issuer != sheet.Issuer || back.Catalog != sheet.Catalog || back.Issued != sheet.Issued || len(back.Lines) != len(sheet.Lines) {
			r.Fatalf("%+v became %+v", sheet, back)
		}
		for i, l := range sheet.Lines {
			b := back.Lines[i]
			if b.Matter != l.Matter || b.State != l.State || !b.Result.Says(l.Result.Number) || (b.Decided == nil) != (l.Decided == nil) || b.Decided != nil && *b.Decided != *l.Decided {
				r.Fatalf("line %d: %+v became %+v", i, l, b)
			}
		}
		for _, c := range text {
			if c < ' ' || c == 0x7f || c == 0x202e {
				r.Fatalf("%q is in the text", c)
			}
		}
	})
}

func FuzzOpen(f *testing.F) {
	s := signer(f, seal.Ed25519, 7) // which seals the same in each of the fuzzer's processes
	ring := seal.NewRing(s.Key())
	good, err := s.Seal(full(f))
	if err != nil {
		f.Fatal(err)
	}
	for _, text := range []string{good, "", "VG1;", "VG1;;;", good[:len(good)-1], strings.Repeat("VG1;,", 500), "VG1;a,b,1,,20260101,c,d;e,f,,#;x,y,z", "VG1;%41,b,1,,20260101,c,d;e,f,,;x,y,z"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		sheet, _, err := ring.Open(text)
		switch {
		case err == nil && text != good:
			t.Fatalf("a text that nobody sealed opens: %q", text)
		case err != nil && !errors.Is(err, seal.ErrMalformed) && !errors.Is(err, seal.ErrForged) && !errors.Is(err, seal.ErrUnknownKey):
			t.Fatal(err)
		case errors.Is(err, seal.ErrMalformed) != (sheet == nil):
			t.Fatalf("%v with %v", err, sheet)
		}
		if sheet != nil { // what reads has one spelling
			again, err := s.Seal(*sheet)
			if err == nil && again[:strings.LastIndex(again, ";")] != text[:strings.LastIndex(text, ";")] && !strings.Contains(again, ",*") {
				t.Fatalf("%q and %q", text, again)
			}
		}
	})
}
