package receipt_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/ent/gen"
	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
	"github.com/vetgraph/vetgraph/internal/vault"
)

// rig is a log with its keys.
type rig struct {
	t     testing.TB
	store *store.Store
	keys  vault.Keys
	vault *vault.Vault
	now   time.Time
	*receipt.Log
}

var start = time.Date(2026, 11, 24, 3, 0, 0, 0, time.UTC)

func newRig(t testing.TB, s *store.Store, set ...func(*receipt.Options)) *rig {
	t.Helper()
	k := vault.Generate()
	v, err := vault.New(k)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, store: s, keys: k, vault: v, now: start}
	r.Log = r.open(set...)
	return r
}

// open opens the log once more, as another process would.
func (r *rig) open(set ...func(*receipt.Options)) *receipt.Log {
	r.t.Helper()
	seed, _ := r.keys.Signer("ED25519")
	o := receipt.Options{Store: r.store, Vault: r.vault, Seed: seed, Origin: "test/receipts", Signing: time.Hour, Now: func() time.Time { return r.now }}
	for _, f := range set {
		f(&o)
	}
	l, err := receipt.Open(r.t.Context(), o)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = l.Close(context.Background()) })
	return l
}

func (r *rig) as(v access.Viewer) context.Context { return access.With(r.t.Context(), &v) }

func (r *rig) self(id string) context.Context {
	return r.as(access.Viewer{ID: id, Kind: access.Veteran, Self: id})
}

var clerk = access.Viewer{ID: "clerk-1", Kind: access.Clerk, Division: "230100000000"}

func (r *rig) read(l *receipt.Log, v access.Viewer, people ...string) {
	r.t.Helper()
	var reads []receipt.Read
	for _, p := range people {
		reads = append(reads, receipt.Read{VeteranID: p, Fields: []string{"Disability.grade", "Veteran.citizenNumber"}})
	}
	if err := l.Append(r.t.Context(), &v, reads); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) audit(seen *receipt.Seen) *receipt.Report {
	r.t.Helper()
	report, err := receipt.Audit(r.t.Context(), r.store, receipt.Evidence{Keys: []ed25519.PublicKey{r.Key()}, Seen: seen})
	if err != nil {
		r.t.Fatal(err)
	}
	return report
}

// Many at once, in several processes on one database: every leaf is there once, the
// tree is that of RFC 6962, and it is signed.
func TestAppend(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		logs := []*receipt.Log{r.Log, r.open()}
		var wg sync.WaitGroup
		for i := range 40 {
			wg.Go(func() {
				for j := range 5 {
					r.read(logs[(i+j)%2], clerk, fmt.Sprint("v", i), "v-other")
				}
			})
		}
		wg.Wait()
		c, err := r.Checkpoint(t.Context())
		if err != nil || c.Size != 400 {
			t.Fatalf("checkpoint %+v, %v", c, err)
		}
		if got := r.audit(nil); got.Wrong != "" || got.Leaves != 400 || got.Root != c.Root || got.Checkpoints != 1 {
			t.Errorf("audit: %+v", got)
		}
		var hashes []tlog.Hash
		for i, row := range s.Read.Receipt.Query().Order(gen.Asc("id")).AllX(access.AsMachine(t.Context(), "test")) {
			made, err := tlog.StoredHashes(int64(i), row.Body, tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, _ error) {
				for _, n := range at {
					out = append(out, hashes[n])
				}
				return out, nil
			}))
			if err != nil {
				t.Fatal(err)
			}
			hashes = append(hashes, made...)
			var flat []byte
			for _, h := range made {
				flat = append(flat, h[:]...)
			}
			if !bytes.Equal(row.Hashes, flat) {
				t.Fatalf("row %d has other hashes than package tlog makes", i)
			}
		}
		found, more, err := r.Reads(r.self("v7"), "v7", receipt.Wish{First: 3})
		if err != nil || len(found) != 3 || !more || found[0].Leaf.Kind != "CLERK" || found[0].Leaf.Viewer != "" {
			t.Fatalf("v7 sees %+v, %v, %v", found, more, err)
		}
		rest, more, err := r.Reads(r.self("v7"), "v7", receipt.Wish{First: 3, After: fmt.Sprint(found[2].ID)})
		if err != nil || len(rest) != 2 || more {
			t.Errorf("then %+v, %v, %v", rest, more, err)
		}
	})
}

