package receipt_test

import (
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// A witness takes what continues what it saw, and nothing else; the hub hands its
// signature on, and no other's.
func TestWitness(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		public, private, err := ed25519.GenerateKey(nil)
		if err != nil {
			t.Fatal(err)
		}
		r := newRig(t, s, func(o *receipt.Options) { o.Witnesses = []string{receipt.WitnessKey("witness.test", public)} })
		f := &forger{rig: r, seen: receipt.Seen{Key: r.Key()}}
		r.read(r.Log, clerk, "v0", "v1", "v2")
		r.read(r.Log, clerk, "v3")
		f.look(private)
		body, err := json.Marshal(f.seen)
		if err != nil {
			t.Fatal(err)
		}
		r.read(r.Log, clerk, "v4")
		f.look(private)
		c, err := r.Checkpoint(t.Context())
		if err != nil || c.Size != 5 || strings.Count(string(c.Note), "— witness.test ") != 1 {
			t.Fatalf("%s %v", c.Note, err)
		}
		if _, err := receipt.OpenCheckpoint(c.Note, r.Key()); err != nil {
			t.Errorf("with a witness's signature: %v", err)
		}

		seen, err := receipt.ParseSeen(body)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := seen.Look(c.Note, nil); !errors.Is(err, receipt.ErrForked) {
			t.Errorf("without a proof: %v", err)
		}
		if _, err := f.seen.Look([]byte(seen.Checkpoint), nil); !errors.Is(err, receipt.ErrForked) {
			t.Errorf("a shorter log: %v", err)
		}
		other := newRig(t, storetest.Open(t, storetest.SQLite(t)), func(o *receipt.Options) { o.Seed, _ = r.keys.Signer("ED25519") })
		for range 5 {
			other.read(other.Log, clerk, "x")
		}
		fork, err := other.Checkpoint(t.Context())
		if err != nil || fork.Size != 5 {
			t.Fatal(fork, err)
		}
		if _, err := f.seen.Look(fork.Note, nil); !errors.Is(err, receipt.ErrForked) {
			t.Errorf("another log of the same size by the same key: %v", err)
		}
		for name, text := range map[string]string{
			"no signature of a witness": string(fork.Note), "nothing": "", "another log's": strings.Replace(f.seen.Checkpoint, "test/", "best/", 1),
			"a forged one": strings.Replace(f.seen.Checkpoint, "\n5\n", "\n6\n", 1),
		} {
			if err := r.Cosigned(t.Context(), []byte(text)); fault.Of(err).Reason != "COSIGNATURE" {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A head that does not continue the one that was signed is never signed.
func TestNothingElseIsSigned(t *testing.T) {
	r := newRig(t, storetest.Open(t, storetest.SQLite(t)))
	f := &forger{rig: r}
	r.read(r.Log, clerk, "v1", "v2", "v3")
	if _, err := r.Checkpoint(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.read(r.Log, clerk, "v4")
	rows := f.dump()
	rows["receipts"][0], rows["receipts"][1] = rows["receipts"][1], rows["receipts"][0]
	rehashed(rows)
	if err := f.write(rows); err != nil {
		t.Fatal(err)
	}
	if _, err := r.open().Prove(r.self("v4"), "v4", 3); !errors.Is(err, receipt.ErrBroken) {
		t.Errorf("a rewritten log: %v", err)
	}
	if n := r.store.Read.ReceiptCheckpoint.Query().CountX(access.AsMachine(context.WithoutCancel(t.Context()), "test")); n != 1 {
		t.Errorf("%d heads are signed", n)
	}
}

func TestRulesTellEveryMistake(t *testing.T) {
	if r, err := receipt.Builtin(); err != nil || len(r.Delays) == 0 || len(r.Masks) == 0 {
		t.Fatalf("%+v, %v", r, err)
	}
	_, err := receipt.Load("bad.yaml", []byte(`
purposes: {AUDIT: {zh: 审计}, lower: {zh: 小, en: small}}
delays:
  - {purpose: AUDIT, days: 0, law: x, why: x, confidence: A}
  - {purpose: AUDIT, days: 400, confidence: Z}
masks: [{purpose: ""}]
`))
	problems := new(catalog.Problems)
	if !errors.As(err, &problems) {
		t.Fatalf("%v", err)
	}
	for _, must := range []string{"AUDIT wants", "lower wants", "wants 1 to 365", "has a delay already", "missing here: law, why", "wants a mark", "no code of a purpose"} {
		if !strings.Contains(err.Error(), must) {
			t.Errorf("%q is not among\n%v", must, err)
		}
	}
}
