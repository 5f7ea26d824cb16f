package vault

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
)

// KeyService holds key-encryption keys (KEK, 密钥加密密钥) and never gives them away:
// it wraps the keys of an installation, and unwraps them when a hub starts. Sealing
// and opening of data does not go through it.
//
// There is one, in a file ([FileService]). A hardware module behind PKCS#11 or the key
// management of a cloud joins here: a type with these three methods, and a line in
// services that makes one of an address such as "pkcs11:slot=1". What it must keep:
//
//   - Wrap is authenticated: what was changed, or was wrapped for another place or by
//     another key, does not unwrap, with [ErrForged]. A module that wraps keys without
//     authenticating a place (AES-KW, SM4-CBC) wraps a key of its own for each call and
//     authenticates with that.
//   - A key that it does not have is [ErrUnknownKey].
//   - It takes keys of 16 and of 32 bytes, and answers at most 1 KiB.
//   - It may fail at a start and must not be needed afterwards.
//   - It is safe for use by many at once, also by many hubs.
type KeyService interface {
	// Current is the ID of the key that what is wrapped from now on is wrapped with.
	Current(ctx context.Context) (id string, err error)

	// Wrap encrypts a key with the key-encryption key of an ID, for a place such as
	// "vetgraph/sealing/2/SM4-GCM".
	Wrap(ctx context.Context, id string, key []byte, place string) ([]byte, error)

	// Unwrap is the inverse, for the same ID and place.
	Unwrap(ctx context.Context, id string, wrapped []byte, place string) ([]byte, error)
}

// Renewer is a key service whose key-encryption key we replace ourselves. Others have
// theirs replaced by those who run them.
type Renewer interface {
	KeyService

	// Renew makes another key the current one; those before still unwrap.
	Renew(ctx context.Context) (id string, err error)

	// Forget drops all keys but the current one.
	Forget(ctx context.Context) error
}

// services are the kinds of key services by the scheme of their address.
var services = map[string]func(rest string, suite Suite) (KeyService, error){
	"file": func(rest string, suite Suite) (KeyService, error) {
		return &FileService{Path: rest, Suite: suite}, nil
	},
}

// OpenService is the key service at an address, "file:PATH". The suite is that of
// keys that it makes.
func OpenService(address string, suite Suite) (KeyService, error) {
	scheme, rest, ok := strings.Cut(address, ":")
	open := services[scheme]
	if !ok || open == nil || rest == "" {
		return nil, fmt.Errorf("a key service is KIND:ADDRESS; the kinds built in are %s", strings.Join(slices.Sorted(maps.Keys(services)), ", "))
	}
	return open(rest, suite)
}

// ServiceBeside is where the key-encryption key of a keys file is if nobody says
// otherwise: in a file beside it that ends in .kek.
func ServiceBeside(path string) string {
	return "file:" + strings.TrimSuffix(path, filepath.Ext(path)) + ".kek"
}
