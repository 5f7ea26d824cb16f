package receipt

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/store"
)

// ErrBroken says that the log in the database is not what it was when it was
// written. Nothing is added to such a log.
var ErrBroken = errors.New("the log of reads does not fit together")

// edge is the right edge of a tree: its complete subtrees, the largest first. It
// is all that is needed to add leaves and to know the root.
type edge struct {
	size   int64
	hashes []tlog.Hash
}

// add grows the tree by a leaf, of which it is given the hash, and writes behind
// what it is given the hashes that the leaf completes, 32 bytes each: its own, and
// those of the subtrees that end with it. So they stand in its row.
func (e *edge) add(h tlog.Hash, to []byte) []byte {
	to = append(to, h[:]...)
	for n := e.size; n&1 == 1; n >>= 1 {
		last := len(e.hashes) - 1
		h = tlog.NodeHash(e.hashes[last], h)
		e.hashes, to = e.hashes[:last], append(to, h[:]...)
	}
	e.hashes = append(e.hashes, h)
	e.size++
	return to
}

// root is the hash of the whole tree.
func (e *edge) root() tlog.Hash {
	if e.size == 0 {
		h, _ := tlog.TreeHash(0, nil) // of nothing; it reads nothing and cannot fail
		return h
	}
	h := e.hashes[len(e.hashes)-1]
	for i := len(e.hashes) - 2; i >= 0; i-- {
		h = tlog.NodeHash(e.hashes[i], h)
	}
	return h
}

// clone is a copy that can be grown and thrown away.
func (e *edge) clone() *edge {
	return &edge{e.size, append(make([]tlog.Hash, 0, len(e.hashes)+8), e.hashes...)}
}

// place is where a stored hash stands: in the row of the leaf that completes it,
// behind those of the subtrees below.
func place(level int, n int64) (row int64, slot int) { return (n+1)<<level - 1, level }

// edges are the places of the right edge of a tree.
func edges(size int64) (levels []int, ns []int64) {
	done := int64(0)
	for level := 62; level >= 0; level-- {
		if size&(1<<level) != 0 {
			levels, ns = append(levels, level), append(ns, done>>level)
			done += 1 << level
		}
	}
	return levels, ns
}

// reader reads stored hashes within one transaction.
type reader struct {
	ctx   context.Context // of the transaction; tlog's interface has no room for it
	plain store.Plain
}

// ReadHashes implements tlog.HashReader.
func (r reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out, want := make([]tlog.Hash, len(indexes)), map[int64][]int{}
	if len(indexes) == 0 {
		return out, nil
	}
	rows := make([]string, 0, len(indexes))
	for i, index := range indexes {
		row, _ := place(tlog.SplitStoredHashIndex(index))
		if want[row] == nil {
			rows = append(rows, strconv.FormatInt(row, 10))
		}
		want[row] = append(want[row], i)
	}
	err := r.plain.Each(r.ctx, `SELECT id, hashes FROM receipts WHERE id IN (`+strings.Join(rows, ",")+`)`, nil, func(scan func(...any) error) error {
		var row int64
		var stored []byte
		if err := scan(&row, &stored); err != nil {
			return err
		}
		for _, i := range want[row] {
			_, slot := place(tlog.SplitStoredHashIndex(indexes[i]))
			if len(stored) < (slot+1)*tlog.HashSize {
				return fmt.Errorf("leaf %d has too few hashes: %w", row, ErrBroken)
			}
			copy(out[i][:], stored[slot*tlog.HashSize:])
		}
		delete(want, row)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read hashes: %w", err)
	}
	for row := range want {
		return nil, fmt.Errorf("leaf %d is missing: %w", row, ErrBroken)
	}
	return out, nil
}

// edgeOf reads the right edge of a tree of so many leaves.
func (r reader) edgeOf(size int64) (*edge, error) {
	levels, ns := edges(size)
	indexes := make([]int64, len(levels))
	for i := range levels {
		indexes[i] = tlog.StoredHashIndex(levels[i], ns[i])
	}
	hashes, err := r.ReadHashes(indexes)
	if err != nil {
		return nil, err
	}
	return &edge{size, hashes}, nil
}