// Only the person has their reads, and only they get a proof.
func TestReadsArePersonal(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)))
	r.read(r.Log, clerk, "v1")
	for name, c := range map[string]struct {
		ctx    context.Context
		reason string
	}{
		"nobody":          {t.Context(), "SIGN_IN"},
		"another veteran": {r.self("v2"), "NOT_ALLOWED"},
		"the clerk":       {r.as(clerk), "NOT_ALLOWED"},
		"an auditor":      {r.as(access.Viewer{ID: "a", Kind: access.Auditor}), "NOT_ALLOWED"},
		"an operator":     {r.as(access.Viewer{ID: "o", Kind: access.Operator}), "NOT_ALLOWED"},
		"the machine":     {access.AsMachine(t.Context(), "x"), "NOT_ALLOWED"},
	} {
		if _, _, err := r.Reads(c.ctx, "v1", receipt.Wish{First: 10}); fault.Of(err).Reason != c.reason {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := r.Prove(c.ctx, "v1", 0); fault.Of(err).Reason != c.reason {
			t.Errorf("proof for %s: %v", name, err)
		}
	}
	if _, err := r.Prove(r.self("v2"), "v2", 0); fault.Of(err).Reason != "RECEIPT_NOT_FOUND" {
		t.Errorf("another's: %v", err)
	}
	if _, err := r.ProveText(r.self("v1"), "v1", "0x1"); fault.Of(err).Reason != "RECEIPT_NOT_FOUND" {
		t.Errorf("no number: %v", err)
	}
}

// What an answer's reader is told of: never too early, never of whom it would betray.
func TestDelayAndMask(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)))
	officer := access.Viewer{ID: "o", Kind: access.Officer, Department: "PS", Division: "230100000000"}
	supervisor := access.Viewer{ID: "s", Kind: access.Supervisor, Division: "230100000000"}
	for _, v := range []access.Viewer{officer, supervisor, {ID: "a", Kind: access.Auditor}, {ID: "v1", Kind: access.Veteran, Self: "v1"}} {
		r.read(r.Log, v, "v1")
	}
	see := func(own bool) (kinds []string, by map[string]receipt.Entry) {
		t.Helper()
		found, _, err := r.Reads(r.self("v1"), "v1", receipt.Wish{First: 10, Own: own})
		if err != nil {
			t.Fatal(err)
		}
		by = map[string]receipt.Entry{}
		for _, e := range found {
			kinds, by[e.Leaf.Kind] = append(kinds, e.Leaf.Kind), e
		}
		return kinds, by
	}
	kinds, by := see(false)
	if fmt.Sprint(kinds) != "[SUPERVISOR OFFICER]" {
		t.Errorf("at once: %v", kinds)
	}
	if e := by["OFFICER"]; e.Masked || e.Leaf.Department != "PS" || e.Leaf.Division == "" {
		t.Errorf("an officer: %+v", e)
	}
	if e := by["SUPERVISOR"]; !e.Masked || e.Leaf.Division != "" {
		t.Errorf("a supervisor: %+v", e)
	}
	if kinds, _ := see(true); fmt.Sprint(kinds) != "[VETERAN SUPERVISOR OFFICER]" {
		t.Errorf("with one's own: %v", kinds)
	}
	if _, err := r.Prove(r.self("v1"), "v1", 2); fault.Of(err).Reason != "RECEIPT_NOT_FOUND" {
		t.Errorf("a proof before its time: %v", err)
	}
	p, err := r.Prove(r.self("v1"), "v1", 1)
	if err != nil || p.Leaf != nil {
		t.Fatalf("a masked proof: %+v, %v", p, err)
	}
	if leaf, _, err := p.Check(r.Key()); leaf != nil || err != nil {
		t.Errorf("a masked proof says %+v, %v", leaf, err)
	}
	r.now = start.AddDate(0, 0, 30)
	if kinds, _ := see(false); fmt.Sprint(kinds) != "[AUDITOR SUPERVISOR OFFICER]" {
		t.Errorf("after thirty days: %v", kinds)
	}
}

