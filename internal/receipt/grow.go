package receipt

import (
	"context"
	"fmt"
	"strings"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/store"
)

// head is the row that says how far the log has come.
type head struct {
	size int64
	root tlog.Hash
}

// readHead reads the head; with lock nobody else adds until the transaction ends.
// SQLite has one writer and needs no lock.
func readHead(ctx context.Context, p store.Plain, lock bool) (h head, err error) {
	query := `SELECT size, root FROM receipt_heads WHERE id = 1`
	if lock && p.Postgres() {
		query += ` FOR UPDATE`
	}
	found := false
	err = p.Each(ctx, query, nil, func(scan func(...any) error) error {
		var root []byte
		if err := scan(&h.size, &root); err != nil {
			return err
		}
		found = len(root) == tlog.HashSize && h.size >= 0
		copy(h.root[:], root)
		return nil
	})
	if err == nil && !found {
		err = fmt.Errorf("its head is missing or malformed: %w", ErrBroken)
	}
	return h, err
}

// grow adds leaves behind what is there and answers the edge of the tree after
// them. It refuses a tree whose head does not belong to it.
func (l *Log) grow(ctx context.Context, p store.Plain, leaves []row) (*edge, error) {
	if e, err := l.goOn(ctx, p, leaves); e != nil || err != nil {
		return e, err
	}
	h, err := readHead(ctx, p, true)
	if err != nil {
		return nil, err
	}
	e := l.known
	if e == nil || e.size != h.size {
		if e, err = (reader{ctx, p}).edgeOf(h.size); err != nil {
			return nil, err
		}
	}
	if e.root() != h.root {
		return nil, fmt.Errorf("its head is not that of its leaves: %w", ErrBroken)
	}
	e = e.clone()
	if err := insert(ctx, p, e, leaves); err != nil {
		return nil, err
	}
	root := e.root()
	_, err = p.Exec(ctx, `UPDATE receipt_heads SET size = $1, root = $2 WHERE id = 1`, e.size, root[:])
	return e, err
}

// goOn adds leaves behind what we added last, with a statement less than grow, if
// nobody has moved the head since. It answers nil if somebody has, or it is not known.
func (l *Log) goOn(ctx context.Context, p store.Plain, leaves []row) (*edge, error) {
	if l.known == nil || p.Postgres() { // there atOnce has tried it
		return nil, nil
	}
	before, after := l.known.root(), l.known.clone()
	hashes := make([]byte, 0, hashed)
	for _, r := range leaves {
		hashes = after.add(r.hash, hashes[:0])
	}
	root := after.root()
	n, err := p.Exec(ctx, `UPDATE receipt_heads SET size = ?, root = ? WHERE id = 1 AND size = ? AND root = ?`, after.size, root[:], l.known.size, before[:])
	if err != nil || n != 1 {
		return nil, err
	}
	e := l.known.clone()
	return e, insert(ctx, p, e, leaves)
}

// atOnce adds leaves by one statement, which PostgreSQL commits by itself: the head
// moves on from what we left it at, and the leaves come with it, or nothing happens.
// That is a fifth of the round trips of a transaction, and each answer waits for
// them. It answers nil if somebody else has moved the head, or it is not known yet.
func (l *Log) atOnce(ctx context.Context, leaves []row) (*edge, error) {
	if l.known == nil || l.Store.Pool == nil {
		return nil, nil
	}
	before, e := l.known.root(), l.known.clone()
	c := columnsOf(e, leaves)
	root := e.root()
	tag, err := l.Store.Pool.Exec(ctx, `WITH head AS (UPDATE receipt_heads SET size = $6, root = $7 WHERE id = 1 AND size = $8 AND root = $9 RETURNING id)
		INSERT INTO receipts (id, at, person, body, hashes)
		SELECT new.* FROM head, unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS new`,
		c.ids, c.ats, c.persons, c.bodies, c.hashes, e.size, root[:], l.known.size, before[:])
	if err != nil {
		return nil, fmt.Errorf("add leaves: %w", err)
	}
	if tag.RowsAffected() != int64(len(leaves)) {
		return nil, nil
	}
	return e, nil
}

// columns are leaves as PostgreSQL takes any number of them.
type columns struct {
	ids, ats                []int64
	persons, bodies, hashes [][]byte
}

// hashed is how many bytes of hashes a leaf completes, over any number of them: its
// own and as many again.
const hashed = 2*tlog.HashSize + 1

// columnsOf grows a tree by leaves.
func columnsOf(e *edge, leaves []row) columns {
	n := len(leaves)
	c := columns{make([]int64, n), make([]int64, n), make([][]byte, n), make([][]byte, n), make([][]byte, n)}
	hashes := make([]byte, 0, hashed*n)
	for i, r := range leaves {
		c.ids[i], c.ats[i], c.persons[i], c.bodies[i] = e.size, r.at, r.person, r.body
		from := len(hashes)
		hashes = e.add(r.hash, hashes)
		c.hashes[i] = hashes[from:len(hashes):len(hashes)]
	}
	return c
}

// insert writes leaves, on PostgreSQL in one statement that is the same for any
// number of them.
func insert(ctx context.Context, p store.Plain, e *edge, leaves []row) error {
	if !p.Postgres() {
		for len(leaves) > 0 {
			n := 1
			if len(leaves) >= several {
				n = several
			}
			if err := insertSome(ctx, p, e, leaves[:n]); err != nil {
				return err
			}
			leaves = leaves[n:]
		}
		return nil
	}
	c := columnsOf(e, leaves)
	_, err := p.Exec(ctx, `INSERT INTO receipts (id, at, person, body, hashes) SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[])`,
		c.ids, c.ats, c.persons, c.bodies, c.hashes)
	return err
}

// several is how many leaves SQLite takes by one statement: two texts are prepared,
// for one and for so many. Only SQLite is given them.
const several = 25

var inserts = map[int]string{1: insertText(1), several: insertText(several)}

func insertText(n int) string {
	var b strings.Builder
	b.WriteString(`INSERT INTO receipts (id, at, person, body, hashes) VALUES`)
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(" (?, ?, ?, ?, ?)") // with numbers the driver would look up each by name
	}
	return b.String()
}

func insertSome(ctx context.Context, p store.Plain, e *edge, leaves []row) error {
	args := make([]any, 0, 5*len(leaves))
	hashes := make([]byte, 0, hashed*len(leaves))
	for _, r := range leaves {
		args = append(args, e.size, r.at, r.person, r.body)
		from := len(hashes)
		hashes = e.add(r.hash, hashes)
		args = append(args, hashes[from:len(hashes):len(hashes)])
	}
	_, err := p.Exec(ctx, inserts[len(leaves)], args...)
	return err
}
