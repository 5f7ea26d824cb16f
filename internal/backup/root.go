package backup

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/store"
)

// reckon makes the root of the log of reads from its leaves alone, trusting no hash
// that stands in the database.
func reckon(ctx context.Context, p store.Plain) (l Log, err error) {
	err = p.Each(ctx, "SELECT origin, root FROM receipt_heads WHERE id = 1", nil, func(scan func(...any) error) error {
		var root []byte
		if err := scan(&l.Origin, &root); err != nil {
			return err
		}
		l.Head = hex.EncodeToString(root)
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("head of the log of reads: %w", err)
	}
	var t tree
	err = p.Each(ctx, "SELECT body FROM receipts ORDER BY id", nil, func(scan func(...any) error) error {
		var body []byte
		if err := scan(&body); err != nil {
			return err
		}
		t.add(body)
		return nil
	})
	if err != nil {
		return l, fmt.Errorf("leaves of the log of reads: %w", err)
	}
	if l.Size = t.size; l.Head != "" || l.Size > 0 { // a log that nobody has begun has no root
		root := t.root()
		l.Root = hex.EncodeToString(root[:])
	}
	return l, nil
}

// tree is the right edge of a Merkle tree of RFC 6962: the whole subtrees, largest first.
type tree struct {
	size int64
	edge []tlog.Hash
}

func (t *tree) add(leaf []byte) {
	t.edge = append(t.edge, tlog.RecordHash(leaf))
	for n := t.size; n&1 == 1; n >>= 1 { // as many as the new size has trailing zeros
		last := len(t.edge) - 1
		t.edge = append(t.edge[:last-1], tlog.NodeHash(t.edge[last-1], t.edge[last]))
	}
	t.size++
}

func (t *tree) root() tlog.Hash {
	if len(t.edge) == 0 {
		return sha256.Sum256(nil)
	}
	h := t.edge[len(t.edge)-1]
	for i := len(t.edge) - 2; i >= 0; i-- {
		h = tlog.NodeHash(t.edge[i], h)
	}
	return h
}
