package trust

import (
	"crypto/ecdsa"
	"crypto/rand"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/smx509"
)

// sizeSM2 is r and s, 32 bytes each, as RFC 9421 section 3.3.4 writes ECDSA.
const sizeSM2 = 64

// openSM2 takes the private key, or the public one alone.
func openSM2(s Spec) (keys, error) {
	if s.Secret.set() {
		text, err := s.Secret.read()
		if err != nil {
			return keys{}, err
		}
		private, err := privateSM2([]byte(text))
		if err != nil {
			return keys{}, fmt.Errorf("private key: %w", err)
		}
		return keys{
			sign:   func(base []byte) ([]byte, error) { return signSM2(private, base) },
			verify: func(base, signature []byte) bool { return verifySM2(&private.PublicKey, base, signature) },
		}, nil
	}
	text, err := s.Public.read()
	if err != nil {
		return keys{}, fmt.Errorf("public key: %w", err)
	}
	public, err := publicSM2(text)
	if err != nil {
		return keys{}, fmt.Errorf("public key: %w", err)
	}
	return keys{verify: func(base, signature []byte) bool { return verifySM2(public, base, signature) }}, nil
}

// signSM2 signs as GM/T 0009 says: SM3 over what the user ID and the key give, then the text.
func signSM2(key *sm2.PrivateKey, base []byte) ([]byte, error) {
	der, err := key.Sign(rand.Reader, base, sm2.NewSM2SignerOption(true, nil)) // nil: the default user ID
	if err != nil {
		return nil, err
	}
	var pair struct{ R, S *big.Int }
	if _, err := asn1.Unmarshal(der, &pair); err != nil {
		return nil, err
	}
	raw := make([]byte, sizeSM2)
	pair.R.FillBytes(raw[:sizeSM2/2])
	pair.S.FillBytes(raw[sizeSM2/2:])
	return raw, nil
}

func verifySM2(key *ecdsa.PublicKey, base, signature []byte) bool {
	if len(signature) != sizeSM2 {
		return false
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{
		new(big.Int).SetBytes(signature[:sizeSM2/2]), new(big.Int).SetBytes(signature[sizeSM2/2:]),
	})
	return err == nil && sm2.VerifyASN1WithSM2(key, nil, base, der)
}

var errNoSM2 = errors.New("no SM2 key in PEM")

// privateSM2 reads PKCS #8 (GB/T 35276 as most tools write it) or SEC 1. Files of
// openssl may hold the curve's parameters before the key.
func privateSM2(text []byte) (*sm2.PrivateKey, error) {
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		switch block.Type {
		case "PRIVATE KEY":
			if key, err := smx509.ParsePKCS8PrivateKey(block.Bytes); err == nil {
				if key, ok := key.(*sm2.PrivateKey); ok {
					return key, nil
				}
			}
			return nil, errNoSM2
		case "EC PRIVATE KEY":
			if key, err := smx509.ParseSM2PrivateKey(block.Bytes); err == nil {
				return key, nil
			}
			return nil, errNoSM2
		}
	}
	return nil, errNoSM2
}

// publicSM2 reads a public key, or the certificate that holds one.
func publicSM2(text []byte) (*ecdsa.PublicKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errNoSM2
	}
	var key any
	switch block.Type {
	case "PUBLIC KEY":
		key, _ = smx509.ParsePKIXPublicKey(block.Bytes) // nil is no key either
	case "CERTIFICATE":
		if c, err := smx509.ParseCertificate(block.Bytes); err == nil {
			key = c.PublicKey
		}
	}
	if public, ok := key.(*ecdsa.PublicKey); ok && sm2.IsSM2PublicKey(public) {
		return public, nil
	}
	return nil, errNoSM2
}
