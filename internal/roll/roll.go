// Package roll reads discharge rolls (退役士兵移交数据): the CSV files with which the forces hand over who has left them.
//
// Former units have no system of their own to ask (退役军人保障法 8): what they know
// arrives through veterans affairs, on a roll. [Read] takes one as departments and
// spreadsheets write it, in memory that does not grow with the file but for eight
// bytes a person. Every line is checked before any of it is written; what is wrong
// is reported with its line, column and reason, never with the value. Good lines
// are written whatever becomes of the others, and reading the same roll again
// changes nothing.
package roll

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/vetgraph/vetgraph/ent/gen/predicate"
	"github.com/vetgraph/vetgraph/ent/gen/veteran"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/profile"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/workday"
)

// Bounds of a roll.
const (
	MaxLines     = 2_000_000 // of a file
	maxLineBytes = 16 << 10
	perCommit    = 1000 // lines in one transaction
)

// Options are how a roll is read. The zero value is fine.
type Options struct {
	AsOf      time.Time      // date of the roll; zero is now. A fact never gives way to that of an older roll
	CheckOnly bool           // report, but write nothing: no line counts as added, changed or unchanged
	Report    func(Defect)   // told what is wrong, in order of lines; from another goroutine, one call at a time
	Progress  func(r Result) // told the counts after every transaction; likewise
}

// Result counts lines below the header, blank ones apart. Read is the sum of the
// others, unless nothing was to be written.
type Result struct {
	Read      int
	Added     int // people the record did not have
	Changed   int // people of whom the roll said something else before, or nothing
	Unchanged int
	Repeated  int // lines about a person of an earlier line; the later line holds
	Bad       int // lines with something wrong, not written
}

// Defect is something wrong with a line. It never holds what the line says.
type Defect struct {
	Line   int    // of the file, from 1
	Column string // header; empty if the line as a whole is meant
	Reason string // stable, e.g. DATE_MALFORMED
	Words  catalog.Text
	Note   bool // worth knowing, but the line is good: PERSON_REPEATED
}

// Read reads a roll into the profile. The context must be the hub's own
// ([access.AsMachine]). Faults, before any line is read: ROLL_EMPTY,
// ROLL_ENCODING_UNKNOWN, ROLL_HEADER_UNKNOWN, ROLL_HEADER_REPEATED,
// ROLL_HEADER_MISSING; later ROLL_TOO_LONG. What was written before an error stays;
// read the roll again.
//
// A person on two lines is written twice if the lines are far apart: a second
// reading then changes them twice and ends the same.
func Read(ctx context.Context, p *profile.Profile, r io.Reader, o Options) (Result, error) {
	if v := access.From(ctx); v == nil {
		return Result{}, access.SignIn()
	} else if v.Kind != access.Machine {
		return Result{}, access.NotAllowed()
	}
	if o.AsOf.IsZero() {
		o.AsOf = p.Now()
	}
	in, err := open(r)
	if err != nil {
		return Result{}, err
	}
	h, err := readHeader(in)
	if err != nil {
		return Result{}, err
	}
	i := &importer{profile: p, options: o, seen: map[uint64]struct{}{}, checker: newChecker(p, h, o.AsOf)}
	return i.run(ctx, in)
}

// importer is one reading under way.
type importer struct {
	profile *profile.Profile
	options Options
	checker *checker
	seen    map[uint64]struct{} // people so far, by the beginning of their blind index
}

// batch is lines that are written together, and the counts up to them.
type batch struct {
	people []profile.Person
	counts []bool // whether a person counts: not if an earlier batch had them
	at     map[string]int
	result Result // of reading
}

