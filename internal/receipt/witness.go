package receipt

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Seen is what a witness remembers of a log: the last checkpoint that it signed,
// and the key that it believes. It is a file of the witness's, not of ours.
type Seen struct {
	Origin     string    `json:"origin"`
	Key        []byte    `json:"key"` // Ed25519, of the log
	Size       int64     `json:"size"`
	Root       tlog.Hash `json:"root"`
	Checkpoint string    `json:"checkpoint"` // as it was signed, with the witness's signature
}

// ErrForked says that a log shows a history other than the one it showed before.
var ErrForked = errors.New("the log shows another history than before")

// Look takes a newer checkpoint if it continues what was seen, and answers how
// many leaves are new. Seen stays as it is when it fails.
func (s *Seen) Look(text []byte, proof tlog.TreeProof) (grown int64, err error) {
	c, err := OpenCheckpoint(text, s.Key)
	if err != nil {
		return 0, err
	}
	switch {
	case s.Origin != "" && c.Origin != s.Origin:
		return 0, fmt.Errorf("the log is called %q and was called %q: %w", c.Origin, s.Origin, ErrForked)
	case c.Size < s.Size:
		return 0, fmt.Errorf("it has %d leaves and had %d: %w", c.Size, s.Size, ErrForked)
	case c.Size == s.Size && s.Origin != "" && c.Root != s.Root:
		return 0, fmt.Errorf("two heads of %d leaves are signed: %w", c.Size, ErrForked)
	case s.Size > 0 && c.Size > s.Size:
		if err := tlog.CheckTree(proof, c.Size, c.Root, s.Size, s.Root); err != nil {
			return 0, fmt.Errorf("its %d leaves do not continue the %d that were seen: %w", c.Size, s.Size, ErrForked)
		}
	}
	grown = c.Size - s.Size
	s.Origin, s.Size, s.Root, s.Checkpoint = c.Origin, c.Size, c.Root, string(text)
	return grown, nil
}

// Cosign adds a witness's signature to the checkpoint that was seen last.
func (s *Seen) Cosign(name string, private ed25519.PrivateKey, at time.Time) error {
	if !soundName(name) {
		return fmt.Errorf("a witness cannot be called %q", name)
	}
	public := publicOf(private)
	v, err := note.NewEd25519VerifierKey(s.Origin, s.Key)
	if err != nil {
		return err
	}
	own, err := note.NewVerifier(v)
	if err != nil {
		return err
	}
	n, err := note.Open([]byte(s.Checkpoint), note.VerifierList(own))
	if err != nil {
		return fmt.Errorf("open the checkpoint: %w", err)
	}
	n.UnverifiedSigs = nil // other witnesses speak for themselves
	text, err := note.Sign(n, &witnessSigner{witnessKey{name, witnessHash(name, public), public}, private, at})
	if err != nil {
		return err
	}
	s.Checkpoint = string(text)
	return nil
}

// ParseSeen reads what a witness remembers.
func ParseSeen(body []byte) (*Seen, error) {
	var s Seen
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || len(s.Key) != ed25519.PublicKeySize || s.Size < 0 {
		return nil, errors.New("it is not what a witness has kept")
	}
	return &s, nil
}

// Cosigned takes a checkpoint that a witness has signed, and hands the signature on
// with it from then on. Fault: Invalid COSIGNATURE.
func (l *Log) Cosigned(ctx context.Context, text []byte) error {
	refused := fault.New(fault.Invalid, "COSIGNATURE", "这不是已登记的见证人对本系统检查点的签名。", "This is no signature of a witness we know, under a checkpoint of ours.")
	var known []note.Verifier
	for _, w := range l.witnesses {
		known = append(known, w)
	}
	n, err := note.Open(text, note.VerifierList(known...))
	if err != nil {
		return refused.Because(err)
	}
	c, err := parseCheckpoint(n.Text)
	if err != nil || c.Origin != l.origin {
		return refused
	}
	return l.Store.InTx(access.AsMachine(ctx, machine), func(ctx context.Context, tx store.Tx) error {
		p, ours := tx.Plain(), false
		err := p.Each(ctx, `SELECT note FROM receipt_checkpoints WHERE id = $1`, []any{c.Size}, func(scan func(...any) error) error {
			var kept []byte
			err := scan(&kept)
			ours = bytes.HasPrefix(kept, []byte(n.Text+"\n"))
			return err
		})
		if err != nil {
			return err
		}
		if !ours {
			return refused
		}
		for _, sig := range n.Sigs {
			line := signatureLine(sig.Name, sig.Base64)
			_, err := p.Exec(ctx, `INSERT INTO receipt_cosignatures (id, size, witness, line) VALUES ($1, $2, $3, $4) ON CONFLICT (id) DO UPDATE SET line = $4`,
				cosignatureID(c.Size, sig.Name, sig.Hash), c.Size, sig.Name, []byte(line))
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// withWitnesses adds what witnesses have signed of a checkpoint. Nothing that does
// not hold is handed on.
func (l *Log) withWitnesses(ctx context.Context, c *Checkpoint) (*Checkpoint, error) {
	if len(l.witnesses) == 0 {
		return c, nil
	}
	out := *c
	out.Note = slices.Clone(c.Note)
	err := l.Store.Snapshot(access.AsMachine(ctx, machine), func(ctx context.Context, p store.Plain) error {
		return p.Each(ctx, `SELECT line FROM receipt_cosignatures WHERE size = $1 ORDER BY id`, []any{c.Size}, func(scan func(...any) error) error {
			var line []byte
			if err := scan(&line); err != nil {
				return err
			}
			if l.holds(c, string(line)) != nil {
				out.Note = append(out.Note, line...)
			}
			return nil
		})
	})
	return &out, err
}

// signatureLine is how a note writes a signature.
func signatureLine(name, text string) string { return "— " + name + " " + text + "\n" }

// signature is a line taken apart; ok is false if a note does not write it so.
func signature(line string) (name string, sig []byte, ok bool) {
	rest, ok := strings.CutPrefix(line, "— ")
	name, text, _ := strings.Cut(strings.TrimSuffix(rest, "\n"), " ")
	if !ok || line != signatureLine(name, text) || !canonical(text) {
		return "", nil, false
	}
	sig, err := base64.StdEncoding.DecodeString(text)
	return name, sig, err == nil && len(sig) > 4
}

// cosignatureID is where a witness's signature under a checkpoint is kept.
func cosignatureID(size int64, name string, hash uint32) string {
	return fmt.Sprintf("%d %s+%08x", size, name, hash)
}

// holds says by which witness's key a signature line stands under a checkpoint; nil
// for none.
func (l *Log) holds(c *Checkpoint, line string) *witnessKey {
	name, sig, ok := signature(line)
	if !ok {
		return nil
	}
	for _, w := range l.witnesses {
		if w.name == name && w.hash == binary.BigEndian.Uint32(sig) && w.Verify([]byte(c.text()), sig[4:]) {
			return w
		}
	}
	return nil
}
