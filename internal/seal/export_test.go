package seal

import "testing"

// Raw is a signature over msg alone, as standards print them.
func Raw(t testing.TB, s *Signer, msg []byte) []byte {
	t.Helper()
	raw, err := s.sign(msg)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// RawVerify checks one.
func RawVerify(s *Signer, msg, signature []byte) bool {
	return suites[s.key.Suite].verify(s.key.raw, msg, signature)
}