// run reads and checks on one side, writes on the other.
func (i *importer) run(ctx context.Context, in *lines) (Result, error) {
	g, ctx := errgroup.WithContext(ctx)
	batches := make(chan batch, 1)
	var read, written Result
	var broken error // of the file: what was read before is still written
	g.Go(func() error {
		defer close(batches)
		broken = i.read(in, &read, func(b batch) error {
			select {
			case batches <- b:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		return nil
	})
	g.Go(func() error {
		for b := range batches {
			if err := i.write(ctx, b, &written); err != nil {
				return err
			}
			if i.options.Progress != nil {
				i.options.Progress(sum(b.result, written))
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return sum(read, written), err
	}
	return sum(read, written), broken
}

func sum(read, written Result) Result {
	read.Added, read.Changed, read.Unchanged = written.Added, written.Changed, written.Unchanged
	return read
}

// read takes the roll line by line and hands over full batches.
func (i *importer) read(in *lines, r *Result, hand func(batch) error) error {
	b := batch{at: map[string]int{}}
	for {
		l, err := in.next()
		if err == nil && l.blank() {
			continue
		}
		if err == nil && r.Read == MaxLines {
			err = fault.Newf(fault.TooLarge, "ROLL_TOO_LONG", "名册超过 %d 行，请分开导入。", "The roll has more than %d lines; split it.", MaxLines)
		}
		if err != nil { // the end, or as good as that
			b.result = *r
			if wrong := hand(b); wrong != nil || errors.Is(err, io.EOF) {
				return wrong
			}
			return err
		}
		r.Read++
		q, defects := i.checker.check(l)
		i.report(defects...)
		if q == nil {
			r.Bad++
		} else {
			i.collect(&b, *q, l.number, r)
		}
		if len(b.people) == perCommit || q == nil && r.Read%perCommit == 0 {
			b.result = *r
			if err := hand(b); err != nil {
				return err
			}
			b = batch{at: map[string]int{}}
		}
	}
}

// collect puts a person into the batch, in place of an earlier line about them.
func (i *importer) collect(b *batch, q profile.Person, line int, r *Result) {
	key := binary.BigEndian.Uint64(i.profile.Vault.Index(q.Number.Reveal(), "roll-person"))
	_, before := i.seen[key]
	if before {
		r.Repeated++
		i.report(Defect{Line: line, Column: colNumber, Reason: "PERSON_REPEATED", Note: true,
			Words: catalog.Say("此人在前面已出现，以本行为准。", "An earlier line is about the same person; this one holds.")})
	}
	i.seen[key] = struct{}{}
	if at, ok := b.at[q.Number.Reveal()]; ok {
		b.people[at] = q
		return
	}
	b.at[q.Number.Reveal()] = len(b.people)
	b.people, b.counts = append(b.people, q), append(b.counts, !before)
}

func (i *importer) report(defects ...Defect) {
	if i.options.Report == nil {
		return
	}
	for _, d := range defects {
		i.options.Report(d)
	}
}

// write writes a batch in one transaction, but for people whose line is as it was.
func (i *importer) write(ctx context.Context, b batch, total *Result) error {
	if i.options.CheckOnly || len(b.people) == 0 {
		return nil
	}
	var added, changed, unchanged int
	err := i.profile.Store.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		added, changed, unchanged = 0, 0, 0
		ids := make([]string, len(b.people))
		for k := range b.people {
			ids[k] = i.profile.VeteranID(b.people[k].Number)
		}
		known, err := tx.Ent.Veteran.Query().Where(store.OneOf[predicate.Veteran](veteran.FieldID, ids)).
			Select(veteran.FieldID, veteran.FieldRollHash).All(ctx)
		if err != nil {
			return fmt.Errorf("look for people of the roll: %w", err)
		}
		hashes := make(map[string][]byte, len(known))
		for _, v := range known {
			hashes[v.ID] = append([]byte{}, v.RollHash...)
		}
		var write []profile.Person
		for k, q := range b.people {
			was, there := hashes[ids[k]]
			same := there && bytes.Equal(was, q.RollHash)
			if !same {
				write = append(write, q)
			}
			switch {
			case !b.counts[k]:
			case same:
				unchanged++
			case there:
				changed++
			default:
				added++
			}
		}
		_, err = i.profile.Put(ctx, tx, write)
		return err
	})
	if err != nil {
		return fmt.Errorf("write %d people of the roll: %w", len(b.people), err)
	}
	total.Added, total.Changed, total.Unchanged = total.Added+added, total.Changed+changed, total.Unchanged+unchanged
	return nil
}

// today is the day a roll is read: nothing on it may lie later.
func today(p *profile.Profile) workday.Day { return workday.FromTime(p.Now()) }
