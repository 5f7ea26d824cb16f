package receipt

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/ent/gen/casefile"
	"github.com/vetgraph/vetgraph/ent/gen/receipt"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
)

// Entry is a read as the person may know of it.
type Entry struct {
	ID     int64
	Leaf   Leaf   // without department, slice, division and account where the rules mask them
	Masked bool   // so it is
	Own    bool   // the person's own reading
	Case   string // number of the person's case that it was read under, if any
}

// Wish is which reads a person wants to see.
type Wish struct {
	From, To time.Time // at or after, before; zero: no bound
	Own      bool      // their own reading too
	First    int       // rows
	After    string    // cursor: the ID of the entry before; empty: from the newest
}

// mine asks for the right to a person's reads: only they have it, whoever else may
// see the rest of them.
func mine(ctx context.Context, veteranID string) error {
	if err := access.Require(ctx, access.ReadProfile); err != nil {
		return err
	}
	if v := access.From(ctx); v.Kind != access.Veteran || v.Self == "" || v.Self != veteranID {
		return access.NotAllowed()
	}
	return nil
}

// chunk is how many rows are looked at in one go.
const chunk = 200

// Reads are the reads of a person's sensitive data, newest first, and whether there
// are more. Faults: SignedOut, Denied, Invalid CURSOR.
func (l *Log) Reads(ctx context.Context, veteranID string, w Wish) (found []Entry, more bool, err error) {
	if err := mine(ctx, veteranID); err != nil {
		return nil, false, err
	}
	before := int64(math.MaxInt64)
	if w.After != "" {
		if before, err = strconv.ParseInt(w.After, 10, 64); err != nil {
			return nil, false, noCursor()
		}
	}
	ctx = access.AsMachine(ctx, machine)
	person := l.names.of("person", veteranID).raw
	var numbers map[string]string
	for {
		rows, err := l.of(ctx, person, before, w)
		if err != nil {
			return nil, false, fmt.Errorf("read receipts: %w", err)
		}
		for _, r := range rows {
			before = r.id
			e, err := l.entry(r)
			if err != nil {
				return nil, false, err
			}
			if e == nil || e.Own && !w.Own {
				continue
			}
			if len(found) == w.First {
				return found, true, nil
			}
			if e.Case != "" {
				if numbers == nil {
					if numbers, err = l.cases(ctx, veteranID); err != nil {
						return nil, false, err
					}
				}
				e.Case = numbers[e.Case]
			}
			found = append(found, *e)
		}
		if len(rows) < chunk {
			return found, false, nil
		}
	}
}

func noCursor() error {
	return fault.New(fault.Invalid, "CURSOR", "翻页位置不对。", "The cursor is none of ours.").At("after")
}

// entry is a row as the person may know of it by now, nil if they may not. Its case
// is still a pseudonym.
func (l *Log) entry(r kept) (*Entry, error) {
	leaf, err := Parse(r.body)
	if err != nil {
		return nil, fmt.Errorf("leaf %d: %w: %w", r.id, err, ErrBroken)
	}
	if !l.Rules.told(&leaf, l.Now()) {
		return nil, nil
	}
	e := &Entry{ID: r.id, Leaf: leaf, Masked: l.Rules.masked(&leaf), Own: leaf.Kind == string(access.Veteran), Case: leaf.Case}
	e.Leaf.Viewer = "" // an account is nobody's business
	if e.Masked {
		e.Leaf.Department, e.Leaf.Slice, e.Leaf.Division = "", "", ""
	}
	return e, nil
}

// cases are the numbers of a person's cases by their pseudonyms.
func (l *Log) cases(ctx context.Context, veteranID string) (map[string]string, error) {
	rows, err := l.Store.Read.CaseFile.Query().Where(casefile.VeteranID(veteranID)).Select(casefile.FieldID, casefile.FieldNumber).All(ctx)
	if err != nil {
		return nil, fmt.Errorf("cases of receipts: %w", err)
	}
	out := make(map[string]string, len(rows))
	for _, c := range rows {
		out[l.names.of("case", c.ID).written] = c.Number
	}
	return out, nil
}

// Prove is the proof of one of a person's reads. What the rules mask is proved to
// stand in the log, without what it says. Faults: SignedOut, Denied, NotFound
// RECEIPT_NOT_FOUND, also for those that may not be told yet; Unavailable
// RECEIPT_UNSIGNED.
func (l *Log) Prove(ctx context.Context, veteranID string, id int64) (*Proof, error) {
	if err := mine(ctx, veteranID); err != nil {
		return nil, err
	}
	r, err := l.Store.Read.Receipt.Query().Where(receipt.ID(id), receipt.Person(l.names.of("person", veteranID).raw)).Only(access.AsMachine(ctx, machine))
	if gen.IsNotFound(err) {
		return nil, unknown()
	} else if err != nil {
		return nil, fmt.Errorf("read receipt: %w", err)
	}
	e, err := l.entry(kept{r.ID, r.Body})
	if err != nil {
		return nil, err
	}
	if e == nil {
		return nil, unknown()
	}
	return l.prove(ctx, id, r.Body, e.Masked)
}

// ProveText is Prove for an ID as it was written somewhere.
func (l *Log) ProveText(ctx context.Context, veteranID, id string) (*Proof, error) {
	n, err := strconv.ParseInt(id, 10, 64)
	if err != nil || n < 0 {
		return nil, errors.Join(mine(ctx, veteranID), unknown())
	}
	return l.Prove(ctx, veteranID, n)
}

func unknown() error {
	return fault.New(fault.NotFound, "RECEIPT_NOT_FOUND", "没有这条查阅记录。", "There is no such receipt.")
}
