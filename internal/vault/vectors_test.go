package vault_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math/big"
	"strings"
	"testing"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"

	"github.com/vetgraph/vetgraph/internal/vault"
)

func unhex(t testing.TB, text string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The examples of the suites' own papers open through the door that data goes
// through: the first byte of both papers' additional data serves as the key's ID.
func TestSuitesByTheirVectors(t *testing.T) {
	for name, c := range map[string]struct {
		suite                                    vault.Suite
		key, nonce, data, plain, cipher, authtag string
	}{
		"RFC 8998, A.1": {
			vault.SM4GCM, "0123456789ABCDEFFEDCBA9876543210", "00001234567800000000ABCD",
			"FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
			"AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDEEEEEEEEEEEEEEEEFFFFFFFFFFFFFFFFEEEEEEEEEEEEEEEEAAAAAAAAAAAAAAAA",
			"17F399F08C67D5EE19D0DC9969C4BB7D5FD46FD3756489069157B282BB200735D82710CA5C22F0CCFA7CBF93D496AC15A56834CBCF98C397B4024A2691233B8D",
			"83DE3541E4C2B58177E065A9BF7B62EC",
		},
		"GCM, test case 16": {
			vault.AES256GCM, "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308", "cafebabefacedbaddecaf888",
			"feedfacedeadbeeffeedfacedeadbeefabaddad2",
			"d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
			"522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
			"76fc6ece0f4e1768cddf8853bb2d551b",
		},
	} {
		t.Run(name, func(t *testing.T) {
			data := unhex(t, c.data)
			keys := vault.Generate()
			keys.Current, keys.Sealing = data[0], []vault.SealingKey{{ID: data[0], Suite: c.suite, Key: unhex(t, c.key)}}
			v := open(t, keys)
			sealed := bytes.Join([][]byte{data[:1], unhex(t, c.nonce), unhex(t, c.cipher), unhex(t, c.authtag)}, nil)
			if plain, err := v.Open(sealed, string(data[1:])); err != nil || !bytes.Equal(plain, unhex(t, c.plain)) {
				t.Errorf("%x, %v", plain, err)
			}
			sealed[len(sealed)-1] ^= 1
			if _, err := v.Open(sealed, string(data[1:])); !errors.Is(err, vault.ErrForged) {
				t.Errorf("with another tag: %v", err)
			}
		})
	}
}

// GB/T 32907-2016 (GM/T 0002-2012), appendix A: one block, and a million times over.
func TestSM4ByItsVectors(t *testing.T) {
	key := unhex(t, "0123456789ABCDEFFEDCBA9876543210")
	block, err := sm4.NewCipher(key)
	if err != nil {
		t.Fatal(err)
	}
	text := bytes.Clone(key)
	block.Encrypt(text, text)
	if want := unhex(t, "681EDF34D206965E86B3E94F536E4246"); !bytes.Equal(text, want) {
		t.Errorf("once: %X", text)
	}
	for range 1_000_000 - 1 {
		block.Encrypt(text, text)
	}
	if want := unhex(t, "595298C7C6FD271F0402F804C33D3F66"); !bytes.Equal(text, want) {
		t.Errorf("a million times: %X", text)
	}
	for range 1_000_000 {
		block.Decrypt(text, text)
	}
	if !bytes.Equal(text, key) {
		t.Errorf("and back: %X", text)
	}
}

// GB/T 32905-2016 (GM/T 0004-2012), appendix A: both examples.
func TestSM3ByItsVectors(t *testing.T) {
	for msg, want := range map[string]string{
		"abc":                      "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0",
		strings.Repeat("abcd", 16): "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732",
	} {
		if got := sm3.Sum([]byte(msg)); hex.EncodeToString(got[:]) != want {
			t.Errorf("%s: %x", msg, got)
		}
	}
}

// GM/T 0042-2015 for SM3, RFC 4231 for SHA-256.
func TestHMACByItsVectors(t *testing.T) {
	counting := func(n int) (key []byte) {
		for i := range n {
			key = append(key, byte(i+1))
		}
		return key
	}
	long := []byte(strings.Repeat("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 2))
	for _, c := range []struct {
		digest   vault.Digest
		key, msg []byte
		want     string
	}{
		{vault.SM3, counting(32), long, "ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a"},
		{vault.SM3, counting(37), bytes.Repeat([]byte{0xcd}, 50), "220bf579ded555393f0159f66c99877822a3ecf610d1552154b41d44b94db3ae"},
		{vault.SM3, bytes.Repeat([]byte{0x0b}, 32), []byte("Hi There"), "c0ba18c68b90c88bc07de794bfc7d2c8d19ec31ed8773bc2b390c9604e0be11e"},
		{vault.SM3, []byte("Jefe"), []byte("what do ya want for nothing?"), "2e87f1d16862e6d964b50a5200bf2b10b764faa9680a296a2405f24bec39f882"},
		{vault.SHA256, bytes.Repeat([]byte{0x0b}, 20), []byte("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
		{vault.SHA256, []byte("Jefe"), []byte("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	} {
		if got := hex.EncodeToString(vault.HMAC(c.digest, c.key, c.msg)); got != c.want {
			t.Errorf("%s of %q: %s", c.digest, c.msg, got)
		}
	}
}

// GB/T 32918.5-2017 (GM/T 0003.5-2012), appendix A: the signature of "message digest".
func TestSM2ByItsVector(t *testing.T) {
	pub, err := sm2.NewPublicKey(unhex(t, "04"+
		"09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"+
		"CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"))
	if err != nil {
		t.Fatal(err)
	}
	private, err := sm2.NewPrivateKey(unhex(t, "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8"))
	if err != nil || !private.PublicKey.Equal(pub) {
		t.Fatalf("the private key has another public key: %v", err)
	}
	r := new(big.Int).SetBytes(unhex(t, "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"))
	s := new(big.Int).SetBytes(unhex(t, "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"))
	id := []byte("1234567812345678")
	if !sm2.VerifyWithSM2(pub, id, []byte("message digest"), r, s) {
		t.Error("the example's signature is refused")
	}
	if sm2.VerifyWithSM2(pub, id, []byte("message digesu"), r, s) || sm2.VerifyWithSM2(pub, id[1:], []byte("message digest"), r, s) {
		t.Error("the example's signature is taken for another message, or another person")
	}
}
