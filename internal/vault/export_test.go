package vault

// HMAC is the keyed hash of a digest, for the vectors of the standards.
func HMAC(d Digest, key, msg []byte) []byte { return d.hmac(key, msg) }
