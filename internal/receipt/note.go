package receipt

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Checkpoint is a head of the log as it is signed: C2SP tlog-checkpoint.
type Checkpoint struct {
	Origin string
	Size   int64
	Root   tlog.Hash
	Note   []byte // text and signatures, as it is given out
}

// text is what is signed.
func (c Checkpoint) text() string {
	return fmt.Sprintf("%s\n%d\n%s\n", c.Origin, c.Size, c.Root)
}

// ErrUnsigned says that a checkpoint has no signature that can be believed here.
var ErrUnsigned = errors.New("no signature under the checkpoint can be checked with the keys given")

// OpenCheckpoint reads a checkpoint that one of the keys has signed under the
// log's own name. Signatures of others are left unlooked at.
func OpenCheckpoint(text []byte, keys ...ed25519.PublicKey) (*Checkpoint, error) {
	origin, _, _ := strings.Cut(string(text), "\n")
	var known []note.Verifier
	for _, k := range keys {
		vkey, err := note.NewEd25519VerifierKey(origin, k)
		if err != nil {
			return nil, fmt.Errorf("key of the log: %w", err)
		}
		v, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, ErrUnsigned // a name that no log can have
		}
		known = append(known, v)
	}
	n, err := note.Open(text, note.VerifierList(known...))
	if bad := new(note.UnverifiedNoteError); errors.As(err, &bad) {
		return nil, ErrUnsigned
	} else if err != nil {
		return nil, fmt.Errorf("the checkpoint cannot be believed: %w", err)
	}
	for _, sig := range n.Sigs {
		if !canonical(sig.Base64) {
			return nil, errors.New("the checkpoint's signature is not written as signatures are")
		}
	}
	c, err := parseCheckpoint(n.Text)
	if err == nil {
		c.Note = text
	}
	return c, err
}

// canonical says whether text is base64 as it is written: one text for one value.
func canonical(text string) bool {
	_, err := base64.StdEncoding.Strict().DecodeString(text)
	return err == nil && !strings.ContainsAny(text, "\r\n")
}

// parseCheckpoint reads what is signed, and nothing but what text would write.
func parseCheckpoint(text string) (*Checkpoint, error) {
	lines := strings.Split(text, "\n")
	if len(lines) != 4 || lines[3] != "" || lines[0] == "" {
		return nil, errors.New("the checkpoint has not three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return nil, errors.New("the checkpoint's size is no number")
	}
	root, err := tlog.ParseHash(lines[2])
	if err != nil {
		return nil, errors.New("the checkpoint's root is no hash")
	}
	return &Checkpoint{Origin: lines[0], Size: size, Root: root}, nil
}

// signer signs heads. The key is that of the electronic seal under the log's own
// name: what it signs begins with that name, and a seal never does.
type signer struct {
	name string
	hash uint32
	key  ed25519.PrivateKey
}

func newSigner(name string, seed []byte) (*signer, error) {
	if len(seed) != ed25519.SeedSize {
		return nil, errors.New("the signing key has not 32 bytes")
	}
	key := ed25519.NewKeyFromSeed(seed)
	vkey, err := note.NewEd25519VerifierKey(name, publicOf(key))
	if err != nil {
		return nil, err
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		return nil, fmt.Errorf("a log cannot be called %q: %w", name, err)
	}
	return &signer{name, v.KeyHash(), key}, nil
}

func publicOf(key ed25519.PrivateKey) ed25519.PublicKey {
	return ed25519.PublicKey(key[ed25519.SeedSize:])
}

// Name implements note.Signer.
func (s *signer) Name() string { return s.name }

// KeyHash implements note.Signer.
func (s *signer) KeyHash() uint32 { return s.hash }

// Sign implements note.Signer.
func (s *signer) Sign(msg []byte) ([]byte, error) { return ed25519.Sign(s.key, msg), nil }

// cosigned is the kind of signature that witnesses make (C2SP tlog-cosignature):
// a time in seconds since 1970, and Ed25519 over that and the checkpoint.
const cosigned = 0x04

// witnessKey is a witness's public key.
type witnessKey struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// witnessHash is by what a signature line names its key.
func witnessHash(name string, key ed25519.PublicKey) uint32 {
	sum := sha256.Sum256(append([]byte(name+"\n"), append([]byte{cosigned}, key...)...))
	return binary.BigEndian.Uint32(sum[:])
}

// WitnessKey is a witness's public key as it is written: name, hash, key.
func WitnessKey(name string, key ed25519.PublicKey) string {
	return fmt.Sprintf("%s+%08x+%s", name, witnessHash(name, key), base64.StdEncoding.EncodeToString(append([]byte{cosigned}, key...)))
}

// witnessKeys reads keys of the form of [WitnessKey]; all that are wrong at once.
func witnessKeys(texts []string) ([]*witnessKey, error) {
	var keys []*witnessKey
	var wrong []error
	for _, text := range texts {
		k, err := readWitnessKey(text)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("witness %q: %w", text, err))
			continue
		}
		keys = append(keys, k)
	}
	return keys, errors.Join(wrong...)
}

func readWitnessKey(text string) (*witnessKey, error) {
	parts := strings.SplitN(strings.TrimSpace(text), "+", 3)
	if len(parts) != 3 || !soundName(parts[0]) {
		return nil, errors.New("a witness's key is NAME+HASH+KEY")
	}
	body, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(body) != 1+ed25519.PublicKeySize || body[0] != cosigned {
		return nil, errors.New("it is no key of a witness (cosignature/v1)")
	}
	k := &witnessKey{parts[0], witnessHash(parts[0], body[1:]), body[1:]}
	if fmt.Sprintf("%08x", k.hash) != parts[1] {
		return nil, errors.New("its hash is not that of its name and key")
	}
	return k, nil
}

// soundName says whether a name can stand in a signature line.
func soundName(name string) bool { return name != "" && !strings.ContainsAny(name, " \t\r\n+") }

// cosignedText is what a witness signs.
func cosignedText(at int64, text string) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", at, text)
}

// Name implements note.Verifier.
func (w *witnessKey) Name() string { return w.name }

// KeyHash implements note.Verifier.
func (w *witnessKey) KeyHash() uint32 { return w.hash }

// Verify implements note.Verifier.
func (w *witnessKey) Verify(msg, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	at := binary.BigEndian.Uint64(sig)
	return at < 1<<62 && ed25519.Verify(w.key, cosignedText(int64(at), string(msg)), sig[8:])
}

// witnessSigner is a witness that signs at a time.
type witnessSigner struct {
	witnessKey
	private ed25519.PrivateKey
	at      time.Time
}

// Sign implements note.Signer.
func (w *witnessSigner) Sign(msg []byte) ([]byte, error) {
	at := w.at.Unix()
	if at < 0 {
		return nil, errors.New("a witness cannot sign before 1970")
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(at)), ed25519.Sign(w.private, cosignedText(at, string(msg)))...), nil
}

// LogKey reads a log's verifier key, as [Log.VerifierKey] writes it.
func LogKey(text string) (ed25519.PublicKey, error) {
	text = strings.TrimSpace(text)
	if _, err := note.NewVerifier(text); err != nil {
		return nil, errors.New("it is no verifier key of a log")
	}
	parts := strings.SplitN(text, "+", 3)
	body, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(body) != 1+ed25519.PublicKeySize {
		return nil, errors.New("it is no verifier key of a log")
	}
	return body[1:], nil
}