// A proof holds as it was given, by the right key, and in no other way.
func TestProof(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		for i := range 11 {
			r.read(r.Log, clerk, "v1", fmt.Sprint("x", i))
		}
		for id := int64(0); id < 22; id += 2 {
			p, err := r.Prove(r.self("v1"), "v1", id)
			if err != nil {
				t.Fatal(err)
			}
			leaf, c, err := p.Check(r.Key())
			if err != nil || leaf.Kind != "CLERK" || c.Size != 22 || c.Origin != "test/receipts" || leaf.Purpose != "JOINT_HANDLING" {
				t.Fatalf("%+v, %+v, %v", leaf, c, err)
			}
		}
		p, err := r.Prove(r.self("v1"), "v1", 8)
		if err != nil {
			t.Fatal(err)
		}
		other, _, _ := ed25519.GenerateKey(nil)
		if _, _, err := p.Check(other); !errors.Is(err, receipt.ErrUnsigned) {
			t.Errorf("another key: %v", err)
		}
		body, err := json.Marshal(p)
		if err != nil {
			t.Fatal(err)
		}
		for name, change := range map[string]func(*receipt.Proof){
			"index":      func(p *receipt.Proof) { p.Index = 10 },
			"leaf":       func(p *receipt.Proof) { p.Leaf = bytes.Replace(p.Leaf, []byte("CLERK"), []byte("ANGEL"), 1) },
			"hash":       func(p *receipt.Proof) { p.Hash[3]++ },
			"size":       func(p *receipt.Proof) { p.Size-- },
			"inclusion":  func(p *receipt.Proof) { p.Inclusion[1][0]++ },
			"shortened":  func(p *receipt.Proof) { p.Inclusion = p.Inclusion[1:] },
			"checkpoint": func(p *receipt.Proof) { p.Checkpoint = "x" + p.Checkpoint },
			"head": func(p *receipt.Proof) {
				p.Checkpoint = string(bytes.Replace([]byte(p.Checkpoint), []byte("\n22\n"), []byte("\n23\n"), 1))
				p.Size = 23
			},
		} {
			q, err := receipt.ParseProof(body)
			if err != nil {
				t.Fatal(err)
			}
			if change(q); true {
				if _, _, err := q.Check(r.Key()); err == nil {
					t.Errorf("a proof with another %s holds", name)
				}
			}
		}
	})
}

// What cannot be kept is told so, and what was waited for in vain is not written later.
func TestNotKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		r := newRig(t, s)
		r.read(r.Log, clerk, "v1")
		err := s.InTx(access.AsMachine(t.Context(), "test"), func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Plain().Exec(ctx, `UPDATE receipt_heads SET size = size + 1`)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		err = r.Append(t.Context(), &clerk, []receipt.Read{{VeteranID: "v1", Fields: []string{"A.a"}}})
		if f := fault.Of(err); f.Kind != fault.Unavailable || f.Reason != "RECEIPT_NOT_KEPT" || !errors.Is(err, receipt.ErrBroken) {
			t.Errorf("onto a broken log: %v", err)
		}
		gone, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Append(gone, &clerk, []receipt.Read{{VeteranID: "v1"}}); fault.Of(err).Reason != "RECEIPT_NOT_KEPT" {
			t.Errorf("for nobody: %v", err)
		}
		if err := r.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := r.Append(t.Context(), &clerk, []receipt.Read{{VeteranID: "v1"}}); fault.Of(err).Reason != "RECEIPT_NOT_KEPT" {
			t.Errorf("after its end: %v", err)
		}
		if n := s.Read.Receipt.Query().CountX(access.AsMachine(t.Context(), "test")); n != 1 {
			t.Errorf("there are %d leaves", n)
		}
	})
}
