package receipt_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/vetgraph/vetgraph/internal/access"
	"github.com/vetgraph/vetgraph/internal/catalog"
	"github.com/vetgraph/vetgraph/internal/fault"
	"github.com/vetgraph/vetgraph/internal/receipt"
	"github.com/vetgraph/vetgraph/internal/store/storetest"
)

// proved is a log of a few leaves, and the file that proves one of them.
func proved(f *testing.F, set ...func(*receipt.Options)) (*rig, *receipt.Proof, []byte) {
	f.Helper()
	r := newRig(f, storetest.Open(f, storetest.SQLite(f)), set...)
	r.read(r.Log, clerk, "v-1", "v-2", "v-3")
	r.read(r.Log, access.Viewer{ID: "auditor-1", Kind: access.Auditor}, "v-2")
	p, err := r.Prove(r.self("v-2"), "v-2", 1)
	if err != nil {
		f.Fatal(err)
	}
	body, err := json.Marshal(p)
	if err != nil {
		f.Fatal(err)
	}
	return r, p, body
}

// FuzzLeaf: what is read as a leaf is written as the same bytes.
func FuzzLeaf(f *testing.F) {
	f.Add(receipt.Leaf{At: start, Answer: "00", Kind: "CLERK", Person: "ab", Purpose: "JOINT_HANDLING", Fields: []string{"A.b", "C.d"}}.Bytes())
	f.Add(receipt.Leaf{}.Bytes())
	f.Fuzz(func(t *testing.T, body []byte) {
		if l, err := receipt.Parse(body); err == nil && !bytes.Equal(l.Bytes(), body) {
			t.Errorf("%q is read and written as %q", body, l.Bytes())
		}
	})
}

// FuzzProof: whatever is done to a proof, it proves what was logged, or nothing.
func FuzzProof(f *testing.F) {
	r, p, body := proved(f)
	f.Add(body)
	f.Add(bytes.Replace(body, []byte(`"index":1`), []byte(`"index":2`), 1))
	f.Add([]byte(strings.Replace(string(body), `"size":4`, `"size":9223372036854775807`, 1)))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := receipt.ParseProof(body)
		if err != nil {
			return
		}
		leaf, head, err := got.Check(r.Key())
		if err != nil {
			return
		}
		if got.Index != p.Index || got.Hash != p.Hash || head.Size != p.Size || leaf != nil && !bytes.Equal(leaf.Bytes(), p.Leaf) {
			t.Errorf("it proves what nobody logged: %s", body)
		}
	})
}

// FuzzCheckpoint: a head is believed if we have signed it, and for no other reason.
func FuzzCheckpoint(f *testing.F) {
	r, p, _ := proved(f)
	stranger := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, ed25519.SeedSize)).Public().(ed25519.PublicKey) //nolint:forcetypeassert // it is one
	signed, _, _ := strings.Cut(p.Checkpoint, "\n\n")
	f.Add([]byte(p.Checkpoint))
	f.Add([]byte(strings.Replace(p.Checkpoint, "\n4\n", "\n04\n", 1)))
	f.Add([]byte(p.Checkpoint + "— somebody AAAA\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := receipt.OpenCheckpoint(text, r.Key()); err == nil && (!strings.HasPrefix(string(c.Note), signed+"\n\n") || c.Size != p.Size) {
			t.Errorf("%q is believed", text)
		}
		if _, err := receipt.OpenCheckpoint(text, stranger); err == nil {
			t.Errorf("%q is believed by another key", text)
		}
	})
}

// FuzzWitness: what a witness remembers, what it is shown, and what it sends us: it
// goes on with nothing but our log, and we take nothing but its signature.
func FuzzWitness(f *testing.F) {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{9}, ed25519.SeedSize))
	public := key.Public().(ed25519.PublicKey) //nolint:forcetypeassert // it is one
	r, p, _ := proved(f, func(o *receipt.Options) { o.Witnesses = []string{receipt.WitnessKey("witness.example", public)} })
	seen := receipt.Seen{Key: r.Key()}
	if _, err := seen.Look([]byte(p.Checkpoint), nil); err != nil {
		f.Fatal(err)
	}
	if err := seen.Cosign("witness.example", key, start.Add(time.Minute)); err != nil {
		f.Fatal(err)
	}
	state, err := json.Marshal(seen)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(state, []byte(seen.Checkpoint), []byte(nil))
	f.Add(state, []byte(p.Checkpoint), bytes.Repeat([]byte{1}, 64))
	f.Fuzz(func(t *testing.T, state, text, proof []byte) {
		if s, err := receipt.ParseSeen(state); err == nil {
			before := *s
			var hashes tlog.TreeProof
			for len(proof) >= tlog.HashSize {
				hashes, proof = append(hashes, tlog.Hash(proof[:tlog.HashSize])), proof[tlog.HashSize:]
			}
			if _, err := s.Look(text, hashes); err == nil && bytes.Equal(before.Key, r.Key()) && s.Size != before.Size && s.Size != p.Size {
				t.Errorf("it went on with %q", text)
			}
		}
		err := r.Cosigned(t.Context(), text)
		if err == nil && !bytes.HasPrefix(text, []byte(strings.SplitAfter(p.Checkpoint, "\n\n")[0])) {
			t.Errorf("%q was taken", text)
		}
		if of := fault.Of(err); err != nil && of.Kind == fault.Internal {
			t.Error(err)
		}
	})
}

// FuzzRules: rules are read, or every mistake in them is told.
func FuzzRules(f *testing.F) {
	f.Add([]byte("delays: []\n"))
	f.Add([]byte("delays:\n  - {kind: AUDITOR, days: 30, law: x}\nmasks: []\nreaders: {}\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		_, err := receipt.Load("rules.yaml", text)
		if told := new(catalog.Problems); err != nil && !errors.As(err, &told) {
			t.Errorf("%T: %v", err, err)
		}
	})
}
