package receipt

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// Options are what a log is opened with.
type Options struct {
	Store     *store.Store
	Vault     *vault.Vault
	Seed      []byte        // Ed25519 seed (RFC 8032) that signs heads; nil: heads are not signed
	Origin    string        // name of a log that is new; an older one keeps the one it has
	Witnesses []string      // verifier keys of witnesses whose signatures we hand on
	Rules     *Rules        // nil: those built in
	Signing   time.Duration // at most every so often a head is signed by itself; 0: 5 s
	Now       func() time.Time
	Log       zerolog.Logger
}

// Log is the log of reads of one installation. It is safe for use by many at
// once, also from several processes on one database. [Log.Close] ends it.
type Log struct {
	Options
	origin    string
	names     *pseudonyms
	signer    *signer
	witnesses []*witnessKey

	changes       chan change
	grown         chan struct{} // something was added since leaves were filed last
	stopped, done chan struct{}
	filed         chan struct{} // who files has ended
	close         sync.Once
	known         *edge // what the tree was after our last commit; the writer's own
	signed        atomic.Pointer[Checkpoint]
}

// Read is that somebody is about to be sent sensitive fields of one person.
type Read struct {
	VeteranID string
	CaseID    string   // that it is read under, if any
	Fields    []string // Type.field, sorted, each once
}

// change is what one answer adds.
type change struct {
	leaves []row
	taken  *atomic.Bool // whoever sets it first decides: the writer adds it, or its caller takes it back
	result chan error
}

type row struct {
	at     int64
	person []byte
	body   []byte
	hash   tlog.Hash // of the body, as a leaf
}

// together is the most leaves that share one commit.
const together = 2048

// patience bounds one commit. Answers that wait for it fail then; none is sent.
const patience = 15 * time.Second

// Open opens the log, which it begins if there is none.
func Open(ctx context.Context, o Options) (*Log, error) {
	l := &Log{Options: o, changes: make(chan change, 256), grown: make(chan struct{}, 1), stopped: make(chan struct{}), done: make(chan struct{}), filed: make(chan struct{})}
	if l.Now == nil {
		l.Now = time.Now
	}
	if l.Signing == 0 {
		l.Signing = 5 * time.Second
	}
	var err error
	if l.Rules == nil {
		if l.Rules, err = Builtin(); err != nil {
			return nil, err
		}
	}
	if l.witnesses, err = witnessKeys(o.Witnesses); err != nil {
		return nil, err
	}
	if l.names, err = newPseudonyms(o.Vault); err != nil {
		return nil, err
	}
	if l.origin, err = begin(access.AsMachine(ctx, machine), o.Store, o.Origin); err != nil {
		return nil, fmt.Errorf("open the log of reads: %w", err)
	}
	if l.Seed != nil {
		if l.signer, err = newSigner(l.origin, l.Seed); err != nil {
			return nil, fmt.Errorf("open the log of reads: %w", err)
		}
	}
	go l.keep()
	go l.file() //nolint:gosec // it outlives whoever opens the log; Close ends it
	return l, nil
}

// machine is who reads the log for itself.
const machine = "receipts"

// begin answers the log's name, which the first to ask gives it.
func begin(ctx context.Context, s *store.Store, origin string) (name string, err error) {
	err = s.InTx(ctx, func(ctx context.Context, tx store.Tx) error {
		empty := (&edge{}).root()
		if _, err := tx.Plain().Exec(ctx, `INSERT INTO receipt_heads (id, origin, size, root) VALUES (1, $1, 0, $2) ON CONFLICT (id) DO NOTHING`, origin, empty[:]); err != nil {
			return err
		}
		return tx.Plain().Each(ctx, `SELECT origin FROM receipt_heads WHERE id = 1`, nil, func(scan func(...any) error) error { return scan(&name) })
	})
	return name, err
}

// Origin is the name of the log.
func (l *Log) Origin() string { return l.origin }

// Close ends the log when what it has begun is done.
func (l *Log) Close(context.Context) error {
	l.close.Do(func() { close(l.stopped) })
	<-l.done
	<-l.filed
	return nil
}

// NotKept is the fault of an answer whose reads could not be kept.
func NotKept(err error) error {
	return fault.New(fault.Unavailable, "RECEIPT_NOT_KEPT", "查阅记录未能保存，敏感数据没有送出；请稍后再试。", "That this was read could not be recorded, so nothing was sent. Please try again.").Because(err)
}

var errClosed = errors.New("the log is closed")

// Append keeps that the viewer is about to be sent these fields. When it returns
// without a fault the leaves are on the disk. Fault: Unavailable RECEIPT_NOT_KEPT;
// then nothing may be sent.
func (l *Log) Append(ctx context.Context, v *access.Viewer, reads []Read) error {
	if len(reads) == 0 {
		return nil
	}
	if err := l.append(ctx, l.leaves(v, reads)); err != nil {
		return NotKept(err)
	}
	return nil
}

