package receipt

import (
	"context"
	"crypto/ed25519"
	"fmt"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Key is the public key by which heads are checked; nil if none are signed.
func (l *Log) Key() ed25519.PublicKey {
	if l.signer == nil {
		return nil
	}
	return publicOf(l.signer.key)
}

// VerifierKey is the key as notes write it: name, hash, key. "" if there is none.
func (l *Log) VerifierKey() string {
	if l.signer == nil {
		return ""
	}
	key, err := note.NewEd25519VerifierKey(l.origin, l.Key())
	if err != nil {
		panic(err) // the signer was made of the same
	}
	return key
}

// Unsigned is the fault of a log without a signing key.
func Unsigned() error {
	return fault.New(fault.Unavailable, "RECEIPT_UNSIGNED", "本系统没有签名密钥，查阅记录没有可核验的凭证。", "This installation has no signing key, so there is nothing by which reads could be checked.")
}

// signHead signs the head if the log has grown since it was last signed.
func (l *Log) signHead() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := l.sign(ctx, 0)
	return err
}

// Checkpoint is the last signed head, with witnesses' signatures. Fault:
// Unavailable RECEIPT_UNSIGNED.
func (l *Log) Checkpoint(ctx context.Context) (*Checkpoint, error) {
	if l.signer == nil {
		return nil, Unsigned()
	}
	c, err := l.last(access.AsMachine(ctx, machine))
	if err == nil && c == nil {
		c, err = l.sign(ctx, 0)
	}
	if err != nil {
		return nil, err
	}
	return l.withWitnesses(ctx, c)
}

// last is the newest checkpoint of the database, nil if there is none.
func (l *Log) last(ctx context.Context) (c *Checkpoint, err error) {
	err = l.Store.Snapshot(ctx, func(ctx context.Context, p store.Plain) (err error) {
		c, err = l.lastIn(ctx, p)
		return err
	})
	return c, err
}

func (l *Log) lastIn(ctx context.Context, p store.Plain) (*Checkpoint, error) {
	var text []byte
	if err := p.Each(ctx, `SELECT note FROM receipt_checkpoints ORDER BY id DESC LIMIT 1`, nil, func(scan func(...any) error) error { return scan(&text) }); err != nil || text == nil {
		return nil, err
	}
	if c := l.signed.Load(); c != nil && string(c.Note) == string(text) {
		return c, nil
	}
	c, err := OpenCheckpoint(text, l.Key())
	if err != nil {
		return nil, fmt.Errorf("%w: %w", err, ErrBroken)
	}
	l.signed.Store(c)
	return c, nil
}

// sign signs the head as it is and answers a checkpoint that covers more than
// beyond leaves. It never signs a head that does not continue the one before it:
// that is what its signature promises.
func (l *Log) sign(ctx context.Context, beyond int64) (c *Checkpoint, err error) {
	ctx = access.AsMachine(ctx, machine)
	err = l.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		p := tx.Plain()
		h, err := readHead(ctx, p, true)
		if err != nil {
			return err
		}
		if c, err = l.lastIn(ctx, p); err != nil {
			return err
		}
		if c != nil && c.Size == h.size && c.Root == h.root {
			return nil
		}
		r := reader{ctx, p}
		e, err := r.edgeOf(h.size)
		if err != nil {
			return err
		}
		if e.root() != h.root {
			return fmt.Errorf("its head is not that of its leaves: %w", ErrBroken)
		}
		if err := continues(r, c, h); err != nil {
			return err
		}
		c = &Checkpoint{Origin: l.origin, Size: h.size, Root: h.root}
		if c.Note, err = note.Sign(&note.Note{Text: c.text()}, l.signer); err != nil {
			return fmt.Errorf("sign: %w", err)
		}
		_, err = p.Exec(ctx, `INSERT INTO receipt_checkpoints (id, note, signed_at) VALUES ($1, $2, $3)`, c.Size, c.Note, l.Now().UTC())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sign the head of the log of reads: %w", err)
	}
	if c.Size < beyond {
		return nil, fmt.Errorf("sign the head of the log of reads: %d leaves are missing: %w", beyond-c.Size, ErrBroken)
	}
	l.signed.Store(c)
	return c, nil
}

// continues says why a head is not the same log as an earlier checkpoint, grown.
func continues(r tlog.HashReader, before *Checkpoint, now head) error {
	if before == nil || before.Size == 0 {
		return nil
	}
	if now.size < before.Size {
		return fmt.Errorf("it has %d leaves and had %d when it was signed: %w", now.size, before.Size, ErrBroken)
	}
	proof, err := tlog.ProveTree(now.size, before.Size, r)
	if err != nil {
		return err
	}
	if err := tlog.CheckTree(proof, now.size, now.root, before.Size, before.Root); err != nil {
		return fmt.Errorf("the first %d leaves are not those that were signed: %w", before.Size, ErrBroken)
	}
	return nil
}

// Continuation proves that the log of To leaves is that of From, grown.
type Continuation struct {
	From  int64          `json:"from"`
	To    int64          `json:"to"`
	Proof tlog.TreeProof `json:"proof"`
}

// Continues proves that the log of to leaves continues that of from. Fault:
// Invalid RECEIPT_RANGE.
func (l *Log) Continues(ctx context.Context, from, to int64) (c *Continuation, err error) {
	c = &Continuation{From: from, To: to}
	err = l.Store.Snapshot(access.AsMachine(ctx, machine), func(ctx context.Context, p store.Plain) error {
		h, err := readHead(ctx, p, false)
		if err != nil {
			return err
		}
		if from < 0 || from > to || to > h.size {
			return fault.New(fault.Invalid, "RECEIPT_RANGE", "查阅记录没有这样的范围。", "The log of reads has no such range.").At("from")
		}
		if from == 0 || from == to {
			return nil
		}
		c.Proof, err = tlog.ProveTree(to, from, reader{ctx, p})
		return err
	})
	return c, err
}
