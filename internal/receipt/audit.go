package receipt

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/store"
)

// Evidence is what a log is held against.
type Evidence struct {
	Keys      []ed25519.PublicKey // that may have signed heads
	Witnesses []string            // verifier keys of witnesses
	Seen      *Seen               // what a witness has kept; nil: nothing, and then a log cut off behind the last head it has left is not noticed
}

// Report is what an audit has found.
type Report struct {
	Origin      string
	Leaves      int64
	Root        tlog.Hash
	Checkpoints int
	Cosigned    int    // signatures of known witnesses that hold
	Seen        int64  // leaves that the witness vouches for
	Wrong       string // the first row that does not hold, and why; empty: all holds
}

// audit is one run.
type audit struct {
	Evidence
	report    Report
	roots     map[int64]tlog.Hash // of the tree at the sizes that somebody speaks of
	witnesses []*witnessKey
	signed    map[int64]*Checkpoint
}

// Audit reckons the whole log again from the leaves and compares what it gets with
// every hash, with the head, with every signed checkpoint and with what a witness
// has seen. It trusts nothing in the database.
func Audit(ctx context.Context, s *store.Store, e Evidence) (*Report, error) {
	a := &audit{Evidence: e, roots: map[int64]tlog.Hash{}, signed: map[int64]*Checkpoint{}}
	var err error
	if a.witnesses, err = witnessKeys(e.Witnesses); err != nil {
		return nil, err
	}
	err = s.Snapshot(access.AsMachine(ctx, machine), func(ctx context.Context, p store.Plain) error {
		for _, step := range []func(context.Context, store.Plain) error{a.checkpoints, a.leaves, a.cosignatures} {
			if err := step(ctx, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("audit the log of reads: %w", err)
	}
	a.compare()
	return &a.report, nil
}

// blame names what does not hold; only the first is kept.
func (a *audit) blame(format string, args ...any) {
	if a.report.Wrong == "" {
		a.report.Wrong = fmt.Sprintf(format, args...)
	}
}

// checkpoints reads what was signed, and remembers at which sizes to compare.
func (a *audit) checkpoints(ctx context.Context, p store.Plain) error {
	if a.Seen != nil {
		a.roots[a.Seen.Size] = tlog.Hash{}
	}
	return p.Each(ctx, `SELECT id, note FROM receipt_checkpoints ORDER BY id`, nil, func(scan func(...any) error) error {
		var size int64
		var text []byte
		if err := scan(&size, &text); err != nil {
			return err
		}
		c, err := OpenCheckpoint(text, a.Keys...)
		switch {
		case err != nil:
			a.blame("receipt_checkpoints %d: %v", size, err)
		case c.Size != size:
			a.blame("receipt_checkpoints %d: it speaks of %d leaves", size, c.Size)
		default:
			a.roots[size], a.signed[size] = tlog.Hash{}, c
			a.report.Checkpoints++
		}
		return nil
	})
}

// leaves reckons the tree again.
func (a *audit) leaves(ctx context.Context, p store.Plain) error {
	e := &edge{}
	a.root(e)
	unfiled, err := firstUnfiled(ctx, p)
	if err != nil {
		return err
	}
	err = p.Each(ctx, `SELECT r.id, r.at, r.person, r.body, r.hashes, p.person FROM receipts r LEFT JOIN receipt_persons p ON p.id = r.id ORDER BY r.id`, nil, func(scan func(...any) error) error {
		var id, at int64
		var person, body, hashes, under []byte
		if err := scan(&id, &at, &person, &body, &hashes, &under); err != nil {
			a.blame("receipts %d: %v", e.size, err)
			return nil
		}
		if id != e.size {
			a.blame("receipts %d: expected here is %d", id, e.size)
		}
		leaf, err := Parse(body)
		switch made := e.add(tlog.RecordHash(body), nil); {
		case err != nil:
			a.blame("receipts %d: %v", id, err)
		case !bytes.Equal(made, hashes):
			a.blame("receipts %d: its hashes are not those of the leaves", id)
		case leaf.At.UnixMilli() != at:
			a.blame("receipts %d: its time is not that of the leaf", id)
		case leaf.Person != hex.EncodeToString(person):
			a.blame("receipts %d: its person is not that of the leaf", id)
		case id < unfiled && under == nil:
			a.blame("receipt_persons %d: it is missing, and later ones are there", id)
		case id < unfiled && !bytes.Equal(under, person):
			a.blame("receipt_persons %d: its person is not that of the leaf", id)
		}
		a.root(e)
		return nil
	})
	if err != nil {
		return err
	}
	a.report.Leaves, a.report.Root = e.size, e.root()
	err = p.Each(ctx, `SELECT p.id FROM receipt_persons p LEFT JOIN receipts r ON r.id = p.id WHERE r.id IS NULL ORDER BY p.id`, nil, func(scan func(...any) error) error {
		var id int64
		err := scan(&id)
		a.blame("receipt_persons %d: there is no such leaf", id)
		return err
	})
	if err != nil {
		return err
	}
	heads := 0
	err = p.Each(ctx, `SELECT id, origin, size, root FROM receipt_heads ORDER BY id`, nil, func(scan func(...any) error) error {
		var id, size int64
		var root []byte
		if err := scan(&id, &a.report.Origin, &size, &root); err != nil {
			a.blame("receipt_heads: %v", err)
			return nil
		}
		heads++
		if id != 1 || size != e.size {
			a.blame("receipt_heads %d: it speaks of %d leaves, there are %d", id, size, e.size)
		}
		if now := e.root(); !bytes.Equal(root, now[:]) {
			a.blame("receipt_heads %d: its root is not that of the leaves", id)
		}
		return nil
	})
	if heads != 1 {
		a.blame("receipt_heads: there are %d heads, not one", heads)
	}
	return err
}

// root remembers the root at a size that somebody speaks of.
func (a *audit) root(e *edge) {
	if _, asked := a.roots[e.size]; asked {
		a.roots[e.size] = e.root()
	}
}

// compare holds what was reckoned against what was signed and seen.
func (a *audit) compare() {
	for _, size := range slices.Sorted(maps.Keys(a.signed)) {
		switch c := a.signed[size]; {
		case c.Origin != a.report.Origin:
			a.blame("receipt_heads 1: the log is called %q and was signed as %q", a.report.Origin, c.Origin)
		case size > a.report.Leaves:
			a.blame("receipts %d: it is missing; %d leaves were signed, there are %d", a.report.Leaves, size, a.report.Leaves)
		case c.Root != a.roots[size]:
			a.blame("receipt_checkpoints %d: the leaves are not those that were signed", size)
		}
	}
	if a.Seen == nil {
		return
	}
	switch s := a.Seen; {
	case s.Origin != a.report.Origin:
		a.blame("receipt_heads 1: the log is called %q, and the witness saw %q", a.report.Origin, s.Origin)
	case s.Size > a.report.Leaves:
		a.blame("receipts %d: it is missing; the witness saw %d leaves, there are %d", a.report.Leaves, s.Size, a.report.Leaves)
	case s.Root != a.roots[s.Size]:
		a.blame("receipts: the first %d leaves are not those that the witness saw", s.Size)
	default:
		a.report.Seen = s.Size
	}
}

// cosignatures looks at what witnesses we know have signed.
func (a *audit) cosignatures(ctx context.Context, p store.Plain) error {
	return p.Each(ctx, `SELECT id, size, witness, line FROM receipt_cosignatures ORDER BY size, id`, nil, func(scan func(...any) error) error {
		var id, witness string
		var size int64
		var line []byte
		if err := scan(&id, &size, &witness, &line); err != nil {
			a.blame("receipt_cosignatures: %v", err)
			return nil
		}
		var by *witnessKey
		c := a.signed[size]
		if c != nil {
			by = (&Log{witnesses: a.witnesses}).holds(c, string(line))
		}
		switch {
		case by != nil && id == cosignatureID(size, by.name, by.hash) && witness == by.name:
			a.report.Cosigned++
		case c == nil || by != nil || len(a.witnesses) > 0:
			a.blame("receipt_cosignatures %s: no witness we know has signed a checkpoint of %d leaves so", id, size)
		}
		return nil
	})
}