// leaves are reads as they are kept. What is the same for all of them is written
// once, and they are hashed here: the one writer has enough to do.
func (l *Log) leaves(v *access.Viewer, reads []Read) []row {
	if v == nil {
		v = &access.Viewer{}
	}
	var number [12]byte
	_, _ = rand.Read(number[:])
	at, ground := l.Now().UTC().Truncate(time.Millisecond), v.ReadsFor()
	leaf := Leaf{
		At: at, Answer: hex.EncodeToString(number[:]), Viewer: l.names.of("viewer", v.ID).written, Kind: string(v.Kind), Department: v.Department, Slice: v.Slice, Division: v.Division,
		Purpose: ground.Purpose, Basis: ground.Basis, Article: ground.Article,
	}
	before := leaf.before(make([]byte, 0, 512))
	var behind []byte
	var fields []string // that behind has
	rows := make([]row, len(reads))
	var all []byte // of several leaves, one behind the other
	for i, r := range reads {
		person, file := l.names.of("person", r.VeteranID), l.names.of("case", r.CaseID)
		if behind == nil || !slices.Equal(fields, r.Fields) {
			behind, fields = leaf.behind(nil, strings.Join(r.Fields, " ")), r.Fields
		}
		size := len(before) + len(behind) + len(person.written) + len(file.written) + 32
		if cap(all)-len(all) < size+1 {
			all = make([]byte, 0, (size+1)*min(len(reads)-i, 32))
		}
		from := len(all) + 1
		all = append(append(all, 0), before...) // RFC 6962: a leaf is hashed behind a zero
		all = append(line(line(all, 7, person.written), 8, file.written), behind...)
		rows[i] = row{at.UnixMilli(), person.raw, all[from:len(all):len(all)], sha256.Sum256(all[from-1:])}
	}
	return rows
}

// append hands leaves to the writer and waits for the commit. What the writer has
// not come to when ctx ends is never written.
func (l *Log) append(ctx context.Context, leaves []row) error {
	c := change{leaves, new(atomic.Bool), make(chan error, 1)}
	select {
	case l.changes <- c:
	case <-l.stopped:
		return errClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.result:
		return err
	case <-l.done:
	case <-ctx.Done():
		if c.taken.CompareAndSwap(false, true) {
			return ctx.Err()
		}
	}
	select {
	case err := <-c.result:
		return err
	case <-l.done:
	}
	select { // the writer's last batch may have had it
	case err := <-c.result:
		return err
	default:
		return errClosed
	}
}

// keep is the one writer of this process: whatever has arrived while it wrote
// shares the next commit. Between commits it signs what has grown.
func (l *Log) keep() {
	defer close(l.done)
	sign := time.NewTimer(time.Hour)
	sign.Stop()
	waiting := false
	for {
		select {
		case <-l.stopped:
			return
		case <-sign.C:
			waiting = false
			if err := l.signHead(); err != nil {
				l.Log.Error().Err(err).Msg("sign the head of the log of reads")
			}
		case first := <-l.changes:
			if batch := l.gather(first); len(batch) > 0 {
				l.commit(batch)
			}
			if !waiting && l.signer != nil {
				waiting = true
				sign.Reset(l.Signing)
			}
		}
	}
}

// gather takes what has arrived, without what its callers have taken back.
func (l *Log) gather(first change) (batch []change) {
	n := 0
	for c := first; ; {
		if c.taken.CompareAndSwap(false, true) {
			batch = append(batch, c)
			n += len(c.leaves)
		}
		if n >= together {
			return batch
		}
		select {
		case c = <-l.changes:
		default:
			return batch
		}
	}
}

// commit makes a batch durable and tells whoever waits for it.
func (l *Log) commit(batch []change) {
	ctx, cancel := context.WithTimeout(access.AsMachine(context.Background(), machine), patience)
	defer cancel()
	var leaves []row
	for _, c := range batch {
		leaves = append(leaves, c.leaves...)
	}
	after, err := l.atOnce(ctx, leaves)
	if after == nil && err == nil {
		err = l.Store.InPlain(ctx, func(ctx context.Context, p store.Plain) (err error) {
			after, err = l.grow(ctx, p, leaves)
			return err
		})
	}
	if l.known = after; err != nil {
		l.known = nil // it may have been committed all the same
		l.Log.Error().Err(err).Int("leaves", len(leaves)).Msg("keep receipts")
	}
	for _, c := range batch {
		c.result <- err
	}
	l.hasGrown()
}
