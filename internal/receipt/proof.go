package receipt

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// ProofKind says what a file is, in its first field.
const ProofKind = "vetgraph read receipt proof v1"

// Proof is all that is needed to check one leaf without us, but for the key.
type Proof struct {
	Kind       string           `json:"kind"`
	Index      int64            `json:"index"`          // of the leaf, from 0
	Leaf       []byte           `json:"leaf,omitempty"` // byte for byte; left out where the rules hide who read
	Hash       tlog.Hash        `json:"hash"`           // of the leaf, RFC 6962
	Size       int64            `json:"size"`           // of the tree
	Inclusion  tlog.RecordProof `json:"inclusion"`      // from the leaf to the root
	Checkpoint string           `json:"checkpoint"`     // head of that tree, signed
	Key        string           `json:"key"`            // that signed it, as notes write it; believe one that you have from elsewhere
}

// ParseProof reads a proof.
func ParseProof(body []byte) (*Proof, error) {
	var p Proof
	if err := json.Unmarshal(body, &p); err != nil || p.Kind != ProofKind {
		return nil, errors.New("it is no proof of a read")
	}
	return &p, nil
}

// Check says what was read, if the proof holds by one of the keys: the leaf is that
// of the hash, the hash stands at its place in the tree, and the tree's head was
// signed. It answers the leaf (nil if the rules hide it) and the head.
func (p *Proof) Check(keys ...ed25519.PublicKey) (*Leaf, *Checkpoint, error) {
	c, err := OpenCheckpoint([]byte(p.Checkpoint), keys...)
	if err != nil {
		return nil, nil, err
	}
	if c.Size != p.Size {
		return nil, nil, errors.New("the signed head is that of another tree")
	}
	if err := tlog.CheckRecord(p.Inclusion, c.Size, c.Root, p.Index, p.Hash); err != nil {
		return nil, nil, errors.New("the entry does not stand in the signed log")
	}
	if p.Leaf == nil {
		return nil, c, nil
	}
	if tlog.RecordHash(p.Leaf) != p.Hash {
		return nil, nil, errors.New("the entry is not the one that stands in the signed log")
	}
	l, err := Parse(p.Leaf)
	if err != nil {
		return nil, nil, err
	}
	return &l, c, nil
}

// prove makes the proof of a leaf; hidden leaves its content out.
func (l *Log) prove(ctx context.Context, id int64, body []byte, hidden bool) (*Proof, error) {
	if l.signer == nil {
		return nil, Unsigned()
	}
	ctx = access.AsMachine(ctx, machine)
	c, err := l.last(ctx)
	if err != nil {
		return nil, err
	}
	if c == nil || c.Size <= id {
		if c, err = l.sign(ctx, id+1); err != nil {
			return nil, err
		}
	}
	p := &Proof{Kind: ProofKind, Index: id, Leaf: body, Hash: tlog.RecordHash(body), Size: c.Size, Key: l.VerifierKey()}
	if hidden {
		p.Leaf = nil
	}
	err = l.Store.Snapshot(ctx, func(ctx context.Context, plain store.Plain) (err error) {
		p.Inclusion, err = tlog.ProveRecord(c.Size, id, reader{ctx, plain})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("prove leaf %d: %w", id, err)
	}
	if err := tlog.CheckRecord(p.Inclusion, c.Size, c.Root, id, p.Hash); err != nil {
		return nil, fmt.Errorf("prove leaf %d: %w", id, ErrBroken)
	}
	if c, err = l.withWitnesses(ctx, c); err != nil {
		return nil, err
	}
	p.Checkpoint = string(c.Note)
	return p, nil
}
